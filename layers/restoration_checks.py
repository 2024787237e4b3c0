"""修复验收检查: checks of whether a damaged place has been restored; a row names its case and needs no place."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="restoration_checks",
    title=Words("修复验收检查", "Checks of restoration"),
    geometry=("point",),
    fields=(
        Field("check_no", Words("检查编号", "Number of the check"), required=True),
        Field("name", Words("名称", "Name")),
        Field("case_no", Words("案件编号", "Case number"), required=True),
        Field("checked", Words("检查日期", "Day of the check"), kind="date", required=True),
        Field("restored", Words("是否已修复", "Restored"), kind="choice", required=True, choices=("yes", "no")),
        Field("checked_by", Words("检查单位", "Checked by")),
    ),
    id_field="check_no",
    title_field="name",
    style=Style(colour="#6f8f73", fill="#c6d6c8", weight=1, radius=3.5, min_zoom=13),
    register=True,
    links_to="criminal_outcomes",
    link_field="case_no",
)
