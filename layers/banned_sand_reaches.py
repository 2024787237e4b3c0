"""禁采区和禁采期: stretches of river in which extraction of sand is banned, as the county has announced them.

A stretch that is banned at all times (禁采区) has no term or an open one; a banned period (禁采期) is a row for each
period, with its first and last day in ``valid_from`` and ``valid_to``.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words

LAYER = Layer(
    name="banned_sand_reaches",
    title=Words("禁采区和禁采期", "Reaches and periods banned for sand"),
    geometry=("polygon",),
    fields=(
        Field("ban_id", Words("公告编号", "Number of the announcement"), required=True),
        Field("name", Words("名称", "Name")),
        Field("reach_id", Words("河段编号", "Reach")),
        Field("reason", Words("禁采原因", "Reason")),
        Field("announced_by", Words("公告机关", "Announced by")),
    ),
    id_field="ban_id",
    title_field="name",
    style=Style(colour="#a0705b", fill="#e3cfc6", weight=1.2, dash="4 2", min_zoom=10),
    note=Words(
        "以县级以上人民政府公告的范围和期限为准；没有期限的是常年禁采区",
        "What the county has announced; a stretch without a term is banned at all times",
    ),
)
