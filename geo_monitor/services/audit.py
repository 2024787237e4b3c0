"""Whether the books (of leads, of models, of the desk, of occurrences) are as they were written: every line is bound to
the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from geo_monitor.domain.lead import LeadEvent, chain_hash
from geo_monitor.domain.lifecycle import ModelEvent, model_event_hash
from geo_monitor.domain.occurrence import OccurrenceEvent, occurrence_hash
from geo_monitor.domain.repair import DeskEvent, desk_hash


def verify(events: Sequence[LeadEvent]) -> list[str]:
    """What is wrong with the whole book, one sentence a line, in the order of the book; empty if nothing
    is.

    ``events`` are all of them, by seq, as ``Records.events()`` gives them (a part of the book cannot be
    verified). A line that was changed, put in, moved or taken out is seen; lines torn off at the end are
    not, unless the hash of the last line was noted elsewhere.
    """
    return _unsound(
        [
            (
                e,
                f"lead {e.lead}",
                chain_hash(e.previous_hash, e.lead, e.at.astimezone(UTC), e.actor, e.kind, e.reason, e.data),
            )
            for e in events
        ]
    )


def verify_models(events: Sequence[ModelEvent]) -> list[str]:
    """The same of the book of models: ``events`` are all of them, as ``Records.model_events()`` gives them."""
    return _unsound(
        [
            (
                e,
                f"model {e.model} version {e.version}",
                model_event_hash(
                    e.previous_hash,
                    e.model,
                    e.version,
                    e.at.astimezone(UTC),
                    e.actor,
                    e.kind,
                    e.status,
                    e.reason,
                    e.data,
                ),
            )
            for e in events
        ]
    )


def verify_desk(events: Sequence[DeskEvent]) -> list[str]:
    """The same of the desk's book: ``events`` are all of them, as ``Records.desk_events()`` gives them."""
    return _unsound(
        [
            (
                e,
                f"row {e.row}",
                desk_hash(e.previous_hash, e.row, e.at.astimezone(UTC), e.actor, e.kind, e.reason, e.data),
            )
            for e in events
        ]
    )


def verify_occurrences(events: Sequence[OccurrenceEvent]) -> list[str]:
    """The same of the book of occurrences: ``events`` are all of them, as ``Records.occurrence_events()`` gives
    them."""
    return _unsound(
        [
            (
                e,
                f"occurrence {e.occurrence}",
                occurrence_hash(e.previous_hash, e.occurrence, e.at.astimezone(UTC), e.actor, e.kind, e.reason, e.data),
            )
            for e in events
        ]
    )


def _unsound(lines: Sequence[tuple[LeadEvent | ModelEvent | DeskEvent | OccurrenceEvent, str, str]]) -> list[str]:
    """``lines``: each event, what it is about, and the hash that its words give."""
    found: list[str] = []
    previous_hash, expected = "", 1
    for e, about, said in lines:
        line = f"line {e.seq} ({e.kind} by {e.actor}, {about}, {e.at.astimezone(UTC).isoformat()})"
        if e.seq != expected:
            found.append(f"{line}: line {expected} was expected here; lines were taken out or put in")
        if e.previous_hash != previous_hash:
            found.append(f"{line}: it does not follow from the line before it")
        if e.hash != said:
            found.append(
                f"{line}: its words are not those that were written; they give {said[:12]}…, the line says "
                f"{e.hash[:12]}…"
            )
        previous_hash, expected = e.hash, e.seq + 1
    return found
