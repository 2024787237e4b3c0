"""Square cells over a plane in metres."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo_monitor.errors import CallError
from geo_monitor.hotspot.near import Floats, Ints

#: More cells than this are a slip in the size of a cell or in the unit of the bounds.
MOST_CELLS = 2_000_000


@dataclass(frozen=True)
class Grid:
    """``columns`` × ``rows`` cells of ``step_m`` from the south-west corner (``west``, ``south``), numbered from there
    to the east, row by row to the north. A cell owns its southern and western edge."""

    west: float
    south: float
    step_m: float
    columns: int
    rows: int

    def __len__(self) -> int:
        return self.columns * self.rows

    def middles(self) -> Floats:
        """(n, 2) metres."""
        row, column = np.divmod(np.arange(len(self)), self.columns)
        return np.column_stack([self.west + (column + 0.5) * self.step_m, self.south + (row + 0.5) * self.step_m])

    def cell_of(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Ints:
        """The cell of each place in the plane; -1 outside and where a coordinate is no number."""
        with np.errstate(invalid="ignore"):
            column = np.floor((np.asarray(x, float) - self.west) / self.step_m)
            row = np.floor((np.asarray(y, float) - self.south) / self.step_m)
            inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        return np.where(inside, np.where(inside, row * self.columns + column, 0), -1).astype(np.int64)

    def counts(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Ints:
        """How many places lie in each cell; those outside are in none (``cell_of`` tells which)."""
        cell = self.cell_of(x, y)
        return np.bincount(cell[cell >= 0], minlength=len(self))


def grid(west: float, south: float, east: float, north: float, step_m: float) -> Grid:
    """The fewest cells of ``step_m`` that cover the box, its eastern and northern edge included. Corners lie on whole
    multiples of the step, so that next week's box, a little wider, has the same cells."""
    if not step_m > 0 or not (west <= east and south <= north):
        raise CallError(
            f"cells: expected a size above 0 m and a box, found {step_m} m and {(west, south, east, north)}"
        )
    left, below = math.floor(west / step_m), math.floor(south / step_m)
    columns, rows = math.floor(east / step_m) - left + 1, math.floor(north / step_m) - below + 1
    if columns * rows > MOST_CELLS:
        raise CallError(f"cells: {columns} × {rows} cells of {step_m} m; expected at most {MOST_CELLS}: larger cells")
    return Grid(left * step_m, below * step_m, step_m, columns, rows)
