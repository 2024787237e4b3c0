"""农村生活污水处理设施: rural sewage treatment facilities."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="sewage_facilities",
    title=Words("农村生活污水处理设施", "Rural sewage facilities"),
    geometry=("point",),
    fields=(
        Field("facility_id", Words("设施编号", "Facility number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("village", Words("所在村居", "Village")),
        Field("operator", Words("运行维护单位", "Operator")),
        Field("capacity_m3d", Words("设计规模(立方米/日)", "Capacity in m³ a day"), kind="number"),
        Field("meter_no", Words("电表户号", "Number of the power meter")),
    ),
    id_field="facility_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#70877a", fill="#cad6ce", weight=1, radius=3.5, min_zoom=12),
)
