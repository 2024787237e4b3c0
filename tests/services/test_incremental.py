"""Bit by bit, in any order and batching, equals all at once: for every kind of model that the grammar can say."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from geo_monitor.domain.hit import Hit, LeadKey
from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.layer import Feature, LayerVersion
from geo_monitor.domain.place import Datum
from geo_monitor.domain.words import Words
from geo_monitor.services.ports import Store
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Condition,
    Dated,
    Group,
    Number,
    PlaceCondition,
    Records,
    SupervisionModel,
    Threshold,
    UnusualCondition,
    ValueCondition,
    Watch,
)
from tests.fakes import MemoryStore
from tests.services.test_overlay import DUMPING, at, overlay

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
START = NOW - timedelta(days=60)

NUMBERS = {
    name: Number(name, value, unit, "proposal")
    for name, value, unit in (
        ("one", 1, ""),
        ("two", 2, ""),
        ("three", 3, ""),
        ("near", 120, "m"),
        ("door", 60, "m"),
        ("far", 900, "m"),
        ("day", 1, "d"),
        ("week", 7, "d"),
        ("month", 30, "d"),
        ("share", 70, "%"),
        ("much", 8, ""),
        ("days", 3, "wd"),
    )
}
ONCE = Threshold("group.any[0]", "one")
TWICE = Threshold("group.any[0]", "two", window="month")


def model(number: int, watch: Watch, where: Sequence[Condition], group: Group) -> SupervisionModel:
    named = f"RIV-{number}"
    return replace(DUMPING, id=named, hash=named, watch=watch, where=tuple(where), group=group, numbers=NUMBERS)


WASTE, ODOUR, SURVEY = Watch(category=("waste",)), Records(("odour",)), Records(("survey",))
MODELS = (
    model(910, WASTE, [PlaceCondition("where[0]", "within_distance", "posts", "near")], Group("posts", (TWICE,))),
    model(911, WASTE, [], Group("cluster", (TWICE,), size="near", apart="week")),
    model(912, WASTE, [AnotherCondition("where[0]", ODOUR, "near", "week")], Group("record", (ONCE,))),
    model(
        913, WASTE, [AnotherCondition("where[0]", SURVEY, "far", after="week", without=True)], Group("record", (ONCE,))
    ),
    model(
        914,
        WASTE,
        [
            AnotherCondition(
                "where[0]", ODOUR, before="month", same=("vehicle",), between=SURVEY, count="one", independent=True
            )
        ],
        Group("field", (ONCE,), field="vehicle"),
    ),
    model(
        915,
        Watch(category=("level",)),
        [UnusualCondition("where[0]", "volume_m3", "below", "share", "same_month", "vehicle")],
        Group("record", (ONCE,)),
    ),
    model(916, WASTE, [ClockCondition("where[0]", "occurred", "days")], Group("cell", (TWICE,), size="far")),
    model(
        917,
        Watch(layer="posts", dated="visited"),
        [AnotherCondition("where[0]", Records(("waste", "odour")), "near", "any", "any", count="three")],
        Group("record", (ONCE,)),
    ),
    model(
        918,
        WASTE,
        [
            PlaceCondition(
                "where[0]", "within_distance", "posts", "far", dated=Dated("visited", after="week"), without=True
            )
        ],
        Group("record", (ONCE,)),
    ),
    model(
        919,
        WASTE,
        [ValueCondition("where[0]", "volume_m3", ">=", "two")],
        Group(
            "segment",
            (Threshold("group.any[0]", "one", window="month", sum="much", sum_field="volume_m3"),),
            "far",
            "near",
            of="rivers",
        ),
    ),
    model(
        920,
        Watch(layer="posts", dated="visited"),
        [ClockCondition("where[0]", "visited", "month")],
        Group("record", (ONCE,)),
    ),
)


def some_reports(rng: random.Random, n: int) -> Iterator[Incident]:
    for k in range(n):
        category = rng.choice(["waste", "waste", "waste", "odour", "survey", "level", "level"])
        # Levels come in the same days of several years: only then is anything usual.
        years, days = (rng.choice([0, 0, 1, 2, 3]), 7) if category == "level" else (0, 60)
        when = START + timedelta(seconds=rng.randint(0, days * 86400 - 1)) - timedelta(days=365 * years)
        lon, lat = at(rng.uniform(0, 1500), rng.uniform(-100, 100))
        yield Incident(
            "t",
            f"n{k}",
            "hotline",
            category,
            "",
            when.replace(microsecond=0),
            when,
            lon,
            lat,
            rng.choice([0.0, 15.0]),
            Datum.WGS84,
            Origin("f.csv", "h", k),
            reporter=rng.choice([None, "p", "q", "r"]),
            attributes={"vehicle": rng.choice(["A", "B"]), "volume_m3": float(rng.randint(1, 9))},
        )


def city(rng: random.Random) -> list[tuple[str, list[Feature]]]:
    posts = [
        Feature(
            "posts",
            f"P{k}",
            Words(f"P{k}", f"P{k}"),
            shapely.Point(*at(rng.uniform(0, 1500), rng.uniform(-50, 50))),
            {"visited": (START + timedelta(days=rng.randint(0, 60))).date().isoformat()},
        )
        for k in range(5)
    ]
    rivers = [Feature("rivers", "R1", Words("R1", "R1"), shapely.LineString([at(0, 0), at(1500, 0)]))]
    return [("posts", posts), ("rivers", rivers)]


def founded(layers: Sequence[tuple[str, list[Feature]]]) -> MemoryStore:
    store = MemoryStore()
    with store.writing() as records:
        for name, features in layers:
            records.add_layer(LayerVersion(name, "f", "h", "", "", NOW, "WGS84", len(features)), features)
    return store


def add(store: Store, reports: Sequence[Incident]) -> None:
    with store.writing() as records:
        records.add_incidents(list(reports))


def state(store: Store) -> tuple[list[Hit], dict[LeadKey, tuple[str, ...]], dict[str, Any]]:
    """The hits, and of every lead that is not closed its records and, where the model looked when all had come in, at
    how much of its circle each report holds. (Grounds tell what was known when the lead was raised or joined: a report
    that came later and changes no hit of it writes nothing into them.)"""
    with store.reading() as records:
        every, newest = records.leads_of(), records.latest_incident_seq()
        hits = records.hits_of([LeadKey(m.id, s) for m in MODELS for s in {h.subject for h in _stored(records, m)}])
    standing = [lead for lead in every if not lead.status.closed]
    shares = {lead.id: dict(lead.grounds.shares) for lead in standing if lead.grounds.seq == newest}
    return hits, {lead.key: lead.records for lead in standing}, shares


def _stored(records: Any, m: SupervisionModel) -> list[Hit]:
    return [h for h in records.tables.hits.values() if h.model == m.id]


def run(seed: int, *, back: bool = False) -> int:
    """``back``: the clock may also be set back between two looks (the last look is at the same moment all the same)."""
    rng = random.Random(seed)
    layers, reports = city(rng), list(some_reports(rng, 45))
    whole = founded(layers)
    add(whole, reports)
    overlay(whole, *MODELS).run(NOW, full=True)
    piece_by_piece = founded(layers)
    rng.shuffle(reports)
    cuts = sorted(rng.sample(range(1, len(reports)), rng.randint(1, 6)))
    running, behind = overlay(piece_by_piece, *MODELS), timedelta(days=60)
    for k, (a, b) in enumerate(zip([0, *cuts], [*cuts, len(reports)], strict=True)):
        add(piece_by_piece, reports[a:b])
        # Time goes on while reports come in, sometimes within a day, sometimes over several; the last look is now.
        step = (len(cuts) - k) * rng.choice([timedelta(minutes=20), timedelta(days=2)])
        behind = step if back else min(behind, step)
        running.run(NOW - behind if b < len(reports) else NOW)
    ours, theirs = state(piece_by_piece), state(whole)
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1]
    assert ours[2] == {lead: theirs[2][lead] for lead in ours[2]}
    return len(theirs[1])


@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_and_batching_the_leads_are_those_of_one_look_at_all(seed: int) -> None:
    assert run(seed) >= 5


@pytest.mark.parametrize("seed", [1055, 1171])
def test_a_clock_that_is_set_back_stops_no_run_and_loses_nothing(seed: int) -> None:
    assert run(seed, back=True) >= 5


def test_every_kind_of_model_makes_a_lead_somewhere_in_these_cities() -> None:
    made = set()
    for seed in range(4):
        rng = random.Random(seed)
        layers, reports = city(rng), list(some_reports(rng, 45))
        store = founded(layers)
        add(store, reports)
        overlay(store, *MODELS).run(NOW, full=True)
        made |= {key.model for key in state(store)[1]}
    assert made == {m.id for m in MODELS}


@pytest.mark.prove
def test_three_hundred_cities_in_any_order_and_batching() -> None:
    leads = sum(run(seed) for seed in range(1000, 1300))
    print(f"300 cities, {leads} leads: the same in any order and batching as in one look at all")
