"""垃圾填埋场: sanitary landfills for household waste, in use or closed, with the border of the site."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="landfills",
    title=Words("垃圾填埋场", "Landfills"),
    geometry=("polygon",),
    fields=(
        Field("landfill_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("运营单位", "Operator")),
        Field("opened", Words("启用日期", "In use since"), kind="date"),
        Field("closed", Words("封场日期", "Day of the closure"), kind="date"),
    ),
    id_field="landfill_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#7d7a5a", fill="#d6d3b8", weight=1.2, min_zoom=11),
)
