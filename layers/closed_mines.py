"""闭坑和历史遗留矿山: mines that were closed or left, with the day of the closure; restored parts should be cut out
of the area."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: ``orphan``: nobody is left who must restore it, and the government does.
KINDS = ("closed", "orphan")

LAYER = Layer(
    name="closed_mines",
    title=Words("闭坑和历史遗留矿山", "Closed and abandoned mines"),
    geometry=("polygon",),
    fields=(
        Field("mine_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("closed", Words("闭坑日期", "Day of the closure"), kind="date", required=True),
        Field("holder", Words("修复义务人", "Who must restore")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("plan", Words("修复方案文号", "Restoration plan"), as_of_today=True),
    ),
    id_field="mine_id",
    title_field="name",
    style=Style(colour="#7a6d62", fill="#d8d0c8", weight=1.2, dash="2 3", min_zoom=10),
)
