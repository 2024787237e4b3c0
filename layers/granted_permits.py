"""新发许可: permits as they are granted (business, tobacco, mining, farming, environmental approvals), by place."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.supervision.vocabulary import PERMIT_KINDS

LAYER = Layer(
    name="granted_permits",
    title=Words("新发许可", "Granted permits"),
    geometry=("point",),
    fields=(
        Field("permit_id", Words("许可证编号", "Permit number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("许可类别", "Kind of permit"), kind="choice", required=True, choices=tuple(PERMIT_KINDS)),
        Field("issued", Words("发证日期", "Day of issue"), kind="date", required=True),
        Field("agency", Words("发证机关", "Issued by")),
    ),
    id_field="permit_id",
    title_field="name",
    style=Style(colour="#7c8468", fill="#ced4bf", weight=1, radius=3, min_zoom=13),
)
