"""自然保护区: the two control areas of nature reserves, the core (核心保护区) and the general control area
(一般控制区)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

ZONES = ("core", "general")
LEVELS = ("national", "local")

LAYER = Layer(
    name="nature_reserves",
    title=Words("自然保护区", "Nature reserves"),
    geometry=("polygon",),
    fields=(
        Field("zone_id", Words("分区编号", "Zone number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("reserve_id", Words("保护区编号", "Reserve")),
        Field("zone", Words("功能分区", "Zone"), kind="choice", required=True, choices=ZONES),
        Field("level", Words("级别", "Level"), kind="choice", choices=LEVELS),
        Field("manager", Words("管理机构", "Managed by")),
    ),
    id_field="zone_id",
    title_field="name",
    style=Style(colour="#4f7f74", fill="#cde0da", weight=1.4, min_zoom=9),
    note=Words(
        "范围以批准文件为准；整合优化前后边界可能不同",
        "The border is what was approved; it may differ before and after a boundary adjustment",
    ),
)
