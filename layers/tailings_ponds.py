"""尾矿库: tailings ponds as points at the foot of the dam, where seepage comes out."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="tailings_ponds",
    title=Words("尾矿库", "Tailings ponds"),
    geometry=("point",),
    fields=(
        Field("pond_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("holder", Words("管理单位", "Operator")),
        Field("grade", Words("等别", "Grade")),
        Field("closed", Words("闭库日期", "Day of the closure"), kind="date"),
    ),
    id_field="pond_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#8a5f4f", fill="#cfb2a6", weight=1.2, radius=5, min_zoom=9),
)
