"""What a correction of a report does to the leads that rest on it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.incident import Incident, revised
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.services.decide import dismiss
from geo_monitor.services.overlay import Overlay
from geo_monitor.services.ports import Store
from tests.services.test_overlay import DUMPING, NOW, at, city, overlay, report

A = report("a", 0.0, 80.0, "wang")
B = report("b", 10.0, 82.0, "li")
FAR = at(0.0, 900.0)


@pytest.fixture
def store() -> Store:
    return city()


def corrected(i: Incident, number: int, **changes: object) -> Incident:
    return replace(i, revision=revised(NOW - timedelta(hours=10 - number)), **changes)


def bring(store: Store, *incidents: Incident) -> Overlay:
    with store.writing() as records:
        records.add_incidents(incidents)
    ran = overlay(store, DUMPING)
    ran.run(NOW)
    return ran


def leads(store: Store) -> list[Lead]:
    with store.reading() as records:
        return sorted(records.leads_of(), key=lambda lead: (lead.opened, lead.id))


def test_a_report_that_was_moved_away_takes_its_lead_with_it(store: Store) -> None:
    bring(store, A, B)
    (before,) = leads(store)
    assert before.status is LeadStatus.OPEN
    bring(store, corrected(A, 1, lon=FAR[0], lat=FAR[1]))
    (after,) = leads(store)
    assert (after.id, after.status, after.records) == (before.id, LeadStatus.SUPERSEDED, before.records)
    with store.reading() as records:
        assert [e.kind for e in records.events(after.id)] == ["opened", "superseded"]
        assert {i.id for i in records.incidents(after.records)} == {A.id, B.id}  # as they were when it was raised


def test_a_report_that_was_moved_back_brings_the_lead_back(store: Store) -> None:
    bring(store, A, B)
    bring(store, corrected(A, 1, lon=FAR[0], lat=FAR[1]))
    bring(store, corrected(A, 2))
    open_now = [lead for lead in leads(store) if lead.status is LeadStatus.OPEN]
    assert [set(lead.records) for lead in open_now] == [{corrected(A, 2).id, B.id}]


def test_a_correction_that_comes_before_what_it_corrects_counts_all_the_same(store: Store) -> None:
    bring(store, corrected(A, 1, lon=FAR[0], lat=FAR[1]))
    bring(store, A, B)
    assert leads(store) == []


def test_mended_wording_does_not_bring_a_dismissed_matter_back(store: Store) -> None:
    bring(store, A, B)
    (lead,) = leads(store)
    dismiss(store, lead.id, actor="zhao", at=NOW, reason="已有许可")
    bring(store, corrected(A, 1, text="已办结"), corrected(B, 1, text="已办结"))
    bring(store, corrected(A, 2, text="已回访"))
    assert [(found.id, found.status) for found in leads(store)] == [(lead.id, LeadStatus.DISMISSED)]


def test_another_place_does(store: Store) -> None:
    bring(store, A, B)
    (lead,) = leads(store)
    dismiss(store, lead.id, actor="zhao", at=NOW, reason="已有许可")
    moved = at(5.0, 25.0)
    bring(store, corrected(A, 1, lon=moved[0], lat=moved[1]), corrected(B, 1, lon=moved[0], lat=moved[1]))
    assert {found.status for found in leads(store)} == {LeadStatus.DISMISSED, LeadStatus.OPEN}


VERSIONS = [
    A,
    corrected(A, 1, lon=FAR[0], lat=FAR[1]),
    corrected(A, 2, category="noise"),
    corrected(A, 3, reporter="zhang"),
    B,
    corrected(B, 1, text="mended"),
    report("c", 20.0, 85.0, "zhao"),
    corrected(report("c", 20.0, 85.0, "zhao"), 1, lon=FAR[0], lat=FAR[1]),
]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), cuts=st.lists(st.integers(1, 7), max_size=3))
def test_in_whatever_order_and_portions_corrections_come_the_open_leads_are_the_same(
    seed: int, cuts: list[int]
) -> None:
    order = random.Random(seed).sample(VERSIONS, len(VERSIONS))

    def found(*portions: list[Incident]) -> set[tuple[str, frozenset[str]]]:
        store = city()
        for portion in portions:
            bring(store, *portion)
        return {(lead.subject.id, frozenset(lead.records)) for lead in leads(store) if not lead.status.closed}

    edges = [0, *sorted({*cuts}), len(order)]
    assert found(*(order[a:b] for a, b in pairwise(edges))) == found(VERSIONS)
