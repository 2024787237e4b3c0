"""饮用水水源保护区: protection zones of drinking-water sources, grade 1 and 2 (and quasi-protection, 准保护区)."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="water_source_zones",
    title=Words("饮用水水源保护区", "Drinking-water protection zones"),
    geometry=("polygon",),
    fields=(
        Field("zone_id", Words("编号", "Zone id"), required=True),
        Field("name_zh", Words("名称", "Name (Chinese)")),
        Field("name_en", Words("英文名称", "Name (English)")),
        Field("grade", Words("级别", "Grade"), kind="choice", required=True, choices=("1", "2", "quasi")),
        Field("announced_by", Words("批准机关及文号", "Approved by")),
    ),
    id_field="zone_id",
    title_field="name_zh",
    style=Style(colour="#4f86a8", fill="#cfe3ee", weight=1.2, dash="2 3", min_zoom=10),
)
