"""洪水和山洪预警: warnings of floods and flash floods, each a row with the area it was given for and its first and last
day."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LEVELS = ("blue", "yellow", "orange", "red")

LAYER = Layer(
    name="flood_warnings",
    title=Words("洪水预警", "Flood warnings"),
    geometry=("polygon",),
    fields=(
        Field("warning_id", Words("预警编号", "Warning number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("level", Words("预警级别", "Level"), kind="choice", choices=LEVELS),
        Field("issued_by", Words("发布机关", "Issued by")),
    ),
    id_field="warning_id",
    title_field="name",
    style=Style(colour="#a3706f", fill="#ecdcdc", weight=1.2, dash="6 2", min_zoom=9),
    note=Words(
        "期限按日记录；当日某时解除的，至当日终了",
        "Terms are whole days; one lifted during a day holds until that day ends",
    ),
)
