"""A person's decision on a lead, as it goes into the book."""

from __future__ import annotations

import pytest

from geo_monitor.domain.lead import DISMISSAL_WORDS, FALSE_ALARMS, LeadStatus
from geo_monitor.errors import MovedOnError, NotFoundError, RefusedError
from geo_monitor.services.decide import dismiss, take_up
from geo_monitor.services.ports import Store
from tests.fakes import MemoryStore
from tests.store import made
from tests.store.made import T0


@pytest.fixture
def store() -> Store:
    store = MemoryStore()
    with store.writing() as records:
        records.put_lead(made.lead(1))
    return store


def last(store: Store) -> tuple[str, str, str, object]:
    with store.reading() as records:
        event = records.events("L1")[-1]
        assert records.lead("L1") is not None
    return event.kind, event.actor, event.reason, event.data


@pytest.mark.parametrize("why", DISMISSAL_WORDS)
@pytest.mark.parametrize("clause", ["where[0]", ""])
def test_a_dismissal_keeps_its_kind_and_the_clause_that_misled(store: Store, why: str, clause: str) -> None:
    assert dismiss(store, "L1", "zhao", T0, "  现场核查有许可 ", clause, why=why).status is LeadStatus.DISMISSED
    assert last(store) == ("dismissed", "zhao", "现场核查有许可", {"clause": clause, "why": why})


def test_a_kind_that_is_not_of_the_list_is_refused(store: Store) -> None:
    with pytest.raises(RefusedError, match="lawful, wrong_place, wrong_time, duplicate, trivial, other, not 'boring'"):
        dismiss(store, "L1", "zhao", T0, "现场核查有许可", why="boring")
    with store.reading() as records:
        assert records.events("L1") == []


def test_a_clause_that_the_grounds_do_not_have_is_refused_with_those_they_have(store: Store) -> None:
    with pytest.raises(RefusedError, match=r"no clause 'where\[7\]'; there are: where\[0\]"):
        dismiss(store, "L1", "zhao", T0, "现场核查有许可", "where[7]")


def test_who_has_not_seen_all_records_does_not_dismiss(store: Store) -> None:
    with pytest.raises(MovedOnError, match="3 records now, not 2"):
        dismiss(store, "L1", "zhao", T0, "现场核查有许可", seen=2)
    assert dismiss(store, "L1", "zhao", T0, "现场核查有许可", seen=3).status is LeadStatus.DISMISSED


def test_taking_up_needs_no_reason_and_a_closed_lead_is_not_decided_again(store: Store) -> None:
    take_up(store, "L1", "zhao", T0, " 已联系水利部门 ")
    assert last(store) == ("taken_up", "zhao", "已联系水利部门", {})
    dismiss(store, "L1", "zhao", T0, "现场核查有许可", why="lawful")
    for decide in (lambda: take_up(store, "L1", "zhao", T0), lambda: dismiss(store, "L1", "zhao", T0, "再次排除")):
        with pytest.raises(RefusedError, match="dismissed"):
            decide()
    with pytest.raises(NotFoundError):
        take_up(store, "L9", "zhao", T0)


def test_every_kind_but_a_duplicate_says_that_the_model_was_wrong() -> None:
    assert {"", "lawful", "wrong_place", "wrong_time", "trivial", "other"} == FALSE_ALARMS
    assert all(w.zh and w.en and w.zh != w.en for w in DISMISSAL_WORDS.values())
