"""Records sifted by conditions. A record is joined with a layer once, as far out as any model asks of it; the
conditions of all models are then filters on those pairs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.place import LonLat
from geo_monitor.engine.areas import beyond, overlap_m2, shape_pairs
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.days import NO_DAY, days_of, last_day
from geo_monitor.engine.join import NO_PAIRS, IndexShelf, LayerIndex, Pairs
from geo_monitor.engine.matching import Equals, alike_pairs, same_id, same_ids, same_name, scores
from geo_monitor.engine.plan import ByCategory
from geo_monitor.engine.rivers import Network, Spots, network_pairs
from geo_monitor.supervision.model import (
    NETWORK,
    ON_NETWORK,
    ClockCondition,
    Condition,
    Dated,
    DatesCondition,
    HoursCondition,
    Number,
    PlaceCondition,
    Records,
    SeasonCondition,
    ValueCondition,
)

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Objects = npt.NDArray[Any]
Numbers = Mapping[str, Number]

#: Conditions on the record alone: cheap, and asked before any join.
ALONE = (SeasonCondition, DatesCondition, HoursCondition, ValueCondition, ClockCondition)
ANY = "any"


@dataclass(frozen=True)
class World:
    """What a run stands on beside the records: the layers, the origin of frames and grids, the city's time, and the
    moment at which it looks (clocks, terms on the day of the run)."""

    layers: Mapping[str, LayerColumns]
    centre: LonLat
    zone: tzinfo
    as_of: datetime
    shelf: IndexShelf

    def index(self, layer: str) -> LayerIndex:
        return self.shelf.index(self.layers[layer], self.centre)

    def rows(self, layer: str, records: Iterable[str]) -> Ints:
        """The positions (ascending) of features in their layer, which are named as records: ``layer/feature``."""
        columns = self.layers[layer]
        places = self.shelf.kept(
            columns.version, "places", lambda: {f"{columns.name}/{i}": k for k, i in enumerate(columns.ids)}
        )
        return np.array(sorted(places[r] for r in records if r in places), dtype=np.int64)

    def network(self) -> Network:
        rivers = self.layers[NETWORK]
        return self.shelf.kept(rivers.version, "network", lambda: Network(self.index(NETWORK)))

    def on_network(self, layer: str, bank_m: float) -> Spots:
        """Where the features of a layer lie on the network, as far from their reach as asked. Worked out once with
        room to spare: a nearer bank is then only a filter."""
        key = ("spots", self.layers[NETWORK].version)
        version = self.layers[layer].version
        made_for, spots = self.shelf.kept(version, key, lambda: (2.0 * bank_m, self._spots(layer, 2.0 * bank_m)))
        if made_for < bank_m:
            self.shelf.forget(version, key)
            return self.on_network(layer, bank_m)
        return spots.take(np.flatnonzero(spots.metres <= bank_m))

    def _spots(self, layer: str, bank_m: float) -> Spots:
        return self.network().spots_of(self.layers[layer], bank_m)

    def days(self, layer: str, field: str) -> Ints:
        """The field of a layer as days; NO_DAY where it holds none."""
        return self.shelf.kept(self.layers[layer].version, ("days", field), lambda: days_of(self._column(layer, field)))

    def common(self, layer: str, field: str, form: Any) -> Objects:
        """The field of a layer in the common form of identifiers or of names."""
        return self.shelf.kept(
            self.layers[layer].version,
            (form.__name__, field),
            lambda: _formed(self._column(layer, field), form, _Names()),
        )

    def equals(self, layer: str, field: str) -> Equals:
        """The identifiers of a layer, to be found by."""
        key = ("equals", field)
        return self.shelf.kept(self.layers[layer].version, key, lambda: Equals(self.common(layer, field, same_id)))

    def figures(self, layer: str, field: str) -> npt.NDArray[np.float64]:
        return self.shelf.kept(
            self.layers[layer].version, ("figures", field), lambda: figures(self._column(layer, field))
        )

    def allowed(self, layer: str, where: Mapping[str, tuple[str, ...]]) -> Mask:
        """Features that ``where`` lets through."""
        columns = self.layers[layer]
        key = ("where", tuple(sorted(where.items())))
        return self.shelf.kept(columns.version, key, lambda: property_mask(columns.properties, where, len(columns)))

    def _column(self, layer: str, field: str) -> Objects:
        columns = self.layers[layer]
        found = columns.properties.get(field)
        return found if found is not None else np.full(len(columns), None, dtype=object)


#: So few records are joined at once, as far out as any of them asks.
FEW = 2000


def _rounds(reach: npt.NDArray[np.float32]) -> Iterator[tuple[Ints, float]]:
    """Records that are joined together, and how far out: those that ask for the same, or few as far as any asks."""
    if 0 < len(reach) <= FEW:
        yield np.arange(len(reach)), float(reach.max())
        return
    for metres in np.unique(reach)[::-1]:
        yield np.flatnonzero(reach == metres), float(metres)


class _Joins:
    """One layer's pairs with a set of records: each record is joined once, when a model first gets as far as asking
    for it, out to the farthest that any model asks of it."""

    def __init__(self, records: int, asked: Sequence[tuple[Ints, np.float32]]) -> None:
        self.reach = np.zeros(records, np.float32)
        for rows, far in asked:
            self.reach[rows] = np.maximum(self.reach[rows], far)
        #: In which of the parts the pairs of a record stand, counted from 1; 0 before it is joined.
        self.part = np.zeros(records, np.int16)
        self.parts: list[Pairs] = []

    def pairs(self, rows: Ints, near: Callable[[Ints, float], Pairs]) -> Pairs:
        """The pairs of these rows (ascending); ``near`` joins rows out to a distance, their points counted from 0."""
        new = rows[self.part[rows] == 0]
        if len(new):
            found = [near(new[some], metres).of(new[some]) for some, metres in _rounds(self.reach[new])]
            self.parts.append(Pairs.joined([p.take(np.flatnonzero(p.metres <= self.reach[p.point])) for p in found]))
            self.part[new] = len(self.parts)
            if len(new) == len(rows):
                return self.parts[-1]
        wanted = np.zeros(len(self.part), bool)
        wanted[rows] = True
        held = np.flatnonzero(np.bincount(self.part[rows])) - 1
        return Pairs.joined([p.take(np.flatnonzero(wanted[p.point])) for p in map(self.parts.__getitem__, held)])


class Sieve:
    """One set of records: reports, or the features of a watched ``layer``. ``expect`` everything first, so that each
    record is joined with a layer once for all models; then ask."""

    def __init__(self, records: IncidentColumns, world: World, layer: str = "") -> None:
        self.records, self.world, self.layer = records, world, layer
        self._kinds: ByCategory | None = None
        self._asked: dict[str, list[tuple[Ints, np.float32]]] = {}
        self._joins: dict[str, _Joins] = {}
        self.join_seconds = 0.0
        self._names = _Names()
        self._local: tuple[Ints, Ints] | None = None
        self._rank: Ints | None = None
        self._on_water: tuple[float, Spots] | None = None

    def meant(self, records: Records) -> Ints:
        """The rows (ascending) of the reports of these categories, sources and kinds of evidence."""
        if self._kinds is None:
            self._kinds = ByCategory(self.records)
        return self._kinds.rows(records)

    # ---- what the record alone decides ---------------------------------------------------------------------

    def alone(self, conditions: Iterable[Condition], numbers: Numbers, rows: Ints) -> Ints:
        """The rows that meet every condition that needs no other thing than the record and the clock."""
        for condition in conditions:
            if isinstance(condition, ALONE) and len(rows):
                rows = rows[self._holds_alone(condition, numbers, rows) ^ condition.without]
        return rows

    def _holds_alone(self, condition: Condition, numbers: Numbers, rows: Ints) -> Mask:
        if isinstance(condition, SeasonCondition):
            day = self.day(rows).astype("datetime64[D]")
            month = day.astype("datetime64[M]")
            stamp = (month.astype(np.int64) % 12 + 1) * 100 + (day - month).astype(np.int64) + 1
            start, end = (v[0] * 100 + v[1] for v in (condition.start, condition.end))
            return (stamp >= start) & (stamp <= end) if start <= end else (stamp >= start) | (stamp <= end)
        if isinstance(condition, DatesCondition):
            days = self.day(rows)
            held = np.zeros(len(rows), bool)
            for first, last in condition.spans:
                begin, end = days_of([first, last])
                held |= (days >= begin) & (days <= end)
            return held
        if isinstance(condition, HoursCondition):
            minute = self.minute(rows)
            held = np.zeros(len(rows), bool)
            for start, end in condition.spans:
                held |= (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)
            return held
        if isinstance(condition, ClockCondition):
            return self._passed(condition, numbers[condition.passed], rows)
        assert isinstance(condition, ValueCondition)
        values = self.attribute(condition.field, rows)
        if condition.op == "present":
            return np.array([v is not None and str(v) != "" for v in values], bool)
        if condition.op == "one_of":
            return np.array([v is not None and str(v) in condition.words for v in values], bool)
        return compared(figures(values), condition.op, numbers[condition.number].base)

    def _passed(self, condition: ClockCondition, term: Number, rows: Ints) -> Mask:
        now = int(self.world.as_of.timestamp())
        if condition.since == "occurred" and term.kind == "time":
            return now > self.records.occurred[rows] + np.int64(term.base)
        if condition.since == "occurred":
            begin = self.day(rows)
        elif condition.since == "valid_to":
            begin = self.attribute("@valid_to", rows).astype(np.int64)
        else:
            begin = days_of(self.attribute(condition.since, rows))
        return (begin != NO_DAY) & (self.today > last_day(begin, term))

    @property
    def today(self) -> int:
        """The local day on which the run looks."""
        moment = self.world.as_of.astimezone(self.world.zone)
        return int(days_of([moment.date()])[0])

    def attribute(self, name: str, rows: Ints) -> Objects:
        """What these rows say under a name; None where they say nothing."""
        column = self.records.attributes.get(name)
        return column[rows] if column is not None else np.full(len(rows), None, dtype=object)

    def common(self, name: str, rows: Ints, form: Any) -> Objects:
        """An attribute of these rows in the common form of identifiers or of names."""
        return _formed(self.attribute(name, rows), form, self._names)

    def day(self, rows: Ints) -> Ints:
        """The local day of each record, counted from 1970-01-01."""
        return self._local_time()[0][rows]

    def minute(self, rows: Ints) -> Ints:
        return self._local_time()[1][rows]

    def _local_time(self) -> tuple[Ints, Ints]:
        if self._local is None:
            local = self.records.occurred + offsets(self.records.occurred, self.world.zone)
            self._local = (local // 86400, local % 86400 // 60)
        return self._local

    @property
    def rank(self) -> Ints:
        """Order of the records by (time, id); columns come sorted so, but the engine does not rely on it."""
        if self._rank is None:
            occurred, ids = self.records.occurred, self.records.ids
            if len(occurred) < 2 or (occurred[1:] > occurred[:-1]).all():
                order = np.arange(len(occurred))
            else:
                order = np.argsort(occurred, kind="stable")
                tied = np.flatnonzero(occurred[order][1:] == occurred[order][:-1])
                if len(tied) and (ids[order[tied]] > ids[order[tied + 1]]).any():
                    order = np.array(sorted(range(len(ids)), key=lambda k: (occurred[k], ids[k])), dtype=np.int64)
            self._rank = np.empty(len(order), np.int64)
            self._rank[order] = np.arange(len(order))
        return self._rank

    # ---- places --------------------------------------------------------------------------------------------

    def expect(self, rows: Ints, asked: Iterable[tuple[str, float]]) -> None:
        """These rows will be asked about these layers, out to these metres."""
        for layer, metres in asked:
            far = np.nextafter(np.float32(metres), np.float32(np.inf)) if metres else np.float32(0.0)
            self._asked.setdefault(layer, []).append((rows, far))

    def pairs(self, layer: str, rows: Ints) -> Pairs:
        """The pairs of these rows (ascending) with the features of a layer, as far out as was expected."""
        if layer not in self._asked:
            return NO_PAIRS
        if layer not in self._joins:
            self._joins[layer] = _Joins(len(self.records), self._asked[layer])
        began = time.perf_counter()
        pairs = self._joins[layer].pairs(rows, partial(self._near, layer))
        self.join_seconds += time.perf_counter() - began
        return pairs

    def _near(self, layer: str, rows: Ints, metres: float) -> Pairs:
        index = self.world.index(layer)
        if self.records.shapes is not None:
            return shape_pairs(index, self.records.shapes[rows], metres)
        return index.pairs(self.records.lon[rows], self.records.lat[rows], metres)

    def holds(self, condition: PlaceCondition, numbers: Numbers, rows: Ints) -> tuple[Mask, Pairs]:
        """Which of the rows meet the condition (``without`` applied), and the pairs that show it (of ``without``:
        that speak against it)."""
        pairs = self.meeting(condition, numbers, rows)
        met = np.zeros(len(rows), bool)
        met[np.searchsorted(rows, pairs.point)] = True
        if condition.relation == "outside":
            # The pairs are what lies within; the condition is that some part does not.
            met = ~met if self.records.shapes is None else self._beyond(condition, numbers, rows, pairs)
        if not condition.without:
            return met, pairs
        out = ~met
        if condition.dated and condition.dated.after not in ("", ANY):
            # That nothing followed is known only when the time for it is over.
            out &= self.today > last_day(self.day(rows), numbers[condition.dated.after])
        return out, pairs

    def _beyond(self, condition: PlaceCondition, numbers: Numbers, rows: Ints, pairs: Pairs) -> Mask:
        shapes = self.records.shapes
        assert shapes is not None
        local = replace(pairs, point=np.searchsorted(rows, pairs.point))
        return beyond(shapes[rows], self.world.layers[condition.layer], local, numbers[condition.at_least].base)

    def meeting(self, condition: PlaceCondition, numbers: Numbers, rows: Ints) -> Pairs:
        """Pairs of these rows (ascending) with the features that the condition means (``without`` not applied)."""
        if not len(rows):
            return NO_PAIRS
        relation = condition.relation
        if relation in ON_NETWORK:
            pairs = self._on_network(condition, numbers, rows)
        elif relation == "matching":
            pairs = self._matching(condition, numbers, rows)
        else:
            pairs = self.pairs(condition.layer, rows)
            pairs = pairs.take(np.flatnonzero(self._lies(condition, numbers, pairs)))
        pairs = self._meant(condition, numbers, pairs)
        return pairs.nearest() if relation == "nearest" else pairs

    def _lies(self, condition: PlaceCondition, numbers: Numbers, pairs: Pairs) -> Mask:
        relation = condition.relation
        if relation == "within":
            return pairs.inside
        if relation == "crosses":
            return pairs.metres == 0.0
        if relation == "outside":
            return pairs.metres <= numbers[condition.at_least].base
        if relation == "overlap":
            limit = numbers[condition.at_least]
            shapes = self.records.shapes
            if shapes is None:
                return np.zeros(len(pairs), bool)
            touching = np.flatnonzero(pairs.metres == 0.0)
            area, share = overlap_m2(shapes, self.world.layers[condition.layer], pairs.take(touching))
            out = np.zeros(len(pairs), bool)
            # Areas are rounded to a square centimetre, and something must be in common.
            out[touching] = ((share if limit.kind == "share" else area) >= limit.base - 1e-9) & (area > 0)
            return out
        near = pairs.metres <= numbers[condition.at_most].base
        if relation == "on_bank":
            near &= pairs.side == (1 if condition.side == "left" else -1)
        return near

    def _on_network(self, condition: PlaceCondition, numbers: Numbers, rows: Ints) -> Pairs:
        bank = numbers[condition.bank].base
        mine = self._spots(rows, bank)
        features = self.world.on_network(condition.layer, bank)
        features = features.take(np.flatnonzero(self._meant_features(condition)[features.row]))
        far = numbers[condition.at_most].base if condition.at_most else 0.0
        return network_pairs(self.world.network(), mine, features, condition.relation, far)

    def metres_by_water(
        self, condition: PlaceCondition, numbers: Numbers, rows: Ints, *, bank: bool
    ) -> npt.NDArray[np.float64]:
        """Of the pairs that the water joins: the different ways along it, ascending; or the different distances from
        their ``bank`` of the rows and of the features."""
        pairs = self._on_network(condition, numbers, rows)
        if not bank:
            return np.unique(pairs.metres)
        mine = self._spots(rows, numbers[condition.bank].base)
        theirs = self.world.on_network(condition.layer, numbers[condition.bank].base)
        theirs = theirs.take(np.flatnonzero(np.isin(theirs.row, pairs.feature)))
        return np.unique(np.concatenate([mine.metres, theirs.metres]))

    def _spots(self, rows: Ints, bank_m: float) -> Spots:
        """Where these rows lie on the network. Of a few records all are looked up at once and with room to spare: a
        counterfactual asks again and again, about other rows and other banks."""
        records, network = self.records, self.world.network()
        if len(records) > FEW:
            spots = network.spots(records.lon[rows], records.lat[rows], bank_m)
            return replace(spots, row=rows[spots.row])
        if self._on_water is None or self._on_water[0] < bank_m:
            self._on_water = 2.0 * bank_m, network.spots(records.lon, records.lat, 2.0 * bank_m)
        spots = self._on_water[1]
        return spots.take(np.flatnonzero((spots.metres <= bank_m) & np.isin(spots.row, rows)))

    def _matching(self, condition: PlaceCondition, numbers: Numbers, rows: Ints) -> Pairs:
        if condition.same:
            mine, theirs = next(iter(condition.same.items()))
            row, feature = self.world.equals(condition.layer, theirs).pairs(self.common(mine, rows, same_id))
            meant = self._meant_features(condition)[feature]
            return Pairs.made(rows[row[meant]], feature[meant], np.zeros(int(meant.sum())))
        assert condition.alike is not None
        features = np.flatnonzero(self._meant_features(condition))
        mine, theirs = next(iter(condition.alike.fields.items()))
        left = self.common(mine, rows, same_name)
        right = self.world.common(condition.layer, theirs, same_name)[features]
        row, feature = alike_pairs(left, right, numbers[condition.alike.at_least].base)
        return Pairs.made(rows[row], features[feature], np.zeros(len(row)))

    def _meant_features(self, condition: PlaceCondition) -> Mask:
        if condition.where:
            return self.world.allowed(condition.layer, condition.where)
        return np.ones(len(self.world.layers[condition.layer]), bool)

    def _meant(self, condition: PlaceCondition, numbers: Numbers, pairs: Pairs) -> Pairs:
        """Of these pairs, those whose feature is meant: by property, term, date, identifier, name, figure."""
        layer = self.world.layers[condition.layer]
        if condition.where and len(pairs):
            pairs = pairs.take(np.flatnonzero(self._meant_features(condition)[pairs.feature]))
        if condition.valid and len(pairs):
            day = self.day(pairs.point)
            begin, end = layer.valid_from[pairs.feature], layer.valid_to[pairs.feature]
            held = {
                "on_occurrence": (begin <= day) & (day <= end),
                "expired_on_occurrence": end < day,
                "not_yet_on_occurrence": begin > day,
            }[condition.valid]
            pairs = pairs.take(np.flatnonzero(held))
        if condition.dated and len(pairs):
            there = self.world.days(condition.layer, condition.dated.field)[pairs.feature]
            pairs = pairs.take(np.flatnonzero(dated(condition.dated, numbers, self.day(pairs.point), there)))
        for mine, theirs in condition.same.items():
            if len(pairs):
                left = self.common(mine, pairs.point, same_id)
                right = self.world.common(condition.layer, theirs, same_id)[pairs.feature]
                pairs = pairs.take(np.flatnonzero((left == right) & (left != "")))
        for mine, op, theirs in condition.compare:
            if len(pairs):
                left = figures(self.attribute(mine, pairs.point))
                right = self.world.figures(condition.layer, theirs)[pairs.feature]
                pairs = pairs.take(np.flatnonzero(compared(left, op, right)))
        if condition.alike and len(pairs):
            at_least = numbers[condition.alike.at_least].base
            pairs = pairs.take(np.flatnonzero(self.scores(condition, pairs) >= at_least))
        return pairs

    def figure(self, condition: PlaceCondition, numbers: Numbers, pairs: Pairs) -> npt.NDArray[np.float64]:
        """What to tell of each pair: the area or share in common, the score of names alone, or the metres."""
        if condition.relation == "overlap" and self.records.shapes is not None:
            area, share = overlap_m2(self.records.shapes, self.world.layers[condition.layer], pairs)
            return share if numbers[condition.at_least].kind == "share" else area
        return self.scores(condition, pairs) if condition.relation == "matching" and condition.alike else pairs.metres

    def scores(self, condition: PlaceCondition, pairs: Pairs) -> npt.NDArray[np.float64]:
        """How much alike the names of each pair are, 0 to 1."""
        assert condition.alike is not None
        fields = condition.alike.fields
        left = {f: self.common(f, pairs.point, same_name) for f in fields}
        right = {f: self.world.common(condition.layer, f, same_name)[pairs.feature] for f in fields.values()}
        return scores(left, right, fields)


def asked_reach(conditions: Iterable[Condition], numbers: Numbers) -> list[tuple[str, float]]:
    """(layer, metres) of every join by place that the conditions ask for."""
    asked = []
    for c in conditions:
        if isinstance(c, PlaceCondition) and c.relation not in (*ON_NETWORK, "matching"):
            limit = c.at_least if c.relation == "outside" else c.at_most
            asked.append((c.layer, numbers[limit].base if limit else 0.0))
    return asked


def dated(condition: Dated, numbers: Numbers, day: Ints, there: Ints) -> Mask:
    """Whether a feature's day lies as asked to the record's day."""
    out = np.zeros(len(day), bool)
    if condition.before:
        out |= (there <= day) & (condition.before == ANY or last_day(there, numbers[condition.before]) >= day)
    if condition.after:
        out |= (there >= day) & (condition.after == ANY or there <= last_day(day, numbers[condition.after]))
    return out & (there != NO_DAY)


def compared(left: npt.NDArray[Any], op: str, right: Any) -> Mask:
    """A figure that is missing (NaN) compares false with everything."""
    with np.errstate(invalid="ignore"):
        met = {">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less}[op](left, right)
    return np.asarray(met, bool)


def figures(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Attributes as numbers; NaN for what is none."""
    return np.array([_figure(v) for v in values], dtype=np.float64)


def _figure(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


class _Names(dict[Any, str]):
    """The common form of each name that was asked for; those of a run repeat themselves. Of what is no text nothing is
    kept: 1 and 1.0 would be one key."""

    def __missing__(self, value: Any) -> str:
        formed = same_name(value)
        if type(value) is str or value is None:
            self[value] = formed
        return formed


def _formed(values: Objects, form: Any, names: _Names) -> Objects:
    """``form`` is ``same_id`` or ``same_name``."""
    out = np.empty(len(values), dtype=object)
    if form is same_id:
        out[:] = same_ids(values.tolist())
        return out
    try:
        out[:] = list(map(names.__getitem__, values.tolist()))
    except TypeError:  # a list or a mapping is no key
        out[:] = [names[v] if type(v) is str else same_name(v) for v in values.tolist()]
    return out


def property_mask(properties: Mapping[str, Objects], where: Mapping[str, Sequence[str]], n: int) -> Mask:
    """Rows whose properties are among the words asked for; a missing property is none of them."""
    keep = np.ones(n, bool)
    for name, words in where.items():
        column = properties.get(name)
        if column is None:
            return np.zeros(n, bool)
        keep &= np.array([v is not None and _word(v) in words for v in column], bool)
    return keep


def _word(value: object) -> str:
    """A whole number is the same word whether a file wrote it 1 or 1.0."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def offsets(occurred: Ints, zone: tzinfo) -> Ints:
    """Seconds by which local time is ahead of UTC at each moment. Asked once a day that occurs; only a day in which the
    offset changes is asked hour by hour."""

    def at(second: int) -> int:
        ahead = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
        assert ahead is not None
        return int(ahead.total_seconds())

    if not len(occurred):
        return np.zeros(0, np.int64)
    day = occurred // 86400
    first = int(day.min())
    held = np.zeros(int(day.max()) - first + 1, bool)
    held[day - first] = True
    ahead_at = np.zeros((2, len(held)), np.int64)
    for k in np.flatnonzero(held).tolist():
        ahead_at[:, k] = at((first + k) * 86400), at((first + k) * 86400 + 86399)
    offset = ahead_at[0][day - first]
    for row in np.flatnonzero((ahead_at[0] != ahead_at[1])[day - first]):
        offset[row] = at(int(occurred[row]))
    return offset


def periods(days: Ints, period: str) -> Ints:
    """A code per calendar period (weeks begin on Monday) for days since 1970-01-01."""
    if period == "day":
        return days
    if period == "week":
        return (days + 3) // 7
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // {"month": 1, "quarter": 3, "year": 12}[period]
