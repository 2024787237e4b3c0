"""含病原体、油污废水排放单位: premises whose wastewater may carry pathogens, blood or oil.

One list of clinics, slaughterhouses and repair shops beside the registers of each trade, because what flows into a
river has to be traced to any of them; the term is that of the discharge or drainage permit.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="wastewater_units",
    title=Words("医疗、屠宰、维修废水排放单位", "Premises with pathogenic or oily wastewater"),
    geometry=("point",),
    fields=(
        Field("unit_id", Words("单位编号", "Unit number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=("medical", "slaughter", "repair")),
        Field("operator", Words("经营单位", "Operator")),
        Field("permit_no", Words("排污或排水许可证号", "Number of the discharge permit")),
    ),
    id_field="unit_id",
    title_field="name",
    style=Style(colour="#7f6f86", fill="#d0c7d4", weight=1, radius=3.5, min_zoom=13),
)
