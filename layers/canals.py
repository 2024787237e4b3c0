"""农灌渠: irrigation canals as lines that run with the water."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="canals",
    title=Words("农田灌溉渠道", "Irrigation canals"),
    geometry=("line",),
    fields=(
        Field("canal_id", Words("渠道编号", "Canal number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("grade", Words("级别", "Grade"), kind="choice", choices=("main", "branch", "field")),
        Field("manager", Words("管护单位", "Looked after by")),
    ),
    id_field="canal_id",
    title_field="name",
    place_level="reach",
    style=Style(colour="#6fa39b", weight=1.5, min_zoom=12),
)
