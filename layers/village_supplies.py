"""村镇供水点: rural drinking-water supplies as points (the tank, well or spring), with the households they serve."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("piped", "well", "spring")

LAYER = Layer(
    name="village_supplies",
    title=Words("村镇供水点", "Village water supplies"),
    geometry=("point",),
    fields=(
        Field("supply_id", Words("供水点编号", "Supply number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("水源类型", "Kind of source"), kind="choice", choices=KINDS),
        Field("households", Words("供水户数", "Households served"), kind="number"),
        Field("village", Words("村居", "Village")),
        Field("operator", Words("管护单位", "Operator")),
    ),
    id_field="supply_id",
    title_field="name",
    style=Style(colour="#5f8ca3", fill="#c2d8e3", weight=1.2, radius=4, min_zoom=12),
)
