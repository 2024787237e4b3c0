"""Gi*: is there more in a neighbourhood than its size lets expect?

Getis & Ord, "The analysis of spatial association by use of distance statistics", Geographical Analysis 24, 1992; in the
standardised form of Ord & Getis, "Local spatial autocorrelation statistics: distributional issues and an application",
Geographical Analysis 27, 1995, equation 14. The normal tail of that z needs neighbourhoods with many counts; where few
are expected it finds hot cells in nothing, and the exact tail of a binomial, given the total, takes its place
(a map of such probabilities: Choynowski, "Maps based on probabilities", JASA 54, 1959).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import ndtr

from geo_monitor.domain.words import Words
from geo_monitor.errors import CallError
from geo_monitor.hotspot.chance import fdr
from geo_monitor.hotspot.near import Floats, Ints
from geo_monitor.hotspot.tails import binomial, hypergeometric, two_sided, whole

#: From so many expected in a neighbourhood the normal tail of z is used; tests/benchmarks/hotspots.py prints how many
#: false cells null maps have on both sides of it.
DENSE = 100.0
#: A neighbourhood with fewer is no hotspot, however rare: nobody should drive out for two reports.
MIN_COUNT = 3

HOT, COLD, NEITHER, UNMEASURED = 1, -1, 0, 2
WORDS = {
    HOT: Words("热点", "hot spot"),
    COLD: Words("冷点", "cold spot"),
    NEITHER: Words("无显著聚集", "neither"),
    UNMEASURED: Words("投入未知", "effort not known"),
}


def gi_star(values: npt.ArrayLike, weights: csr_array) -> Floats:
    """z of each of n places; ``weights``: (n, n) with self. z = (sum_j w x_j - W mean) / (s sqrt((n S1 - W^2) / (n-1)))
    with W = sum_j w, S1 = sum_j w^2, s^2 = mean of x^2 - mean^2; NaN where nothing varies or all are neighbours."""
    x = np.asarray(values, float)
    n = len(x)
    w_sum, s1 = np.asarray(weights.sum(axis=1)).ravel(), np.asarray(weights.power(2).sum(axis=1)).ravel()
    spread = x.std() * np.sqrt(np.maximum(n * s1 - w_sum**2, 0.0) / max(n - 1, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, (weights @ x - w_sum * x.mean()) / spread, np.nan)


@dataclass(frozen=True)
class Spot:
    """One place as a page or a letter shows it; ``q`` is p adjusted for the many places (Benjamini-Hochberg)."""

    place: int
    verdict: int
    count: int
    expected: float
    z: float
    p: float
    q: float
    exact: bool

    @property
    def words(self) -> Words:
        return WORDS[self.verdict]

    def reason(self) -> Words:
        zh_tail, en_tail = ("精确检验", "exact tail") if self.exact else ("正态近似", "normal tail")
        return Words(
            f"邻域内 {self.count} 件,应有 {self.expected:.1f} 件,校正后 q = {self.q:.2g}({zh_tail})",
            f"{self.count} in the neighbourhood where {self.expected:.1f} are expected, "
            f"q = {self.q:.2g} after adjustment ({en_tail})",
        )


@dataclass(frozen=True)
class Hotspots:
    """One entry a place: what its neighbourhood holds and is expected to hold, z, two-sided p, adjusted q, whether the
    tail is exact, and the verdict. ``left_out``: incidents at places whose exposure is 0 or not known; they are in no
    figure here."""

    count: Ints
    expected: Floats
    z: Floats
    p: Floats
    q: Floats
    exact: npt.NDArray[np.bool_]
    verdict: Ints
    alpha: float
    min_count: int
    left_out: int

    def spot(self, place: int) -> Spot:
        return Spot(
            place,
            int(self.verdict[place]),
            int(self.count[place]),
            float(self.expected[place]),
            float(self.z[place]),
            float(self.p[place]),
            float(self.q[place]),
            bool(self.exact[place]),
        )

    def hot(self) -> tuple[Spot, ...]:
        """The hot spots, the most surprising first."""
        found = np.flatnonzero(self.verdict == HOT)
        order = np.lexsort((found, -self.count[found] / self.expected[found], self.p[found]))
        return tuple(self.spot(int(place)) for place in found[order])


def hotspots(
    counts: npt.ArrayLike,
    neighbours: csr_array,
    exposure: npt.ArrayLike | None = None,
    *,
    alpha: float = 0.05,
    min_count: int = MIN_COUNT,
    dense: float = DENSE,
) -> Hotspots:
    """Gi* for counts. ``neighbours``: (n, n), 1 for neighbours and self. ``exposure``: (n,), what the expected count is
    in proportion to; all alike if None, and then z is that of ``gi_star``. Where it is 0 or NaN nothing is said.

    With an exposure z is (K - C e) / sqrt(phi C e (1 - e)): K in the neighbourhood, C in all, e its share of the
    exposure, phi = sum (x - mu)^2 / mu / (n - 1) the dispersion after Pearson (McCullagh & Nelder, Generalized Linear
    Models, 1989, section 4.5). With equal exposures this is Ord & Getis' equation 14, term by term."""
    x = np.asarray(counts, float)
    if not whole(x):
        raise CallError("hotspots: counts must be whole numbers from 0 up; for other values use gi_star")
    risk = np.ones(len(x)) if exposure is None else np.nan_to_num(np.asarray(exposure, float))
    if risk.shape != x.shape or (risk < 0).any() or not np.isfinite(risk).all():
        raise CallError(f"hotspots: exposure must be {len(x)} numbers from 0 up")
    _asked_of(neighbours, len(x))
    known = risk > 0
    left_out = int(x[~known].sum())
    x = np.where(known, x, 0.0)
    total, all_risk = int(x.sum()), float(risk.sum())
    share = neighbours @ risk / max(all_risk, np.finfo(float).tiny)
    seen = np.rint(neighbours @ x).astype(np.int64)
    expected = total * share
    z = _z(x, risk, known, seen, expected, share)
    exact = (expected < dense) | np.isnan(z)
    p = np.asarray(2.0 * ndtr(-np.abs(z)))
    p[exact] = two_sided(*binomial(seen[exact], total, share[exact]))
    return _judged(seen, expected, z, p, exact, known, alpha, min_count, left_out)


def hits_among(
    hits: npt.ArrayLike,
    looked_at: npt.ArrayLike,
    neighbours: csr_array,
    *,
    alpha: float = 0.05,
    min_count: int = MIN_COUNT,
) -> Hotspots:
    """Where of the things looked at (premises inspected, samples taken; whole numbers, each a hit or none) more are
    hits than elsewhere: the exact hypergeometric tail everywhere. z is that of the hypergeometric variance."""
    x, n = np.asarray(hits, float), np.asarray(looked_at, float)
    if not (whole(x) and whole(n)) or (x > n).any():
        raise CallError("hotspots: hits and what was looked at must be whole numbers, hits not the larger")
    _asked_of(neighbours, len(x))
    cases, everyone = int(x.sum()), int(n.sum())
    seen, here = np.rint(neighbours @ x).astype(np.int64), np.rint(neighbours @ n).astype(np.int64)
    rate = cases / max(everyone, 1)
    spread = here * rate * (1 - rate) * (everyone - here) / max(everyone - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, (seen - here * rate) / np.sqrt(spread), np.nan)
    p = two_sided(*hypergeometric(seen, here, cases, everyone))
    return _judged(seen, here * rate, z, p, np.ones(len(x), bool), n > 0, alpha, min_count, 0)


def _asked_of(neighbours: csr_array, places: int) -> None:
    """Counts are counted, not weighed, and a place belongs to its own neighbourhood."""
    if neighbours.shape != (places, places) or (neighbours.data != 1).any() or (neighbours.diagonal() != 1).any():
        raise CallError(
            f"hotspots: neighbours must be a ({places}, {places}) matrix of 1, with 1 for each place itself"
        )


def _z(x: Floats, risk: Floats, known: npt.NDArray[np.bool_], seen: Ints, expected: Floats, share: Floats) -> Floats:
    mu = x.sum() * risk[known] / risk.sum() if x.sum() else np.ones(int(known.sum()))
    dispersion = float(((x[known] - mu) ** 2 / mu).sum()) / max(int(known.sum()) - 1, 1)
    variance = dispersion * expected * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 1e-12 * max(x.sum(), 1.0), (seen - expected) / np.sqrt(variance), np.nan)


def _judged(
    seen: Ints,
    expected: Floats,
    z: Floats,
    p: Floats,
    exact: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    alpha: float,
    min_count: int,
    left_out: int,
) -> Hotspots:
    p = np.where(known, p, np.nan)
    q = fdr(p)
    with np.errstate(invalid="ignore"):
        found = np.where(q <= alpha, np.sign(seen - expected), 0).astype(np.int64)
    found[(found == HOT) & (seen < min_count)] = NEITHER
    found[~known] = UNMEASURED
    return Hotspots(seen, expected, z, p, q, exact, found, alpha, min_count, left_out)
