"""涉嫌犯罪案件移送登记: cases that an agency handed over to the police; a row names its case and needs no place."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="transfer_register",
    title=Words("涉嫌犯罪案件移送登记", "Register of transfers to the police"),
    geometry=("point",),
    fields=(
        Field("transfer_no", Words("移送书文号", "Number of the transfer"), required=True),
        Field("name", Words("案由", "Cause")),
        Field("case_no", Words("行政案件编号", "Administrative case"), required=True),
        Field("transferred", Words("移送日期", "Day of the transfer"), kind="date", required=True),
        Field("accepted", Words("公安接收日期", "Day on which the police took it"), kind="date"),
        Field("agency", Words("移送机关", "Transferred by")),
    ),
    id_field="transfer_no",
    title_field="name",
    style=Style(colour="#77707f", fill="#cbc6d0", weight=1, radius=3, min_zoom=13),
    register=True,
    links_to="administrative_cases",
    link_field="case_no",
)
