"""What chance would do: three null models of the scan, each with its statistic and its random replicates.

All three fix the total, so that what a zone and window expects never changes from replicate to replicate; the
logarithms are then needed once, of whole numbers, and a replicate costs a look into a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import xlogy

from geo_monitor.errors import CallError
from geo_monitor.hotspot.near import Floats, Ints
from geo_monitor.hotspot.windows import Spans


class NullModel(Protocol):
    """``cases``: (points, units) whole numbers; ``weight``: (points,) what bounds the size of a zone."""

    name: str
    cases: Ints
    weight: Floats

    def within(self, members: csr_array, spans: Spans) -> Statistic:
        """The statistic of these zones and windows."""
        ...

    def draw(self, rng: np.random.Generator, many: int) -> Ints:
        """``many`` maps under the null model: (many, points, units)."""
        ...


class Statistic(Protocol):
    """``expected``: (zones, spans)."""

    expected: Floats

    def ratio(self, counts: Ints) -> Floats:
        """Log likelihood ratio of ``counts`` (zones, spans[, replicates]); 0 where there is no excess."""
        ...


def inside(members: csr_array, spans: Spans, values: npt.NDArray) -> npt.NDArray:
    """Sums of ``values`` (points, units) or (points, units, replicates) within each zone and window: (zones, spans[,
    replicates]); whole numbers stay whole."""
    edges, where = np.unique(np.concatenate([spans.last + 1, spans.first]), return_inverse=True)
    stop, start = where[: len(spans)], where[len(spans) :]
    kind = np.int32 if np.issubdtype(values.dtype, np.integer) else np.float64
    summed = np.zeros((values.shape[0], values.shape[1] + 1, *values.shape[2:]), dtype=kind)
    np.cumsum(values, axis=1, out=summed[:, 1:])
    upto = summed[:, edges]
    # The product over points is what costs: it is taken over windows or over their edges, whichever are fewer.
    early = len(spans) <= len(edges)
    part = upto[:, stop] - upto[:, start] if early else upto
    by_zone = (members @ part.reshape(len(part), -1)).reshape(members.shape[0], *part.shape[1:])
    return by_zone if early else by_zone[:, stop] - by_zone[:, start]


@dataclass(frozen=True)
class PoissonRatio:
    """c ln(c / mu) + (C - c) ln((C - c) / (C - mu)) where c > mu, else 0: Kulldorff 1997, section 5. The permutation
    model uses the same form (Kulldorff et al., PLoS Medicine 2, 2005, e59)."""

    expected: Floats
    total: int
    _table: Floats = field(init=False, repr=False)
    _slope: Floats = field(init=False, repr=False)
    _base: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        n = np.arange(self.total + 1.0)
        rest = np.maximum(self.total - self.expected, 0.0)
        with np.errstate(divide="ignore"):
            log_in, log_out = np.log(self.expected), np.where(rest > 0, np.log(rest), 0.0)
        # No expectation, no cases: the models see to that.
        log_in = np.where(self.expected > 0, log_in, 0.0)
        object.__setattr__(self, "_table", xlogy(n, n) + xlogy(self.total - n, self.total - n))
        object.__setattr__(self, "_slope", log_in - log_out)
        object.__setattr__(self, "_base", self.total * log_out)

    def ratio(self, counts: Ints) -> Floats:
        wider = (..., *(None,) * (counts.ndim - self.expected.ndim))
        found = self._table[counts] - counts * self._slope[wider]
        found -= self._base[wider]
        found[counts <= self.expected[wider]] = 0.0
        return np.maximum(found, 0.0, out=found)


@dataclass(frozen=True)
class BernoulliRatio:
    """ln of L(zone) / L0 with L = p^c (1 - p)^(n - c) q^(C - c) (1 - q)^(N - n - C + c), p = c / n and
    q = (C - c) / (N - n), where p > q, else 0 (Kulldorff 1997, section 4)."""

    expected: Floats
    at_risk: Ints
    total: int
    everyone: int

    def ratio(self, counts: Ints) -> Floats:
        n = np.arange(self.everyone + 1.0)
        table = xlogy(n, n)
        risk = self.at_risk[(..., *(None,) * (counts.ndim - self.at_risk.ndim))]
        out_cases, out_all = self.total - counts, self.everyone - risk
        found = table[counts] + table[risk - counts] - table[risk]
        found += table[out_cases] + table[out_all - out_cases] - table[out_all]
        found -= table[self.total] + table[self.everyone - self.total] - table[self.everyone]
        found[counts * out_all <= out_cases * risk] = 0.0
        return np.maximum(found, 0.0, out=found)


@dataclass(frozen=True)
class Permutation:
    """Space-time permutation: the places and the times of the cases are kept, who was where when is shuffled; expected
    is (cases at the place) (cases at the time) / all. Needs no population (Kulldorff et al. 2005)."""

    cases: Ints
    name: str = "permutation"

    @property
    def weight(self) -> Floats:
        return self.cases.sum(axis=1).astype(float)

    def within(self, members: csr_array, spans: Spans) -> PoissonRatio:
        total = int(self.cases.sum())
        day = np.concatenate([[0.0], np.cumsum(self.cases.sum(axis=0))])
        expected = np.outer(members @ self.weight, day[spans.last + 1] - day[spans.first]) / max(total, 1)
        return PoissonRatio(expected, total)

    def draw(self, rng: np.random.Generator, many: int) -> Ints:
        points, units = self.cases.shape
        point, unit = np.nonzero(self.cases)
        each = self.cases[point, unit]
        place, time = np.repeat(point, each), np.repeat(unit, each)
        shuffled = rng.permuted(np.broadcast_to(time, (many, len(time))), axis=1)
        return _counted(place * units + shuffled, many, (points, units))


@dataclass(frozen=True)
class Poisson:
    """Cases in proportion to ``exposure`` (points, units): residents, businesses, patrol kilometres (Kulldorff 1997;
    in space and time Kulldorff et al., American Journal of Public Health 88, 1998). Given the total, the cases fall
    on points and units as a multinomial."""

    cases: Ints
    exposure: Floats
    name: str = "poisson"

    def __post_init__(self) -> None:
        if self.exposure.shape != self.cases.shape or not (np.isfinite(self.exposure) & (self.exposure >= 0)).all():
            raise CallError(f"scan: exposure must be numbers from 0 up, of the shape of the cases {self.cases.shape}")
        nowhere = np.argwhere((self.cases > 0) & (self.exposure == 0))
        if len(nowhere):
            point, unit = nowhere[0]
            raise CallError(
                f"scan: point {point}, unit {unit} has {self.cases[point, unit]} cases and exposure 0 "
                f"({len(nowhere)} such in all); expected an exposure above 0 wherever there are cases"
            )

    @property
    def weight(self) -> Floats:
        return self.exposure.sum(axis=1)

    def within(self, members: csr_array, spans: Spans) -> PoissonRatio:
        total = int(self.cases.sum())
        return PoissonRatio(inside(members, spans, self.exposure) * (total / self.exposure.sum()), total)

    def draw(self, rng: np.random.Generator, many: int) -> Ints:
        total, share = int(self.cases.sum()), self.exposure.ravel() / self.exposure.sum()
        if total > len(share):  # one draw a cell is then cheaper than one a case
            return rng.multinomial(total, share, size=many).reshape(many, *self.cases.shape)
        upto = np.cumsum(share)
        cell = np.searchsorted(upto / upto[-1], rng.random((many, total)), side="right")
        return _counted(cell, many, self.cases.shape)


@dataclass(frozen=True)
class Bernoulli:
    """Cases against ``controls`` (points, units): who is a case among all is drawn anew (Kulldorff 1997)."""

    cases: Ints
    controls: Ints
    name: str = "bernoulli"

    @property
    def weight(self) -> Floats:
        return (self.cases + self.controls).sum(axis=1).astype(float)

    def within(self, members: csr_array, spans: Spans) -> BernoulliRatio:
        everyone = self.cases + self.controls
        risk = inside(members, spans, everyone).astype(np.int64)
        total, most = int(self.cases.sum()), int(everyone.sum())
        return BernoulliRatio(np.asarray(risk * (total / max(most, 1)), float), risk, total, most)

    def draw(self, rng: np.random.Generator, many: int) -> Ints:
        everyone = (self.cases + self.controls).ravel()
        cell = np.repeat(np.arange(len(everyone)), everyone)
        drawn = rng.permuted(np.broadcast_to(cell, (many, len(cell))), axis=1)[:, : int(self.cases.sum())]
        return _counted(drawn, many, self.cases.shape)


def _counted(cell: Ints, many: int, shape: tuple[int, ...]) -> Ints:
    """``cell``: (many, cases), the cell each case fell into; how many fell into each."""
    size = int(np.prod(shape))
    flat = (cell + np.arange(many)[:, None] * size).ravel()
    return np.bincount(flat, minlength=many * size).reshape(many, *shape)
