"""A supervision model as a value: the closed vocabulary of the YAML files, after reading.

Every number of a model has a name, a value with its unit, and a basis (an id of the legal register, or
``proposal``); conditions speak of the number by its name, so that a back-test can set it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from geo_monitor.domain.words import Words

STATUSES = ("draft", "trial", "active", "retired")
TRACKS = ("public_interest", "enforcement_criminal", "civil_support", "administrative")
DOMAINS = ("river", "heritage", "food", "drug", "ecology", "criminal", "civil", "admin")
#: Units a number may have, and what one of each is in the base unit of its kind (metres, seconds, one).
UNITS: Mapping[str, tuple[str, float]] = {
    "m": ("length", 1.0),
    "km": ("length", 1000.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "d": ("time", 86400.0),
    "": ("count", 1.0),
}


@dataclass(frozen=True, slots=True)
class Number:
    """``base`` is the value in metres, seconds or as a plain count; ``kind`` is length, time or count."""

    name: str
    value: float
    unit: str
    basis: str
    note: str = ""

    @property
    def kind(self) -> str:
        return UNITS[self.unit][0]

    @property
    def base(self) -> float:
        return self.value * UNITS[self.unit][1]

    def __str__(self) -> str:
        shown = f"{self.value:g}"
        return f"{shown} {self.unit}" if self.unit else shown


@dataclass(frozen=True, slots=True)
class Watch:
    """Which records the model looks at: incidents by category, source and evidence (any of each; empty: all),
    or the features of a layer (``layer`` set) by ``where``."""

    category: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    layer: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    valid: str = ""  # only for a layer: "" | on_day | expired_on_day


Relation = Literal["within", "within_distance", "nearest"]
Validity = Literal["", "on_occurrence", "expired_on_occurrence"]


@dataclass(frozen=True, slots=True)
class PlaceCondition:
    """``within`` a polygon (border belongs to it), ``within_distance`` of any feature (each feature in reach
    counts as a subject), or ``nearest`` feature in reach (one subject; ties: lowest feature id). ``at_most``
    names a number. ``where`` restricts the features by property, ``valid`` by date of the act. ``without``
    turns it round: there is no such feature."""

    path: str
    relation: Relation
    layer: str
    at_most: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    valid: Validity = ""
    without: bool = False


@dataclass(frozen=True, slots=True)
class SeasonCondition:
    """Day of the year of the act between two days (``03-01`` to ``06-30``, inclusive; may run over New Year)."""

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    without: bool = False


@dataclass(frozen=True, slots=True)
class HoursCondition:
    """Local time of day (Asia/Shanghai, or the workspace's zone) in one of the spans, start inclusive, end exclusive;
    minutes
    since midnight; a span may run over midnight."""

    path: str
    spans: tuple[tuple[int, int], ...]
    without: bool = False


@dataclass(frozen=True, slots=True)
class ValueCondition:
    """An attribute of the record (of the feature, for a model that watches a layer) compared with a number, or being
    one of some words. A record without the
    attribute does not meet it."""

    path: str
    field: str
    op: Literal[">=", ">", "<=", "<", "one_of"]
    number: str = ""
    words: tuple[str, ...] = ()
    without: bool = False


Condition = PlaceCondition | SeasonCondition | HoursCondition | ValueCondition


@dataclass(frozen=True, slots=True)
class Threshold:
    """Met when ``count`` records (or ``count`` distinct reporters) fall into some ``window``: from the first
    to the last of them at most that long, ends included. ``having`` asks that each counted record carries one of
    these kinds of evidence. All unknown reporters together count as one."""

    path: str
    count: str
    distinct: Literal["", "reporter"] = ""
    window: str = ""
    having_evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """What the hits are counted over. ``by`` is a layer name (the feature met by a condition on that layer, or the
    parent of a zone met, or else the nearest feature within ``reach``), ``cell`` (square of ``size``), or ``record``
    (each record alone).
    ``any``: one threshold met is enough."""

    by: str
    any: tuple[Threshold, ...]
    size: str = ""
    reach: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A tiny world in metres around an origin, and what the model must say about it. ``kind``: hit, miss, edge.
    ``layers``: layer → features; ``incidents``: rows; ``leads``: the subject ids expected, in order (empty: none).
    ``line`` is the line of the model file."""

    kind: str
    name: str
    layers: Mapping[str, tuple[Mapping[str, Any], ...]]
    incidents: tuple[Mapping[str, Any], ...]
    leads: tuple[str, ...]
    as_of: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class LeadTemplate:
    about: str
    legal_basis: tuple[str, ...]
    agencies: tuple[str, ...]
    criminal_screen: tuple[str, ...]
    guide: Words


@dataclass(frozen=True, slots=True)
class SupervisionModel:
    """监督模型, read and checked. ``hash`` is of the file's bytes; ``needs`` are the layers without which the
    model cannot say anything (it is then shown as waiting for data)."""

    id: str
    version: int
    status: str
    title: Words
    track: str
    domain: str
    urgency: str
    watch: Watch
    where: tuple[Condition, ...]
    group: Group
    numbers: Mapping[str, Number]
    lead: LeadTemplate
    cases: tuple[Case, ...]
    file: str = ""
    hash: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        named = [c.layer for c in self.where if isinstance(c, PlaceCondition) and not c.without]
        if self.watch.layer:
            named.append(self.watch.layer)
        if self.group.by not in ("cell", "record"):
            named.append(self.group.by)
        return tuple(dict.fromkeys(named))

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers it speaks of, also those that only stand under ``without``."""
        return tuple(dict.fromkeys([*self.needs, *(c.layer for c in self.where if isinstance(c, PlaceCondition))]))
