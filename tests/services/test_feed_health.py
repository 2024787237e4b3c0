"""Whether the feeds speak, and what of it is worth a letter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.services.feed_health import STATE_WORDS, STATES, Told, health_of, news_of
from geo_monitor.services.ports import FeedHeard, FeedPull, PullHistory

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def heard(ago: timedelta, stored: int = 0) -> FeedHeard:
    return FeedHeard("f", NOW - ago, "file", "hash", 5, stored, 5 - stored, 0)


def good(ago: timedelta) -> PullHistory:
    pull = FeedPull("f", NOW - ago, "done")
    return PullHistory(pull, pull)


def failing(since: timedelta, good_ago: timedelta | None = None) -> PullHistory:
    before = FeedPull("f", NOW - good_ago, "done") if good_ago is not None else None
    return PullHistory(FeedPull("f", NOW, "failed", error="503"), before, NOW - since, 4)


@pytest.mark.parametrize(
    ("expected", "file", "report", "pulls", "state", "since", "alarm"),
    [
        (DAY, heard(HOUR, 3), HOUR, None, "heard", HOUR, False),
        (DAY, heard(HOUR), 5 * DAY, None, "heard_but_empty", 5 * DAY, False),
        (DAY, heard(HOUR), None, None, "heard_but_empty", None, False),
        (DAY, None, None, good(HOUR), "heard_but_empty", None, False),
        (DAY, heard(DAY), DAY, None, "heard", DAY, False),
        (DAY, heard(DAY + HOUR, 3), DAY + HOUR, None, "late", HOUR, False),
        (DAY, heard(2 * DAY, 3), 2 * DAY, None, "late", DAY, False),
        (DAY, heard(2 * DAY + HOUR, 3), 2 * DAY, None, "silent", 2 * DAY + HOUR, True),
        (DAY, heard(9 * DAY, 3), 9 * DAY, good(HOUR), "heard_but_empty", 9 * DAY, False),
        (DAY, heard(HOUR, 3), HOUR, failing(HOUR / 2, HOUR), "failing", HOUR / 2, False),
        (DAY, heard(3 * DAY, 3), 3 * DAY, failing(2 * DAY, 3 * DAY), "silent", 3 * DAY, True),
        (None, heard(90 * DAY, 3), 90 * DAY, None, "heard_but_empty", 90 * DAY, False),
        (None, heard(DAY, 3), DAY, None, "heard", DAY, False),
        (None, None, None, failing(HOUR), "failing", HOUR, False),
        (None, None, None, failing(2 * DAY), "silent", 2 * DAY, True),
        (None, heard(3 * DAY), None, failing(2 * DAY, 3 * DAY), "failing", 2 * DAY, True),
        (DAY, None, None, failing(DAY), "failing", DAY, False),
        (DAY, None, None, None, "never", None, False),
        (None, None, None, None, "never", None, False),
    ],
)
def test_each_state_has_its_reason(
    expected: timedelta | None,
    file: FeedHeard | None,
    report: timedelta | None,
    pulls: PullHistory | None,
    state: str,
    since: timedelta | None,
    alarm: bool,
) -> None:
    found = health_of("f", expected, file, NOW - report if report is not None else None, pulls, NOW)
    assert (found.state, found.alarm) == (state, alarm)
    assert found.since == (NOW - since if since is not None else None)
    assert found.error == ("503" if pulls and pulls.newest.outcome == "failed" else "")


def test_every_state_has_its_words() -> None:
    assert set(STATE_WORDS) == set(STATES)


@given(
    gaps=st.lists(st.integers(1, 200), min_size=1, max_size=12),
    looks=st.lists(st.integers(1, 30), min_size=1, max_size=60),
)
def test_each_silence_is_told_once_and_its_end_once_however_often_one_looks(gaps: list[int], looks: list[int]) -> None:
    """A feed expected each day speaks after so many hours each time; somebody looks after so many hours each time."""
    spoken, at = [NOW], NOW
    for gap in gaps:
        at += timedelta(hours=gap)
        spoken.append(at)
    told: dict[str, Told] = {}
    said: list[tuple[str, datetime]] = []
    now = NOW
    for look in looks:
        now += timedelta(hours=look)
        last = max(m for m in spoken if m <= now)
        health = health_of("f", DAY, heard(NOW - last, 1), last, None, now)
        for _ in range(3):  # the job may run again at once
            for news in news_of([health], told, ["f"]):
                said.append((news.kind, news.began))
                told = {"f": news.after} if news.after else {}
    assert len(said) == len(set(said))
    assert all(kind != "over" for kind, _ in said)
    silences = [began for kind, began in said if kind == "silent"]
    assert silences == sorted(silences) and set(silences) <= set(spoken)
    assert [b for k, b in said if k == "speaks"] == [b for n, b in enumerate(silences) if ("speaks", b) in said]
    if told:
        assert said[-1] == ("silent", told["f"].began)


def test_a_feed_that_nobody_waits_for_any_more_is_let_go_without_a_letter() -> None:
    silent = health_of("f", DAY, heard(5 * DAY, 1), NOW - 5 * DAY, None, NOW)
    (news,) = news_of([silent], {}, ["f"])
    assert (news.kind, news.began) == ("silent", NOW - 5 * DAY)
    told = {"f": Told.of(news.after.text()) if news.after else None}
    assert told["f"] == news.after
    assert [n.kind for n in news_of([silent], told, [])] == ["over"]  # type: ignore[arg-type]
    patient = health_of("f", 30 * DAY, heard(5 * DAY, 1), NOW - 5 * DAY, None, NOW)
    assert [n.kind for n in news_of([patient], told, ["f"])] == ["over"]  # type: ignore[arg-type]
