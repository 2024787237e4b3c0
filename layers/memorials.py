"""英烈纪念设施保护范围: protection ranges of martyrs' memorials and revolutionary sites."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("martyrs", "revolutionary_site", "other")

LAYER = Layer(
    name="memorials",
    title=Words("英烈纪念设施和革命旧址", "Memorials and revolutionary sites"),
    geometry=("polygon",),
    fields=(
        Field("memorial_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("manager", Words("保护管理单位", "Kept by")),
    ),
    id_field="memorial_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#8c5b5b", fill="#e6d3d3", weight=1.2, min_zoom=13),
)
