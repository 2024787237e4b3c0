"""限期拆除决定: decisions that a structure must go, with the days that tell how far enforcement has come."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="demolition_decisions",
    title=Words("限期拆除决定", "Demolition decisions"),
    geometry=("polygon", "point"),
    fields=(
        Field("decision_no", Words("决定书文号", "Number of the decision"), required=True),
        Field("name", Words("名称", "Name")),
        Field("decided", Words("决定日期", "Day of the decision"), kind="date", required=True),
        Field(
            "remedy_end",
            Words("复议诉讼期限届满日", "Day on which the time for remedies ends"),
            kind="date",
            planned=True,
        ),
        Field("applied", Words("申请法院强制执行日期", "Day of the application to the court"), kind="date"),
        Field("done", Words("拆除完毕日期", "Day on which it was demolished"), kind="date"),
        Field("agency", Words("决定机关", "Decided by")),
        Field("area_m2", Words("面积(平方米)", "Area in square metres"), kind="number"),
    ),
    id_field="decision_no",
    title_field="name",
    style=Style(colour="#a06a4f", fill="#e6cfc2", weight=1.2, dash="4 3", radius=4, min_zoom=12),
)
