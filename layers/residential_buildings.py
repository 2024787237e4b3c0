"""住宅楼: outlines of buildings that are registered as dwellings."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="residential_buildings",
    title=Words("住宅楼", "Residential buildings"),
    geometry=("polygon",),
    fields=(
        Field("building_id", Words("楼栋编号", "Building id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("address", Words("地址", "Address")),
        Field("flue", Words("专用烟道", "Separate flue"), kind="choice", choices=("yes", "no")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="building_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#a89a8c", fill="#e3dcd4", weight=0.8, min_zoom=15),
    note=Words(
        "底层临街商铺与住宅同属一栋轮廓，落在轮廓内不等于在住宅内经营",
        "Shops on the ground floor share the outline: to lie inside it is not to trade in a dwelling",
    ),
)
