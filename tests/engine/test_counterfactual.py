"""The printed change lets the lead pass, and nothing smaller does: shown by brute force on random leads."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from geo_monitor.domain.hit import Change
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.counterfactual import STEP, Lead, numbers_moved
from geo_monitor.engine.evaluate import Matter, evaluate
from geo_monitor.engine.explain import examine
from geo_monitor.engine.join import IndexShelf
from geo_monitor.engine.sieve import World
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Condition,
    Dated,
    Group,
    Having,
    LeadTemplate,
    Number,
    PlaceCondition,
    Records,
    SupervisionModel,
    Threshold,
    ValueCondition,
    Watch,
)
from tests.engine.test_evaluate import CENTRE, ZONE, at, incident

NOW = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
START = datetime(2026, 8, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
assert str(ZONE) == "Asia/Shanghai"


@dataclass(frozen=True)
class Scene:
    model: SupervisionModel
    incidents: IncidentColumns
    layers: Mapping[str, LayerColumns]

    def matters(self, numbers: Mapping[str, Number] | None = None, without: str = "") -> list[Matter]:
        model = self.model if numbers is None else replace(self.model, numbers=numbers)
        incidents = self.incidents.take(self.incidents.ids != without)
        answer = evaluate([model], incidents, self.layers, as_of=NOW, centre=CENTRE, zone=ZONE)
        return answer.matters


def model(where: list[Condition], group: Group, numbers: Mapping[str, tuple[float, str]]) -> SupervisionModel:
    return SupervisionModel(
        id="TST-001",
        version=1,
        status="active",
        title=Words("试", "try"),
        track="public_interest",
        domain="river",
        urgency="low",
        watch=Watch(category=("dumping",)),
        where=tuple(where),
        group=group,
        numbers={k: Number(k, v, u, "proposal") for k, (v, u) in numbers.items()},
        lead=LeadTemplate("", (), (), (), Words("", "")),
        cases=(),
    )


def some_model(rng: random.Random) -> SupervisionModel:
    """One of the shapes that models of the library have, with numbers drawn at random."""
    near, window = rng.choice([40.0, 80.0, 150.0]), rng.choice([5.0, 15.0, 40.0])
    numbers = {
        "near": (near, "m"),
        "window": (window, "d"),
        "count": (float(rng.randint(2, 4)), ""),
        "one": (1.0, ""),
        "few": (float(rng.randint(1, 3)), ""),
        "volume": (float(rng.randint(3, 12)), ""),
        "side": (400.0, "m"),
        "term": (float(rng.randint(5, 40)), "d"),
        "half": (50.0, "%"),
        "way": (rng.choice([120.0, 250.0, 400.0]), "m"),
        "bank": (rng.choice([60.0, 120.0, 200.0]), "m"),
    }
    enough = Threshold("group.any[0]", "count", rng.choice(["", "reporter", "day"]), "window")
    shape = rng.randrange(11)
    if shape == 0:
        return model([PlaceCondition("w", "within_distance", "posts", "near")], Group("posts", (enough,)), numbers)
    if shape == 1:
        far = PlaceCondition("w", "within_distance", "posts", "near", without=True)
        return model([far], Group("cell", (enough,), size="side"), numbers)
    if shape == 2:
        return model([], Group("posts", (enough,), reach="near"), numbers)
    if shape == 3:
        total = Threshold("group.any[0]", "one", window="window", sum="volume", sum_field="volume_m3")
        seen = Threshold(
            "group.any[1]", "one", having=Having(evidence=("photo",), field="count", op=">=", number="few")
        )
        return model([], Group("cell", (total, seen), size="side"), numbers)
    if shape == 4:
        return model([], Group("cluster", (enough,), size="near", apart="term"), numbers)
    if shape == 5:
        value = ValueCondition("w", "volume_m3", rng.choice([">=", ">", "<=", "<"]), "volume")
        return model([value], Group("cell", (enough,), size="side"), numbers)
    if shape == 6:
        other = AnotherCondition("w", Records(("odour",)), at_most="near", before="term", without=rng.random() < 0.4)
        return model(
            [other], Group("cell", (replace(enough, count="one", window="", distinct=""),), size="side"), numbers
        )
    if shape == 7:
        late = PlaceCondition(
            "w", "within_distance", "posts", "near", dated=Dated("visited", after="term"), without=rng.random() < 0.5
        )
        return model([late, ClockCondition("c", "occurred", "term")], Group("cell", (enough,), size="side"), numbers)
    if shape in (8, 9):
        relation = rng.choice(["upstream_of", "downstream_of", "same_reach"])
        way = "" if relation == "same_reach" else "way"
        wet = PlaceCondition("w", relation, "posts", way, bank="bank")
        return model([wet], Group("posts", (replace(enough, count=rng.choice(["one", "count"])),)), numbers)
    shared = Threshold(
        "group.any[0]", "count", window="window", share="half", share_having=Having(evidence=("photo", "video"))
    )
    crowded = Threshold("group.any[1]", "count", window="window", few="few", few_field="vehicle")
    return model([], Group("cell", (shared, crowded), size="side"), numbers)


#: Two brooks that meet in the middle of the square and leave it to the east.
RIVERS = [
    Feature("rivers", name, Words(name, name), shapely.LineString([at(*xy) for xy in points]))
    for name, points in (
        ("R1", [(0, 320), (90, 300), (200, 200)]),
        ("R2", [(0, 60), (120, 110), (200, 200)]),
        ("R3", [(200, 200), (300, 230), (400, 180)]),
    )
]


def some_scene(rng: random.Random) -> Scene:
    incidents = [
        incident(
            f"n{k}",
            rng.uniform(0, 400),
            rng.uniform(0, 400),
            START + timedelta(seconds=rng.randint(0, 45 * 86400)),
            category=rng.choice(["dumping", "dumping", "odour"]),
            reporter=rng.choice([None, "a", "b", "c", "d"]),
            evidence=frozenset(rng.sample(["photo", "video"], rng.randint(0, 1))),
            attributes={
                "volume_m3": rng.choice([None, 1.0, 2.5, 4.0, 7.5]),
                "count": rng.choice([None, 1, 2, 3, 5]),
                "vehicle": rng.choice(["A", "B", "C"]),
            },
        )
        for k in range(rng.randint(4, 16))
    ]
    posts = [
        Feature(
            "posts",
            f"P{k}",
            Words(f"P{k}", f"P{k}"),
            shapely.Point(at(rng.uniform(0, 400), rng.uniform(0, 400))),
            properties={"visited": (START + timedelta(days=rng.randint(0, 60))).date().isoformat()},
        )
        for k in range(rng.randint(1, 4))
    ]
    attributes = ("volume_m3", "count", "vehicle")
    layers = {"posts": LayerColumns.of("posts", "p@1", posts), "rivers": LayerColumns.of("rivers", "r@1", RIVERS)}
    return Scene(some_model(rng), IncidentColumns.of(incidents, attributes), layers)


def some_leads(rng: random.Random, n: int) -> Iterator[tuple[Scene, Matter]]:
    """At most one lead a scene, so that all kinds of models have their share."""
    made = 0
    while made < n:
        scene = some_scene(rng)
        matters = scene.matters()
        if matters:
            made += 1
            yield scene, rng.choice(matters)


def smallest(scene: Scene, matter: Matter) -> Change:
    world = World(scene.layers, CENTRE, ZONE, NOW, IndexShelf())
    examined = examine(scene.model, scene.incidents, world, pool=scene.incidents)
    members = examined.members(matter.subject, matter.records)
    assert len(members) == len(matter.records)
    return Lead(examined.rerun, examined.hits, matter.subject, members, ZONE).smallest()


def stands(scene: Scene, matter: Matter, left: list[Matter]) -> bool:
    """Whether the lead is still among these matters: a cluster lives on in any part of it."""
    if scene.model.group.by == "cluster":
        return any(set(m.records) & set(matter.records) for m in left)
    return any(m.subject == matter.subject for m in left)


def moved(number: Number, base: float) -> Number:
    return number.at(max(base, 0.0))


def brute_force(scene: Scene, matter: Matter, change: Change, rng: random.Random) -> None:
    """Raises AssertionError if the change does not let the lead pass, or a smaller one does."""
    numbers = scene.model.numbers
    n = len(matter.records)
    gone = [r for r in matter.records if not stands(scene, matter, scene.matters(without=r))]
    if change.number:
        there = {**numbers, change.number: moved(numbers[change.number], change.value)}
        assert not stands(scene, matter, scene.matters(there)), "the printed change does not let it pass"
    elif change.fewer == 1:
        assert gone, "no single report is needed"
    if change.fewer > 1 and change.exact:
        assert not gone, "one report fewer would have done"
    size = change.size if change.size else 1.0
    assert not (gone and 1.0 / n < size - 1e-9), "one report fewer is the smaller change"
    for name in numbers_moved(scene.model):
        number = numbers[name]
        whole = number.kind == "count" and name in ("count", "one", "few")
        step = 1.0 if whole else STEP.get(number.kind, 10.0 ** np.floor(np.log10(number.base) - 4))
        last = int(np.ceil(size * number.base / step - 0.01)) - 1  # the last step that is smaller than the change
        tried = {last, last - 1, 1, *(rng.randint(1, max(last, 1)) for _ in range(4))}
        for k in sorted(t for t in tried if 1 <= t <= last):
            for sign in (-1, 1):
                there = {**numbers, name: moved(number, number.base + sign * k * step)}
                if there[name].base > 0:
                    assert stands(scene, matter, scene.matters(there)), (
                        f"{name} {number.base}{sign * k * step:+g} will do"
                    )


def run(seed: int, n: int) -> Counter[str]:
    rng = random.Random(seed)
    found: Counter[str] = Counter()
    for scene, matter in some_leads(rng, n):
        change = smallest(scene, matter)
        brute_force(scene, matter, change, rng)
        found[change.number or ("one report" if change.fewer == 1 else "none")] += 1
    return found


def test_the_smallest_change_lets_a_lead_pass_and_nothing_smaller_does() -> None:
    found = run(seed=20261123, n=60)
    assert len(found) >= 5, found  # all kinds of changes were among them


@pytest.mark.prove
def test_a_thousand_random_leads_have_their_smallest_change() -> None:
    found = run(seed=7, n=1000)
    print(f"1000 random leads, smallest change: {dict(found.most_common())}; each flips, nothing smaller does")
    assert sum(found.values()) == 1000
