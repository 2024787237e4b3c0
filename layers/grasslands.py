"""草原: grassland as delimited, with whether it is basic grassland (基本草原), which only few projects may ever
take."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

GRADES = ("basic", "other")

LAYER = Layer(
    name="grasslands",
    title=Words("草原", "Grasslands"),
    geometry=("polygon",),
    fields=(
        Field("grassland_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("grade", Words("级别", "Grade"), kind="choice", required=True, choices=GRADES),
        Field("kind", Words("草原类型", "Type of grassland")),
        Field("holder", Words("承包经营者", "Contractor")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="grassland_id",
    title_field="name",
    style=Style(colour="#8f9f6a", fill="#dfe6cc", weight=1, min_zoom=10),
)
