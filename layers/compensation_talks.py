"""生态环境损害赔偿磋商: talks opened with those who must pay for ecological damage; a row names the case it belongs
to and needs no place of its own."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="compensation_talks",
    title=Words("生态环境损害赔偿磋商", "Talks on ecological damage compensation"),
    geometry=("point",),
    fields=(
        Field("talks_id", Words("磋商编号", "Number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("case_no", Words("案件编号", "Case number"), required=True),
        Field("opened", Words("启动日期", "Day on which they were opened"), kind="date", required=True),
        Field("closed", Words("结束日期", "Day on which they ended"), kind="date"),
        Field("authority", Words("赔偿权利人", "Who claims")),
        Field("amount_yuan", Words("协议金额(元)", "Amount agreed in yuan"), kind="number"),
    ),
    id_field="talks_id",
    title_field="name",
    style=Style(colour="#6f8a8f", fill="#c9d8da", weight=1, radius=3.5, min_zoom=12),
    register=True,
    links_to="administrative_cases",
    link_field="case_no",
)
