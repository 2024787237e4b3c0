"""污染源点: open things that spoil food near them: dry toilets and cesspits, refuse points, pens for livestock."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("toilet", "refuse", "livestock")

LAYER = Layer(
    name="pollution_points",
    title=Words("食品场所周边污染源", "Sources of contamination"),
    geometry=("point",),
    fields=(
        Field("point_id", Words("编号", "Id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("surveyed", Words("排查日期", "Day of the survey"), kind="date"),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="point_id",
    title_field="name",
    style=Style(colour="#7f6f63", fill="#c2b8b0", weight=1, radius=3, min_zoom=14),
    note=Words(
        "水冲式公厕、密闭转运站不属于暴露污染源，不应录入",
        "Flushed toilets and closed transfer stations are not open sources and do not belong here",
    ),
)
