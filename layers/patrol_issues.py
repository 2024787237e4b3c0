"""巡河问题: issues that river chiefs' patrols have opened, and the day on which each was closed.

``category`` uses the words of the reports, so that an issue and a report of the same kind can be told; an empty
``closed`` says that the issue is open.
"""

from __future__ import annotations

from geo_monitor.domain.layer import Field, Layer, Style
from geo_monitor.domain.words import Words
from geo_monitor.supervision.vocabulary import CATEGORIES


def category_flaw(text: str) -> str | None:
    """An issue of a kind that no report could have would never be told of the same kind as one."""
    return None if text in CATEGORIES else "a category of reports, like dumping or discharge"


LAYER = Layer(
    name="patrol_issues",
    title=Words("巡河问题", "Patrol issues"),
    geometry=("point",),
    fields=(
        Field("issue_id", Words("问题编号", "Issue number"), required=True),
        Field("name", Words("问题描述", "Issue")),
        Field("category", Words("问题类别", "Category"), required=True, check=category_flaw),
        Field("opened", Words("发现日期", "Day of opening"), kind="date", required=True),
        Field("closed", Words("销号日期", "Day of closing"), kind="date"),
        Field("chief", Words("责任河长", "River chief in charge")),
        Field("agency", Words("承办单位", "Agency in charge")),
        Field("reach_id", Words("河段编号", "Reach")),
    ),
    id_field="issue_id",
    title_field="name",
    style=Style(colour="#8f8157", fill="#dcd4ba", weight=1, radius=3.5, min_zoom=12),
)
