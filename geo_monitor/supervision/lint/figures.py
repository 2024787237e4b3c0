"""Every number can be answered for: it has a basis, is used, is of the kind that its place asks for, and says something
there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from geo_monitor.errors import Flaw
from geo_monitor.supervision.grammar import EVER
from geo_monitor.supervision.lint.desk import Desk
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Having,
    PlaceCondition,
    SupervisionModel,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.supervision.numbers import INLINE

PROPOSAL = "proposal"
#: What a field of a record may be compared with; it is compared in metres and square metres where a unit is given.
_MEASURED = ("count", "length", "area")
_TERM = ("time", "calendar")
_EXAMPLES = {
    "length": "a length with its unit, like 50 m",
    "time": "a time with its unit, like 30 d",
    "calendar": "working days, months or years, like 30 wd",
    "area": "an area with its unit, like 50 m2",
    "share": "a share, like 20 %",
    "speed": "a speed, like 80 km/h",
    "count": "a plain number",
}
_REASONS = {"length": "distance_without_unit", "time": "time_without_unit", "count": "not_a_count"}
#: Kinds of which nothing, or less, is never meant (a term of no days is: "after the day itself").
_POSITIVE = ("length", "area", "share", "speed")


class Use(NamedTuple):
    """Where a number stands: the path of the part, the word there, its name ("" if none does), the kinds it may be."""

    path: str
    word: str
    name: str
    kinds: tuple[str, ...]


def uses(model: SupervisionModel) -> Iterator[Use]:
    """Each place of the model where a number may stand."""
    for c in model.conditions():
        if isinstance(c, PlaceCondition):
            yield Use(c.path, "at_most", c.at_most, ("length",))
            yield Use(c.path, "at_least", c.at_least, ("area", "share") if c.relation == "overlap" else ("length",))
            yield Use(c.path, "bank", c.bank, ("length",))
            if c.dated:
                yield Use(c.path, "dated.before", c.dated.before, _TERM)
                yield Use(c.path, "dated.after", c.dated.after, _TERM)
            if c.alike:
                yield Use(c.path, "alike", c.alike.at_least, ("count",))
        elif isinstance(c, ValueCondition):
            yield Use(c.path, "number", c.number, _MEASURED)
        elif isinstance(c, UnusualCondition):
            yield Use(c.path, "number", c.number, ("share",) if c.of == "same_month" else ("count",))
        elif isinstance(c, ClockCondition):
            yield Use(c.path, "passed", c.passed, _TERM)
        elif isinstance(c, AnotherCondition):
            yield Use(c.path, "at_most", c.at_most, ("length",))
            yield Use(c.path, "before", c.before, ("time",))
            yield Use(c.path, "after", c.after, ("time",))
            yield Use(c.path, "faster_than", c.faster_than, ("speed",))
            yield Use(c.path, "count", c.count, ("count",))
    group = model.group
    yield Use("group.size", "size", group.size, ("length",))
    yield Use("group.reach", "reach", group.reach, ("length",))
    yield Use("group.apart", "apart", group.apart, ("time",))
    for t in group.any:
        yield Use(t.path, "count", t.count, ("count",))
        yield Use(t.path, "window", t.window, ("time",))
        yield Use(t.path, "sum", t.sum, _MEASURED)
        yield Use(t.path, "share", t.share, ("share",))
        yield Use(t.path, "few", t.few, ("count",))
        yield Use(t.path, "times", t.times, ("count",))
        yield Use(t.path, "baseline", t.baseline, ("time",))
        yield from _of_having(t.path, t.having)
        yield from _of_having(t.path, t.share_having)


def _of_having(path: str, having: Having) -> Iterator[Use]:
    yield Use(path, "having", having.number, _MEASURED)


def numbers(desk: Desk) -> Iterator[Flaw]:
    model = desk.model
    told: set[tuple[str, str]] = set()
    used: set[str] = set()
    for path, _, name, kinds in uses(model):
        number = model.numbers.get(name)
        used.add(name)
        if number is None or name == EVER or number.kind in kinds or (path, name) in told:
            continue
        told.add((path, name))
        expected = " or ".join(_EXAMPLES[k] for k in kinds)
        yield desk.flaw(_REASONS.get(kinds[0], "wrong_unit"), path, number, expected)
    for name, number in model.numbers.items():
        if name.startswith(INLINE):
            expected = "give it a name under `numbers:` with its basis, and write the name here"
            yield desk.flaw("number_without_basis", name.removeprefix(INLINE), number, expected)
            continue
        path = f"numbers.{name}"
        if not number.basis:
            expected = f"`basis:` with the id of a provision, or `{PROPOSAL}`"
            yield desk.flaw("number_without_basis", path, number, expected)
        elif number.basis != PROPOSAL and number.basis not in desk.register:
            yield desk.flaw("unknown_provision", path, number.basis, f"an id of the register, or `{PROPOSAL}`")
        if name not in used:
            yield desk.flaw("unused_number", path, name, "a number that the model uses")
        if number.base < 0 or (number.base == 0 and number.kind in _POSITIVE):
            yield desk.flaw("never", path, number, "a number greater than nothing")
        if number.kind == "calendar" and number.value != int(number.value):
            yield desk.flaw("not_whole", path, number, f"whole {number.unit}: a calendar has no halves")
        if number.kind == "share" and number.base > 1 and not _of_the_median(model, name):
            yield desk.flaw("never", path, number, "a share of at most 100 %")


def _of_the_median(model: SupervisionModel, name: str) -> bool:
    return any(isinstance(c, UnusualCondition) and c.number == name for c in model.where)
