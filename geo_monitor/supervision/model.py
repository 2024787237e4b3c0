"""A supervision model as a value: the closed vocabulary of the YAML files, after reading (``docs/grammar.md``).

Every number of a model has a name, a value with its unit, and a basis (an id of the legal register, or
``proposal``); conditions speak of the number by its name, so that a back-test can set it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from geo_monitor.domain.words import Words

STATUSES = ("draft", "trial", "active", "retired")
TRACKS = ("public_interest", "enforcement_criminal", "civil_support", "administrative")
DOMAINS = ("river", "heritage", "food", "drug", "ecology", "criminal", "civil", "admin")
#: Units a number may have: its kind, and what one of each is in the base unit of the kind (metres, seconds, square
#: metres, one, metres a second). Calendar units have no fixed length; only clocks and dates are counted in them.
UNITS: Mapping[str, tuple[str, float]] = {
    "m": ("length", 1.0),
    "km": ("length", 1000.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "d": ("time", 86400.0),
    "wd": ("calendar", 1.0),
    "mo": ("calendar", 1.0),
    "y": ("calendar", 1.0),
    "m2": ("area", 1.0),
    "mu": ("area", 2000.0 / 3.0),
    "ha": ("area", 10_000.0),
    "%": ("share", 0.01),
    "km/h": ("speed", 1.0 / 3.6),
    "": ("count", 1.0),
}
#: The network on which reaches lie upstream and downstream of each other.
NETWORK = "rivers"
#: Groups that are not a layer.
GROUPS = ("record", "cell", "cluster", "segment", "field")
#: Periods of the calendar that can be told apart when distinct ones are counted (persistence).
PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Number:
    """``base`` is the value in the base unit of its ``kind``: length, time, calendar, area, share, speed or count."""

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
        # Rounded, so that 29.9999… days are again the whole seconds that they stand for.
        return round(self.value * UNITS[self.unit][1], 7)

    def at(self, base: float) -> Number:
        """The same number with another value, given in the base unit (of a calendar number in its own)."""
        return replace(self, value=base / UNITS[self.unit][1])

    def __str__(self) -> str:
        shown = f"{self.value:g}"
        return f"{shown} {self.unit}" if self.unit else shown


@dataclass(frozen=True, slots=True)
class Records:
    """Reports by category, source and evidence (any of each; empty: all)."""

    category: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch(Records):
    """Which records the model looks at: reports, or the features of a layer (``layer`` set) by ``where``.

    ``valid`` ("" | on_day | expired_on_day) is looked at on the day of the run. ``dated`` names the field that holds
    the day of a feature's act; without it the act is taken to be seen on the day of the run."""

    layer: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    valid: str = ""
    dated: str = ""


Relation = Literal[
    "within",
    "within_distance",
    "nearest",
    "outside",
    "overlap",
    "crosses",
    "same_reach",
    "upstream_of",
    "downstream_of",
    "on_bank",
    "matching",
]
#: Relations that follow the river network.
ON_NETWORK = ("same_reach", "upstream_of", "downstream_of")
#: Relations that only a record with an area, or a line, can have.
OF_SHAPES = ("overlap", "crosses")
Validity = Literal["", "on_occurrence", "expired_on_occurrence", "not_yet_on_occurrence"]
Op = Literal[">=", ">", "<=", "<"]


@dataclass(frozen=True, slots=True)
class Dated:
    """The day in a feature's ``field``, set against the day of the record: not later and at most ``before`` earlier,
    or not earlier and at most ``after`` later (names of numbers, or ``any``; either is enough when both are given)."""

    field: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Alike:
    """Names and addresses that mean the same: ``fields`` maps a field of the record to one of the feature; the score
    (``engine/matching.py``, 0 to 1) must reach the number ``at_least``."""

    fields: Mapping[str, str]
    at_least: str


@dataclass(frozen=True, slots=True)
class PlaceCondition:
    """How the record lies to the features of a layer. ``without`` turns it round: there is no such feature.

    ``within`` a polygon (border belongs to it); ``within_distance`` of any feature (each in reach counts as a
    subject); ``nearest`` feature in reach (one subject; ties: lowest id); ``outside``: some part of the record lies
    farther than ``at_least`` from every feature; ``overlap`` by at least ``at_least`` (an area, or a share of the
    record); ``crosses``: the shapes meet; ``same_reach``: nearest to the same river reach; ``upstream_of`` /
    ``downstream_of`` the feature, at most ``at_most`` along the network; ``on_bank`` ``side`` of a line, at most
    ``at_most`` away; ``matching``: by ``same`` or ``alike`` alone. ``bank`` is how far from its reach a record or
    feature on the network may lie.

    The features are restricted by property (``where``), by term on the day of the act (``valid``), by a date of theirs
    (``dated``), by equal identifiers (``same``: field of the record → of the feature), by ``alike`` names, and by
    ``compare`` (field of the record, comparison, field of the feature)."""

    path: str
    relation: Relation
    layer: str
    at_most: str = ""
    at_least: str = ""
    bank: str = ""
    side: Literal["", "left", "right"] = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    valid: Validity = ""
    dated: Dated | None = None
    same: Mapping[str, str] = field(default_factory=dict)
    alike: Alike | None = None
    compare: tuple[tuple[str, Op, str], ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True)
class SeasonCondition:
    """Day of the year of the act between two days (``03-01`` to ``06-30``, inclusive; may run over New Year)."""

    path: str
    start: tuple[int, int]
    end: tuple[int, int]
    without: bool = False


@dataclass(frozen=True, slots=True)
class DatesCondition:
    """Local day of the act in one of the spans of days (ISO, both ends inclusive)."""

    path: str
    spans: tuple[tuple[str, str], ...]
    without: bool = False


@dataclass(frozen=True, slots=True)
class HoursCondition:
    """Local time of day (the city's zone) in one of the spans, start inclusive, end exclusive, in minutes since
    midnight; a span may run over midnight."""

    path: str
    spans: tuple[tuple[int, int], ...]
    without: bool = False


@dataclass(frozen=True, slots=True)
class ValueCondition:
    """An attribute of the record (of the feature, for a model that watches a layer) compared with a number, being
    one of some words, or simply given (``present``). A record without the attribute does not meet it."""

    path: str
    field: str
    op: Literal[">=", ">", "<=", "<", "one_of", "present"]
    number: str = ""
    words: tuple[str, ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True)
class UnusualCondition:
    """An attribute set against what is usual, among the watched records with the same ``per`` field.

    ``same_month``: the median of that calendar month in earlier years (at least three values), of which the record's
    value is below, or above, the share ``number``. ``peers``: the mean and sample standard deviation of the others in
    the same ``period`` (at least five), from which the value differs by more than ``number`` deviations."""

    path: str
    field: str
    side: Literal["below", "above"]
    number: str
    of: Literal["same_month", "peers"]
    per: str = ""
    period: Literal["", "month", "quarter", "year"] = ""
    without: bool = False


@dataclass(frozen=True, slots=True)
class ClockCondition:
    """More than the number ``passed`` lies between ``since`` (``occurred``, ``valid_to``, or a field with a day) and
    the day of the run. Days and hours run by themselves; ``wd`` are working days of the calendar in force, ``mo`` and
    ``y`` end on the day of the same number (or the month's last). A record without the day does not meet it."""

    path: str
    since: str
    passed: str
    without: bool = False


@dataclass(frozen=True, slots=True)
class AnotherCondition:
    """Another report (never the record itself) of ``records``: at most ``at_most`` away, not more than ``before``
    earlier or ``after`` later (names of numbers, or ``any``; either is enough), with the ``same`` fields (``category``
    and ``source`` are fields too), by an ``independent`` reporter (both known, and different), reached only by going
    ``faster_than``, and itself meeting ``where``. ``count`` asks for that many. ``between``: no report of these lies in
    time strictly between the two (with the same fields). ``without`` with ``after`` says that nothing followed: it is
    not known before that time has passed."""

    path: str
    records: Records
    at_most: str = ""
    before: str = ""
    after: str = ""
    same: tuple[str, ...] = ()
    independent: bool = False
    faster_than: str = ""
    count: str = ""
    where: tuple[Condition, ...] = ()
    between: Records | None = None
    between_where: tuple[Condition, ...] = ()
    without: bool = False


Condition = (
    PlaceCondition
    | SeasonCondition
    | DatesCondition
    | HoursCondition
    | ValueCondition
    | UnusualCondition
    | ClockCondition
    | AnotherCondition
)


@dataclass(frozen=True, slots=True)
class Having(Records):
    """What each counted record must carry: kinds of evidence, categories, sources, and a figure in ``field``."""

    field: str = ""
    op: Literal["", ">=", ">", "<=", "<"] = ""
    number: str = ""

    @property
    def empty(self) -> bool:
        return not (self.category or self.source or self.evidence or self.field)


@dataclass(frozen=True, slots=True)
class Threshold:
    """Met when ``count`` records fall into some ``window``: from the first to the last of them at most that long, ends
    included. Without a window all records of the group count.

    ``distinct`` counts something else than records: ``reporter`` (all unknown reporters together are one), a period
    (``day`` … ``year``, of the city's calendar), ``field:<name>`` (records without it are one together), or
    ``layer:<name>`` (the feature that holds the record). ``having`` restricts the counted records. In the same window
    also: the ``sum`` of ``sum_field`` reaches a number; the ``share`` of records that meet ``share_having`` reaches a
    number; the different values of ``few_field`` are at most ``few`` (many shops on few licences); and, with ``times``,
    the count reaches ``times`` the group's own usual count for such a window, taken over ``baseline`` before it."""

    path: str
    count: str
    distinct: str = ""
    window: str = ""
    having: Having = Having()
    sum_field: str = ""
    sum: str = ""
    share: str = ""
    share_having: Having = Having()
    few_field: str = ""
    few: str = ""
    times: str = ""
    baseline: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What the hits are counted over. ``by`` is a layer (the feature met by a condition on that layer, or the parent of
    a zone met, or the feature with the ``same`` identifier, or else the nearest within ``reach``, or else the polygon
    that holds the record), ``cell`` (square of ``size``), ``cluster`` (hits linked over at most ``size``, and in time
    over at most ``apart``), ``segment`` (stretch of ``size`` along the nearest line of ``of`` within ``reach``),
    ``field`` (equal values of ``field``), or ``record`` (each record alone). ``any``: one threshold met is enough."""

    by: str
    any: tuple[Threshold, ...]
    size: str = ""
    reach: str = ""
    apart: str = ""
    of: str = ""
    same: Mapping[str, str] = field(default_factory=dict)
    field: str = ""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a city must have for the model to say anything: layers and registers, and kinds of records that must have
    come in at least once. A model without them waits."""

    layers: tuple[str, ...] = ()
    records: tuple[str, ...] = ()


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


@dataclass(frozen=True)
class SupervisionModel:
    """监督模型, read and checked. ``hash`` is of the file's bytes; ``needs`` is what the file says under ``needs:``."""

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
    needs: Needs = Needs()
    file: str = ""
    hash: str = ""

    def conditions(self) -> Iterator[Condition]:
        """All conditions, also those that another report must meet."""
        for condition in self.where:
            yield condition
            if isinstance(condition, AnotherCondition):
                yield from condition.where
                yield from condition.between_where

    def places(self) -> Iterator[PlaceCondition]:
        return (c for c in self.conditions() if isinstance(c, PlaceCondition))

    @cached_property
    def layers(self) -> tuple[str, ...]:
        """All layers it speaks of, in the order of the file."""
        named = [self.watch.layer]
        for c in self.places():
            named += [c.layer, NETWORK if c.relation in ON_NETWORK else ""]
        named.append(self.group.by if self.group.by not in GROUPS else self.group.of)
        named += [t.distinct.removeprefix("layer:") for t in self.group.any if t.distinct.startswith("layer:")]
        return tuple(dict.fromkeys(n for n in named if n))

    @cached_property
    def only_without(self) -> frozenset[str]:
        """Layers that only stand under ``without`` or ``outside``: an empty but loaded register of permits is an
        answer, nothing is permitted; one that was never loaded is none."""
        asked = {c.layer for c in self.places() if c.without == (c.relation == "outside")}
        asked |= {self.watch.layer, self.group.by, self.group.of}
        asked |= {NETWORK} if any(c.relation in ON_NETWORK for c in self.places()) else set()
        asked |= {t.distinct.removeprefix("layer:") for t in self.group.any}
        return frozenset(n for n in self.layers if n not in asked)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Attributes of records that it speaks of (for a model that watches a layer: of its features)."""
        named: list[str] = []
        for c in self.conditions():
            if isinstance(c, ValueCondition):
                named.append(c.field)
            elif isinstance(c, UnusualCondition):
                named += [c.field, c.per]
            elif isinstance(c, ClockCondition) and c.since not in ("occurred", "valid_to"):
                named.append(c.since)
            elif isinstance(c, AnotherCondition):
                named += [f for f in c.same if f not in ("category", "source")]
            elif isinstance(c, PlaceCondition):
                named += [*c.same, *(c.alike.fields if c.alike else ()), *(f for f, _, _ in c.compare)]
        named += [self.group.field, *self.group.same, *self.facts]
        return tuple(dict.fromkeys(n for n in named if n and not n.startswith(("@", "layer:"))))

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """What a hit must remember beside time, reporter and evidence for the thresholds to be decided from hits alone:
        names of attributes, ``@category``, ``@source``, and ``layer:<name>``."""
        named: list[str] = []
        for t in self.group.any:
            if t.distinct.startswith("field:"):
                named.append(t.distinct.removeprefix("field:"))
            elif t.distinct.startswith("layer:"):
                named.append(t.distinct)
            named += [t.sum_field, t.few_field]
            for having in (t.having, t.share_having):
                named += [having.field, "@category" if having.category else "", "@source" if having.source else ""]
        return tuple(dict.fromkeys(n for n in named if n))

    @cached_property
    def looks_around(self) -> bool:
        """Whether a record's being a hit depends on other records: a new report can then change an old answer."""
        return any(isinstance(c, AnotherCondition | UnusualCondition) for c in self.where)

    @cached_property
    def waits_for_time(self) -> bool:
        """Whether the answer changes by the passing of time alone."""
        for c in self.conditions():
            if isinstance(c, ClockCondition):
                return True
            if isinstance(c, AnotherCondition) and c.without and c.after not in ("", "any"):
                return True
            if isinstance(c, PlaceCondition) and c.without and c.dated and c.dated.after not in ("", "any"):
                return True
        return False
