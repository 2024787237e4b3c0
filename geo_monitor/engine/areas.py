"""Records that are areas or lines against the features of a layer: few, exact, by shapely."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.join import LayerIndex, Pairs
from geo_monitor.engine.metres import DECIMALS, ROUNDING_M, Frame, distance_m, metres_per_degree

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Quarter circles of a buffer are drawn with so many edges: the border of a zone of 30 m is then off by less than 3 mm.
QUADRANT = 64
#: What is left of an area after cutting may be slivers of rounding; less than this is nothing.
SLIVER_M2 = 0.01


def shape_pairs(index: LayerIndex, shapes: Shapes, at_most_m: float) -> Pairs:
    """All pairs of a shape and a feature at most ``at_most_m`` true metres apart (0: they meet). ``inside``: the whole
    shape lies in the feature."""
    row, feature, metres = near_pairs(shapes, index.columns.geometry, index.frame, at_most_m)
    inside = np.zeros(len(row), bool)
    meet = np.flatnonzero(metres == 0.0)
    inside[meet] = shapely.covered_by(shapes[row[meet]], index.columns.geometry[feature[meet]])
    return Pairs.made(row, feature, metres, inside)


def near_pairs(mine: Shapes, theirs: Shapes, frame: Frame, at_most_m: float) -> tuple[Ints, Ints, Floats]:
    """(row of mine, row of theirs, true metres) of all shapes at most that far apart; 0 where they meet. Rows without a
    shape are no part of it."""
    here, there = (np.flatnonzero(~(shapely.is_missing(s) | shapely.is_empty(s))) for s in (mine, theirs))
    if not len(here) or not len(there):
        none = np.zeros(0, np.int64)
        return none, none, np.zeros(0)
    flat, others = in_frame(mine[here], frame), in_frame(theirs[there], frame)
    lats = shapely.bounds(mine[here])[:, [1, 3]]
    _, most = frame.distortion(float(lats.min()) - 0.1, float(lats.max()) + 0.1)
    row, at = shapely.STRtree(others).query(flat, predicate="dwithin", distance=(at_most_m + ROUNDING_M) * most)
    line = shapely.shortest_line(flat[row], others[at])
    a, b = (frame.to_lonlat(shapely.get_x(p), shapely.get_y(p)) for p in (shapely.get_point(line, k) for k in (0, 1)))
    row, feature = here[row], there[at]
    metres = np.round(distance_m(*a, *b), DECIMALS)
    metres = np.where(shapely.intersects(mine[row], theirs[feature]), 0.0, metres)
    keep = metres <= at_most_m
    return row[keep], feature[keep], metres[keep]


def overlap_m2(shapes: Shapes, layer: LayerColumns, pairs: Pairs) -> tuple[Floats, Floats]:
    """Square metres that each pair has in common, and the share of the record's area that this is."""
    common = shapely.intersection(shapes[pairs.point], layer.geometry[pairs.feature])
    area = area_m2(common)
    whole = area_m2(shapes[pairs.point])
    return area, np.where(whole > 0, area / np.where(whole > 0, whole, 1.0), 0.0)


def area_m2(shapes: Shapes) -> Floats:
    """Area of small shapes (WGS 84 degrees) with the radii of curvature at the middle of each, as distances are; lines
    and points have none."""
    lat = shapely.bounds(shapes)[:, [1, 3]].mean(axis=1)
    per_lon, per_lat = metres_per_degree(np.nan_to_num(lat))
    return np.asarray(np.round(shapely.area(shapes) * per_lon * per_lat, 2))


def beyond(shapes: Shapes, layer: LayerColumns, pairs: Pairs, at_least_m: float) -> npt.NDArray[np.bool_]:
    """Which shapes have some part that lies farther than ``at_least_m`` from every feature they are paired with. The
    pairs must hold all features within that distance."""
    out = np.ones(len(shapes), bool)
    for row in np.unique(pairs.point).tolist():
        near = pairs.feature[np.searchsorted(pairs.point, row, "left") : np.searchsorted(pairs.point, row, "right")]
        middle = shapely.centroid(shapes[row])
        frame = Frame(middle.x, middle.y)
        allowed = shapely.union_all(
            shapely.buffer(in_frame(layer.geometry[near], frame), at_least_m, quad_segs=QUADRANT)
        )
        left = shapely.difference(in_frame(shapes[[row]], frame)[0], allowed)
        out[row] = left.area > SLIVER_M2 if shapes[row].area else left.length > ROUNDING_M
    return out


def in_frame(shapes: Shapes, frame: Frame) -> Shapes:
    """The shapes in the flat metres of a frame."""
    return np.asarray(shapely.transform(shapes, lambda c: np.column_stack(frame.to_xy(c[:, 0], c[:, 1]))))
