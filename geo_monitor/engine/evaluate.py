"""Runs the plan: records × layers → hits → matters. Pure: the same columns give the same answer in any order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.domain.hit import Hit, Subject
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.join import IndexShelf, Pairs
from geo_monitor.engine.metres import Frame
from geo_monitor.engine.plan import Plan, compile_plan, rows_of, watch_bits
from geo_monitor.engine.thresholds import reached
from geo_monitor.supervision.model import (
    Condition,
    HoursCondition,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    ValueCondition,
)

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Found:
    """What a place condition found: the feature (position in its layer) nearest among those that meet it, a row."""

    rows: Ints
    feature: Ints
    metres: npt.NDArray[np.float64]


@dataclass
class ModelHits:
    """The hits of one model: ``rows`` are positions in ``records``, ``subject`` codes index ``subjects``; sorted by
    (subject, time, record). ``found``: path of a place condition → what it found (only when details were asked for)."""

    model: SupervisionModel
    records: IncidentColumns
    rows: Ints
    subject: Ints
    subjects: list[Subject]
    found: dict[str, Found] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

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
            )


@dataclass(frozen=True, slots=True)
class Matter:
    """A threshold reached: model, subject, and the records that support it, in order of time."""

    model: str
    subject: Subject
    records: tuple[str, ...]


@dataclass
class Evaluation:
    """``hits`` by model id, ``matters`` sorted by (model, subject), ``waiting``: model id → missing layers."""

    hits: dict[str, ModelHits]
    matters: list[Matter]
    waiting: Mapping[str, tuple[str, ...]]
    seconds: dict[str, float]


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
) -> Evaluation:
    """All active and trial models over all incidents (and over the layers that models watch).

    ``as_of`` is the day on which a watched layer is looked at; ``centre`` the origin of frame and cells;
    ``zone`` the local time in which hours and days are meant; with ``details`` each hit keeps what its conditions
    found.
    """
    shelf = shelf or IndexShelf()
    began = time.perf_counter()
    plan = compile_plan(models, layers)
    hits: dict[str, ModelHits] = {}
    join_seconds = 0.0
    for watched in plan.watched:
        records = incidents if not watched else records_of_layer(layers[watched], as_of)
        run = _Run(plan, watched, records, layers, centre, zone, shelf, details)
        hits.update(run.all())
        join_seconds += run.join_seconds
    evaluated = time.perf_counter()
    matters = [m for model in plan.runnable for m in matters_of(hits[model.id])]
    matters.sort(key=lambda m: (m.model, m.subject))
    ended = time.perf_counter()
    return Evaluation(
        hits,
        matters,
        plan.waiting,
        {
            "join": round(join_seconds, 4),
            "evaluate": round(ended - began - join_seconds, 4),
            "thresholds": round(ended - evaluated, 4),
        },
    )


def matters_of(hits: ModelHits) -> list[Matter]:
    """Subjects of one model whose hits meet a threshold, with the supporting records."""
    rec = hits.records
    ok = reached(hits.model, hits.subject, rec.occurred[hits.rows], rec.reporter[hits.rows], rec.evidence[hits.rows])
    at = np.flatnonzero(ok.supports)
    if not len(at):
        return []
    codes = hits.subject[at]
    cut = np.flatnonzero(codes[1:] != codes[:-1]) + 1
    return [
        Matter(
            hits.model.id, hits.subjects[int(hits.subject[part[0]])], tuple(str(i) for i in rec.ids[hits.rows[part]])
        )
        for part in np.split(at, cut)
    ]


def records_of_layer(layer: LayerColumns, as_of: datetime) -> IncidentColumns:
    """The features of a layer as records: id ``layer/feature``, the time is ``as_of``, the fields of the layer
    are the attributes. Features without a place are not there to be joined and are left out."""
    have = np.flatnonzero(~(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry)))
    shapes = layer.geometry[have]
    areal = shapely.get_type_id(shapes) != 0
    if areal.any():
        shapes = np.where(areal, shapely.point_on_surface(shapes), shapes)
    n = len(have)
    return IncidentColumns(
        ids=np.array([f"{layer.name}/{i}" for i in layer.ids[have]], dtype=object),
        lon=shapely.get_x(shapes).astype(float),
        lat=shapely.get_y(shapes).astype(float),
        accuracy_m=layer.accuracy_m[have],
        occurred=np.full(n, int(as_of.timestamp()), np.int64),
        category=np.zeros(n, np.int32),
        categories=("",),
        source=np.zeros(n, np.int16),
        sources=("register",),
        reporter=np.full(n, -1, np.int64),
        reporters=(),
        evidence=np.zeros(n, np.int32),
        attributes={k: v[have] for k, v in layer.properties.items()}
        | {"@valid_from": layer.valid_from[have], "@valid_to": layer.valid_to[have]},
    )


class _Run:
    """One pass over the records that some models watch. Joins are made once a layer, for all its models together."""

    def __init__(
        self,
        plan: Plan,
        watched: str,
        records: IncidentColumns,
        layers: Mapping[str, LayerColumns],
        centre: LonLat,
        zone: tzinfo,
        shelf: IndexShelf,
        details: bool,
    ) -> None:
        self.plan, self.watched, self.records, self.layers = plan, watched, records, layers
        self.centre, self.zone, self.shelf, self.details = centre, zone, shelf, details
        self.models = plan.watching(watched)
        self.join_seconds = 0.0
        self._pairs: dict[str, Pairs] = {}
        self._local: tuple[Ints, Ints] | None = None

    def all(self) -> dict[str, ModelHits]:
        bits = watch_bits(self.models, self.records) if not self.watched else None
        start = [rows_of(bits, k) if bits is not None else self._watched_features(m) for k, m in enumerate(self.models)]
        # Conditions on the record alone are cheap and come first: the joins then see fewer records.
        start = [self._alone(m, rows) for m, rows in zip(self.models, start, strict=True)]
        live: dict[str, Mask] = {}
        for model, rows in zip(self.models, start, strict=True):
            for layer in {c.layer for c in model.where if isinstance(c, PlaceCondition)} | (
                {model.group.by} if model.group.reach else set()
            ):
                live.setdefault(layer, np.zeros(len(self.records), bool))[rows] = True
        began = time.perf_counter()
        for layer, mask in live.items():
            self._pairs[layer] = self._join(layer, np.flatnonzero(mask))
        self.join_seconds = time.perf_counter() - began
        return {m.id: self._model(m, rows) for m, rows in zip(self.models, start, strict=True)}

    def _join(self, layer: str, rows: Ints) -> Pairs:
        index = self.shelf.index(self.layers[layer], self.centre)
        pairs = index.pairs(self.records.lon[rows], self.records.lat[rows], self.plan.reach_m[(self.watched, layer)])
        return Pairs(rows[pairs.point], pairs.feature, pairs.metres, pairs.inside, pairs.chainage)

    def _watched_features(self, model: SupervisionModel) -> Ints:
        records, watch = self.records, model.watch
        keep = _property_mask(records.attributes, watch.where, len(records))
        day = self._local_time()[0]
        if watch.valid == "on_day":
            keep &= (records.attributes["@valid_from"] <= day) & (day <= records.attributes["@valid_to"])
        elif watch.valid == "expired_on_day":
            keep &= records.attributes["@valid_to"] < day
        return np.flatnonzero(keep)

    def _alone(self, model: SupervisionModel, rows: Ints) -> Ints:
        for condition in model.where:
            if not isinstance(condition, PlaceCondition) and len(rows):
                rows = rows[self._holds_alone(model, condition, rows) ^ condition.without]
        return rows

    def _holds_alone(self, model: SupervisionModel, condition: Condition, rows: Ints) -> Mask:
        if isinstance(condition, SeasonCondition):
            day = self._local_time()[0][rows].astype("datetime64[D]")
            month = day.astype("datetime64[M]")
            stamp = (month.astype(np.int64) % 12 + 1) * 100 + (day - month).astype(np.int64) + 1
            start, end = (v[0] * 100 + v[1] for v in (condition.start, condition.end))
            return (stamp >= start) & (stamp <= end) if start <= end else (stamp >= start) | (stamp <= end)
        if isinstance(condition, HoursCondition):
            minute = self._local_time()[1][rows]
            held = np.zeros(len(rows), bool)
            for start, end in condition.spans:
                held |= (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)
            return held
        assert isinstance(condition, ValueCondition)
        column = self.records.attributes.get(condition.field)
        if column is None:
            return np.zeros(len(rows), bool)
        return _compare(column[rows], condition, model)

    def _local_time(self) -> tuple[Ints, Ints]:
        """Day since 1970-01-01 and minute of the day, in the city's time; worked out once."""
        if self._local is None:
            occurred = self.records.occurred
            local = occurred + _offsets(occurred, self.zone)
            self._local = (local // 86400, local % 86400 // 60)
        return self._local

    def _model(self, model: SupervisionModel, rows: Ints) -> ModelHits:
        found: dict[str, Found] = {}
        grouped: Pairs | None = None
        zone_of: Pairs | None = None
        zone_layer = ""
        for condition in model.where:
            if not isinstance(condition, PlaceCondition):
                continue
            pairs = self._meeting(model, condition, rows)
            met = np.zeros(len(self.records), bool)
            met[pairs.point] = True
            rows = rows[met[rows] ^ condition.without]
            if condition.without:
                continue
            if self.details:
                near = pairs.nearest()
                found[condition.path] = Found(near.point, near.feature, near.metres)
            if condition.layer == model.group.by:
                grouped = pairs if grouped is None else _both(grouped, pairs, len(self.layers[condition.layer]))
            elif zone_of is None and self._is_zone(condition.layer, model.group.by):
                zone_of, zone_layer = pairs, condition.layer
        subject_row, code, subjects = self._subjects(model, rows, grouped, zone_of, zone_layer, found)
        order = np.lexsort((self._rank[subject_row] if len(subject_row) else subject_row, code))
        return ModelHits(model, self.records, subject_row[order], code[order], subjects, found if self.details else {})

    @property
    def _rank(self) -> Ints:
        """Order of records by (time, id); columns come sorted so, but the engine does not rely on it."""
        if not hasattr(self, "_rank_column"):
            occurred, ids = self.records.occurred, self.records.ids
            if len(occurred) < 2 or (occurred[1:] > occurred[:-1]).all():
                order = np.arange(len(occurred))
            else:
                order = np.argsort(occurred, kind="stable")
                tied = np.flatnonzero(occurred[order][1:] == occurred[order][:-1])
                if len(tied) and (ids[order[tied]] > ids[order[tied + 1]]).any():
                    order = np.array(sorted(range(len(ids)), key=lambda k: (occurred[k], ids[k])), dtype=np.int64)
            self._rank_column = np.empty(len(order), np.int64)
            self._rank_column[order] = np.arange(len(order))
        return self._rank_column

    def _meeting(self, model: SupervisionModel, condition: PlaceCondition, rows: Ints) -> Pairs:
        """Pairs of these rows with the features that meet the condition (``without`` not yet applied)."""
        pairs, layer = self._pairs[condition.layer], self.layers[condition.layer]
        wanted = np.zeros(len(self.records), bool)
        wanted[rows] = True
        keep = wanted[pairs.point]
        keep &= (
            pairs.inside if condition.relation == "within" else pairs.metres <= model.numbers[condition.at_most].base
        )
        if condition.where:
            keep &= self._allowed(layer, condition.where)[pairs.feature]
        if condition.valid:
            day = self._local_time()[0][pairs.point]
            if condition.valid == "on_occurrence":
                keep &= (layer.valid_from[pairs.feature] <= day) & (day <= layer.valid_to[pairs.feature])
            else:
                keep &= layer.valid_to[pairs.feature] < day
        met = pairs.take(np.flatnonzero(keep))
        return met.nearest() if condition.relation == "nearest" else met

    def _allowed(self, layer: LayerColumns, where: Mapping[str, tuple[str, ...]]) -> Mask:
        """Features of a layer that ``where`` lets through; worked out once a layer version."""
        key = (layer.version, tuple(sorted(where.items())))
        if key not in self.shelf.masks:
            self.shelf.masks[key] = _property_mask(layer.properties, where, len(layer))
        return self.shelf.masks[key]

    def _is_zone(self, layer: str, of: str) -> bool:
        """Whether the features of ``layer`` name their parents in the layer ``of``."""
        return (
            of in self.layers
            and any(self.layers[layer].parent)
            and bool(set(self.layers[layer].parent) & set(self.layers[of].ids))
        )

    def _subjects(
        self,
        model: SupervisionModel,
        rows: Ints,
        grouped: Pairs | None,
        zone_of: Pairs | None,
        zone_layer: str,
        found: dict[str, Found],
    ) -> tuple[Ints, Ints, list[Subject]]:
        """(row, subject code) for each hit, and what the codes stand for."""
        group = model.group
        if group.by == "record":
            if self.watched:
                subjects = [Subject(self.watched, str(self.records.ids[r]).split("/", 1)[1]) for r in rows.tolist()]
            else:
                subjects = [Subject("incident", str(self.records.ids[r])) for r in rows.tolist()]
            return rows, np.arange(len(rows)), subjects
        if group.by == "cell":
            size = model.numbers[group.size].base
            frame = Frame(self.centre.lon, self.centre.lat)
            x, y = frame.to_xy(self.records.lon[rows], self.records.lat[rows])
            cells = np.column_stack([np.floor(x / size), np.floor(y / size)]).astype(np.int64)
            unique, code = np.unique(cells, axis=0, return_inverse=True)
            return rows, code.reshape(-1), [Subject(f"cell:{size:g}m", f"{i}:{j}") for i, j in unique.tolist()]
        layer = self.layers[group.by]
        still = np.zeros(len(self.records), bool)
        still[rows] = True
        if grouped is not None:
            keep = np.flatnonzero(still[grouped.point])
            row, feature = grouped.point[keep], grouped.feature[keep]
        elif zone_of is not None:
            position = {str(i): k for k, i in enumerate(layer.ids)}
            parent = np.array([position.get(str(p), -1) for p in self.layers[zone_layer].parent], dtype=np.int64)
            keep = np.flatnonzero(still[zone_of.point] & (parent[zone_of.feature] >= 0))
            row, feature = zone_of.point[keep], parent[zone_of.feature[keep]]
            pair = np.unique(np.column_stack([row, feature]), axis=0)  # two zones of one parent are one matter
            row, feature = pair[:, 0], pair[:, 1]
        else:
            pairs = self._pairs[group.by]
            near = pairs.take(
                np.flatnonzero(still[pairs.point] & (pairs.metres <= model.numbers[group.reach].base))
            ).nearest()
            row, feature = near.point, near.feature
            if self.details:
                found["group"] = Found(near.point, near.feature, near.metres)
        unique, code = np.unique(feature, return_inverse=True)
        return row, code, [Subject(group.by, str(layer.ids[k])) for k in unique.tolist()]


def _offsets(occurred: Ints, zone: tzinfo) -> Ints:
    """Seconds by which local time is ahead of UTC at each moment. Asked once a day that occurs; only a day in which the
    offset changes is asked hour by hour."""

    def at(second: int) -> int:
        ahead = datetime.fromtimestamp(second, zone).utcoffset()
        assert ahead is not None
        return int(ahead.total_seconds())

    days, back = np.unique(occurred // 86400, return_inverse=True)
    start = np.array([at(int(d) * 86400) for d in days], dtype=np.int64)
    end = np.array([at(int(d) * 86400 + 86399) for d in days], dtype=np.int64)
    offset = start[back] if len(days) else np.zeros(0, np.int64)
    for row in np.flatnonzero((start != end)[back]) if len(days) else ():
        offset[row] = at(int(occurred[row]))
    return offset


def _both(a: Pairs, b: Pairs, features: int) -> Pairs:
    """Pairs of ``a`` that are also in ``b``: a subject must meet every condition on its layer."""
    return a.take(np.flatnonzero(np.isin(a.point * features + a.feature, b.point * features + b.feature)))


def _property_mask(
    properties: Mapping[str, npt.NDArray[np.object_]], where: Mapping[str, tuple[str, ...]], n: int
) -> Mask:
    """Rows whose properties are among the words asked for; a missing property is none of them."""
    keep = np.ones(n, bool)
    for name, words in where.items():
        column = properties.get(name)
        keep &= (
            np.zeros(n, bool)
            if column is None
            else np.array([str(v) in words if v is not None else False for v in column], bool)
        )
    return keep


def _compare(values: npt.NDArray[np.object_], condition: ValueCondition, model: SupervisionModel) -> Mask:
    if condition.op == "one_of":
        return np.array([v is not None and str(v) in condition.words for v in values], bool)
    limit = model.numbers[condition.number].base
    numbers = np.array([_number(v) for v in values], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return {">=": numbers >= limit, ">": numbers > limit, "<=": numbers <= limit, "<": numbers < limit}[
            condition.op
        ]


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")  # compares false with everything: a record without the figure does not meet it
