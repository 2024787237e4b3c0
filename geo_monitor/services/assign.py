"""Who answers: the responsible trio 三长 of a place on a day, or a stated vacancy. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from geo_monitor.domain.duty import ROLES, Posting, ResponsibleTrio, Seat
from geo_monitor.domain.hit import Subject
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.join import NO_PAIRS, IndexShelf, Pairs

#: Beyond this a point is not "at" a reach any more and its district answers.
REACH_M = 1000.0
#: Within this of a district's border both districts are named: a report is rarely placed better.
BORDER_M = 50.0
WHOLE_CITY = "*"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a point lies: district id ("" outside all) with its title in the layer, nearest reach within ``REACH_M``
    (or ""), and
    the districts on whose border it lies within its accuracy."""

    district: str
    reach: str
    border: tuple[str, ...] = ()


class Duty:
    """The roster over the layers of the city. ``layers`` may lack districts or rivers: then only what is there is
    asked."""

    def __init__(
        self,
        postings: Sequence[Posting],
        layers: Mapping[str, LayerColumns],
        centre: LonLat,
        shelf: IndexShelf | None = None,
    ) -> None:
        self.layers, self.centre, self.shelf = layers, centre, shelf or IndexShelf()
        self.by_place: dict[tuple[str, str], list[Posting]] = {}
        for posting in sorted(postings, key=lambda p: (p.place, p.role, p.valid_from or date.min, p.name)):
            self.by_place.setdefault((posting.place, posting.role), []).append(posting)

    def whereabouts(self, place: LonLat, accuracy_m: float = 0.0) -> Whereabouts:
        districts = self._near("districts", place, max(BORDER_M, accuracy_m))
        holding = districts.take(districts.inside)
        reaches = self._near("rivers", place, REACH_M)
        ids = self._ids("districts", holding)
        border = self._ids("districts", districts)
        return Whereabouts(
            district=ids[0] if ids else "",
            reach=next(iter(self._ids("rivers", reaches)), ""),
            border=tuple(border) if len(border) > 1 else (),
        )

    def trio(
        self, place: LonLat, day: date, subject: Subject | None = None, parent: str = "", at: Whereabouts | None = None
    ) -> ResponsibleTrio:
        """The three for a place on a day. Asked in this order: the subject itself, its parent, the nearest reach
        (only for the river chief, whose charge is the reach), the district, the whole city."""
        at = at or self.whereabouts(place)
        own = [f"{subject.layer}/{subject.id}"] if subject else []
        own += [parent] if parent else []
        river = [f"rivers/{at.reach}"] if at.reach else []
        wide = ([f"districts/{at.district}"] if at.district else []) + [WHOLE_CITY]
        seats = [
            self._seat(role, [*own, *river, *wide] if role == "river_chief" else [*own, *wide, *river], day)
            for role in ROLES
        ]
        return ResponsibleTrio(*seats)

    def _seat(self, role: str, places: Sequence[str], day: date) -> Seat:
        for place in places:
            held = [p for p in self.by_place.get((place, role), []) if p.on(day)]
            if held:
                # Two postings for one seat on one day: the later appointment holds it.
                p = max(held, key=lambda p: (p.valid_from or date.min, p.name))
                return Seat(role, p.name, p.post, p.office, place)
        known = [p for place in places for p in self.by_place.get((place, role), [])]
        if known:
            last = max(known, key=lambda p: (p.valid_to or date.max, p.name))
            return Seat(
                role,
                vacant=f"no posting on {day.isoformat()}; last known for {last.place}: "
                f"{last.post}, {last.valid_from or '…'} to {last.valid_to or '…'}",
            )
        return Seat(role, vacant=f"the roster names nobody for {' or '.join(places)}")

    def _near(self, layer: str, place: LonLat, metres: float) -> Pairs:
        if layer not in self.layers:
            return NO_PAIRS
        index = self.shelf.index(self.layers[layer], self.centre)
        return index.pairs(np.array([place.lon]), np.array([place.lat]), metres)

    def _ids(self, layer: str, pairs: Pairs) -> list[str]:
        return [str(self.layers[layer].ids[f]) for f in pairs.feature.tolist()]
