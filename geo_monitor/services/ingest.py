"""Which rows of a file become new incidents. The decision is pure; ``import_arrivals`` acts on it, in one
transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from geo_monitor.domain.batch import Arrivals, IncidentBatch, batches_of
from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.errors import Flaw
from geo_monitor.services.ports import FeedHeard, Store

#: Ids asked for at once.
BATCH = 5000
#: Rows that are read before a transaction begins.
READ_AHEAD = 50_000
#: A place in a file as one number: the sheet's before the row's.
_ROW_BITS = 32
_ROW_MASK = 2**_ROW_BITS - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

RawOf = Callable[[Collection[Origin]], Mapping[Origin, Mapping[str, str]]]
Known = Callable[[Sequence[str]], Mapping[str, str]]


#: A clock that runs ahead, or a day without an hour, is no act in the future.
AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportDecision:
    """``new`` in order of the file; ``already_known`` counts rows that say what is known (or what an earlier row of the
    file said); ``quarantined`` are the rows that reading could not trust and those whose id means something else
    already."""

    new: tuple[Incident, ...]
    already_known: int
    quarantined: tuple[QuarantinedRow, ...]

    @property
    def read(self) -> int:
        return len(self.new) + self.already_known + len(self.quarantined)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought: ``read`` = ``stored`` + ``already_known`` + ``quarantined``; ``reasons`` counts the
    quarantined rows by their first flaw. After a dry run ``stored`` is what would have been stored."""

    read: int
    stored: int
    already_known: int
    quarantined: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    new_quarantined: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The contract of ``incidents import --format json``."""
        return {
            "read": self.read,
            "stored": self.stored,
            "already_known": self.already_known,
            "quarantined": self.quarantined,
            "reasons": dict(self.reasons),
        }


def decide_import(
    rows: Iterable[Incident | QuarantinedRow],
    known: Known,
    raw_of: RawOf | None = None,
    latest: datetime | None = None,
) -> ImportDecision:
    """The decision of ``Arriving`` over all rows of a file at once, nothing of which is stored meanwhile."""
    arriving = Arriving(known, latest)
    new: list[Incident] = []
    quarantined: list[QuarantinedRow] = []
    for some in arrivals_of(rows):
        quarantined += some.quarantined
        new += arriving.take(some.batch)
    end = arriving.end(raw_of)
    withdrawn = set(end.withdrawn)
    quarantined = sorted([*quarantined, *end.quarantined], key=lambda q: (q.origin.file, q.origin.row))
    return ImportDecision(tuple(i for i in new if i.id not in withdrawn), arriving.already_known, tuple(quarantined))


@dataclass(frozen=True, slots=True)
class Ending:
    """What the end of a file brings: ``withdrawn`` were taken as new and are not, ``quarantined`` are their rows and
    all others that cannot be trusted beside the rest."""

    withdrawn: tuple[str, ...]
    quarantined: tuple[QuarantinedRow, ...]


class Arriving:
    """Decides, some rows after the other, which of one file are new. ``known`` tells from ids the content hashes that
    are stored.

    - Rows of the file with one id and different contents are all quarantined: the order of a file must not decide which
      of them is right. Rows that repeat each other count once.
    - A row whose id is stored with other content is quarantined; with the same content it is already known.
    - A row whose act lies after ``latest`` is quarantined: nobody reports what has not happened yet.

    With ``stored`` whoever asks stores what is new before the next rows are taken, and withdraws what the end says:
    then ``known`` tells of it too, and no content is remembered here. ``fresh``: nothing was stored before.
    """

    def __init__(
        self, known: Known, latest: datetime | None = None, *, stored: bool = False, fresh: bool = False
    ) -> None:
        self.already_known = 0
        self._known, self._stored, self._fresh = known, stored, fresh
        self._latest = None if latest is None else (latest - _EPOCH) // timedelta(microseconds=1)
        self._files: list[tuple[str, str]] = []
        #: Of each id of the file: the place of its first row, a sheet's number and the row's.
        self._first: dict[str, int] = {}
        self._before: set[str] = set()
        self._contents: dict[str, str] = {}
        self._again: dict[str, _Again] = {}
        self._early: list[Incident] = []

    def take(self, batch: IncidentBatch) -> IncidentBatch:
        """Those of the batch that are new, as far as the file has been read."""
        if self._latest is not None and max(batch.occurred, default=0) > self._latest:
            self._early += [batch.incident(k) for k, at in enumerate(batch.occurred) if at > self._latest]
            batch = batch.take([k for k, at in enumerate(batch.occurred) if at <= self._latest])
        ids = batch.ids()
        place = self._sheet(batch) << _ROW_BITS
        # Where nothing was stored before, only ids of this file need to be asked for.
        stored = _ask(self._known, [i for i in ids if i in self._first] if self._fresh else ids)
        if not stored and len(set(ids)) == len(ids) and self._first.keys().isdisjoint(ids):
            new = batch
            self._first.update(zip(ids, [place | row for row in batch.row], strict=True))
        else:
            new = batch.take([k for k, i in enumerate(ids) if self._is_new(i, place | batch.row[k], batch, k, stored)])
        if not self._stored:
            self._contents.update(zip(new.ids(), new.contents(), strict=True))
        return new

    def _is_new(self, id_: str, place: int, batch: IncidentBatch, k: int, stored: Mapping[str, str]) -> bool:
        """Notes the row, and tells whether it is the first of an id that nobody knows."""
        if id_ not in self._first:
            self._first[id_] = place
            if id_ not in stored:
                return True
            self._before.add(id_)
            if batch.incident(k).content == stored[id_]:
                self.already_known += 1
                return False
            self._again[id_] = _Again(batch.source_id[k], stored[id_])
        elif id_ not in self._again:
            # The row that came first said what is stored, or is stored by now, or lies in this very batch.
            first, at = self._first[id_], None
            said = stored.get(id_) or self._contents.get(id_)
            if said is None:
                at = batch.incident(batch.row.index(first & _ROW_MASK))
                said = at.content
            again = self._again[id_] = _Again(batch.source_id[k], said)
            again.add(self._origin(first), said, at)
            # It is counted again at the end, when all of them are there.
            self.already_known -= id_ in self._before
        incident = batch.incident(k)
        self._again[id_].add(incident.origin, incident.content, incident)
        return False

    def end(self, raw_of: RawOf | None = None) -> Ending:
        """After the last rows. ``raw_of`` gives the words of single rows by where they stood, to be kept with a row
        that is quarantined here."""
        withdrawn: list[str] = []
        out = [(_early(i), i.feed, i.origin, _words(i)) for i in self._early]
        for id_, again in self._again.items():
            if again.contents == {again.said}:
                self.already_known += len(again.rows) - (id_ not in self._before)
                continue
            if id_ not in self._before:
                withdrawn.append(id_)
            why = "the content that is stored for this id; a correction needs an id of its own"
            if len(again.contents) > 1:
                others = ", ".join(str(origin.row) for origin, _ in again.rows)
                why = f"one content for an id; rows {others} of this file disagree"
            feed = next(i.feed for _, i in again.rows if i is not None)
            for origin, incident in again.rows:
                said = {"id": again.source_id} if incident is None else _words(incident)
                out.append((_reused(origin, again.source_id, why), feed, origin, said))
        raw = raw_of({origin for _, _, origin, _ in out}) if raw_of and out else {}
        rows = (QuarantinedRow(feed, at, (flaw,), raw.get(at, said)) for flaw, feed, at, said in out)
        return Ending(tuple(withdrawn), tuple(sorted(rows, key=lambda q: (q.origin.file, q.origin.row))))

    def _sheet(self, batch: IncidentBatch) -> int:
        told = (batch.file, batch.file_hash)
        if told not in self._files:
            self._files.append(told)
        return self._files.index(told)

    def _origin(self, place: int) -> Origin:
        return Origin(*self._files[place >> _ROW_BITS], place & _ROW_MASK)


@dataclass(slots=True)
class _Again:
    """The rows of a file that have one id and are more than one, or not what is stored: ``said`` is what is stored, or
    what the first of them says."""

    source_id: str
    said: str
    contents: set[str] = field(default_factory=set)
    rows: list[tuple[Origin, Incident | None]] = field(default_factory=list)

    def add(self, origin: Origin, content: str, incident: Incident | None) -> None:
        self.contents.add(content)
        self.rows.append((origin, incident))


def _ask(known: Callable[[Sequence[str]], Mapping[str, str]], ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(ids), BATCH):
        found.update(known(ids[start : start + BATCH]))
    return found


def _reused(origin: Origin, source_id: str, why: str) -> Flaw:
    return Flaw("id_reused", why, file=origin.file, row=origin.row, field="id", value=source_id)


def _early(incident: Incident) -> Flaw:
    return Flaw(
        "date_in_future",
        "an act before the day on which the file is read",
        file=incident.origin.file,
        row=incident.origin.row,
        field="occurred",
        value=incident.occurred.isoformat(),
    )


def _words(incident: Incident) -> dict[str, str]:
    """What a report says, where the words of its row cannot be had."""
    return {
        "id": incident.source_id,
        "category": incident.category,
        "text": incident.text,
        "occurred": incident.occurred.isoformat(),
        "reported": incident.reported.isoformat(),
        "lon": repr(incident.lon),
        "lat": repr(incident.lat),
    }


def arrivals_of(rows: Iterable[Incident | QuarantinedRow], people: Iterable[Reporter] = ()) -> Iterator[Arrivals]:
    """Rows one by one as arrivals, ``BATCH`` at a time; ``people`` is read after the last of them."""
    source = iter(rows)
    while some := list(islice(source, BATCH)):
        out = [row for row in some if isinstance(row, QuarantinedRow)]
        batches = batches_of(row for row in some if isinstance(row, Incident))
        yield from (Arrivals(b) for b in batches)
        if out:
            yield Arrivals(IncidentBatch(out[0].feed, "", ""), (), out)
    named = list(people)
    if named:
        yield Arrivals(IncidentBatch("", "", ""), named)


def import_incidents(
    store: Store,
    feed: str,
    file: str,
    file_hash: str,
    rows: Iterable[Incident | QuarantinedRow],
    reporters: Iterable[Reporter],
    at: datetime,
    dry_run: bool = False,
    raw_of: RawOf | None = None,
) -> ImportReport:
    """``import_arrivals`` of rows that come one by one; ``reporters`` is read after them."""
    return import_arrivals(store, feed, file, file_hash, arrivals_of(rows, reporters), at, dry_run, raw_of)


def import_arrivals(
    store: Store,
    feed: str,
    file: str,
    file_hash: str,
    arrivals: Iterable[Arrivals],
    at: datetime,
    dry_run: bool = False,
    raw_of: RawOf | None = None,
) -> ImportReport:
    """Stores what is new of a file, keeps what is quarantined, and notes that the feed was heard: all or nothing.

    The first ``READ_AHEAD`` rows are read before the transaction begins, so that a file of the day holds up no other
    writer however slow its disk is; a longer one is read and stored in turn, and takes no more memory than a short one
    but for its ids. A dry run decides the same and writes nothing.
    """
    coming = iter(arrivals)
    if dry_run:
        with store.reading() as records:
            return _dry(coming, Arriving(records.incident_contents, at + AHEAD), raw_of)
    ahead: list[Arrivals] = []
    rows_ahead = 0
    while rows_ahead < READ_AHEAD and (some := next(coming, None)) is not None:
        ahead.append(some)
        rows_ahead += len(some)
    with store.writing() as records:
        any_stored = records.latest_incident_seq() > 0
        course = Arriving(records.incident_contents, at + AHEAD, stored=True, fresh=not any_stored)
        tally = _Tally()
        for some in chain(ahead, coming):
            records.add_reporters(list(some.reporters))
            new = course.take(some.batch)
            records.add_batch(new)
            tally.stored += len(new)
            tally.keep(some.quarantined, records.quarantine(some.quarantined, at) if some.quarantined else 0)
        end = course.end(raw_of)
        records.withdraw_incidents(end.withdrawn)
        tally.stored -= len(end.withdrawn)
        tally.keep(end.quarantined, records.quarantine(end.quarantined, at) if end.quarantined else 0)
        report = tally.report(course.already_known)
        records.feed_heard(
            FeedHeard(
                feed=feed,
                at=at,
                file=file,
                file_hash=file_hash,
                read=report.read,
                stored=report.stored,
                already_known=report.already_known,
                quarantined=report.quarantined,
            )
        )
    return report


def _dry(arrivals: Iterable[Arrivals], course: Arriving, raw_of: RawOf | None) -> ImportReport:
    tally = _Tally()
    for some in arrivals:
        tally.stored += len(course.take(some.batch))
        tally.keep(some.quarantined)
    end = course.end(raw_of)
    tally.stored -= len(end.withdrawn)
    tally.keep(end.quarantined)
    return tally.report(course.already_known)


@dataclass(slots=True)
class _Tally:
    stored: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    new_quarantined: int = 0

    def keep(self, rows: Sequence[QuarantinedRow], new: int = 0) -> None:
        self.reasons.update(q.reason for q in rows)
        self.new_quarantined += new

    def report(self, already_known: int) -> ImportReport:
        quarantined = self.reasons.total()
        return ImportReport(
            read=self.stored + already_known + quarantined,
            stored=self.stored,
            already_known=already_known,
            quarantined=quarantined,
            reasons=dict(sorted(self.reasons.items())),
            new_quarantined=self.new_quarantined,
        )
