"""罐体清洗站: stations where tanks of road tankers are washed and the washing is certified."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="tank_washes",
    title=Words("罐体清洗站", "Tank washes"),
    geometry=("point", "polygon"),
    fields=(
        Field("wash_id", Words("编号", "Wash id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("经营单位", "Operator")),
    ),
    id_field="wash_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#6f8c93", fill="#cadadd", weight=1, radius=3.5, min_zoom=13),
)
