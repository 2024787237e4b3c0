"""Precision from procurators' decisions, and what a model waits for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo_monitor.domain.layer import LayerVersion
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.services.overlay import FACT_HEARD
from geo_monitor.services.precision import Fared, Precision, fared, wilson
from geo_monitor.services.waiting import waiting_for
from geo_monitor.supervision.load import read_model
from tests.fakes import MemoryStore
from tests.store import made

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MODEL = """
id: RIV-900
version: 1
status: draft
title: {zh: 疑似试验, en: Suspected test}
track: public_interest
domain: river
urgency: low
needs: {layers: [rivers, sand_permits], records: [rain]}
watch: {category: [dumping]}
numbers: {near: {value: 50 m, basis: proposal}, one: {value: 1, basis: proposal}}
where:
  - nearest: {of: rivers, at_most: near}
  - without: {within: sand_permits}
group: {by: rivers, any: [{count: one}]}
lead: {legal_basis: [river-24], agencies: [water], guide: {zh: 看, en: look}}
cases: {hit: [], miss: [], edge: []}
"""


@pytest.mark.parametrize(("upheld", "decided"), [(0, 10), (10, 10), (3, 4), (1, 2), (0, 1), (50, 100), (1, 997)])
def test_the_wilson_interval_is_that_of_scipy(upheld: int, decided: int) -> None:
    theirs = binomtest(upheld, decided).proportion_ci(0.95, method="wilson")
    assert wilson(upheld, decided) == (pytest.approx(theirs.low, abs=1e-12), pytest.approx(theirs.high, abs=1e-12))


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_mirrors_it_and_narrows_with_more_decisions(drawn: tuple[int, int]) -> None:
    upheld, decided = drawn
    low, high = wilson(upheld, decided)
    assert 0 <= low <= upheld / decided <= high <= 1
    mirrored = wilson(decided - upheld, decided)
    assert mirrored == (pytest.approx(1 - high), pytest.approx(1 - low))
    more = wilson(2 * upheld, 2 * decided)
    assert more[1] - more[0] < high - low


def test_before_the_first_decision_there_is_no_figure_and_not_zero() -> None:
    none = Precision()
    assert (none.share, none.interval, str(none)) == (None, None, "no decision yet")
    assert none.as_dict() == {"upheld": 0, "decided": 0, "precision": None, "low": None, "high": None}
    assert str(Precision(0, 4)) == "0 % (0–49)"
    with pytest.raises(ValueError, match="0 of 0"):
        wilson(0, 0)


def test_open_and_superseded_leads_say_nothing_of_precision() -> None:
    store = MemoryStore()
    statuses = [LeadStatus.OPEN, LeadStatus.TAKEN_UP, LeadStatus.TAKEN_UP, LeadStatus.DISMISSED, LeadStatus.SUPERSEDED]
    with store.writing() as records:
        for n, status in enumerate(statuses):
            records.put_lead(made.lead(n, status=status, model_version=1))
        records.put_lead(made.lead("x", status=LeadStatus.DISMISSED, model_version=2, trial=True))
        records.put_lead(made.lead("y", made.key("FOO-001"), model_version=3))
    with store.reading() as records:
        found = fared(records.lead_outcomes())
    assert found["RIV-001"] == Fared({1: Precision(2, 1), 2: Precision(0, 1)}, open=1, superseded=1)
    assert found["RIV-001"].of(1).share == pytest.approx(2 / 3)
    assert found["RIV-001"].all_versions == Precision(2, 2)
    assert found["FOO-001"].of(3) == found["FOO-001"].all_versions == Precision()
    assert found["FOO-001"].open == 1


def test_a_model_says_for_which_layers_and_records_it_waits_also_as_a_draft() -> None:
    model = read_model(MODEL.encode(), "RIV-900.yaml")
    store = MemoryStore()

    def waits() -> tuple[str, ...]:
        with store.reading() as records:
            return waiting_for(records, [model]).get("RIV-900", ())

    assert waits() == ("rivers", "sand_permits", "rain")
    version = LayerVersion("rivers", "f", "h", "", "", NOW, "WGS84", 0)
    with store.writing() as records:
        records.add_layer(version, [])
        records.add_layer(replace(version, layer="sand_permits"), [])
    assert waits() == ("rivers", "rain"), "a register of permits may be empty, the rivers may not"
    with store.writing() as records:
        records.add_layer(replace(version, file_hash="h2", features=len(made.features())), made.features())
        records.put_fact(FACT_HEARD, json.dumps(["dumping", "rain"]))
    assert waits() == ()
