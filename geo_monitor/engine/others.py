"""Another report: companions in place and time, chains, speeds, and "nothing followed"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.engine.cover import Ints, runs
from geo_monitor.engine.matching import same_id
from geo_monitor.engine.metres import DECIMALS, ROUNDING_M, Floats, Frame, distance_m
from geo_monitor.engine.sieve import ANY, Mask, Numbers, Sieve
from geo_monitor.supervision.model import AnotherCondition

#: More than any two moments lie apart.
EVER = np.int64(2**60)


@dataclass(frozen=True)
class Companions:
    """``row`` of the record, ``other`` in the pool, the metres between them and the seconds from record to other."""

    row: Ints
    other: Ints
    metres: Floats
    seconds: Ints

    def __len__(self) -> int:
        return len(self.row)

    def take(self, keep: Mask | Ints) -> Companions:
        return Companions(self.row[keep], self.other[keep], self.metres[keep], self.seconds[keep])


def holds(
    condition: AnotherCondition,
    numbers: Numbers,
    sieve: Sieve,
    rows: Ints,
    pool: Sieve,
    others: Ints,
    between: Ints,
) -> tuple[Mask, Companions]:
    """Which of the rows meet the condition (``without`` applied), and the companions that show it, or speak against it.

    ``others`` are the rows of the pool that the condition means, ``between`` those that may not lie in between."""
    found = companions(condition, numbers, sieve, rows, pool, others)
    if condition.between is not None and len(found):
        found = found.take(~_interrupted(condition, sieve, pool, found, between))
    needed = int(numbers[condition.count].base) if condition.count else 1
    have = np.bincount(np.searchsorted(rows, found.row), minlength=len(rows)) if len(rows) else np.zeros(0, np.int64)
    met = have >= needed
    if not condition.without:
        return met, found
    out = ~met
    if condition.after not in ("", ANY):
        # That nothing followed is known only when the time for it is over.
        limit = np.int64(numbers[condition.after].base)
        out &= int(sieve.world.as_of.timestamp()) > sieve.records.occurred[rows] + limit
    return out, found


def companions(
    condition: AnotherCondition, numbers: Numbers, sieve: Sieve, rows: Ints, pool: Sieve, others: Ints
) -> Companions:
    """All pairs of a row and another report that the condition means, sorted by row and report."""
    back, ahead = (
        np.int64(-1) if not said else EVER if said == ANY else np.int64(numbers[said].base)
        for said in (condition.before, condition.after)
    )
    mine, theirs = _keys(condition.same, sieve, rows, pool, others)
    lengths: Floats | None = None
    if condition.at_most and sieve.records.shapes is not None:
        reach = numbers[condition.at_most].base
        a, b, lengths = _near_shapes(sieve, rows, pool.records.lon[others], pool.records.lat[others], reach)
        keep = (mine[a] == theirs[b]) & (mine[a] >= 0)
        a, b, lengths = a[keep], b[keep], lengths[keep]
    elif condition.at_most:
        reach = numbers[condition.at_most].base
        a, b = _near(sieve.records, rows, pool.records, others, reach, max(back, ahead))
        keep = mine[a] == theirs[b]
        a, b = a[keep & (mine[a] >= 0)], b[keep & (mine[a] >= 0)]
    else:
        reach = np.inf
        a, b = _in_time(sieve.records.occurred[rows], mine, pool.records.occurred[others], theirs, back, ahead)
    row, other = rows[a], others[b]
    seconds = pool.records.occurred[other] - sieve.records.occurred[row]
    metres = lengths if lengths is not None else _apart(sieve.records, row, pool.records, other)
    keep = ((seconds <= 0) & (-seconds <= back)) | ((seconds >= 0) & (seconds <= ahead))
    keep &= metres <= reach
    keep &= sieve.records.ids[row] != pool.records.ids[other]
    if condition.independent:
        known = np.array(sieve.records.reporters, dtype=object), np.array(pool.records.reporters, dtype=object)
        one, two = sieve.records.reporter[row], pool.records.reporter[other]
        both = (one >= 0) & (two >= 0)
        keep &= both
        at = np.flatnonzero(keep)
        keep[at] = known[0][one[at]] != known[1][two[at]]
    if condition.faster_than:
        keep &= metres > numbers[condition.faster_than].base * np.abs(seconds)
    found = Companions(row, other, metres, seconds).take(keep)
    return found.take(np.lexsort((found.other, found.row)))


def _near_shapes(sieve: Sieve, rows: Ints, lon: Floats, lat: Floats, reach_m: float) -> tuple[Ints, Ints, Floats]:
    """(position in ``rows``, position of the point, metres) of all points that lie so near to a feature of the watched
    layer: the layer's own index knows them."""
    pairs = sieve.world.index(sieve.layer).pairs(lon, lat, reach_m)
    place = np.full(len(sieve.world.layers[sieve.layer]), -1, np.int64)
    place[sieve.records.attributes["@row"][rows]] = np.arange(len(rows))
    at = place[pairs.feature]
    keep = np.flatnonzero(at >= 0)
    return at[keep], pairs.point[keep], pairs.metres[keep]


def _apart(mine: IncidentColumns, row: Ints, theirs: IncidentColumns, other: Ints) -> Floats:
    return np.asarray(
        np.round(distance_m(mine.lon[row], mine.lat[row], theirs.lon[other], theirs.lat[other]), DECIMALS)
    )


def _keys(fields: Sequence[str], sieve: Sieve, rows: Ints, pool: Sieve, others: Ints) -> tuple[Ints, Ints]:
    """One code per combination of the fields, the same on both sides; -1 where a field is missing."""
    if not fields:
        return np.zeros(len(rows), np.int64), np.zeros(len(others), np.int64)
    codes: dict[tuple[str, ...], int] = {}
    both = []
    for side, chosen in ((sieve, rows), (pool, others)):
        columns = [_said(side, name, chosen) for name in fields]
        both.append(
            np.array(
                [codes.setdefault(k, len(codes)) if all(k) else -1 for k in zip(*columns, strict=True)], dtype=np.int64
            )
        )
    return both[0], both[1]


def _said(sieve: Sieve, name: str, rows: Ints) -> list[str]:
    records = sieve.records
    if name == "category":
        return [records.categories[c] for c in records.category[rows].tolist()]
    if name == "source":
        return [records.sources[c] for c in records.source[rows].tolist()]
    said: list[str] = sieve.common(name, rows, same_id).tolist()
    return said


def _near(
    mine: IncidentColumns, rows: Ints, theirs: IncidentColumns, others: Ints, reach_m: float, seconds: np.int64
) -> tuple[Ints, Ints]:
    """Candidates not farther apart than ``reach_m``, nor (roughly) than ``seconds`` in time: time is a third axis on
    which the whole window is as long as the reach."""
    if not len(rows) or not len(others):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    frame = Frame(float(mine.lon[rows[0]]), float(mine.lat[rows[0]]))
    lats = np.r_[mine.lat[rows], theirs.lat[others]]
    _, most = frame.distortion(float(lats.min()) - 0.1, float(lats.max()) + 0.1)
    radius = (reach_m + ROUNDING_M) * most
    a = np.column_stack(frame.to_xy(mine.lon[rows], mine.lat[rows]))
    b = np.column_stack(frame.to_xy(theirs.lon[others], theirs.lat[others]))
    if 0 < seconds < EVER:
        start = mine.occurred[rows].min()
        scale = radius / float(seconds)
        a = np.column_stack([a, (mine.occurred[rows] - start) * scale])
        b = np.column_stack([b, (theirs.occurred[others] - start) * scale])
        radius *= np.sqrt(2.0) * (1 + 1e-9)
    near = cKDTree(a).sparse_distance_matrix(cKDTree(b), radius, output_type="ndarray")
    return near["i"].astype(np.int64), near["j"].astype(np.int64)


def _in_time(
    mine: Ints, my_key: Ints, theirs: Ints, their_key: Ints, back: np.int64, ahead: np.int64
) -> tuple[Ints, Ints]:
    """Candidates with equal keys whose time lies in the window: a range in the pool sorted by key and time."""
    first = np.int64(min(mine.min(initial=0), theirs.min(initial=0)))
    span = np.int64(max(mine.max(initial=0), theirs.max(initial=0)) - first) + 2
    order = np.lexsort((theirs, their_key))
    stamp = their_key[order] * span + (theirs[order] - first)
    real = my_key >= 0
    base = my_key * span
    begin = np.maximum(mine - first - max(back, np.int64(0)), 0)
    end = np.minimum(mine - first + max(ahead, np.int64(0)), span - 1)
    lo = np.searchsorted(stamp, base + begin, "left")
    hi = np.searchsorted(stamp, base + end, "right")
    size = np.where(real, np.maximum(hi - lo, 0), 0)
    return np.repeat(np.arange(len(mine)), size), order[runs(size) + np.repeat(lo, size)]


def _interrupted(condition: AnotherCondition, sieve: Sieve, pool: Sieve, found: Companions, between: Ints) -> Mask:
    """Pairs between whose two times (strictly) lies a report of the kind that may not."""
    mine, theirs = _keys(condition.same, sieve, found.row, pool, between)
    times = pool.records.occurred[between]
    start = sieve.records.occurred[found.row]
    low, high = np.minimum(start, start + found.seconds), np.maximum(start, start + found.seconds)
    first = np.int64(min(low.min(initial=0), times.min(initial=0)))
    span = np.int64(max(high.max(initial=0), times.max(initial=0)) - first) + 2
    stamp = np.sort(theirs[theirs >= 0] * span + (times[theirs >= 0] - first))
    base = mine * span - first
    count = np.searchsorted(stamp, base + high, "left") - np.searchsorted(stamp, base + low, "right")
    return np.asarray((mine >= 0) & (count > 0))
