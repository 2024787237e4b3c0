"""生态环境重点区域: places where damage weighs more: sources of drinking water, reserves, wetlands and ecological
red lines, gathered into one layer so that a model can ask for any of them at once."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("water_source", "reserve", "wetland", "red_line")

LAYER = Layer(
    name="key_areas",
    title=Words("生态环境重点区域", "Key ecological areas"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("source", Words("依据", "Taken from")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#5f7f8f", fill="#d6e2e7", weight=1, dash="2 4", min_zoom=10),
    note=Words(
        "由水源保护区、自然保护区、湿地和生态保护红线汇总而成；以各自的原始范围为准",
        "Gathered from source zones, reserves, wetlands and red lines; the borders are those of each announcement",
    ),
)
