"""湿地补水通道: channels and streams by which a wetland gets its water; ``wetland`` is its number among the lakes
and wetlands.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="wetland_inflows",
    title=Words("湿地补水通道", "Inflows of wetlands"),
    geometry=("line",),
    fields=(
        Field("inflow_id", Words("通道编号", "Inflow number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("wetland", Words("湿地编号", "Wetland"), required=True),
        Field("manager", Words("管护单位", "Looked after by")),
    ),
    id_field="inflow_id",
    title_field="name",
    style=Style(colour="#6ba0b0", weight=1.8, dash="5 3", min_zoom=12),
)
