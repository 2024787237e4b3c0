"""水土流失重点防治区和禁止采挖区: areas in which turf may not be cut nor herbs dug: key zones of soil erosion,
degraded or fragile grassland, and reserves, each under the announcement that made it one."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("key_prevention", "key_treatment", "fragile_grassland", "reserve")

LAYER = Layer(
    name="erosion_zones",
    title=Words("水土流失重点防治区和禁止采挖区", "Key erosion zones and areas where digging is banned"),
    geometry=("polygon",),
    fields=(
        Field("zone_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("announced_by", Words("公告机关及文号", "Announced by")),
    ),
    id_field="zone_id",
    title_field="name",
    style=Style(colour="#a8834f", fill="#efe2cb", weight=1.2, dash="4 3", min_zoom=9),
)
