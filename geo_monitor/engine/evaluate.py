"""Runs the plan: records × layers → hits → matters. Pure: the same columns give the same answer in any order."""

from __future__ import annotations

import gc
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.hit import Hit, Subject
from geo_monitor.domain.place import LonLat
from geo_monitor.engine import groups, others, usual
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.days import days_of
from geo_monitor.engine.join import IndexShelf, Pairs
from geo_monitor.engine.others import Companions
from geo_monitor.engine.plan import Plan, compile_plan
from geo_monitor.engine.records import records_of_layer
from geo_monitor.engine.sieve import Sieve, World, asked_reach
from geo_monitor.engine.thresholds import Counted, reached
from geo_monitor.supervision.model import (
    GROUPS,
    ON_NETWORK,
    AnotherCondition,
    Condition,
    Number,
    PlaceCondition,
    Records,
    SupervisionModel,
    UnusualCondition,
)

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

#: Hits of a cluster model are kept in a grid of squares this much wider than a link is long, so that what may be linked
#: lies in neighbouring squares also where the grid's frame is stretched.
NEAR = 1.1


@dataclass(frozen=True)
class Found:
    """What a condition found, a row: the feature (position in its layer) nearest among those that meet it, and a
    figure: the metres to it (on the network along the water), of an overlap its area in m² or its share, of names alone
    the score, of an unusual value the share of the median or the deviations from the mean."""

    rows: Ints
    feature: Ints
    figure: npt.NDArray[np.float64]


@dataclass
class ModelHits:
    """The hits of one model: ``rows`` are positions in ``records``, ``subject`` codes index ``subjects``; sorted by
    (subject, time, record). ``facts`` are what the thresholds need of each hit. ``found`` (path of a condition → what
    it found) and ``companions`` are kept only when details were asked for; ``pool`` is what companions point into."""

    model: SupervisionModel
    records: IncidentColumns
    rows: Ints
    subject: Ints
    subjects: Sequence[Subject]
    facts: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    companions: dict[str, Companions] = field(default_factory=dict)
    pool: IncidentColumns | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def counted(self) -> Counted:
        rec, rows = self.records, self.rows
        return Counted(self.subject, rec.occurred[rows], rec.reporter[rows], rec.evidence[rows], self.facts)

    def hits(self, keep: Mask | None = None) -> Iterator[Hit]:
        """As values, in order; ``keep`` selects among them."""
        at = np.arange(len(self.rows)) if keep is None else np.flatnonzero(keep)
        rec = self.records
        for k in at.tolist():
            row = int(self.rows[k])
            who = int(rec.reporter[row])
            yield Hit(
                model=self.model.id,
                version=self.model.version,
                subject=self.subjects[int(self.subject[k])],
                record=str(rec.ids[row]),
                occurred=datetime.fromtimestamp(int(rec.occurred[row]), UTC),
                reporter=rec.reporters[who] if who >= 0 else None,
                evidence=int(rec.evidence[row]),
                lon=float(rec.lon[row]),
                lat=float(rec.lat[row]),
                facts={name: column[k] for name, column in self.facts.items() if column[k] is not None},
            )


@dataclass(frozen=True, slots=True)
class Matter:
    """A threshold reached: model, subject, and the records that support it, in order of time."""

    model: str
    subject: Subject
    records: tuple[str, ...]


@dataclass
class Evaluation:
    """``hits`` by model id, ``matters`` sorted by (model, subject), ``waiting``: model id → what is missing."""

    hits: dict[str, ModelHits]
    matters: list[Matter]
    waiting: Mapping[str, tuple[str, ...]]
    seconds: dict[str, float]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Without the collector of reference cycles."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


@_undisturbed()
def evaluate(
    models: Sequence[SupervisionModel],
    incidents: IncidentColumns,
    layers: Mapping[str, LayerColumns],
    *,
    as_of: datetime,
    centre: LonLat,
    zone: tzinfo,
    shelf: IndexShelf | None = None,
    details: bool = False,
    pool: IncidentColumns | None = None,
    exemptions: Mapping[str, Sequence[Exemption]] | None = None,
    heard: Collection[str] | None = None,
    only: Mapping[str, Collection[str]] | None = None,
    matters: bool = True,
) -> Evaluation:
    """All active and trial models over all incidents (and over the layers that models watch).

    ``as_of`` is the moment at which clocks and terms are looked at; ``centre`` the origin of frame and grids; ``zone``
    the local time in which hours and days are meant. ``pool`` are the reports among which companions, and what is
    usual, are looked for: all of them (by default the incidents themselves), also when only some incidents are looked
    at. ``exemptions`` by model id; ``heard``: categories that have ever come in. ``only``: model id → the records that
    are looked at for it (of a model that is not named: all). With ``details`` each hit keeps what its conditions found;
    without ``matters`` the thresholds are left alone.

    The collector of reference cycles rests meanwhile (of the whole process): no cycles are made, and it would walk
    through all records and features again and again while hits and subjects come into being.
    """
    began = time.perf_counter()
    plan = compile_plan(models, layers, heard)
    world = World(layers, centre, zone, as_of, shelf or IndexShelf())
    run = _Run(plan, world, incidents, incidents if pool is None else pool, exemptions or {}, details, only=only)
    hits = run.all()
    evaluated = time.perf_counter()
    reached_by = [m for model in plan.runnable for m in matters_of(hits[model.id], zone)] if matters else []
    ended = time.perf_counter()
    return Evaluation(
        hits,
        reached_by,
        plan.waiting,
        {
            "join": round(run.join_seconds, 4),
            "evaluate": round(ended - began - run.join_seconds, 4),
            "thresholds": round(ended - evaluated, 4),
        },
    )


def matters_of(hits: ModelHits, zone: tzinfo, numbers: Mapping[str, Number] | None = None) -> list[Matter]:
    """Subjects of one model whose hits meet a threshold, with the supporting records."""
    if not len(hits):
        return []
    hits = clustered(hits, numbers)
    ok = reached(hits.model, hits.counted(), zone, numbers)
    at = np.flatnonzero(ok.supports)
    if not len(at):
        return []
    codes = hits.subject[at]
    cut = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    ids = hits.records.ids[hits.rows[at]].tolist()
    found = [
        Matter(hits.model.id, hits.subjects[code], tuple(ids[first:last]))
        for code, first, last in zip(
            codes[np.r_[0, cut]].tolist(), [0, *cut.tolist()], [*cut.tolist(), len(at)], strict=True
        )
    ]
    return sorted(found, key=lambda m: m.subject.id)


def clustered(hits: ModelHits, numbers: Mapping[str, Number] | None = None) -> ModelHits:
    """The hits of a cluster model with the clusters as their subjects, each named by its earliest record; the hits of
    any other model as they are. All hits of the model (or of a neighbourhood that nothing links to the rest) are
    needed."""
    group = hits.model.group
    if group.by != "cluster":
        return hits
    numbers = hits.model.numbers if numbers is None else numbers
    rec, rows = hits.records, hits.rows
    apart = numbers[group.apart].base if group.apart else None
    code = groups.linked(rec.lon[rows], rec.lat[rows], rec.occurred[rows], numbers[group.size].base, apart)
    ids = rec.ids[rows].tolist()
    by_time = sorted(zip(rec.occurred[rows].tolist(), ids, range(len(rows)), strict=True))
    order = np.array([k for _, _, k in by_time], dtype=np.int64)
    # Clusters in the order of their earliest records.
    earliest, first, code = np.unique(code[order], return_index=True, return_inverse=True)
    place = np.empty(len(earliest), np.int64)
    place[np.argsort(first)] = np.arange(len(earliest))
    code = place[code]
    subjects = groups.Subjects(_clusters(hits.model), [ids[k] for k in order[np.sort(first)].tolist()])
    by_subject = np.argsort(code, kind="stable")
    at = order[by_subject]
    return ModelHits(
        hits.model,
        rec,
        rows[at],
        code[by_subject],
        subjects,
        {name: column[at] for name, column in hits.facts.items()},
        hits.found,
        hits.companions,
        hits.pool,
    )


def cluster_subject(model: SupervisionModel, record: str) -> Subject:
    """The cluster whose earliest record this is."""
    return Subject(_clusters(model), record)


def _clusters(model: SupervisionModel) -> str:
    return f"cluster:{model.numbers[model.group.size].base:g}m"


class Rerun:
    """One model over a few records, keeping what was found, and ready to be asked again with other numbers.

    Layers are joined ``WIDEN`` times as far out as the model asks, so that a number may be moved that much. The
    arguments are those of ``evaluate``; of a watched layer all features are looked at."""

    WIDEN = 2.0

    def __init__(
        self,
        model: SupervisionModel,
        incidents: IncidentColumns,
        world: World,
        *,
        pool: IncidentColumns | None = None,
        exemptions: Sequence[Exemption] = (),
    ) -> None:
        pool = incidents if pool is None else pool
        self.model, self.world, self.incidents, self.pool, self.exemptions = model, world, incidents, pool, exemptions
        plan = Plan((model,), {})
        self._run = _Run(plan, world, incidents, pool, {model.id: exemptions}, True, self.WIDEN)
        self.hits = self._run.all()[model.id]
        self._sieve = self._run.sieves[(model.watch.layer, model.watch.dated)]

    def without(self, record: str) -> Rerun:
        """The same as if this report had never come in."""
        left, pool = (c.take(c.ids != record) for c in (self.incidents, self.pool))
        return Rerun(self.model, left, self.world, pool=pool, exemptions=self.exemptions)

    def again(self, numbers: Mapping[str, Number], rows: Ints) -> ModelHits:
        """The hits among some rows of the records (ascending) if the model's numbers were these."""
        model = replace(self.model, numbers=numbers)
        return self._run.model(model, self._sieve, self._sieve.alone(model.where, numbers, rows))

    def metres(self, layer: str, rows: Ints) -> npt.NDArray[np.float64]:
        """The different distances, in order, between these rows and the features of a layer, as far as was joined."""
        return np.unique(self._sieve.pairs(layer, rows).metres)

    def metres_by_water(self, condition: PlaceCondition, rows: Ints, *, bank: bool) -> npt.NDArray[np.float64]:
        """The different ways along the water between these rows and what the condition means, as far as it reaches; or
        how far the two lie from their ``bank``."""
        return self._sieve.metres_by_water(condition, self.model.numbers, rows, bank=bank)


class _Run:
    """One pass over everything that some model watches."""

    def __init__(
        self,
        plan: Plan,
        world: World,
        incidents: IncidentColumns,
        pool: IncidentColumns,
        exemptions: Mapping[str, Sequence[Exemption]],
        details: bool,
        widen: float = 1.0,
        only: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self.only = only or {}
        self.plan, self.world, self.exemptions, self.details, self.widen = plan, world, exemptions, details, widen
        self.incidents = Sieve(incidents, world)
        self.pool = self.incidents if pool is incidents else Sieve(pool, world)
        #: What each spec of other records means among the pool, after its conditions on the record alone.
        self._others: dict[tuple[str, str], Ints] = {}

    @property
    def join_seconds(self) -> float:
        return sum(s.join_seconds for s in {id(s): s for s in (*self.sieves.values(), self.pool)}.values())

    def all(self) -> dict[str, ModelHits]:
        self.sieves: dict[tuple[str, str], Sieve] = {}
        start: dict[str, Ints] = {}
        self._expect_others()
        for layer, dated in self.plan.watched:
            sieve = self.incidents
            if layer:
                sieve = Sieve(self._features(layer, dated), self.world, layer)
            self.sieves[(layer, dated)] = sieve
            models = self.plan.watching(layer, dated)
            for model in models:
                rows = self._watched_features(sieve, model) if layer else sieve.meant(model.watch)
                if model.id in self.only:
                    rows = rows[np.isin(sieve.records.ids[rows].astype(str), list(self.only[model.id]))]
                # Conditions on the record alone are cheap and come first: the joins then see fewer records.
                rows = sieve.alone(model.where, model.numbers, rows)
                start[model.id] = rows
                if not len(rows):
                    continue
                asked = [*asked_reach(model.where, model.numbers), *_group_reach(model)]
                sieve.expect(rows, [(name, metres * self.widen) for name, metres in asked])
        return {
            m.id: self.model(m, self.sieves[(m.watch.layer, m.watch.dated)], start[m.id]) for m in self.plan.runnable
        }

    # ---- what is looked at ---------------------------------------------------------------------------------

    def _features(self, layer: str, dated: str) -> IncidentColumns:
        """The features of a layer as records: all of them, or those that any model is asked about."""
        models = self.plan.watching(layer, dated)
        rows = None
        if all(m.id in self.only and not any(isinstance(c, UnusualCondition) for c in m.where) for m in models):
            rows = self.world.rows(layer, {r for m in models for r in self.only[m.id]})
        columns, world = self.world.layers[layer], self.world
        if rows is not None:
            return records_of_layer(columns, world.as_of, world.zone, dated, rows)
        # All of them are the same in each run, but for the moment at which those without a day of their own are looked
        # at.
        records = world.shelf.kept(
            columns.version,
            ("records", dated, world.zone, tuple(sorted(columns.properties))),
            lambda: records_of_layer(columns, world.as_of, world.zone, dated),
        )
        return records if dated else replace(records, occurred=np.full(len(records), int(world.as_of.timestamp())))

    def _watched_features(self, sieve: Sieve, model: SupervisionModel) -> Ints:
        records, watch = sieve.records, model.watch
        keep = self.world.allowed(watch.layer, watch.where)[records.attributes["@row"]]
        begin, end = (np.asarray(records.attributes[name]) for name in ("@valid_from", "@valid_to"))
        if watch.valid == "on_day":
            keep &= (begin <= sieve.today) & (sieve.today <= end)
        elif watch.valid == "expired_on_day":
            keep &= end < sieve.today
        return np.flatnonzero(keep)

    def _expect_others(self) -> None:
        """The reports that models ask for beside those they watch; their own conditions are cheap ones and places."""
        specs: list[tuple[tuple[str, str], Records, tuple[Condition, ...], SupervisionModel]] = []
        for model in self.plan.runnable:
            for c in model.where:
                if isinstance(c, AnotherCondition):
                    specs.append(((model.id, c.path), c.records, c.where, model))
                    if c.between is not None:
                        specs.append(((model.id, f"{c.path}.between"), c.between, c.between_where, model))
                elif isinstance(c, UnusualCondition) and not model.watch.layer:
                    specs.append(((model.id, c.path), model.watch, (), model))
        for key, records, where, model in specs:
            rows = self.pool.alone(where, model.numbers, self.pool.meant(records))
            self._others[key] = rows
            self.pool.expect(rows, [(name, m * self.widen) for name, m in asked_reach(where, model.numbers)])

    # ---- one model -----------------------------------------------------------------------------------------

    def model(self, model: SupervisionModel, sieve: Sieve, rows: Ints) -> ModelHits:
        """The hits of one model among these rows (which meet its conditions on the record alone)."""
        if not len(rows):
            return _no_hits(model, sieve)  # most models, when few reports are new
        found: dict[str, Found] = {}
        companions: dict[str, Companions] = {}
        met: dict[str, Pairs] = {}
        numbers = model.numbers
        for condition in sorted(model.where, key=_cost):
            if not len(rows):
                break
            if isinstance(condition, PlaceCondition):
                keep, pairs = sieve.holds(condition, numbers, rows)
                rows = rows[keep]
                if condition.without or condition.relation == "outside":
                    continue
                if self.details:
                    near = pairs.nearest()
                    found[condition.path] = Found(near.point, near.feature, sieve.figure(condition, numbers, near))
                before = met.get(condition.layer)
                size = len(self.world.layers[condition.layer])
                met[condition.layer] = pairs if before is None else _both(before, pairs, size)
            elif isinstance(condition, AnotherCondition):
                rows, pairs_of = self._another(model, condition, sieve, rows)
                if self.details and not condition.without:
                    companions[condition.path] = pairs_of
            elif isinstance(condition, UnusualCondition):
                crowd = sieve if model.watch.layer else self.pool
                mine = (
                    self._watched_features(sieve, model)
                    if model.watch.layer
                    else self._others[(model.id, condition.path)]
                )
                keep, figure = usual.holds(condition, numbers, sieve, rows, crowd, mine)
                keep ^= condition.without
                if self.details:
                    found[condition.path] = Found(rows[keep], np.full(int(keep.sum()), -1), figure[keep])
                rows = rows[keep]
        rows = self._not_exempt(model, sieve, rows)
        if not len(rows):
            return _no_hits(model, sieve)
        row, code, subjects = self._subjects(model, sieve, rows, met, found)
        order = np.lexsort((sieve.rank[row], code)) if len(row) else np.zeros(0, np.int64)
        row, code = row[order], code[order]
        facts = {name: self._fact(name, sieve, row) for name in model.facts}
        return ModelHits(
            model,
            sieve.records,
            row,
            code,
            subjects,
            facts,
            found if self.details else {},
            companions,
            self.pool.records if companions else None,
        )

    def _another(
        self, model: SupervisionModel, condition: AnotherCondition, sieve: Sieve, rows: Ints
    ) -> tuple[Ints, Companions]:
        meant = self._met(model, self._others[(model.id, condition.path)], condition.where)
        between = np.zeros(0, np.int64)
        if condition.between is not None:
            between = self._met(model, self._others[(model.id, f"{condition.path}.between")], condition.between_where)
        keep, found = others.holds(condition, model.numbers, sieve, rows, self.pool, meant, between)
        return rows[keep], found.take(np.isin(found.row, rows[keep]))

    def _met(self, model: SupervisionModel, rows: Ints, where: Sequence[Condition]) -> Ints:
        for condition in where:
            if isinstance(condition, PlaceCondition) and len(rows):
                rows = rows[self.pool.holds(condition, model.numbers, rows)[0]]
        return rows

    def _not_exempt(self, model: SupervisionModel, sieve: Sieve, rows: Ints) -> Ints:
        """Without the records that a person has exempted from this model, by place and day."""
        for exemption in self.exemptions.get(model.id, ()):
            first, last = days_of([exemption.from_day, exemption.until_day])
            day = sieve.day(rows)
            inside = shapely.intersects_xy(exemption.area, sieve.records.lon[rows], sieve.records.lat[rows])
            rows = rows[~(inside & (first <= day) & (day <= last))]
        return rows

    def _fact(self, name: str, sieve: Sieve, rows: Ints) -> npt.NDArray[Any]:
        """What the thresholds need of each hit: an attribute, category, source, or the feature that holds it."""
        records = sieve.records
        if name == "@category":
            return np.array(records.categories, dtype=object)[records.category[rows]]
        if name == "@source":
            return np.array(records.sources, dtype=object)[records.source[rows]]
        if not name.startswith("layer:"):
            return sieve.attribute(name, rows)
        layer = name.removeprefix("layer:")
        unique, back = np.unique(rows, return_inverse=True)
        pairs = sieve.pairs(layer, unique)
        inside = pairs.take(np.flatnonzero(pairs.inside)).nearest()
        out = np.full(len(unique), None, dtype=object)
        out[np.searchsorted(unique, inside.point)] = self.world.layers[layer].ids[inside.feature]
        return out[back]

    # ---- groups --------------------------------------------------------------------------------------------

    def _subjects(
        self, model: SupervisionModel, sieve: Sieve, rows: Ints, met: Mapping[str, Pairs], found: dict[str, Found]
    ) -> groups.Grouped:
        """(row, subject code) for each hit, and what the codes stand for."""
        group, numbers = model.group, model.numbers
        if group.by == "record":
            return groups.single(sieve, rows, model.watch.layer)
        if group.by == "cell":
            return groups.cells(sieve, rows, numbers[group.size].base, "cell")
        if group.by == "cluster":
            return groups.cells(sieve, rows, numbers[group.size].base * NEAR, "near")
        if group.by == "segment":
            near = groups.on_lines(sieve, rows, group, numbers)
            if self.details:
                found["group"] = Found(near.point, near.feature, near.metres)
            return groups.segments(sieve, near, group, numbers)
        if group.by == "field":
            return groups.values(sieve, rows, group.field)
        if group.by in met and not group.same:
            return groups.features(sieve, rows, group.by, met[group.by].point, met[group.by].feature)
        layers = (c.layer for c in model.where if isinstance(c, PlaceCondition))
        zone = next((name for name in layers if name in met and self._is_zone(name, group.by)), "")
        if zone and not (group.same or group.reach):
            row, feature = groups.of_parents(met[zone], self._parents(zone, group.by))
        else:
            row, feature, metres = groups.by_layer(sieve, rows, group, numbers)
            if self.details:
                found["group"] = Found(row, feature, metres)
        return groups.features(sieve, rows, group.by, row, feature)

    def _is_zone(self, layer: str, of: str) -> bool:
        """Whether the features of ``layer`` name their parents in the layer ``of``."""
        return bool((self._parents(layer, of) >= 0).any())

    def _parents(self, layer: str, of: str) -> Ints:
        """The position of each feature's parent in the layer ``of``; -1 for none."""

        def make() -> Ints:
            position = {str(i): k for k, i in enumerate(self.world.layers[of].ids)}
            return np.array([position.get(str(p), -1) for p in self.world.layers[layer].parent], dtype=np.int64)

        return self.world.shelf.kept(self.world.layers[layer].version, ("parents", self.world.layers[of].version), make)


def _no_hits(model: SupervisionModel, sieve: Sieve) -> ModelHits:
    none = np.zeros(0, np.int64)
    facts = {name: np.zeros(0, object) for name in model.facts}
    return ModelHits(model, sieve.records, none, none, groups.Subjects("", []), facts)


def _cost(condition: Condition) -> int:
    """Filters on joins that are made anyway first; then the network; then other reports; then what is usual."""
    if isinstance(condition, PlaceCondition):
        return 1 if condition.relation in (*ON_NETWORK, "matching") else 0
    return 3 if isinstance(condition, UnusualCondition) else 2


def _group_reach(model: SupervisionModel) -> list[tuple[str, float]]:
    group, numbers = model.group, model.numbers
    asked = [(t.distinct.removeprefix("layer:"), 0.0) for t in group.any if t.distinct.startswith("layer:")]
    met = {c.layer for c in model.where if isinstance(c, PlaceCondition) and not c.without}
    if group.by not in GROUPS and (group.reach or not (group.same or group.by in met)):
        asked.append((group.by, numbers[group.reach].base if group.reach else 0.0))
    if group.of:
        asked.append((group.of, numbers[group.reach].base))
    return asked


def _both(a: Pairs, b: Pairs, features: int) -> Pairs:
    """Pairs of ``a`` that are also in ``b``: a subject must meet every condition on its layer."""
    return a.take(np.flatnonzero(np.isin(a.point * features + a.feature, b.point * features + b.feature)))
