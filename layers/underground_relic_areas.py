"""地下文物埋藏区: areas in which relics may lie buried, as designated and announced; land there is surveyed before it
is supplied."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="underground_relic_areas",
    title=Words("地下文物埋藏区", "Areas of buried relics"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("announced_by", Words("公布机关及文号", "Announced by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#7d6a58", fill="#e4dace", weight=1, dash="1 4", min_zoom=11),
    note=Words(
        "范围内不一定有文物，是供地前应先考古的区域",
        "It does not say that relics lie there: it says where a survey comes before land is supplied",
    ),
)
