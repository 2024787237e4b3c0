"""不可移动文物调查: areas that were searched for immovable relics, each with the day on which the survey was
finished."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="relic_surveys",
    title=Words("不可移动文物调查", "Surveys of immovable relics"),
    geometry=("polygon",),
    fields=(
        Field("survey_id", Words("调查编号", "Survey number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("institution", Words("调查单位", "Surveyed by")),
        Field("surveyed", Words("完成日期", "Day of completion"), kind="date", required=True),
    ),
    id_field="survey_id",
    title_field="name",
    style=Style(colour="#80795c", fill="#e6e3d6", weight=1, dash="2 3", min_zoom=11),
)
