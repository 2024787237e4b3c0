"""Days and moments as offices write them. What is ambiguous is not read: 03/04/2026 needs a declared format."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache

EXPECTED_DAY = "a day like 2026-03-31, 2026/3/31, 2026年3月31日 or 20260331"
EXPECTED_MOMENT = "a time like 2026-03-31 17:05, 2026/3/31 17:05:09, 2026-03-31T17:05:09+08:00 or a day"

#: Where only the day of an act is known, the act is put at noon: at midnight every such report would count as one
#: made at night.
NOON = time(12, 0)

_WRITTEN = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:(?:(?<=日)|[T\s])\s*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})?(?:[.,](\d+))?秒?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?)?")


@lru_cache(maxsize=65536)
def read_day(text: str) -> date:
    """The day; a time of day behind it is dropped. Raises ValueError with what was expected."""
    m = _WRITTEN.fullmatch(text.strip()) or _COMPACT.fullmatch(text.strip())
    if m is None:
        raise ValueError(EXPECTED_DAY)
    try:
        return date(int(m[1]), int(m[2]), int(m[3]))
    except ValueError:
        raise ValueError(f"{EXPECTED_DAY}; there is no such day") from None


@lru_cache(maxsize=65536)
def read_moment(text: str, zone: tzinfo, pattern: str = "") -> tuple[datetime, bool]:
    """The moment in UTC, and whether only the day was given (then local noon, see ``NOON``).

    Without an offset of its own the text is local time of ``zone``. ``pattern`` is one of ``datetime.strptime``
    for files that write otherwise. Raises ValueError with what was expected.
    """
    said = text.strip()
    if pattern:
        try:
            moment = datetime.strptime(said, pattern)  # noqa: DTZ007  (its zone follows below)
        except ValueError:
            raise ValueError(f"a time of the form {pattern}") from None
        day_only = not any(p in pattern for p in ("%H", "%I", "%X", "%c", "%T"))
        if day_only:
            moment = datetime.combine(moment.date(), NOON, moment.tzinfo)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC), day_only
    m = _WRITTEN.fullmatch(said)
    offset = ""
    if m is not None:
        offset, fraction = m[8] or "", m[7] or ""
    else:
        m, fraction = _COMPACT.fullmatch(said), ""
        if m is None:
            raise ValueError(EXPECTED_MOMENT)
    try:
        day = date(int(m[1]), int(m[2]), int(m[3]))
        clock = (
            NOON if m[4] is None else time(int(m[4]), int(m[5]), int(m[6] or 0), int(fraction[:6].ljust(6, "0") or 0))
        )
    except ValueError:
        raise ValueError(f"{EXPECTED_MOMENT}; there is no such time") from None
    return datetime.combine(day, clock, _zone(offset) if offset else zone).astimezone(UTC), m[4] is None


def _zone(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    sign = -1 if offset[0] == "-" else 1
    digits = offset[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
