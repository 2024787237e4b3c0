"""How far two reports tell of one event: the points of each part, and their sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache

import numpy as np
import numpy.typing as npt
from rapidfuzz.fuzz import ratio

from geo_monitor.domain.incident import Incident
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.engine.metres import distance_m
from geo_monitor.services import likeness_weights as w
from geo_monitor.services.report_words import Grams, Named, common_form, named_in

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY_S = 86_400
#: Points are given to a hundredth, so that no last bit of a float decides.
DECIMALS = 2
#: So many pairs are looked at at once: enough to be quick, few enough to stay small in memory.
BLOCK = 200_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The points of pairs, part by part (``likeness_weights.PART_WORDS``), and what they were found on: ``metres``
    apart, ``within`` metres one standard deviation, ``hours`` apart, ``alike`` the share of the wording in common (NaN:
    nothing to compare)."""

    points: Mapping[str, Floats]
    metres: Floats
    within: Floats
    hours: Floats
    alike: Floats

    @property
    def total(self) -> Floats:
        return np.round(np.sum([*self.points.values()], axis=0), DECIMALS)


# ---- what the columns alone say ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outline:
    """Where, when and under which category reports stand; ``day_only``: the time is midnight in the city, so that only
    its day is known."""

    columns: IncidentColumns
    day_only: npt.NDArray[np.bool_]
    lasting: npt.NDArray[np.bool_]
    relations: Floats

    @classmethod
    def of(cls, columns: IncidentColumns, zone: tzinfo) -> Outline:
        names = columns.categories
        slow = np.array([w.pace(c) == "lasting" for c in names], bool)[columns.category]
        relations = np.array([[relation(a, b) for b in names] for a in names]).reshape(len(names), len(names))
        return cls(columns, _midnight(columns.occurred, zone), slow, relations)

    def take(self, rows: Ints) -> Outline:
        """Those at these rows."""
        return Outline(self.columns.take(rows), self.day_only[rows], self.lasting[rows], self.relations)

    def related(self, i: Ints, j: Ints) -> Floats:
        """Points of the two categories, NaN for two that cannot be one event."""
        return np.asarray(self.relations[self.columns.category[i], self.columns.category[j]])

    def sigma_m(self, i: Ints, j: Ints) -> Floats:
        """Standard deviation of the distance between the two places, an axis."""
        a, b = (self.columns.accuracy_m[k].astype(np.float64) for k in (i, j))
        return np.asarray(np.sqrt(w.STANDING_M**2 + (a * a + b * b) / w.SIGMAS_OF_ACCURACY**2))

    def metres(self, i: Ints, j: Ints) -> Floats:
        c = self.columns
        return np.asarray(np.round(distance_m(c.lon[i], c.lat[i], c.lon[j], c.lat[j]), 1))

    def hours(self, i: Ints, j: Ints) -> Floats:
        """Between the two acts; of an act of which only the day is known, from the nearest moment of that day."""
        return np.asarray(_gap_s(self.columns.occurred, self.day_only, i, j) / 3600.0)

    def span_s(self, i: Ints, j: Ints) -> Ints:
        """Between the two times as they are written."""
        return np.asarray(np.abs(self.columns.occurred[i] - self.columns.occurred[j]))

    def comparable(self, i: Ints, j: Ints) -> npt.NDArray[np.bool_]:
        """Within the bounds, and of one kind."""
        metres = self.metres(i, j)
        near = (metres <= w.WIDEST_M) & (metres <= w.FARTHEST_SIGMAS * self.sigma_m(i, j))
        slow = self.lasting[i] | self.lasting[j]
        longest = np.where(slow, w.LONGEST_DAYS["lasting"], w.LONGEST_DAYS["passing"]) * DAY_S
        return near & (self.span_s(i, j) <= longest) & ~np.isnan(self.related(i, j))

    def points(self, i: Ints, j: Ints) -> tuple[dict[str, Floats], Floats, Floats, Floats]:
        metres, sigma, hours = self.metres(i, j), self.sigma_m(i, j), self.hours(i, j)
        # Against places strewn over a square kilometre (C. F. Gauss's error in the plane), and moments over a day.
        best = np.minimum(w.PLACE_BEST, 10 * np.log10(1e6 / (2 * np.pi * sigma**2)))
        place = np.maximum(w.PLACE_WORST, best - 10 * np.log10(np.e) * metres**2 / (2 * sigma**2))
        slow = self.lasting[i] | self.lasting[j]
        apart = np.where(slow, w.HOURS_APART["lasting"], w.HOURS_APART["passing"])
        first = np.where(slow, w.TIME_BEST["lasting"], w.TIME_BEST["passing"])
        first = np.where(self.day_only[i] | self.day_only[j], np.minimum(first, w.DAY_BEST), first)
        time = np.maximum(w.TIME_WORST, first - 10 * np.log10(np.e) * hours / apart)
        same = (self.columns.reporter[i] == self.columns.reporter[j]) & (self.columns.reporter[i] >= 0)
        points = {
            "before": np.full(len(i), w.BEFORE),
            "place": place,
            "time": time,
            "category": self.related(i, j),
            "reporter": np.where(same, w.SAME_REPORTER, 0.0),
        }
        return points, metres, sigma, hours


def _midnight(occurred: Ints, zone: tzinfo) -> npt.NDArray[np.bool_]:
    """Whether a moment is the first second of a day in the city. No zone is off by less than a quarter of an hour, so
    most moments are out at once."""
    maybe = np.flatnonzero(occurred % 900 == 0)
    found = np.zeros(len(occurred), bool)
    days: dict[int, bool] = {}
    for k, second in zip(maybe.tolist(), occurred[maybe].tolist(), strict=True):
        if second not in days:
            local = datetime.fromtimestamp(second, UTC).astimezone(zone)
            days[second] = local.hour == local.minute == local.second == 0
        found[k] = days[second]
    return found


def _gap_s(occurred: Ints, day_only: npt.NDArray[np.bool_], i: Ints, j: Ints) -> Ints:
    end = occurred + np.where(day_only, DAY_S - 1, 0)
    return np.asarray(np.maximum(0, np.maximum(occurred[i] - end[j], occurred[j] - end[i])))


@cache
def relation(one: str, other: str) -> float:
    """Points of two categories; NaN for two that no event is filed under both."""
    if {one, other} & w.NEVER:
        return np.nan
    if "other" in (one, other):
        return w.UNFILED
    if one == other:
        return w.SAME_CATEGORY
    return w.RELATED_CATEGORY if any(one in family and other in family for family in w.FAMILIES) else np.nan


# ---- what the words say --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wording:
    """The words of reports, by position."""

    grams: Grams
    named: Sequence[Named]

    @classmethod
    def of(cls, incidents: Iterator[Incident] | Sequence[Incident]) -> Wording:
        forms: list[str] = []
        named: list[Named] = []
        for incident in incidents:
            form = common_form(incident.text)
            forms.append(form)
            named.append(named_in(incident, form))
        return cls(Grams.of(forms), named)

    def points(self, i: Ints, j: Ints) -> tuple[dict[str, Floats], Floats]:
        alike = self.grams.alike(i, j)
        few = np.minimum(self.grams.size[i], self.grams.size[j]) < w.FEWEST_GRAMS
        alike = np.where(few, np.nan, alike)
        steps = np.array(w.TEXT)
        said = np.interp(np.nan_to_num(alike), steps[:, 0], steps[:, 1])
        points = {"text": np.where(np.isnan(alike), 0.0, said)}
        points |= {kind: np.zeros(len(i)) for kind in (*w.NAMED, "site")}
        speaks = np.fromiter((bool(n.things or n.name) for n in self.named), bool, len(self.named))
        for k in np.flatnonzero(speaks[i] & speaks[j]).tolist():
            a, b = self.named[i[k]], self.named[j[k]]
            for kind in a.things.keys() & b.things.keys():
                ours, theirs = a.things[kind], b.things[kind]
                if kind in w.NAMED:
                    points[kind][k] = w.NAMED[kind][0 if ours & theirs else 1]
                elif ours & theirs:
                    points["site"][k] += w.SITES[kind][1]
                elif not any(_misheard(x, y) for x in ours for y in theirs):
                    points["site"][k] += w.SITES[kind][2]
            if a.name and b.name:
                score = ratio(a.name, b.name) / 100.0
                same, other = w.NAMED["name"]
                points["name"][k] = same if score >= w.NAMES_ALIKE else other if score < w.NAMES_DIFFER else 0.0
        return points, alike


def _misheard(one: str, other: str) -> bool:
    """Whether a single character tells two names of one length apart."""
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


#: The most that the words can say for a pair.
WORDS_BEST: float = max(p for _, p in w.TEXT) + sum(same for same, _ in w.NAMED.values())
WORDS_BEST += sum(same for _, same, _ in w.SITES.values())


def compare(outline: Outline, wording: Wording, i: Ints, j: Ints) -> Parts:
    """Of pairs that are comparable; the rows of both are those of ``outline``."""
    points, metres, sigma, hours = outline.points(i, j)
    said, alike = wording.points(i, j)
    return Parts({**points, **said}, metres, sigma, hours, alike)
