"""Decided leads worked out anew: each on what the model stood on when the lead was raised (versions of the layers,
exceptions, reports in the store, the moment), with the model as it is now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.hit import Subject
from geo_monitor.domain.lead import Lead
from geo_monitor.domain.place import LonLat
from geo_monitor.engine import counterfactual
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.explain import Examined, examine
from geo_monitor.engine.join import IndexShelf
from geo_monitor.engine.records import records_of_layer
from geo_monitor.engine.sieve import World
from geo_monitor.engine.thresholds import reached
from geo_monitor.services.look import Look
from geo_monitor.services.ports import Records
from geo_monitor.supervision.model import Number, SupervisionModel

#: Longitude and latitude, a row a point.
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Matter:
    """A decided lead that still follows from what was known. ``points`` are the places of all hits of its subject."""

    lead: Lead
    asked: counterfactual.Lead
    points: Points

    def stands(self, numbers: Mapping[str, Number], *, counted: bool = False) -> bool:
        """Whether it would have been raised with these numbers; ``counted``: only thresholds speak of those that are
        moved, so that the hits stay what they are."""
        return self.asked.counts(numbers) if counted else self.asked.stands(numbers)

    def stands_outside(self, area: BaseGeometry) -> bool:
        """Whether it would have been raised with this area (WGS 84) excepted."""
        left = self.asked.counted.take(~inside(area, self.points))
        return len(left) > 0 and bool(reached(self.asked.model, left, self.asked.zone).supports.any())

    @property
    def places(self) -> Points:
        """Of its own records."""
        return self.points[self.asked.members]


class Decided:
    """The decided leads of one model. Each is worked out by itself, so that none stands on the reports of another;
    features of a watched layer, which are looked at as a whole anyway, once for all leads of a run."""

    def __init__(self, records: Records, model: SupervisionModel, *, centre: LonLat, zone: tzinfo) -> None:
        self.records, self.model, self.centre, self.zone = records, model, centre, zone
        self._shelf = IndexShelf()
        self._columns: dict[tuple[str, str], LayerColumns | None] = {}

    def matters(self, leads: Sequence[Lead]) -> Iterator[tuple[Lead, Matter | Literal["gone", "unknown"]]]:
        """Each lead, worked out anew: ``gone`` if it does not follow any more, ``unknown`` if what it stood on is not
        kept."""
        runs: dict[tuple[Any, ...], list[Lead]] = {}
        for lead in leads:
            versions = tuple(lead.grounds.layer_versions.get(name, "") for name in self.model.layers)
            as_of = lead.grounds.as_of or lead.opened.isoformat()
            alone = "" if self.model.watch.layer else lead.id
            runs.setdefault((versions, as_of, lead.grounds.seq, alone), []).append(lead)
        for (versions, as_of, seq, _), mine in sorted(runs.items(), key=lambda run: run[0]):
            layers = {name: self._layer(name, v) for name, v in zip(self.model.layers, versions, strict=True)}
            known = {name: columns for name, columns in layers.items() if columns is not None}
            if len(known) < len(layers):
                yield from ((lead, "unknown") for lead in mine)
                continue
            examined = self._examined(known, datetime.fromisoformat(as_of), seq, mine)
            for lead in mine:
                matter = self._matter(lead, examined)
                stands = matter is not None and matter.stands(self.model.numbers)
                yield lead, matter if matter is not None and stands else "gone"

    def _layer(self, name: str, version: str) -> LayerColumns | None:
        """The version that a lead was raised on; today's, for a lead that tells none that is kept."""
        if (name, version) not in self._columns:
            found = self.records.layer_columns(name, version)
            self._columns[(name, version)] = found if found is not None else self.records.layer_columns(name)
        return self._columns[(name, version)]

    def _examined(
        self, layers: Mapping[str, LayerColumns], as_of: datetime, seq: int, leads: Sequence[Lead]
    ) -> Examined:
        model = self.model
        made = [e for e in self.records.exceptions(model.id) if e.created <= as_of]
        exempt = [e for e in made if e.ended is None or e.ended > as_of]
        world = World(layers, self.centre, self.zone, as_of, self._shelf)
        nothing = self.records.incident_columns(ids=[], attributes=model.fields)
        look = Look([model], nothing, world, {model.id: exempt}, frozenset(), seq, model.fields)
        ids = sorted({i for lead in leads for i in (*lead.records, *lead.grounds.known)})
        incidents, pool = look.around(self.records, model, ids)
        return examine(model, incidents, world, pool=pool, exemptions=exempt)

    def _matter(self, lead: Lead, examined: Examined) -> Matter | None:
        hits = examined.hits
        subject = self._subject(lead, examined)
        members = examined.members(subject, lead.records)
        if not len(members):
            return None
        asked = counterfactual.Lead(examined.rerun, hits, subject, members, self.zone)
        rows = hits.rows[hits.subject == hits.subjects.index(subject)]
        return Matter(lead, asked, np.column_stack([hits.records.lon[rows], hits.records.lat[rows]]))

    def _subject(self, lead: Lead, examined: Examined) -> Subject:
        """What the lead is about. A cluster may have had another name when the lead was raised: it is the one that
        holds most of its records."""
        hits = examined.hits
        if self.model.group.by != "cluster" or not len(hits):
            return lead.subject
        mine = np.isin(hits.records.ids[hits.rows].astype(str), lead.records)
        return hits.subjects[int(np.bincount(hits.subject, weights=mine).argmax())]

    def places(self, leads: Sequence[Lead], now: datetime) -> Points:
        """Where the records of these leads lie, whatever has become of the leads."""
        ids = sorted({i for lead in leads for i in lead.records})
        found = self.records.incident_columns(ids=ids)
        if self.model.watch.layer:
            layer = self.records.layer_columns(self.model.watch.layer)
            if layer is None:
                return np.zeros((0, 2))
            found = records_of_layer(layer, now, self.zone)
            found = found.take(np.isin(found.ids.astype(str), ids))
        return np.column_stack([found.lon, found.lat])


def inside(area: BaseGeometry, points: Points) -> npt.NDArray[np.bool_]:
    """Which of the points the area holds; its border belongs to it."""
    return np.asarray(shapely.intersects_xy(area, points[:, 0], points[:, 1]), bool)
