"""One lead per matter: decisions from values to values."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.duty import ROLES, ResponsibleTrio, Seat
from geo_monitor.domain.hit import Grounds, Hit, LeadKey, Subject
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.domain.words import Words
from geo_monitor.services.leads import LeadIntent, decide_lead

START = datetime(2026, 9, 1, tzinfo=UTC)
KEY = LeadKey("RIV-001", Subject("rivers", "R1"))


def hit(day: float, record: str | None = None) -> Hit:
    return Hit(KEY.model, 1, KEY.subject, record or f"i{day:06.2f}", START + timedelta(days=day), None, 0, 91.1, 29.65)


def two_in_thirty_days(hits: Sequence[Hit]) -> list[bool]:
    return [any(a is not b and abs(a.occurred - b.occurred) <= timedelta(days=30) for b in hits) for a in hits]


def lead_from(intent: LeadIntent, status: LeadStatus = LeadStatus.OPEN) -> Lead:
    trio = ResponsibleTrio(*(Seat(r, vacant="nobody") for r in ROLES))
    return Lead(
        intent.lead,
        KEY,
        1,
        "river",
        Words("", ""),
        Words("", ""),
        status,
        "high",
        91.1,
        29.65,
        "",
        START,
        intent.hits[0].occurred,
        intent.hits[-1].occurred,
        tuple(h.record for h in intent.hits),
        Grounds("RIV-001", 1, "", {}, (), {}, {}),
        (),
        trio,
        previous=intent.previous,
    )


def test_two_reports_within_the_window_open_one_lead() -> None:
    intent = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert intent is not None and intent.kind == "opened"
    assert [h.record for h in intent.hits] == [hit(0).record, hit(20).record]


def test_reports_too_far_apart_open_nothing() -> None:
    assert decide_lead(KEY, [hit(0), hit(40)], [], two_in_thirty_days) is None


def test_a_later_hit_joins_the_open_lead_even_alone() -> None:
    opened = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert opened is not None
    joined = decide_lead(KEY, [hit(0), hit(20), hit(90)], [lead_from(opened)], two_in_thirty_days)
    assert joined is not None and (joined.kind, joined.lead, joined.added) == ("joined", opened.lead, (hit(90).record,))


def test_the_same_run_twice_does_nothing() -> None:
    opened = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert opened is not None
    for status in (LeadStatus.OPEN, LeadStatus.TAKEN_UP, LeadStatus.DISMISSED):
        assert decide_lead(KEY, [hit(0), hit(20)], [lead_from(opened, status)], two_in_thirty_days) is None


def test_after_a_dismissal_only_a_new_offence_opens_a_lead_and_it_is_linked() -> None:
    opened = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert opened is not None
    closed = lead_from(opened, LeadStatus.DISMISSED)
    assert decide_lead(KEY, [hit(0), hit(20), hit(25)], [closed], two_in_thirty_days) is None
    again = decide_lead(KEY, [hit(0), hit(20), hit(25), hit(40)], [closed], two_in_thirty_days)
    assert again is not None and again.kind == "opened" and again.previous == opened.lead and again.lead != opened.lead
    assert [h.record for h in again.hits] == [hit(25).record, hit(40).record]


def test_an_open_lead_whose_hits_are_corrected_away_is_superseded_and_comes_back_with_them() -> None:
    opened = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert opened is not None
    lead = lead_from(opened)
    gone = decide_lead(KEY, [hit(0)], [lead], two_in_thirty_days)
    assert gone is not None and gone.kind == "superseded" and gone.lost == (hit(20).record,)
    back = decide_lead(KEY, [hit(0), hit(20)], [replace(lead, status=LeadStatus.SUPERSEDED)], two_in_thirty_days)
    assert back is not None and back.kind == "reopened" and back.lead == opened.lead


def test_a_lead_that_a_procurator_has_is_told_but_not_taken_away() -> None:
    opened = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert opened is not None
    gone = decide_lead(KEY, [hit(0)], [lead_from(opened, LeadStatus.TAKEN_UP)], two_in_thirty_days)
    assert gone is not None and gone.kind == "grounds_gone"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 200), unique=True, max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_reports_arrive_changes_no_lead(days: list[int], rng: random.Random) -> None:
    hits = [hit(d) for d in days]
    at_once = decide_lead(KEY, hits, [], two_in_thirty_days)
    rng.shuffle(hits)
    lead: Lead | None = None
    for k in range(len(hits)):
        intent = decide_lead(KEY, hits[: k + 1], [lead] if lead else [], two_in_thirty_days)
        if intent is not None:
            lead = lead_from(intent)
    if at_once is None:
        assert lead is None
    else:
        assert lead is not None and lead.id == at_once.lead and lead.records == tuple(h.record for h in at_once.hits)


def test_the_day_of_a_lead_is_the_day_of_the_act() -> None:
    opened = decide_lead(KEY, [hit(0), hit(20)], [], two_in_thirty_days)
    assert opened is not None and opened.hits[0].occurred.date() == date(2026, 9, 1)
