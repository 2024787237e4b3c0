"""The weekly report: weeks, what counts in them, density in true metres, and what silence means."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point, Polygon

from geo_monitor.domain.place import LonLat
from geo_monitor.errors import ConfigError
from geo_monitor.services.ports import FeedHeard, JobRow, JobRun
from geo_monitor.services.report import (
    TREND_P,
    Week,
    WeeklyReport,
    densest_cells,
    issued,
    keep_issued,
    last_whole_week,
    parse_week,
    read_material,
    trend,
    week_of,
    weekly,
)
from tests.fakes import MemoryStore
from tests.weekly_world import CITY, IN_WEEK, NOW, REPORTER_NAME, REPORTER_PHONE, furnish, incident, lead

W46 = Week(2026, 46)
ZONE = ZoneInfo("Asia/Shanghai")
START, END = W46.span(ZONE)
CENTRE = LonLat(91.1, 29.65)


def report_of(
    store: MemoryStore, week: Week = W46, now: datetime = NOW, feeds: tuple[str, ...] = (), city: object = CITY
) -> WeeklyReport:
    with store.reading() as records:
        return weekly(read_material(records, week, CITY.zone), week, now=now, city=city, known_feeds=feeds)  # type: ignore[arg-type]


def with_leads(*leads: object) -> MemoryStore:
    store = MemoryStore()
    with store.writing() as records:
        for made in leads:
            records.put_lead(made)  # type: ignore[arg-type]
            records.add_event(made.id, made.opened, "system", "opened")  # type: ignore[attr-defined]
    return store


# ---- weeks


@pytest.mark.parametrize("said", ["2026-46", "2026-W54", "2026-W00", "W46", "2025-W53", "last", "", "2026-W46x"])
def test_what_is_no_week_is_refused_with_an_example(said: str) -> None:
    with pytest.raises(ConfigError, match="2026-W46"):
        parse_week(said)


def test_a_year_of_53_weeks_has_its_last() -> None:
    assert parse_week("2026-W53").monday == date(2026, 12, 28)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_every_day_lies_in_its_week_and_weeks_follow_each_other(day: date) -> None:
    week = week_of(day)
    assert week.monday <= day <= week.sunday
    assert parse_week(str(week)) == week
    assert week.before.sunday + timedelta(days=1) == week.monday


def test_the_last_whole_week_is_told_by_the_citys_clock() -> None:
    sunday_night_in_utc = datetime(2026, 11, 15, 16, 0, tzinfo=UTC)  # Monday 00:00 in the city
    assert last_whole_week(sunday_night_in_utc, ZONE) == W46
    assert last_whole_week(sunday_night_in_utc - timedelta(seconds=1), ZONE) == Week(2026, 45)


def test_a_week_in_which_clocks_change_is_an_hour_longer() -> None:
    start, end = week_of(date(2026, 10, 30)).span(ZoneInfo("America/Chicago"))
    assert end - start == timedelta(days=7, hours=1)


# ---- what counts


def test_the_last_second_of_sunday_counts_and_the_first_of_monday_does_not() -> None:
    store = with_leads(
        lead(1, opened=END - timedelta(seconds=1)),
        lead(2, opened=END),
        lead(3, opened=START),
        lead(4, opened=START - timedelta(seconds=1)),
    )
    with store.writing() as records:
        records.add_incidents(
            [
                incident(n, occurred=at)
                for n, at in enumerate(
                    [START - timedelta(seconds=1), START, END - timedelta(seconds=1), END, START - timedelta(days=7)]
                )
            ]
        )
    found = report_of(store)
    assert (found.leads_new, found.leads_new_before) == (2, 1)
    assert (found.incidents, found.incidents_before) == (2, 2)


def test_what_people_decide_later_does_not_change_a_week_that_is_over() -> None:
    store = with_leads(lead(1), lead(2), lead(3, opened=START - timedelta(days=30)))
    before = report_of(store)
    with store.writing() as records:
        records.put_lead(replace(lead(1), status="dismissed"))
        records.add_event(lead(1).id, END + timedelta(hours=1), "chief", "dismissed", "synthetic")
        records.put_lead(lead(9, opened=END + timedelta(days=2)))
    after = report_of(store, now=NOW)
    assert replace(after, generated=before.generated) == before
    assert before.leads_open == 3


def test_a_lead_dismissed_within_the_week_is_new_and_no_longer_open() -> None:
    store = with_leads(lead(1), lead(2))
    with store.writing() as records:
        records.add_event(lead(1).id, IN_WEEK + timedelta(days=1), "chief", "dismissed", "synthetic")
        records.add_event(lead(2).id, IN_WEEK + timedelta(days=1), "chief", "taken_up")
    found = report_of(store)
    assert (found.leads_new, found.leads_open) == (2, 1)
    assert found.decided == {"taken_up": 1, "dismissed": 1, "superseded": 0}


def test_no_letter_tells_of_what_a_model_on_trial_flags() -> None:
    plain = report_of(with_leads(lead(1), lead(3, opened=START - timedelta(days=30))))
    store = with_leads(
        lead(1), lead(3, opened=START - timedelta(days=30)), lead(2, trial=True, due={"reply": "2026-11-10"})
    )
    with store.writing() as records:
        records.add_event(lead(2).id, IN_WEEK + timedelta(days=1), "dolma", "taken_up")
    assert report_of(store) == plain
    assert lead(2).id not in json.dumps(plain.as_dict())


def test_a_lead_whose_model_was_put_into_force_is_new_in_the_week_of_that_day() -> None:
    store = with_leads(lead(1, opened=START - timedelta(days=40)))
    with store.writing() as records:
        records.add_event(lead(1).id, IN_WEEK, "system", "promoted")
    found = report_of(store)
    assert (found.leads_new, found.leads_open, found.oldest_open_days) == (1, 1, (END - IN_WEEK).days)
    assert [line.id for line in found.newest] == [lead(1).id]
    assert report_of(store, Week(2026, 40)).leads_new == 0


@pytest.mark.parametrize(
    ("due", "overdue"),
    [
        ({"reply": "2026-11-15"}, 0),  # the day ends with the week: not yet over
        ({"reply": "2026-11-14"}, 1),
        ({"reply": {"by": "2026-11-14"}}, 1),
        ({"reply": "2026-11-15T15:59:59+00:00"}, 1),
        ({"reply": "2026-11-20", "look_back": "2026-11-01"}, 1),
    ],
)
def test_a_term_that_is_a_day_lasts_to_the_end_of_that_day_in_the_city(due: dict[str, object], overdue: int) -> None:
    found = report_of(with_leads(lead(1, due=due), lead(2)))
    assert (found.leads_overdue, found.leads_with_term) == (overdue, 1)
    assert [line.id for line in found.overdue] == [lead(1).id] * overdue


def test_a_lead_of_a_decided_matter_is_never_overdue() -> None:
    store = with_leads(lead(1, due={"reply": "2026-11-10"}))
    with store.writing() as records:
        records.add_event(lead(1).id, IN_WEEK + timedelta(hours=5), "chief", "dismissed", "synthetic")
    assert report_of(store).leads_overdue == 0


def test_counts_by_district_and_model_add_up_to_the_new_leads() -> None:
    store = MemoryStore()
    furnish(store, leads=23)
    found = report_of(store)
    assert sum(c.leads for c in found.by_district_and_model) == found.leads_new == 23
    assert sum(u.new for u in found.by_urgency) == 23
    assert sum(u.open for u in found.by_urgency) == found.leads_open
    assert len(found.markers) == 23
    assert {c.district_title.zh for c in found.by_district_and_model} == {"东合成区", "西合成区"}


def test_a_lead_outside_all_districts_is_said_to_be_so() -> None:
    found = report_of(with_leads(lead(1, district="")))
    assert found.by_district_and_model[0].district_title.en == "outside the districts"


# ---- silence


def test_a_feed_that_brought_nothing_is_told_from_one_that_was_not_heard() -> None:
    store = MemoryStore()
    with store.writing() as records:
        records.feed_heard(FeedHeard("empty", IN_WEEK, "e.csv", "e", 0, 0, 0, 0))
        records.feed_heard(FeedHeard("silent", START - timedelta(seconds=1), "s.csv", "s", 5, 5, 0, 0))
    found = report_of(store, feeds=("empty", "never", "silent"))
    assert {f.feed: f.state for f in found.feeds} == {"empty": "heard", "silent": "silent", "never": "never"}
    assert [f.feed for f in found.silent] == ["never", "silent"]


def test_failed_and_lost_runs_are_told_however_often_a_job_runs() -> None:
    store = MemoryStore()
    with store.writing() as records:
        records.add_job_row(JobRow("deliver_letters", NOW))
        for n in range(1300):
            at = START + timedelta(minutes=n)
            records.put_run(
                JobRun("deliver_letters", at, n + 1, "o", at, at, "failed" if n in (0, 700) else "done", error="x")
            )
        late = END + timedelta(minutes=1)
        records.put_run(JobRun("deliver_letters", late, 9999, "o", late, late, "failed"))
    (line,) = report_of(store).jobs
    assert (line.runs, line.failed, line.lost) == (1300, 2, 0)
    assert line.last_failure == START + timedelta(minutes=700)


def test_the_report_names_no_reporter_and_quotes_no_row() -> None:
    store = MemoryStore()
    furnish(store)
    said = json.dumps(report_of(store).as_dict(), ensure_ascii=False)
    assert "hotline" in said
    assert REPORTER_NAME not in said
    assert REPORTER_PHONE not in said
    assert "key-1" not in said


# ---- kept


def test_the_json_view_reads_back_as_the_same_report() -> None:
    store = MemoryStore()
    furnish(store, leads=20)
    found = report_of(store, feeds=("hotline", "drone"))
    assert WeeklyReport.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_a_report_in_the_book_from_before_a_figure_was_added_is_still_read() -> None:
    old = report_of(with_leads(lead(1))).as_dict()
    del old["leads_since"], old["overdue"]
    assert WeeklyReport.from_dict(old).leads_since == 0


def test_an_issued_report_stays_as_it_was_sent() -> None:
    store = with_leads(lead(1))
    first = report_of(store)
    with store.writing() as records:
        keep_issued(records, first)
        records.add_incidents([incident(5)])  # arrives late: the week as computed now differs
    with store.reading() as records:
        assert issued(records, W46) == first
        assert issued(records, W46.before) is None
    assert report_of(store).incidents == 1


# ---- density

lonlat = st.tuples(st.floats(90.5, 91.7), st.floats(29.2, 30.2))


def cells_of(points: list[tuple[float, float]], before: list[tuple[float, float]] | None = None, most: int = 10):  # type: ignore[no-untyped-def]
    now, then = np.array(points).reshape(-1, 2), np.array(before or []).reshape(-1, 2)
    return densest_cells(now[:, 0], now[:, 1], then[:, 0], then[:, 1], CENTRE, most=most)


@given(st.lists(lonlat, max_size=60), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_shuffling_changes_no_cell_and_no_point_is_lost(points: list[tuple[float, float]], random: object) -> None:
    cells = cells_of(points, most=1000)
    shuffled = list(points)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert cells_of(shuffled, most=1000) == cells
    assert sum(c.count for c in cells) == len(points)
    counts = [c.count for c in cells]
    assert counts == sorted(counts, reverse=True)
    for x, y in points:
        # Corners are rounded to a millionth of a degree, a tenth of a metre.
        assert any(Polygon(c.corners).distance(Point(x, y)) < 2e-6 for c in cells)


@pytest.mark.parametrize(("lon", "lat"), [(91.1003, 29.6503), (91.7, 30.2), (90.4, 29.0)])
def test_a_square_is_a_true_kilometre_also_far_from_the_centre(lon: float, lat: float) -> None:
    (cell,) = cells_of([(lon, lat)])
    geod = Geod(ellps="WGS84")
    xs, ys = zip(*cell.corners, strict=True)
    area, _ = geod.polygon_area_perimeter(xs, ys)
    assert abs(area) == pytest.approx(1e6, rel=1e-3)  # the rounding of the corners alone is 3e-4
    for k in range(4):
        _, _, side = geod.inv(xs[k], ys[k], xs[k + 1], ys[k + 1])
        assert side == pytest.approx(1000, abs=1.0)


def test_the_week_before_is_counted_in_the_same_square() -> None:
    here, there = (91.15, 29.66), (91.25, 29.7)
    cells = cells_of([here] * 3 + [there] * 2, before=[here] * 9 + [(91.0, 29.6)] * 50)
    assert [(c.count, c.before) for c in cells] == [(3, 9), (2, 0)]


def test_equal_squares_are_ordered_from_the_south_west() -> None:
    north, south, east = (91.1055, 29.7), (91.1055, 29.6), (91.2, 29.6)
    assert [(c.lon < 91.15, c.lat < 29.65) for c in cells_of([north, east, south])] == [
        (True, True),
        (False, True),
        (True, False),
    ]


@given(st.integers(0, 1500), st.integers(0, 1500))
@settings(deadline=None)  # the first call imports scipy.stats
def test_a_trend_is_called_only_where_chance_does_not_explain_it(now: int, before: int) -> None:
    from scipy.stats import binomtest

    p = binomtest(now, now + before, 0.5).pvalue if now + before else 1.0
    expected = "even" if p > TREND_P else ("up" if now > before else "down")
    assert trend(now, before) == expected or math.isclose(p, TREND_P, rel_tol=0.02)
