"""地质灾害易发区: announced areas of landslides, debris flows and rockfalls."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("landslide", "debris_flow", "rockfall", "subsidence", "other")

LAYER = Layer(
    name="hazard_areas",
    title=Words("地质灾害易发区", "Areas prone to geological hazards"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("灾种", "Kind of hazard"), kind="choice", required=True, choices=KINDS),
        Field("danger", Words("易发程度", "How prone")),
        Field("announced_by", Words("公告机关及文号", "Announced by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#a3623f", fill="#ecd6c8", weight=1.2, dash="4 2", min_zoom=10),
)
