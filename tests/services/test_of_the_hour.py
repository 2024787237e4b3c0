"""What changes between two looks on one day: windows that move on, terms of hours, data that come in at last, a clock
that is set back. An incremental run must say what a look at everything says; and the grounds of a lead what they would
say with every report at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.lead import Lead
from geo_monitor.domain.place import Datum
from geo_monitor.domain.words import Words
from geo_monitor.services.overlay import OverlayReport
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Dated,
    Group,
    Needs,
    Number,
    PlaceCondition,
    Records,
    SupervisionModel,
    Threshold,
    Watch,
)
from tests.fakes import MemoryStore
from tests.services.test_incremental import NUMBERS, ONCE, WASTE, founded, model
from tests.services.test_overlay import at, overlay

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ALONE = Group("record", (ONCE,))
SURVEY = Records(("survey",))
HOURS = {**NUMBERS, "h36": Number("h36", 36, "h", "proposal"), "h72": Number("h72", 72, "h", "proposal")}
RIVERS = ("rivers", [Feature("rivers", "R1", Words("R1", "R1"), shapely.LineString([at(0, 0), at(1500, 0)]))])


def ago(days: float = 0.0, hours: float = 0.0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


def told(name: str, category: str, when: datetime, east: float = 0.0, **more: Any) -> Incident:
    lon, lat = at(east, 10)
    said = more.pop("attributes", {})
    origin = Origin("f", "h", 1)
    return Incident(
        "t", name, "hotline", category, "", when, when, lon, lat, more.pop("accuracy_m", 0.0), Datum.WGS84, origin,
        reporter="p", attributes=said,
    )  # fmt: skip


def post(**said: Any) -> tuple[str, list[Feature]]:
    return ("posts", [Feature("posts", "P1", Words("P1", "P1"), shapely.Point(*at(0, 0)), said)])


def leads(store: MemoryStore) -> list[Lead]:
    with store.reading() as records:
        return sorted(records.leads_of(), key=lambda lead: lead.id)


def standing(store: MemoryStore) -> list[tuple[Any, ...]]:
    return sorted((lead.key, lead.records) for lead in leads(store) if lead.status.value == "open")


def put(store: MemoryStore, reports: Sequence[Incident]) -> None:
    with store.writing() as records:
        records.add_incidents(list(reports))


Steps = Sequence[tuple[datetime, Sequence[Incident]]]


def step_by_step_and_at_once(one: SupervisionModel, layers: Any, steps: Steps) -> tuple[OverlayReport, bool]:
    """The report of the last step, and whether a lead stands; fails if a look at everything says something else."""
    bit, whole = founded(layers), founded(layers)
    runner = overlay(bit, one)
    for when, reports in steps:
        put(bit, reports)
        last = runner.run(when)
        put(whole, reports)
    overlay(whole, one).run(steps[-1][0], full=True)
    assert standing(bit) == standing(whole)
    return last, bool(standing(bit))


def test_a_model_that_had_to_wait_is_asked_about_all_that_came_in_meanwhile() -> None:
    one = replace(model(951, WASTE, [], ALONE), needs=Needs((), ("survey",)))
    steps = [(ago(hours=3), [told("w", "waste", ago(20))]), (NOW, [told("s", "survey", ago(40), 90_000)])]
    report, stands = step_by_step_and_at_once(one, [RIVERS], steps)
    assert (report.full, stands, report.waiting) == (True, True, {})


def test_an_incremental_run_says_which_models_wait() -> None:
    near = AnotherCondition("where[0]", SURVEY, "near", before="week", without=True)
    one = replace(model(995, WASTE, [near], ALONE), needs=Needs((), ("rain",)))
    steps = [(ago(hours=3), [told("w", "waste", ago(2))]), (NOW, [told("v", "waste", ago(1))])]
    report, _ = step_by_step_and_at_once(one, [RIVERS], steps)
    assert (report.full, report.waiting) == (False, {"RIV-995": ("rain",)})


@pytest.mark.parametrize("without", [True, False])
def test_a_report_that_falls_out_of_a_window_of_hours_is_noticed_the_same_day(without: bool) -> None:
    near = AnotherCondition("where[0]", SURVEY, "near", before="h72", without=without)
    one = replace(model(953, Watch(layer="posts"), [near], ALONE), numbers=HOURS)
    steps = [(ago(hours=4), [told("s", "survey", ago(hours=74))]), (NOW, [])]
    report, stands = step_by_step_and_at_once(one, [RIVERS, post()], steps)
    assert (report.full, stands) == (False, without)


def test_a_term_of_hours_that_runs_from_the_day_of_a_register_ends_within_the_day() -> None:
    after = AnotherCondition("where[0]", SURVEY, "near", after="h36", without=True)
    one = replace(model(952, Watch(layer="posts", dated="visited"), [after], ALONE), numbers=HOURS)
    steps: Steps = [(datetime(2026, 11, 22, 2, 0, tzinfo=UTC), []), (NOW, [])]
    report, stands = step_by_step_and_at_once(one, [RIVERS, post(visited="2026-11-21")], steps)
    assert (report.full, stands) == (False, True)


def test_a_term_of_a_companion_runs_from_the_companion() -> None:
    late = PlaceCondition("where[0].where[0]", "within_distance", "posts", "near", dated=Dated("visited", after="week"),
                          without=True)  # fmt: skip
    one = model(996, WASTE, [AnotherCondition("where[0]", SURVEY, after="month", where=(late,))], ALONE)
    steps = [(ago(2), [told("w", "waste", ago(32)), told("s", "survey", ago(8))]), (NOW, [])]
    report, stands = step_by_step_and_at_once(one, [RIVERS, post(visited="2026-01-01")], steps)
    assert (report.full, stands) == (False, True)


def test_a_clock_that_is_set_back_takes_back_what_its_terms_had_raised() -> None:
    one = model(955, WASTE, [ClockCondition("where[0]", "occurred", "month")], ALONE)
    steps = [(NOW + timedelta(days=10), [told("w", "waste", ago(25))]), (NOW, [])]
    report, stands = step_by_step_and_at_once(one, [RIVERS], steps)
    assert (report.full, stands) == (False, False)


# ---- the grounds ---------------------------------------------------------------------------------------------


def only_lead(one: SupervisionModel, reports: Sequence[Incident], *layers: Any) -> Lead:
    store = founded([RIVERS, *layers])
    put(store, reports)
    overlay(store, one).run(NOW)
    (lead,) = leads(store)
    return lead


@pytest.mark.parametrize(
    ("survey", "number", "size"),
    [(told("s", "survey", ago(21), 150), "near", 0.25), (told("s", "survey", ago(28)), "week", 1 / 7)],
)
def test_what_stood_a_little_too_far_to_clear_it_is_the_smallest_change(
    survey: Incident, number: str, size: float
) -> None:
    near = AnotherCondition("where[0]", SURVEY, "near", before="week", without=True)
    lead = only_lead(model(993, WASTE, [near], ALONE), [told("w", "waste", ago(20)), survey])
    assert lead.grounds.change.number == number
    assert lead.grounds.change.size == pytest.approx(size, rel=1e-4)


def test_a_report_that_is_a_matter_by_itself_holds_wherever_it_may_have_been() -> None:
    zone = ("zones", [Feature("zones", "Z", Words("Z", "Z"), shapely.box(*at(-5000, -5000), *at(5000, 5000)))])
    one = model(997, WASTE, [PlaceCondition("where[0]", "within", "zones")], ALONE)
    assert only_lead(one, [told("w", "waste", ago(20), 300, accuracy_m=10.0)], zone).grounds.shares == {}


def test_text_where_a_number_is_added_up_counts_nothing_and_stops_nothing() -> None:
    heap = Threshold("group.any[0]", "one", sum="three", sum_field="volume_m3", window="month")
    reports = [
        told("a", "waste", ago(3), attributes={"volume_m3": 500.0}),
        told("b", "waste", ago(2), attributes={"volume_m3": "约12方"}),
    ]
    lead = only_lead(model(990, WASTE, [], Group("cell", (heap,), size="far")), reports)
    assert "500" in lead.grounds.clauses[-1].found["en"]


def test_a_clock_turned_round_holds_for_what_names_no_day_and_says_so() -> None:
    lead = only_lead(model(960, WASTE, [ClockCondition("where[0]", "paid_on", "month", True)], ALONE),
                     [told("w", "waste", ago(3))])  # fmt: skip
    assert "no day on record" in lead.grounds.clauses[1].found["en"]


@pytest.mark.parametrize("more", [16, 21, 60])
def test_later_reports_that_support_nothing_do_not_hide_the_fewest_that_must_go(more: int) -> None:
    three = Threshold("group.any[0]", "three", window="month")
    early = [told(f"a{k}", "waste", ago(2700 - k)) for k in range(4)]
    later = [told(f"b{k}", "waste", ago(2700 - 40 * (k + 1))) for k in range(more)]
    lead = only_lead(model(970, WASTE, [], Group("cell", (three,), size="far")), [*early, *later])
    assert (lead.grounds.change.fewer, lead.grounds.change.exact) == (2, True)
