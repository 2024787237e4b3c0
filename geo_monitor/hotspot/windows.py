"""The places and times a scan looks at: circles round points, reaches that hang together, runs of whole time units.

A zone is a set of points. The zones round one centre grow with the distance, and points equally far come in together,
so that no order of the input decides what belongs to a zone (Kulldorff, "A spatial scan statistic", Communications in
Statistics - Theory and Methods 26, 1997, section 4). On a river the distance is the way along the water; every zone is
then a connected piece of the network (Duczmal & Assuncao 2004 ask for connected zones; growing by network distance as
in Shiode, "Street-level spatial scan statistic and STAC", IJGIS 25, 2011).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from geo_monitor.errors import CallError
from geo_monitor.hotspot.near import Floats, Ints, Pairs, along, around

#: Distances closer than this are equal: below what any coordinate of ours can tell.
SAME_M = 1e-6


@dataclass(frozen=True)
class Zones:
    """``members``: zones by points, 1 where the point belongs; ``centre`` the point each grew from; ``radius_m`` how
    far it reaches. Ordered by number of points, radius and centre, so that of equals the smallest comes first."""

    members: csr_array
    centre: Ints
    radius_m: Floats

    def __len__(self) -> int:
        return int(self.members.shape[0])

    def points(self, zone: int) -> Ints:
        start, stop = self.members.indptr[zone], self.members.indptr[zone + 1]
        return np.sort(self.members.indices[start:stop]).astype(np.int64)


def circles(metres: npt.ArrayLike, within_m: float, weight: npt.ArrayLike, max_share: float = 0.5) -> Zones:
    """All circles round the points up to ``within_m``. ``metres``: (n, 2) in a plane or (n, 3) of ``earth_centred``.

    ``weight``: (n,) what each point has of cases (permutation), exposure (Poisson) or cases and controls (Bernoulli);
    no zone holds more than ``max_share`` of all of it, and points without any do not tell one zone from another."""
    return _growing(around(metres, within_m), weight, max_share)


def reaches(way_m: csr_array, within_m: float, weight: npt.ArrayLike, max_share: float = 0.5) -> Zones:
    """All connected pieces of a network that a walk of at most ``within_m`` from one of its reaches covers.

    ``way_m``: (n, n) sparse, the metres from the middle of a reach to the middle of each it touches; a walk may go with
    and against the water. ``weight`` and ``max_share`` as for ``circles``."""
    return _growing(along(way_m, within_m), weight, max_share)


def _growing(pairs: Pairs, weight: npt.ArrayLike, max_share: float) -> Zones:
    """Of each centre the nearest, the two nearest, ..."""
    heavy = np.asarray(weight, float)
    order = np.lexsort((pairs.point, pairs.far_m, pairs.centre))
    centre, point, far_m = pairs.centre[order], pairs.point[order], pairs.far_m[order]
    begins = np.flatnonzero(np.diff(centre, prepend=-1))
    start = np.repeat(begins, np.diff(np.append(begins, len(centre))))
    last = np.append((np.diff(centre) != 0) | (np.diff(far_m) > SAME_M), True)
    ends = np.flatnonzero(last & (_since(heavy[point], start) <= max_share * heavy.sum() * (1 + 1e-12)))
    size = ends - start[ends] + 1
    # Equal sets are found by the sum of random 62-bit names; a point without weight has the name 0, and so does not
    # make a second zone of what the scan cannot tell apart. Smaller zones come first and are the ones kept.
    names = np.random.default_rng(62).integers(1, 2**62, size=(2, len(heavy)), dtype=np.uint64)
    names[:, heavy <= 0] = 0
    sums = np.stack([_since(row[point], start)[ends] for row in names])
    smallest = np.lexsort((centre[ends], far_m[ends], size))
    _, one = np.unique(sums[:, smallest], axis=1, return_index=True)
    kept = smallest[np.sort(one[sums[:, smallest][:, one].any(axis=0)])]
    ends, size = ends[kept], size[kept]
    zone = np.repeat(np.arange(len(ends)), size)
    inside = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(start[ends], size)
    members = coo_array((np.ones(len(zone), np.int32), (zone, point[inside])), shape=(len(ends), len(heavy))).tocsr()
    return Zones(members, centre[ends], far_m[ends])


def _since(values: npt.NDArray, start: Ints) -> npt.NDArray:
    """Sum from ``start`` of each row up to and with the row (unsigned sums wrap round, which does no harm)."""
    total = np.cumsum(values)
    return total - total[start] + values[start]


@dataclass(frozen=True)
class Spans:
    """Runs of time units, both ends included; ``first`` and ``last`` count from 0."""

    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.first)


def spans(units: int, longest: int, shortest: int = 1, prospective: bool = True) -> Spans:
    """Every run of ``shortest`` to ``longest`` units; prospective: only those that still last in the final unit
    (Kulldorff, "Prospective time periodic geographical disease surveillance", JRSS A 164, 2001). Short ones first."""
    if not 1 <= shortest <= longest <= units:
        raise CallError(f"scan: time windows of {shortest} to {longest} units do not fit into {units} units")
    ends = [units - 1] if prospective else range(units - 1, -1, -1)
    runs = [(end - n + 1, end) for n in range(shortest, longest + 1) for end in ends if end - n + 1 >= 0]
    first, last = np.array(runs, dtype=np.int64).T
    return Spans(first, last)
