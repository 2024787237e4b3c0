"""Days and terms: columns of days since 1970-01-01, and the last day of a term that began on one.

A term of days, months or years that begins on day S does not count S itself and ends with the day S + n, or the day of
the same number n months later, or that month's last day (Civil Code, arts. 201–203). A term of working days ends with
the n-th working day after S; rest days, holidays and days worked in exchange are those of the State Council's calendar
as the ``holidays`` package carries it. A year not yet published there has its statutory holidays only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_monitor.supervision.model import Number

Ints = npt.NDArray[np.int64]

#: Stands where no day is given; compares earlier than every real day and every open end.
NO_DAY = np.int64(-(2**40))
#: Terms are only counted for days that can be dates; open ends of validity stay where they are.
_FIRST, _LAST = (np.int64((d - date(1970, 1, 1)).days) for d in (date(1900, 1, 1), date(2200, 1, 1)))
EPOCH = date(1970, 1, 1)


def days_of(values: Sequence[Any] | npt.NDArray[Any]) -> Ints:
    """Days since 1970-01-01 of dates, or of text that begins with an ISO day; NO_DAY for anything else."""
    return np.array([_day(v) for v in values], dtype=np.int64)


def _day(value: Any) -> np.int64 | int:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return (value - EPOCH).days
    try:
        return (date.fromisoformat(str(value)[:10]) - EPOCH).days
    except ValueError:
        return NO_DAY


def last_day(begin: Ints, term: Number) -> Ints:
    """The last day of a term that began on each of these days; a day that is none stays as it is. Times shorter than
    a day, or parts of one, count as a whole day."""
    begin = np.asarray(begin, np.int64)
    real = (begin >= _FIRST) & (begin <= _LAST)
    if term.kind != "calendar":
        return np.where(real, begin + int(np.ceil(term.base / 86400.0)), begin)
    out = begin.copy()
    if real.any():
        counted = _working if term.unit == "wd" else _months
        n = int(term.value) * (12 if term.unit == "y" else 1)
        out[real] = counted(begin[real], n)
    return out


def _months(begin: Ints, n: int) -> Ints:
    day = begin.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    target = month + n
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(np.int64)
    within = np.minimum((day - month).astype(np.int64), length - 1)
    return target.astype("datetime64[D]").astype(np.int64) + within


def _working(begin: Ints, n: int) -> Ints:
    first = int(begin.min())
    work = np.concatenate([_year_of_work(y) for y in _years(first, int(begin.max()) + 2 * n + 60)])
    start = (date(_calendar_year(first), 1, 1) - EPOCH).days
    done = np.cumsum(work)
    # The n-th working day after S is the first day by which n more have been worked than by S.
    return start + np.searchsorted(done, done[begin - start] + n).astype(np.int64)


def _calendar_year(day: int) -> int:
    return date.fromordinal(EPOCH.toordinal() + day).year


def _years(first: int, last: int) -> range:
    return range(_calendar_year(first), _calendar_year(last) + 1)


@lru_cache(maxsize=512)
def _year_of_work(year: int) -> npt.NDArray[np.int64]:
    """One a working day, for each day of the year."""
    import holidays

    calendar = holidays.country_holidays("CN", years=[year - 1, year, year + 1])
    days = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    return np.array([calendar.is_working_day(date.fromordinal(d)) for d in days], dtype=np.int64)
