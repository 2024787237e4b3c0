"""水源污染风险源: the register of what could harm a source of drinking water. ``surveyed`` is the day of the last
survey on the spot (empty: never), the term is the time in which it is in operation."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

#: ``discharger`` holds a discharge permit (排污单位); ``septic`` are tanks and pits without a sewer.
KINDS = (
    "discharger",
    "farm",
    "petrol_station",
    "hotel",
    "workshop",
    "landfill",
    "tailings",
    "septic",
    "other",
)

LAYER = Layer(
    name="risk_sources",
    title=Words("水源污染风险源", "Risk sources of drinking water"),
    geometry=("point",),
    fields=(
        Field("source_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("operator", Words("责任主体", "Operator")),
        Field("surveyed", Words("最近排查日期", "Last survey on the spot"), kind="date", as_of_today=True),
    ),
    id_field="source_id",
    title_field="name",
    style=Style(colour="#96785f", fill="#d9c6b7", weight=1, radius=3.5, min_zoom=12),
    note=Words(
        "列入名录只表示需要排查，不表示已经污染或者违法",
        "A row says that it should be surveyed, not that it pollutes or breaks a rule",
    ),
)
