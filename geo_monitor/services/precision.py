"""Precision 精确度: of a hundred leads on which a procurator decided, how many were worth taking up; and how well that
is known.

Decided are the leads that were taken up (upheld) and those that were dismissed. What is open is not decided yet, and
what was superseded by a correction was decided by nobody (``docs/decisions/0006``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from geo_monitor.domain.lead import LeadStatus

#: The 97.5 % point of the standard normal distribution: an interval of 95 % leaves 2.5 % on either side.
Z95 = 1.959963984540054


def wilson(upheld: int, decided: int, z: float = Z95) -> tuple[float, float]:
    """The score interval for a share of which ``upheld`` of ``decided`` were seen, both ends between 0 and 1::

        p = upheld / decided
        (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n),   n = decided

    E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, Journal of the American
    Statistical Association 22 (1927) 209-212. L. D. Brown, T. T. Cai and A. DasGupta, *Interval estimation for a
    binomial proportion*, Statistical Science 16 (2001) 101-133, recommend it for few observations, where the textbook
    interval p ± z √(p(1-p)/n) covers far too seldom and shrinks to nothing at 0 and 1. Before the first decision there
    is no interval: a ValueError."""
    if not 0 <= upheld <= decided or not decided:
        raise ValueError(f"{upheld} of {decided} is no share")
    n, p = float(decided), upheld / decided
    middle = p + z * z / (2 * n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below, above = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    # At 0 and at 1 the formula meets the end exactly; rounding must not push it over.
    return (0.0 if upheld == 0 else max(below, 0.0)), (1.0 if upheld == decided else min(above, 1.0))


@dataclass(frozen=True, slots=True)
class Precision:
    """Leads that a person took up, and leads that a person dismissed."""

    upheld: int = 0
    dismissed: int = 0

    @property
    def decided(self) -> int:
        return self.upheld + self.dismissed

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None before the first decision, which is not the same as 0."""
        return self.upheld / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """In which the share over all leads of this process lies, with 95 % confidence."""
        return wilson(self.upheld, self.decided) if self.decided else None

    def __add__(self, other: Precision) -> Precision:
        return Precision(self.upheld + other.upheld, self.dismissed + other.dismissed)

    def __str__(self) -> str:
        """``75 % (41–93)``; ``no decision yet``."""
        if self.interval is None:
            return "no decision yet"
        low, high = (f"{100 * end:.0f}" for end in self.interval)
        return f"{100 * self.upheld / self.decided:.0f} % ({low}–{high})"

    def as_dict(self) -> dict[str, Any]:
        low, high = self.interval or (None, None)
        shown = {"precision": self.share, "low": low, "high": high}
        return {"upheld": self.upheld, "decided": self.decided} | {
            k: None if v is None else round(v, 4) for k, v in shown.items()
        }


@dataclass(frozen=True, slots=True)
class Fared:
    """What became of the leads of one model: the decided ones by version of the model, and the others."""

    versions: Mapping[int, Precision] = field(default_factory=dict)
    open: int = 0
    superseded: int = 0

    @property
    def all_versions(self) -> Precision:
        return sum(self.versions.values(), Precision())

    def of(self, version: int) -> Precision:
        return self.versions.get(version, Precision())


def fared(outcomes: Mapping[tuple[str, int, str], int]) -> dict[str, Fared]:
    """By model, from ``Records.lead_outcomes``. A lead counts for the version that spoke last of it."""
    versions: dict[str, dict[int, Precision]] = {}
    others: dict[str, dict[str, int]] = {}
    for (model, version, status), n in sorted(outcomes.items()):
        mine = versions.setdefault(model, {})
        if status == LeadStatus.TAKEN_UP:
            mine[version] = mine.get(version, Precision()) + Precision(upheld=n)
        elif status == LeadStatus.DISMISSED:
            mine[version] = mine.get(version, Precision()) + Precision(dismissed=n)
        else:
            left = others.setdefault(model, {})
            left[status] = left.get(status, 0) + n
    return {
        model: Fared(mine, others.get(model, {}).get("open", 0), others.get(model, {}).get("superseded", 0))
        for model, mine in versions.items()
    }
