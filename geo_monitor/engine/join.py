"""One index a layer version: every pair of point and feature within a distance, in true metres, at once for all
models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.cover import CellIndex, Ints, PolygonCover
from geo_monitor.engine.metres import DECIMALS, ROUNDING_M, Floats, Frame, distance_m
from geo_monitor.engine.segments import SegmentIndex, Sides

T = TypeVar("T")


@dataclass(frozen=True)
class Pairs:
    """Point and feature positions, the metres between them (0 inside a polygon or on its border), the chainage along a
    line (NaN elsewhere) and the side of it (1 left, -1 right, 0 elsewhere); sorted by (point, metres, feature), so the
    first row of a point is its nearest feature and, among equals, the one with the lowest id."""

    point: Ints
    feature: Ints
    metres: Floats
    inside: npt.NDArray[np.bool_]
    chainage: Floats
    side: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.point)

    @classmethod
    def made(cls, point: Ints, feature: Ints, metres: Floats, inside: npt.NDArray[np.bool_] | None = None) -> Pairs:
        """Pairs that know of no line, brought into order."""
        order = np.lexsort((feature, metres, point))
        n = len(point)
        inner = np.zeros(n, bool) if inside is None else inside[order]
        return cls(point[order], feature[order], metres[order], inner, np.full(n, np.nan), np.zeros(n, np.int8))

    @classmethod
    def joined(cls, parts: Sequence[Pairs]) -> Pairs:
        """Pairs of different points, put together in order."""
        if len(parts) == 1:
            return parts[0]
        whole = cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls))) if parts else NO_PAIRS
        return whole.take(np.argsort(whole.point, kind="stable"))

    def take(self, rows: npt.NDArray[np.bool_] | Ints) -> Pairs:
        return Pairs(
            self.point[rows],
            self.feature[rows],
            self.metres[rows],
            self.inside[rows],
            self.chainage[rows],
            self.side[rows],
        )

    def of(self, rows: Ints) -> Pairs:
        """The same pairs, their points renumbered: point k becomes ``rows[k]`` (ascending)."""
        return replace(self, point=rows[self.point])

    def nearest(self) -> Pairs:
        """One row a point: the nearest feature, ties to the lowest id."""
        return self.take(np.flatnonzero(np.r_[True, self.point[1:] != self.point[:-1]])) if len(self) else self


#: So many points are few: an index for another reach serves them as well as one of their own.
FEW = 20_000
#: Of the nearest points so many are looked at.
FIRST = 3
NO_PAIRS = Pairs.made(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


class LayerIndex:
    """Built once for a layer version; the parts for each kind of geometry are made when first asked for."""

    def __init__(self, columns: LayerColumns, centre: LonLat) -> None:
        self.columns = columns
        self.frame = Frame(centre.lon, centre.lat)
        kinds = np.where(shapely.is_empty(columns.geometry), -1, shapely.get_dimensions(columns.geometry))  # None: -1
        self.areas, self.lines, self.points = (np.flatnonzero(kinds == k) for k in (2, 1, 0))
        self._cover: PolygonCover | None = None
        self._segments: dict[float, SegmentIndex] = {}
        self._cells: dict[float, CellIndex] = {}
        self._tree: tuple[cKDTree, Ints, npt.NDArray[np.float64]] | None = None

    def pairs(self, lon: Floats, lat: Floats, at_most_m: float = 0.0) -> Pairs:
        """All pairs not farther apart than ``at_most_m`` true metres (0: what lies inside a polygon or on a point)."""
        parts: list[Pairs] = []
        inside_key = np.zeros(0, np.int64)
        size = len(self.columns) + 1
        if len(self.areas):
            point, area = self.cover.join(lon, lat)
            feature = self.areas[area]
            inside_key = point * size + feature
            n = len(point)
            none, no_side = np.full(n, np.nan), np.zeros(n, np.int8)
            # The cover sorts by point and feature, and all metres are equal: these pairs are in order.
            parts.append(Pairs(point, feature, np.zeros(n), np.ones(n, bool), none, no_side))
        if at_most_m > 0 and (len(self.lines) or len(self.areas)):
            point, feature, metres, chainage, side = self.segments(at_most_m, few=len(lon) <= FEW).join(lon, lat)
            out = np.flatnonzero(~np.isin(point * size + feature, inside_key) & (metres <= at_most_m))
            areal = np.isin(feature[out], self.areas)
            chainage, side = np.where(areal, np.nan, chainage[out]), np.where(areal, 0, side[out]).astype(np.int8)
            parts.append(Pairs(point[out], feature[out], metres[out], np.zeros(len(out), bool), chainage, side))
        if len(self.points):
            parts.append(self._points(lon, lat, at_most_m))
        parts = [p for p in parts if len(p)]
        if not parts:
            return NO_PAIRS
        whole = (
            parts[0]
            if len(parts) == 1
            else Pairs(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Pairs)))
        )
        if len(parts) == 1 and whole.inside.all():
            return whole
        return whole.take(np.lexsort((whole.feature, whole.metres, whole.point)))

    def nearest(self, lon: Floats, lat: Floats, at_most_m: float) -> Pairs:
        """The same as ``pairs(…).nearest()``, but of points only the few that come first are ever looked at."""
        if len(self.areas) or len(self.lines) or not len(self.points):
            return self.pairs(lon, lat, at_most_m).nearest()
        tree, feature_of, coords = self._point_tree()
        radius, least, most = self._radius(lat, at_most_m)
        x, y = self.frame.to_xy(lon, lat)
        some = self._near_some(x, y, radius)
        if not len(some):
            return NO_PAIRS
        # Neighbours after each other: the tree's nodes that they ask for are then at hand.
        order = np.lexsort((np.floor(y[some] / 500.0).astype(np.int32), np.floor(x[some] / 500.0).astype(np.int32)))
        there = some[order]
        far, at = np.empty((len(some), FIRST)), np.empty((len(some), FIRST), np.int64)
        far[order], at[order] = tree.query(np.column_stack([x[there], y[there]]), k=FIRST, distance_upper_bound=radius)
        # The frame may put two that are nearly as far in the wrong order: only if the last of the few is surely farther
        # than the first is the nearest among them.
        last = far[:, -1]
        sure = ~np.isfinite(last)
        sure[~sure] = last[~sure] * least > (far[~sure, 0] + ROUNDING_M) * most
        point, best = some[sure], np.full(int(sure.sum()), np.inf)
        feature = np.full(len(point), -1, np.int64)
        for k in range(FIRST):
            row = np.flatnonzero(np.isfinite(far[sure, k]))
            spot, here = at[sure, k][row], point[row]
            metres = np.round(distance_m(lon[here], lat[here], coords[spot, 0], coords[spot, 1]), DECIMALS)
            this = feature_of[spot]
            better = (metres < best[row]) | ((metres == best[row]) & (this < feature[row]))
            best[row[better]], feature[row[better]] = metres[better], this[better]
        keep = np.flatnonzero(best <= at_most_m)
        n = len(keep)
        none, outside = np.full(n, np.nan), np.zeros(n, bool)
        parts = [Pairs(point[keep], feature[keep], best[keep], outside, none, np.zeros(n, np.int8))]
        rest = some[~sure]
        if len(rest):
            parts.append(self._points(lon[rest], lat[rest], at_most_m).nearest().of(rest))
        return Pairs.joined(parts)

    @property
    def cover(self) -> PolygonCover:
        if self._cover is None:
            shapes = self.columns.geometry[self.areas]
            extent = np.ptp(shapely.bounds(shapes)[:, [0, 2]], axis=1)
            # Wide areas (districts) need few tests with large cells; small ones (a temple's range) need small cells.
            self._cover = PolygonCover(shapes, self.frame, 1000.0 if np.median(extent) > 0.1 else 250.0)
        return self._cover

    def segments(self, reach_m: float, few: bool = False) -> SegmentIndex:
        """Lines, and the borders of polygons, for distances up to at least ``reach_m``. An index made for a much longer
        reach answers too, but slowly: each cell of it lists all that is near within that reach; for a ``few`` points
        that is quicker than to make another."""
        wanted = max(reach_m, 1.0)
        fits = [r for r in self._segments if wanted <= r and (few or r <= 4.0 * wanted)]
        if not fits:
            rows = np.sort(np.concatenate([self.lines, self.areas]))
            self._segments[wanted] = _Renumbered(self.columns.geometry[rows], self.frame, wanted, rows)
        return self._segments[min(fits, default=wanted)]

    def _point_tree(self) -> tuple[cKDTree, Ints, npt.NDArray[np.float64]]:
        if self._tree is None:
            coords, of = shapely.get_coordinates(self.columns.geometry[self.points], return_index=True)
            self._tree = (cKDTree(np.column_stack(self.frame.to_xy(*coords.T))), self.points[of], coords)
        return self._tree

    def _radius(self, lat: Floats, at_most_m: float) -> tuple[float, float, float]:
        """How far to look in the frame, and the least and greatest ratio of a length in it to the true one."""
        _, _, coords = self._point_tree()
        pad = at_most_m / 110_000.0
        low, high = (
            min(lat.min(initial=90.0), coords[:, 1].min(initial=90.0)),
            max(lat.max(initial=-90.0), coords[:, 1].max(initial=-90.0)),
        )
        least, most = self.frame.distortion(float(low) - pad, float(high) + pad)
        return (at_most_m + ROUNDING_M) * most, least, most

    def _points(self, lon: Floats, lat: Floats, at_most_m: float, block: int = 200_000) -> Pairs:
        tree, feature_of, coords = self._point_tree()
        radius, _, _ = self._radius(lat, at_most_m)
        found: list[tuple[Ints, Ints, Floats]] = []
        x, y = self.frame.to_xy(lon, lat)
        some = self._near_some(x, y, radius)
        for at in range(0, len(some), block):
            here = some[at : at + block]
            near = cKDTree(np.column_stack([x[here], y[here]])).sparse_distance_matrix(
                tree, radius, output_type="ndarray"
            )
            p, q = here[near["i"]], near["j"].astype(np.int64)
            metres = np.round(distance_m(lon[p], lat[p], coords[q, 0], coords[q, 1]), DECIMALS)
            keep = metres <= at_most_m
            found.append((p[keep], feature_of[q[keep]], metres[keep]))
        if not found:
            return NO_PAIRS
        point, feature, metres = (np.concatenate(f) for f in zip(*found, strict=True))
        # A feature of several points is as near as its nearest one.
        order = np.lexsort((metres, feature, point))
        point, feature, metres = point[order], feature[order], metres[order]
        first = (
            np.r_[True, (point[1:] != point[:-1]) | (feature[1:] != feature[:-1])] if len(point) else np.zeros(0, bool)
        )
        point, feature, metres = point[first], feature[first], metres[first]
        return Pairs.made(point, feature, metres)

    def _near_some(self, x: Floats, y: Floats, radius: float) -> Ints:
        """Of places in the frame those that may have a point of the layer within the radius: others fall through a grid
        of cells at least as wide, of which those that hold a point and their neighbours are kept."""
        size = float(2.0 ** np.ceil(np.log2(max(radius, 250.0))))
        if size not in self._cells:
            at = np.unique(np.floor(self._point_tree()[0].data / size).astype(np.int64), axis=0)
            around = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
            column, row = (at[:, None, :] + around).reshape(-1, 2).T
            self._cells[size] = CellIndex(column, row)
        slots = self._cells[size].slots(np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64))
        return np.flatnonzero(slots >= 0)


class _Renumbered(SegmentIndex):
    """A segment index over some rows of a layer that answers with the layer's own positions."""

    def __init__(self, shapes: npt.NDArray[np.object_], frame: Frame, reach_m: float, rows: Ints) -> None:
        self.rows = rows
        super().__init__(shapes, frame, reach_m)

    def join(self, lon: Floats, lat: Floats, block: int = 200_000) -> tuple[Ints, Ints, Floats, Floats, Sides]:
        point, line, metres, chainage, side = super().join(lon, lat, block)
        return point, self.rows[line], metres, chainage, side


class IndexShelf:
    """Indexes by layer version, and what else was worked out from a layer version: kept as long as the version is
    current, so that each run of a job does not build anew."""

    def __init__(self) -> None:
        self._by_version: dict[tuple[str, LonLat], LayerIndex] = {}
        self._made: dict[str, dict[Hashable, Any]] = {}

    def index(self, columns: LayerColumns, centre: LonLat) -> LayerIndex:
        key = (columns.version, centre)
        if key not in self._by_version:
            for old in [k for k, v in self._by_version.items() if v.columns.name == columns.name]:
                del self._by_version[old]
            self._by_version[key] = LayerIndex(columns, centre)
        return self._by_version[key]

    def kept(self, version: str, key: Hashable, make: Callable[[], T]) -> T:
        """What was made from a layer version before, or is made now."""
        shelf = self._made.setdefault(version, {})
        if key not in shelf:
            shelf[key] = make()
        made: T = shelf[key]
        return made

    def forget(self, version: str, key: Hashable) -> None:
        self._made.get(version, {}).pop(key, None)

    def keep_only(self, versions: Collection[str]) -> None:
        """Throws away what belongs to other versions: those that were current once."""
        for old in [key for key in self._by_version if key[0] not in versions]:
            del self._by_version[old]
        for version in self._made.keys() - set(versions):
            del self._made[version]
