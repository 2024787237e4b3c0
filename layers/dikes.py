"""堤防: dikes as crest lines, or as areas that include the strip kept free for their guard (护堤地)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="dikes",
    title=Words("堤防", "Dikes"),
    geometry=(
        "line",
        "polygon",
    ),
    fields=(
        Field("dike_id", Words("堤防编号", "Dike number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("reach_id", Words("河段编号", "Reach")),
        Field("grade", Words("级别", "Grade")),
        Field("manager", Words("管理单位", "Managed by")),
    ),
    id_field="dike_id",
    title_field="name",
    place_level="reach",
    style=Style(colour="#8a8f6a", fill="#dfe1cd", weight=2, min_zoom=11),
    note=Words(
        "画成线的是堤顶中心线，护堤地在线外",
        "A line is the middle of the crest; the guard strip lies beside it",
    ),
)
