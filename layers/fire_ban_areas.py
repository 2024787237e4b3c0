"""森林草原防火区: published fire-prevention areas; the term of a row is the fire-prevention period, a row for each
period."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="fire_ban_areas",
    title=Words("森林草原防火区", "Forest and grassland fire-prevention areas"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("announced_by", Words("公布机关及文号", "Announced by")),
        Field("level", Words("火险等级", "Fire danger level")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#b06a4a", fill="#f0d8cb", weight=1.2, dash="6 3", min_zoom=9),
    note=Words(
        "防火期以当年公布为准；没有起止日期的行视为全年",
        "The period is what was published that year; a row without days counts all year",
    ),
)
