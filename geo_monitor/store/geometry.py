"""Where things are, as the store keeps it: the Morton key of incidents, WKB and bounds of features.

The key is a place on the Web-Mercator square, 26 bits an axis, interleaved (x in the even bits), so that it
fits a 64-bit integer and a cell of the map is a prefix of it: ``key >> cell_shift(zoom)`` names the cell
that a point falls into. A key finds candidates; the stored degrees decide.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.place import Box

BITS = 26
_SIDE = 1 << BITS

#: A map tile of zoom z has 256 pixels and is one cell of z bits an axis; two bits more make a cell of 64
#: pixels.
_CELL_BITS = 2

Ints = npt.NDArray[np.int64]
Degrees = npt.NDArray[np.float64]


def mercator_grid(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Ints, Ints]:
    """Column and row (from the north-west) of WGS 84 degrees in the square of 2^26 by 2^26 fine cells.
    Latitudes beyond 85.05 degrees lie in the outermost row."""
    x = (np.asarray(lon, dtype=np.float64) + 180.0) / 360.0
    tall = np.clip(np.asarray(lat, dtype=np.float64), -89.9, 89.9)
    y = 0.5 - np.arcsinh(np.tan(np.radians(tall))) / (2.0 * np.pi)
    return (
        np.clip(np.floor(x * _SIDE), 0, _SIDE - 1).astype(np.int64),
        np.clip(np.floor(y * _SIDE), 0, _SIDE - 1).astype(np.int64),
    )


def morton(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Ints:
    """The key of each point (0 ≤ key < 2^52), given WGS 84 degrees."""
    x, y = mercator_grid(lon, lat)
    return _interleave(x, y)


def cell_shift(zoom: int) -> int:
    """By how many bits a key is shifted to name its cell at a zoom of the map: cells are 64 pixels wide."""
    return 2 * (BITS - min(BITS, max(0, zoom + _CELL_BITS)))


def ranges_over(box: Box, most: int = 24) -> list[tuple[int, int]]:
    """Ranges of keys (both ends included, disjoint, rising, at most ``most``) that hold every point of the
    box and some around it: the box is covered by at most 16 by 16 cells, neighbours on the curve are
    joined, then the smallest gaps are given up."""
    (west, east), (north, south) = mercator_grid([box.west, box.east], [box.north, box.south])
    # One fine cell (0.6 m) more on each side: rounding in the projection can then never lose a point on the
    # border.
    x0, x1 = max(0, int(west) - 1), min(_SIDE - 1, int(east) + 1)
    y0, y1 = max(0, int(north) - 1), min(_SIDE - 1, int(south) + 1)
    up = 0
    while (x1 >> up) - (x0 >> up) >= 16 or (y1 >> up) - (y0 >> up) >= 16:
        up += 1
    columns, rows = np.meshgrid(np.arange(x0 >> up, (x1 >> up) + 1), np.arange(y0 >> up, (y1 >> up) + 1))
    keys = np.sort(_interleave(columns.ravel(), rows.ravel()))
    gaps = np.diff(keys) - 1
    breaks = np.flatnonzero(gaps > 0)
    if len(breaks) >= most:
        widest = np.argsort(-gaps[breaks], kind="stable")[: most - 1]
        breaks = np.sort(breaks[widest])
    first = keys[np.concatenate(([0], breaks + 1))]
    last = keys[np.concatenate((breaks, [len(keys) - 1]))]
    return [(int(a) << 2 * up, ((int(b) + 1) << 2 * up) - 1) for a, b in zip(first, last, strict=True)]


def ranges_over_all(boxes: Sequence[Box]) -> tuple[list[int], list[int]]:
    """First and last keys of ranges (both ends included, disjoint, rising) that hold every point of the boxes and some
    around them: for many small boxes at once, each covered by at most 5 by 5 cells."""
    edges = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    west, north = mercator_grid(edges[:, 0], edges[:, 3])
    east, south = mercator_grid(edges[:, 2], edges[:, 1])
    x0, x1 = np.maximum(west - 1, 0), np.minimum(east + 1, _SIDE - 1)  # one fine cell more, as in `ranges_over`
    y0, y1 = np.maximum(north - 1, 0), np.minimum(south + 1, _SIDE - 1)
    longest = np.maximum(x1 - x0, y1 - y0)
    up = np.zeros(len(edges), dtype=np.int64)
    while (wide := (longest >> up) >= 4).any():
        up += wide
    step = np.arange(5)
    x, y = ((x0 >> up)[:, None] + step)[:, None, :], ((y0 >> up)[:, None] + step)[:, :, None]
    meant = (x <= (x1 >> up)[:, None, None]) & (y <= (y1 >> up)[:, None, None])
    keys = _interleave(*np.broadcast_arrays(x, y))
    size = np.broadcast_to((2 * up)[:, None, None], keys.shape)
    first = keys[meant] << size[meant]
    order = np.argsort(first, kind="stable")
    first = first[order]
    last = np.maximum.accumulate(first + ((np.int64(1) << size[meant][order]) - 1))
    starts = np.concatenate(([True], first[1:] > last[:-1] + 1)) if len(first) else np.zeros(0, dtype=bool)
    ends = np.concatenate((starts[1:], [True])) if len(first) else starts
    return first[starts].tolist(), last[ends].tolist()


def to_wkb(geometries: Sequence[BaseGeometry | None]) -> tuple[list[bytes | None], Degrees]:
    """WKB of each geometry (None stays None) and its bounds as an (n, 4) array west, south, east, north;
    the bounds of nothing are NaN."""
    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = geometries
    return list(shapely.to_wkb(shapes)), shapely.bounds(shapes).reshape(len(geometries), 4)


def from_wkb(wkb: Sequence[bytes | None]) -> npt.NDArray[np.object_]:
    """Geometries of WKB, None for None."""
    raw = np.empty(len(wkb), dtype=object)
    raw[:] = wkb
    shapes = np.empty(len(wkb), dtype=object)
    shapes[:] = shapely.from_wkb(raw)
    return shapes


def _interleave(x: Ints, y: Ints) -> Ints:
    return _spread(x) | (_spread(y) << 1)


def _spread(value: Ints) -> Ints:
    """The low 32 bits of each number, a zero between any two of them."""
    v = value.astype(np.uint64)
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        v = (v | (v << np.uint64(shift))) & np.uint64(mask)
    return v.astype(np.int64)
