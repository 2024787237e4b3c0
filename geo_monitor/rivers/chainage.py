"""How far along the water: metres to the mouth and from the source, of nodes and of places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np
from scipy.sparse.csgraph import dijkstra

from geo_monitor.rivers.arrays import Floats, Ints
from geo_monitor.rivers.network import Network


@dataclass(frozen=True)
class Chainage:
    """``to_mouth``: metres by the shortest way down to the nearest end of the water (a mouth, or where a closed basin
    ends); ``mouth``: which node that is. NaN and -1 where no end is reached (a circle without a way out).

    ``from_source``: metres down from the source. Of all sources whose shortest way down passes here, the farthest
    counts, so that along the longest course of a river ``to_mouth + from_source`` is the length of that course. A node
    that lies on no such way (the longer arm around an island) is counted on from the node above it. NaN where there is
    no source (a canal in both directions between two canals)."""

    network: Network
    to_mouth: Floats
    mouth: Ints
    from_source: Floats

    def to_mouth_at(self, edge: Ints, along: Floats) -> Floats:
        """Metres to the mouth of places on edges, ``along`` metres from the upper end; at a node that of the node."""
        e = self.network.edges
        below = e.length[edge] - along + self.to_mouth[e.lower[edge]]
        above = np.where(e.both[edge] | (along == 0.0), along + self.to_mouth[e.upper[edge]], np.nan)
        return np.asarray(np.fmin(below, above))

    def from_source_at(self, edge: Ints, along: Floats) -> Floats:
        """Metres from the source of places on edges; at a node that of the node."""
        e = self.network.edges
        rest = e.length[edge] - along
        above, below = self.from_source[e.upper[edge]] + along, self.from_source[e.lower[edge]] + rest
        return np.asarray(np.where(rest == 0.0, below, np.where(e.both[edge], np.fmin(above, below), above)))

    @cached_property
    def mouths(self) -> Ints:
        return np.unique(self.mouth[self.mouth >= 0])


def chainage_of(network: Network) -> Chainage:
    """Worked out once for a network."""
    n, ends = network.nodes, network.ends
    if not len(ends):
        unknown = np.full(n, np.nan)
        return Chainage(network, unknown, np.full(n, -1), _onward(network, np.where(_is_source(network), 0.0, np.nan)))
    far, next_down, mouth = dijkstra(network.up.matrix, indices=ends, min_only=True, return_predecessors=True)
    reached = np.isfinite(far)
    to_mouth = np.where(reached, far, np.nan)
    mouth = np.where(reached, mouth, -1).astype(np.int64)
    # The farthest source above each node on the ways down, from the top: ways down form trees.
    top = np.where(_is_source(network), far, -np.inf)
    below = next_down.tolist()
    highest = top.tolist()
    for k in np.argsort(-np.where(reached, far, -np.inf), kind="stable").tolist():
        if below[k] >= 0 and highest[k] > highest[below[k]]:
            highest[below[k]] = highest[k]
    high = np.asarray(highest)
    known = np.isfinite(high) & reached
    from_source = np.full(n, np.nan)
    from_source[known] = high[known] - far[known]
    from_source[network.sources] = 0.0
    return Chainage(network, to_mouth, mouth, _onward(network, from_source))


def _is_source(network: Network) -> np.ndarray:
    flag = np.zeros(network.nodes, bool)
    flag[network.sources] = True
    return flag


def _onward(network: Network, from_source: Floats) -> Floats:
    """Nodes not yet known, counted on from the known ones above them by the shortest way."""
    out = from_source.copy()
    steps, length = network.down, network.edges.length
    tail = np.repeat(np.arange(network.nodes), np.diff(steps.start))
    first = np.flatnonzero(~np.isnan(out[tail]) & np.isnan(out[steps.to]))
    ahead = list(zip((out[tail[first]] + length[steps.edge[first]]).tolist(), steps.to[first].tolist(), strict=True))
    heapify(ahead)
    while ahead:
        metres, here = heappop(ahead)
        if not np.isnan(out[here]):
            continue
        out[here] = metres
        for row in range(int(steps.start[here]), int(steps.start[here + 1])):
            if np.isnan(out[steps.to[row]]):
                heappush(ahead, (metres + float(length[steps.edge[row]]), int(steps.to[row])))
    return out
