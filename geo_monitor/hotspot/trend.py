"""Mann-Kendall: does a series rise or fall, whatever its shape?

Mann, "Nonparametric tests against trend", Econometrica 13, 1945; variance with ties as in Kendall, Rank Correlation
Methods, 4th edition, 1975, chapter 4: var S = (n (n - 1) (2 n + 5) - sum over ties t (t - 1) (2 t + 5)) / 18.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from geo_monitor.hotspot.near import Floats, Ints


@dataclass(frozen=True)
class Trend:
    """One entry a series. ``s``: rises less falls over all pairs; ``z`` with continuity correction, 0 where the
    variance is 0; ``p`` two-sided."""

    s: Ints
    variance: Floats
    z: Floats
    p: Floats


def mann_kendall(series: npt.ArrayLike) -> Trend:
    """``series``: (many, time) numbers; NaN where nothing is known at that time, which takes the time out of that
    series."""
    x = np.atleast_2d(np.asarray(series, float))
    s = np.zeros(len(x), dtype=np.int64)
    tied = np.ones(x.shape, dtype=np.int64)
    with np.errstate(invalid="ignore"):
        for lag in range(1, x.shape[1]):
            later, earlier = x[:, lag:], x[:, :-lag]
            s += (later > earlier).sum(axis=1) - (later < earlier).sum(axis=1)
            same = later == earlier
            tied[:, lag:] += same
            tied[:, :-lag] += same
    known = ~np.isnan(x)
    n = known.sum(axis=1)
    # Each of t tied values brings (t - 1) (2 t + 5); together they are the t (t - 1) (2 t + 5) of their tie.
    ties = np.where(known, (tied - 1) * (2 * tied + 5), 0).sum(axis=1)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18.0
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, (s - np.sign(s)) / np.sqrt(variance), 0.0)
    return Trend(s, variance, z, np.asarray(2.0 * ndtr(-np.abs(z))))
