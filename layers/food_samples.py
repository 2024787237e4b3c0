"""食品抽检: samples of food, where they were taken, their result, and the day on which a failed lot was dealt with."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="food_samples",
    title=Words("食品抽检", "Food samples"),
    geometry=("point",),
    fields=(
        Field("sample_no", Words("抽样单编号", "Sample number"), required=True),
        Field("product", Words("产品名称", "Product"), required=True),
        Field("supplier", Words("供货者或生产者", "Supplier or maker")),
        Field("business_id", Words("被抽样单位编号", "Food business")),
        Field("sampled", Words("抽样日期", "Day of sampling"), kind="date", required=True),
        Field(
            "result",
            Words("检验结论", "Result"),
            kind="choice",
            required=True,
            choices=("pass", "fail"),
            as_of_today=True,
        ),
        Field("item", Words("不合格项目", "What failed"), as_of_today=True),
        Field("disposed", Words("核查处置完成日期", "Day on which it was dealt with"), kind="date"),
        Field("authority", Words("组织抽检机关", "Authority")),
    ),
    id_field="sample_no",
    title_field="product",
    style=Style(colour="#86795a", fill="#d8d0ba", weight=1, radius=3, min_zoom=13),
)
