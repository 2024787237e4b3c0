"""What an import would do, shown and not done: counts, one row as an example of each reason, and the first reports as
they would be stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from geo_monitor.domain.incident import Incident, QuarantinedRow
from geo_monitor.engine.metres import distance_m
from geo_monitor.errors import Flaw
from geo_monitor.reading.datum import Reference
from geo_monitor.reading.feeds import FeedReading
from geo_monitor.services.ingest import AHEAD, BATCH, ImportReport, import_incidents
from geo_monitor.services.ports import Store

Progress = Callable[[int], None]
Row = TypeVar("Row")

#: Rows after which progress is told again.
TOLD_EVERY = 1000


def counted(rows: Iterable[Row], progress: Progress | None) -> Iterator[Row]:
    """The rows, and how many of them were read so far: told every ``TOLD_EVERY`` rows and at the end."""
    if progress is None:
        yield from rows
        return
    n = 0
    for n, row in enumerate(rows, start=1):
        yield row
        if n % TOLD_EVERY == 0:
            progress(n)
    if n % TOLD_EVERY:
        progress(n)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``report`` as an import would give it; ``examples``: the first row of each reason, by reason, as its flaw;
    ``first``: reports in order of the file; ``notes`` say how the file was read."""

    report: ImportReport
    examples: dict[str, Flaw]
    first: tuple[Incident, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What ``incidents import --dry-run --format json`` adds to the counts. Whoever reported stands there as the
        keyed hash alone, and no cell of a row that was not taken."""
        return {
            "dry_run": True,
            "examples": [
                {
                    "reason": reason,
                    "rows": self.report.reasons.get(reason, 0),
                    "file": f.file,
                    "row": f.row,
                    "field": f.field,
                    "expected": f.expected,
                }
                for reason, f in sorted(self.examples.items())
            ],
            "rows": [
                {
                    "file": i.origin.file,
                    "row": i.origin.row,
                    "source_id": i.source_id,
                    "occurred": i.occurred.isoformat(),
                    "category": i.category,
                    "source": i.source,
                    "lon": i.lon,
                    "lat": i.lat,
                    "datum": str(i.datum),
                    "moved_m": round(moved_m(i), 1),
                    "text": i.text,
                    "reporter": i.reporter,
                    "evidence": sorted(i.evidence),
                    "attributes": dict(i.attributes),
                }
                for i in self.first
            ],
            "notes": list(self.notes),
        }


def rehearse(
    store: Store, reading: FeedReading, *, at: datetime, rows: int = 10, progress: Progress | None = None
) -> Rehearsal:
    """Reads the file to its end and decides as an import does; nothing is written. ``rows``: how many reports are
    shown."""
    watcher = _Watcher(rows, at)
    report = import_incidents(
        store,
        reading.mapping.feed,
        reading.file,
        reading.file_hash,
        watcher.watched(counted(reading, progress)),
        reading.reporters.values(),
        at,
        dry_run=True,
        raw_of=reading.raw_of,
    )
    if "id_reused" in report.reasons and "id_reused" not in watcher.examples:
        found = _reused(store, reading)
        if found is not None:
            watcher.examples["id_reused"] = found
    examples = {reason: f for reason, f in watcher.examples.items() if reason in report.reasons}
    return Rehearsal(report, examples, tuple(watcher.first), reading.notes)


def moved_m(incident: Incident) -> float:
    """Metres between the place and what its numbers would mean if they were WGS 84; 0 for a projected system, whose
    numbers are no degrees."""
    lon, lat = np.array([incident.lon]), np.array([incident.lat])
    written = Reference(str(incident.datum), incident.datum).from_wgs84(lon, lat)
    return float(distance_m(lon, lat, *written)[0])


@dataclass
class _Watcher:
    rows: int
    at: datetime
    examples: dict[str, Flaw] = field(default_factory=dict)
    first: list[Incident] = field(default_factory=list)

    def watched(self, rows: Iterable[Incident | QuarantinedRow]) -> Iterator[Incident | QuarantinedRow]:
        for row in rows:
            if isinstance(row, QuarantinedRow):
                self.examples.setdefault(row.reason, row.flaws[0])
            elif row.occurred > self.at + AHEAD:
                expected = "an act before the day on which the file is read"
                flaw = Flaw("date_in_future", expected, row.origin.file, row.origin.row, "occurred")
                self.examples.setdefault(flaw.reason, flaw)
            elif len(self.first) < self.rows:
                self.first.append(row)
            yield row


def _reused(store: Store, reading: FeedReading) -> Flaw | None:
    """The first row whose id stands for other contents, in the file or in the store; found by reading again, because
    while reading nobody knows yet."""
    seen: dict[str, str] = {}
    block: list[Incident] = []

    def conflict() -> Flaw | None:
        with store.reading() as records:
            stored = records.incident_contents([i.id for i in block])
        for i in block:
            before = stored.get(i.id) or seen.setdefault(i.id, i.content)
            if before != i.content:
                expected = "one content for an id: another is stored, or stands in an earlier row"
                return Flaw("id_reused", expected, i.origin.file, i.origin.row, "id")
        block.clear()
        return None

    for row in reading:
        if isinstance(row, Incident):
            block.append(row)
        if len(block) >= BATCH and (found := conflict()) is not None:
            return found
    return conflict()
