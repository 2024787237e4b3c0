"""黑臭水体清单: reaches that the city has listed as black and odorous, with the day on which each was listed.

A reach that was treated stays in the list with its day: whether it relapsed can then be asked.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="black_water_reaches",
    title=Words("黑臭水体清单", "Listed black-odorous reaches"),
    geometry=("line",),
    fields=(
        Field("list_id", Words("清单编号", "Number in the list"), required=True),
        Field("name", Words("名称", "Name")),
        Field("grade", Words("黑臭级别", "Grade")),
        Field("listed", Words("列入日期", "Day of listing"), kind="date", required=True),
        Field("responsible", Words("责任单位", "Responsible body")),
    ),
    id_field="list_id",
    title_field="name",
    style=Style(colour="#5c5a55", weight=3, dash="6 3", min_zoom=10),
    note=Words(
        "列入清单不代表现在仍然黑臭，治理完成后仍保留记录",
        "A listed reach need not be black today: rows stay after treatment",
    ),
)
