"""重点管护单元: stretches of river zones, surroundings of heritage sites and forest compartments, each as an area
with its guards, gathered into one layer so that a call is counted over the unit whose guards it concerns."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("river", "heritage", "forest", "reserve")

LAYER = Layer(
    name="guarded_areas",
    title=Words("重点管护单元", "Guarded areas"),
    geometry=("polygon",),
    fields=(
        Field("unit_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("guard", Words("管护责任单位", "Body in charge")),
        Field("source", Words("依据", "Taken from")),
    ),
    id_field="unit_id",
    title_field="name",
    style=Style(colour="#6f7f74", fill="#dbe2dd", weight=1, dash="2 5", min_zoom=10),
    note=Words(
        "由河道管理范围、文物保护范围和林地小班汇总切分而成；以各自的原始范围为准",
        "Cut from river management zones, heritage ranges and forest compartments; the borders are those of each",
    ),
)
