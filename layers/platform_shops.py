"""网络餐饮店铺: shops as a delivery platform lists them, at the place that the platform gives.

The term of a row runs from the first to the last day on which the shop could be found on the platform; ``listed`` and
``delisted`` may be read from the same columns. Licence and credit code are kept as the platform shows them, also where
their check digit is wrong: that is a fact about the listing, not a mistake of the file.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="platform_shops",
    title=Words("网络餐饮店铺", "Shops on delivery platforms"),
    geometry=("point",),
    fields=(
        Field("shop_id", Words("店铺编号", "Shop id"), required=True),
        Field("platform", Words("平台", "Platform"), required=True),
        Field("name", Words("店铺名称", "Name of the shop")),
        Field("licence", Words("公示的许可证编号", "Licence number shown")),
        Field("credit_code", Words("公示的统一社会信用代码", "Unified social credit code shown")),
        Field("address", Words("公示的地址", "Address shown")),
        Field("listed", Words("上架日期", "Day of the listing"), kind="date"),
        Field("delisted", Words("下架日期", "Day of the taking down"), kind="date"),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="shop_id",
    title_field="name",
    style=Style(colour="#7f7757", fill="#c4bda0", weight=1, radius=3, min_zoom=14),
    note=Words(
        "位置、证号均为平台公示内容，未经核实；定位由商户自行标注时可能偏差较大",
        "Place and numbers are what the platform shows, not checked; a pin set by the shop itself may be far off",
    ),
)
