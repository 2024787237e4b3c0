"""文物和历史建筑修缮、改动、改用审批: approvals to repair, alter, demolish or use otherwise a heritage or historic
building, each with the area that it is about and its term."""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

KINDS = ("repair", "alteration", "demolition", "new_use")

LAYER = Layer(
    name="repair_approvals",
    title=Words("修缮和改变用途审批", "Approvals of repair and new use"),
    geometry=("polygon",),
    fields=(
        Field("approval_id", Words("批复文号", "Approval number"), required=True),
        Field("name", Words("名称", "Name")),
        Field("kind", Words("类别", "Kind"), kind="choice", required=True, choices=KINDS),
        Field("holder", Words("申请单位", "Holder")),
        Field("issued", Words("批准日期", "Day of approval"), kind="date"),
        Field("issued_by", Words("批准机关", "Approved by")),
    ),
    id_field="approval_id",
    title_field="name",
    style=Style(colour="#a58d5f", fill="#f0e7d2", weight=1.2, dash="1 3", min_zoom=14),
    note=Words(
        "一种批准不代表其他批准；维修批准不等于可以改变用途",
        "One of these does not stand for another: an approval to repair allows no new use",
    ),
)
