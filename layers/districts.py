"""行政区划: districts and counties."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import division_code_flaw

LAYER = Layer(
    name="districts",
    title=Words("行政区划", "Districts"),
    geometry=("polygon",),
    fields=(
        Field("district_id", Words("区划代码", "Division code"), required=True, check=division_code_flaw, strict=False),
        Field("name_zh", Words("名称", "Name (Chinese)")),
        Field("name_en", Words("英文名称", "Name (English)")),
        Field("name_bo", Words("藏文名称", "Name (Tibetan)")),
    ),
    id_field="district_id",
    title_field="name_zh",
    place_level="district",
    style=Style(colour="#9aa3ad", weight=1.2, dash="6 4"),
    aliases=("district",),
)
