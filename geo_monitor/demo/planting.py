"""How an offence is planted: a subject that nothing else touches, reports with known answers, and a line of truth.

Each lies on a subject (a reach, a site, a shop, a school) that no other plant of the same model uses, and the
background keeps clear of it in the categories concerned, so that the answer is known for certain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from geo_monitor.demo.ground import Ground, Heritage, Reach, beside
from geo_monitor.demo.premises import METRES_LAT, METRES_LON, Business, School
from geo_monitor.demo.reports import KeepClear, Numbers, Report, local
from geo_monitor.demo.truth import Planted
from geo_monitor.demo.zones import Zone, control_zones, heritage_bodies, protection_ranges, source_zones

Place = tuple[float, float]


class Town:
    """The made world before anything happens in it."""

    def __init__(
        self,
        ground: Ground,
        schools: Sequence[School],
        businesses: Sequence[Business],
        today: date,
        rng: np.random.Generator,
    ) -> None:
        self.ground, self.today, self.rng = ground, today, rng
        self.schools = list(schools)
        self.businesses = list(businesses)
        self.bodies = {z.id: z for z in heritage_bodies(ground)}
        self.ranges = {z.parent: z for z in protection_ranges(ground)}
        self.controls = {z.parent: z for z in control_zones(ground)}
        self.source_zones = source_zones(ground)
        self.reaches = [r for r in ground.reaches if r.livable]

    def site(self, site_id: str) -> Heritage:
        return next(h for h in self.ground.heritage if h.id == site_id)


@dataclass(frozen=True)
class RegisterRow:
    """An inspection or a penalty of a business on a day."""

    id: str
    business: Business
    day: date
    result: str
    amount: int = 0


@dataclass
class PlantedWorld:
    """What was planted. ``common_shops`` are those that the background may complain about."""

    reports: list[Report] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    clear: list[KeepClear] = field(default_factory=list)
    sand_permits: list[Zone] = field(default_factory=list)
    relic_approvals: list[Zone] = field(default_factory=list)
    outfalls: list[Zone] = field(default_factory=list)
    inspections: list[RegisterRow] = field(default_factory=list)
    penalties: list[RegisterRow] = field(default_factory=list)
    common_shops: list[Business] = field(default_factory=list)

    @property
    def truth(self) -> tuple[Planted, ...]:
        return tuple(
            Planted(c.model, c.layer, c.subject, c.found, c.why, tuple(c.incidents), c.records) for c in self.cases
        )


class Planter:
    """Writes reports with known answers. ``back`` counts days before today."""

    def __init__(self, town: Town, numbers: Numbers) -> None:
        self.town, self.numbers, self.out = town, numbers, PlantedWorld()
        self.strangers = 0

    def day(self, back: int) -> date:
        """Negative ``back`` lies ahead."""
        return self.town.today - timedelta(days=back)

    def at(self, back: int, hour: int = 10, minute: int = 0, second: int = 0) -> datetime:
        return local(self.day(back), hour, minute, second)

    def person(self) -> str:
        """Somebody who reports nothing else."""
        self.strangers += 1
        return f"合成举报人-{self.strangers:03d}"

    def offence(self, model: str, layer: str, subject: str, why: str) -> Case:
        """One that the model should find. ``why`` says it in a sentence."""
        return self._case(model, layer, subject, True, why)

    def near_miss(self, model: str, layer: str, subject: str, why: str) -> Case:
        """One that it must not flag."""
        return self._case(model, layer, subject, False, why)

    def _case(self, model: str, layer: str, subject: str, found: bool, why: str) -> Case:
        case = Case(self, model, layer, subject, found, why)
        self.out.cases.append(case)
        return case

    def clear_reach(self, reach: Reach, *categories: str, metres: float = 900.0) -> None:
        self.out.clear.append(KeepClear(frozenset(categories), metres, reach=reach))

    def clear_place(self, place: Place, metres: float, *categories: str) -> None:
        self.out.clear.append(KeepClear(frozenset(categories), metres, *place))


@dataclass
class Case:
    """One planted matter, while it is being written. ``records`` are ``layer/id`` where a model watches a layer."""

    planter: Planter
    model: str
    layer: str
    subject: str
    found: bool
    why: str
    incidents: list[str] = field(default_factory=list)
    records: tuple[str, ...] = ()

    def tell(
        self,
        category: str,
        place: Place,
        when: datetime,
        text: str,
        *,
        feed: str = "hotline",
        who: str | None = None,
        evidence: str = "",
    ) -> Case:
        """One more report of this matter, from a person of its own unless ``who`` is given."""
        p = self.planter
        reported = when + timedelta(minutes=25)
        number = p.numbers.next(feed, reported)
        lon, lat = round(place[0], 9), round(place[1], 9)
        person = p.person() if who is None else who
        seen = (evidence,) if evidence else ()
        p.out.reports.append(Report(feed, number, category, text, when, reported, lon, lat, 5.0, person, seen))
        self.incidents.append(f"{feed}/{number}")
        return self

    def seen(self, category: str, place: Place, when: datetime, text: str, evidence: str) -> Case:
        """One more report, with evidence: inspections come from patrols, pictures from volunteers."""
        feed = "patrol" if evidence == "inspection" else "volunteer"
        return self.tell(category, place, when, text, feed=feed, evidence=evidence)


def in_zone(reach: Reach, fraction: float = 0.3, side: int = 1) -> Place:
    """On the bank, well inside the management zone."""
    return beside(reach.geometry, fraction, reach.half_width_m + 8.0, side)


def season_day(today: date, month: int, day: int) -> int:
    """Days back to the newest such day that is at least ten days ago."""
    year = today.year
    while date(year, month, day) > today - timedelta(days=10):
        year -= 1
    return (today - date(year, month, day)).days


def gap(place: Place, things: Sequence[Business] | Sequence[School]) -> float:
    """Metres to the nearest of these, well enough to keep a distance."""
    away = (math.hypot((t.lon - place[0]) * METRES_LON, (t.lat - place[1]) * METRES_LAT) for t in things)
    return min(away, default=1e9)
