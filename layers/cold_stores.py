"""冷库: cold stores that keep food for others, with the day on which they were filed.

A business that is not itself in the food trade files within thirty working days of its business licence: ``opened`` is
the day of that licence, ``filed`` the day of the filing, empty while there is none.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="cold_stores",
    title=Words("冷库", "Cold stores"),
    geometry=("point",),
    fields=(
        Field("store_id", Words("冷库编号", "Store id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("operator", Words("经营者", "Operator")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("opened", Words("取得营业执照日期", "Day of the business licence"), kind="date"),
        Field("filed", Words("备案日期", "Day of the filing"), kind="date"),
        Field("volume_m3", Words("库容(立方米)", "Volume in m³"), kind="number"),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="store_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#5f7f93", fill="#b9cdd9", weight=1, radius=4, min_zoom=13),
    note=Words(
        "食品经营者自用的冷库不需要单独备案",
        "A cold store that a food business keeps for itself needs no filing of its own",
    ),
)
