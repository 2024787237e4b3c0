"""娱乐和上网服务场所: bars, internet cafes, dance halls, karaoke and game rooms, with their licence.

The term of a row is that of the licence; ``issued`` is the day on which it was first granted.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("bar", "internet_cafe", "karaoke", "dance_hall", "game_room", "other")

LAYER = Layer(
    name="entertainment_venues",
    title=Words("娱乐和上网服务场所", "Entertainment venues and internet cafes"),
    geometry=("point",),
    fields=(
        Field("venue_id", Words("场所编号", "Venue id"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("licence", Words("许可证编号", "Licence number")),
        Field("issued", Words("首次发证日期", "Day of the first grant"), kind="date"),
        Field("address", Words("地址", "Address")),
        Field("district", Words("所在县区", "District")),
    ),
    id_field="venue_id",
    title_field="name",
    place_level="premises",
    style=Style(colour="#7d6383", fill="#c9b8cd", weight=1, radius=3.5, min_zoom=14),
)
