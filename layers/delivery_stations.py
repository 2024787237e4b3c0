"""配送站点: stations from which a platform's riders work, and the company that runs each."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="delivery_stations",
    title=Words("配送站点", "Delivery stations"),
    geometry=("point",),
    fields=(
        Field("station_id", Words("站点编号", "Station id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("platform", Words("平台", "Platform")),
        Field("company", Words("用工企业", "Company that employs the riders")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("riders", Words("骑手人数", "Number of riders"), kind="number", as_of_today=True),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="station_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#64809b", fill="#bfcedd", weight=1, radius=3.5, min_zoom=13),
)
