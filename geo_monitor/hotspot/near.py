"""What lies near what: in the plane, on the earth, along a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo_monitor.errors import CallError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Semi-axes of the WGS 84 ellipsoid in metres (EPSG:7030).
WGS84_A, WGS84_B = 6_378_137.0, 6_356_752.314_245
#: Rows of the network that are measured at once: a row is as wide as the network.
ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Pairs:
    """``point`` lies ``far_m`` metres from ``centre``; both ways round, and each with itself at 0. ``of``: how many."""

    centre: Ints
    point: Ints
    far_m: Floats
    of: int

    def matrix(self) -> csr_array:
        """Binary neighbourhoods with self, (n, n): the weights of Gi*."""
        ones = np.ones(len(self.centre))
        return csr_array((ones, (self.centre, self.point)), shape=(self.of, self.of))


def around(metres: npt.ArrayLike, within_m: float) -> Pairs:
    """Straight distances up to ``within_m``. ``metres``: (n, 2) in a plane or (n, 3) of ``earth_centred``."""
    at = np.asarray(metres, float)
    if at.ndim != 2 or not np.isfinite(at).all():
        raise CallError(f"hotspots: positions must be finite metres of shape (n, 2) or (n, 3), found shape {at.shape}")
    pairs = cKDTree(at).query_pairs(within_m, output_type="ndarray")
    length = np.sqrt(((at[pairs[:, 0]] - at[pairs[:, 1]]) ** 2).sum(axis=1))
    alone = np.arange(len(at))
    centre = np.concatenate([pairs[:, 0], pairs[:, 1], alone]).astype(np.int64)
    point = np.concatenate([pairs[:, 1], pairs[:, 0], alone]).astype(np.int64)
    return Pairs(centre, point, np.concatenate([length, length, np.zeros(len(at))]), len(at))


def along(way_m: csr_array, within_m: float) -> Pairs:
    """Distances along a network up to ``within_m``. ``way_m``: (n, n) sparse, the metres from the middle of a reach to
    the middle of each it touches; a walk may go with and against the water."""
    size = int(way_m.shape[0])
    found: list[tuple[Ints, Ints, Floats]] = []
    for first in range(0, size, ROWS_AT_ONCE):
        rows = np.arange(first, min(first + ROWS_AT_ONCE, size))
        far = dijkstra(way_m, directed=False, indices=rows, limit=within_m)
        row, point = np.nonzero(np.isfinite(far))
        found.append((rows[row], point, far[row, point]))
    centre, point, far_m = (np.concatenate(part) for part in zip(*found, strict=True))
    return Pairs(centre, point, far_m, size)


def earth_centred(lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """WGS 84 degrees to metres from the earth's centre, shape (n, 3), height 0. The straight line between two such
    points is shorter than the way over the ground by d^3 / (24 R^2): 0.1 m at 50 km."""
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    normal = WGS84_A**2 / np.hypot(WGS84_A * np.cos(phi), WGS84_B * np.sin(phi))
    up = normal * (WGS84_B / WGS84_A) ** 2 * np.sin(phi)
    return np.column_stack([normal * np.cos(phi) * np.cos(lam), normal * np.cos(phi) * np.sin(lam), up])
