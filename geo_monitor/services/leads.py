"""Which leads follow from which hits: a function from values to values, tested without a database.

One lead per matter: its key is model and subject. While a lead is not closed, later hits join it; after it was
dismissed, hits that the procurator did not see open a new one, linked to the last. A lead never vanishes: if a
correction takes its hits away it becomes *superseded*, or, once a procurator has it, is told so in its history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from geo_monitor.domain.hit import Hit, LeadKey
from geo_monitor.domain.lead import Lead, LeadStatus, lead_id

#: For hits of one subject in order of time: which of them lie in a window that meets a threshold.
Reach = Callable[[Sequence[Hit]], Sequence[bool]]


@dataclass(frozen=True, slots=True)
class LeadIntent:
    """What should happen to the leads of one key. ``hits`` are all that now support the lead, in order of time;
    ``added`` are the records it did not have, ``lost`` those it no longer has; ``known`` are all hits of the key that
    no dismissed lead has spent, also those before the first that supports (the usual that a rate is set against)."""

    kind: Literal["opened", "reopened", "joined", "superseded", "grounds_gone"]
    lead: str
    key: LeadKey
    hits: tuple[Hit, ...]
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    previous: str = ""
    known: tuple[Hit, ...] = ()


def decide_lead(key: LeadKey, hits: Sequence[Hit], leads: Sequence[Lead], reach: Reach) -> LeadIntent | None:
    """What follows for one key from all its hits and all its leads; None if nothing does. Order of both is free."""
    dismissed = [lead for lead in leads if lead.status is LeadStatus.DISMISSED]
    seen = {record for lead in dismissed for record in lead.records}
    fresh = sorted((h for h in hits if h.record not in seen), key=lambda h: (h.occurred, h.record))
    current = next((lead for lead in leads if not lead.status.closed), None)
    supports = list(reach(fresh)) if fresh else []
    if not any(supports):
        return _lapse(key, current, fresh)
    members = tuple(fresh[supports.index(True) :])
    records = tuple(h.record for h in members)
    if current is not None:
        before, now = set(current.records), set(records)
        added = tuple(r for r in records if r not in before)
        lost = tuple(r for r in current.records if r not in now)
        if not (added or lost):
            return None
        return LeadIntent("joined", current.id, key, members, added, lost, current.previous, tuple(fresh))
    identity = lead_id(key, len(dismissed))
    again = any(lead.id == identity for lead in leads)
    previous = max(dismissed, key=lambda lead: (lead.opened, lead.id)).id if dismissed else ""
    kind: Literal["reopened", "opened"] = "reopened" if again else "opened"
    return LeadIntent(kind, identity, key, members, records, (), previous, tuple(fresh))


def _lapse(key: LeadKey, current: Lead | None, fresh: Sequence[Hit]) -> LeadIntent | None:
    """The hits no longer carry the lead."""
    if current is None:
        return None
    left = {h.record for h in fresh}
    lost = tuple(r for r in current.records if r not in left)
    if current.status is LeadStatus.OPEN:
        return LeadIntent("superseded", current.id, key, (), (), lost, current.previous)
    return LeadIntent("grounds_gone", current.id, key, (), (), lost, current.previous) if lost else None
