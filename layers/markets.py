"""集中交易市场: grounds of markets and their operators (wholesale, farmers' and retail food markets)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

KINDS = ("wholesale", "farmers", "retail", "other")

LAYER = Layer(
    name="markets",
    title=Words("集中交易市场", "Markets"),
    geometry=("polygon",),
    fields=(
        Field("market_id", Words("市场编号", "Market id"), required=True),
        Field("name", Words("名称", "Name"), required=True),
        Field("operator", Words("开办者", "Operator")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("stalls", Words("摊位数", "Number of stalls"), kind="number"),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="market_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#6f8a5f", fill="#ccdcc2", weight=1.2, min_zoom=13),
)
