"""What a careful reader would object to in models that can be read: findings, never exceptions.

The rules keep three promises: a model speaks only of what exists (layers, fields, words, provisions), every number can
be answered for, and every lead it raises rests on a provision that was read and was law on the day of the act.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from geo_monitor.domain.incident import EVIDENCE, SOURCES
from geo_monitor.domain.layer import Layer
from geo_monitor.errors import Flaw
from geo_monitor.law.register import Register
from geo_monitor.supervision.grammar import CASE_KINDS
from geo_monitor.supervision.load import line_of
from geo_monitor.supervision.model import (
    Condition,
    HoursCondition,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    ValueCondition,
)
from geo_monitor.supervision.numbers import INLINE
from geo_monitor.supervision.vocabulary import AGENCIES, CATEGORIES

#: The first act that leads may speak of: the two years before the system began. A model whose law begins later needs
#: beside it a provision that covers the days before.
ACTS_FROM = date(2024, 11, 1)
PROPOSAL = "proposal"


def lint(
    models: Iterable[SupervisionModel],
    layers: Mapping[str, Layer],
    register: Register,
    *,
    today: date | None = None,
) -> list[Flaw]:
    """All findings, by model id and then in the order of the rules below; each with file, line, field and value.

    ``layers`` are all layers of the house by name, zones as entries of their own. ``today`` is the last day for which a
    legal basis is asked; by default the day up to which the register speaks.
    """
    chosen = sorted(models, key=lambda m: m.id)
    flaws = [flaw for model in chosen for flaw in _Reader(model, layers, register, today or register.compiled).all()]
    return flaws + _twins(chosen)


def _twins(models: list[SupervisionModel]) -> list[Flaw]:
    """Models that differ only in their numbers would raise every matter twice."""
    first: dict[object, SupervisionModel] = {}
    flaws = []
    for model in models:
        if model.status == "retired":
            continue
        key = _structure(model)
        if key in first:
            expected = f"something that {first[key].id} does not ask already; they differ only in numbers"
            flaws.append(Flaw("twin", expected, model.file, line_of(model.file, "id"), "id", model.id))
        first.setdefault(key, model)
    return flaws


def _structure(model: SupervisionModel) -> object:
    """What the model asks, without names and sizes of numbers."""
    watch, group = model.watch, model.group
    return (
        frozenset(watch.category),
        frozenset(watch.source),
        frozenset(watch.evidence),
        watch.layer,
        _filter_key(watch.where),
        watch.valid,
        frozenset(_condition_key(c) for c in model.where),
        group.by,
        frozenset((t.distinct, bool(t.window), frozenset(t.having.evidence)) for t in group.any),
    )


def _condition_key(condition: Condition) -> object:
    if isinstance(condition, PlaceCondition):
        return (
            condition.relation,
            condition.layer,
            _filter_key(condition.where),
            condition.valid,
            condition.without,
        )
    if isinstance(condition, SeasonCondition):
        return ("season", condition.start, condition.end, condition.without)
    if isinstance(condition, HoursCondition):
        return ("hours", frozenset(condition.spans), condition.without)
    if isinstance(condition, ValueCondition):
        return ("value", condition.field, condition.op, frozenset(condition.words), condition.without)
    return condition


def _filter_key(where: Mapping[str, tuple[str, ...]]) -> object:
    return frozenset((k, frozenset(v)) for k, v in where.items())


@dataclass(frozen=True)
class _Reader:
    """One model, read against what there is."""

    model: SupervisionModel
    layers: Mapping[str, Layer]
    register: Register
    today: date

    def all(self) -> Iterator[Flaw]:
        yield from self._watched()
        yield from self._conditions()
        yield from self._never()
        yield from self._grouped()
        yield from self._numbers()
        yield from self._law()
        yield from self._cases()

    def flaw(self, reason: str, path: str, value: object, expected: str) -> Flaw:
        return Flaw(reason, expected, self.model.file, line_of(self.model.file, path), path, str(value))

    # ---- words that exist --------------------------------------------------------------------------------

    def _watched(self) -> Iterator[Flaw]:
        watch = self.model.watch
        vocabulary = (
            ("category", watch.category, CATEGORIES),
            ("source", watch.source, SOURCES),
            ("evidence", watch.evidence, EVIDENCE),
        )
        for name, words, known in vocabulary:
            for word in words:
                if word not in known:
                    yield self.flaw(f"unknown_{name}", f"watch.{name}", word, f"one of {', '.join(known)}")
        if watch.layer:
            layer = self.layers.get(watch.layer)
            if layer is None:
                yield self._unknown_layer("watch.layer", watch.layer)
            else:
                if "point" not in layer.geometry:
                    yield self.flaw("not_points", "watch.layer", watch.layer, "a layer of points can be watched")
                yield from self._filter("watch.where", layer, watch.where)
        elif not watch.category:
            yield self.flaw("watches_everything", "watch", "", "categories, or a layer: nobody can read all incidents")
        for threshold in self.model.group.any:
            for word in threshold.having.evidence:
                if word not in EVIDENCE:
                    yield self.flaw("unknown_evidence", threshold.path, word, f"one of {', '.join(EVIDENCE)}")

    def _unknown_layer(self, path: str, name: str) -> Flaw:
        return self.flaw("unknown_layer", path, name, f"one of {', '.join(sorted(self.layers))}")

    def _filter(self, path: str, layer: Layer, where: Mapping[str, tuple[str, ...]]) -> Iterator[Flaw]:
        fields = {f.name: f for f in layer.fields}
        for name, words in where.items():
            if name not in fields:
                expected = f"a field of {layer.name}: {', '.join(fields)}"
                yield self.flaw("unknown_field", path, name, expected)
                continue
            if not words:
                yield self.flaw("never", path, name, "at least one word; none of no words is ever met")
            for word in words:
                if fields[name].choices and word not in fields[name].choices:
                    yield self.flaw("unknown_word", path, word, f"one of {', '.join(fields[name].choices)}")

    def _conditions(self) -> Iterator[Flaw]:
        for condition in self.model.where:
            if isinstance(condition, PlaceCondition):
                layer = self.layers.get(condition.layer)
                if layer is None:
                    yield self._unknown_layer(condition.path, condition.layer)
                    continue
                yield from self._filter(condition.path, layer, condition.where)
                if condition.relation == "within" and "polygon" not in layer.geometry:
                    held = ", ".join(layer.geometry) or "no"
                    expected = f"a layer of polygons; {condition.layer} has {held} geometry"
                    yield self.flaw("never", condition.path, condition.layer, expected)
                if condition.at_most:
                    yield from self._kind(condition.path, condition.at_most, "length")
            elif isinstance(condition, ValueCondition):
                watched = self.layers.get(self.model.watch.layer)
                if watched and condition.field not in {f.name for f in watched.fields}:
                    expected = f"a field of {watched.name}: {', '.join(f.name for f in watched.fields)}"
                    yield self.flaw("unknown_field", condition.path, condition.field, expected)
            elif self.model.watch.layer:
                expected = "a watched layer is looked at when the job runs: its season and hours say nothing"
                yield self.flaw("not_for_a_layer", condition.path, "", expected)

    def _kind(self, path: str, name: str, kind: str) -> Iterator[Flaw]:
        number = self.model.numbers.get(name)
        if number is None or number.kind == kind:
            return
        units = {
            "length": "a length with its unit, like 50 m",
            "time": "a time with its unit, like 30 d",
            "count": "a plain count",
        }
        reason = {"length": "distance_without_unit", "time": "time_without_unit"}.get(kind, "not_a_count")
        yield self.flaw(reason, path, number, units[kind])

    # ---- conditions that can never hold -----------------------------------------------------------------------

    def _never(self) -> Iterator[Flaw]:
        places = [c for c in self.model.where if isinstance(c, PlaceCondition)]
        for a, b in combinations(places, 2):
            inside, outside = (a, b) if b.without else (b, a)
            if not inside.without and outside.without and self._implied(inside, outside):
                expected = f"not the opposite of {inside.path}: nothing can meet both"
                yield self.flaw("never", outside.path, outside.layer, expected)
        for condition in self.model.where:
            if isinstance(condition, HoursCondition) and not any(a != b for a, b in condition.spans):
                yield self.flaw("never", condition.path, "", "a span of the day that is longer than nothing")
        yield from self._no_day()
        yield from self._no_minute()
        yield from self._no_value()

    def _implied(self, inside: PlaceCondition, outside: PlaceCondition) -> bool:
        """Whether each feature that meets ``inside`` also meets what ``outside`` says is not there."""
        if inside.layer != outside.layer or outside.valid not in ("", inside.valid):
            return False
        if any(
            not set(inside.where.get(k, ())) or not set(inside.where[k]) <= set(v) for k, v in outside.where.items()
        ):
            return False
        return self._reach(inside) <= self._reach(outside)

    def _reach(self, condition: PlaceCondition) -> float:
        number = self.model.numbers.get(condition.at_most)
        return number.base if number else 0.0

    def _no_day(self) -> Iterator[Flaw]:
        seasons = [c for c in self.model.where if isinstance(c, SeasonCondition)]
        days = [(d.month, d.day) for d in (date(2024, 1, 1) + timedelta(k) for k in range(366))]
        if seasons and not any(all(_in_season(c, d) != c.without for c in seasons) for d in days):
            yield self.flaw("never", seasons[-1].path, "", "seasons that have a day in common")

    def _no_minute(self) -> Iterator[Flaw]:
        hours = [c for c in self.model.where if isinstance(c, HoursCondition) and c.spans]
        if hours and not any(all(_in_hours(c, m) != c.without for c in hours) for m in range(1440)):
            yield self.flaw("never", hours[-1].path, "", "hours that have a minute in common")

    def _no_value(self) -> Iterator[Flaw]:
        values = [c for c in self.model.where if isinstance(c, ValueCondition) and not c.without]
        for name in dict.fromkeys(c.field for c in values):
            mine = [c for c in values if c.field == name]
            words = [set(c.words) for c in mine if c.op == "one_of"]
            if words and not set.intersection(*words):
                yield self.flaw("never", mine[-1].path, name, "words that these conditions have in common")
            limits = [(c, self.model.numbers[c.number].base) for c in mine if c.number in self.model.numbers]
            low = max(((v, c.op == ">") for c, v in limits if c.op in (">", ">=")), default=None)
            high = min(((v, c.op != "<") for c, v in limits if c.op in ("<", "<=")), default=None)
            if low and high and (low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1]))):
                yield self.flaw("never", mine[-1].path, name, "a value that meets all of these")

    # ---- groups ------------------------------------------------------------------------------------------------

    def _grouped(self) -> Iterator[Flaw]:
        model, group = self.model, self.model.group
        numbers = model.numbers
        for threshold in group.any:
            yield from self._kind(threshold.path, threshold.count, "count")
            yield from self._kind(threshold.path, threshold.window, "time")
            count = numbers.get(threshold.count)
            if count and (count.base < 1 or count.base != int(count.base)):
                yield self.flaw("never", threshold.path, count, "a whole count from 1 on")
            window = numbers.get(threshold.window)
            if window and window.base <= 0:
                yield self.flaw("never", threshold.path, window, "a window longer than nothing")
            if count and count.base > 1 and not threshold.window and not model.watch.layer:
                expected = "a window: without one, reports years apart would count together"
                yield self.flaw("no_window", threshold.path, "", expected)
            if model.watch.layer and (threshold.having.evidence or (threshold.distinct and count and count.base > 1)):
                yield self.flaw("never", threshold.path, "", "rows of a layer have neither evidence nor reporters")
            if group.by == "record" and count and count.base > 1:
                yield self.flaw("never", threshold.path, count, "1: a record alone is one record")
        if group.size:
            yield from self._kind("group.size", group.size, "length")
        if group.reach:
            yield from self._kind("group.reach", group.reach, "length")
        if group.by not in ("cell", "record"):
            if group.by not in self.layers:
                known = ", ".join(["cell", "record", *sorted(self.layers)])
                yield self.flaw("unknown_layer", "group.by", group.by, f"one of {known}")
            elif not self._reachable():
                expected = f"a condition on {group.by} or on its zones, or `reach:` with the name of a length"
                yield self.flaw("not_reachable", "group.by", group.by, expected)
        about = {"cell": ("cell",), "record": (model.watch.layer or "incident",)}.get(group.by, (group.by,))
        if model.lead.about not in about:
            yield self.flaw(
                "about_something_else",
                "lead.about",
                model.lead.about,
                f"what hits are counted over: {about[0]}",
            )

    def _reachable(self) -> bool:
        met = [c.layer for c in self.model.where if isinstance(c, PlaceCondition) and not c.without]
        by = self.model.group.by
        return (
            bool(self.model.group.reach)
            or by in met
            or any(name in self.layers and self.layers[name].parent == by for name in met)
        )

    # ---- numbers -----------------------------------------------------------------------------------------------

    def _numbers(self) -> Iterator[Flaw]:
        used = set(self._used())
        for name, number in self.model.numbers.items():
            if name.startswith(INLINE):
                path = name.removeprefix(INLINE)
                expected = "give it a name under `numbers:` with its basis, and write the name here"
                yield self.flaw("number_without_basis", path, number, expected)
                continue
            path = f"numbers.{name}"
            if not number.basis:
                expected = f"`basis:` with the id of a provision, or `{PROPOSAL}`"
                yield self.flaw("number_without_basis", path, number, expected)
            elif number.basis != PROPOSAL and number.basis not in self.register:
                yield self.flaw("unknown_provision", path, number.basis, f"an id of the register, or `{PROPOSAL}`")
            if name not in used:
                yield self.flaw("unused_number", path, name, "a number that the model uses")
            if number.kind == "length" and number.base <= 0:
                yield self.flaw("never", path, number, "a distance greater than nothing")

    def _used(self) -> Iterator[str]:
        for condition in self.model.where:
            if isinstance(condition, PlaceCondition):
                yield condition.at_most
            elif isinstance(condition, ValueCondition):
                yield condition.number
        for threshold in self.model.group.any:
            yield threshold.count
            yield threshold.window
        yield self.model.group.size
        yield self.model.group.reach

    # ---- law ---------------------------------------------------------------------------------------------------

    def _law(self) -> Iterator[Flaw]:
        lead, register = self.model.lead, self.register
        for path, ids in (
            ("lead.legal_basis", lead.legal_basis),
            ("lead.criminal_screen", lead.criminal_screen),
        ):
            for provision_id in ids:
                provision = register.provisions.get(provision_id)
                if provision is None:
                    yield self.flaw("unknown_provision", path, provision_id, "an id of law/register.yaml")
                elif provision.repealed and provision.repealed <= self.today:
                    named = ", ".join(provision.replaced_by) or "its successor"
                    expected = f"{named}: repealed on {provision.repealed}; the register finds the old law for old acts"
                    yield self.flaw("repealed", path, provision_id, expected)
                elif provision.status == "not_applicable_in_lhasa":
                    yield self.flaw("not_applicable", path, provision_id, "a provision that applies here")
                elif path == "lead.criminal_screen" and not provision.verified:
                    yield self.flaw("not_verified", path, provision_id, "a provision whose text was read")
        for agency in lead.agencies:
            if agency not in AGENCIES:
                yield self.flaw("unknown_agency", "lead.agencies", agency, f"one of {', '.join(AGENCIES)}")
        known = [i for i in lead.legal_basis if i in register]
        if not any(register[i].verified for i in known):
            expected = "at least one provision whose text was read (verified: true)"
            yield self.flaw("not_verified", "lead.legal_basis", ", ".join(lead.legal_basis), expected)
        elif (gap := self._gap(known)) is not None:
            expected = f"beside these a verified provision that was law on {gap}: every act since {ACTS_FROM} needs one"
            yield self.flaw("no_law_that_day", "lead.legal_basis", ", ".join(lead.legal_basis), expected)

    def _gap(self, ids: list[str]) -> date | None:
        """The first day from ACTS_FROM to today on which none of these, nor a predecessor, was law."""
        family = [p for i in ids for p in (self.register[i], *self.register.predecessors(i))]
        turns = {ACTS_FROM, *(d for p in family for d in p.changes() if ACTS_FROM <= d <= self.today)}
        return next((d for d in sorted(turns) if not any(self.register.on(i, d) for i in ids)), None)

    # ---- cases -------------------------------------------------------------------------------------------------

    def _cases(self) -> Iterator[Flaw]:
        for kind in CASE_KINDS:
            if not any(c.kind == kind for c in self.model.cases):
                yield self.flaw("too_few_cases", "cases", kind, f"at least one case under `{kind}:`")


def _in_season(condition: SeasonCondition, day: tuple[int, int]) -> bool:
    start, end = condition.start, condition.end
    return start <= day <= end if start <= end else day >= start or day <= end


def _in_hours(condition: HoursCondition, minute: int) -> bool:
    return any(a <= minute < b if a < b else minute >= a or minute < b for a, b in condition.spans if a != b)
