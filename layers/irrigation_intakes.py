"""灌溉取水点: gates and pumps by which fields take their water from an irrigation canal, with the term in which
they are used.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="irrigation_intakes",
    title=Words("灌溉取水点", "Irrigation intakes"),
    geometry=("point",),
    fields=(
        Field("intake_id", Words("取水点编号", "Intake number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("canal_id", Words("所在渠道编号", "Canal")),
        Field("village", Words("受益村居", "Village that it waters")),
        Field("area_mu", Words("灌溉面积(亩)", "Land watered in mu"), kind="number"),
    ),
    id_field="intake_id",
    title_field="name",
    style=Style(colour="#5f968c", fill="#c0d9d4", weight=1, radius=3, min_zoom=13),
)
