"""责令停产停业、查封决定: orders to stop and sealings, each at its place; the term ends when the order is lifted."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="stop_orders",
    title=Words("关停查封决定", "Orders to stop and sealings"),
    geometry=("point", "polygon"),
    fields=(
        Field("order_no", Words("决定书文号", "Number of the order"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("当事人(单位)", "Operator")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("kind", Words("类型", "Kind"), kind="choice", choices=("stop", "seal", "close")),
        Field("issued", Words("作出日期", "Day of the order"), kind="date", required=True),
        Field("lifted", Words("解除日期", "Day on which it was lifted"), kind="date"),
        Field("agency", Words("作出机关", "Issued by")),
    ),
    id_field="order_no",
    title_field="name",
    style=Style(colour="#9a5f52", fill="#e0c3bb", weight=1.2, radius=4, min_zoom=12),
    note=Words(
        "有效期止应与解除日期的前一日一致；已解除的决定不再约束当事人",
        "The term ends on the day before the order is lifted; a lifted order binds nobody",
    ),
)
