"""节庆和活动区域: areas of festivals, fairs and scenic events, with the days on which they are held."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="event_areas",
    title=Words("节庆和活动区域", "Areas of festivals and events"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Area id"), required=True),
        Field("event", Words("活动名称", "Event"), required=True),
        Field("organiser", Words("主办单位", "Organiser")),
        Field("permit", Words("批准或备案文号", "Number of the approval")),
        Field("stalls", Words("核定摊位数", "Number of stalls allowed"), kind="number"),
    ),
    id_field="area_id",
    title_field="event",
    style=Style(colour="#9a8560", fill="#e9dfc9", weight=1, dash="3 3", min_zoom=12),
)
