"""建筑工地: worksites with their general contractor; the term of a row runs from the start of works to their end."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import credit_code_flaw

LAYER = Layer(
    name="worksites",
    title=Words("建筑工地", "Worksites"),
    geometry=("polygon",),
    fields=(
        Field("site_id", Words("工地编号", "Site id"), required=True),
        Field("name", Words("工程名称", "Name of the works"), required=True),
        Field("contractor", Words("总承包单位", "General contractor")),
        Field("credit_code", Words("统一社会信用代码", "Unified social credit code"), check=credit_code_flaw),
        Field("builder", Words("建设单位", "Builder")),
        Field("permit", Words("施工许可证编号", "Building permit"), as_of_today=True),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="site_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#a08458", fill="#e2d3b6", weight=1.2, dash="4 3", min_zoom=13),
)
