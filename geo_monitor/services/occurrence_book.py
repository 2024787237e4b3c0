"""What people have decided of occurrences, read from their book. No database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from geo_monitor.domain.occurrence import CONFIRM, DISSOLVE, SEPARATE, UNDO, OccurrenceEvent
from geo_monitor.services.duplicates import Decided


def in_force(events: Sequence[OccurrenceEvent]) -> list[OccurrenceEvent]:
    """Confirmations, separations and dissolutions that nobody took back, by seq. ``events``: the whole book. An undoing
    may be undone too."""
    taken_back: set[int] = set()
    for e in reversed(events):
        if e.kind == UNDO and e.seq not in taken_back:
            taken_back.add(int(e.data["undoes"]))
    return [e for e in events if e.kind != UNDO and e.seq not in taken_back]


def decided(events: Sequence[OccurrenceEvent], newest: Mapping[str, str]) -> Decided:
    """``newest``: id of a superseded version → id of the one that counts; what was decided of a report holds for what
    its office says of it today."""
    groups: dict[str, set[str]] = {}
    apart: set[tuple[str, str]] = set()
    for e in in_force(events):
        reports = {newest.get(r, r) for r in e.data["reports"]}
        if e.kind == CONFIRM:
            groups.setdefault(e.occurrence, set()).update(reports)
        elif e.kind == SEPARATE:
            gone = newest.get(e.data["report"], e.data["report"])
            left = groups.get(e.occurrence, set()) - {gone}
            # A single report is no occurrence: whoever is confirmed under this name later has nothing to do with it.
            groups.pop(e.occurrence, None)
            if len(left) > 1:
                groups[e.occurrence] = left
            apart |= {_pair(gone, other) for other in reports - {gone}}
        elif e.kind == DISSOLVE:
            groups.pop(e.occurrence, None)
            apart |= {_pair(a, b) for a, b in combinations(reports, 2)}
    several = {name: tuple(sorted(reports)) for name, reports in groups.items() if len(reports) > 1}
    return Decided(several, frozenset(apart))


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def named_in(events: Iterable[OccurrenceEvent]) -> list[str]:
    """All reports of which anything was ever decided, sorted."""
    return sorted({r for e in events if e.kind != UNDO for r in e.data["reports"]})


def contradiction(said: Decided) -> str:
    """Why decisions cannot all hold, or "": a report confirmed in two occurrences, or two confirmed in one that were
    separated."""
    where: dict[str, str] = {}
    for name, reports in said.groups.items():
        for report in reports:
            if report in where:
                return f"report {report} would stand confirmed in {where[report]} and in {name}"
            where[report] = name
    for a, b in sorted(said.apart):
        if a in where and where[a] == where.get(b):
            return f"reports {a} and {b} were separated and would stand confirmed in {where[a]}"
    return ""
