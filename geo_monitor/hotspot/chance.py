"""How surprising a figure is: Monte-Carlo p, Gumbel p, recurrence interval, and many tests at once."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

Floats = npt.NDArray[np.float64]

#: Values closer than this are ties; a tie speaks for chance.
TIE = 1e-9


def monte_carlo_p(seen: npt.ArrayLike, null: npt.ArrayLike) -> Floats:
    """(1 + replicates at least as large) / (1 + replicates): Dwass, Annals of Mathematical Statistics 28, 1957."""
    ordered = np.sort(np.asarray(null, float))
    below = np.searchsorted(ordered, np.asarray(seen, float) - TIE, side="left")
    return np.asarray((1.0 + len(ordered) - below) / (1.0 + len(ordered)), float)


def gumbel_p(seen: npt.ArrayLike, null: npt.ArrayLike) -> Floats:
    """Upper tail of the Gumbel distribution with the mean and standard deviation of the replicates' maxima: beta =
    s sqrt(6) / pi, mu = mean - 0.5772 beta (Abrams, Kleinman & Kulldorff, International Journal of Health Geographics
    9, 2010, 61). Tells small p apart where the replicates cannot; NaN where the replicates do not vary."""
    maxima = np.asarray(null, float)
    spread = float(maxima.std(ddof=1)) if len(maxima) > 1 else 0.0
    if spread <= 0:
        return np.full(np.shape(seen), np.nan)
    beta = spread * math.sqrt(6) / math.pi
    mode = float(maxima.mean()) - np.euler_gamma * beta
    return np.asarray(-np.expm1(-np.exp(-(np.asarray(seen, float) - mode) / beta)))


def recurrence(p: npt.ArrayLike, units_between_looks: float = 1.0) -> Floats:
    """After how many time units of looking again and again chance alone is expected to bring such a signal once:
    interval / p (Kleinman, Lazarus & Platt, American Journal of Epidemiology 159, 2004)."""
    return units_between_looks / np.asarray(p, float)


def fdr(p: npt.ArrayLike) -> Floats:
    """Benjamini-Hochberg adjusted p (JRSS B 57, 1995) over all entries that are numbers; NaN stays NaN."""
    raw = np.asarray(p, float)
    out = np.full(raw.shape, np.nan)
    known = ~np.isnan(raw)
    if known.any():
        out[known] = false_discovery_control(raw[known], method="bh")
    return out
