"""雨水排口: mouths of storm drains on rivers. ``catchment`` names the drainage area that runs to it (排水分区)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="storm_outlets",
    title=Words("雨水排口", "Storm outlets"),
    geometry=("point",),
    fields=(
        Field("outlet_id", Words("排口编号", "Outlet number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("catchment", Words("排水分区编号", "Drainage area")),
        Field("manager", Words("管理单位", "Managed by")),
    ),
    id_field="outlet_id",
    title_field="name",
    style=Style(colour="#6d8796", fill="#b9c9d2", weight=1, radius=3, min_zoom=13),
)
