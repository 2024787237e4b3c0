"""Lakes passed through: whatever flows into one can flow out of it."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_monitor.domain.words import Words
from geo_monitor.rivers.arrays import Floats, Ints, members, spans
from geo_monitor.rivers.courses import Lakes
from geo_monitor.rivers.doubts import Doubt
from geo_monitor.rivers.edges import Edges
from geo_monitor.rivers.joints import Cuts
from geo_monitor.rivers.lines import Lines


def usable_lakes(lakes: Lakes) -> tuple[Lakes, list[Doubt]]:
    """The valid polygons, by id; a doubt for each other. Polygons that touch are one lake, with the first of their
    ids."""
    good = (shapely.get_dimensions(lakes.shape) == 2) & shapely.is_valid(lakes.shape) & ~shapely.is_empty(lakes.shape)
    doubts = [
        Doubt("lake_unusable", lakes.layer, lakes.id[r], Words("几何无效，未采用", "an unusable shape; left out"))
        for r in np.flatnonzero(~good).tolist()
    ]
    rows = np.flatnonzero(good)
    content = shapely.to_wkb(lakes.shape[rows])
    order = np.asarray(sorted(range(len(rows)), key=lambda k: (lakes.id[rows[k]], content[k])), np.int64)
    id_, shape = lakes.id[rows[order]], lakes.shape[rows[order]]
    a, b = shapely.STRtree(shape).query(shape, predicate="intersects")
    many, of = connected_components(csr_array((np.ones(len(a)), (a, b)), shape=(len(id_), len(id_))), directed=False)
    if many < len(id_):
        first = np.unique(of, return_index=True)[1]
        merged = np.empty(many, dtype=object)
        merged[:] = [shapely.union_all(shape[of == k]) for k in range(many)]
        by_id = np.argsort(first)
        id_, shape = id_[first[by_id]], merged[by_id]
    return Lakes(lakes.layer, id_, shape), doubts


def with_lakes(lines: Lines, cuts: Cuts, edges: Edges, lakes: Lakes, snap_m: float) -> tuple[Edges, list[Doubt]]:
    """An edge from each node where water enters a lake to each where it leaves it, unless lines drawn through the lake
    lead there already. Its length is the straight way between the two: the way over water is never shorter, and where
    the straight one runs over land that is doubted.

    A line that runs along the shore, or leaves the lake and comes back to it within the length of the shore, would be
    led back up its own course: such an edge is left out, unless the water that enters has no other way on."""
    if not len(lakes.id) or not len(edges):
        return edges, []
    near = shapely.STRtree(lakes.shape)
    node, lake = near.query(
        shapely.points(cuts.x, cuts.y), predicate="dwithin", distance=snap_m * lines.plane.widest * (1 + 1e-9)
    )
    order = np.lexsort((node, lake))
    node, lake = node[order].astype(np.int64), lake[order]
    middle = lines.to_flat(edges.part, (edges.begin + edges.end) / 2 - lines.begin[edges.part])
    mid = shapely.points(*lines.point(edges.part, middle))
    inside: dict[int, set[int]] = {}
    for e, k in zip(*near.query(mid, predicate="within"), strict=True):
        inside.setdefault(int(k), set()).add(int(e))
    ways = _Ways(edges, len(cuts.x))
    shore = shapely.length(lakes.shape)
    rows: list[tuple[int, int, int]] = []
    start = spans(lake, len(lakes.id))
    for k in range(len(lakes.id)):
        touching = node[start[k] : start[k + 1]].tolist()
        rows += [(k, a, b) for a, b in ways.across(touching, inside.get(k, set()), float(shore[k]))]
    table = np.asarray(rows, np.int64).reshape(-1, 3)
    upper, lower = table[:, 1], table[:, 2]
    length = lines.plane.metres(cuts.x[upper], cuts.y[upper], cuts.x[lower], cuts.y[lower])
    doubts = _over_land(lakes, table, cuts, length, snap_m * lines.plane.widest)
    return edges.and_lakes(table[:, 0], upper, lower, length), doubts


def _over_land(lakes: Lakes, table: Ints, cuts: Cuts, length: Floats, tolerance: float) -> list[Doubt]:
    if not len(table):
        return []
    ends = np.stack([np.column_stack([cuts.x[table[:, c]], cuts.y[table[:, c]]]) for c in (1, 2)], axis=1)
    straight = shapely.linestrings(ends)
    used, which = np.unique(table[:, 0], return_inverse=True)
    water = shapely.buffer(lakes.shape[used], tolerance)
    out = []
    for r in np.flatnonzero(~shapely.covers(water[which], straight)).tolist():
        k = int(table[r, 0])
        what = Words(
            f"进出口直线 {length[r]:.0f} 米穿过陆地，以此为湖面长度的下限",
            f"the straight way of {length[r]:.0f} m from inlet to outlet runs over land; kept as the least length",
        )
        out.append(Doubt("crossing_over_land", lakes.layer, lakes.id[k], what, *map(float, ends[r, 0])))
    return out


class _Ways:
    """Steps from node to node along lines."""

    def __init__(self, edges: Edges, nodes: int) -> None:
        two = np.flatnonzero(edges.both)
        tail = np.concatenate([edges.upper, edges.lower[two]])
        head = np.concatenate([edges.lower, edges.upper[two]])
        edge = np.concatenate([np.arange(len(edges)), two])
        leaving, arriving = np.argsort(tail, kind="stable"), np.argsort(head, kind="stable")
        self._out = spans(tail[leaving], nodes), head[leaving], edge[leaving]
        self._in = spans(head[arriving], nodes), tail[arriving], edge[arriving]
        self._length, self._both = edges.length, edges.both

    def _from(self, node: int) -> list[tuple[int, int]]:
        return self._list(self._out, node)

    @staticmethod
    def _list(ways: tuple[Ints, Ints, Ints], node: int) -> list[tuple[int, int]]:
        start, other, edge = ways
        _, rows = members(start, np.array([node]))
        return list(zip(other[rows].tolist(), edge[rows].tolist(), strict=True))

    def across(self, touching: list[int], inside: set[int], shore_m: float) -> Iterable[tuple[int, int]]:
        """(entry, exit) to be joined, of the nodes that touch one lake; ``inside``: the edges within it."""
        entries = [n for n in touching if any(e not in inside for _, e in self._list(self._in, n))]
        exits = [n for n in touching if any(e not in inside for _, e in self._list(self._out, n))]
        back = {n: self._below(n, shore_m) for n in exits}
        for a in entries:
            there = self._within(a, set(touching), inside)
            wanted = [b for b in exits if b not in there]
            onward = [b for b in wanted if a not in back[b]]
            led_on = any(b != a and a not in back[b] for b in exits if b in there)
            yield from ((a, b) for b in (onward if onward or led_on else wanted))

    def _within(self, node: int, touching: set[int], inside: set[int]) -> set[int]:
        """Nodes of the lake to which lines lead from ``node`` by nodes of the lake only, or by edges within it."""
        seen, ahead = {node}, [node]
        while ahead:
            for n, e in self._from(ahead.pop()):
                if n not in seen and (e in inside or n in touching):
                    seen.add(n)
                    ahead.append(n)
        return seen

    def _below(self, node: int, within_m: float) -> set[int]:
        """Nodes reached from ``node`` by lines that run one way only, within so many metres; not itself."""
        far, ahead = {node: 0.0}, [(0.0, node)]
        while ahead:
            metres, here = heappop(ahead)
            if metres > far[here]:
                continue
            for n, e in self._from(here):
                next_m = metres + float(self._length[e])
                if not self._both[e] and next_m <= within_m and next_m < far.get(n, np.inf):
                    far[n] = next_m
                    heappush(ahead, (next_m, n))
        return set(far) - {node}
