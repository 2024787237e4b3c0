"""Days and moments as offices write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.services.dates import read_day, read_moment

LHASA = ZoneInfo("Asia/Shanghai")
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    "text", ["2026-03-01", "2026/3/1", "2026.03.01", "20260301", "2026年3月1日", " 2026-03-01 ", "2026-03-01 23:59:59"]
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_day(text) == date(2026, 3, 1)


@pytest.mark.parametrize(
    "text", ["", "01/03/2026", "2026-3", "2026-02-29", "0000-00-00", "三月一日", "2026-03-01x", "45000"]
)
def test_what_is_no_day_or_may_be_two_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="a day like 2026-03-31"):
        read_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 17:05:09",
        "2026/3/1 17:05:09",
        "2026年3月1日 17时05分09秒",
        "2026年3月1日17:05:09",
        "20260301170509",
        "20260301T170509",
        "2026-03-01T17:05:09+08:00",
        "2026-03-01T09:05:09Z",
        "2026-03-01T04:05:09-0500",
    ],
)
def test_a_moment_is_read_however_it_is_written(text: str) -> None:
    assert read_moment(text, LHASA) == (datetime(2026, 3, 1, 9, 5, 9, tzinfo=UTC), False)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))
def test_what_is_written_in_iso_is_read_to_the_microsecond(moment: datetime) -> None:
    local = moment.replace(tzinfo=LHASA)
    assert read_moment(local.isoformat(), LHASA)[0] == local
    assert read_moment(moment.isoformat(sep=" "), ZoneInfo("UTC"))[0] == moment.replace(tzinfo=UTC)


def test_the_zone_decides_summer_time_too() -> None:
    assert read_moment("2012-07-01 12:00", CHICAGO)[0] == datetime(2012, 7, 1, 17, tzinfo=UTC)
    assert read_moment("2012-01-01 12:00", CHICAGO)[0] == datetime(2012, 1, 1, 18, tzinfo=UTC)


def test_a_day_alone_is_noon_of_that_day_and_says_so() -> None:
    assert read_moment("2026-03-01", LHASA) == (datetime(2026, 3, 1, 4, tzinfo=UTC), True)
    assert read_moment("03/01/2026", LHASA, "%m/%d/%Y") == (datetime(2026, 3, 1, 4, tzinfo=UTC), True)


def test_a_declared_form_is_the_only_one() -> None:
    assert read_moment("01.03.26 17h", LHASA, "%d.%m.%y %Hh") == (datetime(2026, 3, 1, 9, tzinfo=UTC), False)
    with pytest.raises(ValueError, match="a time of the form %d"):
        read_moment("2026-03-01", LHASA, "%d.%m.%y")


@pytest.mark.parametrize("text", ["", "昨天", "2026-03-01 25:00", "2026-03-01 10:61", "2026-13-01 10:00", "10:00"])
def test_what_is_no_moment_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="a time like 2026-03-31 17:05"):
        read_moment(text, LHASA)


def test_a_moment_of_one_zone_is_not_taken_for_that_of_another() -> None:
    """Readings are remembered; the zone belongs to what is remembered."""
    assert read_moment("2026-03-01 10:00", CHICAGO)[0] - read_moment("2026-03-01 10:00", LHASA)[0] == timedelta(
        hours=14
    )
