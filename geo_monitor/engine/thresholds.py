"""Thresholds over hits in order of time: "at least k within W" is ``t[i+k-1] - t[i] <= W`` on a sorted run.

A window includes both its ends: two reports exactly 30 days apart lie within 30 days. All unknown reporters
together count as one, because nobody can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo_monitor.engine.columns import evidence_bits
from geo_monitor.supervision.model import Number, SupervisionModel, Threshold

Ints = npt.NDArray[np.int64]
FOREVER = np.int64(2**61)


@dataclass(frozen=True)
class Reached:
    """``supports``: rows that lie in some window that meets a threshold; ``by``: for each row the position in
    ``group.any`` of the first threshold it supports, -1 for none."""

    supports: npt.NDArray[np.bool_]
    by: npt.NDArray[np.int8]


def reached(
    model: SupervisionModel, subject: Ints, occurred: Ints, reporter: Ints, evidence: npt.NDArray[np.int32]
) -> Reached:
    """Which hits support a lead. Rows must be sorted by (subject, occurred); ``reporter`` is -1 where unknown."""
    by = np.full(len(subject), -1, np.int8)
    for k, threshold in enumerate(model.group.any):
        rows = np.arange(len(subject))
        if threshold.having_evidence:
            rows = np.flatnonzero(evidence & evidence_bits(threshold.having_evidence))
        hit = _supports(threshold, model.numbers, subject[rows], occurred[rows], reporter[rows])
        new = rows[hit]
        by[new] = np.where(by[new] < 0, k, by[new])
    return Reached(by >= 0, by)


def _supports(
    threshold: Threshold, numbers: Mapping[str, Number], subject: Ints, occurred: Ints, reporter: Ints
) -> npt.NDArray[np.bool_]:
    count = int(numbers[threshold.count].base)
    window = np.int64(numbers[threshold.window].base) if threshold.window else FOREVER
    n = len(subject)
    if count <= 1:
        return np.ones(n, bool)
    if n < count:
        return np.zeros(n, bool)
    full = (subject[count - 1 :] == subject[: n - count + 1]) & (
        occurred[count - 1 :] - occurred[: n - count + 1] <= window
    )
    if not threshold.distinct:
        return _cover(full, count, n)
    # As many rows as distinct reporters are asked for is necessary; only those subjects are looked at one by one.
    supports = np.zeros(n, bool)
    for s in np.unique(subject[: n - count + 1][full]):
        lo, hi = np.searchsorted(subject, [s, s + 1])
        supports[lo:hi] = _distinct(occurred[lo:hi], reporter[lo:hi], count, window)
    return supports


def _cover(full: npt.NDArray[np.bool_], count: int, n: int) -> npt.NDArray[np.bool_]:
    """Rows i … i+count-1 for each i where ``full``."""
    edge = np.zeros(n + 1, np.int32)
    begin = np.flatnonzero(full)
    np.add.at(edge, begin, 1)
    np.add.at(edge, begin + count, -1)
    return np.cumsum(edge[:n]) > 0


def _distinct(occurred: Ints, reporter: Ints, count: int, window: np.int64) -> npt.NDArray[np.bool_]:
    """One subject's rows in order of time: a sliding window with the number of each reporter's rows in it."""
    inside: dict[int, int] = {}
    supports = np.zeros(len(occurred), bool)
    lo = 0
    for hi in range(len(occurred)):
        who = int(reporter[hi])
        inside[who] = inside.get(who, 0) + 1
        while occurred[hi] - occurred[lo] > window:
            first = int(reporter[lo])
            inside[first] -= 1
            if not inside[first]:
                del inside[first]
            lo += 1
        if len(inside) >= count:
            supports[lo : hi + 1] = True
    return supports
