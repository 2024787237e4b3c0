"""水井: wells and springs, and what their water is used for; ``tested`` is the day of the last test of the water."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

USES = ("household", "food", "irrigation", "none")

LAYER = Layer(
    name="wells",
    title=Words("水井泉眼", "Wells and springs"),
    geometry=("point",),
    fields=(
        Field("well_id", Words("水井编号", "Well id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("use", Words("用途", "Use"), kind="choice", choices=USES),
        Field("depth_m", Words("井深(米)", "Depth in metres"), kind="number"),
        Field("tested", Words("最近检测日期", "Day of the last test"), kind="date", as_of_today=True),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="well_id",
    title_field="name",
    style=Style(colour="#557a8c", fill="#b5cbd5", weight=1, radius=3, min_zoom=14),
)
