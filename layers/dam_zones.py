"""水库大坝管理和保护范围: the ranges around dams in which blasting, digging and building graves are forbidden, as
the government has drawn them.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="dam_zones",
    title=Words("水库大坝管理和保护范围", "Management and protection ranges of dams"),
    geometry=("polygon",),
    fields=(
        Field("zone_id", Words("范围编号", "Range number"), required=True),
        Field("name", Words("大坝名称", "Dam")),
        Field("kind", Words("范围类别", "Kind of range"), kind="choice", choices=("management", "protection")),
        Field("manager", Words("管理单位", "Managed by")),
        Field("basis", Words("划定依据", "Basis of the delimitation")),
    ),
    id_field="zone_id",
    title_field="name",
    style=Style(colour="#5f7585", fill="#c5d0d8", weight=1.2, dash="4 3", min_zoom=10),
)
