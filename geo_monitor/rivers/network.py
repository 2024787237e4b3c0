"""The network: what was built, what it is made of, and what was doubted on the way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo_monitor.domain.words import Words
from geo_monitor.errors import NotFoundError
from geo_monitor.rivers.arrays import Flags, Floats, Ints, firsts, members, spans
from geo_monitor.rivers.courses import NO_BOUNDARIES, NO_LAKES, Boundaries, Courses, Lakes
from geo_monitor.rivers.doubts import Doubt
from geo_monitor.rivers.edges import Edges, edges_of
from geo_monitor.rivers.flow import LEVEL_M
from geo_monitor.rivers.joints import (
    NEAR_M,
    SNAP_M,
    drawn_twice,
    gaps,
    junctions,
    meetings,
    snapped,
    with_boundaries,
    with_shores,
)
from geo_monitor.rivers.lines import Lines
from geo_monitor.rivers.plane import FLAT, Plane
from geo_monitor.rivers.shores import usable_lakes, with_lakes

#: Shares of a divergence may be off 1 by so much: they are given in whole per cent.
SHARES_OFF = 0.015
#: Places so near a node are the node.
AT_NODE_M = 1e-3


@dataclass(frozen=True)
class Steps:
    """The edges seen from one side: from node n lead the rows ``start[n]`` to ``start[n + 1]``, each by ``edge`` to the
    node ``to``; ``with_water`` where the edge is then passed from its upper to its lower end. ``matrix``: metres from
    node to node, of several edges the shortest."""

    start: Ints
    edge: Ints
    to: Ints
    with_water: np.ndarray
    matrix: csr_array


@dataclass(frozen=True)
class Divergence:
    """A node from which several edges lead down, and which share of the water each takes (NaN: not known)."""

    node: int
    x: float
    y: float
    edges: tuple[int, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Piece:
    """Reaches that hang together, apart from all others; ``reaches`` are rows of ``Lines``, by layer and id."""

    reaches: Ints
    metres: float


@dataclass(frozen=True)
class Network:
    """Built by ``build_network``. ``lines`` holds the reaches (rows by layer and id, turned to run with the water),
    ``edges`` their pieces between nodes and the ways across ``lakes``; ``x``, ``y`` are the nodes, in the plane."""

    lines: Lines
    lakes: Lakes
    edges: Edges
    x: Floats
    y: Floats
    snap_m: float
    doubts: tuple[Doubt, ...]

    @property
    def nodes(self) -> int:
        return len(self.x)

    @cached_property
    def down(self) -> Steps:
        return self._steps(with_water=True)

    @cached_property
    def up(self) -> Steps:
        return self._steps(with_water=False)

    def _steps(self, *, with_water: bool) -> Steps:
        e = self.edges
        two = np.flatnonzero(e.both)
        tail, head = (e.upper, e.lower) if with_water else (e.lower, e.upper)
        tail, head = np.concatenate([tail, head[two]]), np.concatenate([head, tail[two]])
        edge = np.concatenate([np.arange(len(e)), two])
        sense = np.repeat([with_water, not with_water], [len(e), len(two)])
        order = np.lexsort((e.length[edge], head, tail))
        tail, head, edge, sense = tail[order], head[order], edge[order], sense[order]
        one = firsts(tail, head)
        # The searches read 32-bit indices; any others would be copied at every search.
        first = spans(tail[one], self.nodes).astype(np.int32)
        columns = e.length[edge[one]], head[one].astype(np.int32), first
        matrix = csr_array(columns, shape=(self.nodes, self.nodes))
        return Steps(spans(tail, self.nodes), edge, head, sense, matrix)

    @cached_property
    def edge_start(self) -> Ints:
        """Where the edges of each part begin among ``edges``; shape (parts + 1,)."""
        return spans(self.edges.part[: self.river_edges], self.lines.parts)

    @cached_property
    def river_edges(self) -> int:
        return int((self.edges.lake < 0).sum())

    def reach(self, layer: str, id: str) -> int:
        """The row of a reach; NotFoundError if there is none."""
        row = self._row_of.get((layer, id))
        if row is None:
            raise NotFoundError("reach", id, tuple(self.lines.id[self.lines.layer == layer]))
        return row

    @cached_property
    def _row_of(self) -> dict[tuple[str, str], int]:
        named = zip(self.lines.layer.tolist(), self.lines.id.tolist(), strict=True)
        rows: dict[tuple[str, str], int] = {}
        for row, name in enumerate(named):
            rows.setdefault(name, row)  # of an id used twice the first
        return rows

    def places(self, reach: Ints, chainage: Floats) -> tuple[Ints, Floats]:
        """(edge, metres along it) of places on reaches, given by row and chainage (clipped to the reach). Where two
        parts meet the place belongs to the later one; what lies within a millimetre of a node is the node."""
        reach, chainage = np.asarray(reach, np.int64), np.clip(chainage, 0.0, self.lines.length[reach])
        room = self.lines.length + 1.0
        base = np.cumsum(room) - room
        e = self.edges
        n = self.river_edges
        keys = base[e.reach[:n]] + e.begin[:n]
        edge = np.searchsorted(keys, base[reach] + chainage + AT_NODE_M, "right") - 1
        return edge, self._at_node(edge, chainage - e.begin[edge])

    def _at_node(self, edge: Ints, along: Floats) -> Floats:
        length = self.edges.length[edge]
        along = np.clip(along, 0.0, length)
        along = np.where(along <= AT_NODE_M, 0.0, along)
        return np.where(along >= length - AT_NODE_M, length, along)

    @cached_property
    def stubs(self) -> Flags:
        """Edges so short that both their ends became one node: they lead from nowhere to nowhere."""
        return (self.edges.upper == self.edges.lower) & (self.edges.length <= self.snap_m)

    @cached_property
    def leaving(self) -> Ints:
        """How many edges lead on from each node."""
        return self._many(self.down)

    @cached_property
    def arriving(self) -> Ints:
        """By how many edges water arrives at each node."""
        return self._many(self.up)

    def _many(self, steps: Steps) -> Ints:
        tail = np.repeat(np.arange(self.nodes), np.diff(steps.start))
        return np.bincount(tail[~self.stubs[steps.edge]], minlength=self.nodes).astype(np.int64)

    @cached_property
    def ends(self) -> Ints:
        """Nodes at which water arrives and from which no edge leads on: mouths, and the ends of closed basins."""
        return np.flatnonzero((self.arriving > 0) & (self.leaving == 0))

    @cached_property
    def sources(self) -> Ints:
        """Nodes from which water leaves and at which none arrives."""
        return np.flatnonzero((self.leaving > 0) & (self.arriving == 0))

    @cached_property
    def divergences(self) -> tuple[Divergence, ...]:
        """By node. Of an edge that runs both ways the end at which it is seen as leading down does not count: which way
        it takes the water is not known, and neither is its share."""
        e = self.edges
        one_way = np.flatnonzero(~e.both & (e.lake < 0) & ~self.stubs)
        order = one_way[np.lexsort((one_way, e.upper[one_way]))]
        start = spans(e.upper[order], self.nodes)
        out = []
        for n in np.flatnonzero(np.diff(start) > 1).tolist():
            rows = order[start[n] : start[n + 1]]
            # A share is that of the reach where it branches off, not of every piece of it farther down.
            top = e.begin[rows] <= self.snap_m
            share = np.where(top, self.lines.share[e.reach[rows]], np.nan)
            out.append(Divergence(n, float(self.x[n]), float(self.y[n]), tuple(rows.tolist()), tuple(share.tolist())))
        return tuple(out)

    @cached_property
    def piece_of_node(self) -> Ints:
        return np.asarray(connected_components(self.down.matrix, directed=False)[1], np.int64)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The longest first; as long, that with the first reach by layer and id."""
        n = self.river_edges
        piece = self.piece_of_node[self.edges.upper[:n]]
        metres = np.bincount(piece, self.edges.length[:n], minlength=int(piece.max(initial=-1)) + 1)
        order = np.argsort(piece, kind="stable")
        start = spans(piece[order], len(metres))
        found = [
            Piece(np.unique(self.edges.reach[order[start[k] : start[k + 1]]]), float(metres[k]))
            for k in np.flatnonzero(np.diff(start) > 0).tolist()
        ]
        return tuple(sorted(found, key=lambda p: (-round(p.metres, 3), int(p.reaches[0]))))


def build_network(
    courses: Courses,
    *,
    lakes: Lakes = NO_LAKES,
    boundaries: Boundaries = NO_BOUNDARIES,
    mouths: tuple[Floats, Floats] | None = None,
    plane: Plane = FLAT,
    snap_m: float = SNAP_M,
    near_m: float = NEAR_M,
    level_m: float = LEVEL_M,
) -> Network:
    """The network of ``courses``, joined by ``lakes``, cut at ``boundaries`` (all in metres of ``plane``).

    Ends within ``snap_m`` of each other are one node; an end so near the inside of another line joins it there; lines
    that merely cross are not joined (a canal crosses a river on a bridge). ``mouths``: x and y of places where the
    water leaves the city; if they are given, every other end is doubted. ``near_m``, ``level_m``: see ``joints`` and
    ``flow``. The order of the rows changes nothing. Nothing is raised for bad lines: see ``Network.doubts``."""
    lines, doubts = Lines.of(courses, plane, level_m)
    lakes, more = usable_lakes(lakes)
    doubts += more
    nodes, more = snapped(lines, snap_m)
    doubts += more
    near = meetings(lines, nodes, max(snap_m, near_m))
    cuts = junctions(lines, nodes, near, snap_m)
    doubts += gaps(lines, nodes, near, cuts, lakes, snap_m, near_m)
    doubts += drawn_twice(lines, nodes, snap_m)
    cuts = with_shores(lines, cuts, lakes, snap_m)
    cuts, more = with_boundaries(lines, cuts, boundaries, snap_m)
    doubts += more
    edges, more = with_lakes(lines, cuts, edges_of(lines, nodes, cuts), lakes, snap_m)
    doubts += more
    network = Network(lines, lakes, edges, cuts.x, cuts.y, snap_m, ())
    stated = _stated(network, mouths)
    doubts += [*_pieces(network), *_shares(network), *_meetings(network, stated)]
    doubts += _dead_ends(network, stated if mouths is not None else None)
    order = sorted(doubts, key=lambda d: (d.kind, d.layer, d.id, d.found.en))
    return Network(lines, lakes, edges, cuts.x, cuts.y, snap_m, tuple(order))


def _named(network: Network, edge: int) -> tuple[str, str]:
    e = network.edges
    if e.lake[edge] >= 0:
        return network.lakes.layer, network.lakes.id[e.lake[edge]]
    return network.lines.layer[e.reach[edge]], network.lines.id[e.reach[edge]]


def _pieces(network: Network) -> list[Doubt]:
    out = []
    for piece in network.pieces[1:]:
        r, many = int(piece.reaches[0]), len(piece.reaches)
        what = Words(
            f"与其余河网不相连：{many} 条河段，共 {piece.metres / 1000:.1f} 公里",
            f"apart from the rest: {many} reaches, {piece.metres / 1000:.1f} km",
        )
        at = network.lines.part_first[network.lines.first_part[r]]
        place = float(network.lines.x[at]), float(network.lines.y[at])
        out.append(Doubt("piece", network.lines.layer[r], network.lines.id[r], what, *place))
    return out


def _shares(network: Network) -> list[Doubt]:
    out = []
    for d in network.divergences:
        total = sum(d.shares)
        # A sum with an unknown is unknown, unless what is known is already too much.
        known = float(np.nansum(d.shares))
        if abs(total - 1.0) > SHARES_OFF if total == total else known > 1.0 + SHARES_OFF:
            what = Words(f"已知分流比例合计 {known:.2f}", f"the known shares add up to {known:.2f}")
            out.append(Doubt("shares", *_named(network, d.edges[0]), what, d.x, d.y))
    return out


def _stated(network: Network, mouths: tuple[Floats, Floats] | None) -> Ints:
    """The ends that are stated mouths."""
    if mouths is None:
        return np.zeros(0, np.int64)
    ends = shapely.points(network.x[network.ends], network.y[network.ends])
    near, _ = shapely.STRtree(shapely.points(*mouths)).query(
        ends, predicate="dwithin", distance=network.snap_m * network.lines.plane.widest
    )
    return network.ends[np.unique(near)]


def _meetings(network: Network, mouths: Ints) -> list[Doubt]:
    """Nodes where two reaches or more meet of which all arrive, or all leave; where they arrive at a stated mouth
    nothing is wrong."""
    arriving, leaving = network.arriving, network.leaving
    out = []
    for nodes, steps, kind, words in (
        (
            np.setdiff1d(np.flatnonzero((leaving == 0) & (arriving > 1)), mouths),
            network.up,
            "all_arrive",
            ("流入此处", "arrive here"),
        ),
        (np.flatnonzero((arriving == 0) & (leaving > 1)), network.down, "all_leave", ("由此流出", "begin here")),
    ):
        for n in nodes.tolist():
            _, rows = members(steps.start, np.array([n]))
            edges = np.sort(steps.edge[rows])
            named = [" ".join(_named(network, int(k))) for k in edges]
            what = Words(f"{'、'.join(named)} 都{words[0]}", f"{', '.join(named)} all {words[1]}")
            out.append(Doubt(kind, *_named(network, int(edges[0])), what, float(network.x[n]), float(network.y[n])))
    return out


def _dead_ends(network: Network, mouths: Ints | None) -> list[Doubt]:
    """Ends that are no stated mouth (if any are stated), and circles from which no way leads out."""
    out = []
    if mouths is not None:
        for n in np.setdiff1d(network.ends, mouths).tolist():
            edge = int(network.up.edge[network.up.start[n]])
            what = Words("水流止于此处，按内流计", "the water ends here; taken as a closed basin")
            out.append(Doubt("no_way_out", *_named(network, edge), what, float(network.x[n]), float(network.y[n])))
    for circle in closed_circles(network):
        edge = int(network.down.edge[network.down.start[circle[0]]])
        what = Words(
            f"{len(circle)} 个节点成环，水流不出，不计距河口里程",
            f"{len(circle)} nodes in a circle that no water leaves; no distance from a mouth is told",
        )
        at = float(network.x[circle[0]]), float(network.y[circle[0]])
        out.append(Doubt("no_way_out", *_named(network, edge), what, *at))
    return out


def closed_circles(network: Network) -> list[Ints]:
    """Nodes that are reached from each other, at least two of them or one with a ring, from which no edge leads out
    though water flows into or around them one way (a canal that hangs together with nothing is no such circle)."""
    many, of = connected_components(network.down.matrix, directed=True, connection="strong")
    e = network.edges
    leaves = np.zeros(many, bool)
    leaves[of[e.upper[of[e.upper] != of[e.lower]]]] = True
    circled, fed = np.zeros(many, bool), np.zeros(many, bool)
    circled[of[e.upper[(of[e.upper] == of[e.lower]) & ~network.stubs]]] = True
    fed[of[e.lower[~e.both]]] = True
    order = np.argsort(of, kind="stable")
    start = spans(of[order].astype(np.int64), many)
    found = [order[start[k] : start[k + 1]] for k in np.flatnonzero(circled & fed & ~leaves)]
    return sorted(found, key=lambda nodes: int(nodes[0]))
