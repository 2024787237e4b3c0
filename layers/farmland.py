"""耕地: cultivated land of the national survey, and which of it is permanent basic farmland (永久基本农田)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

GRADES = ("permanent_basic", "other")

LAYER = Layer(
    name="farmland",
    title=Words("耕地", "Farmland"),
    geometry=("polygon",),
    fields=(
        Field("parcel_id", Words("图斑编号", "Parcel number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("grade", Words("级别", "Grade"), kind="choice", required=True, choices=GRADES),
        Field("village", Words("权属村组", "Village")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="parcel_id",
    title_field="name",
    style=Style(colour="#b5a25f", fill="#efe8c8", weight=0.8, min_zoom=12),
)
