"""限高区: areas with a greatest height of buildings, from protection plans (control zones, view corridors, historic
districts), each with the term in which it applies; a limit is no older than its ``valid_from``."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("control_zone", "view_corridor", "historic_district", "other")

LAYER = Layer(
    name="height_limits",
    title=Words("限高区", "Height limits"),
    geometry=("polygon",),
    fields=(
        Field("limit_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("limit_m", Words("限高(米)", "Limit in metres"), kind="number", required=True),
        Field("announced_by", Words("依据", "Laid down in")),
    ),
    id_field="limit_id",
    title_field="name",
    style=Style(colour="#a5876a", fill="#f1e8dd", weight=1, dash="2 4", min_zoom=12),
    note=Words(
        "限高一般从室外地面算到檐口或最高点，以规划文本为准",
        "Counted from the ground to the eaves or to the top, as the text of each plan says",
    ),
)
