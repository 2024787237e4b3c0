"""化工品和燃料装卸场所: yards and depots where tankers load chemicals, fuels or waste oils."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="chemical_sites",
    title=Words("化工品和燃料装卸场所", "Loading yards for chemicals and fuels"),
    geometry=("point", "polygon"),
    fields=(
        Field("site_id", Words("编号", "Site id"), required=True),
        Field("name", Words("名称", "Name")),
        Field(
            "kind",
            Words("类别", "Kind"),
            kind="choice",
            choices=("chemicals", "fuel", "coal_oil", "waste_oil", "other"),
        ),
        Field("operator", Words("经营单位", "Operator")),
    ),
    id_field="site_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#7d6f86", fill="#d2cad7", weight=1, radius=4, min_zoom=12),
)
