"""采矿权: mining licences, each with the area it allows (矿区范围) and its term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="mining_rights",
    title=Words("采矿权", "Mining rights"),
    geometry=("polygon",),
    fields=(
        Field("right_id", Words("采矿许可证号", "Licence number"), required=True),
        Field("name", Words("矿山名称", "Mine")),
        Field("holder", Words("采矿权人", "Holder")),
        Field("mineral", Words("矿种", "Mineral")),
        Field("issued_by", Words("发证机关", "Issued by")),
    ),
    id_field="right_id",
    title_field="name",
    style=Style(colour="#8c7654", fill="#e2d7c2", weight=1.2, min_zoom=10),
)
