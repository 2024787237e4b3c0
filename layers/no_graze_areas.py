"""禁牧休牧区和草畜平衡区: areas where grazing is banned, rests for a season, or is limited to an approved number of
animals.

``approved_head`` is that number (标准羊单位 counted as the announcement counts them): 0 where grazing is banned or
rests, so that one comparison serves all three. The term of a row is the term of the announcement; a yearly rest is
a row a year.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("no_graze", "rest", "balance")

LAYER = Layer(
    name="no_graze_areas",
    title=Words("禁牧休牧区和草畜平衡区", "No-graze, rest and balance areas"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("approved_head", Words("核定载畜量", "Approved number of animals"), kind="number", required=True),
        Field("announced_by", Words("公告机关及文号", "Announced by")),
        Field("grassland_id", Words("草原编号", "Grassland")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#7c8f52", fill="#e4ebce", weight=1.2, dash="5 3", min_zoom=10),
    note=Words(
        "草畜平衡区可以放牧，只限数量；禁牧区、休牧期核定数为0",
        "In a balance area grazing is allowed up to the approved number; where it is banned or rests that number is 0",
    ),
)
