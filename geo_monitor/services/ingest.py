"""Which rows of a file become new incidents. The decision is pure; ``import_incidents`` acts on it in one
transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow, Reporter
from geo_monitor.errors import Flaw
from geo_monitor.services.ports import FeedHeard, Store

#: Ids asked for, or rows written, at once.
BATCH = 5000

RawOf = Callable[[Collection[Origin]], Mapping[Origin, Mapping[str, str]]]


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
    known: Callable[[Sequence[str]], Mapping[str, str]],
    raw_of: RawOf | None = None,
    latest: datetime | None = None,
) -> ImportDecision:
    """``rows`` of one file, ``known`` from ids to the content hashes that are stored.

    - Rows of the file with one id and different contents are all quarantined: the order of a file must not decide which
      of them is right. Rows that repeat each other count once.
    - A row whose id is stored with other content is quarantined; with the same content it is already known.

    - A row whose act lies after ``latest`` is quarantined: nobody reports what has not happened yet.

    ``raw_of`` gives the words of single rows by where they stood, to be kept with a row that is quarantined here.
    """
    by_id: dict[str, list[Incident]] = {}
    quarantined: list[QuarantinedRow] = []
    early: list[Incident] = []
    for row in rows:
        if isinstance(row, Incident) and latest is not None and row.occurred > latest:
            early.append(row)
        elif isinstance(row, Incident):
            by_id.setdefault(row.id, []).append(row)
        else:
            quarantined.append(row)
    stored = _ask(known, list(by_id))
    new: list[Incident] = []
    conflicts: list[tuple[Incident, str]] = []
    already_known = 0
    for incident_id, group in by_id.items():
        # The hash of a content is the dearest step here: a row that stands alone and is new needs none.
        contents = {i.content for i in group} if len(group) > 1 or incident_id in stored else set()
        if len(contents) > 1:
            others = ", ".join(str(i.origin.row) for i in group)
            conflicts += [(i, f"one content for an id; rows {others} of this file disagree") for i in group]
        elif incident_id not in stored:
            new.append(group[0])
            already_known += len(group) - 1
        elif stored[incident_id] in contents:
            already_known += len(group)
        else:
            expected = "the content that is stored for this id; a correction needs an id of its own"
            conflicts += [(i, expected) for i in group]
    distrusted = [(i, _reused(i, why)) for i, why in conflicts] + [(i, _early(i)) for i in early]
    raw = raw_of({i.origin for i, _ in distrusted}) if raw_of and distrusted else {}
    quarantined += [_kept(i, flaw, raw.get(i.origin)) for i, flaw in distrusted]
    quarantined.sort(key=lambda q: (q.origin.file, q.origin.row))
    return ImportDecision(tuple(new), already_known, tuple(quarantined))


def _ask(known: Callable[[Sequence[str]], Mapping[str, str]], ids: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(ids), BATCH):
        found.update(known(ids[start : start + BATCH]))
    return found


def _reused(incident: Incident, why: str) -> Flaw:
    return Flaw(
        "id_reused", why, file=incident.origin.file, row=incident.origin.row, field="id", value=incident.source_id
    )


def _early(incident: Incident) -> Flaw:
    return Flaw(
        "date_in_future",
        "an act before the day on which the file is read",
        file=incident.origin.file,
        row=incident.origin.row,
        field="occurred",
        value=incident.occurred.isoformat(),
    )


def _kept(incident: Incident, flaw: Flaw, raw: Mapping[str, str] | None) -> QuarantinedRow:
    said = (
        raw
        if raw is not None
        else {
            "id": incident.source_id,
            "category": incident.category,
            "text": incident.text,
            "occurred": incident.occurred.isoformat(),
            "reported": incident.reported.isoformat(),
            "lon": repr(incident.lon),
            "lat": repr(incident.lat),
        }
    )
    return QuarantinedRow(incident.feed, incident.origin, (flaw,), said)


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
    """Stores what is new of a file, keeps what is quarantined, and notes that the feed was heard: all or nothing.

    ``rows`` are read to the end before the transaction begins, so that a slow or faulty file holds up no other writer;
    ``reporters`` is read after them. A dry run decides the same and writes nothing.
    """
    read = list(rows)
    if dry_run:
        with store.reading() as records:
            return _report(decide_import(read, records.incident_contents, raw_of, at + AHEAD), 0)
    with store.writing() as records:
        decision = decide_import(read, records.incident_contents, raw_of, at + AHEAD)
        records.add_reporters(list(reporters))
        for start in range(0, len(decision.new), BATCH):
            records.add_incidents(decision.new[start : start + BATCH])
        kept = records.quarantine(decision.quarantined, at) if decision.quarantined else 0
        report = _report(decision, kept)
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


def _report(decision: ImportDecision, new_quarantined: int) -> ImportReport:
    reasons = Counter(q.reason for q in decision.quarantined)
    return ImportReport(
        read=decision.read,
        stored=len(decision.new),
        already_known=decision.already_known,
        quarantined=len(decision.quarantined),
        reasons=dict(sorted(reasons.items())),
        new_quarantined=new_quarantined,
    )
