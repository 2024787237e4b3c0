"""建设工程项目: construction projects with the area they take and the approvals that the register knows of.

``flood_review``, ``relic_survey`` and ``soil_plan`` hold the number of the document (涉河方案审查、考古调查勘探、
水土保持方案), empty where there is none; ``started`` and ``completed`` are days on which it really began and
was accepted, never planned ones.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="works_projects",
    title=Words("建设工程项目", "Works projects"),
    geometry=("polygon",),
    fields=(
        Field("project_id", Words("项目编号", "Project number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind of works")),
        Field("builder", Words("建设单位", "Builder")),
        Field("flood_review", Words("涉河建设方案审查文号", "Number of the flood review"), as_of_today=True),
        Field("relic_survey", Words("考古调查勘探文号", "Number of the relic survey"), as_of_today=True),
        Field("soil_plan", Words("水土保持方案文号", "Number of the soil plan"), as_of_today=True),
        Field("started", Words("实际开工日期", "Day on which works began"), kind="date"),
        Field("completed", Words("竣工验收日期", "Day of acceptance"), kind="date"),
    ),
    id_field="project_id",
    title_field="name",
    style=Style(colour="#8c7a5e", fill="#e6ddcc", weight=1.2, dash="5 2", min_zoom=11),
    note=Words(
        "审批文号为空，可能是登记遗漏，也可能是没有办理；以审批机关档案为准",
        "An empty number may be a gap of the register: the files of the approving authority decide",
    ),
)
