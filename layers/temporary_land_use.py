"""临时占用: grassland, forest land or wetland that may be occupied for a term, and the day by which it must be
restored.

``restore_by`` is counted by the office that gave the consent: the end of the term for grassland (草原法 第四十条),
one year after it for wetland (湿地保护法 第二十条) and for forest land; where the decision names another day, that
day.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("grassland", "forest", "wetland")

LAYER = Layer(
    name="temporary_land_use",
    title=Words("临时占用", "Temporary occupation of land"),
    geometry=("polygon",),
    fields=(
        Field("use_id", Words("批准文号", "Approval number"), required=True),
        Field("name", Words("项目名称", "Project")),
        Field("kind", Words("地类", "Kind of land"), kind="choice", required=True, choices=KINDS),
        Field("restore_by", Words("恢复期限", "To be restored by"), kind="date", required=True, planned=True),
        Field("holder", Words("临时用地单位", "Holder")),
        Field("issued_by", Words("批准机关", "Approved by")),
    ),
    id_field="use_id",
    title_field="name",
    style=Style(colour="#8f8a6f", fill="#e3e0d2", weight=1.2, dash="3 3", min_zoom=11),
)
