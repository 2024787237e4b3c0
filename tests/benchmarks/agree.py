"""Whether the engine and the plain loop give one answer, and if not, whether the loop's frame is to blame.

The loop measures in one projection for the whole city, in which a distance is off by up to 1.5 parts in ten thousand at
its edge. Where the two differ, the loop decides that record once more in a frame centred on it, in which nothing is
off: if it then agrees with the engine, the difference lay within the frame's own error. Where on a reach a place lies
neither knows better than to a centimetre or two (``FOOT_M``): of two that lie as near to each other the loop may also
take either to be the upper one. Nothing else is excused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

import numpy as np
import shapely

from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.evaluate import Evaluation
from geo_monitor.supervision.model import ON_NETWORK, AnotherCondition, SupervisionModel
from tests.benchmarks.plain import Answer, PlainLoop
from tests.benchmarks.world import World

#: Farther than any model looks.
AROUND_DEG = 0.6
#: The foot of a perpendicular of some hundred metres.
FOOT_M = 0.02


@dataclass
class Agreement:
    """``hits`` and ``matters``: of the engine and of the loop. Differences as (model, subject, record); of matters
    (model, subject)."""

    hits: tuple[int, int] = (0, 0)
    matters: tuple[int, int] = (0, 0)
    explained: list[tuple[str, str, str]] = field(default_factory=list)
    unexplained: list[tuple[str, str, str]] = field(default_factory=list)
    matters_explained: list[tuple[str, str]] = field(default_factory=list)
    matters_unexplained: list[tuple[str, str]] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not (self.unexplained or self.matters_unexplained)


def pairs_of(evaluation: Evaluation, model: SupervisionModel) -> set[tuple[str, str]]:
    """(subject, record) of each hit; of a cluster model, whose clusters come later, the record twice."""
    apart = model.group.by == "cluster"
    return {(h.record if apart else h.subject.id, h.record) for h in evaluation.hits[model.id].hits()}


def compared(
    world: World,
    models: Sequence[SupervisionModel],
    evaluation: Evaluation,
    answers: Mapping[str, Answer],
    *,
    as_of: datetime,
    zone: tzinfo,
    centre: LonLat,
) -> Agreement:
    out = Agreement()
    ours_of: dict[str, dict[str, set[str]]] = {m.id: {} for m in models}
    for matter in evaluation.matters:
        ours_of[matter.model][matter.subject.id] = set(matter.records)
    for model in models:
        answer = answers[model.id]
        ours = pairs_of(evaluation, model)
        theirs = set(zip(answer.hits["subject"], answer.hits["id"], strict=True))
        mine, plain = ours_of[model.id], answer.matters
        out.hits = out.hits[0] + len(ours), out.hits[1] + len(theirs)
        out.matters = out.matters[0] + len(mine), out.matters[1] + len(plain)
        again: dict[str, list[Answer]] = {}

        def decided(
            record: str, model: SupervisionModel = model, again: dict[str, list[Answer]] = again
        ) -> list[Answer]:
            if record not in again:
                slacks = (0.0, FOOT_M) if any(c.relation in ON_NETWORK for c in model.places()) else (0.0,)
                again[record] = [_decided_again(world, model, record, as_of, zone, centre, s) for s in slacks]
            return again[record]

        for subject, record in sorted(ours ^ theirs):
            there = [((a.hits["subject"] == subject) & (a.hits["id"] == record)).any() for a in decided(record)]
            agrees = ((subject, record) in ours) in there
            (out.explained if agrees else out.unexplained).append((model.id, subject, record))
        doubtful = {s for m, s, _ in out.explained if m == model.id} | {r for m, _, r in out.explained if m == model.id}
        for subject in sorted(s for s in mine.keys() | plain.keys() if mine.get(s) != plain.get(s)):
            records = mine.get(subject, set()) | plain.get(subject, set())
            if subject in doubtful or records & doubtful:
                out.matters_explained.append((model.id, subject))
            else:
                agrees = mine.get(subject) in [a.matters.get(subject) for a in decided(min(records))]
                (out.matters_explained if agrees else out.matters_unexplained).append((model.id, subject))
    return out


def _decided_again(
    world: World, model: SupervisionModel, record: str, as_of: datetime, zone: tzinfo, centre: LonLat, slack: float
) -> Answer:
    incidents = world.incidents
    if model.watch.layer:
        features = world.layers[model.watch.layer]
        at = int(np.flatnonzero(features.ids == record.split("/", 1)[1])[0])
        spot = shapely.point_on_surface(features.geometry[at])
        here = LonLat(spot.x, spot.y)
    else:
        at = int(np.flatnonzero(incidents.ids == record)[0])
        here = LonLat(float(incidents.lon[at]), float(incidents.lat[at]))
    asked = set(model.watch.category)
    for c in model.where:
        if isinstance(c, AnotherCondition):
            asked |= {*c.records.category, *(c.between.category if c.between else ())}
    codes = [k for k, c in enumerate(incidents.categories) if c in asked]
    whole = {c.layer for c in model.places() if c.relation == "matching"} | {model.group.by if model.group.same else ""}
    layers = {n: world.layers[n] if n in whole else _near(world.layers[n], here) for n in model.layers}
    loop = PlainLoop(layers, as_of=as_of, centre=here, zone=zone, grid=centre, slack=slack)
    loop.tell(incidents.take(np.isin(incidents.category, codes)))
    return loop.answer(model)


def _near(layer: LayerColumns, here: LonLat) -> LayerColumns:
    box = shapely.box(here.lon - AROUND_DEG, here.lat - AROUND_DEG, here.lon + AROUND_DEG, here.lat + AROUND_DEG)
    keep = shapely.intersects(layer.geometry, box)
    return replace(
        layer,
        ids=layer.ids[keep],
        geometry=layer.geometry[keep],
        valid_from=layer.valid_from[keep],
        valid_to=layer.valid_to[keep],
        parent=layer.parent[keep],
        titles=layer.titles[keep],
        accuracy_m=layer.accuracy_m[keep],
        properties={name: column[keep] for name, column in layer.properties.items()},
    )
