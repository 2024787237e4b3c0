"""历史文化街区核心保护范围: core areas of historic districts, as announced in the protection plans."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="historic_core_areas",
    title=Words("历史街区核心保护范围", "Cores of historic districts"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("announced_by", Words("公布机关及文号", "Announced by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#8f5f45", fill="#eedccf", weight=1.2, min_zoom=12),
)
