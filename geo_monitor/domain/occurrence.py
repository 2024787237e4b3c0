"""Occurrence 同一事件: several reports (incidents) that are taken to tell of one and the same event. Proposed by the
machine, confirmed or taken apart by people; the reports themselves are never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geo_monitor.domain.lead import chain_hash
from geo_monitor.domain.words import Words

PROPOSED, CONFIRMED = "proposed", "confirmed"
STANDINGS: Mapping[str, Words] = {
    PROPOSED: Words("待确认", "proposed"),
    CONFIRMED: Words("已确认", "confirmed"),
}

#: What a person may do: say that all that stand in it tell of one event; that one of them does not; that no two of them
#: do; and take any of these back.
CONFIRM, SEPARATE, DISSOLVE, UNDO = "confirmed", "separated", "dissolved", "undone"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """At least two reports, by (occurred, id). ``confirmed``: those of them that a person has confirmed, in the same
    order; the others are proposals. ``first`` and ``last`` are the earliest and the latest act."""

    id: str
    reports: tuple[str, ...]
    first: datetime
    last: datetime
    confirmed: tuple[str, ...] = ()

    @property
    def standing(self) -> str:
        return CONFIRMED if self.confirmed else PROPOSED

    @property
    def joining(self) -> tuple[str, ...]:
        """Proposed to join what a person confirmed before."""
        return tuple(r for r in self.reports if r not in self.confirmed) if self.confirmed else ()

    @property
    def seen(self) -> str:
        """Which reports stand in it, in a word of fixed length: each form of a page carries it, and a page has as many
        forms as reports."""
        return hashlib.sha256("\x1f".join(sorted(self.reports)).encode()).hexdigest()[:24]


def occurrence_id(first_report: str, ordinal: int = 0) -> str:
    """From the id of the first report, so that it stays while others join. ``ordinal`` counts up where an occurrence
    that was confirmed has that name already."""
    said = f"{first_report}\x1f{ordinal}" if ordinal else first_report
    return "S" + hashlib.sha256(said.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class OccurrenceEvent:
    """One line of the book of occurrences. ``data``: ``reports``, what stood in the occurrence; of a separation also
    ``report``, which of them leaves; of an undoing ``undoes``, the number of the line that is taken back. ``hash``
    binds the line to the one before, as in the book of leads."""

    occurrence: str
    seq: int
    at: datetime
    actor: str
    kind: str
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""


def occurrence_hash(
    previous_hash: str, occurrence: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any]
) -> str:
    """As the book of leads is bound, with the occurrence in the place of the lead."""
    return chain_hash(previous_hash, occurrence, at, actor, kind, reason, data)
