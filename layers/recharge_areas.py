"""饮用水水源补给区: land from which a source of drinking water is fed: of a well or spring the area where its
groundwater forms, of a surface source the land that drains to it, as far up as the office draws it."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="recharge_areas",
    title=Words("水源补给区", "Recharge areas of sources"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("source", Words("水源地名称", "Source")),
        Field("delimited_by", Words("划定依据", "Delimited by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#6f9aa8", fill="#e0ecf0", weight=1, dash="2 5", min_zoom=9),
)
