"""What every store keeps, whether in memory, in SQLite or in PostGIS."""

from __future__ import annotations

import inspect
import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from geo_monitor.domain.batch import batches_of
from geo_monitor.domain.duty import Posting
from geo_monitor.domain.incident import DATUM_KNOWN, Incident, Reporter, revised
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.domain.lifecycle import BacktestRecord, model_event_hash
from geo_monitor.domain.occurrence import Occurrence
from geo_monitor.domain.place import Box, Datum, LonLat
from geo_monitor.domain.repair import desk_hash, place_of
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.matching import same_id
from geo_monitor.errors import CallError, StoreError
from geo_monitor.services.audit import verify
from geo_monitor.services.ports import (
    ApiKey,
    FeedHeard,
    FeedPull,
    JobRow,
    JobRun,
    LeadQuery,
    Letter,
    PostedReport,
    Records,
    Store,
    User,
    Wanted,
)
from tests.store import made
from tests.store.made import CHINA, LHASA, T0, ids

WORLD = Box(-180.0, -90.0, 180.0, 90.0)
A_LETTER = Letter("weekly/2026-W10/a", "a@example.org", "周报", b"\x00\xff raw", T0)
A_JOB = JobRow("overlay", T0)
A_BACKTEST = BacktestRecord("RIV-001", 2, date(2025, 1, 1), date(2026, 1, 1), 40, 9, 7, T0)
A_NEW_MODEL = itertools.count()
A_RUN = JobRun("overlay", T0, 1, "host/1", T0)

#: One call of each method that writes.
WRITING: dict[str, Callable[[Records], Any]] = {
    "add_incidents": lambda r: r.add_incidents([made.incident(1)]),
    "add_batch": lambda r: r.add_batch(batches_of([made.incident(10)])[0]),
    "withdraw_incidents": lambda r: r.withdraw_incidents(["i"]),
    "add_reporters": lambda r: r.add_reporters([Reporter("k")]),
    "feed_heard": lambda r: r.feed_heard(FeedHeard("hotline", T0, "calls.csv", "h", 1, 1, 0, 0)),
    "add_pull": lambda r: r.add_pull(FeedPull("hotline", T0, "done", "{}", "", 1, 2, 2)),
    "put_pulled_records": lambda r: r.put_pulled_records("hotline", {"1": "digest"}, T0),
    "forget_pulled_records": lambda r: r.forget_pulled_records("hotline", T0),
    "quarantine": lambda r: r.quarantine([made.quarantined(2)], T0),
    "settle_quarantine": lambda r: r.settle_quarantine(["q"], "rejected"),
    "add_layer": lambda r: r.add_layer(made.version(), made.features(), [made.rejected(9)]),
    "replace_hits": lambda r: r.replace_hits([made.hit("i1")]),
    "add_hits": lambda r: r.add_hits([made.hit("i2")]),
    "put_lead": lambda r: r.put_lead(made.lead()),
    "forget_hits": lambda r: r.forget_hits("RIV-001", ["i1"]),
    "add_exception": lambda r: r.add_exception(made.exemption()),
    "end_exception": lambda r: r.end_exception(made.exemption().id, T0, "安", "works done"),
    "add_model_event": lambda r: r.add_model_event("RIV-001", 1, "promoted", "active", T0, "安", "upheld"),
    "add_desk_event": lambda r: r.add_desk_event("hotline/h/2", T0, "安", "rejected", "重复"),
    "put_model_text": lambda r: r.put_model_text("hash", "id: RIV-001", T0),
    "put_backtest": lambda r: r.put_backtest(A_BACKTEST),
    "add_event": lambda r: r.add_event("L1", T0, "system", "opened"),
    "replace_postings": lambda r: r.replace_postings([Posting("*", "river_chief", "河长", "甲", "府")], "f", T0),
    "put_user": lambda r: r.put_user(User("an", "安", "patrol", "hash")),
    "enqueue": lambda r: r.enqueue(A_LETTER),
    "put_letter": lambda r: r.put_letter(A_LETTER),
    "add_job_row": lambda r: r.add_job_row(A_JOB),
    "take_job": lambda r: r.take_job(A_JOB, replace(A_JOB, fence=1)),
    "put_run": lambda r: r.put_run(A_RUN),
    "add_api_key": lambda r: r.add_api_key(ApiKey("digest", "app", T0)),
    "revoke_api_key": lambda r: r.revoke_api_key("app", T0),
    "add_posted": lambda r: r.add_posted(PostedReport("i00", "app", "hash", T0, "dumping")),
    "replace_occurrences": lambda r: r.replace_occurrences([], [Occurrence("S1", ("i1", "i2"), T0, T0)]),
    "add_occurrence_event": lambda r: r.add_occurrence_event("S1", T0, "安", "confirmed", "", {"reports": ["i1"]}),
    "put_fact": lambda r: r.put_fact("overlay", "1"),
}


def everything(r: Records) -> list[Any]:
    """All that can be read, in a form that can be compared."""
    columns = r.layer_columns("rivers")
    return [
        r.incident_count(),
        r.latest_incident_seq(),
        r.incidents([made.incident(1).id]),
        r.incident_reported(),
        {datum: places.tolist() for datum, places in r.feed_places("hotline").items()},
        r.feeds(),
        r.latest_reports(),
        r.pulls(),
        r.pull_histories(),
        r.pulled_records("hotline", ["1"]),
        r.quarantined(status=""),
        r.quarantine_counts(),
        r.layer_versions(current_only=False),
        None if columns is None else list(columns.ids),
        r.features("rivers"),
        r.rejected_features("rivers"),
        r.hit_counts(),
        r.hit_counts([]),
        r.leads(LeadQuery()),
        r.leads_of(),
        r.leads_of_record("i1"),
        r.lead_counts(),
        r.lead_outcomes(),
        r.events(),
        r.exceptions(),
        r.model_events(),
        r.model_text("hash"),
        r.backtests(),
        r.postings(),
        r.users(),
        r.letters(),
        r.job_rows(),
        r.runs(),
        r.api_keys(),
        r.posted(),
        r.occurrences(),
        r.occurrence_counts(),
        r.occurrence_events(),
        r.fact("overlay"),
    ]


# ---- transactions
# --------------------------------------------------------------------------------------------


def test_the_list_of_writing_methods_is_whole() -> None:
    reading = {
        "incident_contents",
        "incidents",
        "superseded",
        "superseded_count",
        "incident_count",
        "latest_incident_seq",
        "incident_columns",
        "incident_reported",
        "feed_places",
        "incident_cells",
        "incident_histogram",
        "feeds",
        "file_was_read",
        "latest_reports",
        "pulls",
        "pull_histories",
        "pulled_records",
        "files_read",
        "quarantined",
        "desk_events",
        "quarantine_counts",
        "layer_versions",
        "layer_columns",
        "features",
        "rejected_features",
        "hits_of",
        "hits_on",
        "hit_counts",
        "leads",
        "lead",
        "leads_of",
        "leads_of_record",
        "lead_counts",
        "lead_outcomes",
        "events",
        "exceptions",
        "model_events",
        "model_text",
        "backtests",
        "postings",
        "user",
        "users",
        "letter",
        "letters_due",
        "letters",
        "job_row",
        "job_rows",
        "runs",
        "api_key",
        "api_keys",
        "posted",
        "posted_beginning",
        "incidents_beginning",
        "leads_holding",
        "quarantined_from",
        "earlier_versions",
        "occurrences",
        "occurrences_of",
        "occurrence_counts",
        "occurrence_events",
        "fact",
    }
    methods = {name for name, _ in inspect.getmembers(Records, inspect.isfunction) if not name.startswith("_")}
    assert methods == reading | set(WRITING)


@pytest.mark.parametrize("name", WRITING)
def test_a_writing_method_refuses_outside_writing(store: Store, name: str) -> None:
    with store.reading() as records, pytest.raises(RuntimeError):
        WRITING[name](records)
    with store.writing() as records:
        pass
    with pytest.raises(RuntimeError):
        WRITING[name](records)
    with store.reading() as records:
        assert everything(records)[0] == 0


def test_nothing_of_a_failed_transaction_remains(store: Store) -> None:
    with store.reading() as records:
        before = everything(records)

    def fail() -> None:
        with store.writing() as records:
            for write in WRITING.values():
                write(records)
            assert everything(records) != before
            raise KeyError("something went wrong after all was written")

    with pytest.raises(KeyError):
        fail()
    with store.reading() as records:
        assert everything(records) == before
    with store.writing() as records:  # and the store is not left locked, nor does the book have a gap
        assert records.add_event("L1", T0, "system", "opened").seq == 1


def test_a_reader_keeps_the_view_it_began_with(store: Store) -> None:
    with store.writing() as records:
        records.put_fact("colour", "old")
        records.add_incidents([made.incident(1)])
    with store.reading() as view:
        with store.writing() as records:
            records.put_fact("colour", "new")
            records.add_incidents([made.incident(2)])
            assert records.fact("colour") == "new"
            assert view.fact("colour") == "old"
        assert view.fact("colour") == "old"
        assert view.incident_count() == 1
    with store.reading() as view:
        assert view.fact("colour") == "new"


def test_writing_inside_writing_is_refused_at_once(store: Store) -> None:
    with store.writing() as records:
        records.put_fact("a", "1")
        with pytest.raises(RuntimeError, match="inside"), store.writing():
            pass
    with store.writing() as records:
        assert records.fact("a") == "1"


def test_two_writing_threads_neither_lose_a_line_nor_fork_the_book(store: Store) -> None:
    def write(name: str) -> None:
        for n in range(20):
            with store.writing() as records:
                records.put_fact("count", str(int(records.fact("count") or 0) + 1))
                records.add_event(f"L{name}", T0, name, "opened", data={"n": n})

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as records:
        book = records.events()
        assert records.fact("count") == "60"
    assert [e.seq for e in book] == list(range(1, 61))
    assert verify(book) == []
    for name in "abc":
        assert [e.data["n"] for e in book if e.actor == name] == list(range(20))


# ---- incidents
# -----------------------------------------------------------------------------------------------


def test_an_incident_comes_back_as_it_was_with_its_times_in_utc(store: Store) -> None:
    written = made.incident(
        "东-1",
        occurred=datetime(2026, 3, 1, 23, 59, 59, 123456, tzinfo=CHINA),
        reporter="hash",
        accuracy_m=0.1,
        evidence=frozenset({"photo", "inspection"}),
        text="多行\n'文字' \\ \"x\"",
        lon=91.1234567890123,
        lat=-0.1,
        attributes={"吨": 12.5, "seen": [1, None, {"a": True}], "by": "合成"},
    )
    with store.writing() as records:
        records.add_incidents([written])
    with store.reading() as records:
        [read] = records.incidents([written.id, written.id, "unknown"])
        assert records.incident_contents([written.id, "unknown"]) == {written.id: written.content}
    assert read == written
    assert read.occurred.tzinfo == UTC
    assert read.content == written.content


def test_incidents_are_sorted_by_time_and_then_by_id(store: Store) -> None:
    rows = made.many_incidents(300, seed=1)
    with store.writing() as records:
        records.add_incidents(rows)
    with store.reading() as records:
        read = records.incidents(ids(rows))
        assert read == sorted(rows, key=lambda i: (i.occurred, i.id))
        assert records.incident_contents(ids(rows)) == {i.id: i.content for i in rows}
        assert records.incidents([]) == []
        assert records.incident_contents([]) == {}


def test_reports_of_a_batch_are_stored_as_they_are_one_by_one(store: Store) -> None:
    rows = made.many_incidents(300, seed=3)
    with store.writing() as records:
        for batch in batches_of(rows):
            records.add_batch(batch)
    with store.reading() as records:
        assert records.incidents(ids(rows)) == sorted(rows, key=lambda i: (i.occurred, i.id))
        assert records.incident_count() == 300


def test_what_is_withdrawn_was_never_there(store: Store) -> None:
    rows = made.many_incidents(30, seed=4)
    with store.writing() as records:
        records.add_incidents([*rows, made.incident("gone", attributes={"vehicle": "藏A00001"})])
        records.withdraw_incidents([made.incident("gone").id, "unknown"])
        records.withdraw_incidents([])
    with store.reading() as records:
        assert records.incident_count() == 30
        assert records.incidents([made.incident("gone").id]) == []
    with store.writing() as records:
        records.add_incidents([made.incident("gone", attributes={"vehicle": "藏A00001"})])


# ---- corrections


def version(number: int, text: str = "", **changes: Any) -> Incident:
    """The ``number``-th version of one report; 0 is what it said before its office ever changed it."""
    revision = revised(T0 + timedelta(hours=number)) if number else ""
    return made.incident("said", revision=revision, text=text or f"合成 version {number}", **changes)


@given(order=st.permutations([0, 1, 2, 3]), cuts=st.lists(st.integers(1, 3), max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
def test_of_the_versions_of_a_report_the_newest_counts_in_whatever_order_they_come(
    store: Store, order: list[int], cuts: list[int]
) -> None:
    versions, other = [version(n) for n in range(4)], made.incident("other")
    parts = np.split(np.array(order), sorted({*cuts}))

    def came_and_went() -> None:
        with store.writing() as records:
            for part in parts:
                records.add_incidents([versions[n] for n in part])
            records.add_incidents([other])
            assert records.incident_count() == 2
            assert sorted(records.incident_columns().ids.tolist()) == sorted([versions[3].id, other.id])
            assert records.superseded_count() == 3
            by = records.superseded([i.id for i in (*versions, other)])
            assert set(by) == {versions[n].id for n in range(3)}
            for n in range(3):  # each leads, over others perhaps, to the one that counts
                at = versions[n].id
                while at in by:
                    at = by[at]
                assert at == versions[3].id
            assert sorted(records.incidents(ids(versions)), key=lambda i: i.revision) == versions
            assert records.incident_contents(ids(versions)) == {i.id: i.content for i in versions}
            raise KeyError("enough")

    with pytest.raises(KeyError):
        came_and_went()


def test_a_version_that_is_withdrawn_lets_the_one_before_count_again(store: Store) -> None:
    versions = [version(n, attributes={"vehicle": "a-1"}) for n in range(3)]
    with store.writing() as records:
        records.add_incidents(versions)
        records.withdraw_incidents([versions[2].id])
        assert records.incident_columns().ids.tolist() == [versions[1].id]
        assert records.superseded(ids(versions)) == {versions[0].id: versions[1].id}
        records.withdraw_incidents([versions[0].id])
        assert records.superseded_count() == 0
        named = records.incident_columns(wanted=[Wanted(named=("vehicle", ("A1",)))])
        assert named.ids.tolist() == [versions[1].id]
        records.add_incidents([versions[0]])
        assert records.incident_columns().ids.tolist() == [versions[1].id]


def test_a_known_incident_fails_and_takes_its_companions_with_it(store: Store) -> None:
    with store.writing() as records:
        records.add_incidents([made.incident(1)])
    with pytest.raises(StoreError), store.writing() as records:
        records.add_incidents([made.incident(2), made.incident(1, text="said otherwise")])
    with store.reading() as records:
        assert records.incident_count() == 1
        assert records.incidents([made.incident(1).id])[0].text == made.incident(1).text


def test_a_time_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"), store.writing() as records:
        records.add_incidents([made.incident(1, occurred=datetime(2026, 3, 1))])
    with store.reading() as records:
        assert records.incident_count() == 0


def test_the_places_of_a_feed_come_by_the_datum_that_was_declared(store: Store) -> None:
    with store.writing() as records:
        assert records.feed_places("hotline") == {}
        records.add_incidents(
            [
                made.incident(1, lon=91.2, lat=29.7, accuracy_m=5.0, occurred=T0 + timedelta(days=1)),
                made.incident(2, lon=91.1, lat=29.6, accuracy_m=0.0),
                made.incident(3, lon=91.3, lat=29.8, datum=Datum.BD09),
                made.incident(4, feed="patrol"),
            ]
        )
    with store.reading() as records:
        found = {datum: places.tolist() for datum, places in records.feed_places("hotline").items()}
        assert found == {
            Datum.GCJ02: [[91.2, 29.7, 5.0], [91.1, 29.6, 0.0]],
            Datum.BD09: [[91.3, 29.8, 25.0]],
        }


def test_sequence_numbers_rise_and_tell_what_is_new(store: Store) -> None:
    with store.writing() as records:
        assert records.latest_incident_seq() == 0
        records.add_incidents([made.incident(n) for n in range(5)])
        seen = records.latest_incident_seq()
    with store.writing() as records:
        records.add_incidents([made.incident(n, occurred=T0 - timedelta(days=n)) for n in range(5, 8)])
    with store.reading() as records:
        assert records.latest_incident_seq() > seen > 0
        new = records.incident_columns(after_seq=seen)
        assert list(new.ids) == ids([made.incident(n) for n in (7, 6, 5)])
        assert len(records.incident_columns(after_seq=records.latest_incident_seq())) == 0
        assert len(records.incident_columns()) == 8


def assert_same_columns(found: IncidentColumns, expected: IncidentColumns) -> None:
    for name in ("ids", "lon", "lat", "accuracy_m", "occurred", "category", "source", "reporter", "evidence"):
        there, wanted = getattr(found, name), getattr(expected, name)
        assert there.dtype == wanted.dtype, name
        np.testing.assert_array_equal(there, wanted, err_msg=name)
    assert (found.categories, found.sources, found.reporters) == (
        expected.categories,
        expected.sources,
        expected.reporters,
    )
    assert set(found.attributes) == set(expected.attributes)
    for name, column in expected.attributes.items():
        assert list(found.attributes[name]) == list(column), name


def test_columns_are_those_of_the_incidents(store: Store) -> None:
    rows = made.many_incidents(500, seed=2)
    rows += [
        made.incident("old", occurred=datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=UTC)),
        made.incident("older", occurred=datetime(1931, 5, 6, tzinfo=UTC)),
    ]
    with store.writing() as records:
        records.add_incidents(rows)
    with store.reading() as records:
        wanted = ("volume_m3", "vehicle", "night", "never")
        assert_same_columns(records.incident_columns(attributes=wanted), IncidentColumns.of(rows, wanted))
        assert_same_columns(records.incident_columns(), IncidentColumns.of(rows))
        some = rows[10:90:7]
        assert_same_columns(records.incident_columns(ids=[*ids(some), "unknown"]), IncidentColumns.of(some))
        assert_same_columns(records.incident_columns(ids=[]), IncidentColumns.of([]))


def test_columns_of_some_categories_times_and_places_are_exactly_those(store: Store) -> None:
    rows = made.many_incidents(600, seed=12)
    x, y = LHASA
    rows += [
        made.incident("edge", lon=x + 0.25, lat=y),
        made.incident("late", occurred=T0 + timedelta(days=30, microseconds=999_999)),
        made.incident("later", occurred=T0 + timedelta(days=30, seconds=1)),
        made.incident("early", occurred=T0 + timedelta(days=2, microseconds=500_000)),
        made.incident("earlier", occurred=T0 + timedelta(days=2) - timedelta(microseconds=1)),
        made.incident("before 1970", occurred=datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=UTC)),
    ]
    with store.writing() as records:
        records.add_incidents(rows[:300])
        half = records.latest_incident_seq()
        records.add_incidents(rows[300:])
    chance = random.Random(4)
    small = tuple(
        Box(lon, lat, lon + 0.02, lat + 0.02)
        for lon, lat in ((x + chance.uniform(-0.4, 0.4), y + chance.uniform(-0.3, 0.3)) for _ in range(60))
    )
    start, end = T0 + timedelta(days=2), T0 + timedelta(days=30)
    nobody = datetime(1930, 1, 1, tzinfo=UTC)
    asked: list[dict[str, Any]] = [
        {"categories": ("sewage",)},
        {"categories": ("sewage", "岸线", "never"), "occurred_from": start},
        {"occurred_from": start, "occurred_to": end},
        {"occurred_from": end, "occurred_to": end},
        {"occurred_from": nobody, "occurred_to": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)},
        {"occurred_from": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), "occurred_to": T0},
        {"boxes": small},
        {"boxes": (*small, WORLD, Box(x, y, x + 0.25, y), Box(x, y, x, y))},
        {"boxes": (Box(x, y - 0.1, x + 0.25, y),), "categories": ("sand_mining",), "occurred_to": end},
        {"boxes": (Box(0.0, 0.0, 1.0, 1.0),)},
        {"boxes": small, "upto_seq": half, "attributes": ("volume_m3",)},
        {"upto_seq": half, "after_seq": half - 10},
        {"categories": ("sewage",), "ids": ids(rows[10:80]), "boxes": (WORLD,)},
        {"categories": ("sewage",), "ids": []},
    ]
    found = []
    with store.reading() as records:
        numbers = {i: k for k, i in enumerate(ids(rows), start=1)}
        for words in asked:
            wanted = [
                i
                for i in rows
                if (not words.get("categories") or i.category in words["categories"])
                and ("ids" not in words or i.id in words["ids"])
                and ("occurred_from" not in words or whole_second(words["occurred_from"]) <= whole_second(i.occurred))
                and ("occurred_to" not in words or whole_second(i.occurred) <= whole_second(words["occurred_to"]))
                and (not words.get("boxes") or any(b.holds(i.lon, i.lat) for b in words["boxes"]))
                and words.get("after_seq", 0) < numbers[i.id] <= words.get("upto_seq", len(rows))
            ]
            expected = IncidentColumns.of(wanted, words.get("attributes", ()))
            one = {k: v for k, v in words.items() if k in ("categories", "occurred_from", "occurred_to", "boxes")}
            rest = {k: v for k, v in words.items() if k not in one}
            sought = [Wanted(**one)] if one else None
            assert_same_columns(records.incident_columns(wanted=sought, **rest), expected)
            found.append(len(wanted))
    assert found[9] == found[13] == 0
    assert all(n for k, n in enumerate(found) if k not in (9, 13))


def test_what_several_ask_for_is_given_once_and_what_nobody_asks_for_not_at_all(store: Store) -> None:
    rows = made.many_incidents(200, seed=13)
    with store.writing() as records:
        records.add_incidents(rows)
    with store.reading() as records:
        both = [Wanted(("sewage",)), Wanted(occurred_from=T0 + timedelta(days=3)), Wanted(("sewage",), boxes=(WORLD,))]
        expected = [i for i in rows if i.category == "sewage" or i.occurred >= T0 + timedelta(days=3)]
        assert 0 < len(expected) < len(rows)
        assert_same_columns(records.incident_columns(wanted=both), IncidentColumns.of(expected))
        assert len(records.incident_columns(wanted=[])) == 0
        assert len(records.incident_columns(wanted=[Wanted(boxes=())])) == 0
        assert len(records.incident_columns(wanted=[Wanted()])) == len(rows)


def test_reports_are_found_by_what_they_name_however_it_was_written(store: Store) -> None:
    long = "9" * 500
    said: list[dict[str, Any]] = [
        {"vehicle": "藏A·12345"},
        {"vehicle": "藏a 12345", "card": "C1"},
        {"vehicle": "藏A12346"},
        {"card": 7.0, "vehicle": None},
        {"stall": ""},
        {"topic": long},
        {"topic": long + "x"},
        {"volume_m3": 3},
        {},
    ]
    rows = [made.incident(f"n{k}", attributes=a) for k, a in enumerate(said)]
    with store.writing() as records:
        records.add_incidents(rows)
    with store.reading() as records:

        def naming(field: str, *values: str, **more: Any) -> set[str]:
            wanted = Wanted(named=(field, tuple(same_id(v) for v in values)), **more)
            return set(records.incident_columns(wanted=[wanted], attributes=["topic"]).ids.tolist())

        assert naming("vehicle", "藏A·12345") == {*ids(rows[:2])}
        assert naming("vehicle", "藏A·12345", "藏A12346", boxes=(WORLD,)) == {*ids(rows[:3])}
        assert naming("vehicle", "藏A12346", categories=("never",)) == set()
        assert naming("card", "c-1", "7.0") == {rows[1].id, rows[3].id}
        assert naming("vehicle", "") == naming("stall", "") == naming("vehicle") == set()
        assert naming("topic", long) >= {rows[5].id}  # a long name may bring another that begins alike


def test_the_second_in_which_each_report_came_in_is_told_by_category(store: Store) -> None:
    rows = made.many_incidents(40, seed=3)
    rows.append(made.incident("late", reported=T0 + timedelta(days=9, seconds=4, microseconds=999_999)))
    with store.writing() as records:
        records.add_incidents(rows)
    with store.reading() as records:
        assert records.incident_reported() == {i.id: whole_second(i.reported) for i in rows}
        some = records.incident_reported(("sewage", "岸线", "never"))
        assert some == {i.id: whole_second(i.reported) for i in rows if i.category in ("sewage", "岸线")}
        assert 0 < len(some) < len(rows)
        assert records.incident_reported(("never",)) == {}


def whole_second(moment: datetime) -> int:
    return int(moment.timestamp())


BOXES = (
    WORLD,
    Box(91.0, 29.5, 91.3, 29.8),
    Box(91.119, 29.649, 91.121, 29.651),
    Box(-120.0, -40.0, -60.0, 10.0),
)


@pytest.mark.parametrize("zoom", [0, 5, 9, 12, 17, 24])
def test_cells_count_each_incident_in_the_box_once(store: Store, zoom: int) -> None:
    rows = made.many_incidents(800, seed=3)
    with store.writing() as records:
        records.add_incidents(rows)
    start, end = T0 + timedelta(days=50), T0 + timedelta(days=250)
    with store.reading() as records:
        for box, (since, until), categories in itertools.product(
            BOXES, ((None, None), (start, end)), ((), ("sewage", "岸线"))
        ):
            inside = [
                i
                for i in rows
                if box.holds(i.lon, i.lat)
                and (since is None or since <= i.occurred < until)
                and (not categories or i.category in categories)
            ]
            cells, single = records.incident_cells(box, zoom, since, until, categories, points_up_to=20)
            assert sum(c.count for c in cells) == len(inside)
            assert sum(c.with_evidence for c in cells) == sum(1 for i in inside if i.evidence)
            assert single == (len(inside) <= 20)
            # By a formula of the test's own: which squares of 64 pixels there are, and how many lie in each.
            side = 2 ** min(26, zoom + 2)
            squares = Counter(
                (
                    int((i.lon + 180) / 360 * side),
                    int((1 - np.arcsinh(np.tan(np.radians(i.lat))) / np.pi) / 2 * side),
                )
                for i in inside
            )
            if not single:
                assert sorted(squares.values()) == sorted(c.count for c in cells)
            samples = {i.id: i for i in inside}
            assert all(c.sample in samples for c in cells)
            assert sum(c.lon * c.count for c in cells) == pytest.approx(sum(i.lon for i in inside))
            assert sum(c.lat * c.count for c in cells) == pytest.approx(sum(i.lat for i in inside))


def test_points_are_shown_singly_up_to_the_limit(store: Store) -> None:
    rows = made.many_incidents(100, seed=4)
    with store.writing() as records:
        records.add_incidents(rows)
    with store.reading() as records:
        cells, single = records.incident_cells(WORLD, 3, points_up_to=100)
        assert single
        assert {(c.sample, c.lon, c.lat, c.count, c.with_evidence) for c in cells} == {
            (i.id, i.lon, i.lat, 1, int(bool(i.evidence))) for i in rows
        }
        cells, single = records.incident_cells(WORLD, 3, points_up_to=99)
        assert (len(cells), single) == (1, False)


def test_the_border_belongs_to_the_box_and_the_end_of_time_does_not(store: Store) -> None:
    x, y = 91.123456789, 29.654321
    with store.writing() as records:
        records.add_incidents([made.incident(1, lon=x, lat=y)])
    with store.reading() as records:
        for box in (Box(x, y, x, y), Box(x - 1, y - 1, x, y), Box(x, y, x + 1, y + 1)):
            assert len(records.incident_cells(box, 12)[0]) == 1
        assert records.incident_cells(Box(x + 1e-9, y, x + 1, y), 12)[0] == []
        assert len(records.incident_cells(WORLD, 12, occurred_from=T0)[0]) == 1
        assert records.incident_cells(WORLD, 12, occurred_to=T0)[0] == []


def test_the_ends_of_the_world_are_on_the_map(store: Store) -> None:
    corners = [(-180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (0.0, 0.0), (180.0, -89.99), (12.0, 85.06)]
    with store.writing() as records:
        records.add_incidents([made.incident(n, lon=x, lat=y) for n, (x, y) in enumerate(corners)])
    with store.reading() as records:
        assert sum(c.count for c in records.incident_cells(WORLD, 2, points_up_to=0)[0]) == len(corners)
        assert len(records.incident_cells(Box(-200.0, -95.0, 200.0, 95.0), 2)[0]) == len(corners)


def test_the_histogram_counts_each_incident_of_its_span_once(store: Store) -> None:
    rows = made.many_incidents(400, seed=5)
    with store.writing() as records:
        records.add_incidents(rows)
    start, end = T0 + timedelta(days=10), T0 + timedelta(days=110)
    with store.reading() as records:
        counts = records.incident_histogram(start, end, 100)
        by_day = Counter((i.occurred - start).days for i in rows if start <= i.occurred < end)
        assert counts == [by_day[n] for n in range(100)]
        assert records.incident_histogram(T0, T0 + timedelta(days=1000), 1) == [400]
        with pytest.raises(ValueError):
            records.incident_histogram(end, start, 10)


# ---- feeds, reporters, quarantine
# ------------------------------------------------------------------------------


def test_a_reporter_known_before_is_left_as_they_are(store: Store) -> None:
    with store.writing() as records:
        records.add_reporters([Reporter("k1", "合成甲", "1"), Reporter("k2")])
        records.add_reporters([Reporter("k1", "other"), Reporter("k3"), Reporter("k3")])


def test_a_feed_tells_when_it_was_last_heard_from(store: Store) -> None:
    first = FeedHeard("hotline", T0, "a.csv", "hash-a", 10, 8, 1, 1)
    second = FeedHeard("hotline", T0 + timedelta(days=1), "b.csv", "hash-b", 3, 3, 0, 0)
    other = FeedHeard("安监", T0 + timedelta(days=3), "c.csv", "hash-c", 0, 0, 0, 0)
    with store.writing() as records:
        assert records.feeds() == []
        for heard in (second, first, other):
            records.feed_heard(heard)
    with store.reading() as records:
        assert records.feeds() == [second, other]
        assert records.file_was_read("hotline", "hash-a")
        assert not records.file_was_read("hotline", "hash-c")
        assert not records.file_was_read("nobody", "hash-a")


def test_a_row_is_quarantined_once_and_comes_back_whole(store: Store) -> None:
    rows = [made.quarantined(n) for n in range(2, 7)] + [made.quarantined(9, "patrol", "unknown_datum")]
    with store.writing() as records:
        assert records.quarantine(rows[:4], T0) == 4
        assert records.quarantine(rows, T0 + timedelta(days=1)) == 2
        assert records.quarantine(rows, T0) == 0
    with store.reading() as records:
        kept = records.quarantined()
        assert [k.row for k in kept] == sorted(rows, key=lambda r: r.id)
        assert {k.row.id: k.at for k in kept}[rows[0].id] == T0
        assert [k.row for k in records.quarantined(feed="patrol")] == [rows[5]]
        assert [k.row for k in records.quarantined(reason="unknown_datum")] == [rows[5]]
        assert records.quarantine_counts() == {
            ("hotline", "no_coordinates"): 5,
            ("patrol", "unknown_datum"): 1,
        }
        first = records.quarantined(limit=4)
        assert first + records.quarantined(limit=4, after=first[-1].row.id) == kept
    with store.writing() as records:
        records.settle_quarantine([rows[0].id, rows[5].id, "unknown"], "rejected")
    with store.reading() as records:
        assert records.quarantine_counts() == {("hotline", "no_coordinates"): 4}
        assert len(records.quarantined()) == 4
        assert sorted(k.row.id for k in records.quarantined(status="rejected")) == sorted([rows[0].id, rows[5].id])
        assert len(records.quarantined(status="")) == 6


# ---- layers
# ---------------------------------------------------------------------------------------------------


def test_features_come_back_as_they_were(store: Store) -> None:
    features = made.features()
    with store.writing() as records:
        assert records.add_layer(made.version(), features, [made.rejected(7), made.rejected(3)])
    with store.reading() as records:
        assert records.features("rivers") == sorted(features, key=lambda f: f.id)
        assert records.features("rivers", ids=["R-3", "R-1", "?"]) == [features[1], features[0]]
        assert records.rejected_features("rivers") == [made.rejected(7), made.rejected(3)]
        assert records.layer_versions() == [made.version()]
        assert records.features("lakes") == []
        assert records.layer_columns("lakes") is None


def test_layer_columns_are_those_of_the_features(store: Store) -> None:
    with store.writing() as records:
        records.add_layer(made.version(), made.features())
        records.add_layer(made.version("empty"), [])
    with store.reading() as records:
        found = records.layer_columns("rivers")
        empty = records.layer_columns("empty")
        again = records.layer_columns("rivers")
    expected = LayerColumns.of("rivers", made.version().id, made.features())
    assert found is not None
    assert empty is not None
    assert again is not None
    for name in ("ids", "geometry", "valid_from", "valid_to", "parent", "titles", "accuracy_m"):
        there, wanted = getattr(found, name), getattr(expected, name)
        assert there.dtype == wanted.dtype, name
        assert list(there) == list(wanted), name
    assert {k: list(v) for k, v in found.properties.items()} == {k: list(v) for k, v in expected.properties.items()}
    assert (found.name, found.version, found.synthetic, found.as_of) == (
        "rivers",
        made.version().id,
        True,
        T0,
    )
    assert list(again.ids) == list(found.ids)
    assert len(empty) == 0
    assert empty.properties == {}


def test_a_box_finds_what_touches_it(store: Store) -> None:
    x, y = LHASA
    with store.writing() as records:
        records.add_layer(made.version(), made.features())
    with store.reading() as records:
        assert ids(records.features("rivers", Box(x + 0.1, y + 0.1, x + 0.2, y + 0.2))) == ["R-3"]
        assert ids(records.features("rivers", Box(x + 0.5, y + 0.5, x + 0.5, y + 0.5))) == ["R-2"]
        assert ids(records.features("rivers", Box(x + 0.6, y, x + 0.7, y + 1))) == []
        assert ids(records.features("rivers", WORLD)) == ["R-1", "R-2", "R-3"]
        assert ids(records.features("rivers", WORLD, ids=["R-10", "R-2"])) == ["R-2"]


def test_loading_the_current_version_again_changes_nothing(store: Store) -> None:
    with store.writing() as records:
        assert records.add_layer(made.version(), made.features())
        assert not records.add_layer(made.version(loaded_at=T0 + timedelta(days=1)), [])
    with store.reading() as records:
        assert len(records.features("rivers")) == 4
        assert records.layer_versions() == [made.version()]


def test_a_new_version_replaces_and_the_old_one_stays_and_can_return(store: Store) -> None:
    old, new = made.version(), made.version(file_hash="b" * 64, loaded_at=T0 + timedelta(days=1), features=1)
    moved = Feature("rivers", "R-3", Words.of("改道"), Point(*LHASA))
    with store.writing() as records:
        records.add_layer(old, made.features())
        records.add_layer(made.version("lakes"), made.features("lakes"))
    with store.reading() as records:
        before = records.layer_columns("rivers")
    with store.writing() as records:
        assert records.add_layer(new, [moved])
        inside = records.layer_columns("rivers")
    assert before is not None
    assert len(before) == 4
    assert inside is not None
    assert list(inside.ids) == ["R-3"]
    with store.reading() as records:
        assert records.features("rivers") == [moved]
        assert [v.id for v in records.layer_versions()] == [made.version("lakes").id, new.id]
        assert [v.id for v in records.layer_versions(current_only=False)] == [
            made.version("lakes").id,
            new.id,
            old.id,
        ]
    back = replace(old, loaded_at=T0 + timedelta(days=2))
    with store.writing() as records:
        assert records.add_layer(back, made.features())
    with store.reading() as records:
        columns = records.layer_columns("rivers")
        assert columns is not None
        assert (len(columns), columns.as_of) == (4, back.loaded_at)
        assert records.layer_versions(current_only=False)[1:] == [back, new]


def test_a_version_of_a_layer_that_was_replaced_can_still_be_read(store: Store) -> None:
    old, new = made.version(), made.version(file_hash="b" * 64, loaded_at=T0 + timedelta(days=1), features=1)
    with store.writing() as records:
        records.add_layer(old, made.features())
        records.add_layer(new, [Feature("rivers", "R-3", Words.of("改道"), Point(*LHASA))])
        records.add_layer(made.version("lakes"), made.features("lakes"))
    with store.reading() as records:
        before, now = records.layer_columns("rivers", old.id), records.layer_columns("rivers", new.id)
        assert before is not None
        assert now is not None
        assert (before.version, len(before), before.as_of) == (old.id, 4, T0)
        assert (now.version, list(now.ids)) == (new.id, ["R-3"])
        assert records.layer_columns("rivers", "rivers@never") is None
        assert records.layer_columns("rivers", made.version("lakes").id) is None


def test_a_layer_whose_writing_failed_is_not_remembered(store: Store) -> None:
    def fail() -> None:
        with store.writing() as records:
            records.add_layer(made.version(), made.features()[:1])
            assert len(records.layer_columns("rivers") or ()) == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.reading() as records:
        assert records.layer_columns("rivers") is None
    with store.writing() as records:
        records.add_layer(made.version(), made.features())
    with store.reading() as records:
        assert len(records.layer_columns("rivers") or ()) == 4


def test_two_features_with_one_id_are_refused(store: Store) -> None:
    with pytest.raises(StoreError), store.writing() as records:
        records.add_layer(made.version(), [made.features()[0], made.features()[0]])
    with store.reading() as records:
        assert records.layer_versions() == []


# ---- hits
# -----------------------------------------------------------------------------------------------------


def test_a_hit_is_stored_once(store: Store) -> None:
    one, other = made.key(), made.key("FOO-001", "cell", "cell:300m")
    hits = [
        made.hit("i2", occurred=T0 + timedelta(days=1), reporter="p1", evidence=3),
        made.hit("i1", occurred=T0 + timedelta(days=1)),
        made.hit("i3"),
        made.hit("i1", other),
        made.hit("i1", made.key(subject="R-10")),
    ]
    with store.writing() as records:
        assert records.add_hits(iter(hits[:3])) == 3
        assert records.add_hits([*hits, *hits]) == 2
        assert records.add_hits([]) == 0
    with store.reading() as records:
        assert records.hits_of([one]) == [hits[2], hits[1], hits[0]]
        assert records.hits_of([one, other, made.key(subject="?")]) == [hits[3], hits[2], hits[1], hits[0]]
        assert records.hits_of([]) == []
        assert records.hit_counts() == {"FOO-001": 1, "RIV-001": 4}
    with store.writing() as records:
        records.replace_hits(h for h in hits[1:2] * 2)
        assert records.hits_of([one, other]) == [hits[1]]
        assert records.hit_counts() == {"RIV-001": 1}


def test_a_hit_keeps_its_facts(store: Store) -> None:
    hits = [
        made.hit("i1", facts={"volume_m3": 12.5, "licence": None, "layer:districts": "540102", "@category": "采砂"}),
        made.hit("i2"),
    ]
    with store.writing() as records:
        assert records.add_hits(hits) == 2
    with store.reading() as records:
        kept = records.hits_of([made.key()])
        assert kept == hits
        assert kept != [replace(hits[0], facts={}), hits[1]]
        assert dict(kept[1].facts) == {}


def test_hits_on_records_that_are_looked_at_again_are_forgotten(store: Store) -> None:
    one, other = made.key(), made.key(subject="R-1")
    kept = [made.hit("i1", made.key("FOO-001")), made.hit("i3", other)]
    with store.writing() as records:
        records.add_hits([made.hit("i1"), made.hit("i2"), made.hit("i1", other), *kept])
    with store.writing() as records:
        assert [h.record for h in records.hits_on("RIV-001", ["i1", "i2", "never"])] == ["i1", "i1", "i2"]
        assert records.forget_hits("RIV-001", ["i1", "i2", "never", "i1"]) == [other, one]
        assert records.forget_hits("RIV-001", ["i1", "i2"]) == []
        assert records.forget_hits("RIV-001", []) == []
    with store.reading() as records:
        assert records.hits_of([one, other, made.key("FOO-001")]) == kept
    with store.writing() as records:
        assert records.forget_hits("RIV-001", [f"i{n}" for n in range(3000)]) == [other]


def test_many_hits_at_once_are_all_there(store: Store) -> None:
    hits = [made.hit(f"i{n}", made.key(subject=f"R-{n % 7}"), occurred=T0 + timedelta(seconds=n)) for n in range(2000)]
    with store.writing() as records:
        records.replace_hits(hits)
        assert records.add_hits([*hits[:1500], made.hit("new")]) == 1
    with store.reading() as records:
        assert records.hit_counts() == {"RIV-001": 2001}
        assert records.hits_of([made.key(subject="R-3")]) == [made.hit("new"), *hits[3::7]]


# ---- leads
# ----------------------------------------------------------------------------------------------------


def test_a_lead_comes_back_as_it_was(store: Store) -> None:
    lead = made.lead(opened=datetime(2026, 3, 3, 1, tzinfo=CHINA), title=Words("标题", "", "མིང"))
    with store.writing() as records:
        records.put_lead(lead)
        assert records.lead("L1") == lead
    with store.reading() as records:
        assert records.lead("L1") == lead
        assert records.lead("L2") is None
        assert records.leads(LeadQuery()).leads == (lead,)
        assert records.leads_of([lead.key]) == [lead]
        assert records.leads_of([made.key("?")]) == []


def test_a_lead_is_replaced_by_its_id_and_its_records_with_it(store: Store) -> None:
    with store.writing() as records:
        records.put_lead(made.lead(1))
        records.put_lead(made.lead(2, made.key(subject="R-1"), records=("i1",)))
        records.put_lead(made.lead(1, records=("i9", "i1", "i9")))
        assert records.leads_of_record("i2") == []
        records.put_lead(made.lead(1, records=("i1", "i5"), status=LeadStatus.TAKEN_UP))
    with store.reading() as records:
        assert records.leads_of_record("i1") == ["L1", "L2"]
        assert records.leads_of_record("i5") == ["L1"]
        assert records.leads_of_record("i9") == []
        assert records.leads(LeadQuery()).total == 2
        assert records.lead_counts() == {
            ("RIV-001", "540102", "open"): 1,
            ("RIV-001", "540102", "taken_up"): 1,
        }
        assert records.lead("L1") == made.lead(1, records=("i1", "i5"), status=LeadStatus.TAKEN_UP)


def test_leads_of_a_key_are_sorted_by_opening_open_or_closed(store: Store) -> None:
    closed = made.lead("b", status=LeadStatus.DISMISSED, opened=T0)
    later = made.lead("a", opened=T0 + timedelta(days=9), previous="Lb")
    other = made.lead("c", made.key("FOO-001"), opened=T0)
    with store.writing() as records:
        for lead in (later, closed, other):
            records.put_lead(lead)
    with store.reading() as records:
        assert records.leads_of([made.key()]) == [closed, later]
        assert records.leads_of() == [closed, other, later]
        assert records.leads_of([]) == []


def test_the_queue_is_in_order_and_each_filter_restricts_it(store: Store) -> None:
    day = timedelta(days=1)
    leads = [
        made.lead("low", urgency="low", last=T0 + 9 * day),
        made.lead("b", urgency="high", last=T0 + 2 * day, domain="food", lon=100.0),
        made.lead("a", urgency="high", last=T0 + 2 * day, district="540103"),
        made.lead("new", urgency="high", last=T0 + 3 * day, status=LeadStatus.DISMISSED, opened=T0 + 30 * day),
        made.lead(
            "mid",
            made.key("FOO-002"),
            urgency="medium",
            last=T0 + 5 * day,
            title=Words("过期许可_50%", "Expired"),
        ),
    ]
    with store.writing() as records:
        for lead in leads:
            records.put_lead(lead)

    def found(**asked: Any) -> list[str]:
        with store.reading() as records:
            page = records.leads(LeadQuery(**asked))
        assert page.total == len(page.leads)
        return [i.removeprefix("L") for i in ids(page.leads)]

    assert found() == ["new", "a", "b", "mid", "low"]
    assert found(statuses=("open",)) == ["a", "b", "mid", "low"]
    assert found(statuses=("open", "dismissed")) == ["new", "a", "b", "mid", "low"]
    assert found(urgencies=("low", "medium")) == ["mid", "low"]
    assert found(domains=("food",)) == ["b"]
    assert found(models=("FOO-002", "?")) == ["mid"]
    assert found(districts=("540103",)) == ["a"]
    assert found(box=Box(99.0, 0.0, 100.0, 90.0)) == ["b"]
    assert found(opened_from=T0 + 30 * day) == ["new"]
    assert found(opened_to=T0 + 30 * day) == ["a", "b", "mid", "low"]
    assert found(text="lmid") == ["mid"]
    assert found(text="expired") == ["mid"]
    assert found(text="采砂") == ["new", "a", "b", "low"]
    assert found(text="LHASA") == ["new", "a", "b", "mid", "low"]
    assert found(text="_50%") == ["mid"]
    for nothing in ("%", "_"):
        assert found(text=nothing) == ["mid"]
    for nothing in ("5_%", "\\", "%%", "砂Sand", "\0", "'"):
        assert found(text=nothing) == []
    assert found(text="Expired", statuses=("dismissed",)) == []


def test_leads_on_trial_are_left_out_unless_they_are_asked_for(store: Store) -> None:
    shown = [made.lead(1), made.lead(2, status=LeadStatus.DISMISSED)]
    hidden = [made.lead("t", made.key("RIV-099"), trial=True, urgency="low")]
    with store.writing() as records:
        for lead in (*shown, *hidden):
            records.put_lead(lead)
        assert records.leads(LeadQuery(trial=True)).leads == tuple(hidden)
    with store.reading() as records:
        assert ids(records.leads(LeadQuery()).leads) == ids(shown)
        assert records.leads(LeadQuery(models=("RIV-099",))).total == 0
        assert records.leads(LeadQuery(trial=True)).leads == tuple(hidden)
        assert ids(records.leads(LeadQuery(trial=None)).leads) == ids([*shown, *hidden])
        assert records.leads(LeadQuery(trial=None, statuses=("open",), limit=1)).total == 2
        open_one, dismissed = (("RIV-001", "540102", s) for s in ("open", "dismissed"))
        assert records.lead_counts() == {dismissed: 1, open_one: 1}
        assert records.lead_counts(trial=True) == {("RIV-099", "540102", "open"): 1}
        assert records.lead_counts(trial=None) == {dismissed: 1, open_one: 1, ("RIV-099", "540102", "open"): 1}
        assert {lead.id for lead in records.leads_of()} == {"L1", "L2", "Lt"}
        assert records.lead("Lt") == hidden[0]
    with store.writing() as records:
        records.put_lead(replace(hidden[0], trial=False))
        assert records.leads(LeadQuery(trial=True)).total == 0


def test_outcomes_are_counted_by_model_and_version(store: Store) -> None:
    with store.writing() as records:
        for lead in (
            made.lead(1),
            made.lead(2, status=LeadStatus.DISMISSED),
            made.lead(3, status=LeadStatus.DISMISSED),
            made.lead(4, status=LeadStatus.DISMISSED, model_version=7),
            made.lead("t", made.key("RIV-099"), trial=True, status=LeadStatus.TAKEN_UP),
        ):
            records.put_lead(lead)
        version = made.lead(1).model_version
        shown = {
            ("RIV-001", version, "dismissed"): 2,
            ("RIV-001", version, "open"): 1,
            ("RIV-001", 7, "dismissed"): 1,
        }
        hidden = {("RIV-099", version, "taken_up"): 1}
        assert records.lead_outcomes() == shown | hidden
        assert records.lead_outcomes(trial=False) == shown
        assert records.lead_outcomes(trial=True) == hidden


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.sampled_from(["high", "medium", "low"]), st.integers(0, 3)), max_size=40),
    limit=st.integers(1, 7),
    seed=st.integers(0, 2**32),
)
def test_paging_loses_and_repeats_nothing(store: Store, rows: list[tuple[str, int]], limit: int, seed: int) -> None:
    chance = random.Random(seed)
    model = f"M{next(A_NEW_MODEL)}"  # the store is that of the examples before
    leads = [
        made.lead(f"{model}{n:03}", made.key(model), urgency=urgency, last=T0 + timedelta(microseconds=last))
        for n, (urgency, last) in enumerate(rows)
    ]
    chance.shuffle(leads)
    with store.writing() as records:
        for lead in leads:
            records.put_lead(lead)
    seen: list[str] = []
    after = ""
    with store.reading() as records:
        whole = ids(records.leads(LeadQuery(models=(model,), limit=1000)).leads)
        for _ in range(len(rows) + 1):
            page = records.leads(LeadQuery(models=(model,), limit=limit, after=after))
            assert page.total == len(rows)
            assert len(page.leads) == limit or not page.next
            seen += ids(page.leads)
            after = page.next
            if not after:
                break
    assert seen == whole
    assert sorted(seen) == sorted(ids(leads))


def test_a_page_goes_on_where_it_was_though_the_queue_has_changed(store: Store) -> None:
    with store.writing() as records:
        for n in range(6):
            records.put_lead(made.lead(n, last=T0 - timedelta(days=n)))
        first = records.leads(LeadQuery(limit=3))
        assert ids(first.leads) == ["L0", "L1", "L2"]
        records.put_lead(made.lead(2, last=T0 + timedelta(days=5)))  # the last one seen moves to the front
        records.put_lead(made.lead("late", last=T0 + timedelta(days=9)))
        assert ids(records.leads(LeadQuery(limit=3, after=first.next)).leads) == ["L3", "L4", "L5"]


@pytest.mark.parametrize("cursor", ["x", "1", "0.5", "..", "9999999999999999999.1.L", "0.99999999999999999999.L"])
def test_a_cursor_that_never_was_one_is_the_callers_mistake(store: Store, cursor: str) -> None:
    with store.reading() as records, pytest.raises(CallError, match="cursor"):
        records.leads(LeadQuery(after=cursor))


# ---- the book
# -------------------------------------------------------------------------------------------------


def test_the_book_is_a_chain_over_all_leads(store: Store) -> None:
    with store.writing() as records:
        one = records.add_event("L1", T0, "system", "opened", data={"n": 1.0, "ids": ("a", "b"), "z": {"2": None}})
        two = records.add_event("L2", T0 + timedelta(days=1), "合成甲", "dismissed", '理由 "x"')
        assert records.events() == [one, two]
    with store.writing() as records:
        three = records.add_event("L1", T0.astimezone(CHINA), "安", "taken_up")
    with store.reading() as records:
        book = records.events()
        assert book == [one, two, three]
        assert records.events("L1") == [one, three]
        assert records.events("?") == []
    assert [e.seq for e in book] == [1, 2, 3]
    assert [e.previous_hash for e in book] == ["", one.hash, two.hash]
    assert verify(book) == []


# ---- what people decided about models
# -----------------------------------------------------------------------------------------------


def test_an_exception_comes_back_as_it_was_and_is_ended_once(store: Store) -> None:
    circle = made.exemption(
        model="FOO-001",
        area=Point(*LHASA).buffer(0.001),
        centre=LonLat(*LHASA),
        radius_m=100.0,
        created=(T0 + timedelta(days=1)).astimezone(CHINA),
    )
    plain = made.exemption()
    with store.writing() as records:
        assert records.add_exception(circle)
        assert records.add_exception(plain)
        assert not records.add_exception(replace(plain, created=T0 + timedelta(days=9)))
    with store.reading() as records:
        assert records.exceptions() == [circle, plain]
        assert records.exceptions("RIV-001") == [plain]
        assert records.exceptions(on=plain.from_day) == [circle, plain]
        assert records.exceptions(on=plain.until_day) == [circle, plain]
        assert records.exceptions(on=plain.from_day - timedelta(days=1)) == []
        assert records.exceptions(on=plain.until_day + timedelta(days=1)) == []
    at = T0 + timedelta(days=3)
    with store.writing() as records:
        assert records.end_exception(plain.id, at, "安", "工程已完")
        assert not records.end_exception(plain.id, at, "安", "again")
        assert not records.end_exception("E-never", at, "安", "工程已完")
    with store.reading() as records:
        assert records.exceptions("RIV-001") == [
            replace(plain, ended=at, ended_by="安", ended_reason="工程已完"),
        ]
        assert records.exceptions(on=plain.from_day) == [circle]


def test_the_book_of_models_is_a_chain(store: Store) -> None:
    measures = {"backtest": {"leads": 40, "upheld": 7}, "share": 0.5, "days": ("a", "b")}
    with store.writing() as records:
        one = records.add_model_event("RIV-001", 1, "promoted", "active", T0, "安", "40 条回测", measures)
        two = records.add_model_event("FOO-001", 3, "retired", "retired", T0.astimezone(CHINA), "安", "法律已废止")
        assert records.model_events() == [one, two]
    with store.writing() as records:
        three = records.add_model_event("RIV-001", 1, "demoted", "trial", T0, "安", "误报")
    with store.reading() as records:
        assert records.model_events() == [one, two, three]
        assert records.model_events("RIV-001") == [one, three]
        assert records.model_events("?") == []
    assert one.data == {"backtest": {"leads": 40, "upheld": 7}, "share": 0.5, "days": ["a", "b"]}
    assert [(e.seq, e.previous_hash) for e in (one, two, three)] == [(1, ""), (2, one.hash), (3, two.hash)]
    for e in (one, two, three):
        said = (e.previous_hash, e.model, e.version, e.at, e.actor, e.kind, e.status, e.reason, e.data)
        assert e.hash == model_event_hash(*said)


def test_the_text_of_a_model_stays_as_it_was_first_seen(store: Store) -> None:
    with store.writing() as records:
        records.put_model_text("a", "id: RIV-001\ntitle: 采砂\n", T0)
        records.put_model_text("a", "another", T0)
        records.put_model_text("b", "", T0)
    with store.reading() as records:
        assert records.model_text("a") == "id: RIV-001\ntitle: 采砂\n"
        assert records.model_text("b") == ""
        assert records.model_text("c") is None


def test_back_tests_are_kept_newest_first(store: Store) -> None:
    later = replace(A_BACKTEST, at=(T0 + timedelta(days=1)).astimezone(CHINA), upheld=8)
    other = replace(A_BACKTEST, model="FOO-001", at=T0 + timedelta(hours=1))
    with store.writing() as records:
        for record in (later, A_BACKTEST, other, replace(A_BACKTEST, leads=41)):
            records.put_backtest(record)
    with store.reading() as records:
        assert records.backtests("RIV-001") == [later, replace(A_BACKTEST, leads=41), A_BACKTEST]
        assert records.backtests() == [later, other, replace(A_BACKTEST, leads=41), A_BACKTEST]
        assert records.backtests("?") == []


# ---- the office
# -----------------------------------------------------------------------------------------------


def test_the_roster_is_replaced_as_a_whole_and_keeps_its_order(store: Store) -> None:
    one = Posting("rivers/R-1", "river_chief", "河长", "合成甲", "合成办", date(2020, 1, 1), None)
    two = Posting("*", "police_chief", "所长", "合成乙", "合成所", None, date(2026, 12, 31))
    with store.writing() as records:
        records.replace_postings([two, one, two], "roster.csv", T0)
        assert records.postings() == [two, one, two]
        records.replace_postings([one], "roster.csv", T0)
    with store.reading() as records:
        assert records.postings() == [one]


def test_a_user_is_replaced_by_name(store: Store) -> None:
    user = User("yang", "合成杨", "procurator", "argon2", "y@example.org", "en")
    with store.writing() as records:
        records.put_user(user)
        records.put_user(User("an", "安", "patrol", "x"))
        records.put_user(replace(user, active=False))
    with store.reading() as records:
        assert records.user("yang") == replace(user, active=False)
        assert records.user("Yang") is None
        assert [u.name for u in records.users()] == ["an", "yang"]


def test_a_letter_is_written_once_and_due_until_it_is_settled(store: Store) -> None:
    hour = timedelta(hours=1)
    later = replace(A_LETTER, key="b", created=T0 - hour, next_try=T0 + hour, tries=2, last_error="busy")
    with store.writing() as records:
        assert records.enqueue(A_LETTER)
        assert not records.enqueue(replace(A_LETTER, subject="again"))
        assert records.enqueue(later)
    with store.reading() as records:
        assert records.letter(A_LETTER.key) == A_LETTER
        assert records.letter("?") is None
        assert records.letters() == [A_LETTER, later]
        assert records.letters(limit=1) == [A_LETTER]
        assert records.letters_due(T0) == [A_LETTER]
        assert records.letters_due(T0 + hour) == [later, A_LETTER]
        assert records.letters_due(T0 + hour, limit=1) == [later]
    with store.writing() as records:
        records.put_letter(replace(A_LETTER, status="sent", sent_at=T0 + hour))
        records.put_letter(replace(later, status="refused"))
        assert records.letters_due(T0 + 9 * hour) == []
        assert records.letters()[0].sent_at == T0 + hour


def test_a_job_is_taken_by_exactly_one(store: Store) -> None:
    taken = replace(A_JOB, next_at=T0 + timedelta(days=1), fence=1, owner="a", lease_until=T0, slot=T0)
    with store.writing() as records:
        assert records.add_job_row(A_JOB)
        assert not records.add_job_row(replace(A_JOB, owner="late"))
        assert records.take_job(A_JOB, taken)
        assert not records.take_job(A_JOB, replace(taken, owner="b"))
        assert not records.take_job(replace(A_JOB, name="?"), taken)
    with store.reading() as records:
        assert records.job_row("overlay") == taken
        assert records.job_row("?") is None
        assert records.job_rows() == [taken]


def test_a_run_is_replaced_by_job_and_slot(store: Store) -> None:
    minute = timedelta(minutes=1)
    done = replace(A_RUN, finished=T0 + minute, outcome="done", counts={"leads": 3, "seconds": {"join": 0.5}})
    with store.writing() as records:
        records.put_run(A_RUN)
        records.put_run(done)
        records.put_run(replace(A_RUN, job="report", started=T0 + minute))
        records.put_run(replace(A_RUN, slot=T0 + 2 * minute, started=T0 + 2 * minute, outcome="failed", error="Fehler"))
    with store.reading() as records:
        assert [(r.job, r.outcome) for r in records.runs()] == [
            ("overlay", "failed"),
            ("report", "running"),
            ("overlay", "done"),
        ]
        assert records.runs("overlay")[1] == done
        assert len(records.runs(limit=2)) == 2
        assert records.runs("?") == []


def test_a_fact_is_replaced_by_key(store: Store) -> None:
    with store.writing() as records:
        assert records.fact("overlay") is None
        records.put_fact("overlay", "1")
        records.put_fact("overlay", "2 {}")
    with store.reading() as records:
        assert records.fact("overlay") == "2 {}"


def test_the_desks_book_is_a_chain_and_a_row_is_found_by_its_id(store: Store) -> None:
    rows = [made.quarantined(n) for n in range(2, 5)]
    places = [place_of(row) for row in rows]
    with store.writing() as records:
        records.quarantine(rows, T0)
        one = records.add_desk_event(
            places[0], T0, "安", "repaired", "回访", {"lon": 91.1, "lat": 29.6, "accuracy_m": 5}
        )
        two = records.add_desk_event(places[1], T0.astimezone(CHINA), "安", "rejected", "重复")
        assert records.desk_events() == [one, two]
    with store.writing() as records:
        three = records.add_desk_event(places[0], T0, "波", "reopened", "再核")
    with store.reading() as records:
        assert records.desk_events() == [one, two, three]
        assert records.desk_events([places[0], "?"]) == [one, three]
        assert records.desk_events([]) == []
        assert [q.row for q in records.quarantined(row_id=rows[1].id)] == [rows[1]]
        assert records.quarantined(row_id="?") == []
    assert [(e.seq, e.previous_hash) for e in (one, two, three)] == [(1, ""), (2, one.hash), (3, two.hash)]
    for e in (one, two, three):
        assert e.hash == desk_hash(e.previous_hash, e.row, e.at, e.actor, e.kind, e.reason, e.data)


def test_how_the_datum_was_known_comes_back_with_the_report(store: Store) -> None:
    kept = [made.incident(n, datum_known=known) for n, known in enumerate(DATUM_KNOWN)]
    with store.writing() as records:
        records.add_incidents(kept)
    with store.reading() as records:
        found = {i.id: i.datum_known for i in records.incidents([i.id for i in kept])}
    assert found == {i.id: i.datum_known for i in kept}
