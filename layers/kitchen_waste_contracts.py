"""餐厨废弃物收运协议: contracts of food businesses with a licensed collector of kitchen waste.

A row hangs on its business, a place of its own is not needed; its term is that of the contract.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="kitchen_waste_contracts",
    title=Words("餐厨废弃物收运协议", "Kitchen-waste contracts"),
    geometry=("point",),
    fields=(
        Field("contract_id", Words("协议编号", "Contract id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("business_id", Words("食品经营者编号", "Business id")),
        Field("collector", Words("收运单位", "Collector")),
        Field("signed", Words("签订日期", "Day of the contract"), kind="date"),
    ),
    id_field="contract_id",
    title_field="name",
    style=Style(colour="#7a8456", fill="#c3caa9", weight=1, radius=3, min_zoom=14),
    register=True,
    links_to="food_businesses",
    link_field="business_id",
)
