"""加油站: petrol stations and their underground tanks, as points at the tanks."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="petrol_stations",
    title=Words("加油站", "Petrol stations"),
    geometry=("point",),
    fields=(
        Field("station_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("licence", Words("成品油零售许可证号", "Licence number")),
        Field("operator", Words("经营者", "Operator")),
        Field("double_wall", Words("双层罐改造完成日期", "Double-walled tanks since"), kind="date"),
    ),
    id_field="station_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#7b6a86", fill="#c4b8cb", weight=1, radius=4, min_zoom=12),
)
