"""The weekly letter of the last whole week, one per person, into the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("撰写线索周报", "Write the weekly report")
WHEN = "0 7 * * *"  # written on Monday; on later days only for whom Monday failed, or who came since
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    from geo_monitor.mail.weekly import issue, weekly_of

    return issue(house, weekly_of(house)).as_dict()
