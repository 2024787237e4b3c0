"""行政处罚: penalties imposed on food businesses; a row hangs on its business, a place of its own is not needed."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="penalties",
    title=Words("行政处罚", "Penalties"),
    geometry=("point",),
    fields=(
        Field("penalty_id", Words("处罚决定书文号", "Decision number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("business_id", Words("食品经营者编号", "Business id")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("decided", Words("决定日期", "Day of the decision"), kind="date", required=True),
        Field("kind", Words("处罚种类", "Kind of penalty")),
        Field("cause", Words("违法行为", "Cause")),
        Field("amount", Words("罚没金额(元)", "Amount in yuan"), kind="number"),
        Field("authority", Words("处罚机关", "Authority")),
    ),
    id_field="penalty_id",
    title_field="name",
    style=Style(colour="#9c6b6b", fill="#d3b1b1", weight=1, radius=3.5, min_zoom=13),
    register=True,
    links_to="food_businesses",
    link_field="business_id",
)
