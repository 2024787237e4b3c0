"""河湖管理范围内建设审批: approvals for buildings and structures within management zones of rivers and lakes, each
with the area it allows and its term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="building_approvals",
    title=Words("涉河建筑审批", "Approvals of riverside buildings"),
    geometry=("polygon",),
    fields=(
        Field("approval_id", Words("批准文号", "Approval number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("holder", Words("被许可人", "Holder")),
        Field("authority", Words("审批机关", "Authority")),
    ),
    id_field="approval_id",
    title_field="name",
    style=Style(colour="#8f8a74", fill="#e4e1d4", weight=1.2, dash="1 3", min_zoom=12),
)
