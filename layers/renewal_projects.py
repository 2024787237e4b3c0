"""旧城改造和成片开发项目: projects that renew an old quarter or develop a whole area, with the day on which works
began."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("renewal", "development", "other")

LAYER = Layer(
    name="renewal_projects",
    title=Words("旧城改造项目", "Renewal projects"),
    geometry=("polygon",),
    fields=(
        Field("project_id", Words("项目编号", "Project number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", choices=KINDS),
        Field("builder", Words("实施单位", "Carried out by")),
        Field("started", Words("实际开工日期", "Day on which works began"), kind="date"),
    ),
    id_field="project_id",
    title_field="name",
    style=Style(colour="#9b7b68", fill="#efe2da", weight=1.2, dash="6 3", min_zoom=11),
)
