"""监督检查: inspections of food businesses; a row hangs on its business, a place of its own is not needed."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="inspections",
    title=Words("食品监督检查", "Food inspections"),
    geometry=("point",),
    fields=(
        Field("inspection_id", Words("检查编号", "Inspection id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("business_id", Words("食品经营者编号", "Business id")),
        Field("inspected", Words("检查日期", "Day of the inspection"), kind="date", required=True),
        Field("result", Words("检查结果", "Result")),
        Field("defects", Words("问题数", "Number of defects"), kind="number"),
        Field("authority", Words("检查机关", "Authority")),
    ),
    id_field="inspection_id",
    title_field="name",
    style=Style(colour="#7d8794", fill="#bcc3cb", weight=1, radius=3, min_zoom=14),
    register=True,
    links_to="food_businesses",
    link_field="business_id",
)
