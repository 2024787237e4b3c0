"""人口集中区域: built-up areas of towns and villages where people live close together, from the land survey or the
urban plan."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="populated_areas",
    title=Words("人口集中区域", "Populated areas"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind")),
        Field("basis", Words("划定依据", "Delimited by")),
    ),
    id_field="area_id",
    title_field="name",
    place_level="village",
    style=Style(colour="#a3989b", fill="#ece7e8", weight=0.8, min_zoom=11),
)
