"""What every store keeps of pulls, whether in memory, in SQLite or in PostGIS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_monitor.services.ports import FeedHeard, FeedPull, PullHistory, Store
from tests.store.made import T0

A_PULL = FeedPull("hotline", T0, "done", '{"since": "x"}', "", 3, 250, 17)


def test_pulls_come_back_newest_first_and_whole(store: Store) -> None:
    made = [replace(A_PULL, at=T0 + timedelta(minutes=n), rows=n, feed="ab"[n % 2]) for n in range(6)]
    with store.writing() as records:
        for pull in made:
            records.add_pull(pull)
    with store.reading() as records:
        assert records.pulls() == made[::-1]
        assert records.pulls("a", limit=2) == [made[4], made[2]]
        assert records.pulls("c") == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["done", "partial", "failed"])), max_size=12))
def test_a_history_tells_the_newest_good_pull_and_since_when_it_fails(
    store: Store, outcomes: list[tuple[str, str]]
) -> None:
    # A clock set back: the order in which pulls were written counts.
    made = [FeedPull(f, T0 - timedelta(minutes=n), o, str(n)) for n, (f, o) in enumerate(outcomes)]
    with store.reading() as records:
        offset = len(records.pulls(limit=10_000))
    with store.writing() as records:
        for pull in made:
            records.add_pull(replace(pull, feed=f"{pull.feed}{offset}"))
    with store.reading() as records:
        found = {f[0]: h for f, h in records.pull_histories().items() if f[1:] == str(offset)}
    for feed in {f for f, _ in outcomes}:
        mine = [replace(p, feed=f"{feed}{offset}") for p in made if p.feed == feed]
        good = [n for n, p in enumerate(mine) if p.outcome != "failed"]
        failed = mine[good[-1] + 1 :] if good else mine
        assert found[feed] == PullHistory(
            mine[-1], mine[good[-1]] if good else None, failed[0].at if failed else None, len(failed)
        )
    assert set(found) == {f for f, _ in outcomes}


def test_a_record_is_known_by_how_it_was_last_seen_until_it_is_forgotten(store: Store) -> None:
    with store.writing() as records:
        records.put_pulled_records("hotline", {"1": "a", "2": "b"}, T0)
        records.put_pulled_records("hotline", {"2": "c", "3": "d"}, T0 + timedelta(hours=1))
        records.put_pulled_records("patrol", {"1": "z"}, T0)
    with store.reading() as records:
        assert records.pulled_records("hotline", ["1", "2", "3", "4"]) == {"1": "a", "2": "c", "3": "d"}
        assert records.pulled_records("hotline", []) == {}
    with store.writing() as records:
        records.forget_pulled_records("hotline", T0 + timedelta(hours=1))
    with store.reading() as records:
        assert records.pulled_records("hotline", ["1", "2", "3"]) == {"2": "c", "3": "d"}
        assert records.pulled_records("patrol", ["1"]) == {"1": "z"}


def test_the_latest_report_is_of_the_reading_that_brought_one(store: Store) -> None:
    def heard(feed: str, hours: int, stored: int) -> FeedHeard:
        return FeedHeard(feed, T0 + timedelta(hours=hours), "f", "h", 5, stored, 5 - stored, 0)

    with store.writing() as records:
        for one in (heard("a", 3, 2), heard("a", 1, 4), heard("a", 5, 0), heard("b", 2, 0)):
            records.feed_heard(one)
    with store.reading() as records:
        assert records.latest_reports() == {"a": T0 + timedelta(hours=3)}
