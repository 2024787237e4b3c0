"""What is usual: the same month of earlier years, and the peers of the same time.

Median and sample standard deviation (n - 1) are those of any textbook; a median of fewer than ``FEWEST_YEARS`` values,
or a deviation from fewer than ``FEWEST_PEERS`` others, is no answer, and the condition is then not met. Nor is it of a
record that does not say whose it is (``per``): nobody knows with what to compare it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo_monitor.engine.matching import same_id
from geo_monitor.engine.sieve import Ints, Mask, Numbers, Sieve, compared, figures, periods
from geo_monitor.supervision.model import UnusualCondition

FEWEST_YEARS, FEWEST_PEERS = 3, 5
Floats = npt.NDArray[np.float64]


def holds(
    condition: UnusualCondition, numbers: Numbers, sieve: Sieve, rows: Ints, crowd: Sieve, others: Ints
) -> tuple[Mask, Floats]:
    """Which of the rows are unusual (``without`` not applied), and the figure of each: its share of the median, or by
    how many deviations it lies off the mean of the others. ``others`` are the watched records among ``crowd``, the
    rows themselves included."""
    limit = numbers[condition.number].base
    value = figures(sieve.attribute(condition.field, rows))
    if condition.of == "same_month":
        figure = value / _median_before(condition, sieve, rows, crowd, others)
    else:
        figure = _deviations(condition, sieve, rows, crowd, others)
    if condition.per:
        figure[_per(condition, sieve, rows) == ""] = np.nan
    if condition.side == "below" and condition.of == "peers":
        return compared(figure, "<", -limit), figure
    return compared(figure, "<" if condition.side == "below" else ">", limit), figure


def _per(condition: UnusualCondition, sieve: Sieve, rows: Ints) -> npt.NDArray[np.object_]:
    return sieve.common(condition.per, rows, same_id) if condition.per else np.full(len(rows), "", dtype=object)


def _median_before(condition: UnusualCondition, sieve: Sieve, rows: Ints, crowd: Sieve, others: Ints) -> Floats:
    theirs = figures(crowd.attribute(condition.field, others))
    month = periods(crowd.day(others), "month")
    known: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for per, m, v in zip(_per(condition, crowd, others), month.tolist(), theirs.tolist(), strict=True):
        if v == v:
            known.setdefault((per, m % 12), []).append((m // 12, v))
    out = np.full(len(rows), np.nan)
    for k, (per, m) in enumerate(
        zip(_per(condition, sieve, rows), periods(sieve.day(rows), "month").tolist(), strict=True)
    ):
        before = [v for year, v in known.get((per, m % 12), ()) if year < m // 12]
        if len(before) >= FEWEST_YEARS:
            middle = float(np.median(before))
            out[k] = middle if middle > 0 else np.nan
    return out


def _deviations(condition: UnusualCondition, sieve: Sieve, rows: Ints, crowd: Sieve, others: Ints) -> Floats:
    """Each against the others: the record's own value is taken out of mean and deviation."""
    theirs = figures(crowd.attribute(condition.field, others))
    groups: dict[tuple[str, int], list[tuple[str, float]]] = {}
    when = periods(crowd.day(others), condition.period) if condition.period else np.zeros(len(others), np.int64)
    for per, p, v, name in zip(
        _per(condition, crowd, others), when.tolist(), theirs.tolist(), crowd.records.ids[others].tolist(), strict=True
    ):
        if v == v:
            groups.setdefault((per, p), []).append((name, v))
    value = figures(sieve.attribute(condition.field, rows))
    mine = periods(sieve.day(rows), condition.period) if condition.period else np.zeros(len(rows), np.int64)
    out = np.full(len(rows), np.nan)
    for k, (per, p, name) in enumerate(
        zip(_per(condition, sieve, rows), mine.tolist(), sieve.records.ids[rows].tolist(), strict=True)
    ):
        peers = np.array([v for other, v in groups.get((per, p), ()) if other != name])
        if len(peers) >= FEWEST_PEERS and value[k] == value[k]:
            deviation = float(peers.std(ddof=1))
            if deviation > 0:
                out[k] = (value[k] - float(peers.mean())) / deviation
    return out
