"""放生点: places at the water where animals are habitually released.

A place is on the map because releases were seen there, whoever made them; most releases of native species are
lawful custom, and the layer is there to bring advice and fitting species to the right place.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="release_points",
    title=Words("放生点", "Places of release"),
    geometry=("point",),
    fields=(
        Field("point_id", Words("放生点编号", "Place number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("water", Words("所在水体", "Water")),
        Field("species", Words("适宜放生物种", "Species that may be released")),
        Field("manager", Words("管理单位", "Looked after by")),
    ),
    id_field="point_id",
    title_field="name",
    style=Style(colour="#6d93a0", fill="#c6dae0", weight=1, radius=3.5, min_zoom=13),
    note=Words(
        "放生是民间习俗，本图层只标示习惯地点，用于引导科学放生，不表示违法",
        "Releasing animals is a custom: the layer shows where it is usual, so that advice can be given; no offence",
    ),
)
