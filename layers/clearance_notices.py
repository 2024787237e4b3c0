"""清障通知: orders to clear an obstruction from a river, each at the obstruction, with the day by which it must be
gone.

A notice holds from the day of issue until the obstruction was found to be gone: that day is its ``valid_to``, and
as long as nobody has found so it stays open. ``deadline`` is the last day that the order allows.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="clearance_notices",
    title=Words("清障通知", "Clearance notices"),
    geometry=("point",),
    fields=(
        Field("notice_id", Words("通知书文号", "Notice number"), required=True),
        Field("name", Words("阻水障碍", "Obstruction")),
        Field("issued", Words("下达日期", "Day of issue"), kind="date", required=True),
        Field("deadline", Words("清除期限", "Last day for clearing"), kind="date", required=True, planned=True),
        Field("addressee", Words("责任主体", "Who must clear it")),
        Field("authority", Words("下达机关", "Issued by")),
        Field("reach_id", Words("河段编号", "Reach")),
    ),
    id_field="notice_id",
    title_field="name",
    style=Style(colour="#a07a4f", fill="#e0d0b8", weight=1.2, radius=4, min_zoom=12),
    note=Words(
        "期限届满不等于仍未清除：清除验收日期填入“有效期至”",
        "A deadline past does not say that the obstruction still stands: the day it was found gone ends the term",
    ),
)
