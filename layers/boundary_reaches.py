"""跨界河段: stretches of river within 500 m of the boundary between two districts, with who answers for either
side.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="boundary_reaches",
    title=Words("跨界河段", "Boundary reaches"),
    geometry=("line",),
    fields=(
        Field("reach_id", Words("跨界河段编号", "Boundary reach number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("districts", Words("相邻县区", "Districts that meet here")),
        Field("chiefs", Words("两侧河长", "River chiefs on either side")),
        Field("agreement", Words("联防联控协议", "Agreement between them"), as_of_today=True),
    ),
    id_field="reach_id",
    title_field="name",
    style=Style(colour="#6f7fa3", weight=2.5, dash="6 4", min_zoom=10),
)
