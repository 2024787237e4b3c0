"""Polygons refined into grid cells: a cell lies fully inside a polygon (no test needed) or is cut by its border (one
exact test). A point finds its cell by a division. 28 times quicker than a spatial join per point (see
docs/proofs.md)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.engine.metres import Floats, Frame

Ints = npt.NDArray[np.int64]


def runs(lengths: Ints) -> Ints:
    """0,1,…,n0-1, 0,1,…,n1-1, … for the given lengths."""
    total = int(lengths.sum())
    return np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)


class CellIndex:
    """Cells of a square grid, each with a slice of a member array: ``members(key)`` for many keys at once."""

    def __init__(self, column: npt.NDArray[Any], row: npt.NDArray[Any]) -> None:
        self.i_min = int(column.min()) if len(column) else 0
        self.j_min = int(row.min()) if len(row) else 0
        self.width = int(column.max()) - self.i_min + 1 if len(column) else 0
        self.height = int(row.max()) - self.j_min + 1 if len(row) else 0
        key = (column.astype(np.int64) - self.i_min) * self.height + (row - self.j_min)
        self._order: Ints | None = np.argsort(key, kind="stable")
        self.keys, first = np.unique(key[self._order], return_index=True)
        self.start = np.append(first, len(key)).astype(np.int64)
        # A dense table answers at once. Where few cells of a wide grid hold something it would be far larger than they:
        # then one bit a cell says which do, and only those are searched for.
        cells = self.width * self.height
        self.dense: npt.NDArray[np.int32] | None = None
        self.bits: npt.NDArray[np.uint8] | None = None
        if 0 < cells <= max(500_000, min(16 * len(self.keys), 64_000_000)):
            self.dense = np.full(cells + 1, -1, dtype=np.int32)
            self.dense[self.keys] = np.arange(len(self.keys), dtype=np.int32)
        elif 0 < cells <= 512_000_000:
            self.bits = np.zeros(cells // 8 + 2, np.uint8)
            np.bitwise_or.at(self.bits, self.keys >> 3, (1 << (self.keys & 7)).astype(np.uint8))

    def in_order(self, members: npt.NDArray[Any], last: bool = True) -> npt.NDArray[Any]:
        """The members, given in the order of the cells' arguments, as the slots have them; after the ``last`` array the
        order is forgotten (it is as long as all members together)."""
        assert self._order is not None
        placed = members[self._order]
        if last:
            self._order = None
        return placed

    def slots(self, column: Ints, row: Ints) -> Ints:
        """For each cell its slot, or -1 where the grid has nothing."""
        i, j = column - self.i_min, row - self.j_min
        inside = (i >= 0) & (i < self.width) & (j >= 0) & (j < self.height)
        key = np.where(inside, i * self.height + j, -1)
        if self.dense is not None:
            return self.dense[key].astype(np.int64)
        if not len(self.keys):
            return np.full(len(key), -1, dtype=np.int64)
        if self.bits is not None:
            held = np.flatnonzero(self.bits[key >> 3] >> (key & 7).astype(np.uint8) & 1)
            out = np.full(len(key), -1, dtype=np.int64)
            out[held] = np.searchsorted(self.keys, key[held])
            return out
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(self.keys[at] == key, at, -1).astype(np.int64)

    def expand(self, slots: Ints) -> tuple[Ints, Ints]:
        """(position in ``slots``, position in the member order) for every member of every slot ≥ 0."""
        found = np.flatnonzero(slots >= 0)
        s = slots[found]
        count = self.start[s + 1] - self.start[s]
        return np.repeat(found, count), runs(count) + np.repeat(self.start[s], count)


class PolygonCover:
    """Which polygons hold which points; the border belongs to the polygon.

    ``polygons``: object array of valid (Multi)Polygons in degrees; ``cell_m``: side of a grid cell in metres.
    """

    def __init__(self, polygons: npt.NDArray[np.object_], frame: Frame, cell_m: float = 250.0) -> None:
        self.polygons, self.frame = polygons, frame
        shapely.prepare(polygons)
        kx, ky = frame.scale
        self.dx, self.dy = cell_m / kx, cell_m / ky
        bounds = shapely.bounds(polygons).reshape(-1, 4)
        i0, j0 = self._cell(bounds[:, 0], bounds[:, 1])
        i1, j1 = self._cell(bounds[:, 2], bounds[:, 3])
        size = np.maximum(i1 - i0, j1 - j0) + 1
        level = np.ceil(np.log2(np.maximum(size, 1))).astype(np.int64)
        columns, rows, owner, full = self._refine(np.arange(len(polygons)), i0, j0, level)
        self.index = CellIndex(columns, rows)
        self.owner = self.index.in_order(owner, last=False).astype(np.int64)
        self.full = self.index.in_order(full)

    def _cell(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
        return (
            np.floor((lon - self.frame.lon0) / self.dx).astype(np.int64),
            np.floor((lat - self.frame.lat0) / self.dy).astype(np.int64),
        )

    def _box(self, i: Ints, j: Ints, cells: Ints) -> npt.NDArray[np.object_]:
        # A hair wider than the cell: a point that rounding puts into a cell must lie in the cell's box.
        ex, ey = self.dx * 1e-6, self.dy * 1e-6
        west, south = self.frame.lon0 + i * self.dx, self.frame.lat0 + j * self.dy
        return np.atleast_1d(
            shapely.box(west - ex, south - ey, west + cells * self.dx + ex, south + cells * self.dy + ey)
        )

    def _refine(self, owner: Ints, i: Ints, j: Ints, level: Ints) -> tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]:
        """Top down, all polygons at once: a square inside its polygon is emitted whole, one that is cut is split
        until it is a single cell, one outside is dropped."""
        out: list[tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]] = [
            (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
        ]
        while len(owner):
            cells = (1 << level).astype(np.int64)
            box = self._box(i, j, cells)
            touched = shapely.intersects(self.polygons[owner], box)
            inside = np.zeros(len(owner), bool)
            inside[touched] = shapely.contains_properly(self.polygons[owner[touched]], box[touched])
            whole = np.flatnonzero(inside)
            if len(whole):
                count = cells[whole] ** 2
                at, k = np.repeat(whole, count), runs(count)
                out.append((i[at] + k // cells[at], j[at] + k % cells[at], owner[at], np.ones(len(at), bool)))
            cut = touched & ~inside
            leaf = np.flatnonzero(cut & (level == 0))
            out.append((i[leaf], j[leaf], owner[leaf], np.zeros(len(leaf), bool)))
            split = np.flatnonzero(cut & (level > 0))
            half = cells[split] >> 1
            owner = np.tile(owner[split], 4)
            level = np.tile(level[split] - 1, 4)
            i, j = (
                np.concatenate([i[split], i[split] + half, i[split], i[split] + half]),
                np.concatenate([j[split], j[split], j[split] + half, j[split] + half]),
            )
        columns, rows, owners, full = (np.concatenate(part) for part in zip(*out, strict=True))
        return columns, rows, owners, full

    def join(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
        """(point, polygon) positions of every pair, sorted by point and polygon."""
        point, member = self.index.expand(self.index.slots(*self._cell(lon, lat)))
        polygon, sure = self.owner[member], self.full[member]
        ask = np.flatnonzero(~sure)
        if len(ask):
            sure = sure.copy()
            sure[ask] = shapely.intersects_xy(self.polygons[polygon[ask]], lon[point[ask]], lat[point[ask]])
        point, polygon = point[sure], polygon[sure]
        order = np.argsort(point * (len(self.polygons) + 1) + polygon, kind="stable")
        return point[order], polygon[order]
