"""What a correction means for leads that a person has decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geo_monitor.domain.incident import Incident
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.services.ports import Records


def spent_with_corrections(records: Records, leads: Sequence[Lead]) -> list[Lead]:
    """The same leads; a dismissed one has, beside its records, the versions that superseded them and say the same of
    what happened, when and where. An office that closes a ticket, or mends its wording, does not bring a matter back
    that a procurator has decided; one that moves it to another place or day does."""
    return [_with(records, lead) if lead.status is LeadStatus.DISMISSED else lead for lead in leads]


def _with(records: Records, lead: Lead) -> Lead:
    spent, asked = list(lead.records), list(lead.records)
    while by := records.superseded(asked):
        versions = {i.id: i for i in records.incidents([*by, *by.values()])}
        asked = [new for old, new in by.items() if _same(versions.get(old), versions.get(new)) and new not in spent]
        spent += asked
    return replace(lead, records=tuple(spent)) if len(spent) > len(lead.records) else lead


def _same(old: Incident | None, new: Incident | None) -> bool:
    return old is not None and new is not None and _facts(old) == _facts(new)


def _facts(i: Incident) -> tuple[object, ...]:
    return i.category, i.occurred, i.lon, i.lat, i.reporter
