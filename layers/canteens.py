"""集中用餐单位食堂和供餐单位: kitchens that feed people who cannot choose, of schools, nurseries, care homes,
hospitals and worksites, and those that supply them from outside."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import food_licence_flaw

KINDS = ("school", "nursery", "care_home", "hospital", "site", "supplier")

LAYER = Layer(
    name="canteens",
    title=Words("集中用餐单位食堂", "Collective canteens"),
    geometry=("point", "polygon"),
    fields=(
        Field("canteen_id", Words("食堂编号", "Canteen id"), required=True),
        Field("unit", Words("单位", "Unit it feeds"), required=True),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("licence", Words("许可证编号", "Licence number"), check=food_licence_flaw),
        Field("contractor", Words("承包经营者", "Run by")),
        Field("supplier", Words("供餐单位", "Supplied by")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="canteen_id",
    title_field="unit",
    place_level="premises",
    style=Style(colour="#8a7f4f", fill="#d8d0a8", weight=1, radius=4, min_zoom=13),
)
