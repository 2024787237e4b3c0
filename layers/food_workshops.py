"""食品小作坊: small food workshops.

``registered`` is the day of their registration, and the term of a row that of the certificate.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="food_workshops",
    title=Words("食品小作坊", "Small food workshops"),
    geometry=("point",),
    fields=(
        Field("workshop_id", Words("小作坊编号", "Workshop id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("经营者", "Operator")),
        Field("registration", Words("登记证编号", "Registration number")),
        Field("registered", Words("登记日期", "Day of the registration"), kind="date"),
        Field("products", Words("加工品种", "Products")),
        Field("address", Words("地址", "Address")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="workshop_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#8a744f", fill="#d1c2a5", weight=1, radius=3, min_zoom=14),
)
