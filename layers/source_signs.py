"""水源保护区界标和警示牌: boundary marks and warning signs of drinking-water zones. ``checked`` is the day on which
somebody last saw it standing and legible."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="source_signs",
    title=Words("水源保护区界标警示牌", "Signs of source zones"),
    geometry=("point",),
    fields=(
        Field("sign_id", Words("编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("zone_id", Words("保护区编号", "Source zone")),
        Field("kind", Words("类别", "Kind")),
        Field("checked", Words("最近查看完好日期", "Last seen in order"), kind="date", as_of_today=True),
    ),
    id_field="sign_id",
    title_field="name",
    style=Style(colour="#7a8f9c", fill="#d5dfe5", weight=1, radius=2.5, min_zoom=14),
)
