"""Lines cut into segments in grid cells: for each point and line the true distance and the chainage in one pass.

A few segments that follow each other make a stretch. No point of a stretch lies farther than its bend ``b`` from the
chord between its ends, nor any point of the chord farther than that from the stretch, so the distances of a place from
stretch and chord differ by at most ``b``. A cell keeps, of each line, only the stretches that can be the nearest one
for some point of the cell: with ``e`` the distance of a chord from the cell's centre, ``m`` the least ``e + b`` of its
line and ``h`` half the cell's diagonal, a point of the cell is at most ``m + h`` from the line and at least
``e - b - h`` from the stretch; the frame's distortion between true and frame metres widens the first by its factor. A
point looks at the chords first, in the same way, and only at the segments of what is left.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.engine.cover import CellIndex, Ints, runs
from geo_monitor.engine.metres import DECIMALS, ROUNDING_M, Floats, Frame, distance_m, metres_per_degree

Sides = npt.NDArray[np.int8]

#: Edges longer than this are split before measuring: the radii of curvature are taken per pair of points.
LONGEST_EDGE_DEG = 0.009  # about one kilometre of latitude
#: So many segments make a stretch.
STRETCH = 4
#: Pairs of points and stretches that are looked at together.
AT_ONCE = 16_384
#: Lengths in the metric of a point are true to less than a hundredth over the distances that models ask for: by
#: ``distance / 6371 km · tan(latitude) / 2``, at 70° and 20 km by 0.0043.
CLOSE = 1.01

NOTHING = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.int8))


class SegmentIndex:
    """Pairs of points and lines (or polygon borders) not farther apart than ``reach_m``.

    ``shapes``: object array of (Multi)LineStrings or (Multi)Polygons in degrees; of polygons the rings are meant.
    """

    def __init__(self, shapes: npt.NDArray[np.object_], frame: Frame, reach_m: float, block: int = 400_000) -> None:
        self.frame, self.reach_m = frame, reach_m
        parts, owner = shapely.get_parts(shapes, return_index=True)
        real = shapely.length(parts) > 0  # a line of one place twice has no segment
        parts, owner = shapely.segmentize(parts[real], LONGEST_EDGE_DEG), owner[real]
        areal = shapely.get_dimensions(parts) == 2
        if areal.any():
            rings, of = shapely.get_rings(parts[areal], return_index=True)
            parts = np.concatenate([parts[~areal], rings])
            owner = np.concatenate([owner[~areal], owner[areal][of]])
        coords, part = shapely.get_coordinates(parts, return_index=True)
        first = np.flatnonzero(part[1:] == part[:-1])
        line = owner[part[first]]
        order = np.argsort(line, kind="stable")  # file order within a line: chainage runs along it
        first, self.line = first[order], line[order].astype(np.int64)
        # Columns of their own: gathering from them is what the join spends its time on.
        self.ax, self.ay = (np.ascontiguousarray(c) for c in coords[first].T)
        self.dx, self.dy = (np.ascontiguousarray(c) for c in (coords[first + 1] - coords[first]).T)
        self.length = distance_m(self.ax, self.ay, self.ax + self.dx, self.ay + self.dy)
        run = np.cumsum(self.length) - self.length
        new = np.r_[True, self.line[1:] != self.line[:-1]] if len(self.line) else np.zeros(0, bool)
        self.chainage = run - np.maximum.accumulate(np.where(new, run, 0.0)) if len(run) else run
        lat = coords[:, 1] if len(coords) else np.array([frame.lat0])
        pad = reach_m / 110_000.0
        self.least, self.most = frame.distortion(float(lat.min()) - pad, float(lat.max()) + pad)
        self._stretch(part[first])
        # As wide as the reach: a segment then stands in some ten cells, whatever the reach.
        self.cell_m = max(150.0, reach_m)
        self._file(block)

    def _stretch(self, part: Ints) -> None:
        """Puts the segments of each part of a line together, a few at a time."""
        n = len(part)
        new = np.r_[True, part[1:] != part[:-1]] if n else np.zeros(0, bool)
        place = np.arange(n) - np.maximum.accumulate(np.where(new, np.arange(n), 0)) if n else np.arange(0)
        self.begin = np.flatnonzero(place % STRETCH == 0)
        self.count = np.diff(np.append(self.begin, n))
        last = self.begin + self.count - 1
        self.of = self.line[self.begin]
        self.from_x, self.from_y = self.ax[self.begin], self.ay[self.begin]
        self.to_x = self.ax[last] + self.dx[last] - self.from_x
        self.to_y = self.ay[last] + self.dy[last] - self.from_y
        kx, ky = self.frame.scale
        s = np.repeat(np.arange(len(self.begin)), self.count)
        off = _planar(
            (self.ax - self.from_x[s]) * kx, (self.ay - self.from_y[s]) * ky, self.to_x[s] * kx, self.to_y[s] * ky
        )
        #: In metres of the frame, and in metres at any point near by.
        self.bend = np.maximum.reduceat(off, self.begin) if n else off
        self.true_bend = self.bend / self.least * CLOSE + ROUNDING_M

    def _file(self, block: int) -> None:
        """Puts stretches into cells, block by block of whole lines, pruned as the module says."""
        ax, ay = self.frame.to_xy(self.from_x, self.from_y)
        kx, ky = self.frame.scale
        dx, dy, bend = self.to_x * kx, self.to_y * ky, self.bend
        c, reach = self.cell_m, (self.reach_m + ROUNDING_M) * self.most + bend
        h = c * np.sqrt(0.5)
        lo_i, hi_i = (
            np.floor(v / c).astype(np.int64) for v in (np.minimum(ax, ax + dx) - reach, np.maximum(ax, ax + dx) + reach)
        )
        lo_j, hi_j = (
            np.floor(v / c).astype(np.int64) for v in (np.minimum(ay, ay + dy) - reach, np.maximum(ay, ay + dy) + reach)
        )
        columns, rows = hi_i - lo_i + 1, hi_j - lo_j + 1
        kappa = self.most / self.least
        # Some hundred thousand stretches stand in some million cells: half the width is half the memory.
        cells_i, cells_j, kept = ([np.zeros(0, np.int32)] for _ in range(3))
        for lo, hi in self._blocks(columns * rows, block):
            n = columns[lo:hi] * rows[lo:hi]
            s, k = np.repeat(np.arange(lo, hi), n), runs(n)
            i, j = lo_i[s] + k // rows[s], lo_j[s] + k % rows[s]
            px, py = (i + 0.5) * c - ax[s], (j + 0.5) * c - ay[s]
            e = _planar(px, py, dx[s], dy[s])
            near = e <= reach[s] + h
            s, i, j, e = s[near], i[near], j[near], e[near]
            order = np.lexsort((self.of[s], j, i))
            s, i, j, e = s[order], i[order], j[order], e[order]
            if not len(s):
                continue
            new = np.r_[True, (i[1:] != i[:-1]) | (j[1:] != j[:-1]) | (self.of[s[1:]] != self.of[s[:-1]])]
            begin = np.flatnonzero(new)
            least = np.repeat(np.minimum.reduceat(e + bend[s], begin), np.diff(np.append(begin, len(e))))
            keep = e - bend[s] <= kappa * (least + h) + h
            cells_i.append(i[keep].astype(np.int32))
            cells_j.append(j[keep].astype(np.int32))
            kept.append(s[keep].astype(np.int32))
        self.index = CellIndex(np.concatenate(cells_i), np.concatenate(cells_j))
        self.stretch = self.index.in_order(np.concatenate(kept))

    def _blocks(self, work: Ints, block: int) -> list[tuple[int, int]]:
        """Spans of whole lines with about ``block`` cell entries each (a line is never cut: pruning needs all of
        it)."""
        if not len(work):
            return []
        ends = np.append(np.flatnonzero(self.of[1:] != self.of[:-1]) + 1, len(work))
        done = np.cumsum(work)[ends - 1]
        cut = ends[np.unique(np.searchsorted(done, np.arange(block, done[-1] + block, block)).clip(max=len(ends) - 1))]
        return list(zip(np.r_[0, cut[:-1]].tolist(), cut.tolist(), strict=True))

    def join(self, lon: Floats, lat: Floats, block: int = 200_000) -> tuple[Ints, Ints, Floats, Floats, Sides]:
        """(point, line, metres, chainage in metres from the line's start, side: 1 left, -1 right, 0 on it, looking
        along the line), sorted by point and line."""
        parts = [self._join(lon[at : at + block], lat[at : at + block], at) for at in range(0, len(lon), block)]
        if len(parts) <= 1:
            return parts[0] if parts else NOTHING
        point, line, metres, chainage, side = (np.concatenate(part) for part in zip(*parts, strict=True))
        return point, line, metres, chainage, side

    def _join(self, lon: Floats, lat: Floats, offset: int) -> tuple[Ints, Ints, Floats, Floats, Sides]:
        x, y = self.frame.to_xy(lon, lat)
        slots = self.index.slots(np.floor(x / self.cell_m).astype(np.int64), np.floor(y / self.cell_m).astype(np.int64))
        held = np.flatnonzero(slots >= 0)
        # Points of one cell after each other, so many at once that all they need stays in the processor's cache.
        held = held[np.argsort(slots[held], kind="stable")]
        per_lon, per_lat = metres_per_degree(lat[held])
        if not len(held):
            return NOTHING
        done = np.cumsum(self.index.start[slots[held] + 1] - self.index.start[slots[held]])
        cuts = np.searchsorted(done, np.arange(AT_ONCE, done[-1], AT_ONCE), "left") + 1
        ends = np.unique(np.append(cuts, len(held))).tolist()
        parts = [
            self._near(lon, lat, held[some], slots[held[some]], per_lon[some], per_lat[some])
            for some in map(slice, [0, *ends[:-1]], ends)
        ]
        point, s, t = (np.concatenate(part) for part in zip(*parts, strict=True))
        by_point = np.argsort(point, kind="stable")
        point, s, t = point[by_point], s[by_point], t[by_point]
        foot_lon, foot_lat = self.ax[s] + t * self.dx[s], self.ay[s] + t * self.dy[s]
        metres = np.round(distance_m(lon[point], lat[point], foot_lon, foot_lat), DECIMALS)
        near = np.flatnonzero(metres <= self.reach_m)
        if not len(near):
            return NOTHING
        point, s, t, metres = point[near], s[near], t[near], metres[near]
        # A cell lists its segments by line and place along it, so the rows of one point and line stand together;
        # the first of the nearest is taken.
        line = self.line[s]
        begin = np.flatnonzero(np.r_[True, (point[1:] != point[:-1]) | (line[1:] != line[:-1])])
        size = np.diff(np.append(begin, len(point)))
        nearest = np.flatnonzero(metres == np.repeat(np.minimum.reduceat(metres, begin), size))
        group = np.repeat(np.arange(len(begin)), size)[nearest]
        best = nearest[np.r_[True, group[1:] != group[:-1]]]
        s, t, p = s[best], t[best], point[best]
        turn = self.dx[s] * (lat[p] - self.ay[s]) - self.dy[s] * (lon[p] - self.ax[s])
        side = np.where(metres[best] > 0, np.sign(turn), 0.0).astype(np.int8)
        return p + offset, line[best], metres[best], self.chainage[s] + t * self.length[s], side

    def _near(
        self, lon: Floats, lat: Floats, points: Ints, slots: Ints, per_lon: Floats, per_lat: Floats
    ) -> tuple[Ints, Ints, Floats]:
        """(point, segment, share of the segment's length at which the foot of the perpendicular stands), of those
        within reach that may be the nearest of their line."""
        # The metric at the point: true to a hundredth.
        x, y, reach = lon[points], lat[points], self.reach_m * CLOSE + ROUNDING_M
        at, member = self.index.expand(slots)
        c = self.stretch[member]
        chords = self.from_x, self.from_y, self.to_x, self.to_y
        square, _ = _off(x[at], y[at], per_lon[at], per_lat[at], *(v[c] for v in chords))
        far, bend = np.sqrt(square), self.true_bend[c]
        near = np.flatnonzero(far <= reach + bend)
        if not len(near):
            return points[:0], points[:0], x[:0]
        at, c, far, bend = at[near], c[near], far[near], bend[near]
        left = far - bend <= _least(at, self.of[c], far + bend) * CLOSE + ROUNDING_M
        at, c = at[left], c[left]
        count = self.count[c]
        s, at = np.repeat(self.begin[c], count) + runs(count), np.repeat(at, count)
        square, t = _off(x[at], y[at], per_lon[at], per_lat[at], self.ax[s], self.ay[s], self.dx[s], self.dy[s])
        near = np.flatnonzero(square <= reach**2)
        if not len(near):
            return points[:0], points[:0], x[:0]
        at, s, t, far = at[near], s[near], t[near], np.sqrt(square[near])
        best = np.flatnonzero(far <= _least(at, self.line[s], far) * CLOSE + ROUNDING_M)
        return points[at[best]], s[best], t[best]


def _off(
    x: Floats, y: Floats, kx: Floats, ky: Floats, ax: Floats, ay: Floats, dx: Floats, dy: Floats
) -> tuple[Floats, Floats]:
    """(square of the distance, share of the segment's length at which the foot of the perpendicular stands) of points
    from segments, in the metric ``kx``, ``ky``."""
    ex, ey = dx * kx, dy * ky
    px, py = (x - ax) * kx, (y - ay) * ky
    t = (px * ex + py * ey) / np.maximum(ex * ex + ey * ey, 1e-300)
    np.minimum(np.maximum(t, 0.0, out=t), 1.0, out=t)
    px -= t * ex
    py -= t * ey
    return px * px + py * py, t


def _least(at: Ints, line: Ints, values: Floats) -> Floats:
    """For each row the least value of its point and line, whose rows stand together."""
    begin = np.flatnonzero(np.r_[True, (at[1:] != at[:-1]) | (line[1:] != line[:-1])])
    return np.repeat(np.minimum.reduceat(values, begin), np.diff(np.append(begin, len(at))))


def _planar(px: Floats, py: Floats, dx: Floats, dy: Floats) -> Floats:
    """Distance of (px, py) from the segment (0, 0)–(dx, dy), in the frame."""
    square = dx * dx + dy * dy
    t = np.clip((px * dx + py * dy) / np.where(square > 0, square, 1.0), 0.0, 1.0)
    return np.hypot(px - t * dx, py - t * dy)
