"""学校: schools and kindergartens."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="schools",
    title=Words("学校", "Schools"),
    geometry=("point", "polygon"),
    fields=(
        Field("school_id", Words("编号", "School id"), required=True),
        Field("name", Words("名称", "Name"), required=True),
        Field(
            "kind",
            Words("类别", "Kind"),
            kind="choice",
            choices=(
                "kindergarten",
                "primary",
                "secondary",
                "nine_year",
                "vocational",
                "special",
                "university",
                "other",
            ),
        ),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="school_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#7a6b9c", fill="#b8aecf", weight=1, radius=4, min_zoom=12),
)
