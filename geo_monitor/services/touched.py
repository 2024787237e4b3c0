"""Which old answers a new report, or the passing of time, may change; and which reports must be at hand to answer anew.

A model that looks at each report alone is only asked about new ones. One that looks around (another report near by,
what is usual) may change its answer about an old report when a new one comes in beside it; one with a clock changes it
with time. What is named here is generous: a report asked again without need gets the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.domain.place import Box
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.engine.matching import same_id
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.engine.sieve import ANY
from geo_monitor.services.ports import Wanted
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Condition,
    Number,
    PlaceCondition,
    Records,
    SupervisionModel,
    UnusualCondition,
)
from geo_monitor.supervision.vocabulary import NAMED

#: How many days a working day, a month and a year can stand for at most and at least; and holidays in a row.
LONGEST_DAYS = {"wd": 1.5, "mo": 31.0, "y": 366.0}
SHORTEST_DAYS = {"wd": 1.0, "mo": 28.0, "y": 365.0}
HOLIDAYS = timedelta(days=14)
#: Reports are kept in whole seconds.
A_MOMENT = timedelta(seconds=2)
#: No period is longer, whichever day of it.
LONGEST_PERIOD = {
    "day": timedelta(days=2),
    "week": timedelta(days=8),
    "month": timedelta(days=32),
    "quarter": timedelta(days=93),
    "year": timedelta(days=367),
}


def meant(records: Records, incidents: IncidentColumns) -> npt.NDArray[np.int64]:
    """The incidents that these words mean, by category and source (evidence may be added later and is not asked)."""
    keep = np.ones(len(incidents), bool)
    if records.category:
        keep &= _of(incidents.category, incidents.categories, records.category)
    if records.source:
        keep &= _of(incidents.source, incidents.sources, records.source)
    return np.flatnonzero(keep)


def _of(codes: npt.NDArray[Any], words: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which codes stand for one of the wanted words."""
    return np.array([*(w in wanted for w in words), False], dtype=bool)[codes]


def selected(wanted: Wanted, incidents: IncidentColumns) -> npt.NDArray[np.bool_]:
    """Which of the incidents are wanted; as the store would answer, from columns."""
    keep = np.ones(len(incidents), bool)
    if wanted.categories:
        keep &= _of(incidents.category, incidents.categories, wanted.categories)
    if wanted.occurred_from is not None:
        keep &= incidents.occurred >= int(wanted.occurred_from.timestamp())
    if wanted.occurred_to is not None:
        keep &= incidents.occurred <= int(wanted.occurred_to.timestamp())
    if wanted.boxes is not None:
        inside = np.zeros(len(incidents), bool)
        for west, south, east, north in wanted.boxes:
            inside |= (
                (west <= incidents.lon) & (incidents.lon <= east) & (south <= incidents.lat) & (incidents.lat <= north)
            )
        keep &= inside
    if wanted.named is not None:
        field, values = wanted.named
        at = np.flatnonzero(keep)
        keep[at] = [v in values for v in _said(incidents, field, at)]
    return keep


def asked_again(
    model: SupervisionModel, new: IncidentColumns, last: datetime | None, now: datetime, zone: tzinfo
) -> Iterator[Wanted]:
    """The stored reports about which a model that watches reports must be asked again: because of the new ones, and
    because of the time since the ``last`` run. Terms of whole days only end when another day has begun in the city's
    ``zone``."""
    watched = model.watch.category
    for c in model.where:
        if isinstance(c, AnotherCondition):
            fresh = new.take(meant(c.records, new))
            if len(fresh):
                yield _around(watched, fresh, model.numbers, c.at_most, c.same, earlier=c.after, later=c.before)
            if c.between is not None and len(meant(c.between, new)):
                fresh = new.take(meant(c.between, new))
                yield _around(watched, fresh, model.numbers, "", c.same, earlier=c.after, later=c.before)
        elif isinstance(c, UnusualCondition) and len(meant(model.watch, new)):
            yield _alike(watched, new.take(meant(model.watch, new)), c, later=True)
    if last is not None:
        yield from _due(model, last, now, another_day(last, now, zone))


def beside(model: SupervisionModel, rows: IncidentColumns, widen: float = 1.0) -> Iterator[Wanted]:
    """The stored reports among which the companions of these rows (reports, or features of the layer that the model
    watches), and what is usual for them, are looked for: ``widen`` times as far as the model looks, and as far around
    as the places of the rows are not known, when more is asked than the model does."""
    if not len(rows):
        return
    for c in model.where:
        if isinstance(c, AnotherCondition):
            near = partial(_around, rows=rows, numbers=model.numbers, same=c.same, earlier=c.before, later=c.after)
            yield near(c.records.category, at_most=c.at_most, widen=widen)
            if c.between is not None:
                # Between the two, so no farther in time than the other of them.
                yield near(c.between.category, at_most="", widen=widen)
        elif isinstance(c, UnusualCondition) and not model.watch.layer:
            yield _alike(model.watch.category, rows, c, later=False)


def another_day(last: datetime | None, now: datetime, zone: tzinfo) -> bool:
    return last is None or last.astimezone(zone).date() != now.astimezone(zone).date()


def _around(
    categories: tuple[str, ...],
    rows: IncidentColumns,
    numbers: Mapping[str, Number],
    at_most: str,
    same: Sequence[str],
    *,
    earlier: str,
    later: str,
    widen: float = 1.0,
) -> Wanted:
    """Reports near the rows: in place (with ``at_most``), from so much earlier to so much later, and naming the
    same."""
    first, last = _span(rows)
    start = None if earlier == ANY else first - timedelta(seconds=widen * numbers[earlier].base if earlier else 0)
    end = None if later == ANY else last + timedelta(seconds=widen * numbers[later].base if later else 0)
    unsure = float(rows.accuracy_m.max()) if widen > 1.0 and rows.shapes is None else 0.0
    boxes = _boxes(rows, widen * numbers[at_most].base + unsure) if at_most else None
    return Wanted(categories, start, end, boxes, _named(rows, same))


def _alike(categories: tuple[str, ...], rows: IncidentColumns, c: UnusualCondition, *, later: bool) -> Wanted:
    """Reports that the rows are compared with: peers of the same time; earlier years (``later``: the later ones, for
    which the rows are earlier years)."""
    first, last = _span(rows)
    named = _named(rows, [c.per])
    if c.of == "same_month":
        return Wanted(categories, first if later else None, None if later else last, None, named)
    if not c.period:
        return Wanted(categories, named=named)
    about = LONGEST_PERIOD[c.period]
    return Wanted(categories, first - about, last + about, None, named)


def _span(rows: IncidentColumns) -> tuple[datetime, datetime]:
    first, last = (datetime.fromtimestamp(int(t), UTC) for t in (rows.occurred.min(), rows.occurred.max()))
    return first, last


def _named(rows: IncidentColumns, fields: Sequence[str]) -> tuple[str, tuple[str, ...]] | None:
    """What the rows name, by the first of the fields of which the store keeps a list; rows that name nothing are like
    nobody."""
    field = next((f for f in fields if f in NAMED), None)
    if field is None:
        return None
    return field, tuple(sorted({v for v in _said(rows, field, np.arange(len(rows))) if v}))


def _said(incidents: IncidentColumns, field: str, rows: npt.NDArray[np.int64]) -> list[str]:
    column = incidents.attributes.get(field)
    return [""] * len(rows) if column is None else [same_id(v) for v in column[rows]]


#: The boxes around so many shapes are one area, nearly.
MANY_SHAPES = 500


def _boxes(rows: IncidentColumns, metres: float) -> tuple[Box, ...]:
    """Boxes that hold all within that many metres of the rows."""
    if rows.shapes is None:
        return boxes_around(np.column_stack([rows.lon, rows.lat, rows.lon, rows.lat]), metres)
    bounds = shapely.bounds(rows.shapes)
    if len(bounds) > MANY_SHAPES:
        bounds = np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)])[None, :]
    return boxes_around(bounds, metres)


def boxes_around(bounds: npt.NDArray[np.float64], metres: float) -> tuple[Box, ...]:
    """A box around each of these (west, south, east, north) that holds all within that many metres of it, and a little
    more; equal ones once."""
    west, south, east, north = bounds.T
    # A degree of longitude is shortest at the end that is farther from the equator.
    per_lon, per_lat = (
        np.minimum(a, b) for a, b in zip(metres_per_degree(south), metres_per_degree(north), strict=True)
    )
    dx, dy = 1.01 * metres / per_lon + 1e-7, 1.01 * metres / per_lat + 1e-7
    edges = np.unique(np.column_stack([west - dx, south - dy, east + dx, north + dy]), axis=0)
    return tuple(Box(*edge) for edge in edges.tolist())


def _due(model: SupervisionModel, last: datetime, now: datetime, another_day: bool) -> Iterator[Wanted]:
    """Reports whose term ended since the last run: "nothing followed" and clocks."""
    watched = model.watch.category
    # A clock that was set back takes terms away that had ended.
    first, end = min(last, now), max(last, now)
    for term in terms(model):
        if term.in_days and not another_day:
            continue
        if term.number is None or term.back is None or term.ahead is None:
            yield Wanted(watched)
        else:
            yield Wanted(watched, first - _longest(term.number) - term.ahead, end - _shortest(term.number) + term.back)


@dataclass(frozen=True, slots=True)
class Term:
    """A term after which a model may answer otherwise. ``number`` None: it runs from a day that the record names.
    ``in_days``: it ends with a day. A term of a companion runs from that: at most ``back`` before the record that the
    model watches, or ``ahead`` after it (None: any time)."""

    number: Number | None
    in_days: bool
    back: timedelta | None = timedelta(0)
    ahead: timedelta | None = timedelta(0)


def terms(model: SupervisionModel) -> Iterator[Term]:
    """All the terms of a model, those of its companions among them."""
    yield from _terms(model.where, model.numbers)
    for c in model.where:
        if isinstance(c, AnotherCondition):
            back, ahead = (
                None if name == ANY else timedelta(seconds=model.numbers[name].base if name else 0)
                for name in (c.before, c.after)
            )
            for term in _terms((*c.where, *c.between_where), model.numbers):
                yield replace(term, back=back, ahead=ahead)


def _terms(conditions: Iterable[Condition], numbers: Mapping[str, Number]) -> Iterator[Term]:
    for c in conditions:
        if isinstance(c, ClockCondition):
            if c.since == "occurred":
                yield Term(numbers[c.passed], numbers[c.passed].kind != "time")
            else:
                yield Term(None, True)
        elif isinstance(c, AnotherCondition) and c.without and c.after not in ("", ANY):
            yield Term(numbers[c.after], False)
        elif isinstance(c, PlaceCondition) and c.without and c.dated and c.dated.after not in ("", ANY):
            yield Term(numbers[c.dated.after], True)


def left_behind(model: SupervisionModel, last: datetime, now: datetime) -> Iterator[tuple[AnotherCondition, Wanted]]:
    """Of a model that looks at the features of a layer as they stand today: the reports that came into a window, or
    fell out of it, because today moved on."""
    first, end = min(last, now), max(last, now)
    for c in model.where:
        if not isinstance(c, AnotherCondition):
            continue
        for records in (c.records, c.between):
            if records is not None and c.before not in ("", ANY):
                window = timedelta(seconds=model.numbers[c.before].base)
                yield c, Wanted(records.category, first - window - A_MOMENT, end - window + A_MOMENT)


def _longest(term: Number) -> timedelta:
    """No shorter than the term can be, counted from a moment within its first day."""
    if term.kind == "time":
        return timedelta(seconds=term.base) + timedelta(days=2)
    return timedelta(days=term.value * LONGEST_DAYS[term.unit] + 2) + (HOLIDAYS if term.unit == "wd" else timedelta(0))


def _shortest(term: Number) -> timedelta:
    """No longer than the term can be."""
    if term.kind == "time":
        return timedelta(seconds=term.base) - timedelta(days=1)
    return timedelta(days=term.value * SHORTEST_DAYS[term.unit] - 1)
