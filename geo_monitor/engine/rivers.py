"""The river network: what lies upstream of what, and how far along the water.

Reaches are lines digitised downstream. Ends that lie within ``SNAP_M`` of each other are one node; an end that lies so
near the inside of another reach joins it there. Distances along the network are sums of true lengths. Where the water
divides, every way downstream is followed and the shortest counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geo_monitor.engine.areas import in_frame
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.cover import Ints, runs
from geo_monitor.engine.join import LayerIndex, Pairs
from geo_monitor.engine.metres import DECIMALS, Floats, distance_m

SNAP_M = 5.0


@dataclass(frozen=True)
class Spots:
    """Places on the network: of ``row``, the edge, how far along it (metres), the reach and how far off it lies."""

    row: Ints
    edge: Ints
    along: Floats
    reach: Ints
    metres: Floats

    def take(self, rows: Ints) -> Spots:
        return Spots(self.row[rows], self.edge[rows], self.along[rows], self.reach[rows], self.metres[rows])


class Network:
    """Built once for a version of the reaches (lines; rows without one are not part of it)."""

    def __init__(self, index: LayerIndex) -> None:
        self.index = index
        columns = index.columns
        parts, of = shapely.get_parts(columns.geometry[index.lines], return_index=True)
        reach = index.lines[of]
        coords, part = shapely.get_coordinates(parts, return_index=True)
        first = np.searchsorted(part, np.arange(len(parts)), "left")
        last = np.searchsorted(part, np.arange(len(parts)), "right") - 1
        step = np.zeros(len(coords))
        inner = np.flatnonzero(part[1:] == part[:-1]) + 1
        step[inner] = distance_m(*coords[inner - 1].T, *coords[inner].T)
        length = np.add.reduceat(step, first) if len(parts) else np.zeros(0)
        # Chainage runs through the parts of a reach in the order of the file, as the segment index counts it.
        run = np.cumsum(length) - length
        new = np.r_[True, reach[1:] != reach[:-1]] if len(reach) else np.zeros(0, bool)
        begin = run - np.maximum.accumulate(np.where(new, run, 0.0)) if len(reach) else run
        self._cut(reach, begin, length, coords[first], coords[last])

    def _cut(self, reach: Ints, begin: Floats, length: Floats, heads: Floats, tails: Floats) -> None:
        """Edges between nodes: each part of a reach, cut where another reach's end joins it."""
        n = len(reach)
        ends = np.concatenate([heads, tails]) if n else np.zeros((0, 2))
        node = _snapped(ends, self.index) if n else np.zeros(0, np.int64)
        near = self.index.pairs(ends[:, 0], ends[:, 1], SNAP_M)
        breaks: dict[int, list[tuple[float, int]]] = {}
        first_part = np.searchsorted(reach, np.arange(len(self.index.columns)), "left")
        last_part = np.searchsorted(reach, np.arange(len(self.index.columns)), "right")
        for end, feature, chainage in zip(
            near.point.tolist(), near.feature.tolist(), near.chainage.tolist(), strict=True
        ):
            for p in range(int(first_part[feature]), int(last_part[feature])):
                inside = begin[p] + SNAP_M < chainage < begin[p] + length[p] - SNAP_M
                if inside and p not in (end, end - n):
                    at = breaks.setdefault(p, [])
                    if all(k != node[end] for _, k in at):
                        at.append((float(chainage), int(node[end])))
        rows: list[tuple[int, float, float, int, int]] = []
        for p in range(n):
            cuts = [(begin[p], int(node[p])), *sorted(breaks.get(p, [])), (begin[p] + length[p], int(node[n + p]))]
            rows += [(int(reach[p]), a, b, u, v) for (a, u), (b, v) in pairwise(cuts)]
        table = np.array(rows, dtype=float).reshape(-1, 5)
        self.edge_reach = table[:, 0].astype(np.int64)
        self.edge_from, self.edge_to = table[:, 1], table[:, 2]
        self.edge_length = np.maximum(self.edge_to - self.edge_from, 1e-6)
        self.upper, self.lower = table[:, 3].astype(np.int64), table[:, 4].astype(np.int64)
        self.nodes = int(node.max()) + 1 if n else 0
        # Of several edges between two nodes the shortest is the way; a sparse matrix would add them up.
        order = np.lexsort((self.edge_length, self.lower, self.upper))
        u, v, w = self.upper[order], self.lower[order], self.edge_length[order]
        keep = np.r_[True, (u[1:] != u[:-1]) | (v[1:] != v[:-1])] if len(u) else np.zeros(0, bool)
        self.down = csr_array((w[keep], (u[keep], v[keep])), shape=(self.nodes, self.nodes))
        self.up = csr_array((w[keep], (v[keep], u[keep])), shape=(self.nodes, self.nodes))

    def spots(self, lon: Floats, lat: Floats, bank_m: float) -> Spots:
        """Where points (WGS 84 degrees) lie on the network: at the nearest reach within ``bank_m``, ties to the lowest
        id; points farther off are not among the rows."""
        pairs = self.index.pairs(lon, lat, bank_m)
        near = pairs.take(np.flatnonzero(~np.isnan(pairs.chainage))).nearest()
        return self._on_edges(near.point, near.feature, near.chainage, near.metres)

    def spots_of(self, layer: LayerColumns, bank_m: float) -> Spots:
        """The same for the features of a layer; of an area or a line the place nearest to a reach counts, and of
        one that the reach runs through the first place that the water comes to."""
        have = np.flatnonzero(~(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry)))
        shapes = layer.geometry[have]
        point = shapely.get_type_id(shapes) == 0
        at = shapes.copy()
        at[~point] = None
        if (~point).any() and len(self.index.lines):
            at[~point] = self._touching(shapes[~point], bank_m)
        real = np.flatnonzero(~shapely.is_missing(at))
        found = self.spots(shapely.get_x(at[real]), shapely.get_y(at[real]), bank_m)
        return Spots(have[real[found.row]], found.edge, found.along, found.reach, found.metres)

    def _touching(self, shapes: npt.NDArray[np.object_], bank_m: float) -> npt.NDArray[np.object_]:
        """The point of each shape that lies nearest to a reach (None beyond reach); of a shape that its reach runs
        through the first that the water comes to."""
        frame = self.index.frame
        lines = in_frame(self.index.columns.geometry[self.index.lines], frame)
        flat = in_frame(shapes, frame)
        tree = shapely.STRtree(lines)
        shape, line = tree.query_nearest(flat, max_distance=bank_m * 1.05 + 1.0, all_matches=True)
        order = np.lexsort((line, shape))
        shape, line = shape[order], line[order]
        one = np.r_[True, shape[1:] != shape[:-1]] if len(shape) else np.zeros(0, bool)
        shape, line = shape[one], line[one]
        ends = shapely.get_point(shapely.shortest_line(flat[shape], lines[line]), 0)
        through = np.flatnonzero(shapely.intersects(flat[shape], lines[line]))
        common = shapely.intersection(flat[shape[through]], lines[line[through]])
        coords, of = shapely.get_coordinates(common, return_index=True)
        along = shapely.line_locate_point(lines[line[through]][of], shapely.points(coords))
        first = np.lexsort((along, of))
        first = first[np.r_[True, of[first][1:] != of[first][:-1]]] if len(first) else first
        ends[through[of[first]]] = shapely.points(coords[first])
        out = np.full(len(shapes), None, dtype=object)
        out[shape] = shapely.points(*frame.to_lonlat(shapely.get_x(ends), shapely.get_y(ends)))
        return out

    def _on_edges(self, row: Ints, reach: Ints, chainage: Floats, metres: Floats) -> Spots:
        # Edges stand in order of (reach, chainage): the last that begins at or before the place is its edge.
        most = float(self.edge_to.max()) + 1.0 if len(self.edge_to) else 1.0
        key = self.edge_reach * most + self.edge_from
        edge = np.searchsorted(key, reach * most + chainage + 1e-9, "right") - 1
        return Spots(row, edge, np.clip(chainage - self.edge_from[edge], 0.0, self.edge_length[edge]), reach, metres)

    def ways(self, above: Spots, below: Spots, at_most_m: float) -> tuple[Ints, Ints, Floats]:
        """(position in ``above``, position in ``below``, metres along the water) for every pair of which the first lies
        upstream of the second, at most ``at_most_m`` away; sorted by both. The same place is 0 m upstream of itself."""
        a1, b1, m1 = self._same_edge(above, below)
        a2, b2, m2 = self._over_nodes(above, below, at_most_m)
        a, b, m = np.concatenate([a1, a2]), np.concatenate([b1, b2]), np.round(np.concatenate([m1, m2]), DECIMALS)
        keep = m <= at_most_m
        a, b, m = a[keep], b[keep], m[keep]
        order = np.lexsort((m, b, a))
        a, b, m = a[order], b[order], m[order]
        one = np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])] if len(a) else np.zeros(0, bool)
        return a[one], b[one], m[one]

    def _same_edge(self, above: Spots, below: Spots) -> tuple[Ints, Ints, Floats]:
        order = np.argsort(below.edge, kind="stable")
        a, b = _matched(above.edge, below.edge[order])
        b = order[b]
        m = below.along[b] - above.along[a]
        keep = m >= 0
        return a[keep], b[keep], m[keep]

    def _over_nodes(self, above: Spots, below: Spots, at_most_m: float) -> tuple[Ints, Ints, Floats]:
        """By the node below the upper place and the one above the lower place; searched from whichever has fewer."""
        leave, rest = self.lower[above.edge], self.edge_length[above.edge] - above.along
        enter, into = self.upper[below.edge], below.along
        from_below = len(np.unique(enter)) <= len(np.unique(leave))
        sources = np.unique(enter if from_below else leave)
        graph, target = (self.up, leave) if from_below else (self.down, enter)
        parts: list[tuple[Ints, Ints, Floats]] = []
        wanted = np.zeros(self.nodes, bool)
        wanted[target] = True
        step = max(1, 4_000_000 // max(1, self.nodes))
        for at in range(0, len(sources), step):
            far = dijkstra(graph, indices=sources[at : at + step], limit=at_most_m)
            s, n = np.nonzero(np.isfinite(far) & wanted)
            parts.append((sources[at + s], n.astype(np.int64), far[s, n]))
        if not parts:
            none = np.zeros(0, np.int64)
            return none, none, np.zeros(0)
        source, node, metres = (np.concatenate(p) for p in zip(*parts, strict=True))
        up_node, down_node = (node, source) if from_below else (source, node)
        # node pairs → pairs of places: first the lower places of each lower node, then the upper ones
        order = np.argsort(enter, kind="stable")
        pair, b = _matched(down_node, enter[order])
        b = order[b]
        up_node, metres = up_node[pair], metres[pair] + into[b]
        order = np.argsort(leave, kind="stable")
        again, a = _matched(up_node, leave[order])
        a = order[a]
        return a, b[again], metres[again] + rest[a]


def _matched(left: Ints, right_sorted: Ints) -> tuple[Ints, Ints]:
    """(position in left, position in right) of all equal values; ``right_sorted`` ascending."""
    lo, hi = np.searchsorted(right_sorted, left, "left"), np.searchsorted(right_sorted, left, "right")
    size = (hi - lo).astype(np.int64)
    return np.repeat(np.arange(len(left)), size), runs(size) + np.repeat(lo, size)


def _snapped(ends: Floats, index: LayerIndex) -> Ints:
    """The node of each end: ends joined by steps of at most ``SNAP_M`` are one."""
    x, y = index.frame.to_xy(ends[:, 0], ends[:, 1])
    _, most = index.frame.distortion(float(ends[:, 1].min()), float(ends[:, 1].max()))
    pairs = cKDTree(np.column_stack([x, y])).query_pairs(SNAP_M * most + 0.01, output_type="ndarray")
    near = distance_m(*ends[pairs[:, 0]].T, *ends[pairs[:, 1]].T) <= SNAP_M
    pairs = pairs[near]
    n = len(ends)
    graph = csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def network_pairs(network: Network, spots: Spots, features: Spots, relation: str, at_most_m: float) -> Pairs:
    """Pairs of a record (``spots.row``) and a feature (``features.row``) on the network. ``metres`` is the way along
    the water; of ``same_reach`` it is 0."""
    if relation == "same_reach":
        order = np.argsort(features.reach, kind="stable")
        a, b = _matched(spots.reach, features.reach[order])
        b = order[b]
        metres = np.zeros(len(a))
    elif relation == "upstream_of":
        a, b, metres = network.ways(spots, features, at_most_m)
    else:
        b, a, metres = network.ways(features, spots, at_most_m)
    return Pairs.made(spots.row[a], features.row[b], metres)
