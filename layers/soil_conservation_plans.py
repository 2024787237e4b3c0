"""水土保持方案: approved soil-conservation plans, each with the area it answers for (防治责任范围, spoil sites
included) and its term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="soil_conservation_plans",
    title=Words("水土保持方案", "Soil-conservation plans"),
    geometry=("polygon",),
    fields=(
        Field("plan_id", Words("批准文号", "Approval number"), required=True),
        Field("name", Words("项目名称", "Project")),
        Field("project_id", Words("工程编号", "Works project")),
        Field("holder", Words("生产建设单位", "Holder")),
        Field("issued_by", Words("审批机关", "Approved by")),
    ),
    id_field="plan_id",
    title_field="name",
    style=Style(colour="#8b9a6b", fill="#e6ebd8", weight=1.2, dash="1 3", min_zoom=11),
)
