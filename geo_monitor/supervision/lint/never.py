"""Conditions and thresholds that can never hold, and those that always do and so say nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from geo_monitor.errors import Flaw
from geo_monitor.supervision.lint.desk import Desk
from geo_monitor.supervision.model import (
    PERIODS,
    AnotherCondition,
    Condition,
    DatesCondition,
    Having,
    HoursCondition,
    PlaceCondition,
    Records,
    SeasonCondition,
    Threshold,
    UnusualCondition,
    ValueCondition,
)

_DAY_S = 86400.0
#: The shortest of each period, in days.
_SHORTEST = dict(zip(PERIODS, (1, 7, 28, 90, 365), strict=True))
_CONTRARY = {">=": "<", ">": "<=", "<=": ">", "<": ">="}


def conditions(desk: Desk) -> Iterator[Flaw]:
    yield from _together(desk, desk.model.where, areal=desk.shapes_watched)
    for c in desk.model.where:
        if isinstance(c, AnotherCondition):
            yield from _together(desk, c.where, areal=False)
            yield from _together(desk, c.between_where, areal=False)
            count = desk.base(c.count)
            if count is not None and not _whole(count):
                yield desk.flaw("never", c.path, f"{count:g}", "a whole count from 1 on")
        if isinstance(c, UnusualCondition) and desk.base(c.number) == 0:
            yield desk.flaw("never", c.path, c.number, "a number greater than nothing")
        if isinstance(c, PlaceCondition) and c.alike and not 0 < (desk.base(c.alike.at_least) or 0) <= 1:
            yield desk.flaw("never", c.path, desk.model.numbers[c.alike.at_least], "a score above 0 and at most 1")


def _together(desk: Desk, where: Sequence[Condition], areal: bool) -> Iterator[Flaw]:
    """What conditions on one record ask at the same time."""
    places = [c for c in where if isinstance(c, PlaceCondition)]
    for a, b in combinations(places, 2):
        for inside, outside in ((a, b), (b, a)):
            if _asks(inside, areal) and _forbids(outside, areal) and _implied(desk, inside, outside):
                expected = f"not the opposite of {inside.path}: nothing can meet both"
                yield desk.flaw("never", outside.path, outside.layer, expected)
    others = [c for c in where if isinstance(c, AnotherCondition)]
    for asked in others:
        for forbidden in others:
            if not asked.without and forbidden.without and _means_more(desk, forbidden, asked):
                expected = f"not the opposite of {asked.path}: nothing can meet both"
                yield desk.flaw("never", forbidden.path, "another", expected)
    for c in where:
        if isinstance(c, HoursCondition) and not any(a != b for a, b in c.spans):
            yield desk.flaw("never", c.path, "", "a span of the day that is longer than nothing")
        if isinstance(c, DatesCondition) and not any(a <= b for a, b in c.spans):
            yield desk.flaw("never", c.path, "", "a span that ends after it begins")
    yield from _no_day(desk, where)
    yield from _no_minute(desk, where)
    yield from _no_value(desk, where)


# ---- place ---------------------------------------------------------------------------------------------------

_MEETING = ("within", "crosses", "overlap")
_NEAR = ("within_distance", "nearest", "on_bank")


def _asks(c: PlaceCondition, areal: bool) -> bool:
    """Whether the condition asks for a feature (an ``outside`` turned round does, of a point)."""
    return c.without and not areal if c.relation == "outside" else not c.without


def _forbids(c: PlaceCondition, areal: bool) -> bool:
    return not c.without and not areal if c.relation == "outside" else c.without


def _implied(desk: Desk, inside: PlaceCondition, outside: PlaceCondition) -> bool:
    """Whether each feature that meets ``inside`` also meets what ``outside`` says is not there."""
    if inside.layer != outside.layer or outside.valid not in ("", inside.valid):
        return False
    if any(not set(inside.where.get(k, ())) or not set(inside.where[k]) <= set(v) for k, v in outside.where.items()):
        return False
    if outside.dated not in (None, inside.dated) or outside.alike not in (None, inside.alike):
        return False
    if not set(outside.same.items()) <= set(inside.same.items()) or not set(outside.compare) <= set(inside.compare):
        return False
    near = ("outside", *_NEAR[:2])
    if outside.relation in near:
        return inside.relation in (*near, *_NEAR, *_MEETING) and _metres(desk, inside) <= _metres(desk, outside)
    if outside.relation == "crosses":
        return inside.relation in _MEETING
    if outside.relation != inside.relation or (outside.bank, outside.side) != (inside.bank, inside.side):
        return False
    if outside.relation == "overlap":
        mine, theirs = (desk.model.numbers.get(c.at_least) for c in (inside, outside))
        return mine is not None and theirs is not None and mine.kind == theirs.kind and mine.base >= theirs.base
    return _metres(desk, inside) <= _metres(desk, outside)


def _metres(desk: Desk, c: PlaceCondition) -> float:
    return desk.base(c.at_least if c.relation == "outside" else c.at_most) or 0.0


# ---- time and values -----------------------------------------------------------------------------------------


def _no_day(desk: Desk, where: Sequence[Condition]) -> Iterator[Flaw]:
    seasons = [c for c in where if isinstance(c, SeasonCondition)]
    dates = [c for c in where if isinstance(c, DatesCondition) and any(a <= b for a, b in c.spans)]
    given = next((c for c in dates if not c.without), None)
    days: Iterable[date] = (date(2024, 1, 1) + timedelta(k) for k in range(366))
    if given:
        days = _days_of(given)
        asked: list[SeasonCondition | DatesCondition] = [*seasons, *dates]
    else:  # days left out of one year leave the other years
        asked = [*seasons]
    if asked and not any(all(_on_day(c, d) != c.without for c in asked) for d in days):
        yield desk.flaw("never", max(asked, key=where.index).path, "", "seasons and dates that have a day in common")


def _days_of(c: DatesCondition) -> Iterator[date]:
    for first, last in c.spans:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            yield day
            day += timedelta(1)


def _on_day(c: SeasonCondition | DatesCondition, day: date) -> bool:
    if isinstance(c, DatesCondition):
        return any(a <= day.isoformat() <= b for a, b in c.spans)
    said = (day.month, day.day)
    return c.start <= said <= c.end if c.start <= c.end else said >= c.start or said <= c.end


def _no_minute(desk: Desk, where: Sequence[Condition]) -> Iterator[Flaw]:
    hours = [c for c in where if isinstance(c, HoursCondition) and c.spans]
    if hours and not any(all(_in_hours(c, m) != c.without for c in hours) for m in range(1440)):
        yield desk.flaw("never", hours[-1].path, "", "hours that have a minute in common")


def _in_hours(c: HoursCondition, minute: int) -> bool:
    return any(a <= minute < b if a < b else minute >= a or minute < b for a, b in c.spans if a != b)


def _no_value(desk: Desk, where: Sequence[Condition]) -> Iterator[Flaw]:
    values = [c for c in where if isinstance(c, ValueCondition)]
    for name in dict.fromkeys(c.field for c in values if not c.without):
        mine = [c for c in values if c.field == name]
        words = [set(c.words) for c in mine if c.op == "one_of" and not c.without]
        refused = {w for c in mine if c.op == "one_of" and c.without for w in c.words}
        if words and not set.intersection(*words) - refused:
            yield desk.flaw("never", mine[-1].path, name, "words that these conditions have in common")
        if any(c.op == "present" and c.without for c in mine):
            yield desk.flaw("never", mine[-1].path, name, "a value that is given, or one that is not")
        # A condition turned round is the contrary comparison here: the value is given, for another asks for it.
        limits = [
            (_CONTRARY[c.op] if c.without else c.op, limit)
            for c in mine
            if c.op in _CONTRARY and (limit := desk.base(c.number)) is not None
        ]
        low = max(((v, op == ">") for op, v in limits if op in (">", ">=")), default=None)
        high = min(((v, op != "<") for op, v in limits if op in ("<", "<=")), default=None)
        if low and high and (low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1]))):
            yield desk.flaw("never", mine[-1].path, name, "a value that meets all of these")


# ---- other reports -------------------------------------------------------------------------------------------


def _means_more(desk: Desk, wide: AnotherCondition, narrow: AnotherCondition) -> bool:
    """Whether every report that ``narrow`` means is one that ``wide`` means."""
    if wide.where or wide.between or wide.independent > narrow.independent or not set(wide.same) <= set(narrow.same):
        return False
    if not _records_within(narrow.records, wide.records):
        return False
    if (desk.base(wide.count) or 1) > (desk.base(narrow.count) or 1):
        return False
    if wide.faster_than and not (desk.base(narrow.faster_than) or 0) >= (desk.base(wide.faster_than) or 0):
        return False
    if wide.at_most and not 0 < (desk.base(narrow.at_most) or 0) <= (desk.base(wide.at_most) or 0):
        return False
    return all(_long(desk, getattr(narrow, k)) <= _long(desk, getattr(wide, k)) for k in ("before", "after"))


def _long(desk: Desk, name: str) -> float:
    if not name:
        return -1.0
    found = desk.base(name)
    return math.inf if found is None else found


def _records_within(narrow: Records, wide: Records) -> bool:
    return all(
        not getattr(wide, k) or (getattr(narrow, k) and set(getattr(narrow, k)) <= set(getattr(wide, k)))
        for k in ("category", "source", "evidence")
    )


# ---- thresholds ----------------------------------------------------------------------------------------------


def thresholds(desk: Desk) -> Iterator[Flaw]:
    for t in desk.model.group.any:
        yield from _counted(desk, t)
        yield from _beside(desk, t)
        for having in (t.having, t.share_having):
            yield from _having(desk, t, having)


def _counted(desk: Desk, t: Threshold) -> Iterator[Flaw]:
    model, group = desk.model, desk.model.group
    count, window = desk.base(t.count), desk.base(t.window)
    if window is not None and window <= 0:
        yield desk.flaw("never", t.path, model.numbers[t.window], "a window longer than nothing")
    if count is None:
        return
    if not _whole(count):
        yield desk.flaw("never", t.path, model.numbers[t.count], "a whole count from 1 on")
    if (count > 1 or t.sum) and not t.window and not model.watch.layer:
        yield desk.flaw("no_window", t.path, "", "a window: without one, reports years apart would count together")
    if count <= 1:
        return
    if group.by == "record":
        yield desk.flaw("never", t.path, f"{count:g}", "1: a record alone is one record")
    if model.watch.layer and t.distinct == "reporter":
        yield desk.flaw("never", t.path, t.distinct, "something else: rows of a layer have no reporters")
    if t.distinct in PERIODS and window is not None:
        most = math.ceil(window / _DAY_S / _SHORTEST[t.distinct]) + 1
        if count > most:
            expected = f"at most {most}: so many of the calendar's {t.distinct}s touch such a window"
            yield desk.flaw("never", t.path, f"{count:g}", expected)
    if t.distinct in PERIODS and model.watch.layer and not model.watch.dated:
        expected = "`watch: {dated: field}`: without it every feature is seen on one day"
        yield desk.flaw("never", t.path, t.distinct, expected)
    if t.distinct.startswith("field:"):
        name = t.distinct.removeprefix("field:")
        found = desk.record_fields().get(name)
        if group.by == "field" and group.field == name:
            yield desk.flaw("never", t.path, name, "another field than the one by which the records are grouped")
        elif found and found.choices and count > len(found.choices) + 1:
            yield desk.flaw("never", t.path, f"{count:g}", f"at most {len(found.choices)}: so many words there are")
        if name == t.few_field and (desk.base(t.few) or math.inf) < count:
            yield desk.flaw("never", t.path, name, "another field: it cannot be many and few at once")


def _beside(desk: Desk, t: Threshold) -> Iterator[Flaw]:
    """The parts beside the count, each of which must be able to fail and to hold."""
    count, few = desk.base(t.count), desk.base(t.few)
    if few is not None and few < 1:
        yield desk.flaw("never", t.path, f"{few:g}", "at least one value")
    if few is not None and count is not None and not t.distinct and few >= count and not t.sum:
        yield desk.flaw("always", t.path, f"{few:g}", f"fewer values than the {count:g} records that are counted")
    if t.sum and not (desk.base(t.sum) or 0) > 0:
        yield desk.flaw("always", t.path, desk.model.numbers[t.sum], "a sum greater than nothing")
    if t.times:
        window, baseline = desk.base(t.window), desk.base(t.baseline)
        if window is None:
            yield desk.flaw("no_window", t.path, t.times, "a window: what is usual is counted for one as long")
        elif baseline is not None and baseline < window:
            expected = f"a baseline at least as long as the window ({desk.model.numbers[t.window]})"
            yield desk.flaw("never", t.path, desk.model.numbers[t.baseline], expected)
        if not (desk.base(t.times) or 0) > 0:
            yield desk.flaw("always", t.path, desk.model.numbers[t.times], "a number greater than nothing")


def _having(desk: Desk, t: Threshold, having: Having) -> Iterator[Flaw]:
    watch = desk.model.watch
    if watch.layer and (having.category or having.source or having.evidence):
        yield desk.flaw("never", t.path, "having", "a field: rows of a layer have no category, source or evidence")
        return
    for name in ("category", "source"):
        asked, given = set(getattr(having, name)), set(getattr(watch, name))
        if asked and given and not asked & given:
            expected = f"one that is watched: {', '.join(getattr(watch, name))}"
            yield desk.flaw("never", t.path, ", ".join(sorted(asked)), expected)


def _whole(count: float) -> bool:
    return count >= 1 and count == int(count)
