"""Quarantined rows tried again, after a mapping was mended, a city's box widened, or a person repaired them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geo_monitor.domain.incident import Incident, QuarantinedRow
from geo_monitor.domain.repair import REPAIRED, Repair, place_of
from geo_monitor.services.ingest import AHEAD, decide_import
from geo_monitor.services.ports import Records, Store

#: Open rows read at once. They are kept in the order of their ids, for which each page sorts all of them.
PAGE = 50_000


@dataclass(frozen=True, slots=True)
class RetryReport:
    """``tried`` = ``stored`` + ``already_known`` + ``still``; ``reasons`` counts what keeps the rest."""

    tried: int
    stored: int
    already_known: int
    still: int
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: RetryReport) -> RetryReport:
        reasons = Counter(self.reasons) + Counter(other.reasons)
        return RetryReport(
            self.tried + other.tried,
            self.stored + other.stored,
            self.already_known + other.already_known,
            self.still + other.still,
            dict(sorted(reasons.items())),
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "tried": self.tried,
            "stored": self.stored,
            "already_known": self.already_known,
            "still": self.still,
            "reasons": dict(self.reasons),
        }


#: Reads a row again, as a person said that it is meant, if anyone did.
ReadAgain = Callable[[QuarantinedRow, Repair | None], Incident | QuarantinedRow]


def retry_feed(store: Store, feed: str, read_again: ReadAgain, at: datetime, reason: str = "") -> RetryReport:
    """Reads the open rows of a feed again, all of them together (so that two rows that dispute one id still do), and
    stores what can now be trusted. A row that left quarantine is settled as ``retried``; one that is kept for
    another reason than before is kept under that reason. One transaction."""
    with store.writing() as records:
        return retry_rows(records, _open_rows(records, feed, reason), read_again, at)


def retry_rows(records: Records, before: Sequence[QuarantinedRow], read_again: ReadAgain, at: datetime) -> RetryReport:
    """The same for some open rows of one feed, within a transaction."""
    again = {row.origin: row for row in before}
    repairs = repairs_of(records, before)
    read = [read_again(row, repairs.get(place_of(row))) for row in before]
    decision = decide_import(read, records.incident_contents, None, at + AHEAD)
    kept = [_with_raw(q, again[q.origin]) for q in decision.quarantined]
    records.add_incidents(decision.new)
    still = {q.id: q for q in kept}
    known = {row.id for row in before}
    records.quarantine([q for id_, q in still.items() if id_ not in known], at)
    records.settle_quarantine(sorted(known - still.keys()), "retried")
    # A row that comes back to a reason it once had is known under that reason, but was settled then.
    records.settle_quarantine(sorted(still), "open")
    reasons = Counter(q.reason for q in kept)
    return RetryReport(
        tried=len(before),
        stored=len(decision.new),
        already_known=decision.already_known,
        still=len(kept),
        reasons=dict(sorted(reasons.items())),
    )


def repairs_of(records: Records, rows: Sequence[QuarantinedRow]) -> dict[str, Repair]:
    """What people said of these rows, by ``place_of``: the last word counts."""
    events = records.desk_events(sorted({place_of(row) for row in rows})) if rows else []
    return {e.row: Repair.of(e.data) for e in events if e.kind == REPAIRED}


def _open_rows(records: Records, feed: str, reason: str) -> list[QuarantinedRow]:
    rows: list[QuarantinedRow] = []
    after = ""
    while page := records.quarantined(feed=feed, reason=reason, status="open", limit=PAGE, after=after):
        rows += [kept.row for kept in page]
        after = page[-1].row.id
    return sorted(rows, key=lambda r: (r.origin.file_hash, r.origin.row))


def _with_raw(row: QuarantinedRow, before: QuarantinedRow) -> QuarantinedRow:
    """The words of the file as they were kept first."""
    return QuarantinedRow(row.feed, row.origin, row.flaws, before.raw)
