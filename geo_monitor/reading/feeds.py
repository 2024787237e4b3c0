"""Feeds: files become incidents by their mapping (``mappings``), and rows in quarantine are read again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path

from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.domain.place import Box
from geo_monitor.domain.repair import Repair
from geo_monitor.errors import ConfigError, Flaw, NotFoundError
from geo_monitor.reading.feed_rows import (
    DATUM_CALLED,
    OF_THE_FILE,
    carried,
    masked,
    read_block,
    reference_of,
    rows_of,
    sheets_of,
)
from geo_monitor.reading.mappings import FeedMapping
from geo_monitor.reading.tables import hash_file
from geo_monitor.services.ingest import ImportReport, import_incidents
from geo_monitor.services.ports import Store
from geo_monitor.services.quarantine import ReadAgain, RetryReport, retry_feed

BLOCK_ROWS = 4096


class FeedReading:
    """A file being read through a mapping: iterate it once for its incidents and quarantined rows, in order of the
    file. ``reporters`` is complete when the iteration has ended. ``notes`` say how the file was read: encoding,
    delimiter, sheets, what of it was passed over. ``raw_of`` reads single rows again, with the reporter's own words
    replaced by the keyed hash, for whoever must quarantine a row that was an incident a moment ago."""

    def __init__(self, path: Path, mapping: FeedMapping, box: Box, key: bytes, datum_override: str = "") -> None:
        if mapping.reporter and not key:
            raise ConfigError(
                Flaw(
                    "no_secret",
                    "a secret in GEO_MONITOR_SECRET_KEY: reporters are stored under a keyed hash",
                    field="secret_key",
                )
            )
        self.path, self.mapping, self.box, self.key = path, mapping, box, key
        self.datum_override = datum_override
        self.file, self.file_hash = path.name, hash_file(path)
        self.reporters: dict[str, Reporter] = {}
        self.sheets, self.notes = sheets_of(path, mapping)
        self._called = {s.file: datum_override or carried(s, mapping) for s in self.sheets}
        for called in self._called.values():
            reference_of(mapping, called, path.name)

    def __iter__(self) -> Iterator[Incident | QuarantinedRow]:
        for sheet in self.sheets:
            rows, called = iter(rows_of(sheet, self.mapping)), self._called[sheet.file]
            while block := list(islice(rows, BLOCK_ROWS)):
                for row in read_block(block, self.mapping, self.box, self.key, sheet.file, self.file_hash, called):
                    if row.reporter is not None:
                        self.reporters.setdefault(row.reporter.key, row.reporter)
                    yield row.value

    def raw_of(self, origins: Collection[Origin]) -> dict[Origin, Mapping[str, str]]:
        wanted = set(origins)
        found: dict[Origin, Mapping[str, str]] = {}
        for sheet in self.sheets:
            for number, values, _ in rows_of(sheet, self.mapping):
                origin = Origin(sheet.file, self.file_hash, number)
                if origin in wanted:
                    found[origin] = masked(values, self.mapping, self.key, self._called[sheet.file])
        return found


def read_incidents(
    path: Path, mapping: FeedMapping, *, box: Box, key: bytes, datum_override: str | None = None
) -> FeedReading:
    """Opens a file (``report_files.SUFFIXES``) as incidents of a feed; see ``FeedReading``. ``key`` is the secret under
    which reporters are hashed, ``datum_override`` (a datum or EPSG:n) is used instead of what the mapping declares.
    Raises FileError if the file is not what its name says or lacks a column of the mapping, ConfigError if a secret
    is needed and missing."""
    return FeedReading(path, mapping, box, key, datum_override or "")


def read_row_again(
    row: QuarantinedRow, repair: Repair | None = None, *, mapping: FeedMapping, box: Box, key: bytes
) -> Incident | QuarantinedRow:
    """A quarantined row under the present mapping, and as a person said that it is meant: an incident now, or still
    quarantined. A column that the mapping asks for and the row does not have counts as empty."""
    values = {c: row.raw.get(c, "") for c in {*mapping.columns, *row.raw}}
    flaws = tuple(f for f in row.flaws if f.reason in OF_THE_FILE)
    called = values.pop(DATUM_CALLED, "")
    read = read_block(
        [(row.origin.row, values, flaws)], mapping, box, key, row.origin.file, row.origin.file_hash, called, repair
    )
    return read[0].value


def reader_of_rows(feeds: Mapping[str, FeedMapping], *, box: Box, key: bytes) -> ReadAgain:
    """Reads a quarantined row of any of these feeds again. Raises NotFoundError for a row of another feed."""

    def read_again(row: QuarantinedRow, repair: Repair | None) -> Incident | QuarantinedRow:
        if row.feed not in feeds:
            raise NotFoundError("feed", row.feed, sorted(feeds))
        return read_row_again(row, repair, mapping=feeds[row.feed], box=box, key=key)

    return read_again


def import_file(
    store: Store,
    path: Path,
    mapping: FeedMapping,
    *,
    box: Box,
    key: bytes,
    at: datetime,
    dry_run: bool = False,
    datum_override: str | None = None,
) -> ImportReport:
    """Reads a file and stores what is new, in one transaction; the same file again stores nothing."""
    reading = read_incidents(path, mapping, box=box, key=key, datum_override=datum_override)
    return import_incidents(
        store,
        mapping.feed,
        reading.file,
        reading.file_hash,
        reading,
        reading.reporters.values(),
        at,
        dry_run=dry_run,
        raw_of=reading.raw_of,
    )


def retry_quarantine(
    store: Store,
    feeds: Mapping[str, FeedMapping],
    *,
    box: Box,
    key: bytes,
    at: datetime,
    feed: str = "",
    reason: str = "",
) -> RetryReport:
    """Reads open quarantined rows again under the present mappings, of one feed or of all. Rows of a feed that has no
    mapping any more stay and are counted as ``no_mapping``; asked for by name, such a feed is a NotFoundError."""
    if feed and feed not in feeds:
        raise NotFoundError("feed", feed, sorted(feeds))
    with store.reading() as records:
        waiting = records.quarantine_counts()
    total, read_again = RetryReport(0, 0, 0, 0), reader_of_rows(feeds, box=box, key=key)
    for name in [feed] if feed else sorted({f for f, _ in waiting}):
        if name not in feeds:
            left = sum(n for (f, r), n in waiting.items() if f == name and reason in ("", r))
            total += RetryReport(left, 0, 0, left, {"no_mapping": left})
            continue
        total += retry_feed(store, name, read_again, at, reason)
    return total
