"""自然保护区活动批准: what was approved within a nature reserve, each with its area and term; also the kinds of
activity that the regulation lists as allowed (巡护, 科研, 应急, 原住居民生产生活), where somebody has written down
where and when."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="reserve_approvals",
    title=Words("自然保护区活动批准", "Approved activities in nature reserves"),
    geometry=("polygon",),
    fields=(
        Field("approval_id", Words("批准文号", "Approval number"), required=True),
        Field("name", Words("活动名称", "Activity")),
        Field("reserve_id", Words("保护区编号", "Reserve")),
        Field("kind", Words("类别", "Kind")),
        Field("holder", Words("申请单位", "Holder")),
        Field("issued_by", Words("批准机关", "Approved by")),
    ),
    id_field="approval_id",
    title_field="name",
    style=Style(colour="#6f9a8f", fill="#e0ece8", weight=1.2, dash="1 3", min_zoom=11),
)
