"""水电站: the register of hydropower stations, each as the point at which its weir or dam stands.

``approved_flow`` is the flow in m³/s that must stay in the river below the dam (生态流量) as the authority has set
it, 0 where none was set; ``commissioned`` is the day on which the station began to run.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="hydropower_plants",
    title=Words("水电站", "Hydropower stations"),
    geometry=("point",),
    fields=(
        Field("plant_id", Words("电站编号", "Station number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("owner", Words("业主", "Owner")),
        Field(
            "approved_flow",
            Words("核定生态流量(立方米/秒)", "Ecological flow in m³/s"),
            kind="number",
            required=True,
        ),
        Field("commissioned", Words("投产日期", "Day of commissioning"), kind="date"),
        Field("capacity_kw", Words("装机容量(千瓦)", "Capacity in kW"), kind="number"),
        Field("reach_id", Words("河段编号", "Reach")),
    ),
    id_field="plant_id",
    title_field="name",
    place_level="site",
    style=Style(colour="#4f6f8f", fill="#b9c9d9", weight=1.2, radius=4, min_zoom=10),
    note=Words(
        "点位为坝(闸)址；生态流量填0表示尚未核定，不表示可以断流",
        "The point is the dam or weir; an ecological flow of 0 says that none was set, not that the river may run dry",
    ),
)
