"""道路: roads and streets as lines along their middle, from expressways to village lanes; tracks off any road are
not in it."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("expressway", "national", "provincial", "county", "township", "village", "street", "other")

LAYER = Layer(
    name="roads",
    title=Words("道路", "Roads"),
    geometry=("line",),
    fields=(
        Field("road_id", Words("道路编号", "Road id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("width_m", Words("路面宽度(米)", "Width in metres"), kind="number"),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="road_id",
    title_field="name",
    place_level="reach",
    style=Style(colour="#a9a196", weight=1.2, min_zoom=11),
)
