"""经营主体登记: businesses as registered, at their registered address, with the day of registration; the term of a row
runs to the day on which it was struck off."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

CATEGORIES = ("guesthouse", "bar", "catering", "shop", "entertainment", "other")

LAYER = Layer(
    name="business_registrations",
    title=Words("经营主体登记", "Registered businesses"),
    geometry=("point",),
    fields=(
        Field("business_id", Words("登记编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("category", Words("业态", "Kind of business"), kind="choice", required=True, choices=CATEGORIES),
        Field("registered", Words("登记日期", "Day of registration"), kind="date", required=True),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("address", Words("登记地址", "Registered address")),
    ),
    id_field="business_id",
    title_field="name",
    style=Style(colour="#8a7f70", fill="#dad3c8", weight=1, radius=2.5, min_zoom=15),
    note=Words(
        "登记地址经地理编码得到，可能落在邻近建筑；登记不等于实际经营",
        "Addresses are geocoded and may fall on the house next door; registered is not yet open",
    ),
)
