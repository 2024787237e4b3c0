"""受污染地块: land found contaminated, or irrigated with sewage, and closed to edible crops for a term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="contaminated_parcels",
    title=Words("受污染地块", "Contaminated parcels"),
    geometry=("polygon",),
    fields=(
        Field("parcel_id", Words("编号", "Parcel id"), required=True),
        Field("name", Words("名称", "Name")),
        Field(
            "kind",
            Words("类别", "Kind"),
            kind="choice",
            required=True,
            choices=("soil", "sewage_irrigation"),
        ),
        Field("listed", Words("列入或公告日期", "Day of the listing"), kind="date", required=True),
        Field("pollutant", Words("主要污染物", "Main pollutant")),
        Field("closed_to", Words("禁种农产品", "Produce that may not be grown")),
    ),
    id_field="parcel_id",
    title_field="name",
    style=Style(colour="#8f7a52", fill="#e3d8bf", weight=1.2, dash="5 2", min_zoom=11),
    note=Words(
        "“污灌”指由已查实受污染的灌渠取水的地块；治理验收后以有效期止表示解除",
        "Irrigated with sewage means: from a canal whose pollution was confirmed; the term ends with remediation",
    ),
)
