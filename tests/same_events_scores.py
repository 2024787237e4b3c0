"""Precision and recall of proposed occurrences against the labels of ``same_events``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.services.duplicates import Decided, Proposal, alike_pairs, propose
from geo_monitor.services.precision import wilson
from tests.same_events import ZONE, World


def proposed(world: World) -> list[Proposal]:
    columns = IncidentColumns.of(world.incidents)
    by_id = {i.id: i for i in world.incidents}
    alike = alike_pairs(columns, ZONE, lambda ids: [by_id[i] for i in ids])
    return propose(columns, alike, Decided())


@dataclass(frozen=True)
class Share:
    right: int
    of: int

    def __str__(self) -> str:
        low, high = wilson(self.right, self.of)
        return f"{self.right / self.of:.4f} ({low:.4f}-{high:.4f}, n {self.of:,})"

    @property
    def share(self) -> float:
        return self.right / self.of


@dataclass(frozen=True)
class Scores:
    """Pairwise: of the pairs proposed as one event, those that are (precision); of the pairs that are one event, those
    proposed (recall). By cluster: of the occurrences, those that are pure; of the events with several reports, those
    found whole, each exactly one occurrence."""

    pairs_right: Share
    pairs_found: Share
    pure: Share
    whole: Share

    @property
    def f1(self) -> float:
        p, r = self.pairs_right.share, self.pairs_found.share
        return 2 * p * r / (p + r)

    def __str__(self) -> str:
        return (
            f"pairs: precision {self.pairs_right}, recall {self.pairs_found}, F1 {self.f1:.4f}; "
            f"occurrences: pure {self.pure}, events found whole {self.whole}"
        )


def scores(world: World, found: Sequence[Proposal]) -> Scores:
    event_of = world.event_of
    told = defaultdict(set)
    for report, event in event_of.items():
        told[event].add(report)
    several = [members for members in told.values() if len(members) > 1]
    made = [set(p.reports) for p in found]
    claimed = sum(len(m) * (len(m) - 1) // 2 for m in made)
    right = sum(n * (n - 1) // 2 for m in made for n in Counter(event_of[r] for r in m).values())
    true = sum(len(m) * (len(m) - 1) // 2 for m in several)
    whole = {frozenset(m) for m in made}
    return Scores(
        Share(right, claimed),
        Share(right, true),
        Share(sum(len({event_of[r] for r in m}) == 1 for m in made), len(made)),
        Share(sum(frozenset(m) in whole for m in several), len(several)),
    )


def wrong_pairs(world: World, found: Sequence[Proposal]) -> Counter[str]:
    """Of the pairs wrongly put together: which kind of hard negative misled."""
    out: Counter[str] = Counter()
    for proposal in found:
        for a, b in combinations(proposal.reports, 2):
            one, other = world.event_of[a], world.event_of[b]
            if one != other:
                out[world.why[max(one, other)] if abs(one - other) == 1 else "unrelated"] += 1
    return out
