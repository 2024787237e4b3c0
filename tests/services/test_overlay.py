"""The overlay on a store: twice adds nothing, bit by bit equals all at once, and a person's decision stands."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.duty import Posting
from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.layer import Feature, LayerVersion
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.domain.place import Datum, LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.errors import MovedOnError, NotFoundError, RefusedError
from geo_monitor.law.register import read_register
from geo_monitor.services import look as look_module
from geo_monitor.services.audit import verify
from geo_monitor.services.decide import dismiss, take_up
from geo_monitor.services.overlay import Overlay
from geo_monitor.services.ports import LeadQuery, Store
from geo_monitor.supervision.model import (
    Group,
    LeadTemplate,
    Number,
    PlaceCondition,
    SupervisionModel,
    Threshold,
    Watch,
)
from tests.fakes import MemoryStore

CENTRE = LonLat(91.1, 29.65)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PER_LON, PER_LAT = metres_per_degree(CENTRE.lat)

DUMPING = SupervisionModel(
    id="RIV-901",
    version=1,
    status="active",
    title=Words("河岸倾倒", "Dumping on banks"),
    track="public_interest",
    domain="river",
    urgency="high",
    watch=Watch(category=("waste_dumping",)),
    where=(PlaceCondition("where[0]", "nearest", "rivers", "bank"),),
    group=Group("rivers", (Threshold("group.any[0]", "reports", "reporter", "window"),)),
    numbers={
        "bank": Number("bank", 50, "m", "proposal"),
        "reports": Number("reports", 2, "", "proposal"),
        "window": Number("window", 30, "d", "proposal"),
    },
    lead=LeadTemplate("rivers", ("river-24", "code-282"), ("water",), (), Words("先看现场", "look first")),
    cases=(),
    hash="m1",
)
EXPIRED = SupervisionModel(
    id="FOO-901",
    version=1,
    status="active",
    title=Words("许可到期", "Expired licence"),
    track="public_interest",
    domain="food",
    urgency="low",
    watch=Watch(layer="food_businesses", valid="expired_on_day"),
    where=(PlaceCondition("where[0]", "within_distance", "schools", "near"),),
    group=Group("record", (Threshold("group.any[0]", "one"),)),
    numbers={"near": Number("near", 200, "m", "proposal"), "one": Number("one", 1, "", "proposal")},
    lead=LeadTemplate("food_businesses", ("foodreg-15",), ("market_regulation",), (), Words("先查证", "check first")),
    cases=(),
    hash="m2",
)


def at(east: float, north: float) -> tuple[float, float]:
    return CENTRE.lon + east / PER_LON, CENTRE.lat + north / PER_LAT


def report(name: str, east: float, day: float, who: str) -> Incident:
    lon, lat = at(east, 20)
    when = NOW - timedelta(days=100) + timedelta(days=day)
    return Incident(
        "t",
        name,
        "hotline",
        "waste_dumping",
        f"text {name}",
        when,
        when,
        lon,
        lat,
        10,
        Datum.WGS84,
        Origin("f.csv", "h", 2),
        reporter=who,
    )


def load(store: Store, name: str, features: Sequence[Feature], file_hash: str = "h") -> None:
    with store.writing() as records:
        records.add_layer(LayerVersion(name, "f", file_hash, "", "", NOW, "WGS84", len(features)), features)


def city() -> MemoryStore:
    store = MemoryStore()
    load(
        store,
        "rivers",
        [
            Feature(
                "rivers",
                f"R{k}",
                Words(f"河段{k}", f"reach {k}"),
                shapely.LineString([at(k * 1000, 0), at(k * 1000 + 1000, 0)]),
            )
            for k in range(3)
        ],
    )
    load(
        store,
        "districts",
        [Feature("districts", "540102", Words("城关区", "Chengguan"), shapely.box(91.0, 29.5, 91.3, 29.8))],
    )
    load(
        store, "schools", [Feature("schools", "S1", Words("合成学校", "synthetic school"), shapely.Point(*at(0, 500)))]
    )
    load(
        store,
        "food_businesses",
        [
            Feature(
                "food_businesses",
                "B1",
                Words("合成商户", "synthetic shop"),
                shapely.Point(*at(100, 500)),
                valid_to=date(2026, 10, 1),
            )
        ],
    )
    with store.writing() as records:
        records.replace_postings(
            [Posting("districts/540102", "river_chief", "区级河长", "合成河长", "河长办")], "roster.csv", NOW
        )
    return store


def overlay(store: Store, *models: SupervisionModel) -> Overlay:
    return Overlay(
        store,
        {m.id: m for m in models or (DUMPING, EXPIRED)},
        read_register(),
        {},
        centre=CENTRE,
        zone=ZoneInfo("Asia/Shanghai"),
    )


def add(store: Store, *reports: Incident) -> None:
    with store.writing() as records:
        records.add_incidents(reports)


def leads(store: Store) -> list[Lead]:
    with store.reading() as records:
        return records.leads_of()


def picture(store: Store) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {(x.id, x.subject.id, x.status.value, x.records) for x in leads(store)}


def test_a_lead_has_grounds_a_trio_or_a_vacancy_and_a_basis_in_force_on_the_day_of_the_act() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    overlay(store).run(NOW)
    lead = next(x for x in leads(store) if x.model == "RIV-901")
    assert [c.path for c in lead.grounds.clauses] == ["watch", "where[0]", "group.any[0]"]
    placed = lead.grounds.clauses[1]
    assert placed.value == pytest.approx(20, abs=0.01) and placed.margin == pytest.approx(30, abs=0.01)
    assert lead.trio.river_chief.name == "合成河长" and lead.trio.police_chief.vacant
    assert (
        lead.district == "540102"
        and "疑似" in lead.grounds.sentence["zh"]
        and "Suspected" in lead.grounds.sentence["en"]
    )
    carried = [b for b in lead.legal_basis if b.status == "in_force"]
    assert any(b.id == "river-24" for b in carried)
    for basis in carried:
        assert basis.from_day <= lead.last.date() and basis.verified


def test_an_expired_licence_near_a_school_is_dated_by_its_end_not_by_the_run() -> None:
    store = city()
    overlay(store).run(NOW)
    lead = next(x for x in leads(store) if x.model == "FOO-901")
    assert lead.records == ("food_businesses/B1",)
    assert lead.first == datetime(2026, 10, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    before = picture(store)
    overlay(store).run(NOW + timedelta(days=3), full=True)
    assert picture(store) == before


def test_running_the_overlay_again_adds_nothing() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    first = overlay(store).run(NOW)
    with store.reading() as records:
        events, hits = len(records.events()), records.hit_counts()
    assert len(first.opened) == 2
    for full in (False, True):
        again = overlay(store).run(NOW + timedelta(hours=1), full=full)
        assert (again.opened, again.joined, again.superseded) == ([], [], [])
        with store.reading() as records:
            assert len(records.events()) == events and records.hit_counts() == hits


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2900), st.integers(0, 90), st.sampled_from("pqr")), min_size=1, max_size=14),
    st.randoms(use_true_random=False),
)
def test_bit_by_bit_in_any_order_equals_all_at_once(rows: list[tuple[int, int, str]], rng: random.Random) -> None:
    reports = [report(f"{k}", e, d, who) for k, (e, d, who) in enumerate(rows)]
    at_once = city()
    add(at_once, *reports)
    overlay(at_once).run(NOW, full=True)
    piecewise = city()
    running = overlay(piecewise)
    rng.shuffle(reports)
    while reports:
        add(piecewise, *[reports.pop() for _ in range(min(len(reports), rng.randint(1, 4)))])
        running.run(NOW)
    assert picture(piecewise) == picture(at_once)


def test_after_a_dismissal_only_new_reports_raise_a_lead_again() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    running = overlay(store, DUMPING)
    [lead_id] = running.run(NOW).opened
    dismiss(store, lead_id, "procurator", NOW, "施工方已备案，现场已清理", "where[0]")
    assert running.run(NOW, full=True).opened == []
    add(store, report("c", 20, 8, "r"))
    assert running.run(NOW).opened == []
    add(store, report("d", 20, 9, "p"))
    [second] = running.run(NOW).opened
    with store.reading() as records:
        lead = records.lead(second)
        assert lead is not None and lead.previous == lead_id and len(lead.records) == 2
        assert verify(records.events()) == []
        assert records.leads(LeadQuery(statuses=("dismissed",))).total == 1


def test_a_withdrawn_model_takes_its_open_leads_with_it_and_says_so() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    [lead_id] = overlay(store, DUMPING).run(NOW).opened
    report_ = overlay(store, replace(DUMPING, status="retired", version=2)).run(NOW)
    assert report_.superseded == [lead_id]
    assert [x.status for x in leads(store)] == [LeadStatus.SUPERSEDED]


def test_decisions_that_the_state_of_the_lead_does_not_allow_are_refused() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    [lead_id] = overlay(store, DUMPING).run(NOW).opened
    with pytest.raises(RefusedError, match="reason"):
        dismiss(store, lead_id, "x", NOW, "  ")
    with pytest.raises(RefusedError, match="no clause"):
        dismiss(store, lead_id, "x", NOW, "long enough", "where[7]")
    with pytest.raises(NotFoundError):
        take_up(store, "L0", "x", NOW)
    assert take_up(store, lead_id, "x", NOW).status is LeadStatus.TAKEN_UP
    with pytest.raises(RefusedError):
        take_up(store, lead_id, "y", NOW)
    assert dismiss(store, lead_id, "x", NOW, "经核实不属实").status is LeadStatus.DISMISSED
    with pytest.raises(RefusedError):
        dismiss(store, lead_id, "x", NOW, "once more")


def test_a_changed_layer_makes_the_next_run_look_at_everything() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    running = overlay(store, DUMPING)
    running.run(NOW)
    assert not running.run(NOW).full
    load(
        store,
        "rivers",
        [Feature("rivers", "R9", Words("新河段", "new reach"), shapely.LineString([at(0, 1000), at(1000, 1000)]))],
        "h2",
    )
    moved = running.run(NOW)
    assert moved.full and len(moved.superseded) == 1


def test_a_roster_that_comes_after_the_lead_fills_its_seats_and_says_so() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    running = overlay(store, DUMPING)
    [lead_id] = running.run(NOW).opened
    with store.writing() as records:
        records.replace_postings([Posting("*", "police_chief", "警长", "合成警长", "公安局")], "roster.csv", NOW)
    running.run(NOW)
    with store.reading() as records:
        lead = records.lead(lead_id)
        assert lead is not None and lead.trio.police_chief.name == "合成警长" and lead.trio.river_chief.vacant
        assert [e.kind for e in records.events(lead_id)] == ["opened", "reassigned"]
    running.run(NOW, full=True)
    with store.reading() as records:
        assert len(records.events(lead_id)) == 2


def test_a_run_that_another_overtook_throws_its_answer_away_and_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    overlay(store, DUMPING).run(NOW)
    slow, overtaken = overlay(store, DUMPING), []
    plain = look_module.evaluate

    def while_another_runs(*args: Any, **kwargs: Any) -> Any:
        result = plain(*args, **kwargs)
        if not overtaken:
            overtaken.append(True)
            add(store, report("c", 1500, 0, "p"), report("d", 1500, 5, "q"))
            overlay(store, DUMPING).run(NOW)
        return result

    monkeypatch.setattr(look_module, "evaluate", while_another_runs)
    done = slow.run(NOW, full=True)
    assert overtaken and (done.opened, done.superseded) == ([], [])
    assert {x.status for x in leads(store)} == {LeadStatus.OPEN} and len(leads(store)) == 2


def test_nobody_dismisses_records_that_joined_after_the_page_was_shown() -> None:
    store = city()
    add(store, report("a", 10, 0, "p"), report("b", 30, 5, "q"))
    running = overlay(store, DUMPING)
    [lead_id] = running.run(NOW).opened
    add(store, report("c", 20, 8, "r"))
    running.run(NOW)
    with pytest.raises(MovedOnError, match="3 records now, not 2"):
        dismiss(store, lead_id, "x", NOW, "看过两件即排除", seen=2)
    assert dismiss(store, lead_id, "x", NOW, "三件都看过", seen=3).status is LeadStatus.DISMISSED
