"""考古调查勘探报告: reports of archaeological survey, exploration or excavation, each with the area that it answers for
and the day on which it was issued."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("survey", "exploration", "excavation")

LAYER = Layer(
    name="archaeology_reports",
    title=Words("考古调查勘探报告", "Archaeological reports"),
    geometry=("polygon",),
    fields=(
        Field("report_id", Words("报告编号", "Report number"), required=True),
        Field("name", Words("项目名称", "Project")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("institution", Words("考古单位", "Institution")),
        Field("issued", Words("出具日期", "Day of issue"), kind="date", required=True),
    ),
    id_field="report_id",
    title_field="name",
    style=Style(colour="#8a7a4f", fill="#e9e2c8", weight=1, dash="3 3", min_zoom=12),
)
