"""烟酒彩票零售点: outlets that sell tobacco, alcohol or lottery tickets, with their retail licence.

The term of a row is that of the licence; ``issued`` is the day on which it was first granted, and stays the same when
it is renewed.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

GOODS = ("tobacco", "e_cigarette", "alcohol", "lottery", "several")

LAYER = Layer(
    name="tobacco_outlets",
    title=Words("烟酒彩票零售点", "Tobacco, alcohol and lottery outlets"),
    geometry=("point",),
    fields=(
        Field("outlet_id", Words("零售点编号", "Outlet id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("licence", Words("零售许可证编号", "Retail licence")),
        Field("goods", Words("经营品类", "Goods"), kind="choice", choices=GOODS),
        Field("issued", Words("首次发证日期", "Day of the first grant"), kind="date"),
        Field("address", Words("地址", "Address")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="outlet_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#8f6f5d", fill="#cfb7a9", weight=1, radius=3, min_zoom=14),
)
