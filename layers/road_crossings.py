"""道路与水源保护区边界交叉点: places where a road passes the border of a drinking-water zone, at each of which a sign
should stand."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="road_crossings",
    title=Words("水源保护区道路交叉点", "Road crossings of source zones"),
    geometry=("point",),
    fields=(
        Field("crossing_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("zone_id", Words("保护区编号", "Source zone")),
        Field("road", Words("道路名称", "Road")),
    ),
    id_field="crossing_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#8b8b8b", fill="#d9d9d9", weight=1, radius=2.5, min_zoom=13),
)
