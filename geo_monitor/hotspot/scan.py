"""The scan: which zone and time window has most more than chance would bring, and how often chance does as well.

Kulldorff 1997 (Poisson, Bernoulli), 2001 (prospective), Kulldorff et al. 2005 (permutation): the largest log likelihood
ratio over all zones and windows is compared with the largest of each of many random replicates, so that the many
places and times looked at are paid for once. A further cluster is compared with the same maxima, which is on the safe
side, and shares no point with an earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo_monitor.domain.words import Words
from geo_monitor.hotspot.chance import TIE, gumbel_p, monte_carlo_p, recurrence
from geo_monitor.hotspot.near import Floats, Ints
from geo_monitor.hotspot.scan_models import NullModel, Statistic, inside
from geo_monitor.hotspot.windows import Spans, Zones

#: Figures held at once while replicates are looked at: 32 MB each array.
FIGURES_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Cluster:
    """``points`` by number; ``first``, ``last`` time units, both included; ``recurrence`` in time units, prospective
    only. ``p`` is the Monte-Carlo p; ``p_gumbel`` tells small ones apart."""

    centre: int
    radius_m: float
    points: tuple[int, ...]
    first: int
    last: int
    observed: int
    expected: float
    statistic: float
    p: float
    p_gumbel: float
    recurrence: float | None

    @property
    def ratio(self) -> float:
        """Observed by expected."""
        return self.observed / self.expected

    def reason(self) -> Words:
        times, places, periods = f"{self.ratio:.1f}", len(self.points), self.last - self.first + 1
        zh = f"{places} 处 {periods} 个时段内 {self.observed} 件,按随机应有 {self.expected:.1f} 件"
        en = f"{self.observed} seen (places: {places}, periods: {periods})"
        often_zh, often_en = "", ""
        if self.recurrence is not None:
            often_zh = f";纯属偶然时约每 {self.recurrence:.0f} 个时段出现一次"
            often_en = f"; by chance about once in {self.recurrence:.0f} periods"
        return Words(
            f"{zh}({times} 倍,p = {self.p:.3f}){often_zh}",
            f"{en} where chance brings {self.expected:.1f} ({times} times, p = {self.p:.3f}){often_en}",
        )


@dataclass(frozen=True)
class Scan:
    """Clusters by statistic, largest first; ``null`` the largest statistic of each replicate, in the order drawn."""

    model: str
    prospective: bool
    clusters: tuple[Cluster, ...]
    cases: int
    zones: int
    windows: int
    replications: int
    seed: int
    null: Floats

    @property
    def limit(self) -> float:
        """The statistic that one replicate in twenty exceeds."""
        return float(np.quantile(self.null, 0.95)) if len(self.null) else float("nan")


def scan(
    model: NullModel,
    zones: Zones,
    spans: Spans,
    *,
    seed: int,
    replications: int = 999,
    most: int = 10,
    min_cases: int = 2,
    units_between_looks: float = 1.0,
) -> Scan:
    """At most ``most`` clusters, none overlapping another in space, each with at least ``min_cases`` cases (asked of
    the replicates too). Same input and seed, same answer."""
    statistic = model.within(zones.members, spans)
    counts = inside(zones.members, spans, model.cases)
    ratios = _ratios(statistic, counts, min_cases)
    null = _maxima(model, statistic, zones, spans, replications, min_cases, np.random.default_rng(seed))
    alive = bool((spans.last == model.cases.shape[1] - 1).all())
    clusters = []
    for zone, span in _apart(ratios, zones, most):
        value = float(ratios[zone, span])
        p, p_gumbel = float(monte_carlo_p(value, null)), float(gumbel_p(value, null))
        clusters.append(
            Cluster(
                centre=int(zones.centre[zone]),
                radius_m=float(zones.radius_m[zone]),
                points=tuple(zones.points(zone).tolist()),
                first=int(spans.first[span]),
                last=int(spans.last[span]),
                observed=int(counts[zone, span]),
                expected=float(statistic.expected[zone, span]),
                statistic=value,
                p=p,
                p_gumbel=p_gumbel,
                recurrence=float(recurrence(p, units_between_looks)) if alive and replications else None,
            )
        )
    total = int(model.cases.sum())
    return Scan(model.name, alive, tuple(clusters), total, len(zones), len(spans), replications, seed, null)


def _ratios(statistic: Statistic, counts: Ints, min_cases: int) -> Floats:
    found = statistic.ratio(counts)
    found[counts < min_cases] = 0.0
    return found


def _maxima(
    model: NullModel,
    statistic: Statistic,
    zones: Zones,
    spans: Spans,
    replications: int,
    min_cases: int,
    rng: np.random.Generator,
) -> Floats:
    widest = max(model.cases.size, len(zones) * (len(spans) + len(np.unique([spans.first, spans.last + 1]))), 1)
    at_once = max(1, FIGURES_AT_ONCE // widest)
    maxima = np.zeros(replications)
    if not len(zones):
        return maxima
    for begin in range(0, replications, at_once):
        many = min(at_once, replications - begin)
        drawn = np.moveaxis(model.draw(rng, many), 0, -1)
        counts = inside(zones.members, spans, drawn)
        maxima[begin : begin + many] = _ratios(statistic, counts, min_cases).reshape(-1, many).max(axis=0)
    return maxima


def _apart(ratios: Floats, zones: Zones, most: int) -> list[tuple[int, int]]:
    """Zone and window of the largest, then of the largest that shares no point with those before. Ties go to the zone
    and window that come first: few points, short time."""
    chosen: list[tuple[int, int]] = []
    best = ratios.max(axis=1, initial=0.0)
    while len(chosen) < most and best.size and best.max() > TIE:
        zone = int(np.flatnonzero(best >= best.max() - TIE)[0])
        span = int(np.flatnonzero(ratios[zone] >= best[zone] - TIE)[0])
        chosen.append((zone, span))
        taken = np.zeros(zones.members.shape[1])
        taken[zones.points(zone)] = 1.0
        best = np.where(zones.members @ taken > 0, 0.0, best)
    return chosen
