"""Every number can be answered for: it has a basis, is used, is of the kind that its place asks for, and says something
there."""

from __future__ import annotations

from collections.abc import Iterator

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

Use = tuple[str, str, tuple[str, ...]]


def uses(model: SupervisionModel) -> Iterator[Use]:
    """(path, name of a number, kinds it may be of) for each place of the model where a number may stand."""
    for c in model.conditions():
        if isinstance(c, PlaceCondition):
            yield c.path, c.at_most, ("length",)
            yield c.path, c.at_least, ("area", "share") if c.relation == "overlap" else ("length",)
            yield c.path, c.bank, ("length",)
            if c.dated:
                yield c.path, c.dated.before, _TERM
                yield c.path, c.dated.after, _TERM
            if c.alike:
                yield c.path, c.alike.at_least, ("count",)
        elif isinstance(c, ValueCondition):
            yield c.path, c.number, _MEASURED
        elif isinstance(c, UnusualCondition):
            yield c.path, c.number, ("share",) if c.of == "same_month" else ("count",)
        elif isinstance(c, ClockCondition):
            yield c.path, c.passed, _TERM
        elif isinstance(c, AnotherCondition):
            yield c.path, c.at_most, ("length",)
            yield c.path, c.before, ("time",)
            yield c.path, c.after, ("time",)
            yield c.path, c.faster_than, ("speed",)
            yield c.path, c.count, ("count",)
    group = model.group
    yield "group.size", group.size, ("length",)
    yield "group.reach", group.reach, ("length",)
    yield "group.apart", group.apart, ("time",)
    for t in group.any:
        yield t.path, t.count, ("count",)
        yield t.path, t.window, ("time",)
        yield t.path, t.sum, _MEASURED
        yield t.path, t.share, ("share",)
        yield t.path, t.few, ("count",)
        yield t.path, t.times, ("count",)
        yield t.path, t.baseline, ("time",)
        yield from _of_having(t.path, t.having)
        yield from _of_having(t.path, t.share_having)


def _of_having(path: str, having: Having) -> Iterator[Use]:
    yield path, having.number, _MEASURED


def numbers(desk: Desk) -> Iterator[Flaw]:
    model = desk.model
    told: set[tuple[str, str]] = set()
    used: set[str] = set()
    for path, name, kinds in uses(model):
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
