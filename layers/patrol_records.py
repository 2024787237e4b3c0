"""文物巡查记录: patrols of heritage sites, each at the place where it was recorded, with its day."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="patrol_records",
    title=Words("文物巡查记录", "Patrols of heritage sites"),
    geometry=("point",),
    fields=(
        Field("record_id", Words("记录编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("site_id", Words("文物保护单位编号", "Heritage site")),
        Field("patrolled", Words("巡查日期", "Day of the patrol"), kind="date", required=True),
        Field("body", Words("巡查单位", "Carried out by")),
        Field("finding", Words("发现问题", "Finding")),
    ),
    id_field="record_id",
    title_field="name",
    style=Style(colour="#74806a", fill="#cdd6c5", weight=1, radius=2.5, min_zoom=14),
    note=Words("没有记录不等于没有巡查，可能尚未录入", "No record is not yet no patrol: it may not have been entered"),
)
