"""Feeds: files become incidents by their mapping (``mappings``), and rows in quarantine are read again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice, pairwise
from pathlib import Path

from geo_monitor.domain.batch import Arrivals, IncidentBatch
from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.domain.place import Box
from geo_monitor.domain.receipt import ids_begin, incident_id
from geo_monitor.domain.repair import Repair
from geo_monitor.errors import ConfigError, Flaw, NotFoundError
from geo_monitor.reading.apart import arriving
from geo_monitor.reading.feed_rows import (
    DATUM_CALLED,
    OF_THE_FILE,
    Row,
    carried,
    known_by,
    masked,
    read_block,
    reference_of,
    rows_of,
    sheets_of,
    source_id_of,
)
from geo_monitor.reading.mappings import FeedMapping
from geo_monitor.reading.plain_rows import REMEMBERED, PlainReader
from geo_monitor.reading.report_files import Sheet
from geo_monitor.reading.tables import TableBlock, TableRow, hash_file
from geo_monitor.services.ingest import ImportReport, import_arrivals
from geo_monitor.services.ports import Records, Store, StoredQuarantine
from geo_monitor.services.quarantine import ReadAgain, RetryReport, retry_feed

BLOCK_ROWS = 4096


class FeedReading:
    """A file being read through a mapping: iterate it once for its incidents and quarantined rows, in order of the
    file. ``reporters`` is complete when the iteration has ended. ``notes`` say how the file was read: encoding,
    delimiter, sheets, what of it was passed over; ``not_read`` names the sheets that were. ``raw_of`` reads single rows
    again, with the reporter's own words replaced by the keyed hash, for whoever must quarantine a row that was an
    incident a moment ago."""

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
        self.sheets, self.notes, self.not_read = sheets_of(path, mapping)
        self._called = {s.file: datum_override or carried(s, mapping) for s in self.sheets}
        for called in self._called.values():
            reference_of(mapping, called, path.name)

    def __iter__(self) -> Iterator[Incident | QuarantinedRow]:
        for some in self.arrivals():
            for r in some.reporters:
                self.reporters.setdefault(r.key, r)
            yield from sorted([*some.batch, *some.quarantined], key=lambda row: row.origin.row)

    def arrivals(self) -> Iterator[Arrivals]:
        """The same, some thousand rows at a time, those that are plainly good column by column. Whoever reports again
        is not told again, or only after many others were."""
        told: set[str] = set()
        for some in self._arrivals():
            fresh = [r for r in some.reporters if r.key not in told]
            if len(told) > REMEMBERED:
                told.clear()
            told.update(r.key for r in fresh)
            yield replace(some, reporters=fresh)

    def _arrivals(self) -> Iterator[Arrivals]:
        for sheet in self.sheets:
            called = self._called[sheet.file]
            reference = reference_of(self.mapping, called, self.path.name)
            known = known_by(self.mapping, called, reference)
            plain = PlainReader.of(self.mapping, reference, known, self.box, self.key) if sheet.table else None
            if plain is None or sheet.table is None:
                rows = iter(rows_of(sheet.rows(), sheet.file, self.mapping))
                while block := list(islice(rows, BLOCK_ROWS)):
                    yield self._one_by_one(block, sheet, IncidentBatch(self.mapping.feed, sheet.file, self.file_hash))
                continue
            for part in sheet.table.blocks():
                batch, left, people = plain.read(part.numbers, part.columns, sheet.file, self.file_hash)
                rest = [*part.odd, *_rows_at(part, left)]
                if rest:
                    odd = list(rows_of(sorted(rest, key=lambda r: r.number), sheet.file, self.mapping))
                    yield self._one_by_one(odd, sheet, batch, people)
                else:
                    yield Arrivals(batch, people)

    def _one_by_one(
        self, block: Sequence[Row], sheet: Sheet, batch: IncidentBatch, people: Sequence[Reporter] = ()
    ) -> Arrivals:
        """What these rows became, together with the plain ones before and between them."""
        called = self._called[sheet.file]
        read = read_block(block, self.mapping, self.box, self.key, sheet.file, self.file_hash, called)
        batch.add(row.value for row in read if isinstance(row.value, Incident))
        if any(a > b for a, b in pairwise(batch.row)):
            batch = batch.take(sorted(range(len(batch)), key=batch.row.__getitem__))
        named = {r.key: r for r in (*people, *(row.reporter for row in read if row.reporter is not None))}
        return Arrivals(
            batch, list(named.values()), [row.value for row in read if isinstance(row.value, QuarantinedRow)]
        )

    def raw_of(self, origins: Collection[Origin]) -> dict[Origin, Mapping[str, str]]:
        wanted = set(origins)
        found: dict[Origin, Mapping[str, str]] = {}
        for sheet in self.sheets:
            for number, values, _ in rows_of(sheet.rows(), sheet.file, self.mapping):
                origin = Origin(sheet.file, self.file_hash, number)
                if origin in wanted:
                    found[origin] = masked(values, self.mapping, self.key, self._called[sheet.file])
        return found


def _rows_at(part: TableBlock, positions: Sequence[int]) -> Iterator[TableRow]:
    """Rows of a block; one without a word is none."""
    for k in positions:
        values = {name: cells[k] for name, cells in part.columns.items()}
        if any(c.strip() for c in values.values()):
            yield TableRow(part.numbers[k], values)


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
    return import_reading(store, reading, at, dry_run=dry_run)


def import_reading(
    store: Store,
    reading: FeedReading,
    at: datetime,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """The same for a file that is open already; ``progress`` is told how many rows have been read."""
    feed = reading.mapping.feed
    with arriving(reading) as arrivals:
        if progress is not None:
            arrivals = _told(arrivals, progress)
        return import_arrivals(store, feed, reading.file, reading.file_hash, arrivals, at, dry_run, reading.raw_of)


def _told(arrivals: Iterator[Arrivals], progress: Callable[[int], None]) -> Iterator[Arrivals]:
    read = 0
    for some in arrivals:
        read += len(some)
        progress(read)
        yield some


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


def waiting_reports(
    records: Records, feeds: Mapping[str, FeedMapping], number: str
) -> Iterator[tuple[str, StoredQuarantine]]:
    """Rows in quarantine that would be a report of this receipt number, were they trusted, with its id. Every open and
    rejected row is looked at: which id a row may have only its mapping tells. Raises CallError for no number."""
    begin = ids_begin(number)
    for name, mapping in feeds.items():
        for status in ("open", "rejected"):
            after = ""
            while page := records.quarantined(feed=name, status=status, limit=BLOCK_ROWS, after=after):
                after = page[-1].row.id
                for kept in page:
                    id_ = incident_id(name, source_id_of(kept.row.raw, mapping))
                    if id_.startswith(begin):
                        yield id_, kept
