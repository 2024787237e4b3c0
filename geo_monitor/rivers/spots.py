"""Points beside the water: on which reach, how far along it, on which bank, and what else they might belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.rivers.arrays import Floats, Ints, firsts
from geo_monitor.rivers.network import Network

#: Looking downstream. ``UNTOLD``: the reach has no downstream (it flows both ways), or the point lies beyond the place
#: where reaches meet and is left of one and right of another.
RIGHT, ON_THE_LINE, LEFT, UNTOLD = -1, 0, 1, 2

#: Distances are rounded so, in metres: reaches that share a node are then exactly as far from a point beyond it, and
#: the stated rule decides.
DECIMALS = 4


@dataclass(frozen=True)
class Spots:
    """Points that lie near enough to a reach, by ``row`` (their place in what was asked). The nearest reach counts, of
    several as near the first by layer and id: ``reach`` its row, ``chainage`` metres from its upper end, ``metres`` how
    far off it the point lies, ``side`` as above, ``edge`` and ``along`` the same place on the network.

    ``rival_of`` (a position in ``row``), ``rival`` (a reach), ``rival_metres``: the other reaches that the point may
    belong to as well, because its place is not known well enough to say which is nearer. Near a confluence, or where
    one reach follows the other, such a point has two duties."""

    row: Ints
    edge: Ints
    along: Floats
    reach: Ints
    chainage: Floats
    metres: Floats
    side: npt.NDArray[np.int8]
    rival_of: Ints
    rival: Ints
    rival_metres: Floats

    def __len__(self) -> int:
        return len(self.row)

    def rivals(self, position: int) -> Ints:
        return self.rival[self.rival_of == position]


def spots(
    network: Network, x: npt.ArrayLike, y: npt.ArrayLike, within_m: float, accuracy_m: npt.ArrayLike = 0.0
) -> Spots:
    """``x``, ``y``: metres of the plane. Points farther than ``within_m`` from every reach are not among the rows.

    ``accuracy_m`` (one for all or one each): so far off the stated place may be from the true one. A point not farther
    from the line is on the line, and a reach that is farther away by up to twice that is a rival: moving the point so
    far brings it that much nearer to the one and farther from the other."""
    lines = network.lines
    x, y = np.asarray(x, float), np.asarray(y, float)
    accuracy = np.broadcast_to(np.asarray(accuracy_m, float), x.shape)
    points = shapely.points(x, y)
    reach_of = (within_m + 2 * accuracy) * lines.plane.widest * (1 + 1e-9) + 10.0**-DECIMALS
    point, part = lines.tree.query(points, predicate="dwithin", distance=reach_of)
    part = part.astype(np.int64)
    flat = shapely.line_locate_point(lines.part_line[part], points[point])
    metres = np.round(lines.plane.metres(x[point], y[point], *lines.point(part, flat)), DECIMALS)
    side = _sides(network, part, flat, x[point], y[point])
    reach = lines.part_reach[part]
    side[metres <= accuracy[point]] = ON_THE_LINE
    side[lines.both[reach]] = UNTOLD
    order = np.lexsort((part, metres, reach, point))
    order = order[firsts(point[order], reach[order])]  # of the parts of a reach the nearest
    order = order[np.lexsort((reach[order], metres[order], point[order]))]
    point, part, reach = point[order], part[order], reach[order]
    flat, metres, side = flat[order], metres[order], side[order]
    begin = firsts(point)
    size = np.diff(np.append(begin, len(point)))
    best = np.repeat(begin, size)
    here = metres[best] <= within_m
    tied = here & (metres == metres[best])
    torn = np.unique(best[tied & (side != side[best])])
    side[torn[side[torn] != ON_THE_LINE]] = UNTOLD
    chosen = begin[metres[begin] <= within_m]
    position = np.searchsorted(chosen, best)
    other = np.flatnonzero(here & (np.arange(len(point)) != best) & (metres <= metres[best] + 2 * accuracy[point]))
    chainage = lines.begin[part[chosen]] + lines.to_true(part[chosen], flat[chosen])
    edge, along = network.places(reach[chosen], chainage)
    return Spots(
        row=point[chosen].astype(np.int64),
        edge=edge,
        along=along,
        reach=reach[chosen],
        chainage=chainage,
        metres=metres[chosen],
        side=side[chosen],
        rival_of=position[other],
        rival=reach[other],
        rival_metres=metres[other],
    )


def _sides(network: Network, part: Ints, flat: Floats, x: Floats, y: Floats) -> npt.NDArray[np.int8]:
    """Which side of the line the points lie. Where the nearest place is a vertex the two segments that meet there are
    taken together: beyond a sharp bend the point may lie left of the one and right of the other's prolongation."""
    lines = network.lines
    k = lines.segment(part, flat)
    tx, ty = _along(network, k)
    close = 1e-9 * (1.0 + lines.flat[lines.part_last[part]])
    before = np.flatnonzero((flat - lines.flat[k] <= close) & (k > lines.part_first[part]))
    after = np.flatnonzero((lines.flat[k + 1] - flat <= close) & (k + 1 < lines.part_last[part]))
    for rows, other in ((before, k[before] - 1), (after, k[after] + 1)):
        more_x, more_y = _along(network, other)
        tx[rows] += more_x
        ty[rows] += more_y
    foot_x, foot_y = lines.point(part, flat)
    return np.sign(tx * (y - foot_y) - ty * (x - foot_x)).astype(np.int8)


def _along(network: Network, k: Ints) -> tuple[Floats, Floats]:
    lines = network.lines
    dx, dy = lines.x[k + 1] - lines.x[k], lines.y[k + 1] - lines.y[k]
    length = np.hypot(dx, dy)
    return dx / length, dy / length
