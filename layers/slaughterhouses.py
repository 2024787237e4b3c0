"""屠宰场点: approved places of slaughter, with the term of the approval."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="slaughterhouses",
    title=Words("屠宰场点", "Slaughterhouses"),
    geometry=("point",),
    fields=(
        Field("house_id", Words("屠宰场编号", "Slaughterhouse number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("经营单位", "Operator")),
        Field("animals", Words("屠宰畜种", "Animals")),
        Field("address", Words("地址", "Address")),
    ),
    id_field="house_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#96706c", fill="#dccac7", weight=1, radius=3.5, min_zoom=13),
)
