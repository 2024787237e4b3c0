"""食品经营者: premises that make, sell or serve food, with their credit code and licence.

``valid_from`` and ``valid_to`` of a row are the term of the licence. A wrong check digit refuses the row: such a
number belongs to nobody, and a lead must never name the wrong business.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw, food_licence_flaw

CATEGORIES = ("sales", "catering", "canteen", "production", "workshop", "stall", "online", "other")
STATUSES = ("valid", "expired", "cancelled", "suspended", "revoked", "filed", "unknown")

LAYER = Layer(
    name="food_businesses",
    title=Words("食品经营者", "Food businesses"),
    geometry=("point",),
    fields=(
        Field("business_id", Words("编号", "Business id"), required=True),
        Field("name", Words("名称", "Name"), required=True),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("licence", Words("许可证编号", "Licence number"), check=food_licence_flaw),
        Field("category", Words("主体业态", "Category"), kind="choice", choices=CATEGORIES),
        Field("status", Words("许可状态", "Licence status"), kind="choice", choices=STATUSES, as_of_today=True),
        Field("address", Words("地址", "Address")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="business_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#6f7f4f", fill="#a9b68c", weight=1, radius=3, min_zoom=13),
    note=Words(
        "仅销售预包装食品的经营者为备案管理,没有许可证编号不等于违法",
        "Sellers of prepackaged food only are filed, not licensed: no licence number does not mean unlawful",
    ),
)
