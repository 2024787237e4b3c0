"""Thresholds over hits in order of time: "at least k within W" is ``t[i+k-1] - t[i] <= W`` on a sorted run.

A window ends with a record and reaches back as far as it may; it includes both its ends: two reports exactly 30 days
apart lie within 30 days. All unknown reporters together count as one, because nobody can tell them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_monitor.engine.columns import evidence_bits
from geo_monitor.engine.sieve import Mask, compared, figures, offsets, periods
from geo_monitor.supervision.model import PERIODS, Having, Number, SupervisionModel, Threshold

Ints = npt.NDArray[np.int64]
FOREVER = np.int64(2**61)


@dataclass(frozen=True)
class Counted:
    """What thresholds look at, a row a hit: ``subject`` codes and Unix seconds (sorted by both), a code per reporter
    (-1 unknown), the evidence bits, and the ``facts`` that the model's thresholds name (``SupervisionModel.facts``).
    ``codes``: what thresholds tell apart (``distinct``), where it was worked out before."""

    subject: Ints
    occurred: Ints
    reporter: Ints
    evidence: npt.NDArray[np.int32]
    facts: Mapping[str, npt.NDArray[Any]]
    codes: Mapping[str, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.subject)

    def take(self, rows: Mask | Ints) -> Counted:
        return Counted(
            self.subject[rows],
            self.occurred[rows],
            self.reporter[rows],
            self.evidence[rows],
            {k: v[rows] for k, v in self.facts.items()},
            {k: v[rows] for k, v in self.codes.items()},
        )

    def coded(self, model: SupervisionModel, zone: tzinfo) -> Counted:
        """Ready to be asked about again and again."""
        told = {name for t in model.group.any for name in (t.distinct, t.few and f"field:{t.few_field}") if name}
        return replace(self, codes={name: _codes(self, name, zone) for name in sorted(told)})


@dataclass(frozen=True)
class Reached:
    """``supports``: rows that lie in some window that meets a threshold; ``by``: for each row the position in
    ``group.any`` of the first threshold it supports, -1 for none."""

    supports: Mask
    by: npt.NDArray[np.int8]


def reached(
    model: SupervisionModel, hits: Counted, zone: tzinfo, numbers: Mapping[str, Number] | None = None
) -> Reached:
    """Which hits support a lead. ``numbers`` may stand in for the model's own (a back-test, a counterfactual)."""
    numbers = model.numbers if numbers is None else numbers
    by = np.full(len(hits), -1, np.int8)
    for k, threshold in enumerate(model.group.any):
        rows = np.flatnonzero(has(threshold.having, hits, numbers))
        new = rows[_supports(threshold, numbers, hits.take(rows) if len(rows) < len(hits) else hits, zone)]
        by[new] = np.where(by[new] < 0, k, by[new])
    return Reached(by >= 0, by)


def has(having: Having, hits: Counted, numbers: Mapping[str, Number]) -> Mask:
    """Rows that a threshold looks at."""
    keep = np.ones(len(hits), bool)
    if having.evidence:
        keep &= (hits.evidence & evidence_bits(having.evidence)) != 0
    if having.category:
        keep &= np.isin(hits.facts["@category"].astype(str), having.category)
    if having.source:
        keep &= np.isin(hits.facts["@source"].astype(str), having.source)
    if having.field:
        keep &= compared(figures(hits.facts[having.field]), having.op, numbers[having.number].base)
    return keep


def shortest_window(threshold: Threshold, hits: Counted, numbers: Mapping[str, Number], zone: tzinfo) -> int | None:
    """The shortest window, in seconds, in which the rows of one subject meet a threshold that only counts (rows, or
    what is different among them); None if it asks for more, or if no window is long enough."""
    if threshold.sum or threshold.share or threshold.few or threshold.times:
        return None
    hits = hits.take(has(threshold.having, hits, numbers))
    at, count = hits.occurred.tolist(), int(numbers[threshold.count].base)
    codes = _codes(hits, threshold.distinct, zone).tolist() if threshold.distinct else list(range(len(at)))
    held: Counter[int] = Counter()
    best, begin = None, 0
    for end, code in enumerate(codes):
        held[code] += 1
        while held[codes[begin]] > 1 or len(held) > count:
            held[codes[begin]] -= 1
            if not held[codes[begin]]:
                del held[codes[begin]]
            begin += 1
        if len(held) >= count and (best is None or at[end] - at[begin] < best):
            best = at[end] - at[begin]
    return best


def _supports(threshold: Threshold, numbers: Mapping[str, Number], hits: Counted, zone: tzinfo) -> Mask:
    count = int(numbers[threshold.count].base)
    window = np.int64(numbers[threshold.window].base) if threshold.window else FOREVER
    n = len(hits)
    more = threshold.sum or threshold.share or threshold.few or threshold.times
    if count <= 1 and not more:
        return np.ones(n, bool)
    if n < count:
        return np.zeros(n, bool)
    first, last = hits.subject[: n - count + 1], hits.subject[count - 1 :]
    full = (first == last) & (hits.occurred[count - 1 :] - hits.occurred[: n - count + 1] <= window)
    if not threshold.distinct and not more:
        return _cover(full, count, n)
    # As many rows as are asked for is necessary; only the groups that have them are looked at.
    have = np.zeros(int(hits.subject[-1]) + 1, bool)
    have[first[full]] = True
    rows = np.flatnonzero(have[hits.subject])
    supports = np.zeros(n, bool)
    if len(rows):
        supports[rows] = _Windows(threshold, numbers, hits.take(rows), zone, window).supports(count)
    return supports


def _cover(full: Mask, count: int, n: int) -> Mask:
    """Rows i … i+count-1 for each i where ``full``."""
    edge = np.zeros(n + 1, np.int32)
    begin = np.flatnonzero(full)
    np.add.at(edge, begin, 1)
    np.add.at(edge, begin + count, -1)
    return np.asarray(np.cumsum(edge[:n]) > 0)


class _Windows:
    """The windows of all groups at once, each from the row ``begin`` to the row ``end``. One ends with the last row of
    each moment: what happened at one moment lies in one window, in whatever order it is listed. Begins and ends both
    ascend, so that what lies in many windows can be counted by where it enters and where it leaves."""

    def __init__(
        self, threshold: Threshold, numbers: Mapping[str, Number], hits: Counted, zone: tzinfo, window: np.int64
    ) -> None:
        self.threshold, self.numbers, self.hits, self.zone, self.window = threshold, numbers, hits, zone, window
        subject, occurred = hits.subject, hits.occurred
        self.first = occurred.min()
        self.span = occurred.max() - self.first + 2
        self.stamp = subject * self.span + (occurred - self.first)
        self.end = np.flatnonzero(np.append(self.stamp[1:] != self.stamp[:-1], True))
        self.begin = self._row(occurred[self.end] - window)

    def _row(self, moment: Ints) -> Ints:
        """For each window the first row of its group at or after a moment."""
        since = np.clip(moment - self.first, 0, self.span - 1)
        return np.searchsorted(self.stamp, self.hits.subject[self.end] * self.span + since, "left")

    def supports(self, count: int) -> Mask:
        t, numbers, hits = self.threshold, self.numbers, self.hits
        rows = self.end - self.begin + 1
        meets = (self._different(_codes(hits, t.distinct, self.zone)) if t.distinct else rows) >= count
        if t.sum:
            meets &= np.round(self._added(np.nan_to_num(figures(hits.facts[t.sum_field]))), 6) >= numbers[t.sum].base
        if t.few:
            meets &= self._different(_codes(hits, f"field:{t.few_field}", self.zone)) <= numbers[t.few].base
        if t.share:
            shared = np.append(0, np.cumsum(has(t.share_having, hits, numbers)))
            meets &= shared[self.end + 1] - shared[self.begin] >= np.round(numbers[t.share].base * rows, 9)
        if t.times:
            meets &= rows >= numbers[t.times].base * self._usual(np.int64(numbers[t.baseline].base))
        edge = np.zeros(len(hits) + 1, np.int64)
        np.add.at(edge, self.begin[meets], 1)
        np.add.at(edge, self.end[meets] + 1, -1)
        return np.asarray(np.cumsum(edge[:-1]) > 0)

    def _different(self, codes: Ints) -> Ints:
        """How many different codes lie in each window: its rows, less each that follows an equal one in it."""
        order = np.lexsort((codes, self.hits.subject))
        again = (codes[order[1:]] == codes[order[:-1]]) & (
            self.hits.subject[order[1:]] == self.hits.subject[order[:-1]]
        )
        row, before = order[1:][again], order[:-1][again]
        enters, leaves = np.searchsorted(self.end, row, "left"), np.searchsorted(self.begin, before, "right")
        both = enters < leaves
        change = np.zeros(len(self.end) + 1, np.int64)
        np.add.at(change, enters[both], 1)
        np.add.at(change, leaves[both], -1)
        return np.asarray(self.end - self.begin + 1 - np.cumsum(change[:-1]))

    def _added(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The sum of each window by itself: differences of one long sum would carry the rounding of all groups."""
        at = np.column_stack([self.begin, self.end + 1]).reshape(-1)
        return np.asarray(np.add.reduceat(np.append(values, 0.0), at)[::2])

    def _usual(self, baseline: np.int64) -> npt.NDArray[np.float64]:
        """How many records such a window usually holds: the mean over the baseline before it, or over as much of that
        as is known, from the group's first record on. Less than one window known is no answer: infinitely many."""
        subject, occurred = self.hits.subject, self.hits.occurred
        opening = occurred[np.searchsorted(subject, subject[self.end], "left")]
        last = occurred[self.end] - self.window
        since = np.maximum(last - baseline, opening)
        known = (last - since).astype(np.float64)
        before = self._row(last) - self._row(since)
        enough = known >= self.window
        return np.where(enough, before * float(self.window) / np.where(enough, known, 1.0), np.inf)


def _codes(hits: Counted, distinct: str, zone: tzinfo) -> Ints:
    """A code per reporter, period of the city's calendar, or value of a fact (those without it are one together)."""
    if distinct in hits.codes:
        return hits.codes[distinct]
    if distinct == "reporter":
        return hits.reporter
    if distinct in PERIODS:
        return periods((hits.occurred + offsets(hits.occurred, zone)) // 86400, distinct)
    values = hits.facts[distinct.removeprefix("field:")]
    codes: dict[str, int] = {}
    said = ["" if v is None else str(v) for v in values]
    return np.array([codes.setdefault(v, len(codes)) for v in said], dtype=np.int64)
