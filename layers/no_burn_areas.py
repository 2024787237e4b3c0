"""禁止露天焚烧区: where straw, leaves and refuse may not be burnt in the open: populated areas, the surroundings of
airports, main roads and heritage, and what else the local government has named; the term of a row is the banned
period."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("populated", "airport", "road", "heritage", "other")

LAYER = Layer(
    name="no_burn_areas",
    title=Words("禁止露天焚烧区", "Areas where open burning is banned"),
    geometry=("polygon",),
    fields=(
        Field("area_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("announced_by", Words("划定机关及文号", "Announced by")),
    ),
    id_field="area_id",
    title_field="name",
    style=Style(colour="#a5705f", fill="#eddbd5", weight=1.2, dash="5 4", min_zoom=10),
)
