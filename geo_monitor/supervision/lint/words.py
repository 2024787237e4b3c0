"""A model speaks only of what exists: layers and their fields, words of the vocabulary, attributes of reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from geo_monitor.domain.incident import EVIDENCE, SOURCES
from geo_monitor.domain.layer import Field
from geo_monitor.errors import Flaw
from geo_monitor.supervision.lint.desk import Desk
from geo_monitor.supervision.model import (
    GROUPS,
    OF_SHAPES,
    AnotherCondition,
    ClockCondition,
    Condition,
    DatesCondition,
    Having,
    HoursCondition,
    PlaceCondition,
    Records,
    SeasonCondition,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.supervision.vocabulary import AGENCIES, CATEGORIES

_Fields = Mapping[str, Field | None]


def watched(desk: Desk) -> Iterator[Flaw]:
    watch = desk.model.watch
    if not watch.layer:
        yield from _records(desk, "watch", watch)
        if not watch.category:
            yield desk.flaw("watches_everything", "watch", "", "categories, or a layer: nobody can read all incidents")
        return
    if desk.watched is None:
        yield desk.unknown("layer", "watch.layer", watch.layer, sorted(desk.layers))
        return
    if not desk.watched.geometry:
        yield desk.flaw("no_place", "watch.layer", watch.layer, "a layer whose features have a place of their own")
    yield from _filter(desk, "watch.where", watch.layer, watch.where)
    if watch.dated:
        yield from _day_field(desk, "watch.dated", watch.layer, watch.dated)


def needed(desk: Desk) -> Iterator[Flaw]:
    model = desk.model
    for name in model.layers:
        if name not in model.needs.layers:
            yield desk.flaw("needs", "needs.layers", name, f"`layers: [{', '.join(model.layers)}]`: it speaks of these")
    for name in model.needs.layers:
        if name not in model.layers:
            yield desk.flaw("needs", "needs.layers", name, "only layers that the model speaks of")
    yield from _known(desk, "category", "needs.records", model.needs.records, CATEGORIES)
    yield from _known(desk, "agency", "lead.agencies", model.lead.agencies, AGENCIES)


def conditions(desk: Desk) -> Iterator[Flaw]:
    for condition in desk.model.where:
        yield from _condition(desk, condition, reports=False)


def _condition(desk: Desk, condition: Condition, reports: bool) -> Iterator[Flaw]:
    path, fields = condition.path, desk.record_fields(reports)
    layer = "" if reports else desk.model.watch.layer
    if isinstance(condition, PlaceCondition):
        yield from _place(desk, condition, fields, reports)
    elif isinstance(condition, ValueCondition):
        yield from _value(desk, condition, fields)
    elif isinstance(condition, HoursCondition):
        if layer:
            yield desk.flaw("not_for_a_layer", path, "", "days at most: a register does not know the time of day")
    elif isinstance(condition, SeasonCondition | DatesCondition):
        if layer and not desk.model.watch.dated:
            expected = "`watch: {dated: field}`: without it every feature is seen on the day of the run"
            yield desk.flaw("not_for_a_layer", path, "", expected)
    elif isinstance(condition, ClockCondition):
        yield from _clock(desk, condition)
    elif isinstance(condition, UnusualCondition):
        yield from _own(desk, path, (condition.field, condition.per), fields)
        yield from _figure(desk, path, condition.field, fields)
        if layer and not desk.model.watch.dated and (condition.of == "same_month" or condition.period):
            expected = "`watch: {dated: field}`: without it every feature is seen on the day of the run"
            yield desk.flaw("not_for_a_layer", path, condition.field, expected)
    else:
        yield from _another(desk, condition, fields)


# ---- place ---------------------------------------------------------------------------------------------------


def _place(desk: Desk, c: PlaceCondition, fields: _Fields, reports: bool) -> Iterator[Flaw]:
    layer = desk.layers.get(c.layer)
    if layer is None:
        yield desk.unknown("layer", c.path, c.layer, sorted(desk.layers))
        return
    held = ", ".join(layer.geometry) or "no"
    wanted = {"within": "polygon", "overlap": "polygon", "on_bank": "line"}.get(c.relation)
    if wanted and wanted not in layer.geometry:
        yield desk.flaw("never", c.path, c.layer, f"a layer of {wanted}s; {c.layer} has {held} geometry")
    elif not layer.geometry and c.relation != "matching":
        yield desk.flaw("never", c.path, c.layer, f"`matching`: {c.layer} is a register without places")
    if c.relation in OF_SHAPES:
        areal = not reports and desk.watched is not None and "polygon" in desk.watched.geometry
        if not (areal if c.relation == "overlap" else desk.shapes_watched and not reports):
            kinds = "areas" if c.relation == "overlap" else "areas or lines"
            yield desk.flaw("never", c.path, c.relation, f"a watched layer of {kinds}: a report is a point")
    theirs = desk.fields_of(c.layer)
    yield from _filter(desk, c.path, c.layer, c.where)
    if c.dated:
        yield from _day_field(desk, c.path, c.layer, c.dated.field)
    pairs = [*c.same.items(), *(c.alike.fields.items() if c.alike else ()), *((a, b) for a, _, b in c.compare)]
    yield from _own(desk, c.path, [a for a, _ in pairs], fields)
    yield from _known(desk, "field", c.path, [b for _, b in pairs], theirs)
    for mine, _, other in c.compare:
        yield from _figure(desk, c.path, mine, fields)
        yield from _figure(desk, c.path, other, theirs)


def _filter(desk: Desk, path: str, layer: str, where: Mapping[str, tuple[str, ...]]) -> Iterator[Flaw]:
    fields = desk.fields_of(layer)
    for name, words in where.items():
        if name not in fields:
            yield desk.unknown("field", path, name, fields)
            continue
        if not words:
            yield desk.flaw("never", path, name, "at least one word; none of no words is ever met")
        if fields[name].choices:
            yield from _known(desk, "word", path, words, fields[name].choices)


def _day_field(desk: Desk, path: str, layer: str, name: str) -> Iterator[Flaw]:
    fields = desk.fields_of(layer)
    days = [f.name for f in fields.values() if f.kind == "date"]
    if name not in fields:
        yield desk.unknown("field", path, name, days or fields)
    elif name not in days:
        expected = f"a field of {layer} that holds a day ({', '.join(days) or 'it has none'})"
        yield desk.flaw("not_a_day", path, name, expected)


# ---- values, clocks, other reports ---------------------------------------------------------------------------


def _value(desk: Desk, c: ValueCondition, fields: _Fields) -> Iterator[Flaw]:
    yield from _own(desk, c.path, [c.field], fields)
    found = fields.get(c.field)
    if c.op == "one_of" and found and found.choices:
        yield from _known(desk, "word", c.path, c.words, found.choices)
    if c.op not in ("one_of", "present"):
        yield from _figure(desk, c.path, c.field, fields)


def _clock(desk: Desk, c: ClockCondition) -> Iterator[Flaw]:
    watch = desk.model.watch
    if c.since == "occurred":
        if watch.layer and not watch.dated:
            expected = "`watch: {dated: field}`, or a clock since that field: no time passes since the day of the run"
            yield desk.flaw("not_for_a_layer", c.path, c.since, expected)
    elif c.since == "valid_to":
        if not watch.layer:
            yield desk.flaw("unknown_field", c.path, c.since, "`occurred` or an attribute: a report has no term")
    elif watch.layer:
        yield from _day_field(desk, c.path, watch.layer, c.since)
    else:
        yield from _own(desk, c.path, [c.since], desk.record_fields())


def _another(desk: Desk, c: AnotherCondition, fields: _Fields) -> Iterator[Flaw]:
    yield from _records(desk, c.path, c.records)
    if c.between:
        yield from _records(desk, c.path, c.between)
    theirs = desk.record_fields(reports=True)
    layer = desk.model.watch.layer
    for name in c.same:
        if name in ("category", "source"):
            if layer:
                yield desk.flaw("never", c.path, name, "a field: a feature of a layer has neither category nor source")
        else:
            yield from _own(desk, c.path, [name], fields)
            yield from _known(desk, "field", c.path, [name] if name in fields else (), theirs)
    if c.independent and layer:
        yield desk.flaw("never", c.path, "independent", "reports: a feature of a layer has no reporter")
    for nested in (*c.where, *c.between_where):
        yield from _condition(desk, nested, reports=True)


def _own(desk: Desk, path: str, names: Iterable[str], fields: _Fields) -> Iterator[Flaw]:
    """Fields of the record."""
    yield from _known(desk, "field", path, [n for n in names if n], fields)


def _figure(desk: Desk, path: str, name: str, fields: _Fields) -> Iterator[Flaw]:
    found = fields.get(name)
    if found and found.kind in ("date", "choice", "flag"):
        yield desk.flaw("not_a_figure", path, name, f"a field that holds a number; this one holds a {found.kind}")


def _records(desk: Desk, path: str, records: Records) -> Iterator[Flaw]:
    for name, words, known in (
        ("category", records.category, CATEGORIES),
        ("source", records.source, SOURCES),
        ("evidence", records.evidence, EVIDENCE),
    ):
        yield from _known(desk, name, f"{path}.{name}" if path == "watch" else path, words, known)


def _known(desk: Desk, kind: str, path: str, words: Iterable[str], known: Iterable[str]) -> Iterator[Flaw]:
    choices = list(known)
    for word in words:
        if word not in choices:
            yield desk.unknown(kind, path, word, choices)


# ---- groups and thresholds -----------------------------------------------------------------------------------


def grouped(desk: Desk) -> Iterator[Flaw]:
    model, group, fields = desk.model, desk.model.group, desk.record_fields()
    if group.by not in GROUPS:
        if group.by not in desk.layers:
            yield desk.unknown("layer", "group.by", group.by, [*GROUPS, *sorted(desk.layers)])
        elif not _reachable(desk):
            expected = f"a condition on {group.by} or on its zones, `same:`, or `reach:` with the name of a length"
            yield desk.flaw("not_reachable", "group.by", group.by, expected)
        yield from _known(desk, "field", "group.same", group.same.values(), desk.fields_of(group.by))
        if len(group.same) > 1:
            yield desk.flaw("never", "group.same", ", ".join(group.same), "one pair of fields")
    if group.of:
        if group.of not in desk.layers:
            yield desk.unknown("layer", "group.of", group.of, sorted(desk.layers))
        elif "line" not in desk.layers[group.of].geometry:
            yield desk.flaw("never", "group.of", group.of, "a layer of lines")
    yield from _own(desk, "group.field", [group.field], fields)
    yield from _own(desk, "group.same", group.same, fields)
    for t in group.any:
        if t.distinct.startswith("layer:"):
            name = t.distinct.removeprefix("layer:")
            if name not in desk.layers:
                yield desk.unknown("layer", t.path, name, sorted(desk.layers))
            elif "polygon" not in desk.layers[name].geometry:
                yield desk.flaw("never", t.path, name, "a layer of polygons: the feature that holds the record counts")
        elif t.distinct.startswith("field:"):
            yield from _own(desk, t.path, [t.distinct.removeprefix("field:")], fields)
        yield from _own(desk, t.path, [t.sum_field, t.few_field], fields)
        yield from _figure(desk, t.path, t.sum_field, fields)
        for having in (t.having, t.share_having):
            yield from _having(desk, t.path, having, fields)
    about = model.watch.layer or "incident" if group.by == "record" else group.by
    if model.lead.about != about:
        expected = f"what hits are counted over: {about}"
        yield desk.flaw("about_something_else", "lead.about", model.lead.about, expected)


def _having(desk: Desk, path: str, having: Having, fields: _Fields) -> Iterator[Flaw]:
    yield from _records(desk, path, having)
    yield from _own(desk, path, [having.field], fields)
    yield from _figure(desk, path, having.field, fields)


def _reachable(desk: Desk) -> bool:
    """Whether it is known which feature a record belongs to; a polygon is the one that holds it."""
    group, model = desk.model.group, desk.model
    met = [c.layer for c in model.where if isinstance(c, PlaceCondition) and not c.without and c.relation != "outside"]
    zoned = any(name in desk.layers and desk.layers[name].parent == group.by for name in met)
    holds = "polygon" in desk.layers[group.by].geometry
    return bool(group.reach or group.same or group.by in met or zoned or holds)
