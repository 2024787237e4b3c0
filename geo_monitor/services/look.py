"""One look at the reports: at all of them, or at what is new and what new ones and the passing of time may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.exemption import Exemption
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.engine.evaluate import Evaluation, ModelHits, Rerun, evaluate
from geo_monitor.engine.plan import compile_plan
from geo_monitor.engine.records import records_of_layer
from geo_monitor.engine.sieve import World
from geo_monitor.services.ports import Records, Wanted
from geo_monitor.services.touched import another_day, asked_again, beside, left_behind, meant, selected, terms
from geo_monitor.supervision.model import AnotherCondition, SupervisionModel

#: No report at all: a question up to the number 0 would mean every one.
NO_REPORT = -1


@dataclass
class Looked:
    """``hits`` by model; ``asked``: model id → the records it was asked about again, whose earlier hits no longer
    count (empty in a full look, where none of the earlier ones does); ``waiting``: model id → what is missing."""

    full: bool
    hits: dict[str, ModelHits]
    asked: dict[str, Sequence[str]] = field(default_factory=dict)
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    join_seconds: float = 0.0


@dataclass(frozen=True)
class Look:
    """The models that run, the reports that are new (or all), and the world they lie in."""

    models: Sequence[SupervisionModel]
    incidents: IncidentColumns
    world: World
    exempt: Mapping[str, Sequence[Exemption]]
    heard: frozenset[str]
    seq: int
    attributes: Sequence[str]

    @property
    def now(self) -> datetime:
        return self.world.as_of

    @property
    def waiting(self) -> Mapping[str, tuple[str, ...]]:
        """Model id → the data that it waits for."""
        return compile_plan(self.models, self.world.layers, self.heard).waiting

    def at_all(self) -> Looked:
        """Every model over every report and register."""
        answer = self._evaluate(self.models, self.incidents, self.incidents)
        return Looked(True, answer.hits, {}, answer.waiting, answer.seconds["join"])

    def at_new(self, records: Records, last: datetime | None) -> Looked:
        """What follows from the new reports, and from the time since the ``last`` look. Together with what is stored it
        is what a full look would find (a property test says so)."""
        alone = [m for m in self.models if not m.watch.layer]
        answer = self._evaluate([m for m in alone if not m.looks_around], self.incidents, self.incidents)
        looked = Looked(False, answer.hits, {}, self.waiting, answer.seconds["join"])
        chosen, old, only = self._touched(records, last)
        if not chosen:
            return looked
        more = self._evaluate(chosen, old, self._pool(records, chosen, old, only), only)
        looked.hits.update(more.hits)
        looked.asked = {name: sorted(ids) for name, ids in only.items() if name in more.hits}
        looked.join_seconds += more.seconds["join"]
        return looked

    def _touched(
        self, records: Records, last: datetime | None
    ) -> tuple[list[SupervisionModel], IncidentColumns, dict[str, set[str]]]:
        """The models that look around or wait and must be asked again, the reports they are asked about (new ones among
        them), and which of these, or of the features of the layer that it watches, each is asked about."""
        wanted: dict[str, list[Wanted]] = {}
        for model in self.models:
            if not model.watch.layer and (model.looks_around or model.waits_for_time):
                wanted[model.id] = list(asked_again(model, self.incidents, last, self.now, self.world.zone))
        old = IncidentColumns.merged([self._stored(records, [w for ws in wanted.values() for w in ws]), self.incidents])
        new = np.isin(old.ids, self.incidents.ids)
        only: dict[str, set[str]] = {}
        gone = self._left_behind(records, last)
        for model in self.models:
            if model.watch.layer:
                only[model.id] = self._features_touched(model, last, gone)
            elif model.id in wanted and (wanted[model.id] or model.looks_around):
                mine = new.copy()
                for one in wanted[model.id]:
                    mine |= selected(one, old)
                rows = meant(model.watch, old)
                only[model.id] = set(old.ids[rows[mine[rows]]].tolist())
        return [m for m in self.models if only.get(m.id)], old, {name: ids for name, ids in only.items() if ids}

    def around(
        self, records: Records, model: SupervisionModel, ids: Sequence[str], read: IncidentColumns | None = None
    ) -> tuple[IncidentColumns, IncidentColumns]:
        """The reports with these ids (of a watched layer: none), and all that may matter beside them. ``read``: reports
        that are at hand, these among them."""
        wanted = set() if model.watch.layer else set(ids)
        if read is None:
            mine = records.incident_columns(ids=sorted(wanted), attributes=self.attributes)
        else:
            mine = read.take(np.array([i in wanted for i in read.ids], dtype=bool))
        return mine, self._pool(records, [model], mine, {model.id: set(ids)}, Rerun.WIDEN)

    def _evaluate(
        self,
        models: Sequence[SupervisionModel],
        incidents: IncidentColumns,
        pool: IncidentColumns,
        only: Mapping[str, set[str]] | None = None,
    ) -> Evaluation:
        world = self.world
        return evaluate(
            models,
            incidents,
            world.layers,
            as_of=world.as_of,
            centre=world.centre,
            zone=world.zone,
            shelf=world.shelf,
            pool=pool,
            exemptions=self.exempt,
            heard=self.heard,
            only=only,
            matters=False,
        )

    def _pool(
        self,
        records: Records,
        models: Sequence[SupervisionModel],
        rows: IncidentColumns,
        only: Mapping[str, set[str]],
        widen: float = 1.0,
    ) -> IncidentColumns:
        """The rows, and all stored reports that may be their companions or say what is usual for them (``widen`` times
        as far as the models look)."""
        wanted: list[Wanted] = []
        for model in models:
            if model.looks_around:
                wanted += beside(model, self._asked(model, rows, only[model.id]), widen)
        return IncidentColumns.merged([rows, self._stored(records, wanted)]) if wanted else rows

    def _asked(self, model: SupervisionModel, rows: IncidentColumns, ids: set[str]) -> IncidentColumns:
        """The records with these ids, out of the rows or of the layer that the model watches."""
        if not model.watch.layer:
            return rows.take(np.isin(rows.ids.astype(str), list(ids)))
        world, watch = self.world, model.watch
        return records_of_layer(
            world.layers[watch.layer], self.now, world.zone, watch.dated, world.rows(watch.layer, ids)
        )

    def _stored(self, records: Records, wanted: Sequence[Wanted]) -> IncidentColumns:
        upto = self.seq or NO_REPORT
        return records.incident_columns(attributes=self.attributes, wanted=wanted, upto_seq=upto)

    # ---- watched layers ------------------------------------------------------------------------------------

    def _left_behind(self, records: Records, last: datetime | None) -> IncidentColumns:
        """All reports that left a window since the last look, or came into one, for any model of a register."""
        if last is None or another_day(last, self.now, self.world.zone):
            return self.incidents
        models = [m for m in self.models if m.watch.layer and not m.watch.dated]
        wanted = [w for m in models for _, w in left_behind(m, last, self.now)]
        return self._stored(records, wanted)

    def _features_touched(self, model: SupervisionModel, last: datetime | None, gone: IncidentColumns) -> set[str]:
        """On another day all of them: terms end, days come, and a register says of more rows that they are over. On the
        same day those near which a report came in, or left a window, or whose term ended."""
        if last is None or another_day(last, self.now, self.world.zone):
            return self._features(model)
        if any(not t.in_days and t.back != t.ahead for t in terms(model)):
            return self._features(model)  # a companion's own term of hours: rare, and dear to follow
        found = self._features_near(model, self.incidents) if model.looks_around else set()
        if model.watch.dated:
            return found | self._features_due(model, last)
        for c, wanted in left_behind(model, last, self.now):
            rows = np.flatnonzero(selected(wanted, gone))
            if len(rows) and (not c.at_most or c.between is not None):
                return self._features(model)
            if len(rows):
                found |= self._near_reports(model, c, gone, rows)
        return found

    def _features_due(self, model: SupervisionModel, last: datetime) -> set[str]:
        """Features from whose day a term of hours ran out since the last look (or, with room to spare, nearly did)."""
        layer = self.world.layers.get(model.watch.layer)
        hours = [t.number.base for t in terms(model) if t.number is not None and not t.in_days]
        if layer is None or not hours:
            return set()
        begin = self.world.days(layer.name, model.watch.dated).astype(float) * 86400.0
        room = 2.0 * 86400.0
        first, end = (m.timestamp() for m in (min(last, self.now), max(last, self.now)))
        due = np.zeros(len(begin), bool)
        for seconds in hours:
            due |= (first - room <= begin + seconds) & (begin + seconds <= end + room)
        return {f"{layer.name}/{layer.ids[k]}" for k in np.flatnonzero(due)}

    def _features(self, model: SupervisionModel) -> set[str]:
        layer = self.world.layers.get(model.watch.layer)
        return set() if layer is None else {f"{layer.name}/{i}" for i in layer.ids}

    def _features_near(self, model: SupervisionModel, reports: IncidentColumns) -> set[str]:
        """The features about which these reports may change the answer."""
        layer = self.world.layers.get(model.watch.layer)
        if layer is None:
            return set()
        near: set[str] = set()
        for c in model.where:
            if not isinstance(c, AnotherCondition):
                continue
            fresh = [meant(r, reports) for r in (c.records, c.between) if r is not None]
            rows = np.unique(np.concatenate(fresh))
            if not len(rows):
                continue
            if not c.at_most or c.between is not None:
                return self._features(model)
            near |= self._near_reports(model, c, reports, rows)
        return near

    def _near_reports(
        self, model: SupervisionModel, c: AnotherCondition, reports: IncidentColumns, rows: npt.NDArray[np.int64]
    ) -> set[str]:
        layer = self.world.layers.get(model.watch.layer)
        if layer is None:
            return set()
        metres = model.numbers[c.at_most].base
        pairs = self.world.index(layer.name).pairs(reports.lon[rows], reports.lat[rows], metres)
        return {f"{layer.name}/{layer.ids[k]}" for k in np.unique(pairs.feature)}
