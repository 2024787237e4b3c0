"""From the hits of each week to the leads that a model would have raised, and what people decided on the same matters.

As in the overlay, one lead per matter: later hits join it, and what a dismissal has spent raises no lead again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from geo_monitor.domain.hit import Subject
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.engine.evaluate import ModelHits, clustered
from geo_monitor.engine.thresholds import reached
from geo_monitor.services.looks import Look, Week
from geo_monitor.services.past import Past
from geo_monitor.services.ports import LeadQuery, Records
from geo_monitor.supervision.model import SupervisionModel

#: Subjects that a model draws itself: with another size the same matter has another name.
DRAWN = ("cell", "cluster", "segment")
DECIDED = (LeadStatus.TAKEN_UP.value, LeadStatus.DISMISSED.value)
EVERY = 10_000_000


@dataclass(frozen=True, slots=True)
class Raised:
    """A lead that the model would have raised in a week. ``decided`` is what people made of the real lead ``lead`` on
    the same matter: taken_up, dismissed, or "" for nothing yet."""

    week: str
    subject: Subject
    records: tuple[str, ...]
    decided: str = ""
    lead: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "week": self.week,
            "about": {"layer": self.subject.layer, "id": self.subject.id},
            "records": list(self.records),
            "decided": self.decided or None,
            "lead": self.lead or None,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    lead: Lead
    at: datetime
    records: frozenset[str]

    @property
    def dismissed(self) -> bool:
        return self.lead.status is LeadStatus.DISMISSED


def decisions_on(records: Records, model: SupervisionModel) -> list[Decision]:
    """What people decided on leads of this model, of any version, earliest first."""
    decided = records.leads(LeadQuery(models=(model.id,), statuses=DECIDED, trial=None, limit=EVERY)).leads
    out = []
    for lead in decided:
        at = [e.at for e in records.events(lead.id) if e.kind == lead.status.value]
        out.append(Decision(lead, max(at, default=lead.opened), frozenset(lead.records)))
    return sorted(out, key=lambda d: (d.at, d.lead.id))


@dataclass
class Line:
    """One lead of the replay. ``week`` is None if it stood before the first one."""

    subject: Subject
    week: Week | None
    late: bool
    records: tuple[str, ...]
    stands: bool = True
    decision: Decision | None = None

    @property
    def lapsed(self) -> bool:
        return not self.stands

    def raised(self) -> Raised:
        assert self.week is not None
        decided = "" if self.decision is None else self.decision.lead.status.value
        lead = "" if self.decision is None else self.decision.lead.id
        return Raised(self.week.name, self.subject, self.records, decided, lead)


def replay_leads(
    past: Past, model: SupervisionModel, looks: Sequence[Look], decisions: Sequence[Decision]
) -> list[Line]:
    replay = _Replay(past, model, decisions)
    for look in looks:
        replay.week(look)
    replay.decide_rest()
    return replay.lines


class _Replay:
    """The leads of one model as they come, join and are dismissed."""

    def __init__(self, past: Past, model: SupervisionModel, decisions: Sequence[Decision]) -> None:
        self.past, self.model, self.decisions = past, model, decisions
        self.lines: list[Line] = []
        self._clusters = model.group.by == "cluster"
        #: Open leads by subject; those of clusters, which may change their name, by record.
        self._open: dict[Subject | str, Line] = {}
        self._spent: set[tuple[Subject | None, str]] = set()
        self._to_come = [d for d in decisions if d.dismissed]
        known = zip(past.reports.ids.tolist(), past.known.tolist(), strict=True)
        self._known = {str(i): second for i, second in known}

    def week(self, look: Look) -> None:
        if look.hits is None:
            return
        hits = clustered(look.hits, self.model.numbers)
        self._raise(look, hits)
        # A dismissal spends what its lead held; what is left may open the next one in the same week.
        while self._dismissed(look.as_of):
            self._raise(look, hits)

    def _raise(self, look: Look, hits: ModelHits) -> None:
        for line in self._open.values():
            line.stands = False
        for subject, records, last in self._standing(hits):
            names: Sequence[Subject | str] = records if self._clusters else [subject]
            known = [self._open[n] for n in names if n in self._open]
            if known:
                line = known[0]
            else:
                late = look.week is not None and last < look.week.begin.timestamp()
                line = Line(subject, look.week, late, records)
                self.lines.append(line)
            line.records, line.stands = records, True
            self._open.update(dict.fromkeys(names, line))

    def _standing(self, hits: ModelHits) -> Iterator[tuple[Subject, tuple[str, ...], int]]:
        """(subject, records, second of the last act) of every matter that reaches a threshold, spent records apart."""
        ids = hits.records.ids[hits.rows].astype(str) if len(hits) else np.zeros(0, str)
        fresh = np.arange(len(hits))
        if self._spent:
            keys = [self._key(s) for s in hits.subjects]
            pairs = zip(hits.subject.tolist(), ids.tolist(), strict=True)
            fresh = np.flatnonzero([(keys[code], i) not in self._spent for code, i in pairs])
        counted = hits.counted().take(fresh)
        supports = reached(self.model, counted, self.past.zone).supports
        codes = counted.subject
        for code in np.unique(codes[supports]).tolist():
            lo, hi = np.searchsorted(codes, [code, code + 1])
            first = lo + int(np.argmax(supports[lo:hi]))
            yield hits.subjects[code], tuple(ids[fresh[first:hi]].tolist()), int(counted.occurred[hi - 1])

    def _dismissed(self, as_of: datetime) -> bool:
        """Lets the dismissals of the time take effect; whether there was one."""
        effect = False
        for decision in list(self._to_come):
            if decision.at > as_of:
                break
            line = self._met_by(decision)
            if line is None:
                continue
            line.decision = decision
            self._open = {name: kept for name, kept in self._open.items() if kept is not line}
            self._to_come.remove(decision)
            until = decision.at.timestamp()
            key = self._key(line.subject)
            self._spent |= {(key, r) for r in decision.records}
            self._spent |= {(key, r) for r in line.records if self._known.get(r, 0) <= until}
            effect = True
        return effect

    def _met_by(self, decision: Decision) -> Line | None:
        here = self._open.get(decision.lead.subject)
        tried = [here] if here is not None else self._open.values()
        return next((line for line in tried if _same_matter(line, decision)), None)

    def decide_rest(self) -> None:
        """What people made, perhaps later, of the matters that are still open: the decision that shares most records
        with the lead; of two that share as many, the dismissal."""
        for line in {id(line): line for line in self._open.values()}.values():
            mine = set(line.records)
            shared = [d for d in self.decisions if _same_matter(line, d)]
            if shared:
                line.decision = max(shared, key=lambda d: (len(mine & d.records), d.dismissed, d.lead.id))

    def _key(self, subject: Subject) -> Subject | None:
        return None if self._clusters else subject


def _same_matter(line: Line, decision: Decision) -> bool:
    """At least one record in common; and the same subject, unless the model draws its subjects itself."""
    mine, theirs = line.subject, decision.lead.subject
    drawn = mine.layer.split(":", 1)[0]
    alike = drawn in DRAWN and theirs.layer.split(":", 1)[0] == drawn
    return (alike or mine == theirs) and not decision.records.isdisjoint(line.records)
