"""游客承载量: sites open to visitors with the greatest number of visitors a day that was published for each; the
term of a row is the time in which that number applies."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="visitor_capacity",
    title=Words("游客日承载量", "Visitor capacity"),
    geometry=("polygon",),
    fields=(
        Field("capacity_id", Words("编号", "Number"), required=True),
        Field("site", Words("名称", "Site")),
        Field("site_id", Words("文物保护单位编号", "Heritage site")),
        Field("capacity", Words("日最大承载量(人)", "Visitors a day at most"), kind="number", required=True),
        Field("announced_by", Words("公布方式", "Published in")),
    ),
    id_field="capacity_id",
    title_field="site",
    style=Style(colour="#7f7a9a", fill="#dddbe8", weight=1, dash="4 3", min_zoom=13),
    note=Words("为日最大承载量，不是瞬时承载量", "Visitors in a day, not at one moment"),
)
