"""取水口: intakes of drinking water, each with what it supplies and the term in which it is in use."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="intakes",
    title=Words("饮用水取水口", "Drinking-water intakes"),
    geometry=("point",),
    fields=(
        Field("intake_id", Words("取水口编号", "Intake number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("supplies", Words("供水范围", "Supplies")),
        Field("operator", Words("供水单位", "Operator")),
        Field("persons", Words("供水人口", "Persons supplied"), kind="number"),
    ),
    id_field="intake_id",
    title_field="name",
    style=Style(colour="#4d7fa0", fill="#b4d0e0", weight=1.4, radius=5, min_zoom=11),
    note=Words(
        "涉及供水安全，精确位置只供办案人员查看",
        "A matter of supply safety: exact places are for those who handle cases",
    ),
)
