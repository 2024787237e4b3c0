"""禁猎区和野生动物迁徙洄游通道: where hunting is closed: reserves, corridors of migration and areas closed to
hunting; the term of a row is the closed period, and a row without days is closed all year."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("corridor", "closed_area", "reserve")

LAYER = Layer(
    name="migration_corridors",
    title=Words("禁猎区和野生动物迁徙洄游通道", "Closed hunting areas and wildlife corridors"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("species", Words("主要物种", "Main species")),
        Field("announced_by", Words("公布机关及文号", "Announced by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#6f7f95", fill="#d5dbe4", weight=1.2, dash="6 4", min_zoom=9),
)
