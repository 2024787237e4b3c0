"""文物线索: old buildings and other places that may be immovable relics and are not registered yet. The term of a clue
ends on the day on which it was registered as a relic or found to be none."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("old_building", "site", "tomb", "carving", "other")

LAYER = Layer(
    name="relic_clues",
    title=Words("未登记文物线索", "Clues to unregistered relics"),
    geometry=(
        "point",
        "polygon",
    ),
    fields=(
        Field("clue_id", Words("线索编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("found", Words("发现日期", "Day of finding"), kind="date"),
        Field("source", Words("来源", "Source")),
    ),
    id_field="clue_id",
    title_field="name",
    style=Style(colour="#a06f4e", fill="#dcc3b0", weight=1, radius=3.5, min_zoom=13),
    note=Words("线索尚未认定，不等于文物", "Not assessed yet: a clue is no relic"),
)
