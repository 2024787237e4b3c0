"""Kinds of columns, and the few turns of numpy that several files need."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
#: Object arrays of str, and of shapely geometries.
Texts = npt.NDArray[np.object_]
Shapes = npt.NDArray[np.object_]


def spans(sorted_keys: Ints, many: int) -> Ints:
    """Where the rows of each key 0…many-1 begin; one more entry at the end. Shape (many + 1,)."""
    return np.searchsorted(sorted_keys, np.arange(many + 1)).astype(np.int64)


def members(start: Ints, keys: Ints) -> tuple[Ints, Ints]:
    """(position in ``keys``, row) of all rows of the keys, ``start`` as of ``spans``."""
    size = start[keys + 1] - start[keys]
    at = np.repeat(np.arange(len(keys)), size)
    within = np.arange(len(at)) - np.repeat(np.cumsum(size) - size, size)
    return at, start[keys][at] + within


def firsts(*sorted_columns: npt.NDArray[Any]) -> Ints:
    """Positions at which a new combination begins, of columns sorted together."""
    n = len(sorted_columns[0])
    if n == 0:
        return np.zeros(0, np.int64)
    new = np.zeros(n, bool)
    new[0] = True
    for column in sorted_columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new)
