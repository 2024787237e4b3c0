"""禁止设置区域: where a certain kind of permit may not be granted: sources of drinking water, reserves, heritage
ranges, surroundings of schools, gathered into one layer, a row for each kind of permit that is forbidden there."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.supervision.vocabulary import PERMIT_KINDS

KINDS = ("water_source", "reserve", "heritage", "school", "other")

LAYER = Layer(
    name="no_go_zones",
    title=Words("禁止设置区域", "Areas where a permit is forbidden"),
    geometry=("polygon",),
    fields=(
        Field("zone_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("区域类别", "Kind of area"), kind="choice", required=True, choices=KINDS),
        Field(
            "forbids",
            Words("禁止的许可类别", "Kind of permit forbidden"),
            kind="choice",
            required=True,
            choices=tuple(PERMIT_KINDS),
        ),
        Field("basis", Words("依据条文或文件", "Article or notice")),
    ),
    id_field="zone_id",
    title_field="name",
    style=Style(colour="#8a7f6a", fill="#e9e3d6", weight=1, dash="1 4", min_zoom=12),
    note=Words(
        "由各类法定保护范围和本地距离规定汇总而成，逐行注明依据；校园周边距离以本地文件为准",
        "Gathered from the ranges that law and local notices set, each row with its basis; distances around schools "
        "are those of the local notice",
    ),
)
