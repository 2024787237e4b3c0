"""林地: forest land and afforestation areas (造林地, 未成林地), with what kind of forest each is managed as."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("public_interest", "commercial", "planting", "other")

LAYER = Layer(
    name="forests",
    title=Words("林地", "Forest land"),
    geometry=("polygon",),
    fields=(
        Field("forest_id", Words("小班编号", "Compartment number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("森林类别", "Kind of forest"), kind="choice", choices=KINDS),
        Field("planted", Words("造林日期", "Day of planting"), kind="date"),
        Field("manager", Words("管护单位", "Managed by")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="forest_id",
    title_field="name",
    style=Style(colour="#5f8062", fill="#c6d8c6", weight=1, min_zoom=10),
)
