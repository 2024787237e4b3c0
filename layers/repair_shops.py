"""机动车维修店: repair shops for vehicles. ``manifest`` is the day of the last manifest (转移联单) by which one
handed over waste oil or batteries; empty: none is known.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="repair_shops",
    title=Words("机动车维修店", "Repair shops"),
    geometry=("point",),
    fields=(
        Field("shop_id", Words("维修店编号", "Shop number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("经营者", "Operator")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("manifest", Words("最近转移联单日期", "Day of the last waste manifest"), kind="date", as_of_today=True),
        Field("address", Words("地址", "Address")),
    ),
    id_field="shop_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#7d7d72", fill="#d1d1c8", weight=1, radius=3, min_zoom=14),
)
