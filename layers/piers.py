"""码头和漂流点: piers for boats, and the points and routes of rafting."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="piers",
    title=Words("码头和漂流点线", "Piers and rafting"),
    geometry=("point", "line"),
    fields=(
        Field("pier_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=("pier", "rafting_point", "rafting_route")),
        Field("operator", Words("经营单位", "Operator")),
        Field("water", Words("所在水体", "Water")),
    ),
    id_field="pier_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#56809a", fill="#bccfda", weight=1.5, radius=3.5, min_zoom=12),
)
