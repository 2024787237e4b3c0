"""A person's decision on a lead: the only door by which one enters. It adds a line to the history and never
rewrites an incident or a hit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from geo_monitor.domain.lead import DISMISSAL_WORDS, Lead, LeadStatus
from geo_monitor.errors import MovedOnError, NotFoundError, RefusedError
from geo_monitor.services.ports import Records, Store

#: A reason must say something: the next reader, and the measured precision of the model, rest on it.
SHORTEST_REASON = 4


def take_up(store: Store, lead_id: str, actor: str, at: datetime, note: str = "") -> Lead:
    """An open lead becomes a procurator's. Raises NotFoundError, or RefusedError if it is not open."""
    with store.writing() as records:
        lead = _lead(records, lead_id)
        if lead.status is not LeadStatus.OPEN:
            raise RefusedError(f"lead {lead_id} is {lead.status.value}; only an open lead can be taken up")
        return _settle(records, lead, LeadStatus.TAKEN_UP, actor, at, note.strip(), {})


def dismiss(
    store: Store,
    lead_id: str,
    actor: str,
    at: datetime,
    reason: str,
    clause: str = "",
    seen: int | None = None,
    *,
    why: str = "other",
) -> Lead:
    """Closes a lead that is open or taken up. ``clause`` is the path of the clause of the grounds that misled, "" if
    none of them did; ``why`` is one of ``domain.lead.DISMISSAL_WORDS``; ``seen`` is how many records the person had
    before them. What is measured of the model, and what is proposed to mend it, rests on the three.

    Raises RefusedError without a reason, with another code, with a clause that the grounds do not have, if the lead is
    closed; MovedOnError if records joined meanwhile: a dismissal spends the records of a lead, so nobody dismisses what
    they did not see."""
    with store.writing() as records:
        lead = _lead(records, lead_id)
        if lead.status.closed:
            raise RefusedError(f"lead {lead_id} is {lead.status.value} already")
        if len(reason.strip()) < SHORTEST_REASON:
            raise RefusedError(f"a dismissal needs a reason of at least {SHORTEST_REASON} characters")
        if seen is not None and seen != len(lead.records):
            raise MovedOnError(
                f"lead {lead_id} has {len(lead.records)} records now, not {seen}; look at it again before deciding"
            )
        if clause and clause not in {c.path for c in lead.grounds.clauses}:
            there = ", ".join(dict.fromkeys(c.path for c in lead.grounds.clauses))
            raise RefusedError(f"the grounds of lead {lead_id} have no clause {clause!r}; there are: {there}")
        if why not in DISMISSAL_WORDS:
            raise RefusedError(f"a lead is dismissed as one of {', '.join(DISMISSAL_WORDS)}, not {why!r}")
        data = {"clause": clause, "why": why}
        return _settle(records, lead, LeadStatus.DISMISSED, actor, at, reason.strip(), data)


def _lead(records: Records, lead_id: str) -> Lead:
    lead = records.lead(lead_id)
    if lead is None:
        raise NotFoundError("lead", lead_id)
    return lead


def _settle(
    records: Records, lead: Lead, status: LeadStatus, actor: str, at: datetime, reason: str, data: Mapping[str, str]
) -> Lead:
    settled = replace(lead, status=status)
    records.put_lead(settled)
    records.add_event(lead.id, at, actor, status.value, reason, data)
    return settled
