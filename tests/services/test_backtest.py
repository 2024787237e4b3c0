"""A model replayed on the past: what was known when, what people decided, and no look ahead."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.layer import Field
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.domain.lifecycle import BacktestRecord
from geo_monitor.domain.words import Words
from geo_monitor.errors import CallError, NotFoundError, RefusedError
from geo_monitor.services.decide import dismiss, take_up
from geo_monitor.services.looks import weeks_between
from geo_monitor.services.moved import variations
from geo_monitor.services.precision import Precision
from geo_monitor.supervision.model import SupervisionModel
from geo_monitor.wiring import shipped_layers
from tests.fakes import MemoryStore
from tests.services.past_world import (
    MONDAY,
    NOW,
    ZONE,
    add,
    after,
    at,
    by_week,
    feature,
    layer,
    load,
    model,
    overlay,
    replayed,
    report,
    river_city,
)

TWO_PEOPLE = "{by: rivers, any: [{count: two, distinct: reporter, window: month}]}"
NO_WORDS = Words("", "")


def decide(store: MemoryStore, model: SupervisionModel, status: str, at: datetime, *subjects: str) -> None:
    """People decide on the leads of these subjects (of all, if none is named)."""
    with store.reading() as records:
        leads = [x for x in records.leads_of() if x.model == model.id and x.status is LeadStatus.OPEN]
    for lead in leads:
        if not subjects or lead.subject.id in subjects:
            if status == "dismissed":
                dismiss(store, lead.id, "zhao", at, "合成：核查有证", "where[0]")
            else:
                take_up(store, lead.id, "zhao", at)


# ---- what is known when ----------------------------------------------------------------------------------------


def test_a_lead_is_of_the_week_in_which_enough_was_reported_not_of_the_week_of_the_act() -> None:
    store = river_city()
    add(
        store,
        report("a", 1, who="p"),
        report("b", 3, who="q", told=16),  # happened in the first week, told in the third
        report("c", 8, 1100, who="p"),
        report("d", 10, 1200, who="q"),
        report("e", 12, 2100, who="p"),  # nobody else on the third reach
    )
    found = replayed(store, model(group=TWO_PEOPLE))
    assert by_week(found) == {"W24": ["R1"], "W25": ["R0"]}
    assert list(found.weeks.values()) == [0, 1, 1, 0, 0, 0, 0, 0]
    assert next(iter(found.weeks)) == "2026-W23"
    assert found.late == 1, "the lead of the first reach waited for its second report"


def test_what_stood_before_the_first_week_is_not_counted_and_later_reports_join_it() -> None:
    store = river_city()
    add(store, report("a", -9), report("b", 2), report("c", 3, 1100))
    found = replayed(store, model())
    assert by_week(found) == {"W23": ["R1"]}
    assert found.before == 1


def test_a_report_at_the_last_second_of_a_week_belongs_to_it() -> None:
    store = river_city()
    second = 1 / 86400
    add(store, report("a", 7 - second), report("b", 7, 1100), report("c", 56 - second, 2100))
    assert by_week(replayed(store, model())) == {"W23": ["R0"], "W24": ["R1"], "W30": ["R2"]}
    add(store, report("d", 56, 100))
    assert replayed(store, model()).weeks["2026-W30"] == 1


def test_weeks_are_iso_weeks_cut_at_the_days_asked_for() -> None:
    weeks = weeks_between(date(2025, 12, 27), date(2026, 1, 6), ZONE, NOW)
    assert [w.name for w in weeks] == ["2025-W52", "2026-W01", "2026-W02"]
    assert [w.begin.astimezone(ZONE).date().isoformat() for w in weeks] == ["2025-12-27", "2025-12-29", "2026-01-05"]
    assert weeks[-1].as_of == datetime(2026, 1, 6, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(CallError, match="the first day comes before"):
        weeks_between(date(2026, 2, 1), date(2026, 1, 1), ZONE, NOW)
    with pytest.raises(CallError, match="2026-11-23 has not come yet"):
        weeks_between(date(2026, 2, 1), date(2026, 11, 23), ZONE, NOW)


KINDS = {
    "by reach": model(group=TWO_PEOPLE),
    "by cell": model(group="{by: cell, size: side, any: [{count: two, distinct: reporter, window: month}]}"),
    "each alone": model(group="{by: record, any: [{count: one}]}"),
    "by field": model(group="{by: field, field: vehicle, any: [{count: two, window: days}]}"),
    "a share": model(group="{by: rivers, any: [{count: two, share: {at_least: half, having: {evidence: [photo]}}}]}"),
    "beside another": model(
        where="[{another: {category: [litter], at_most: wide, before: days, after: days}}]",
        group="{by: cell, size: side, any: [{count: one}]}",
    ),
    "nothing followed": model(
        where="[{without: {another: {category: [litter], at_most: wide, after: days}}}]",
        group="{by: cell, size: side, any: [{count: one}]}",
    ),
    "a clock": model(
        where="[{clock: {since: occurred, passed: days}}]", group=TWO_PEOPLE.replace("rivers", "cell, size: side")
    ),
}


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    drawn=st.lists(
        st.tuples(
            st.integers(-60, 35 * 24),
            st.integers(0, 20 * 24),
            st.integers(0, 2900),
            st.sampled_from("pqr"),
            st.sampled_from(["dumping", "dumping", "litter"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=16,
    ),
    dismissed=st.lists(st.integers(0, 5), max_size=2),
)
def test_the_back_test_raises_week_by_week_what_the_overlay_would_have_raised(
    kind: str, drawn: list[tuple[int, int, int, str, str, bool]], dismissed: list[int]
) -> None:
    """The real overlay, run at the end of each week on a store that holds only what was known by then; now and then
    everything that is open is dismissed."""
    asked = replace(KINDS[kind], status="active")
    reports = [
        report(
            str(n),
            (hours + 0.5) / 24,
            east,
            told=(hours + 0.5 + late) / 24,
            who=who,
            category=category,
            evidence=("photo",) if photo else (),
            vehicle=who,
        )
        for n, (hours, late, east, who, category, photo) in enumerate(drawn)
    ]
    store = river_city()
    weeks = [None, *weeks_between(MONDAY.date(), MONDAY.date() + timedelta(days=41), ZONE, NOW)]
    opened: dict[str, tuple[str, str]] = {}
    stored: set[str] = set()
    for n, week in enumerate(weeks):
        as_of = MONDAY.astimezone(UTC) - timedelta(seconds=1) if week is None else week.as_of
        new = [r for r in reports if r.reported <= as_of and r.source_id not in stored]
        stored |= {r.source_id for r in new}
        add(store, *new)
        overlay(store, asked).run(as_of, full=True)
        with store.reading() as records:
            for lead in records.leads_of():
                opened.setdefault(lead.id, ("before" if week is None else week.name, lead.subject.id))
        if n in dismissed and n + 1 < len(weeks):
            decide(store, asked, "dismissed", as_of + timedelta(seconds=1))
    add(store, *(r for r in reports if r.source_id not in stored))
    found = replayed(store, KINDS[kind], weeks=6)
    raised = Counter((lead.week, lead.subject.id) for lead in found.leads)
    expected = Counter(opened.values())
    before = sum(n for (week, _), n in expected.items() if week == "before")
    assert raised == Counter({k: n for k, n in expected.items() if k[0] != "before"})
    assert found.before == before


def test_clusters_are_one_lead_also_when_they_grow_together_and_change_their_name() -> None:
    store = river_city()
    cluster = model(group="{by: cluster, size: wide, any: [{count: two}]}")
    add(
        store,
        report("b", 1, 100),
        report("c", 2, 250),
        report("a", 0, 400, told=15),  # earlier than both, told later: the cluster is named anew
        report("x", 3, 2000),
        report("y", 16, 2100),
    )
    found = replayed(store, cluster)
    assert [(lead.week[-3:], len(lead.records)) for lead in found.leads] == [("W23", 3), ("W25", 2)]


# ---- no look ahead ---------------------------------------------------------------------------------------------


class Pretending(SupervisionModel):
    """A model that hides that it looks around."""

    @property
    def looks_around(self) -> bool:
        return False

    @property
    def waits_for_time(self) -> bool:
        return False


def pretending(honest: SupervisionModel) -> SupervisionModel:
    return Pretending(**{name: getattr(honest, name) for name in honest.__dataclass_fields__})


BESIDE = model(
    where="[{nearest: {of: rivers, at_most: near}}, {another: {category: [litter], at_most: wide, after: days}}]",
    group="{by: record, any: [{count: one}]}",
)


def test_a_lead_that_needs_a_later_report_is_dated_to_that_report_and_not_refused() -> None:
    store = river_city()
    add(store, report("a", 5), report("l", 8, 150, category="litter"), report("b", 20))
    assert by_week(replayed(store, BESIDE)) == {"W24": [report("a", 5).id]}
    assert replayed(store, BESIDE).late == 1


def test_a_model_that_hides_that_it_looks_around_is_refused_and_the_clause_is_named() -> None:
    store = river_city()
    add(store, report("a", 5), report("l", 8, 150, category="litter"), report("b", 20))
    with pytest.raises(RefusedError, match=r"(?s)known only later.*where\[1\]: whether report .* \(2026-06-06 00:00\)"):
        replayed(store, pretending(BESIDE))
    absent = model(
        where="[{without: {another: {category: [litter], at_most: wide, after: any}}}]",
        group="{by: record, any: [{count: one}]}",
    )
    with pytest.raises(RefusedError, match=r"where\[0\]"):
        replayed(store, pretending(absent))


def test_a_report_that_came_in_after_the_last_week_gives_a_leak_away_too() -> None:
    store = river_city()
    add(store, report("a", 5), report("l", 6, 150, category="litter", told=70))
    assert by_week(replayed(store, BESIDE)) == {}
    with pytest.raises(RefusedError, match=r"where\[1\]"):
        replayed(store, pretending(BESIDE))


def test_a_model_that_pretends_nothing_passes_the_check() -> None:
    store = river_city()
    add(store, *(report(str(n), n, 40.0 * n, who=str(n)) for n in range(50)))
    honest = model(group=TWO_PEOPLE)
    assert replayed(store, pretending(honest)).leads == replayed(store, honest).leads != ()


SHOPS = layer(
    "food_businesses",
    Field("id", NO_WORDS),
    Field("status", Words("许可状态", "Licence status"), as_of_today=True),
)
REVOKED = model(
    where="[{within_distance: food_businesses, at_most: near, where: {status: [revoked]}}]",
    group="{by: record, any: [{count: one}]}",
)


def test_a_state_as_of_today_is_refused_over_a_time_of_which_no_version_is_stored() -> None:
    store = river_city()
    load(store, "food_businesses", [feature("food_businesses", "B1", 100, status="revoked")])
    add(store, report("a", 1))
    with pytest.raises(RefusedError) as told:
        replayed(store, REVOKED, layers={"food_businesses": SHOPS})
    assert "where[0] asks for status of food_businesses" in str(told.value)
    assert "the first version that is stored was loaded on 2026-11-01" in str(told.value)


def test_with_the_version_of_that_time_the_state_of_that_time_is_used() -> None:
    store = river_city()
    for state, loaded in (("valid", after(-5)), ("revoked", after(10)), ("valid", after(30))):
        shop = feature("food_businesses", "B1", 100, status=state, seen=loaded.isoformat())
        load(store, "food_businesses", [shop], loaded, file_hash=loaded.isoformat())
    add(store, report("a", 1), report("b", 16, 120), report("c", 40, 90))
    found = replayed(store, REVOKED, layers={"food_businesses": SHOPS})
    # When the licence was revoked the earlier report counted as well, as a full run would have found; when it was valid
    # again, nothing new did, and the two leads had lapsed.
    assert by_week(found) == {"W24": [report("a", 1).id], "W25": [report("b", 16).id]}
    assert found.lapsed == 2


def test_a_layer_whose_first_version_came_within_the_time_is_refused_too() -> None:
    store = river_city()
    load(store, "food_businesses", [feature("food_businesses", "B1", 100, status="revoked")], after(10))
    add(store, report("a", 1))
    with pytest.raises(RefusedError, match="2026-06-11"):
        replayed(store, REVOKED, layers={"food_businesses": SHOPS})
    assert replayed(store, REVOKED, 2, layers={"food_businesses": SHOPS}, first=after(14).date()).before == 1


@pytest.mark.parametrize(
    ("parts", "clause"),
    [
        ({"watch": "{layer: food_businesses, where: {status: [revoked]}}", "where": "[]"}, "watch asks for status"),
        (
            {
                "watch": "{layer: food_businesses, valid: on_day}",
                "where": "[{value: {field: status, one_of: [revoked]}}]",
            },
            "where[0] asks for status",
        ),
        (
            {"group": "{by: record, any: [{count: one, having: {field: overdue_days, at_least: two}}]}"},
            "group.any[0] asks for overdue_days of the reports",
        ),
        (
            {
                "where": "[{another: {category: [litter], before: days, "
                "where: [{value: {field: reroutes, at_least: two}}]}}]"
            },
            "asks for reroutes of the reports",
        ),
        (
            {"where": "[{without: {matching: food_businesses, same: {licence: status}}}]"},
            "where[0] asks for status of food_businesses",
        ),
    ],
)
def test_every_way_of_asking_for_a_state_as_of_today_is_seen(parts: dict[str, str], clause: str) -> None:
    store = river_city()
    load(store, "food_businesses", [feature("food_businesses", "B1", 100, status="revoked")])
    asked = model(**{"group": "{by: record, any: [{count: one}]}", **parts})
    with pytest.raises(RefusedError) as told:
        replayed(store, asked, layers={"food_businesses": SHOPS})
    assert clause in str(told.value)


def test_the_shipped_layers_mark_their_states() -> None:
    marked = {
        (part.name, f.name)
        for whole in shipped_layers()
        for part in whole.family()
        for f in part.fields
        if f.as_of_today
    }
    assert {("food_businesses", "status"), ("works_projects", "flood_review"), ("wells", "tested")} <= marked
    assert {("risk_sources", "surveyed"), ("source_signs", "checked")} <= marked, "each new day writes over the last"
    assert ("penalties", "decided") not in marked


# ---- registers as they were known --------------------------------------------------------------------------------

CHECKS = layer(
    "inspections",
    Field("id", NO_WORDS),
    Field("inspected", NO_WORDS, kind="date", required=True),
    Field("closed", NO_WORDS, kind="date"),
    Field("deadline", NO_WORDS, kind="date", planned=True),
)


def test_a_row_of_a_register_is_known_from_its_day_on() -> None:
    unseen = model(
        where="[{without: {within_distance: inspections, at_most: near, dated: {field: inspected, after: any}}}]",
        group="{by: record, any: [{count: one}]}",
    )
    near_one = model(where="[{within_distance: inspections, at_most: near}]", group="{by: record, any: [{count: one}]}")
    store = river_city()
    load(store, "inspections", [feature("inspections", "I1", 100, inspected="2026-06-24")])
    add(store, report("a", 1), report("b", 2, 900))
    a, b = report("a", 1).id, report("b", 2).id
    layers = {"inspections": CHECKS}
    found = replayed(store, unseen, layers=layers)
    assert by_week(found) == {"W23": sorted([a, b])}
    assert found.lapsed == 1, "the inspection of the fourth week answered one of them"
    found = replayed(store, near_one, layers=layers)
    assert by_week(found) == {"W26": [a]}
    assert found.as_they_stand == ("inspections",)


def test_a_day_that_came_later_is_not_there_before_and_a_deadline_is() -> None:
    watch = "{layer: inspections, dated: inspected}"
    once = "{by: record, any: [{count: one}]}"
    not_closed = model(watch=watch, where="[{without: {value: {field: closed, present: yes}}}]", group=once)
    overdue = model(watch=watch, where="[{clock: {since: deadline, passed: days}}]", group=once)
    closed = model(watch=watch, where="[{value: {field: closed, present: yes}}]", group=once)
    store = river_city()
    load(
        store,
        "inspections",
        [feature("inspections", "I1", 100, inspected="2026-06-03", closed="2026-06-17", deadline="2026-06-20")],
    )
    layers = {"inspections": CHECKS}
    found = replayed(store, not_closed, layers=layers)
    assert (by_week(found), found.lapsed) == ({"W23": ["I1"]}, 1)
    assert by_week(replayed(store, closed, layers=layers)) == {"W25": ["I1"]}
    assert by_week(replayed(store, overdue, layers=layers)) == {"W26": ["I1"]}


def test_a_term_that_began_later_is_not_there_before() -> None:
    store = river_city()
    load(store, "schools", [feature("schools", "S1", 100, valid_from=date(2026, 6, 25)), feature("schools", "S2", 900)])
    near = model(where="[{within_distance: schools, at_most: near}]", group="{by: schools, any: [{count: one}]}")
    add(store, report("a", 1), report("b", 2, 900))
    assert by_week(replayed(store, near)) == {"W23": ["S2"], "W26": ["S1"]}


def test_a_standing_thing_that_is_watched_is_of_the_week_in_which_it_was_first_seen() -> None:
    store = river_city()
    shops = [
        feature("food_businesses", "B1", 100, valid_to=date(2026, 6, 16)),
        feature("food_businesses", "B2", 200, valid_from=date(2026, 6, 24), valid_to=date(2026, 7, 5)),
        feature("food_businesses", "B3", 300, valid_to=date(2025, 1, 1)),
    ]
    load(store, "food_businesses", shops)
    once = "{by: record, any: [{count: one}]}"
    expired = model(watch="{layer: food_businesses, valid: expired_on_day}", where="[]", group=once)
    found = replayed(store, expired)
    assert by_week(found) == {"W25": ["B1"], "W28": ["B2"]}
    assert found.before == 1
    running = model(watch="{layer: food_businesses, valid: on_day}", where="[]", group=once)
    assert by_week(replayed(store, running)) == {"W26": ["B2"]}


def test_days_that_a_report_is_given_later_are_not_known_before() -> None:
    store = river_city()
    open_still = model(
        where="[{without: {value: {field: finished, present: yes}}}, {clock: {since: occurred, passed: day}}]",
        group="{by: record, any: [{count: one}]}",
    )
    done = model(where="[{value: {field: finished, present: yes}}]", group="{by: record, any: [{count: one}]}")
    add(store, report("a", 1, finished="2026-06-18"))
    assert by_week(replayed(store, open_still)) == {"W23": [report("a", 1).id]}
    assert by_week(replayed(store, done)) == {"W25": [report("a", 1).id]}


def test_an_exception_holds_from_when_it_was_made_and_not_before() -> None:
    store = river_city()
    add(store, report("a", 1), report("b", 9, 120), report("c", 22, 90))
    area = shapely.Point(*at(100, 20)).buffer(0.01)
    held = Exemption(
        "E1",
        "RIV-900",
        "zhao",
        "合成理由",
        area,
        date(2026, 1, 1),
        date(2026, 12, 31),
        created=after(15).astimezone(UTC),
    )
    each = model(group="{by: record, any: [{count: one}]}")
    with store.writing() as records:
        records.add_exception(held)
    assert by_week(replayed(store, each)) == {"W23": [report("a", 1).id], "W24": [report("b", 9).id]}


# ---- what people decided ----------------------------------------------------------------------------------------


def history(**options: Any) -> tuple[MemoryStore, SupervisionModel]:
    """Three reaches with a lead each, raised by the real overlay on 1 August."""
    store = river_city()
    asked = model(group=TWO_PEOPLE, **options)
    add(store, *(report(f"{k}{who}", 3 + 7 * k, 1000.0 * k + 100, who=who) for k in range(3) for who in "pq"))
    overlay(store, replace(asked, status="active")).run(datetime(2026, 8, 1, tzinfo=UTC))
    return store, asked


def test_leads_are_measured_by_what_people_decided_on_the_same_matter() -> None:
    store, asked = history()
    assert replayed(store, asked).precision == Precision(0, 0)
    decide(store, asked, "taken_up", datetime(2026, 8, 2, tzinfo=UTC), "R0", "R1")
    decide(store, asked, "dismissed", datetime(2026, 8, 2, tzinfo=UTC), "R2")
    for version in (1, 2):
        found = replayed(store, replace(asked, version=version))
        assert found.precision == Precision(2, 1)
        assert {lead.subject.id: lead.decided for lead in found.leads} == {
            "R0": "taken_up",
            "R1": "taken_up",
            "R2": "dismissed",
        }
    assert found.record(NOW) == BacktestRecord("RIV-900", 2, date(2026, 6, 1), date(2026, 7, 26), 3, 3, 2, NOW)
    assert found.as_dict()["precision"] == pytest.approx(2 / 3, abs=1e-4)


def test_open_and_superseded_leads_and_those_of_other_models_decide_nothing() -> None:
    store, asked = history()
    decide(store, asked, "dismissed", datetime(2026, 8, 2, tzinfo=UTC), "R1")
    with store.writing() as records:
        first = records.leads_of()[0]
        records.put_lead(replace(first, status=LeadStatus.SUPERSEDED))
    assert replayed(store, asked).precision == Precision(0, 1)
    assert replayed(store, replace(asked, id="RIV-901")).precision == Precision(0, 0)


def test_a_lead_without_a_record_in_common_is_another_matter() -> None:
    store, asked = history()
    add(store, report("new1", 40, 300, who="p"), report("new2", 41, 300, who="q"))
    decide(store, asked, "taken_up", datetime(2026, 8, 2, tzinfo=UTC), "R0")
    later = replayed(store, asked, weeks=3, first=after(35).date())
    assert (len(later.leads), later.before) == (0, 3), "the reports of July join the matter of June"
    decide(store, asked, "dismissed", datetime(2026, 8, 2, tzinfo=UTC), "R1", "R2")
    wider = replayed(store, asked, settings={"near": "60 m"})
    assert wider.precision == Precision(1, 2), "the numbers changed, the matters did not"


def test_with_other_sizes_of_cells_a_matter_is_known_by_its_records() -> None:
    store = river_city()
    asked = model(group="{by: cell, size: side, any: [{count: two}]}")
    add(store, report("a", 1, 100), report("b", 2, 110), report("c", 3, 2000), report("d", 4, 2010))
    overlay(store, replace(asked, status="active")).run(datetime(2026, 8, 1, tzinfo=UTC))
    decide(store, asked, "taken_up", datetime(2026, 8, 2, tzinfo=UTC))
    same = replayed(store, asked)
    other = replayed(store, asked, settings={"side": "517 m"})
    assert same.precision == other.precision == Precision(2, 0)
    assert {lead.subject for lead in same.leads}.isdisjoint(lead.subject for lead in other.leads)


def test_after_a_dismissal_new_reports_raise_a_new_lead_that_is_judged_by_itself() -> None:
    store = river_city()
    asked = model(group=TWO_PEOPLE)
    add(store, report("a", 1, who="p"), report("b", 2, who="q"))
    run = overlay(store, replace(asked, status="active"))
    run.run(after(7))
    decide(store, asked, "dismissed", after(8))
    add(store, report("c", 15, who="p"), report("d", 16, who="q"))
    run.run(after(21))
    decide(store, asked, "taken_up", after(22))
    found = replayed(store, asked)
    assert [(lead.week[-3:], lead.decided, len(lead.records)) for lead in found.leads] == [
        ("W23", "dismissed", 2),
        ("W25", "taken_up", 2),
    ]
    assert found.precision == Precision(1, 1)


def test_overlap_tells_with_which_models_the_leads_share_records() -> None:
    store = river_city()
    asked, other = model(), model("RIV-901", group="{by: record, any: [{count: two}]}")
    other = replace(
        other, group=replace(asked.group), numbers={**asked.numbers, "near": replace(asked.numbers["near"], value=25)}
    )
    add(store, report("a", 1), report("b", 2, 1100), report("c", 3, 2100))
    overlay(store, replace(asked, status="active"), replace(other, status="active")).run(after(30))
    found = replayed(store, asked)
    assert found.overlap == {"RIV-901": 1.0}
    with store.writing() as records:
        gone = next(x for x in records.leads_of() if x.model == "RIV-901" and x.subject.id == "R0")
        records.put_lead(replace(gone, status=LeadStatus.SUPERSEDED))
    assert replayed(store, asked).overlap == {"RIV-901": pytest.approx(2 / 3)}


# ---- numbers ----------------------------------------------------------------------------------------------------


def test_numbers_are_set_by_name_and_unit() -> None:
    store = river_city()
    add(store, report("a", 1))
    strict = replayed(store, model(), settings={"near": "0.01km"})
    assert strict.leads == ()
    assert strict.model.numbers["near"].base == 10
    assert strict.numbers == {"near": "0.01km"}


@pytest.mark.parametrize(
    ("setting", "error", "told"),
    [
        ({"nearby": "80 m"}, NotFoundError, "no number of this model named 'nearby'"),
        ({"near": "80"}, CallError, "a value like 50 m"),
        ({"near": "80 d"}, CallError, "a value like 50 m"),
        ({"near": "80 mm"}, CallError, "did you mean"),
        ({"near": "-80 m"}, CallError, "not less than nothing"),
        ({"near": "eighty"}, CallError, "a value like 50 m"),
        ({"one": "0"}, CallError, "a whole number from 1 on"),
        ({"one": "1.5"}, CallError, "a whole number from 1 on"),
        ({"one": "2 m"}, CallError, "without a unit"),
    ],
)
def test_a_number_set_wrongly_is_told_with_what_was_expected(
    setting: dict[str, str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        replayed(river_city(), model(), settings=setting)


def test_sensitivity_moves_each_number_alone_and_counts_the_leads() -> None:
    store = river_city()
    chance = random.Random(5)
    for n in range(60):
        add(store, report(str(n), chance.uniform(0, 50), chance.uniform(0, 2900), who=chance.choice("pqrs")))
    asked = model(group="{by: cell, size: side, any: [{count: two, distinct: reporter, window: days}]}")
    found = replayed(store, asked, sensitivity=True)
    moved = {(m.number, m.change): (m.value, m.leads) for m in found.sensitivity}
    assert set(moved) == {
        *((n, c) for n in ("days", "near", "side") for c in ("-20 %", "-10 %", "+10 %", "+20 %")),
        ("two", "-1"),
        ("two", "+1"),
    }
    assert moved["near", "-10 %"][0] == "45 m" and moved["days", "+20 %"][0] == "3.6 d"
    for (number, _), (value, leads) in moved.items():
        assert len(replayed(store, asked, settings={number: value}).leads) == leads
    assert len({leads for _, leads in moved.values()}) > 3
    assert moved["two", "-1"][1] > len(found.leads) > moved["two", "+1"][1]


def test_a_count_is_never_moved_to_nothing_and_months_stay_whole() -> None:
    asked = model(
        where="[{clock: {since: occurred, passed: term}}]", group="{by: cell, size: side, any: [{count: one}]}"
    )
    moved = [(n, change, str(number)) for n, change, number in variations(asked)]
    assert [m for m in moved if m[0] == "one"] == [("one", "+1", "2")]
    assert [m for m in moved if m[0] == "term"] == [], "a fifth more than a month is a month"


# ---- data that is not there ----------------------------------------------------------------------------------------


def test_a_model_without_its_data_is_not_tested() -> None:
    store = MemoryStore()
    add(store, report("a", 1))
    with pytest.raises(RefusedError, match="waits for rivers: there is nothing to test it on"):
        replayed(store, model())


def test_weeks_in_which_a_kind_of_record_had_never_come_in_are_told() -> None:
    store = river_city()
    add(store, report("a", 1), report("r", 17, category="rain"))
    found = replayed(store, model(needs="{layers: [rivers], records: [rain]}"))
    assert found.waited == {"rain": 2}
    assert by_week(found) == {"W25": ["R0"]}, "the report of the first week counts as soon as the model can run"


# ---- the proof -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coverage:
    repeats: int
    covered: int
    decided: int

    @property
    def share(self) -> float:
        return self.covered / self.repeats


def coverage(repeats: int, seed: int, matters: int = 80) -> Coverage:
    """A past with ``matters`` leads, each of which is true with a probability p (the truth: the precision over all
    leads of this process, drawn anew for each repeat); procurators decide a random part of them, whatever the truth.
    How often the interval that the back-test prints holds p."""
    chance = random.Random(seed)
    store = river_city(reaches=matters)
    asked = model(group=TWO_PEOPLE)
    for k in range(matters):
        day = chance.uniform(0, 50)
        add(
            store,
            report(f"{k}a", day, 1000.0 * k + 300, who="p"),
            report(f"{k}b", day + chance.uniform(0, 5), 1000.0 * k + 600, who="q"),
        )
    overlay(store, replace(asked, status="active")).run(after(60))
    with store.reading() as records:
        leads = [lead.id for lead in records.leads_of()]
    assert len(leads) == matters
    covered, decided = 0, 0
    for _ in range(repeats):
        truth, seen = chance.uniform(0.05, 0.95), chance.uniform(0.2, 0.9)
        past = store.twin()
        with past.writing() as records:
            for lead in leads:
                real = chance.random() < truth
                if chance.random() < seen:
                    kept = records.lead(lead)
                    assert kept is not None
                    status = LeadStatus.TAKEN_UP if real else LeadStatus.DISMISSED
                    records.put_lead(replace(kept, status=status))
                    records.add_event(lead, after(61), "zhao", status.value, "合成理由", {})
        found = replayed(past, asked)
        interval = found.precision.interval
        assert len(found.leads) == matters and interval is not None
        covered += interval[0] <= truth <= interval[1]
        decided += found.precision.decided
    return Coverage(repeats, covered, decided)


def test_the_interval_holds_the_true_precision_about_as_often_as_it_says() -> None:
    sample = coverage(24, seed=11, matters=40)
    assert sample.decided > 24 * 10
    assert sample.covered >= 21


@pytest.mark.prove
def test_over_five_hundred_pasts_the_interval_holds_the_true_precision_in_93_to_97_of_a_hundred(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = coverage(500, seed=20261122)
    with capsys.disabled():
        print(
            f"\nback-test: the 95 % interval held the true precision in {found.covered} of {found.repeats} repeats "
            f"({100 * found.share:.1f} %), {found.decided / found.repeats:.1f} of 80 leads decided on average"
        )
    assert 0.93 <= found.share <= 0.97
