"""Synthetic maps whose truth is known, and the plainest reading of each formula to hold ours against."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np


def lattice(side: int, step_m: float = 500.0) -> np.ndarray:
    """Middles of side × side cells, (n, 2) metres, row by row."""
    y, x = np.mgrid[0:side, 0:side]
    return np.column_stack([x.ravel(), y.ravel()]).astype(float) * step_m


def plain_circles(metres: np.ndarray, within_m: float) -> Iterator[tuple[int, frozenset[int], float]]:
    for centre, at in enumerate(metres):
        far = [math.dist(at, other) for other in metres]
        for reach in sorted({f for f in far if f <= within_m}):
            yield centre, frozenset(k for k, f in enumerate(far) if f <= reach), reach


def plain_poisson(seen: float, expected: float, total: float) -> float:
    """Kulldorff 1997, as it is written."""
    if seen <= expected:
        return 0.0
    rest = (total - seen) * math.log((total - seen) / (total - expected)) if seen < total else 0.0
    return seen * math.log(seen / expected) + rest


def plain_bernoulli(c: int, n: int, cases: int, everyone: int) -> float:
    if n == 0 or n == everyone or c / n <= (cases - c) / (everyone - n):
        return 0.0

    def part(k: int, of: int) -> float:
        return (k * math.log(k / of) if k else 0.0) + ((of - k) * math.log((of - k) / of) if k < of else 0.0)

    return part(c, n) + part(cases - c, everyone - n) - part(cases, everyone)


def plain_gi_star(values: np.ndarray, near: list[set[int]]) -> list[float]:
    """Ord & Getis 1995, equation 14, for binary weights with self, one place after the other."""
    n = len(values)
    mean = sum(values) / n
    s = math.sqrt(sum(v * v for v in values) / n - mean * mean)
    out = []
    for own in near:
        w = len(own)
        out.append((sum(values[j] for j in own) - w * mean) / (s * math.sqrt((n * w - w * w) / (n - 1))))
    return out
