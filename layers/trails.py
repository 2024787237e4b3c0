"""徒步线路和营地: where people walk and camp in the open: trails as lines, camps as points or areas, and the shores
of the lakes and the feet of the mountains that they visit, each drawn as far as people go."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("trail", "camp", "lakeside", "mountain", "other")

LAYER = Layer(
    name="trails",
    title=Words("徒步线路和营地", "Trails and camps"),
    geometry=("line", "point", "polygon"),
    fields=(
        Field("trail_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("manager", Words("管理单位", "Managed by")),
    ),
    id_field="trail_id",
    title_field="name",
    style=Style(colour="#9a8763", fill="#e0d5bd", weight=1.5, dash="2 4", radius=4, min_zoom=10),
)
