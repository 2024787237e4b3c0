"""Suggest 建议: what would have kept a model from the leads that people dismissed, and cost none that they upheld.

Two things are tried, each alone: a number of the model set a little stricter, and an exception around a place that was
dismissed again and again. Dismissals as *duplicate* are left aside: the model was right (``domain.lead.FALSE_ALARMS``).

Nothing is changed here. A number is changed in the model's file, with a new version and a back-test; an exception is
decided by a person (``services/exceptions.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.lead import FALSE_ALARMS, Lead, LeadStatus
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.counterfactual import numbers_moved
from geo_monitor.engine.groups import linked
from geo_monitor.engine.metres import Frame
from geo_monitor.services.decided import Decided, Matter, Points, inside
from geo_monitor.services.exceptions import area_m2
from geo_monitor.services.moved import counted_only, scores_of
from geo_monitor.services.ports import LeadQuery, Records
from geo_monitor.services.raised import DECIDED, EVERY
from geo_monitor.supervision.lint.figures import uses
from geo_monitor.supervision.model import Number, SupervisionModel

#: Dismissed leads share a place if their records are linked by steps of at most this.
SHARED_M = 200.0
#: An exception reaches so far around the records, unless an upheld one is nearer; below the least it is none.
MARGIN_M, LEAST_M = 25.0, 1.0
#: An exception is proposed for a year: by then somebody should have looked again.
YEAR = timedelta(days=365)
#: No number is moved by more than itself.
FARTHEST = 1.0
#: Where a number may undo and do again what it did, so many steps of it are tried one by one.
TRIED = 40


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``number`` set from ``own`` to ``value``, a change by the share ``size``; or an exception for ``area`` (WGS 84,
    ``size`` hectares) until the day ``until``. ``removes``: the dismissed leads that would not have been raised.
    ``misled``: whether somebody named a clause with this number when dismissing."""

    kind: Literal["number", "exception"]
    removes: tuple[str, ...]
    size: float
    number: str = ""
    own: str = ""
    value: str = ""
    misled: bool = False
    area: BaseGeometry | None = None
    until: date | None = None

    @property
    def rank(self) -> tuple[int, int, float, str]:
        """What removes most comes first; then numbers that somebody named, exceptions, other numbers; then what
        changes least."""
        kind = 1 if self.kind == "exception" else (0 if self.misled else 2)
        return (-len(self.removes), kind, self.size, self.number)

    def as_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"kind": self.kind, "removes": list(self.removes)}
        if self.area is None or self.until is None:
            moved = {"number": self.number, "from": self.own, "to": self.value, "change": round(self.size, 4)}
            return shown | moved | {"misled": self.misled}
        area = shapely.geometry.mapping(self.area)
        return shown | {"hectares": round(self.size, 2), "until": self.until.isoformat(), "area": area}


@dataclass(frozen=True)
class Suggested:
    """``dismissed`` and ``upheld``: leads that could be worked out anew; ``gone``: those that the model as it is now
    would not raise; ``unknown``: those of which not all is kept (if an upheld one is among them, no number is proposed:
    nobody could say that it would be kept); ``duplicates``: dismissed though the model was right. ``misled``: path of
    a clause → how often it was named."""

    model: SupervisionModel
    dismissed: tuple[str, ...]
    upheld: tuple[str, ...]
    gone: tuple[str, ...]
    unknown: tuple[str, ...]
    duplicates: int
    misled: Mapping[str, int]
    suggestions: tuple[Suggestion, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.id,
            "version": self.model.version,
            "dismissed": list(self.dismissed),
            "upheld": list(self.upheld),
            "gone": list(self.gone),
            "unknown": list(self.unknown),
            "duplicates": self.duplicates,
            "misled": dict(self.misled),
            "suggestions": [s.as_dict() for s in self.suggestions],
        }


def suggest(records: Records, model: SupervisionModel, *, centre: LonLat, zone: tzinfo, now: datetime) -> Suggested:
    """What would have removed dismissed leads of this model (of any version) and kept every upheld one, best first;
    no suggestions if nothing would."""
    leads = records.leads(LeadQuery(models=(model.id,), statuses=DECIDED, trial=None, limit=EVERY)).leads
    why = {lead.id: _dismissal(records, lead) for lead in leads if lead.status is LeadStatus.DISMISSED}
    wanted = [lead for lead in leads if lead.id not in why or why[lead.id][0] in FALSE_ALARMS]
    misled = Counter(clause for code, clause in why.values() if clause and code in FALSE_ALARMS)
    decided = Decided(records, model, centre=centre, zone=zone)
    matters: list[Matter] = []
    left: dict[str, list[Lead]] = {"gone": [], "unknown": []}
    for lead, found in decided.matters(wanted):
        if isinstance(found, Matter):
            matters.append(found)
        else:
            left[found].append(lead)
    dismissed = [m for m in matters if m.lead.status is LeadStatus.DISMISSED]
    upheld = [m for m in matters if m.lead.status is LeadStatus.TAKEN_UP]
    proposed: list[Suggestion] = []
    if not any(lead.status is LeadStatus.TAKEN_UP for lead in left["unknown"]):
        proposed += _numbers(model, dismissed, upheld, set(misled))
    kept = decided.places([lead for lead in wanted if lead.status is LeadStatus.TAKEN_UP], now)
    proposed += _exceptions(dismissed, kept, now.astimezone(zone).date() + YEAR)
    return Suggested(
        model,
        tuple(sorted(m.lead.id for m in dismissed)),
        tuple(sorted(m.lead.id for m in upheld)),
        tuple(sorted(lead.id for lead in left["gone"])),
        tuple(sorted(lead.id for lead in left["unknown"])),
        len(leads) - len(wanted),
        dict(sorted(misled.items())),
        tuple(sorted(proposed, key=lambda s: s.rank)),
    )


def _dismissal(records: Records, lead: Lead) -> tuple[str, str]:
    """(why, clause) of the last dismissal."""
    said = [e.data for e in records.events(lead.id) if e.kind == LeadStatus.DISMISSED.value]
    data = said[-1] if said else {}
    return str(data.get("why", "")), str(data.get("clause", ""))


# ---- numbers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """How a number is made to ask for more: by steps of ``step`` in its own unit, up or down. ``even``: what has fallen
    stays fallen farther on; ``counted``: only thresholds speak of it; ``whole``: of a share or a score, all of it."""

    number: Number
    step: float
    up: bool
    counted: bool
    even: bool
    whole: float = np.inf

    @property
    def most(self) -> int:
        """So many steps; a number never comes down to nothing, nor a share or a score above the whole."""
        steps = FARTHEST * self.number.value / self.step
        if not self.up:
            return int(np.ceil(steps - 1e-9)) - 1
        return int(np.floor(min(steps, (self.whole - self.number.value) / self.step) + 1e-9))

    def after(self, steps: int) -> Number:
        moved = self.number.value + (steps if self.up else -steps) * self.step
        return replace(self.number, value=float(f"{moved:.10g}"))


def _ways(model: SupervisionModel) -> Iterator[_Way]:
    directions = {name: (moved[0].up, all(u.counted for u in moved)) for name, moved in numbers_moved(model).items()}
    # A count of one is left out there, where reports are weighed against numbers; here "two instead of one" is a step.
    for name in {t.count for t in model.group.any}:
        if all(u.word == "count" for u in uses(model) if u.name == name) and counted_only(model, name):
            directions.setdefault(name, (True, True))
    uneven = {t.window for t in model.group.any if t.share or t.few}
    whole = {u.name for u in uses(model) if u.word in ("count", "few")}
    scores = scores_of(model)
    for name, (up, counted) in sorted(directions.items()):
        number = model.numbers[name]
        if number.value <= 0:
            continue
        fine = 10.0 ** (np.floor(np.log10(number.value)) - 2)  # a hundredth of it, or a little more
        step = 1.0 if name in whole or number.kind == "calendar" else float(fine)
        one = name in scores or number.kind == "share"
        most = number.value / number.base if one else np.inf
        yield _Way(number, step, up, counted, name not in uneven, most)


def _numbers(
    model: SupervisionModel, dismissed: Sequence[Matter], upheld: Sequence[Matter], misled: set[str]
) -> Iterator[Suggestion]:
    """For each number the smallest change that removes the most dismissed leads and keeps every upheld one."""
    named = {u.name for u in uses(model) if u.path in misled}
    for way in _ways(model):
        steps = _steps(way, model, dismissed, upheld)
        if not steps:
            continue
        numbers = {**model.numbers, way.number.name: way.after(steps)}
        fallen = [m.lead.id for m in dismissed if not m.stands(numbers, counted=way.counted)]
        yield Suggestion(
            "number",
            tuple(sorted(fallen)),
            steps * way.step / way.number.value,
            number=way.number.name,
            own=str(way.number),
            value=str(way.after(steps)),
            misled=way.number.name in named,
        )


def _steps(way: _Way, model: SupervisionModel, dismissed: Sequence[Matter], upheld: Sequence[Matter]) -> int:
    """How many steps: as few as remove as many dismissed leads as can be removed while every upheld one stands; 0 if
    none can."""

    def stands(matter: Matter, steps: int) -> bool:
        return matter.stands({**model.numbers, way.number.name: way.after(steps)}, counted=way.counted)

    def removed(steps: int) -> int:
        """-1 if an upheld lead falls."""
        if not all(stands(m, steps) for m in upheld):
            return -1
        return sum(not stands(m, steps) for m in dismissed)

    def last(matter: Matter, most: int) -> int:
        return _last_standing(lambda steps: stands(matter, steps), most)

    most = way.most
    if way.even:
        for matter in upheld:
            most = last(matter, most)
        first = [last(matter, most) + 1 for matter in dismissed]
        found = max((k for k in first if k <= most), default=0)
        if not found or removed(found) > 0:
            return found
    # What was taken for even is not, or never was: a number of steps is tried one by one.
    tried = sorted({int(k) for k in np.linspace(1, most, TRIED).round()}) if most >= 1 else []
    best = max(tried, key=lambda k: (removed(k), -k), default=0)
    return best if best and removed(best) > 0 else 0


def _last_standing(stands: Callable[[int], bool], most: int) -> int:
    """The greatest number of steps, 0 to ``most``, up to which it stands, given that it stands at 0 and, once fallen,
    stays so."""
    if most < 1 or stands(most):
        return max(most, 0)
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if stands(middle):
            low = middle
        else:
            high = middle
    return low


# ---- exceptions --------------------------------------------------------------------------------------------------


def _exceptions(dismissed: Sequence[Matter], upheld: Points, until: date) -> Iterator[Suggestion]:
    """Around each place that two or more dismissed leads share, and at which no upheld record lies."""
    for points in _places(dismissed):
        area = _around(points, upheld)
        if area is None:
            continue
        fallen = sorted(m.lead.id for m in dismissed if not m.stands_outside(area))
        if len(fallen) >= 2:
            yield Suggestion("exception", tuple(fallen), area_m2(area) / 10_000, area=area, until=until)


def _places(matters: Sequence[Matter]) -> Iterator[Points]:
    """Records of dismissed leads that are linked by steps of at most ``SHARED_M``, if they are of two leads or more."""
    if not matters:
        return
    points = np.concatenate([m.places for m in matters])
    of = np.repeat(np.arange(len(matters)), [len(m.places) for m in matters])
    codes = linked(points[:, 0], points[:, 1], np.zeros(len(points), np.int64), SHARED_M, None)
    for code in np.unique(codes).tolist():
        if len(np.unique(of[codes == code])) >= 2:
            yield np.unique(points[codes == code], axis=0)


def _around(points: Points, upheld: Points) -> BaseGeometry | None:
    """The area around these points, ``MARGIN_M`` beyond them and at most half way to the nearest upheld record; where
    one lies amid them, a piece around each point that is free. None if an upheld record leaves no room."""
    frame = Frame(float(points[0, 0]), float(points[0, 1]))
    mine, theirs = (shapely.points(np.column_stack(frame.to_xy(p[:, 0], p[:, 1]))) for p in (points, upheld))
    hull = shapely.convex_hull(shapely.multipoints(mine))
    room = _room(hull, theirs)
    if room >= LEAST_M:
        drawn = shapely.buffer(hull, room)
    else:
        rooms = np.array([_room(point, theirs) for point in mine])
        drawn = shapely.union_all(shapely.buffer(mine[rooms >= LEAST_M], rooms[rooms >= LEAST_M]))
    if drawn.is_empty:
        return None
    area = shapely.transform(drawn, lambda xy: np.column_stack(frame.to_lonlat(xy[:, 0], xy[:, 1])))
    assert not inside(area, upheld).any()
    return area


def _room(shape: BaseGeometry, upheld: Any) -> float:
    """How far an area may reach beyond this shape."""
    return min([MARGIN_M, *(shapely.distance(shape, upheld) / 2).tolist()])
