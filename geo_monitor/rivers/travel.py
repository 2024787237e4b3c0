"""How long the water takes, and which of many places lie on its way.

Both ends of a window are first arrivals, by the quickest way among the traced stretches: at the fastest and at the
slowest velocity. Water that takes a longer arm comes later still.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo_monitor.rivers.arrays import Floats, Ints, firsts, members
from geo_monitor.rivers.network import Network
from geo_monitor.rivers.spots import Spots
from geo_monitor.rivers.trace import Reached, Trace, reached
from geo_monitor.rivers.velocity import Velocities


def window(found: Trace, velocities: Velocities) -> tuple[Floats, Floats, Floats, Floats]:
    """Seconds of travel between the place and each row of a trace: to its nearer end at the fastest and the slowest, to
    its farther end at the fastest and the slowest."""
    e = found.reached.network.edges
    fast, slow = _node_seconds(found.reached, velocities)
    per_fast, per_slow = velocities.seconds(found.reached.network, found.edge)
    length = e.length[found.edge]
    with_water = found.end > found.begin
    entry = np.where(with_water, e.upper[found.edge], e.lower[found.edge])
    own = (found.edge == found.reached.edge) & (found.begin_m == 0.0)
    out = []
    for node_s, edge_s in ((fast, per_fast), (slow, per_slow)):
        begin = np.where(own, 0.0, node_s[entry])
        out.append((begin, begin + np.abs(found.end - found.begin) / length * edge_s))
    return out[0][0], out[1][0], out[0][1], out[1][1]


def _node_seconds(found: Reached, velocities: Velocities) -> tuple[Floats, Floats]:
    """(at the fastest, at the slowest) of all nodes, infinite for those not reached; searched on the cut-out of the
    network that the trace covers."""
    network, steps, e = found.network, found.steps, found.network.edges
    inner = np.full(network.nodes, -1, np.int64)
    inner[found.node] = np.arange(len(found.node))
    at, row = members(steps.start, found.node)
    stays = inner[steps.to[row]] >= 0
    at, row = at[stays], row[stays]
    to, edges = inner[steps.to[row]], steps.edge[row]
    own = velocities.seconds(network, np.array([found.edge]))
    out = []
    for k, seconds in enumerate(velocities.seconds(network, edges)):
        known = np.isfinite(seconds)
        order = np.flatnonzero(known)
        order = order[np.lexsort((seconds[order], to[order], at[order]))]
        one = order[firsts(at[order], to[order])]
        n = len(found.node)
        matrix = csr_array((seconds[one], (at[one], to[one])), shape=(n, n))
        best = np.full(n, np.inf)
        for node, metres in found.seeds:
            if inner[node] >= 0:
                share = metres / float(e.length[found.edge])
                first = share * float(own[k][0]) if share > 0 else 0.0
                best = np.minimum(best, dijkstra(matrix, indices=inner[node]) + first)
        all_nodes = np.full(network.nodes, np.inf)
        all_nodes[found.node] = best
        out.append(all_nodes)
    return out[0], out[1]


@dataclass(frozen=True)
class AlongTheWater:
    """Places and the way of the water between them and one place, the nearest first. ``spot``: position in the
    ``Spots`` asked about; ``metres``: along the water; ``fast_s``, ``slow_s``: seconds of travel at the fastest and at
    the slowest (infinite where that is not known)."""

    spot: Ints
    metres: Floats
    fast_s: Floats
    slow_s: Floats


def along_the_water(found: Reached, of: Spots, velocities: Velocities) -> AlongTheWater:
    """Those of ``of`` that lie within the limit of the place, up- or downstream as ``found`` was asked."""
    metres = found.metres(of.edge, of.along)
    spot = np.flatnonzero(np.isfinite(metres))
    spot = spot[np.lexsort((of.row[spot], metres[spot]))]
    fast, slow = _place_seconds(found, of.edge[spot], of.along[spot], velocities)
    return AlongTheWater(spot, metres[spot], fast, slow)


def possible_sources(
    network: Network, edge: int, along: float, limit_m: float, of: Spots, velocities: Velocities
) -> AlongTheWater:
    """Whence it may have come: ``of`` are outfalls, premises, works on the network (``spots``)."""
    return along_the_water(reached(network, edge, along, limit_m, upstream=True), of, velocities)


def _place_seconds(found: Reached, edge: Ints, along: Floats, velocities: Velocities) -> tuple[Floats, Floats]:
    """As ``Reached.metres``, in seconds."""
    e = found.network.edges
    length = e.length[edge]
    own_edge = edge == found.edge
    gap = found.along - along if found.upstream else along - found.along
    direct = own_edge & (e.both[edge] | (gap >= 0))
    near_end = along == (0.0 if found.upstream else length)
    out = []
    nodes = _node_seconds(found, velocities)
    for node_s, edge_s in zip(nodes, velocities.seconds(found.network, edge), strict=True):

        def part(metres: Floats, edge_s: Floats = edge_s) -> Floats:
            with np.errstate(invalid="ignore"):
                return np.where(metres > 0, metres / length * edge_s, 0.0)

        by_lower, by_upper = part(length - along) + node_s[e.lower[edge]], part(along) + node_s[e.upper[edge]]
        with_water, against = (by_lower, by_upper) if found.upstream else (by_upper, by_lower)
        best = np.minimum(with_water, np.where(e.both[edge] | near_end, against, np.inf))
        out.append(np.where(direct, np.minimum(best, part(np.abs(gap))), best))
    return out[0], out[1]
