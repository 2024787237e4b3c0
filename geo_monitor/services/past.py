"""The city as it was known at a moment of the past: which reports had come in, which rows of the registers there were.

Reports: those that had happened and were reported by then. Layers: the version that was loaded last by then; where none
was, the earliest one that is stored, without what became known later:

* a row is known from the beginning of its term, or from the day that its layer requires of every row (the day of a
  decision, of an inspection), whichever is first; a row with neither is taken to have always been there;
* any other day in a row (closed, paid, demolished) is known from that day on, before it the field is empty; a day that
  is set beforehand (``Field.planned``) is known with the row;
* everything else in a row is taken as it stands. Which layers that concerns is told (``as_they_stand``); fields that
  are known to change (``Field.as_of_today``) are not looked at at all: ``services/hindsight.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.layer import Layer, LayerVersion
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import DAY_OPEN_FROM, IncidentColumns, LayerColumns
from geo_monitor.engine.days import NO_DAY, days_of
from geo_monitor.engine.evaluate import ModelHits, evaluate
from geo_monitor.engine.join import IndexShelf
from geo_monitor.services.ports import Records, Wanted
from geo_monitor.supervision.model import AnotherCondition, SupervisionModel
from geo_monitor.supervision.vocabulary import DAYS_IN_REPORTS

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """What the model stood on at a moment beside the reports: layers as they were known, exceptions that held."""

    as_of: datetime
    layers: Mapping[str, LayerColumns]
    exemptions: tuple[Exemption, ...]

    def like(self, other: Standing) -> bool:
        """Whether a model that looks at each report alone gives the same answers at both moments."""
        return self.exemptions == other.exemptions and {n: c.version for n, c in self.layers.items()} == {
            n: c.version for n, c in other.layers.items()
        }


class Past:
    """All that a model may ask of the stored past. ``reports`` are those of the kinds that it speaks of, sorted by
    (occurred, id); ``known`` is, for each of them, the Unix second from which it was known."""

    def __init__(
        self,
        records: Records,
        model: SupervisionModel,
        definitions: Mapping[str, Layer],
        *,
        centre: LonLat,
        zone: tzinfo,
        dated_only: frozenset[str] = frozenset(),
    ) -> None:
        """``dated_only``: layers of which only a version that was loaded by then may be used at all."""
        self.model, self.definitions, self.centre, self.zone = model, definitions, centre, zone
        self._records, self._dated_only = records, dated_only
        categories = sorted(categories_of(model))
        self.reports = (
            records.incident_columns(wanted=[Wanted(tuple(categories))], attributes=model.fields)
            if categories
            else records.incident_columns(ids=[])
        )
        reported = records.incident_reported(categories) if categories else {}
        told = np.array([reported[str(i)] for i in self.reports.ids], dtype=np.int64)
        self.known = np.maximum(told, self.reports.occurred)
        self._versions: dict[str, list[LayerVersion]] = {}
        for version in sorted(records.layer_versions(current_only=False), key=lambda v: (v.loaded_at, v.id)):
            if version.layer in model.layers:
                self._versions.setdefault(version.layer, []).append(version)
        self._exemptions = records.exceptions(model.id)
        self._columns: dict[str, _Register] = {}
        self._shelf = IndexShelf()

    @property
    def days_in_reports(self) -> bool:
        """Whether the model asks for days that reports are given later."""
        return not self.model.watch.layer and bool(DAYS_IN_REPORTS.intersection(self.model.fields))

    def covered(self, layer: str, moment: datetime) -> bool:
        """Whether a version of the layer that was loaded by then is stored."""
        return any(v.loaded_at <= moment for v in self._versions.get(layer, ()))

    def first_loaded(self, layer: str) -> datetime | None:
        versions = self._versions.get(layer)
        return versions[0].loaded_at if versions else None

    def as_they_stand(self, moment: datetime) -> list[str]:
        """Layers of which only what was loaded after this moment is stored: their facts without a day are taken to
        have been so then."""
        return [name for name in self.model.layers if name in self._versions and not self.covered(name, moment)]

    def standing(self, as_of: datetime) -> Standing:
        today = int(days_of([as_of.astimezone(self.zone).date()])[0])
        layers = {}
        for name, versions in self._versions.items():
            loaded = [v for v in versions if v.loaded_at <= as_of]
            if loaded or name not in self._dated_only:
                layers[name] = self._register(name, (loaded or versions[:1])[-1].id).on(today)
        exempt = tuple(e for e in self._exemptions if e.created <= as_of and (e.ended is None or e.ended > as_of))
        return Standing(as_of, layers, exempt)

    def known_by(self, as_of: datetime) -> Mask:
        return np.asarray(self.known <= int(as_of.timestamp()))

    def look(
        self,
        model: SupervisionModel,
        standing: Standing,
        rows: Ints,
        pool: Ints | None = None,
    ) -> tuple[ModelHits | None, tuple[str, ...]]:
        """The hits of the model (perhaps with other numbers) among these reports, or among its watched layer; and what
        it waits for, with None for hits. Rows of the hits point into ``reports`` (into the layer's records, if it
        watches one)."""
        reports, beside = self._at(rows, standing.as_of), self._at(rows if pool is None else pool, standing.as_of)
        answer = evaluate(
            [replace(model, status="active")],
            reports,
            standing.layers,
            as_of=standing.as_of,
            centre=self.centre,
            zone=self.zone,
            shelf=self._shelf,
            pool=reports if pool is None else beside,
            exemptions={model.id: standing.exemptions},
            heard=self._heard(standing.as_of),
        )
        if model.id in answer.waiting:
            return None, answer.waiting[model.id]
        hits = answer.hits[model.id]
        if model.watch.layer:
            return hits, ()
        return replace(hits, model=model, records=self.reports, rows=rows[hits.rows]), ()

    def _heard(self, as_of: datetime) -> set[str]:
        known = self.reports.category[self.known_by(as_of)]
        return {self.reports.categories[k] for k in np.unique(known).tolist()}

    def _at(self, rows: Ints, as_of: datetime) -> IncidentColumns:
        """Reports as they were known: days that they were given later are not there yet."""
        taken = self.reports.take(rows)
        dated = DAYS_IN_REPORTS.intersection(taken.attributes)
        if not dated:
            return taken
        today = int(days_of([as_of.astimezone(self.zone).date()])[0])
        return replace(
            taken, attributes={k: _by(np.asarray(v), today) if k in dated else v for k, v in taken.attributes.items()}
        )

    def _register(self, name: str, version: str) -> _Register:
        if version not in self._columns:
            columns = self._records.layer_columns(name, version)
            assert columns is not None  # listed among the versions a moment ago, in one view of the store
            self._columns[version] = _Register(columns, self.definitions.get(name))
        return self._columns[version]


class _Register:
    """One version of a layer, and what of it was known on a day."""

    def __init__(self, columns: LayerColumns, definition: Layer | None) -> None:
        fields = definition.fields if definition is not None else ()
        mine = [f for f in fields if f.kind == "date" and not f.planned and not f.as_of_today]
        self.columns = columns
        self.days = {f.name: days_of(columns.properties[f.name]) for f in mine if f.name in columns.properties}
        self.begin = np.where(columns.valid_from > DAY_OPEN_FROM, columns.valid_from, NO_DAY).astype(np.int64)
        for f in mine:
            if f.required and f.name in self.days:
                day = self.days[f.name]
                first = np.where(self.begin == NO_DAY, day, np.minimum(self.begin, day))
                self.begin = np.where(day == NO_DAY, self.begin, first)
        #: The days on which something in it becomes known.
        self.changes = np.unique(np.concatenate([self.begin, *self.days.values()])) if len(columns) else np.zeros(0)
        self._kept: dict[int, LayerColumns] = {}

    def on(self, today: int) -> LayerColumns:
        key = int(np.searchsorted(self.changes, today, side="right"))
        if key == len(self.changes):
            return self.columns
        if key not in self._kept:
            self._kept = {key: self._cut(today, key)}  # days are asked in order: the one before is over
        return self._kept[key]

    def _cut(self, today: int, key: int) -> LayerColumns:
        c = self.columns
        rows = np.flatnonzero(self.begin <= today)
        properties = {k: v[rows] for k, v in c.properties.items()}
        for name in self.days:
            properties[name] = _by(properties[name], today)
        return replace(
            c,
            version=f"{c.version}#{key}",
            ids=c.ids[rows],
            geometry=c.geometry[rows],
            valid_from=c.valid_from[rows],
            valid_to=c.valid_to[rows],
            parent=c.parent[rows],
            titles=c.titles[rows],
            accuracy_m=c.accuracy_m[rows],
            properties=properties,
        )


def _by(values: npt.NDArray[np.object_], today: int) -> npt.NDArray[np.object_]:
    """Without the days that are later than today."""
    out = values.copy()
    out[days_of(values) > today] = None
    return out


def categories_of(model: SupervisionModel) -> set[str]:
    """Of all reports that the model watches, looks for beside them, or must have heard of."""
    asked = {*model.watch.category, *model.needs.records}
    for c in model.where:
        if isinstance(c, AnotherCondition):
            asked |= {*c.records.category, *(c.between.category if c.between else ())}
    return asked


def moment_of(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def seconds(moments: Sequence[datetime]) -> Ints:
    return np.array([int(m.timestamp()) for m in moments], dtype=np.int64)
