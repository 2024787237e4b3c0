"""入河排污口: registered outfalls into rivers and lakes, with the term of their approval."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="outfalls",
    title=Words("入河排污口", "Registered outfalls"),
    geometry=("point",),
    fields=(
        Field("outfall_id", Words("排污口编号", "Outfall number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind")),
        Field("holder", Words("责任主体", "Responsible body")),
        Field("reach_id", Words("河段编号", "Reach")),
    ),
    id_field="outfall_id",
    title_field="name",
    style=Style(colour="#5d7f86", fill="#a5bfc3", weight=1, radius=3.5, min_zoom=12),
    register=True,
    links_to="rivers",
    link_field="reach_id",
)
