"""What lies up- or downstream of a place, within so many metres along the water.

Upstream is every place from which water can reach here, downstream every place that water from here can reach; where it
divides all ways are followed, where it runs both ways both. Each place counts once, by its shortest way, so that a
trace ends where water runs in circles. A place exactly at a node is all places at that node.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from geo_monitor.rivers.arrays import Floats, Ints, Shapes, members
from geo_monitor.rivers.network import Network, Steps


@dataclass(frozen=True)
class Reached:
    """The nodes within the limit, from one place: ``far`` metres of every node of the network (infinite beyond),
    ``node`` those within, ``seeds`` the (node, metres) at the ends of the place's own edge from which the search went
    out."""

    network: Network
    edge: int
    along: float
    limit_m: float
    upstream: bool
    far: Floats
    node: Ints
    seeds: tuple[tuple[int, float], ...]

    @property
    def steps(self) -> Steps:
        return self.network.up if self.upstream else self.network.down

    def metres(self, edge: Ints, along: Floats) -> Floats:
        """Along the water between the place and others (on edges, ``along`` metres from the upper end); infinite where
        no way leads, or only one longer than the limit."""
        e = self.network.edges
        length = e.length[edge]
        by_lower, by_upper = length - along + self.far[e.lower[edge]], along + self.far[e.upper[edge]]
        with_water, against = (by_upper, by_lower) if not self.upstream else (by_lower, by_upper)
        # At a node it is no matter on which edge: what stands at the edge's near end is the node itself.
        near_end = along == (length if not self.upstream else 0.0)
        other = np.where(e.both[edge] | near_end, against, np.inf)
        best = np.minimum(with_water, other)
        gap = self.along - along if self.upstream else along - self.along
        own = (edge == self.edge) & (e.both[edge] | (gap >= 0))
        best = np.where(own, np.minimum(best, np.abs(gap)), best)
        return np.where(best <= self.limit_m, best, np.inf)


def reached(network: Network, edge: int, along: float, limit_m: float, *, upstream: bool) -> Reached:
    """From the place on ``edge``, ``along`` metres from its upper end. ValueError for a negative limit."""
    if not limit_m >= 0:
        raise ValueError(f"a trace of {limit_m} m: expected 0 or more")
    e = network.edges
    length, both = float(e.length[edge]), bool(e.both[edge])
    upper, lower = (int(e.upper[edge]), along), (int(e.lower[edge]), length - along)
    onward, back = (upper, lower) if upstream else (lower, upper)
    seeds = [onward, *([back] if both or back[1] == 0.0 else [])]
    steps = network.up if upstream else network.down
    searched = [
        dijkstra(steps.matrix, indices=node, limit=limit_m - offset) + offset
        for node, offset in seeds
        if offset <= limit_m
    ]
    far = searched[0] if searched else np.full(network.nodes, np.inf)
    for other in searched[1:]:
        far = np.minimum(far, other)
    return Reached(network, edge, along, limit_m, upstream, far, np.flatnonzero(far <= limit_m), tuple(seeds))


@dataclass(frozen=True)
class Trace:
    """One row a stretch of an edge, by distance. ``begin``, ``end``: chainage on the reach (across a lake metres from
    the inlet) of its nearer and its farther end; ``begin_m``, ``end_m``: metres along the water from the place to
    these."""

    reached: Reached
    edge: Ints
    begin: Floats
    end: Floats
    begin_m: Floats
    end_m: Floats

    @property
    def reach(self) -> Ints:
        """Rows of ``network.lines``; -1 across a lake."""
        return self.reached.network.edges.reach[self.edge]

    @property
    def lake(self) -> Ints:
        """Rows of ``network.lakes``; -1 on a reach."""
        return self.reached.network.edges.lake[self.edge]

    @property
    def metres(self) -> float:
        """Length of all that was found."""
        return float(np.abs(self.end - self.begin).sum())

    def reaches(self) -> tuple[Ints, Floats, Floats]:
        """(reach, metres to its nearest place, to its farthest) of each reach once, by distance."""
        rows = np.flatnonzero(self.reach >= 0)
        reach, at = np.unique(self.reach[rows], return_inverse=True)
        near, far = np.full(len(reach), np.inf), np.zeros(len(reach))
        np.minimum.at(near, at, self.begin_m[rows])
        np.maximum.at(far, at, self.end_m[rows])
        order = np.lexsort((reach, near))
        return reach[order], near[order], far[order]

    def divergences(self) -> list[int]:
        """Positions in ``network.divergences`` at which the traced water divides."""
        network = self.reached.network
        return [k for k, d in enumerate(network.divergences) if np.isfinite(self.reached.far[d.node])]

    def drawn(self) -> Shapes:
        """A LineString each row, from the nearer end to the farther, in the plane."""
        network = self.reached.network
        lines, e = network.lines, network.edges
        out = np.empty(len(self.edge), dtype=object)
        river = np.flatnonzero(e.lake[self.edge] < 0)
        part = e.part[self.edge[river]]
        ends = [lines.to_flat(part, side[river] - lines.begin[part]) for side in (self.begin, self.end)]
        for row, p, a, b in zip(river.tolist(), part.tolist(), *(side.tolist() for side in ends), strict=True):
            out[row] = substring(lines.part_line[p], a, b)
        for row in np.flatnonzero(e.lake[self.edge] >= 0).tolist():
            k = self.edge[row]
            ends_of = [[network.x[n], network.y[n]] for n in (e.upper[k], e.lower[k])]
            way = substring(
                shapely.LineString(ends_of), *np.array([self.begin[row], self.end[row]]) / e.length[k], True
            )
            out[row] = way
        return out


def trace(network: Network, edge: int, along: float, limit_m: float, *, upstream: bool) -> Trace:
    """All stretches within ``limit_m`` of the place on ``edge``, ``along`` metres from its upper end."""
    found = reached(network, edge, along, limit_m, upstream=upstream)
    steps, e = found.steps, network.edges
    at, row = members(steps.start, found.node)
    edges, with_water, far = steps.edge[row], steps.with_water[row], found.far[found.node][at]
    length = e.length[edges]
    # Metres from the end by which the water's way enters the edge.
    begin, end = np.zeros(len(row)), np.minimum(length, limit_m - far)
    begin_m = far
    _meet(edges, with_water, length, far, end)
    own = np.flatnonzero(edges == edge)
    if len(own):
        end[own] = np.minimum(end[own], _up_to_the_place(found, with_water[own], far[own]))
    # The place's own edge, from the place on.
    senses = np.array([not upstream, *([upstream] if e.both[edge] else [])])
    to_end = np.where(senses, e.length[edge] - along, along)
    from_end = np.where(senses, along, e.length[edge] - along)
    reach_m = np.minimum(to_end, limit_m)
    if e.both[edge]:
        # What comes round by the other end may be there first.
        reach_m = np.minimum(reach_m, (to_end + found.far[np.where(senses, e.lower[edge], e.upper[edge])]) / 2)
    edges = np.concatenate([np.full(len(senses), edge), edges])
    with_water = np.concatenate([senses, with_water])
    begin, end = np.concatenate([from_end, begin]), np.concatenate([from_end + reach_m, end])
    begin_m = np.concatenate([np.zeros(len(senses)), begin_m])
    end_m = begin_m + end - begin
    length = e.length[edges]
    upper = e.begin[edges]
    a = upper + np.where(with_water, begin, length - begin)
    b = upper + np.where(with_water, end, length - end)
    kept = np.flatnonzero(end > begin)
    kept = kept[np.lexsort((a[kept], edges[kept], begin_m[kept]))]
    return Trace(found, edges[kept], a[kept], b[kept], begin_m[kept], end_m[kept])


def _meet(edges: Ints, with_water: np.ndarray, length: Floats, far: Floats, end: Floats) -> None:
    """An edge entered from both ends is shared where the two are as far; ``end`` is shortened in place."""
    order = np.lexsort((with_water, edges))
    twice = np.flatnonzero(edges[order[1:]] == edges[order[:-1]])
    a, b = order[twice], order[twice + 1]
    end[a] = np.minimum(end[a], np.clip((length[a] + far[b] - far[a]) / 2, 0.0, length[a]))
    end[b] = np.minimum(end[b], np.clip((length[b] + far[a] - far[b]) / 2, 0.0, length[b]))


def _up_to_the_place(found: Reached, with_water: np.ndarray, far: Floats) -> Floats:
    """How far ways that come back to the place's own edge run on it: up to the place, or where both ways lead to what
    is reached sooner directly."""
    e, edge = found.network.edges, found.edge
    open_m = np.where(with_water, found.along, e.length[edge] - found.along)
    return np.maximum((open_m - far) / 2, 0.0) if e.both[edge] else open_m
