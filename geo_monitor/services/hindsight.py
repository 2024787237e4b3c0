"""Whether a model, asked about the past, would look at what was known only later.

A layer is stored as it was loaded; most of its facts carry days of their own (a term, a day of decision), so that one
can tell which were known on a day of the past. A field that holds a state *as of today* (``Field.as_of_today``) does
not: a licence that reads "revoked" now was valid when the reports came in. The same goes for what is filled into a
report while it is handled (``FILLED_IN_LATER``). A model that asks for such a thing is fine from today on, and proves
nothing about the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from geo_monitor.domain.layer import Layer
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    PlaceCondition,
    SupervisionModel,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.supervision.vocabulary import FILLED_IN_LATER


@dataclass(frozen=True, slots=True)
class Hindsight:
    """A clause (``path``) that asks for a state as of today in a ``field`` of a ``layer`` ("": of the reports)."""

    path: str
    layer: str
    field: str

    def __str__(self) -> str:
        if self.layer:
            return f"{self.path} asks for {self.field} of {self.layer}: a state as of the day on which it was loaded"
        return f"{self.path} asks for {self.field} of the reports: it is filled in later, while a report is handled"


def hindsight(model: SupervisionModel, layers: Mapping[str, Layer]) -> list[Hindsight]:
    """Every clause of the model that speaks of a state as of today, in the order of the file, each once. ``layers`` are
    all layers of the house by name."""
    states = {(name, field.name) for name, layer in layers.items() for field in layer.fields if field.as_of_today} | {
        ("", name) for name in FILLED_IN_LATER
    }
    said = (Hindsight(*asked) for asked in _asked(model))
    return list(dict.fromkeys(s for s in said if (s.layer, s.field) in states))


def _asked(model: SupervisionModel) -> Iterator[tuple[str, str, str]]:
    """(path, layer, field) of everything that the model asks of a feature or a record."""
    watched = model.watch.layer
    yield from (("watch", watched, name) for name in (*model.watch.where, model.watch.dated) if name)
    for c in model.conditions():
        # What another report must itself meet is asked of a report, whatever the model watches.
        mine = "" if any(c in (*a.where, *a.between_where) for a in _others(model)) else watched
        if isinstance(c, PlaceCondition):
            alike = c.alike.fields if c.alike else {}
            own = (*c.same, *alike, *(field for field, _, _ in c.compare))
            theirs = (*c.where, *c.same.values(), *alike.values(), *(field for _, _, field in c.compare))
            yield from ((c.path, mine, name) for name in own)
            yield from ((c.path, c.layer, name) for name in theirs)
            if c.dated:
                yield c.path, c.layer, c.dated.field
        elif isinstance(c, ValueCondition):
            yield c.path, mine, c.field
        elif isinstance(c, UnusualCondition):
            yield from ((c.path, mine, name) for name in (c.field, c.per))
        elif isinstance(c, ClockCondition):
            yield c.path, mine, c.since
        elif isinstance(c, AnotherCondition):
            yield from ((c.path, layer, name) for name in c.same for layer in {"", watched})
    group = model.group
    yield from (("group", watched, name) for name in (group.field, *group.same))
    yield from (("group", group.by, name) for name in group.same.values())
    for t in group.any:
        counted = (t.distinct.removeprefix("field:"), t.sum_field, t.few_field, t.having.field, t.share_having.field)
        yield from ((t.path, watched, name) for name in counted)


def _others(model: SupervisionModel) -> Iterator[AnotherCondition]:
    return (c for c in model.where if isinstance(c, AnotherCondition))
