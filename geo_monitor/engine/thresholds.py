"""Thresholds over hits in order of time: "at least k within W" is ``t[i+k-1] - t[i] <= W`` on a sorted run.

A window ends with a record and reaches back as far as it may; it includes both its ends: two reports exactly 30 days
apart lie within 30 days. All unknown reporters together count as one, because nobody can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    (-1 unknown), the evidence bits, and the ``facts`` that the model's thresholds name (``SupervisionModel.facts``)."""

    subject: Ints
    occurred: Ints
    reporter: Ints
    evidence: npt.NDArray[np.int32]
    facts: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.subject)

    def take(self, rows: Mask | Ints) -> Counted:
        return Counted(
            self.subject[rows],
            self.occurred[rows],
            self.reporter[rows],
            self.evidence[rows],
            {k: v[rows] for k, v in self.facts.items()},
        )


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
        rows = np.flatnonzero(_has(threshold.having, hits, numbers))
        new = rows[_supports(threshold, numbers, hits.take(rows) if len(rows) < len(hits) else hits, zone)]
        by[new] = np.where(by[new] < 0, k, by[new])
    return Reached(by >= 0, by)


def _has(having: Having, hits: Counted, numbers: Mapping[str, Number]) -> Mask:
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
    # As many rows as are asked for is necessary; only the groups that have them are looked at one by one.
    supports = np.zeros(n, bool)
    for s in np.unique(first[full]):
        lo, hi = np.searchsorted(hits.subject, [s, s + 1])
        supports[lo:hi] = _Windows(threshold, numbers, hits.take(np.arange(lo, hi)), zone).supports(count, window)
    return supports


def _cover(full: Mask, count: int, n: int) -> Mask:
    """Rows i … i+count-1 for each i where ``full``."""
    edge = np.zeros(n + 1, np.int32)
    begin = np.flatnonzero(full)
    np.add.at(edge, begin, 1)
    np.add.at(edge, begin + count, -1)
    return np.asarray(np.cumsum(edge[:n]) > 0)


class _Windows:
    """One group's counted rows in order of time, and a window that slides over them."""

    def __init__(self, threshold: Threshold, numbers: Mapping[str, Number], hits: Counted, zone: tzinfo) -> None:
        self.threshold, self.numbers, self.hits = threshold, numbers, hits
        self.kinds = _codes(hits, threshold.distinct, zone) if threshold.distinct else None
        self.few = _codes(hits, f"field:{threshold.few_field}", zone) if threshold.few else None
        self.shared = _has(threshold.share_having, hits, numbers) if threshold.share else None
        self.total = np.zeros(len(hits) + 1)
        if threshold.sum:
            self.total[1:] = np.cumsum(np.nan_to_num(figures(hits.facts[threshold.sum_field])))

    def supports(self, count: int, window: np.int64) -> Mask:
        occurred = self.hits.occurred
        kinds, few = _Different(self.kinds), _Different(self.few)
        out = np.zeros(len(occurred), bool)
        lo = 0
        for hi in range(len(occurred)):
            kinds.add(hi)
            few.add(hi)
            while occurred[hi] - occurred[lo] > window:
                kinds.drop(lo)
                few.drop(lo)
                lo += 1
            if hi + 1 < len(occurred) and occurred[hi + 1] == occurred[hi]:
                continue  # what happened at one moment lies in one window, in whatever order it is listed
            rows = hi - lo + 1
            if (len(kinds) if self.kinds is not None else rows) >= count and self._rest(lo, hi, len(few), window):
                out[lo : hi + 1] = True
        return out

    def _rest(self, lo: int, hi: int, few: int, window: np.int64) -> bool:
        t, numbers, rows = self.threshold, self.numbers, hi - lo + 1
        if t.sum and round(float(self.total[hi + 1] - self.total[lo]), 6) < numbers[t.sum].base:
            return False
        if t.few and few > numbers[t.few].base:
            return False
        if t.share:
            assert self.shared is not None
            if int(self.shared[lo : hi + 1].sum()) < round(numbers[t.share].base * rows, 9):
                return False
        if t.times:
            return rows >= numbers[t.times].base * self._usual(hi, window, np.int64(numbers[t.baseline].base))
        return True

    def _usual(self, hi: int, window: np.int64, baseline: np.int64) -> float:
        """How many records such a window usually holds: the mean over the baseline before it, or over as much of that
        as is known, from the group's first record on. Less than one window known is no answer: infinitely many."""
        occurred = self.hits.occurred
        end = occurred[hi] - window
        start = max(end - baseline, occurred[0])
        if end - start < window:
            return float("inf")
        before = np.searchsorted(occurred, end, "left") - np.searchsorted(occurred, start, "left")
        return float(before) * float(window) / float(end - start)


class _Different:
    """How many different codes lie in the window."""

    def __init__(self, codes: Ints | None) -> None:
        self.codes = None if codes is None else codes.tolist()
        self.inside: dict[int, int] = {}

    def add(self, row: int) -> None:
        if self.codes is not None:
            self.inside[self.codes[row]] = self.inside.get(self.codes[row], 0) + 1

    def drop(self, row: int) -> None:
        if self.codes is not None:
            left = self.inside[self.codes[row]] - 1
            if left:
                self.inside[self.codes[row]] = left
            else:
                del self.inside[self.codes[row]]

    def __len__(self) -> int:
        return len(self.inside)


def _codes(hits: Counted, distinct: str, zone: tzinfo) -> Ints:
    """A code per reporter, period of the city's calendar, or value of a fact (those without it are one together)."""
    if distinct == "reporter":
        return hits.reporter
    if distinct in PERIODS:
        return periods((hits.occurred + offsets(hits.occurred, zone)) // 86400, distinct)
    values = hits.facts[distinct.removeprefix("field:")]
    codes: dict[str, int] = {}
    said = ["" if v is None else str(v) for v in values]
    return np.array([codes.setdefault(v, len(codes)) for v in said], dtype=np.int64)
