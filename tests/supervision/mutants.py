"""Mutants of a model: every change that a slip of the pen could make, and whether the model's own cases notice it.

For writers, from the top of the repository::

    PYTHONPATH=. .venv/bin/python -m tests.supervision.mutants RIV-001 ECO-014     # or none: the whole library

prints for each model how many mutants its cases caught, and every survivor: the part that was changed, what became of
it, and with that which case is missing. (``geo_monitor models test`` must pass first: where a case fails already, every
mutant looks caught.) Usual cures: an edge just inside and one just outside each number (49.9 m and 50.1 m, the last
second of a window); a miss for each word that restricts (a feature of another kind, an expired permit, another vehicle,
the same reporter); a hit for each branch of ``any`` alone.

What is changed:

* numbers: those that are counted by one; days, months and working days of terms, and the windows over a register (which
  knows no time of day), by one; plain whole figures by one (from 100 on by 1 %); scores by 0.05; the share of a
  threshold by ten points; all others by 1 %; and each but what is counted, and scores, doubled and halved. Of the size
  of cells and stretches, and of a baseline, only the double and the half are tried: 1 % moves borders that no office
  could name.
* comparisons: with or without the limit itself, and turned round; left and right bank, up and down the river, below and
  above; ``before`` and ``after`` exchanged.
* conditions, also those on another report: each left out, each turned round (``without`` dropped or added).
* what restricts them: each property of ``where``, ``valid``, ``dated`` and its sides, ``same``, ``alike``, ``compare``,
  ``independent``, ``faster_than``, ``count``, ``without_between``, distance and times of ``another``; of the watch
  ``source``, ``evidence``, ``where``, ``valid``, ``dated``.
* thresholds: each branch, each part beside the count, the window, what is counted (``distinct``).
* hours by a minute, seasons and dates by a day.

What is not counted, because it is the same model or none: a change that leaves the model equal; a count of nothing; a
term of days that is longer or shorter only by hours; what lint says can never hold, always holds, or leaves the group
without its features; a plain ``within`` left out on the layer of polygons that is grouped by (the group asks for the
same); ``dated`` of a watch where nothing else looks at the time (it is then the day in the letter, no condition).
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import islice
from math import ceil
from typing import Any

from geo_monitor.domain.layer import Layer
from geo_monitor.errors import ModelError
from geo_monitor.law.register import Register, read_register
from geo_monitor.services.prove import prove_case
from geo_monitor.supervision.grammar import EVER
from geo_monitor.supervision.lint import figures, never, words
from geo_monitor.supervision.lint.desk import Desk
from geo_monitor.supervision.load import LIBRARY, line_of, load_model
from geo_monitor.supervision.model import (
    PERIODS,
    AnotherCondition,
    ClockCondition,
    Condition,
    DatesCondition,
    Group,
    Having,
    HoursCondition,
    Number,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.wiring import shipped_layers

_DAY = 86400.0
_LIMIT = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
_TURNED = {">=": "<=", ">": "<", "<=": ">=", "<": ">"}
_OPPOSITE = {"upstream_of": "downstream_of", "downstream_of": "upstream_of"}


@dataclass(frozen=True)
class Mutant:
    """``part`` is the path in the file, ``change`` what was done there."""

    part: str
    change: str
    model: SupervisionModel


@dataclass(frozen=True)
class Outcome:
    """``tried`` mutants of one model, and those that none of its cases noticed."""

    model: SupervisionModel
    tried: int
    survivors: tuple[Mutant, ...]

    @property
    def caught(self) -> int:
        return self.tried - len(self.survivors)

    @property
    def share(self) -> float:
        return self.caught / self.tried if self.tried else 1.0


def put_to_the_test(model: SupervisionModel) -> Outcome:
    """Runs the model's own cases on each mutant until one notices. Raises AssertionError if a case of the model itself
    fails, for then nothing would be proved."""
    for case in model.cases:
        assert prove_case(model, case).ok, f"{model.id}: the case {case.name!r} fails on the model itself"
    return _tried(model, mutants_of(model))


def sample(models: Iterable[SupervisionModel], each: int) -> list[Outcome]:
    """The same few mutants of each model every time, until the model changes; that its own cases hold is shown
    elsewhere."""
    return [
        _tried(model, islice(mutants_of(model, random.Random(f"{model.id} {model.version}")), each)) for model in models
    ]


def _tried(model: SupervisionModel, mutants: Iterable[Mutant]) -> Outcome:
    cases = list(model.cases)
    tried, survivors = 0, []
    for mutant in mutants:
        tried += 1
        caught = next((k for k, case in enumerate(cases) if not prove_case(mutant.model, case).ok), None)
        if caught is None:
            survivors.append(mutant)
        else:  # a case that noticed one change is likely to notice the next
            cases.insert(0, cases.pop(caught))
    return Outcome(model, tried, tuple(survivors))


def mutants_of(model: SupervisionModel, shuffled: random.Random | None = None) -> Iterator[Mutant]:
    """Every mutant that is another model and not a plainly impossible one; in the order of the file, or shuffled."""
    found = list(_all(model))
    if shuffled:
        shuffled.shuffle(found)
    for part, change, changed in found:
        if changed != model and not _impossible(changed):
            yield Mutant(part, change, changed)


def _all(model: SupervisionModel) -> Iterator[tuple[str, str, SupervisionModel]]:
    yield from _numbers(model)
    for condition, put in _places(model):
        path = condition.path
        if not _said_by_the_group(model, condition):
            yield path, "left out", put(None)
        turned = "`without` dropped" if condition.without else "`without` added"
        yield path, turned, put(replace(condition, without=not condition.without))
        for change, changed in _changed(condition):
            yield path, change, put(changed)
    yield from _of_watch(model)
    for change, group in _of_group(model.group):
        yield "group", change, replace(model, group=group)
    for k, threshold in enumerate(model.group.any):
        before, after = model.group.any[:k], model.group.any[k + 1 :]

        def with_(new: tuple[Threshold, ...], before: Any = before, after: Any = after) -> SupervisionModel:
            return replace(model, group=replace(model.group, any=(*before, *new, *after)))

        if len(model.group.any) > 1:
            yield threshold.path, "branch left out", with_(())
        for change, changed_threshold in _of_threshold(threshold):
            yield threshold.path, change, with_((changed_threshold,))


# ---- numbers -------------------------------------------------------------------------------------------------


def _numbers(model: SupervisionModel) -> Iterator[tuple[str, str, SupervisionModel]]:
    for name, number in model.numbers.items():
        for base in sorted(_other_values(model, number)):
            other = number.at(base)
            if other.base != number.base:
                numbers = dict(model.numbers) | {name: other}
                yield f"numbers.{name}", f"{number} → {other}", replace(model, numbers=numbers)


def _other_values(model: SupervisionModel, number: Number) -> set[float]:
    roles = {_role(model, use) for use in figures.uses(model) if use.name == number.name}
    base = number.base
    if roles <= {"counted"}:
        return {base + 1, base - 1} - {0.0, -1.0}
    if roles <= {"days"} and number.kind == "time":
        days = ceil(base / _DAY)
        return {d * _DAY for d in {days - 1, days + 1, days * 2, ceil(days / 2)} if d >= 0 and d != days}
    if number.kind == "calendar":
        return {v for v in (base - 1, base + 1, base * 2, base // 2) if v >= 0}
    if roles <= {"score"}:
        return {v for v in (round(base - 0.05, 6), round(base + 0.05, 6)) if 0 < v <= 1}
    values = {base * 2, base / 2}
    if roles <= {"coarse"}:
        return values
    if roles <= {"share"}:
        return {round(v, 6) for v in (*values, base - 0.1, base + 0.1) if 0 < v <= 1}
    step = 0.01 * base
    if number.kind == "count" and base == int(base):
        step = max(1.0, step)
    return values | {base - step, base + step}


def _role(model: SupervisionModel, use: figures.Use) -> str:
    """How finely a case can tell the number that stands there."""
    if use.word in ("count", "few"):
        return "counted"
    if use.word.startswith("dated"):
        return "days"
    if use.word in ("window", "apart") and model.watch.layer:
        return "days"  # a register knows no time of day
    if use.word == "passed":
        clocks = [c for c in model.where if isinstance(c, ClockCondition) and c.path == use.path]
        return "exact" if any(c.since == "occurred" for c in clocks) else "days"
    if use.word == "alike":
        return "score"
    if use.word == "share":
        return "share"
    coarse = use.word == "baseline" or (use.word == "size" and model.group.by in ("cell", "segment"))
    return "coarse" if coarse else "exact"


# ---- conditions ----------------------------------------------------------------------------------------------

_Put = Callable[[Condition | None], SupervisionModel]


def _places(model: SupervisionModel) -> Iterator[tuple[Condition, _Put]]:
    """Each condition, also those on another report, and the model with something else (or nothing) in its place."""

    def instead(parts: tuple[Condition, ...], k: int, new: Condition | None) -> tuple[Condition, ...]:
        return (*parts[:k], *(() if new is None else (new,)), *parts[k + 1 :])

    for k, outer in enumerate(model.where):

        def put(new: Condition | None, k: int = k) -> SupervisionModel:
            return replace(model, where=instead(model.where, k, new))

        yield outer, put
        if isinstance(outer, AnotherCondition):
            for j, inner in enumerate(outer.where):
                yield inner, lambda new, j=j, o=outer, p=put: p(replace(o, where=instead(o.where, j, new)))
            for j, inner in enumerate(outer.between_where):
                yield (
                    inner,
                    lambda new, j=j, o=outer, p=put: p(replace(o, between_where=instead(o.between_where, j, new))),
                )


def _changed(c: Condition) -> Iterator[tuple[str, Condition]]:
    if isinstance(c, PlaceCondition):
        yield from _of_place(c)
    elif isinstance(c, SeasonCondition):
        for word, day in (("from", c.start), ("to", c.end)):
            for step in (-1, 1):
                # Of a year without 29 February, which most years are.
                moved = date(2026, day[0], min(day[1], 28) if day[0] == 2 else day[1]) + timedelta(step)
                ends = {"start" if word == "from" else "end": (moved.month, moved.day)}
                yield f"{word} {moved:%m-%d}", replace(c, **ends)
    elif isinstance(c, DatesCondition):
        for k, span in enumerate(c.spans):
            for end in (0, 1):
                for step in (-1, 1):
                    moved = (date.fromisoformat(span[end]) + timedelta(step)).isoformat()
                    spans = [(moved, span[1]), (span[0], moved)][end]
                    yield f"{span[end]} → {moved}", replace(c, spans=(*c.spans[:k], spans, *c.spans[k + 1 :]))
    elif isinstance(c, HoursCondition):
        for k, (start, end) in enumerate(c.spans):
            for name, at, other in (("start", start, end), ("end", end, start)):
                for step in (-1, 1):
                    moved = (at + step) % 1440
                    span = (moved, other) if name == "start" else (other, moved)
                    said = f"{name} {moved // 60:02}:{moved % 60:02}"
                    yield said, replace(c, spans=(*c.spans[:k], span, *c.spans[k + 1 :]))
    elif isinstance(c, ValueCondition):
        if c.op in _LIMIT:
            yield f"{c.op} → {_LIMIT[c.op]}", replace(c, op=_LIMIT[c.op])
            yield f"{c.op} → {_TURNED[c.op]}", replace(c, op=_TURNED[c.op])
        for word in c.words if len(c.words) > 1 else ():
            yield f"without the word {word}", replace(c, words=tuple(w for w in c.words if w != word))
    elif isinstance(c, UnusualCondition):
        turned = "above" if c.side == "below" else "below"
        yield f"{c.side} → {turned}", replace(c, side=turned)
        yield "without `per`", replace(c, per="")
        yield "without `period`", replace(c, period="")
    elif isinstance(c, AnotherCondition):
        yield from _of_another(c)


def _of_place(c: PlaceCondition) -> Iterator[tuple[str, Condition]]:
    if c.relation in _OPPOSITE:
        yield f"{c.relation} → {_OPPOSITE[c.relation]}", replace(c, relation=_OPPOSITE[c.relation])
    if c.side:
        turned = "right" if c.side == "left" else "left"
        yield f"{c.side} → {turned}", replace(c, side=turned)
    for name in c.where:
        yield f"without `where: {name}`", replace(c, where={k: v for k, v in c.where.items() if k != name})
    yield "without `valid`", replace(c, valid="")
    if c.dated:
        yield "without `dated`", replace(c, dated=None)
        for side in ("before", "after"):
            if c.dated.before and c.dated.after:
                yield f"dated without `{side}`", replace(c, dated=replace(c.dated, **{side: ""}))
        swapped = replace(c.dated, before=c.dated.after, after=c.dated.before)
        yield "dated: before ↔ after", replace(c, dated=swapped)
    alone = c.relation == "matching"
    for name in c.same:
        if not alone or c.alike or len(c.same) > 1:
            yield f"without `same: {name}`", replace(c, same={k: v for k, v in c.same.items() if k != name})
    if c.alike:
        if not alone or c.same:
            yield "without `alike`", replace(c, alike=None)
        for name in c.alike.fields if len(c.alike.fields) > 1 else ():
            fewer = {k: v for k, v in c.alike.fields.items() if k != name}
            yield f"alike without {name}", replace(c, alike=replace(c.alike, fields=fewer))
    for k, (mine, op, theirs) in enumerate(c.compare):
        others = (c.compare[:k], c.compare[k + 1 :])
        yield f"without `compare: {mine}`", replace(c, compare=others[0] + others[1])
        for new in (_LIMIT[op], _TURNED[op]):
            yield f"compare {mine} {op} → {new}", replace(c, compare=(*others[0], (mine, new, theirs), *others[1]))


def _of_another(c: AnotherCondition) -> Iterator[tuple[str, Condition]]:
    for word in ("source", "evidence"):
        yield f"without `{word}`", replace(c, records=replace(c.records, **{word: ()}))
    for word in ("at_most", "faster_than", "count"):
        yield f"without `{word}`", replace(c, **{word: ""})
    if c.before and c.after:
        yield "without `before`", replace(c, before="")
        yield "without `after`", replace(c, after="")
    yield "before ↔ after", replace(c, before=c.after, after=c.before)
    for word in ("before", "after"):
        if getattr(c, word) not in ("", EVER):
            yield f"{word}: any", replace(c, **{word: EVER})
    for name in c.same:
        yield f"without `same: {name}`", replace(c, same=tuple(n for n in c.same if n != name))
    yield "without `independent`", replace(c, independent=False)
    yield "without `without_between`", replace(c, between=None, between_where=())


# ---- watch, group, thresholds --------------------------------------------------------------------------------


def _of_watch(model: SupervisionModel) -> Iterator[tuple[str, str, SupervisionModel]]:
    watch = model.watch
    for word, nothing in (("source", ()), ("evidence", ()), ("valid", ""), ("dated", "")):
        if word == "dated" and not _looks_at_time(model):
            continue
        yield "watch", f"without `{word}`", replace(model, watch=replace(watch, **{word: nothing}))
    for name in watch.where:
        fewer = {k: v for k, v in watch.where.items() if k != name}
        yield "watch", f"without `where: {name}`", replace(model, watch=replace(watch, where=fewer))


def _of_group(group: Group) -> Iterator[tuple[str, Group]]:
    for word, nothing in (("apart", ""), ("same", {})):
        yield f"without `{word}`", replace(group, **{word: nothing})


def _of_threshold(t: Threshold) -> Iterator[tuple[str, Threshold]]:
    yield "without `window`", replace(t, window="", times="", baseline="")
    yield "without `distinct`", replace(t, distinct="")
    for other in _other_kinds(t.distinct):
        yield f"distinct: {t.distinct} → {other}", replace(t, distinct=other)
    yield "without `having`", replace(t, having=Having())
    for change, having in _of_having(t.having):
        yield f"having {change}", replace(t, having=having)
    for change, having in _of_having(t.share_having):
        if not having.empty:
            yield f"share having {change}", replace(t, share_having=having)
    yield "without `sum`", replace(t, sum_field="", sum="")
    yield "without `share`", replace(t, share="", share_having=Having())
    yield "without `few`", replace(t, few_field="", few="")
    yield "without `times`", replace(t, times="", baseline="")


def _other_kinds(distinct: str) -> Iterator[str]:
    if distinct in PERIODS:
        k = PERIODS.index(distinct)
        yield from (PERIODS[j] for j in (k - 1, k + 1) if 0 <= j < len(PERIODS))
    elif distinct:
        yield "day" if distinct == "reporter" else "reporter"


def _of_having(having: Having) -> Iterator[tuple[str, Having]]:
    for word in ("category", "source", "evidence"):
        yield f"without `{word}`", replace(having, **{word: ()})
    yield "without `field`", replace(having, field="", op="", number="")
    if having.op:
        for new in (_LIMIT[having.op], _TURNED[having.op]):
            yield f"{having.op} → {new}", replace(having, op=new)


# ---- what is no mutant ---------------------------------------------------------------------------------------


def _said_by_the_group(model: SupervisionModel, c: Condition) -> bool:
    """Whether the group asks for the same: a record in no polygon of the layer belongs to no group."""
    by, layers = model.group.by, _around()[0]
    others = [o for o in model.where if isinstance(o, PlaceCondition) and o is not c and not o.without]
    leading = [o for o in others if o.layer == by or (o.layer in layers and layers[o.layer].parent == by)]
    plain = c == PlaceCondition(c.path, "within", by)
    return plain and not (leading or model.group.same or model.group.reach or model.watch.layer)


def _looks_at_time(model: SupervisionModel) -> bool:
    def looks(c: Condition) -> bool:
        if isinstance(c, PlaceCondition):
            return bool(c.valid or c.dated)
        if isinstance(c, ClockCondition):
            return c.since == "occurred"
        return not isinstance(c, HoursCondition | ValueCondition)

    return any(looks(c) for c in model.where) or any(
        t.window or t.distinct in PERIODS for t in model.group.any if model.numbers[t.count].base > 1
    )


@cache
def _around() -> tuple[dict[str, Layer], Register]:
    return {part.name: part for layer in shipped_layers() for part in layer.family()}, read_register()


def _impossible(model: SupervisionModel) -> bool:
    """Whether lint itself would refuse what became of the model."""
    layers, register = _around()
    desk = Desk(replace(model, file=""), layers, register, register.compiled)
    found = [f.reason for rule in (never.conditions, never.thresholds, words.grouped) for f in rule(desk)]
    return bool({"never", "always", "not_reachable"} & set(found))


# ---- for writers ---------------------------------------------------------------------------------------------


def main(ids: Sequence[str]) -> int:
    """Prints what was caught and each survivor with its line; 1 if some model's cases notice less than 90 %."""
    tried = caught = 0
    weak = False
    paths = sorted(LIBRARY.rglob("*.yaml"))
    for path in (p for p in paths if not ids or p.stem in ids):
        try:
            outcome = put_to_the_test(load_model(path))
        except (ModelError, AssertionError) as e:
            print(f"{path.stem}: not tried\n{e}")
            weak = True
            continue
        print(f"{outcome.model.id}: caught {outcome.caught} of {outcome.tried} mutants ({outcome.share:.1%})")
        for mutant in outcome.survivors:
            print(f"    line {line_of(path, mutant.part)}, {mutant.part}: {mutant.change}")
        tried, caught = tried + outcome.tried, caught + outcome.caught
        weak |= outcome.share < 0.9
    for missing in sorted(set(ids) - {p.stem for p in paths}):
        print(f"{missing}: no such file in the library")
        weak = True
    print(f"caught {caught} of {tried} mutants ({caught / tried if tried else 1:.1%})")
    return int(weak)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
