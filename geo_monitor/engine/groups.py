"""What hits are counted over: features, cells, stretches of a line, values of a field, clusters, or each alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo_monitor.domain.hit import Subject
from geo_monitor.engine.join import Pairs
from geo_monitor.engine.matching import same_id
from geo_monitor.engine.metres import DECIMALS, ROUNDING_M, Floats, Frame, distance_m
from geo_monitor.engine.sieve import Numbers, Sieve
from geo_monitor.supervision.model import Group

Ints = npt.NDArray[np.int64]


class Subjects(Sequence[Subject]):
    """Subjects of one layer, each made when it is asked for: most groups never become a matter."""

    def __init__(self, layer: str, ids: Sequence[str]) -> None:
        self.layer, self.ids = layer, ids
        self._codes: dict[str, int] | None = None

    def _code(self, subject: object) -> int:
        """Where it stands; -1 if it is not among them."""
        if self._codes is None:
            self._codes = {}
            for k, name in enumerate(self.ids):
                self._codes.setdefault(name, k)
        if not isinstance(subject, Subject) or subject.layer != self.layer:
            return -1
        return self._codes.get(subject.id, -1)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, at: Any) -> Any:
        return Subjects(self.layer, self.ids[at]) if isinstance(at, slice) else Subject(self.layer, self.ids[at])

    def __iter__(self) -> Iterator[Subject]:
        return map(Subject._make, zip(repeat(self.layer), self.ids))

    def index(self, subject: Any, *within: int) -> int:
        if within or self._code(subject) < 0:
            return super().index(subject, *within)
        return self._code(subject)

    def __contains__(self, subject: object) -> bool:
        return self._code(subject) >= 0


#: (row of the records, code, what the codes stand for).
Grouped = tuple[Ints, Ints, Subjects]


def single(sieve: Sieve, rows: Ints, watched: str) -> Grouped:
    """Each record alone: an incident, or the feature of the watched layer."""
    ids = sieve.records.ids[rows].tolist()
    if watched:
        return rows, np.arange(len(rows)), Subjects(watched, [i.split("/", 1)[1] for i in ids])
    return rows, np.arange(len(rows)), Subjects("incident", ids)


def cells(sieve: Sieve, rows: Ints, size_m: float, name: str) -> Grouped:
    """Squares of a fixed grid around the city's origin. ``name`` tells what they are (``cell``, or ``near``: the grid
    in which hits of a cluster model are kept until they are linked)."""
    centre = sieve.world.centre
    x, y = Frame(centre.lon, centre.lat).to_xy(sieve.records.lon[rows], sieve.records.lat[rows])
    i, j = np.floor(x / size_m).astype(np.int64), np.floor(y / size_m).astype(np.int64)
    unique, code = np.unique((i << 32) + j, return_inverse=True)
    i = (unique + (1 << 31)) >> 32
    j = unique - (i << 32)
    return rows, code, Subjects(f"{name}:{size_m:g}m", list(map("{}:{}".format, i.tolist(), j.tolist())))


def on_lines(sieve: Sieve, rows: Ints, group: Group, numbers: Numbers) -> Pairs:
    """Each record with the nearest line within reach of which it will be counted on a stretch."""
    near = sieve.pairs(group.of, rows)
    return near.take(np.flatnonzero((near.metres <= numbers[group.reach].base) & ~np.isnan(near.chainage))).nearest()


def segments(sieve: Sieve, near: Pairs, group: Group, numbers: Numbers) -> Grouped:
    """Stretches of the nearest line, counted from its start."""
    size = numbers[group.size].base
    at = np.column_stack([near.feature, np.floor(near.chainage / size).astype(np.int64)])
    unique, code = np.unique(at, axis=0, return_inverse=True)
    ids = sieve.world.layers[group.of].ids
    name = f"segment:{size:g}m:{group.of}"
    return near.point, code.reshape(-1), Subjects(name, [f"{ids[f]}:{k}" for f, k in unique.tolist()])


def values(sieve: Sieve, rows: Ints, field: str) -> Grouped:
    """Equal values of a field; records without it belong to no group."""
    said = sieve.common(field, rows, same_id)
    have = said != ""
    unique, code = np.unique(said[have].astype(str), return_inverse=True)
    return rows[have], code, Subjects(f"field:{field}", unique.tolist())


def features(sieve: Sieve, rows: Ints, layer: str, row: Ints, feature: Ints) -> Grouped:
    """Features of a layer that were met, for the rows that are still hits."""
    keep = np.isin(row, rows)
    row, feature = row[keep], feature[keep]
    unique, code = np.unique(feature, return_inverse=True)
    ids = sieve.world.layers[layer].ids
    return row, code, Subjects(layer, ids[unique].tolist())


def by_layer(sieve: Sieve, rows: Ints, group: Group, numbers: Numbers) -> tuple[Ints, Ints, Floats]:
    """(row, feature, metres) where no condition says which: the feature with the same identifier, or else the nearest
    within reach, or else (without a reach) each polygon that holds the record."""
    world = sieve.world
    parts: list[tuple[Ints, Ints, Floats]] = []
    left = rows
    if group.same:
        mine, theirs = next(iter(group.same.items()))
        said = sieve.common(mine, rows, same_id)
        at, feature = world.equals(group.by, theirs).pairs(said)
        first = np.r_[True, at[1:] != at[:-1]] if len(at) else np.zeros(0, bool)  # one subject: the lowest id
        parts.append((rows[at[first]], feature[first], np.zeros(int(first.sum()))))
        left = np.setdiff1d(rows, rows[at])
    if group.reach or not group.same:
        pairs = sieve.pairs(group.by, left)
        if group.reach:
            pairs = pairs.take(np.flatnonzero(pairs.metres <= numbers[group.reach].base)).nearest()
        else:
            pairs = pairs.take(np.flatnonzero(pairs.inside))
        parts.append((pairs.point, pairs.feature, pairs.metres))
    row, feature, metres = (np.concatenate(p) for p in zip(*parts, strict=True))
    order = np.lexsort((feature, row))
    return row[order], feature[order], metres[order]


def of_parents(pairs: Pairs, parents: Ints) -> tuple[Ints, Ints]:
    """(row, parent) of pairs with zones; two zones of one parent are one matter."""
    parent = parents[pairs.feature]
    pair = np.unique(np.column_stack([pairs.point, parent])[parent >= 0], axis=0).reshape(-1, 2)
    return pair[:, 0], pair[:, 1]


def linked(lon: Floats, lat: Floats, occurred: Ints, size_m: float, apart: float | None) -> Ints:
    """A code per cluster: records linked, directly or through others, by steps of at most ``size_m`` metres and (if
    given) ``apart`` seconds."""
    n = len(lon)
    if not n:
        return np.zeros(0, np.int64)
    frame = Frame(float(lon[0]), float(lat[0]))
    _, most = frame.distortion(float(lat.min()) - 0.1, float(lat.max()) + 0.1)
    tree = cKDTree(np.column_stack(frame.to_xy(lon, lat)))
    pairs = tree.query_pairs((size_m + ROUNDING_M) * most, output_type="ndarray")
    i, j = pairs[:, 0], pairs[:, 1]
    near = np.round(distance_m(lon[i], lat[i], lon[j], lat[j]), DECIMALS) <= size_m
    if apart is not None:
        near &= np.abs(occurred[i] - occurred[j]) <= np.int64(apart)
    i, j = i[near], j[near]
    graph = csr_array((np.ones(len(i)), (i, j)), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def around(subjects: Sequence[Subject]) -> set[Subject]:
    """The grid cells of these and all that touch them: what may be linked to a hit in one of them."""
    out = set()
    for s in subjects:
        i, j = (int(v) for v in s.id.split(":"))
        out |= {Subject(s.layer, f"{i + a}:{j + b}") for a in (-1, 0, 1) for b in (-1, 0, 1)}
    return out
