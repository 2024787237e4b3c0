"""消防车通道: lanes that must be kept free for the fire service, each as a line along its middle."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="fire_lanes",
    title=Words("消防车通道", "Fire lanes"),
    geometry=("line",),
    fields=(
        Field("lane_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("width_m", Words("净宽(米)", "Clear width in metres"), kind="number"),
        Field("manager", Words("管理单位", "Kept by")),
    ),
    id_field="lane_id",
    title_field="name",
    style=Style(colour="#a8574f", weight=2, dash="6 3", min_zoom=14),
)
