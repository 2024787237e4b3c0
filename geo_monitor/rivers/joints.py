"""Where lines meet: ends snapped to nodes, and lines cut where another one's end, a boundary or a shore meets them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo_monitor.domain.words import Words
from geo_monitor.rivers.arrays import Flags, Floats, Ints, firsts
from geo_monitor.rivers.courses import Boundaries, Lakes
from geo_monitor.rivers.doubts import Doubt
from geo_monitor.rivers.lines import Lines

#: Ends so near each other are one place. A proposal of ours: rivers are drawn from pictures of 1 to 2 m, and two people
#: draw the same confluence some metres apart; two confluences of one river are seldom so near.
SNAP_M = 5.0
#: An end that leads nowhere and lies so near another line is asked about.
NEAR_M = 50.0


@dataclass(frozen=True)
class Nodes:
    """``head``, ``tail``: the node of each part's beginning and end; ``x``, ``y`` the mean of the ends (metres of the
    plane)."""

    head: Ints
    tail: Ints
    x: Floats
    y: Floats


def snapped(lines: Lines, snap_m: float) -> tuple[Nodes, list[Doubt]]:
    """Ends joined by steps of at most ``snap_m`` (true metres) are one node; those that so come to lie farther than
    twice that apart are doubted, and so is a line that begins and ends in one node without being a ring."""
    n = lines.parts
    x = np.concatenate([lines.x[lines.part_first], lines.x[lines.part_last]])
    y = np.concatenate([lines.y[lines.part_first], lines.y[lines.part_last]])
    reach = np.concatenate([lines.part_reach, lines.part_reach])
    if not n:
        none = np.zeros(0, np.int64)
        return Nodes(none, none, x, y), []
    found = cKDTree(np.column_stack([x, y])).query_pairs(
        snap_m * lines.plane.widest * (1 + 1e-9), output_type="ndarray"
    )
    a, b = found[:, 0], found[:, 1]
    near = lines.plane.metres(x[a], y[a], x[b], y[b]) <= snap_m
    graph = csr_array((np.ones(near.sum()), (a[near], b[near])), shape=(2 * n, 2 * n))
    many, node = connected_components(graph, directed=False)
    node = node.astype(np.int64)
    size = np.bincount(node, minlength=many)
    mean_x, mean_y = (np.bincount(node, v, minlength=many) / size for v in (x, y))
    nodes = Nodes(node[:n], node[n:], mean_x, mean_y)

    doubts = []
    low_x, low_y, high_x, high_y = (np.full(many, v) for v in (np.inf, np.inf, -np.inf, -np.inf))
    for low, high, v in ((low_x, high_x, x), (low_y, high_y, y)):
        np.minimum.at(low, node, v)
        np.maximum.at(high, node, v)
    across = lines.plane.metres(low_x, low_y, high_x, high_y)
    for k in np.flatnonzero(across > 2 * snap_m).tolist():
        first = int(reach[node == k].min())
        what = Words(
            f"{size[k]} 个端点逐次相距不超过 {snap_m:g} 米，合并为一个节点，跨 {across[k]:.1f} 米",
            f"{size[k]} ends in steps of at most {snap_m:g} m became one node, {across[k]:.1f} m across",
        )
        doubts.append(Doubt("spread", lines.layer[first], lines.id[first], what, float(mean_x[k]), float(mean_y[k])))
    for p in np.flatnonzero((nodes.head == nodes.tail) & (lines.part_length <= snap_m)).tolist():
        r = int(lines.part_reach[p])
        length = lines.part_length[p]
        what = Words(
            f"线长 {length:.2f} 米，不超过容差，两端合并为一个节点",
            f"{length:.2f} m long, not more than the tolerance; both ends became one node",
        )
        doubts.append(Doubt("short", lines.layer[r], lines.id[r], what, float(x[p]), float(y[p])))
    return nodes, doubts


@dataclass(frozen=True)
class Cuts:
    """Where parts are cut: ``true`` metres along the part, at ``node``; ``duty``: the duty changes there. At the very
    ends of a part there is no cut; a duty that changes there stands in ``duty_at_end`` (part, 0 head or 1 tail)."""

    part: Ints
    true: Floats
    node: Ints
    duty: Flags
    x: Floats
    y: Floats
    duty_at_end: frozenset[tuple[int, int]]

    def sorted(self) -> Cuts:
        order = np.lexsort((self.node, self.true, self.part))
        return Cuts(
            self.part[order], self.true[order], self.node[order], self.duty[order], self.x, self.y, self.duty_at_end
        )


@dataclass(frozen=True)
class Meetings:
    """Ends near parts that neither begin nor end at the end's node: ``flat`` metres of the plane along the part,
    ``metres`` off it."""

    part: Ints
    flat: Floats
    node: Ints
    metres: Floats


def junctions(lines: Lines, nodes: Nodes, near: Meetings, snap_m: float) -> Cuts:
    """Cuts where an end of another line lies within ``snap_m`` of the inside of a part. ``x``, ``y`` are those of all
    nodes."""
    part, node, metres = near.part, near.node, near.metres
    true = lines.to_true(part, near.flat)
    inside = (metres <= snap_m) & (true > snap_m) & (true < lines.part_length[part] - snap_m)
    part, true, node, metres = part[inside], true[inside], node[inside], metres[inside]
    # Of several ends of one node the nearest says where.
    order = np.lexsort((true, metres, node, part))
    one = order[firsts(part[order], node[order])]
    none = np.zeros(len(one), bool)
    return Cuts(part[one], true[one], node[one], none, nodes.x, nodes.y, frozenset()).sorted()


def meetings(lines: Lines, nodes: Nodes, within_m: float) -> Meetings:
    """All within so many metres."""
    if not lines.parts:
        return Meetings(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), np.zeros(0))
    x = np.concatenate([lines.x[lines.part_first], lines.x[lines.part_last]])
    y = np.concatenate([lines.y[lines.part_first], lines.y[lines.part_last]])
    node = np.concatenate([nodes.head, nodes.tail])
    points = shapely.points(x, y)
    end, part = lines.tree.query(points, predicate="dwithin", distance=within_m * lines.plane.widest * (1 + 1e-9))
    other = (nodes.head[part] != node[end]) & (nodes.tail[part] != node[end])
    end, part = end[other], part[other].astype(np.int64)
    flat = shapely.line_locate_point(lines.part_line[part], points[end])
    foot_x, foot_y = lines.point(part, flat)
    metres = lines.plane.metres(x[end], y[end], foot_x, foot_y)
    near = metres <= within_m
    return Meetings(part[near], flat[near], node[end[near]], metres[near])


def gaps(
    lines: Lines, nodes: Nodes, near: Meetings, cuts: Cuts, lakes: Lakes, snap_m: float, near_m: float
) -> list[Doubt]:
    """A doubt for each end that meets nothing, not even a lake, and has another line within ``near_m``."""
    met = np.bincount(np.concatenate([nodes.head, nodes.tail, cuts.node]), minlength=len(nodes.x))
    wet, _ = shapely.STRtree(lakes.shape).query(
        shapely.points(nodes.x[near.node], nodes.y[near.node]),
        predicate="dwithin",
        distance=snap_m * lines.plane.widest,
    )
    lonely = (met[near.node] == 1) & (near.metres <= near_m)
    lonely[wet] = False
    part, node, metres = near.part[lonely], near.node[lonely], near.metres[lonely]
    order = np.lexsort((part, metres, node))
    doubts = []
    of_node = np.zeros(len(nodes.x), np.int64)
    of_node[np.concatenate([nodes.head, nodes.tail])] = np.concatenate([lines.part_reach, lines.part_reach])
    for k in order[firsts(node[order])].tolist():
        r, other = int(of_node[node[k]]), int(lines.part_reach[part[k]])
        what = Words(
            f"端点距 {lines.layer[other]} {lines.id[other]} {metres[k]:.1f} 米而未相接，按不相连计",
            f"an end lies {metres[k]:.1f} m from {lines.layer[other]} {lines.id[other]} without meeting it; not joined",
        )
        at = float(nodes.x[node[k]]), float(nodes.y[node[k]])
        doubts.append(Doubt("gap", lines.layer[r], lines.id[r], what, *at))
    return doubts


def drawn_twice(lines: Lines, nodes: Nodes, snap_m: float) -> list[Doubt]:
    """A doubt for each line that runs between the same nodes as another, never farther from it than ``snap_m``: the
    same water in two layers, or once for each bank. Both are kept, and look like two arms."""
    order = np.lexsort((lines.part_length, nodes.tail, nodes.head))
    a, b = order[:-1], order[1:]
    same = (nodes.head[a] == nodes.head[b]) & (nodes.tail[a] == nodes.tail[b])
    same &= lines.part_length[b] - lines.part_length[a] <= 2 * snap_m
    a, b = a[same], b[same]
    apart = shapely.hausdorff_distance(lines.part_line[a], lines.part_line[b])
    out = []
    for k in np.flatnonzero(apart <= snap_m * lines.plane.widest).tolist():
        r, other = sorted((int(lines.part_reach[a[k]]), int(lines.part_reach[b[k]])))
        what = Words(
            f"与 {lines.layer[other]} {lines.id[other]} 重合，两条线都保留，按分汊计",
            f"runs where {lines.layer[other]} {lines.id[other]} runs; both were kept, as two arms",
        )
        at = lines.part_first[a[k]]
        out.append(Doubt("drawn_twice", lines.layer[r], lines.id[r], what, float(lines.x[at]), float(lines.y[at])))
    return out


def with_boundaries(lines: Lines, cuts: Cuts, boundaries: Boundaries, snap_m: float) -> tuple[Cuts, list[Doubt]]:
    """Cut also where duty changes. A boundary point counts on the nearest reach within ``snap_m``; a line or the border
    of a polygon wherever it crosses."""
    doubts: list[Doubt] = []
    parts: list[Ints] = []
    flats: list[Floats] = []
    pointed = shapely.get_dimensions(boundaries.shape) == 0
    for k in np.flatnonzero(pointed).tolist():
        points = shapely.get_parts(boundaries.shape[k])
        p, part = lines.tree.query_nearest(points, max_distance=snap_m * lines.plane.widest, all_matches=True)
        # All reaches that meet at a confluence are as near: the first by id, as everywhere.
        order = np.lexsort((part, p))
        one = order[firsts(p[order])]
        part = part[one].astype(np.int64)
        parts.append(part)
        flats.append(shapely.line_locate_point(lines.part_line[part], points[p[one]]))
        for q in np.setdiff1d(np.arange(len(points)), p).tolist():
            what = Words(
                f"{snap_m:g} 米内没有河段，未在此分段", f"no reach within {snap_m:g} m of the point; nothing was cut"
            )
            at = float(points[q].x), float(points[q].y)
            doubts.append(Doubt("cut_off_the_line", "boundaries", boundaries.id[k], what, *at))
    drawn = np.flatnonzero(~pointed)
    part, flat, along = _crossings(lines, _borders(boundaries.shape[drawn]))
    for b, p, metres in along:
        r = int(lines.part_reach[p])
        what = Words(
            f"与河段 {lines.layer[r]} {lines.id[r]} 重合 {metres:.1f} 米，只在重合段两端分段",
            f"runs along {lines.layer[r]} {lines.id[r]} for {metres:.1f} m; cut only where it joins and leaves it",
        )
        at = float(lines.x[lines.part_first[p]]), float(lines.y[lines.part_first[p]])
        doubts.append(Doubt("along_boundary", "boundaries", boundaries.id[drawn[b]], what, *at))
    part, flat = np.concatenate([*parts, part]), np.concatenate([*flats, flat])
    return _cut_more(lines, cuts, part, flat, snap_m, duty=True), doubts


def with_shores(lines: Lines, cuts: Cuts, lakes: Lakes, snap_m: float) -> Cuts:
    """Cut also where lines enter or leave a lake."""
    part, flat, _ = _crossings(lines, _borders(lakes.shape))
    return _cut_more(lines, cuts, part, flat, snap_m, duty=False)


def _borders(shapes: np.ndarray) -> np.ndarray:
    areal = shapely.get_dimensions(shapes) == 2
    out = shapes.copy()
    out[areal] = shapely.boundary(shapes[areal])
    return out


def _crossings(lines: Lines, borders: np.ndarray) -> tuple[Ints, Floats, list[tuple[int, int, float]]]:
    """(part, metres of the plane along it) where parts meet borders, and (border, part, metres) where they share a
    stretch, of which both ends count."""
    b, part = lines.tree.query(borders, predicate="intersects")
    if not len(b):
        return np.zeros(0, np.int64), np.zeros(0), []
    part = part.astype(np.int64)
    common = shapely.intersection(lines.part_line[part], borders[b])
    pieces, of = shapely.get_parts(common, return_index=True)
    lined = shapely.get_dimensions(pieces) == 1
    shared = shapely.length(pieces[lined])
    along = [(int(b[p]), int(part[p]), float(s)) for p, s in zip(of[lined], shared, strict=True)]
    ends = np.concatenate([pieces[~lined], shapely.get_point(pieces[lined], 0), shapely.get_point(pieces[lined], -1)])
    of = np.concatenate([of[~lined], of[lined], of[lined]])
    return part[of], shapely.line_locate_point(lines.part_line[part[of]], ends), along


def _cut_more(lines: Lines, cuts: Cuts, part: Ints, flat: Floats, snap_m: float, *, duty: bool) -> Cuts:
    """A cut within ``snap_m`` of an end of its part, or of another cut, is that one."""
    true = lines.to_true(part, flat)
    at_end = set(cuts.duty_at_end)
    there: dict[int, list[list[float]]] = {}
    for p, t, k, d in zip(cuts.part.tolist(), cuts.true.tolist(), cuts.node.tolist(), cuts.duty.tolist(), strict=True):
        there.setdefault(p, []).append([t, k, d])
    x, y = cuts.x.tolist(), cuts.y.tolist()
    order = np.lexsort((true, part))
    new_x, new_y = lines.point(part, flat) if len(part) else (flat, flat)
    for k in order.tolist():
        p, t = int(part[k]), float(true[k])
        if t <= snap_m or t >= lines.part_length[p] - snap_m:
            if duty:
                at_end.add((p, 0 if t <= lines.part_length[p] / 2 else 1))
            continue
        rows = there.setdefault(p, [])
        near = min(rows, key=lambda row: abs(row[0] - t), default=None)
        if near is not None and abs(near[0] - t) <= snap_m:
            near[2] = near[2] or duty
        else:
            rows.append([t, len(x), duty])
            x.append(float(new_x[k]))
            y.append(float(new_y[k]))
    table = np.array([(p, *row) for p, rows in there.items() for row in rows], float).reshape(-1, 4)
    return Cuts(
        table[:, 0].astype(np.int64),
        table[:, 1],
        table[:, 2].astype(np.int64),
        table[:, 3].astype(bool),
        np.array(x),
        np.array(y),
        frozenset(at_end),
    ).sorted()
