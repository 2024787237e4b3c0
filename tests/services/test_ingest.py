"""Which rows of a file become new incidents: decided on values, then stored in one go."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.domain.place import Datum
from geo_monitor.errors import Flaw
from geo_monitor.services.ingest import ImportReport, decide_import, import_incidents
from tests.fakes import MemoryStore

AT = datetime(2026, 11, 1, tzinfo=UTC)


def said(number: int, source_id: str, text: str = "") -> Incident:
    return Incident(
        feed="hotline",
        source_id=source_id,
        source="hotline",
        category="sand_mining",
        text=text,
        occurred=AT,
        reported=AT,
        lon=91.1,
        lat=29.6,
        accuracy_m=10.0,
        datum=Datum.WGS84,
        origin=Origin("h.csv", "hash", number),
    )


def spoilt(number: int) -> QuarantinedRow:
    return QuarantinedRow(
        "hotline", Origin("h.csv", "hash", number), (Flaw("no_coordinates", "", "h.csv", number),), {"row": str(number)}
    )


def bring(store: MemoryStore, *rows: Incident | QuarantinedRow, dry_run: bool = False) -> ImportReport:
    return import_incidents(store, "hotline", "h.csv", "hash", rows, [], AT, dry_run=dry_run)


ROWS = st.lists(st.tuples(st.sampled_from("ABCD"), st.sampled_from(["", "x", "y"])), max_size=15)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_a_file_decides_nothing(pairs: list[tuple[str, str]], chance: random.Random) -> None:
    rows = [said(k, i, t) for k, (i, t) in enumerate(pairs, start=2)]
    stored = {said(0, "A").id: said(0, "A", "x").content, said(0, "B").id: "something else"}

    def outcome(order: Sequence[Incident]) -> tuple[set[tuple[str, str]], int, set[int]]:
        d = decide_import(order, lambda ids: {i: stored[i] for i in ids if i in stored})
        return {(i.source_id, i.text) for i in d.new}, d.already_known, {q.origin.row for q in d.quarantined}

    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert outcome(rows) == outcome(shuffled)


@given(ROWS)
def test_every_row_is_stored_known_or_quarantined_and_a_second_time_adds_nothing(pairs: list[tuple[str, str]]) -> None:
    store = MemoryStore()
    rows = [said(k, i, t) for k, (i, t) in enumerate(pairs, start=2)] + [spoilt(99)]
    first = bring(store, *rows)
    again = bring(store, *rows)
    assert first.read == first.stored + first.already_known + first.quarantined == len(rows)
    assert again.stored == again.new_quarantined == 0
    assert again.read == again.already_known + again.quarantined
    contents = Counter(i for i, _ in set(pairs))
    assert first.stored == sum(1 for n in contents.values() if n == 1)


def test_two_rows_of_a_file_that_disagree_are_both_out() -> None:
    decision = decide_import([said(2, "A"), said(3, "B"), said(4, "A", "other"), said(5, "A")], lambda ids: {})
    assert [i.source_id for i in decision.new] == ["B"]
    assert [q.origin.row for q in decision.quarantined] == [2, 4, 5]
    assert "rows 2, 4, 5 of this file disagree" in decision.quarantined[0].flaws[0].expected


def test_they_are_out_also_when_one_of_them_says_what_is_stored() -> None:
    a = said(2, "A")
    decision = decide_import([a, said(3, "A", "other")], lambda ids: {a.id: a.content})
    assert (decision.already_known, len(decision.quarantined)) == (0, 2)


def test_an_id_that_means_something_else_already_is_out() -> None:
    decision = decide_import([said(2, "A", "changed")], lambda ids: {said(0, "A").id: said(0, "A").content})
    (row,) = decision.quarantined
    assert row.reason == "id_reused"
    assert str(row.flaws[0]).startswith("h.csv, row 2, id: found 'A': the content that is stored for this id")


def test_the_row_itself_is_kept_if_it_can_be_had() -> None:
    rows = [said(2, "A"), said(3, "A", "other")]
    kept = decide_import(rows, lambda ids: {}, lambda origins: {o: {"line": str(o.row)} for o in origins}).quarantined
    assert [q.raw for q in kept] == [{"line": "2"}, {"line": "3"}]
    assert decide_import(rows, lambda ids: {}).quarantined[1].raw["text"] == "other"


def test_many_ids_are_asked_for_in_portions() -> None:
    asked: list[int] = []
    decide_import([said(k, str(k)) for k in range(12_000)], lambda ids: asked.append(len(ids)) or {})
    assert sum(asked) == 12_000
    assert max(asked) <= 5000


def test_a_feed_is_heard_with_what_it_brought() -> None:
    store = MemoryStore()
    bring(store, said(2, "A"), said(3, "A"), spoilt(4))
    with store.reading() as records:
        (heard,) = records.feeds()
    assert (heard.file, heard.read, heard.stored, heard.already_known, heard.quarantined) == ("h.csv", 3, 1, 1, 1)


def test_a_dry_run_writes_nothing() -> None:
    store = MemoryStore()
    assert bring(store, said(2, "A"), spoilt(3), dry_run=True).as_dict() == {
        "read": 2,
        "stored": 1,
        "already_known": 0,
        "quarantined": 1,
        "reasons": {"no_coordinates": 1},
    }
    with store.reading() as records:
        assert records.incident_count() == 0
        assert records.quarantine_counts() == {}
        assert records.feeds() == []


def test_a_file_that_breaks_off_leaves_nothing_behind() -> None:
    store = MemoryStore()

    def rows() -> Iterator[Incident]:
        yield said(2, "A")
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        import_incidents(store, "hotline", "h.csv", "hash", rows(), [], AT)
    with store.reading() as records:
        assert records.incident_count() == 0


def test_reporters_are_asked_for_after_the_rows() -> None:
    people: dict[str, Reporter] = {}

    def rows() -> Iterator[Incident]:
        people["r1"] = Reporter("r1", "合成甲")
        yield replace(said(2, "A"), reporter="r1")

    store = MemoryStore()
    import_incidents(store, "hotline", "h.csv", "hash", rows(), people.values(), AT)
    with store.reading() as records:
        assert [i.reporter for i in records.incidents([said(2, "A").id])] == ["r1"]
    assert "合成甲" in repr(vars(store))
