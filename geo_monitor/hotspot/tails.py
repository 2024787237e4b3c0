"""Exact tails of a count when the total is given, for many places at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincc
from scipy.stats import hypergeom

from geo_monitor.hotspot.near import Floats, Ints


def two_sided(upper: Floats, lower: Floats) -> Floats:
    """Twice the smaller tail, at most 1 (Cox & Hinkley, Theoretical Statistics, 1974, p. 79)."""
    return np.minimum(1.0, 2.0 * np.minimum(upper, lower))


def binomial(seen: Ints, total: int, share: Floats) -> tuple[Floats, Floats]:
    """P(K >= seen) and P(K <= seen) for K ~ Binomial(total, share): Poisson counts in proportion to exposure, given
    their total (Przyborowski & Wilenski, Biometrika 31, 1940). By the incomplete beta function (Abramowitz & Stegun
    26.5.24), so that no small p is lost to 1 - something."""
    k, p = np.asarray(seen, float), np.clip(share, 0.0, 1.0)
    upper = np.where(k <= 0, 1.0, betainc(np.maximum(k, 1.0), np.maximum(total - k, 0.0) + 1.0, p))
    lower = np.where(k >= total, 1.0, betaincc(k + 1.0, np.maximum(total - k, 1.0), p))
    return np.asarray(upper), np.asarray(lower)


def hypergeometric(seen: Ints, at_risk: Ints, cases: int, everyone: int) -> tuple[Floats, Floats]:
    """P(K >= seen) and P(K <= seen) where ``cases`` of ``everyone`` are drawn without replacement and ``at_risk`` of
    them are here: hits among things looked at one by one (Fisher, JRSS 98, 1935)."""
    k, n = np.asarray(seen), np.asarray(at_risk)
    pairs, back = np.unique(np.stack([k, n]), axis=1, return_inverse=True)
    upper = hypergeom.sf(pairs[0] - 1, everyone, cases, pairs[1])
    lower = hypergeom.cdf(pairs[0], everyone, cases, pairs[1])
    return np.asarray(upper[back.ravel()], float), np.asarray(lower[back.ravel()], float)


def whole(counts: npt.ArrayLike) -> bool:
    """Whether these are counts: whole numbers from 0 up."""
    values = np.asarray(counts, float)
    return bool((np.isfinite(values) & (values >= 0) & (values == np.rint(values))).all())
