"""How values cross the border of the database, the same for every store: moments, days, JSON, cursors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from geo_monitor.domain.lead import URGENCIES, Lead
from geo_monitor.errors import CallError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. A naive time is a ValueError: nobody could say which moment it means."""
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs its time zone, {moment.isoformat()} has none")
    return moment.astimezone(UTC)


def micros(moment: datetime) -> int:
    return (utc(moment) - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def moment(micro: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micro)


def moment_or_none(micro: int | None) -> datetime | None:
    return None if micro is None else moment(micro)


def day_number(day: date | None) -> int | None:
    return None if day is None else (day - date(1970, 1, 1)).days


def day(number: int | None) -> date | None:
    return None if number is None else date(1970, 1, 1) + timedelta(days=number)


def to_json(value: Any) -> str:
    """JSON text. A date or moment is written as ISO text, a numpy number as a number, a set as a sorted list;
    a number that JSON does not have (NaN, infinity) is a ValueError, anything else a TypeError."""
    return _ENCODER.encode(value)


def as_kept(value: Any) -> Any:
    """What comes back after the value was stored as JSON."""
    return json.loads(to_json(value))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "item") and hasattr(value, "dtype"):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be kept: {value!r}; texts, numbers, lists and mappings can")


#: Made once: a full run writes hundreds of thousands of small values.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_plain, separators=(",", ":"))


# ---- the queue of leads ------------------------------------------------------------------------------------


def place_in_queue(lead: Lead) -> tuple[int, int, str]:
    """Urgency (high first), newest last act, id: the order of the queue as one tuple that rises."""
    return (URGENCIES.index(lead.urgency), -micros(lead.last), lead.id)


def to_cursor(place: tuple[int, int, str]) -> str:
    rank, minus_last, lead = place
    return f"{rank}.{-minus_last}.{lead}"


def from_cursor(cursor: str) -> tuple[int, int, str]:
    """Raises CallError if this was never the ``next`` of a page."""
    said = re.fullmatch(r"([0-9])\.(-?[0-9]{1,18})\.([^\0]*)", cursor, re.DOTALL | re.ASCII)
    if said is None:
        raise CallError(f"{cursor!r} is not the cursor of a page of leads; give 'next' back as it was")
    return (int(said[1]), -int(said[2]), said[3])


def search_text(lead: Lead) -> str:
    """What the text field of the queue looks in: id and titles, case folded, kept apart by a character
    nobody types."""
    said = (lead.id, lead.title.zh, lead.title.en, lead.title.bo, lead.about.zh, lead.about.en, lead.about.bo)
    return "\x1f".join(s for s in said if s).casefold()
