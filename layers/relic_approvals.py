"""文物行政许可: approvals of works in protection ranges and control zones, each with its term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="relic_approvals",
    title=Words("涉文物工程许可", "Approvals of works at heritage sites"),
    geometry=("polygon", "point"),
    fields=(
        Field("approval_id", Words("批复文号", "Approval number"), required=True),
        Field("name", Words("工程名称", "Works")),
        Field("site_id", Words("文物保护单位编号", "Heritage site")),
        Field("holder", Words("建设单位", "Holder")),
        Field("issued_by", Words("批准机关", "Approved by")),
    ),
    id_field="approval_id",
    title_field="name",
    style=Style(colour="#a3835c", fill="#efe3d2", weight=1.2, dash="1 3", min_zoom=13),
    register=True,
    links_to="heritage_sites",
    link_field="site_id",
)
