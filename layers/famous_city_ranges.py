"""历史文化名城名镇名村保护范围: protection ranges of famous historic cities, towns and villages, and of the landscape
that belongs to them, as announced."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("city", "town", "village", "landscape")

LAYER = Layer(
    name="famous_city_ranges",
    title=Words("名城名镇名村保护范围", "Ranges of famous historic places"),
    geometry=("polygon",),
    fields=(
        Field("range_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("announced_by", Words("公布机关及文号", "Announced by")),
    ),
    id_field="range_id",
    title_field="name",
    style=Style(colour="#8d6f55", fill="#f2e9df", weight=1.2, dash="8 4", min_zoom=9),
)
