"""住宅小区: housing estates, with the days on which they were handed over to the buyers and first registered.

``registered`` is the first registration of the whole estate (首次登记), without which no buyer can be registered; empty
while there is none.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="housing_estates",
    title=Words("住宅小区", "Housing estates"),
    geometry=("polygon",),
    fields=(
        Field("estate_id", Words("小区编号", "Estate id"), required=True),
        Field("name", Words("名称", "Name"), required=True),
        Field("developer", Words("开发企业", "Developer")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("households", Words("户数", "Households"), kind="number"),
        Field("completed", Words("竣工验收日期", "Day of acceptance on completion"), kind="date"),
        Field("handover", Words("交付日期", "Day of the handover"), kind="date"),
        Field("registered", Words("首次登记日期", "Day of the first registration"), kind="date"),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="estate_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#8c7f95", fill="#d6cedb", weight=1, min_zoom=13),
)
