"""Receipt numbers, and what is said to whoever has one."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.domain.incident import revised
from geo_monitor.domain.lead import DISMISSAL_WORDS, LeadStatus
from geo_monitor.domain.receipt import ids_begin, incident_id, receipt_number, spoken
from geo_monitor.errors import CallError, NotFoundError, RefusedError
from geo_monitor.services.api_keys import add_key, holder, revoke_key
from geo_monitor.services.ports import PostedReport, Store
from geo_monitor.services.receipts import OUTCOME_WORDS, Receipt, State, find_receipts, receipts_of
from tests.fakes import MemoryStore
from tests.store import made
from tests.store.made import T0

IDS = st.text("0123456789abcdef", min_size=20, max_size=20).map("i".__add__)
DIGITS = "0123456789X"


# ---- numbers -----------------------------------------------------------------------------------------------------


@given(IDS)
def test_a_number_leads_back_to_its_report(incident: str) -> None:
    number = receipt_number(incident)
    assert len(number) == 16
    assert incident.startswith(ids_begin(number))
    assert len(ids_begin(number)) == 13


@given(IDS)
def test_a_number_is_understood_as_people_say_and_type_it(incident: str) -> None:
    number = receipt_number(incident)
    wide = number.translate(str.maketrans(DIGITS, "０１２３４５６７８９Ｘ"))
    for said in (
        spoken(number),
        number.lower(),
        f" {number[:8]}-{number[8:]}\n",
        wide,
        spoken(number).replace(" ", "–"),
    ):
        assert ids_begin(said) == ids_begin(number)


def test_the_check_character_follows_the_published_rule() -> None:
    # ISO 7064 MOD 11-2: the digits and the character, weighted by powers of 2 from the right, leave 1.
    for n in range(1000):
        number = receipt_number(incident_id("hotline", str(n)))
        weights = [2**k for k in range(15, -1, -1)]
        assert sum(w * DIGITS.index(c) for w, c in zip(weights, number, strict=True)) % 11 == 1


def test_every_wrong_character_and_every_two_that_changed_places_are_noticed() -> None:
    chance = random.Random(20261122)
    for _ in range(200):
        number = receipt_number(f"i{chance.randrange(16**20):020x}")
        wrong = {number[:k] + c + number[k + 1 :] for k in range(16) for c in DIGITS if c != number[k]}
        for a in range(16):
            for b in range(a + 1, 16):
                turned = list(number)
                turned[a], turned[b] = turned[b], turned[a]
                if b == a + 1 and turned[a] != turned[b]:
                    wrong.add("".join(turned))
        for other in wrong:
            with pytest.raises(CallError):
                ids_begin(other)


@pytest.mark.parametrize("said", ["", "12", "x" * 16, "1" * 15 + "!", "9" * 15 + "0", "²" * 16, "\ud800" * 16])
def test_what_can_be_no_number_is_refused_with_a_reason(said: str) -> None:
    with pytest.raises(CallError, match="receipt number"):
        ids_begin(said)


def test_a_number_beyond_the_last_report_is_no_number() -> None:
    with pytest.raises(CallError, match="no report can have"):
        ids_begin(next(n for n in (f"999999999999999{c}" for c in DIGITS) if _agrees(n)))


def _agrees(number: str) -> bool:
    return sum(2**k * DIGITS.index(c) for k, c in enumerate(reversed(number))) % 11 == 1


def test_a_post_that_waits_has_the_number_of_the_report_that_it_may_become() -> None:
    assert incident_id("hotline", "1") == made.incident(1).id


# ---- how a report stands -----------------------------------------------------------------------------------------


def stands(store: Store, n: int = 1) -> Receipt:
    with store.reading() as records:
        (found,) = find_receipts(records, receipt_number(made.incident(n).id))
    return found


def with_lead(store: Store, name: str, status: LeadStatus, *, trial: bool = False, why: str = "", day: int = 1) -> None:
    """A lead that holds report 1; ``day`` is when its status came about."""
    lead = replace(made.lead(name), records=(made.incident(1).id,), status=status, trial=trial)
    with store.writing() as records:
        records.put_lead(lead)
        records.add_event(lead.id, T0 + timedelta(hours=6), "system", "opened")
        if status is not LeadStatus.OPEN:
            data = {"why": why, "clause": ""} if why else {}
            at = T0 + timedelta(days=day)
            records.add_event(lead.id, at, "zhao", status.value, "现场见到合成举报人", data)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    with store.writing() as records:
        records.add_incidents([made.incident(1, reporter="r"), made.incident(2)])
    return store


def test_a_report_that_no_model_flags_is_recorded(store: MemoryStore) -> None:
    found = stands(store)
    assert (found.state, found.received, found.since) == (State.RECORDED, *[T0 + timedelta(hours=1)] * 2)
    assert not found.state.settled


def test_a_report_is_under_review_until_every_lead_that_holds_it_is_closed(store: MemoryStore) -> None:
    with_lead(store, "a", LeadStatus.DISMISSED, why="trivial")
    with_lead(store, "b", LeadStatus.TAKEN_UP)
    found = stands(store)
    assert (found.state, found.since) == (State.REVIEW, T0 + timedelta(hours=6))  # not: when it was taken up
    with_lead(store, "b", LeadStatus.DISMISSED, why="lawful", day=9)
    found = stands(store)
    assert (found.state, found.notes, found.since) == (State.CLOSED, OUTCOME_WORDS["lawful"], T0 + timedelta(days=9))
    assert found.state.settled
    assert stands(store, 2).state is State.RECORDED


@pytest.mark.parametrize("why", [*DISMISSAL_WORDS, "", "unheard of"])
def test_an_outcome_is_told_in_words_of_the_house_never_in_those_of_a_person(store: MemoryStore, why: str) -> None:
    with_lead(store, "a", LeadStatus.DISMISSED, why=why)
    said = stands(store).as_dict()
    assert said["state"] == "closed"
    assert said["notes"]["zh"] and said["notes"]["en"]
    assert "举报人" not in str(said) and "zhao" not in str(said)


def test_what_a_model_on_trial_flags_and_what_lost_its_ground_are_not_spoken_of(store: MemoryStore) -> None:
    with_lead(store, "a", LeadStatus.OPEN, trial=True)
    with_lead(store, "b", LeadStatus.SUPERSEDED)
    assert stands(store).state is State.RECORDED


def test_who_has_the_number_of_a_corrected_report_hears_of_the_version_that_counts(store: MemoryStore) -> None:
    first = made.incident("said", text="合成")
    later = [replace(first, revision=revised(T0 + timedelta(days=n)), category="noise") for n in (1, 2)]
    with store.writing() as records:
        records.add_incidents([first, *later])
        records.put_lead(made.lead("L9", records=(later[1].id,)))
    with store.reading() as records:
        for version in (first, *later):
            (receipt,) = find_receipts(records, receipt_number(version.id))
            assert (receipt.id, receipt.report, receipt.state) == (version.id, later[1], State.REVIEW)


def test_two_reports_of_one_number_are_both_told(store: MemoryStore) -> None:
    first = made.incident(1).id
    other = PostedReport(first[:13] + "f" * 8, "app", "hash", T0, "dumping")
    with store.writing() as records:
        records.add_posted(other)
    with store.reading() as records:
        found = find_receipts(records, receipt_number(first))
    assert {r.id for r in found} == {first, other.id}
    assert {r.state for r in found} == {State.RECORDED, State.WAITING}


def test_receipts_come_in_the_order_in_which_they_are_asked_for_and_strangers_are_left_out(store: MemoryStore) -> None:
    one, two = made.incident(1).id, made.incident(2).id
    with store.reading() as records:
        assert [r.id for r in receipts_of(records, [two, "i0", one, two])] == [two, one]


# ---- keys --------------------------------------------------------------------------------------------------------


def test_a_key_opens_until_it_is_revoked_and_is_kept_only_as_its_hash() -> None:
    store = MemoryStore()
    plain = add_key(store, "合成-App", T0)
    with store.reading() as records:
        assert holder(records, plain) == "合成-App"
        assert [holder(records, wrong) for wrong in ("", plain[:-1], plain.upper() + "x", "\ud800")] == [""] * 4
        assert plain not in str(records.api_keys())
    with pytest.raises(RefusedError, match="revoke it first"):
        add_key(store, "合成-App", T0)
    revoke_key(store, "合成-App", T0)
    with store.reading() as records:
        assert holder(records, plain) == ""
    with pytest.raises(NotFoundError):
        revoke_key(store, "合成-App", T0)
    assert add_key(store, "合成-App", T0) != plain


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 61, "a\n"])
def test_a_name_that_would_break_an_id_is_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        add_key(MemoryStore(), name, T0)
