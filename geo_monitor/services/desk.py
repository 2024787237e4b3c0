"""The desk where people look after the rows that could not be trusted: repair, reject, reopen. Each step stands in a
book of its own with who, when and why; the words of the file are never touched."""

from __future__ import annotations

from datetime import datetime

from geo_monitor.domain.incident import QuarantinedRow
from geo_monitor.domain.repair import REJECTED, REOPENED, REPAIRED, DeskEvent, Repair, place_of
from geo_monitor.errors import NotFoundError, RefusedError
from geo_monitor.services.decide import SHORTEST_REASON
from geo_monitor.services.ports import Records, Store, StoredQuarantine
from geo_monitor.services.quarantine import ReadAgain, RetryReport, retry_rows


def row_at_desk(records: Records, row_id: str) -> tuple[StoredQuarantine, list[DeskEvent]]:
    """A row in whatever state, and what was done with it. Raises NotFoundError."""
    found = records.quarantined(status="", row_id=row_id, limit=1)
    if not found:
        raise NotFoundError("quarantined row", row_id, [])
    return found[0], records.desk_events([place_of(found[0].row)])


def repair_row(
    store: Store, row_id: str, repair: Repair, actor: str, reason: str, at: datetime, read_again: ReadAgain
) -> RetryReport:
    """Keeps how an open row is meant, and reads it again in that sense: stored if nothing else is wrong with it, else
    kept for what is, to be read in that sense whenever it is tried again. Raises NotFoundError; RefusedError for a row
    that is not open, or without a reason."""
    with store.writing() as records:
        row = _open(records, row_id, "repaired")
        _note(records, row, at, actor, REPAIRED, reason, repair)
        return retry_rows(records, [row], read_again, at)


def reject_row(store: Store, row_id: str, actor: str, reason: str, at: datetime) -> None:
    """An open row is no report: it leaves the desk, and stays in the store. Raises as ``repair_row`` does."""
    with store.writing() as records:
        row = _open(records, row_id, "rejected")
        _note(records, row, at, actor, REJECTED, reason)
        records.settle_quarantine([row_id], "rejected")


def reopen_row(store: Store, row_id: str, actor: str, reason: str, at: datetime) -> None:
    """A row that was rejected comes back to the desk. Raises NotFoundError, or RefusedError for any other row."""
    with store.writing() as records:
        found, _ = row_at_desk(records, row_id)
        if found.status != "rejected":
            raise RefusedError(f"row {row_id} is {found.status}; only a rejected row can be reopened")
        _note(records, found.row, at, actor, REOPENED, reason)
        records.settle_quarantine([row_id], "open")


def _open(records: Records, row_id: str, step: str) -> QuarantinedRow:
    found, _ = row_at_desk(records, row_id)
    if found.status != "open":
        raise RefusedError(f"row {row_id} is {found.status}; only an open row can be {step}")
    return found.row


def _note(
    records: Records,
    row: QuarantinedRow,
    at: datetime,
    actor: str,
    kind: str,
    reason: str,
    repair: Repair | None = None,
) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise RefusedError(f"a row is {kind} for a reason of at least {SHORTEST_REASON} characters")
    records.add_desk_event(place_of(row), at, actor, kind, reason.strip(), repair.as_dict() if repair else {})
