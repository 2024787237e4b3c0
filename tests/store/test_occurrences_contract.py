"""What every store keeps of reports of one event, whether in memory, in SQLite or in PostGIS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from geo_monitor.domain.occurrence import CONFIRM, SEPARATE, Occurrence
from geo_monitor.services.audit import verify_occurrences
from geo_monitor.services.ports import Store
from tests.store.made import T0, incident

HOUR = timedelta(hours=1)
OLD = Occurrence("S1", ("a", "b"), T0, T0 + HOUR)
NEW = Occurrence("S2", ("d", "c", "e"), T0, T0 + 3 * HOUR, ("d", "e"))
SURE = Occurrence("S3", ("f", "g"), T0 - HOUR, T0 + HOUR, ("f", "g"))


@pytest.fixture
def kept(store: Store) -> Store:
    with store.writing() as records:
        records.replace_occurrences([], [SURE, NEW, OLD])
    return store


def test_occurrences_come_back_whole_the_latest_act_first_then_by_id(kept: Store) -> None:
    with kept.reading() as records:
        assert records.occurrences() == [NEW, OLD, SURE]
        assert records.occurrences(["S3", "S1", "S9"]) == [OLD, SURE]
        assert records.occurrences([]) == []


def test_they_are_asked_for_by_standing_and_page_by_page(kept: Store) -> None:
    with kept.reading() as records:
        assert records.occurrences(standing="proposed") == [OLD]
        assert records.occurrences(standing="confirmed") == [NEW, SURE]
        assert records.occurrences(standing="joining") == [NEW]
        assert records.occurrences(limit=1) == [NEW]
        assert records.occurrences(limit=1, after="S2") == [OLD]
        assert records.occurrences(after="S3") == []
        assert records.occurrences(after="gone") == [NEW, OLD, SURE]
        assert records.occurrence_counts() == {"confirmed": 2, "joining": 1, "proposed": 1}


def test_a_report_leads_to_the_occurrence_it_stands_in(kept: Store) -> None:
    with kept.reading() as records:
        assert records.occurrences_of(["a", "c", "z"]) == {"a": "S1", "c": "S2"}
        assert records.occurrences_of([]) == {}


def test_occurrences_that_go_make_room_for_others_of_the_same_reports(kept: Store) -> None:
    whole = Occurrence("S1", ("a", "b", "c"), T0, T0 + HOUR)
    with kept.writing() as records:
        records.replace_occurrences(["S1", "S2", "S9"], [whole])
    with kept.reading() as records:
        assert records.occurrences() == [whole, SURE]
        assert records.occurrences_of(["d"]) == {}


def test_a_report_stands_in_one_occurrence_at_most(kept: Store) -> None:
    with pytest.raises(Exception, match=r"stored already|UNIQUE|unique|duplicate"), kept.writing() as records:
        records.replace_occurrences([], [Occurrence("S8", ("a", "z"), T0, T0)])
    with kept.reading() as records:
        assert records.occurrences(["S8"]) == []


def test_the_book_of_occurrences_is_bound_line_to_line(store: Store) -> None:
    with store.writing() as records:
        first = records.add_occurrence_event("S1", T0, "zhao", CONFIRM, "", {"reports": ("a", "b")})
        second = records.add_occurrence_event(
            "S2", T0, "smith", SEPARATE, "另一处", {"report": "c", "reports": ["c", "d"]}
        )
    with store.reading() as records:
        assert records.occurrence_events() == [first, second]
        assert records.occurrence_events("S2") == [second]
        assert records.occurrence_events("S9") == []
    assert (first.seq, second.seq) == (1, 2)
    assert first.data == {"reports": ["a", "b"]}
    assert verify_occurrences([first, second]) == []
    assert len(verify_occurrences([first, replace(second, reason="同一处")])) == 1
    assert len(verify_occurrences([second])) == 2


def test_the_versions_that_a_correction_superseded_are_found_from_the_one_that_counts(store: Store) -> None:
    versions = [incident("r", revision=f"2026-03-0{n}", text=f"v{n}") for n in range(1, 4)]
    other = incident("s")
    with store.writing() as records:
        records.add_incidents([versions[0], other])
    with store.writing() as records:
        records.add_incidents(versions[1:])
    with store.reading() as records:
        assert records.earlier_versions([versions[2].id, other.id]) == sorted(v.id for v in versions[:2])
        assert records.earlier_versions([versions[0].id, "unknown"]) == []
