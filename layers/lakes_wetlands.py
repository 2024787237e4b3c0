"""湖泊湿地: lakes, reservoirs and wetlands."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="lakes_wetlands",
    title=Words("湖泊湿地", "Lakes and wetlands"),
    geometry=("polygon",),
    fields=(
        Field("water_id", Words("编号", "Number")),
        Field("name_zh", Words("名称", "Name (Chinese)")),
        Field("name_en", Words("英文名称", "Name (English)")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=("lake", "reservoir", "wetland", "pond")),
        Field("code", Words("湖泊代码", "Code")),
        Field("code_source", Words("代码依据", "Source of the code")),
        Field("protection", Words("保护级别", "Protection")),
    ),
    id_field="water_id",
    title_field="name_zh",
    place_level="site",
    style=Style(colour="#9dbfd6", fill="#bcd5e6", weight=1),
)
