"""Fakes shared by all tests. ``MemoryStore`` passes the contract tests of the real stores
(``tests/store``), so it cannot lie; ``FakePost`` keeps what was posted."""

from __future__ import annotations

import copy
import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.batch import IncidentBatch
from geo_monitor.domain.duty import Posting, ResponsibleTrio
from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.hit import Grounds, Hit, LeadKey
from geo_monitor.domain.incident import Incident, QuarantinedRow, Reporter
from geo_monitor.domain.layer import Feature, LayerVersion, RejectedFeature
from geo_monitor.domain.lead import URGENCIES, BasisOnDay, Lead, LeadEvent, LeadStatus, chain_hash
from geo_monitor.domain.lifecycle import BacktestRecord, ModelEvent, model_event_hash
from geo_monitor.domain.occurrence import Occurrence, OccurrenceEvent, occurrence_hash
from geo_monitor.domain.place import Box, Datum
from geo_monitor.domain.repair import DeskEvent, desk_hash
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.matching import same_id
from geo_monitor.errors import DeliveryError, StoreError
from geo_monitor.services.ports import (
    ApiKey,
    Cell,
    FeedHeard,
    FeedPull,
    JobRow,
    JobRun,
    LeadPage,
    LeadQuery,
    Letter,
    PostedReport,
    PullHistory,
    Records,
    StoredQuarantine,
    User,
    Wanted,
)
from geo_monitor.store.values import as_kept, from_cursor, micros, to_cursor, utc

# ---- the post ----------------------------------------------------------------------------------------------


class FakePost:
    """Keeps every letter in ``sent`` as (to, message). ``refuse`` may hold the errors of the next
    sendings."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.refuse: list[DeliveryError] = []

    def send(self, to: str, message: bytes) -> str:
        if self.refuse:
            raise self.refuse.pop(0)
        self.sent.append((to, message))
        return f"250 accepted as {len(self.sent)}"


# ---- the store ---------------------------------------------------------------------------------------------


@dataclass
class _Tables:
    """Everything the store holds. A transaction works on a copy: values are frozen, so copying the
    containers is enough."""

    incidents: dict[str, tuple[int, str, Incident]] = field(default_factory=dict)
    numbered: dict[tuple[str, str], str] = field(default_factory=dict)  # feed, number there → the id that counts now
    superseded: dict[str, tuple[str, Incident]] = field(default_factory=dict)
    last_seq: int = 0
    reporters: dict[str, Reporter] = field(default_factory=dict)
    readings: list[FeedHeard] = field(default_factory=list)
    pulls: list[FeedPull] = field(default_factory=list)
    pulled: dict[tuple[str, str], tuple[str, datetime]] = field(default_factory=dict)
    quarantine: dict[str, StoredQuarantine] = field(default_factory=dict)
    book_of_desk: list[DeskEvent] = field(default_factory=list)
    versions: dict[str, LayerVersion] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    features: dict[str, tuple[Feature, ...]] = field(default_factory=dict)
    rejected: dict[str, tuple[RejectedFeature, ...]] = field(default_factory=dict)
    hits: dict[tuple[LeadKey, str], Hit] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    book: list[LeadEvent] = field(default_factory=list)
    exceptions: dict[str, Exemption] = field(default_factory=dict)
    book_of_models: list[ModelEvent] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    backtests: list[BacktestRecord] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    jobs: dict[str, JobRow] = field(default_factory=dict)
    runs: dict[tuple[str, datetime], JobRun] = field(default_factory=dict)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    posted: dict[str, PostedReport] = field(default_factory=dict)
    occurrences: dict[str, Occurrence] = field(default_factory=dict)
    book_of_occurrences: list[OccurrenceEvent] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def copy(self) -> _Tables:
        return _Tables(**{f.name: copy.copy(getattr(self, f.name)) for f in fields(self)})


class MemoryStore:
    """A store that forgets when the process ends."""

    def __init__(self) -> None:
        self._tables = _Tables()
        self._writers = threading.Lock()
        self._here = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Records]:
        records = MemoryRecords(self._tables.copy(), writing=False)
        try:
            yield records
        finally:
            records.closed = True

    @contextmanager
    def writing(self) -> Iterator[Records]:
        if getattr(self._here, "writing", False):
            raise RuntimeError("Store.writing() inside Store.writing(): pass the records on instead")
        self._here.writing = True
        try:
            with self._writers:
                records = MemoryRecords(self._tables.copy(), writing=True)
                try:
                    yield records
                finally:
                    records.closed = True
                self._tables = records.tables
        finally:
            self._here.writing = False

    def close(self) -> None:
        """Nothing is held open."""

    def twin(self) -> MemoryStore:
        """A store of its own that holds the same: what is written into one of the two the other does not see."""
        twin = MemoryStore()
        twin._tables = self._tables.copy()
        return twin


class MemoryRecords:
    def __init__(self, tables: _Tables, *, writing: bool) -> None:
        self.tables = tables
        self.writing = writing
        self.closed = False

    def _write(self) -> _Tables:
        if self.closed or not self.writing:
            raise RuntimeError("this writes; call it inside Store.writing()")
        return self.tables

    # ---- incidents

    def incident_contents(self, ids: Sequence[str]) -> dict[str, str]:
        return {i.id: i.content for i in self.incidents(ids)}

    def add_incidents(self, incidents: Sequence[Incident]) -> None:
        tables = self._write()
        for i in incidents:
            if i.id in tables.incidents or i.id in tables.superseded:
                raise StoreError(f"incident {i.id} is stored already")
            kept = replace(
                i, occurred=utc(i.occurred), reported=utc(i.reported), attributes=as_kept(dict(i.attributes))
            )
            number = (i.feed, i.source_id)
            if number in tables.numbered:
                _, _, other = tables.incidents[tables.numbered[number]]
                if other.revision > i.revision:
                    tables.superseded[i.id] = (other.id, kept)
                    continue
                del tables.incidents[other.id]
                tables.superseded[other.id] = (i.id, other)
            tables.last_seq += 1
            tables.incidents[i.id] = (tables.last_seq, i.content, kept)
            tables.numbered[number] = i.id

    def add_batch(self, batch: IncidentBatch) -> None:
        self.add_incidents(list(batch))

    def withdraw_incidents(self, ids: Sequence[str]) -> None:
        tables = self._write()
        for i in ids:
            tables.superseded.pop(i, None)
            _, _, gone = tables.incidents.pop(i, (0, "", None))
            if gone is None:
                continue
            del tables.numbered[gone.feed, gone.source_id]
            before = [v for _, v in tables.superseded.values() if (v.feed, v.source_id) == (gone.feed, gone.source_id)]
            for version in before:
                del tables.superseded[version.id]
            self.add_incidents(before)

    def superseded(self, ids: Sequence[str]) -> dict[str, str]:
        return {i: self.tables.superseded[i][0] for i in ids if i in self.tables.superseded}

    def superseded_count(self) -> int:
        return len(self.tables.superseded)

    def incidents(self, ids: Sequence[str]) -> list[Incident]:
        found = [self.tables.incidents[i][2] for i in set(ids) if i in self.tables.incidents]
        found += [self.tables.superseded[i][1] for i in set(ids) if i in self.tables.superseded]
        return sorted(found, key=lambda i: (i.occurred, i.id))

    def incident_count(self) -> int:
        return len(self.tables.incidents)

    def latest_incident_seq(self) -> int:
        return max((seq for seq, _, _ in self.tables.incidents.values()), default=0)

    def incident_columns(
        self,
        after_seq: int = 0,
        ids: Sequence[str] | None = None,
        attributes: Sequence[str] = (),
        *,
        wanted: Sequence[Wanted] | None = None,
        upto_seq: int = 0,
    ) -> IncidentColumns:
        asked = None if ids is None else set(ids)
        return IncidentColumns.of(
            [
                i
                for seq, _, i in self.tables.incidents.values()
                if seq > after_seq
                and (not upto_seq or seq <= upto_seq)
                and (asked is None or i.id in asked)
                and (wanted is None or any(_means(one, i) for one in wanted))
            ],
            attributes,
        )

    def incident_reported(self, categories: Sequence[str] = ()) -> dict[str, int]:
        return {
            i.id: micros(i.reported) // 1_000_000
            for _, _, i in self.tables.incidents.values()
            if not categories or i.category in categories
        }

    def feed_places(self, feed: str) -> dict[Datum, npt.NDArray[np.float64]]:
        rows = [i for _, _, i in self.tables.incidents.values() if i.feed == feed]
        return {
            datum: np.array([(i.lon, i.lat, i.accuracy_m) for i in rows if i.datum is datum], dtype=np.float64)
            for datum in {i.datum for i in rows}
        }

    def incident_cells(
        self,
        box: Box,
        zoom: int,
        occurred_from: datetime | None = None,
        occurred_to: datetime | None = None,
        categories: Sequence[str] = (),
        points_up_to: int = 1500,
    ) -> tuple[list[Cell], bool]:
        inside = sorted(
            (
                i
                for _, _, i in self.tables.incidents.values()
                if box.holds(i.lon, i.lat)
                and (occurred_from is None or occurred_from <= i.occurred)
                and (occurred_to is None or i.occurred < occurred_to)
                and (not categories or i.category in categories)
            ),
            key=lambda i: i.id,
        )
        if len(inside) <= points_up_to:
            return [Cell(i.lon, i.lat, 1, int(bool(i.evidence)), i.id) for i in inside], True
        cells: dict[tuple[int, int], list[Incident]] = {}
        for i in inside:
            cells.setdefault(_map_cell(i.lon, i.lat, zoom), []).append(i)
        return [
            Cell(
                math.fsum(i.lon for i in members) / len(members),
                math.fsum(i.lat for i in members) / len(members),
                len(members),
                sum(1 for i in members if i.evidence),
                min(members, key=lambda i: self.tables.incidents[i.id][0]).id,
            )
            for members in cells.values()
        ], False

    def incident_histogram(self, occurred_from: datetime, occurred_to: datetime, bins: int) -> list[int]:
        start, end = micros(occurred_from), micros(occurred_to)
        if not (start < end and 1 <= bins <= 1000):
            raise ValueError("1 to 1000 bins and from < to were expected")
        counts = [0] * bins
        for _, _, i in self.tables.incidents.values():
            if start <= micros(i.occurred) < end:
                counts[(micros(i.occurred) - start) * bins // (end - start)] += 1
        return counts

    # ---- reporters

    def add_reporters(self, reporters: Sequence[Reporter]) -> None:
        tables = self._write()
        for r in reporters:
            tables.reporters.setdefault(r.key, r)

    # ---- feeds and quarantine

    def feed_heard(self, heard: FeedHeard) -> None:
        self._write().readings.append(replace(heard, at=utc(heard.at)))

    def feeds(self) -> list[FeedHeard]:
        newest: dict[str, FeedHeard] = {}
        for heard in self.tables.readings:
            if heard.feed not in newest or newest[heard.feed].at <= heard.at:
                newest[heard.feed] = heard
        return [newest[feed] for feed in sorted(newest)]

    def file_was_read(self, feed: str, file_hash: str) -> bool:
        return any(h.feed == feed and h.file_hash == file_hash for h in self.tables.readings)

    def latest_reports(self) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for heard in self.tables.readings:
            if heard.stored > 0:
                found[heard.feed] = max(found.get(heard.feed, heard.at), heard.at)
        return dict(sorted(found.items()))

    def add_pull(self, pull: FeedPull) -> None:
        self._write().pulls.append(replace(pull, at=utc(pull.at)))

    def pulls(self, feed: str = "", limit: int = 100) -> list[FeedPull]:
        return [p for p in reversed(self.tables.pulls) if feed in ("", p.feed)][:limit]

    def pull_histories(self) -> dict[str, PullHistory]:
        found: dict[str, PullHistory] = {}
        for p in sorted(self.tables.pulls, key=lambda p: p.feed):
            before = found.get(p.feed)
            if p.outcome != "failed":
                found[p.feed] = PullHistory(p, p)
            elif before is None:
                found[p.feed] = PullHistory(p, None, p.at, 1)
            else:
                since = before.failing_since or p.at
                found[p.feed] = PullHistory(p, before.newest_good, since, before.failures + 1)
        return found

    def pulled_records(self, feed: str, records: Sequence[str]) -> dict[str, str]:
        return {r: self.tables.pulled[feed, r][0] for r in records if (feed, r) in self.tables.pulled}

    def put_pulled_records(self, feed: str, seen: Mapping[str, str], at: datetime) -> None:
        self._write().pulled |= {(feed, record): (digest, utc(at)) for record, digest in seen.items()}

    def forget_pulled_records(self, feed: str, before: datetime) -> None:
        tables = self._write()
        tables.pulled = {k: v for k, v in tables.pulled.items() if k[0] != feed or v[1] >= utc(before)}

    def files_read(self) -> list[tuple[str, str, str]]:
        said = dict.fromkeys((h.feed, h.file, h.file_hash) for h in self.tables.readings)
        return sorted(said, key=lambda r: r[0])

    def quarantine(self, rows: Sequence[QuarantinedRow], at: datetime) -> int:
        tables = self._write()
        new = {r.id: StoredQuarantine(r, utc(at)) for r in rows if r.id not in tables.quarantine}
        tables.quarantine |= new
        return len(new)

    def quarantined(
        self,
        feed: str = "",
        reason: str = "",
        status: str = "open",
        limit: int = 100,
        after: str = "",
        row_id: str = "",
    ) -> list[StoredQuarantine]:
        found = [
            kept
            for id_, kept in sorted(self.tables.quarantine.items())
            if id_ > after
            and (not feed or kept.row.feed == feed)
            and (not reason or kept.row.reason == reason)
            and (not status or kept.status == status)
            and row_id in ("", id_)
        ]
        return found[:limit]

    def quarantine_counts(self) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for kept in self.tables.quarantine.values():
            if kept.status == "open":
                key = (kept.row.feed, kept.row.reason)
                counts[key] = counts.get(key, 0) + 1
        return dict(sorted(counts.items()))

    def settle_quarantine(self, ids: Sequence[str], status: str) -> None:
        tables = self._write()
        for id_ in ids:
            if id_ in tables.quarantine:
                tables.quarantine[id_] = replace(tables.quarantine[id_], status=status)

    def add_desk_event(
        self, row: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any] | None = None
    ) -> DeskEvent:
        book = self._write().book_of_desk
        previous = book[-1].hash if book else ""
        kept = as_kept(dict(data or {}))
        digest = desk_hash(previous, row, utc(at), actor, kind, reason, kept)
        event = DeskEvent(row, len(book) + 1, utc(at), actor, kind, reason, kept, previous, digest)
        book.append(event)
        return event

    def desk_events(self, rows: Sequence[str] | None = None) -> list[DeskEvent]:
        return [e for e in self.tables.book_of_desk if rows is None or e.row in rows]

    # ---- layers

    def add_layer(
        self, version: LayerVersion, features: Sequence[Feature], rejected: Sequence[RejectedFeature] = ()
    ) -> bool:
        tables = self._write()
        if tables.current.get(version.layer) == version.id:
            return False
        tables.current[version.layer] = version.id
        if version.id in tables.versions:
            tables.versions[version.id] = replace(tables.versions[version.id], loaded_at=utc(version.loaded_at))
            return True
        if len({f.id for f in features}) < len(features):
            raise StoreError(f"two features of {version.id} have one id")
        tables.versions[version.id] = replace(version, loaded_at=utc(version.loaded_at))
        tables.features[version.id] = tuple(
            replace(f, layer=version.layer, properties=as_kept(dict(f.properties)))
            for f in sorted(features, key=lambda f: f.id)
        )
        tables.rejected[version.id] = tuple(replace(r, layer=version.layer) for r in rejected)
        return True

    def layer_versions(self, current_only: bool = True) -> list[LayerVersion]:
        return sorted(
            (v for v in self.tables.versions.values() if not current_only or self.tables.current[v.layer] == v.id),
            key=lambda v: (v.layer, -micros(v.loaded_at), v.id),
        )

    def layer_columns(self, layer: str, version: str = "") -> LayerColumns | None:
        version = version or self.tables.current.get(layer, "")
        if version not in self.tables.versions or self.tables.versions[version].layer != layer:
            return None
        columns = LayerColumns.of(layer, version, self.tables.features[version])
        return replace(columns, as_of=self.tables.versions[version].loaded_at)

    def features(self, layer: str, box: Box | None = None, ids: Sequence[str] | None = None) -> list[Feature]:
        asked = None if ids is None else set(ids)
        return [
            f
            for f in self.tables.features.get(self.tables.current.get(layer, ""), ())
            if (box is None or _touches(f, box)) and (asked is None or f.id in asked)
        ]

    def rejected_features(self, layer: str) -> list[RejectedFeature]:
        return list(self.tables.rejected.get(self.tables.current.get(layer, ""), ()))

    # ---- hits

    def replace_hits(self, hits: Iterable[Hit]) -> None:
        self._write().hits.clear()
        self.add_hits(hits)

    def add_hits(self, hits: Iterable[Hit]) -> int:
        tables = self._write()
        before = len(tables.hits)
        for h in hits:
            tables.hits.setdefault((LeadKey(h.model, h.subject), h.record), _as_kept(h))
        return len(tables.hits) - before

    def forget_hits(self, model: str, records: Sequence[str]) -> list[LeadKey]:
        tables, asked = self._write(), set(records)
        gone = [(key, record) for key, record in tables.hits if key.model == model and record in asked]
        for place in gone:
            del tables.hits[place]
        return sorted({key for key, _ in gone})

    def hits_on(self, model: str, records: Sequence[str]) -> list[Hit]:
        asked = set(records)
        found = (h for (key, record), h in self.tables.hits.items() if key.model == model and record in asked)
        return sorted(found, key=lambda h: (h.subject, h.occurred, h.record))

    def hits_of(self, keys: Sequence[LeadKey]) -> list[Hit]:
        asked = set(keys)
        return sorted(
            (h for (key, _), h in self.tables.hits.items() if key in asked),
            key=lambda h: (h.model, h.subject, h.occurred, h.record),
        )

    def hit_counts(self, models: Sequence[str] | None = None) -> dict[str, int]:
        counts: dict[str, int] = {}
        for h in self.tables.hits.values():
            if models is None or h.model in models:
                counts[h.model] = counts.get(h.model, 0) + 1
        return dict(sorted(counts.items()))

    # ---- leads

    def leads(self, query: LeadQuery) -> LeadPage:
        asked = sorted((lead for lead in self.tables.leads.values() if _asked(query, lead)), key=_queue_order)
        rest = asked
        if query.after:
            last = from_cursor(query.after)
            rest = [lead for lead in asked if _queue_order(lead) > last]
        page = rest[: max(1, query.limit)]
        return LeadPage(tuple(page), len(asked), to_cursor(_queue_order(page[-1])) if len(page) < len(rest) else "")

    def lead(self, lead_id: str) -> Lead | None:
        return self.tables.leads.get(lead_id)

    def leads_of(self, keys: Sequence[LeadKey] | None = None) -> list[Lead]:
        asked = None if keys is None else set(keys)
        return sorted(
            (lead for lead in self.tables.leads.values() if asked is None or lead.key in asked),
            key=lambda lead: (lead.opened, lead.id),
        )

    def leads_of_record(self, record: str) -> list[str]:
        return sorted(lead.id for lead in self.tables.leads.values() if record in lead.records)

    def put_lead(self, lead: Lead) -> None:
        self._write().leads[lead.id] = replace(
            lead,
            opened=utc(lead.opened),
            first=utc(lead.first),
            last=utc(lead.last),
            grounds=Grounds.from_dict(as_kept(lead.grounds.as_dict())),
            legal_basis=tuple(BasisOnDay.from_dict(as_kept(b.as_dict())) for b in lead.legal_basis),
            trio=ResponsibleTrio.from_dict(as_kept(lead.trio.as_dict())),
            due=as_kept(dict(lead.due)),
        )

    def lead_counts(self, trial: bool | None = False) -> dict[tuple[str, str, str], int]:
        counts: dict[tuple[str, str, str], int] = {}
        for lead in self.tables.leads.values():
            if trial is not None and lead.trial != trial:
                continue
            key = (lead.model, lead.district, lead.status.value)
            counts[key] = counts.get(key, 0) + 1
        return dict(sorted(counts.items()))

    def lead_outcomes(self, trial: bool | None = None) -> dict[tuple[str, int, str], int]:
        counts: dict[tuple[str, int, str], int] = {}
        for lead in self.tables.leads.values():
            if trial is None or lead.trial == trial:
                key = (lead.model, lead.model_version, lead.status.value)
                counts[key] = counts.get(key, 0) + 1
        return dict(sorted(counts.items()))

    # ---- the book

    def add_event(
        self,
        lead: str,
        at: datetime,
        actor: str,
        kind: str,
        reason: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> LeadEvent:
        book = self._write().book
        previous = book[-1].hash if book else ""
        kept = as_kept(dict(data or {}))
        digest = chain_hash(previous, lead, utc(at), actor, kind, reason, kept)
        event = LeadEvent(lead, len(book) + 1, utc(at), actor, kind, reason, kept, previous, digest)
        book.append(event)
        return event

    def events(self, lead: str | None = None) -> list[LeadEvent]:
        return [e for e in self.tables.book if lead is None or e.lead == lead]

    # ---- what people decided about models

    def add_exception(self, exemption: Exemption) -> bool:
        tables = self._write()
        if exemption.id in tables.exceptions:
            return False
        kept = replace(exemption, created=utc(exemption.created), ended=_utc_or_none(exemption.ended))
        tables.exceptions[exemption.id] = kept
        return True

    def end_exception(self, exemption_id: str, at: datetime, actor: str, reason: str) -> bool:
        known = self._write().exceptions
        if exemption_id not in known or known[exemption_id].ended is not None:
            return False
        known[exemption_id] = replace(known[exemption_id], ended=utc(at), ended_by=actor, ended_reason=reason)
        return True

    def exceptions(self, model: str = "", on: date | None = None) -> list[Exemption]:
        return sorted(
            (
                e
                for e in self.tables.exceptions.values()
                if (not model or e.model == model) and (on is None or e.in_force(on))
            ),
            key=lambda e: (e.model, e.created, e.id),
        )

    def add_model_event(
        self,
        model: str,
        version: int,
        kind: str,
        status: str,
        at: datetime,
        actor: str,
        reason: str,
        data: Mapping[str, Any] | None = None,
    ) -> ModelEvent:
        book = self._write().book_of_models
        previous = book[-1].hash if book else ""
        kept = as_kept(dict(data or {}))
        digest = model_event_hash(previous, model, version, utc(at), actor, kind, status, reason, kept)
        seq = len(book) + 1
        event = ModelEvent(model, version, seq, utc(at), actor, kind, status, reason, kept, previous, digest)
        book.append(event)
        return event

    def model_events(self, model: str = "") -> list[ModelEvent]:
        return [e for e in self.tables.book_of_models if not model or e.model == model]

    def put_model_text(self, digest: str, text: str, at: datetime) -> None:
        utc(at)
        self._write().texts.setdefault(digest, text)

    def model_text(self, digest: str) -> str | None:
        return self.tables.texts.get(digest)

    def put_backtest(self, record: BacktestRecord) -> None:
        self._write().backtests.append(replace(record, at=utc(record.at)))

    def backtests(self, model: str = "") -> list[BacktestRecord]:
        found = [(record.at, n, record) for n, record in enumerate(self.tables.backtests)]
        return [record for _, _, record in sorted(found, reverse=True) if not model or record.model == model]

    # ---- duty

    def replace_postings(self, postings: Sequence[Posting], file: str, at: datetime) -> None:
        utc(at)
        self._write().postings[:] = postings

    def postings(self) -> list[Posting]:
        return list(self.tables.postings)

    # ---- people

    def user(self, name: str) -> User | None:
        return self.tables.users.get(name)

    def users(self) -> list[User]:
        return [user for _, user in sorted(self.tables.users.items())]

    def put_user(self, user: User) -> None:
        self._write().users[user.name] = user

    # ---- letters

    def enqueue(self, letter: Letter) -> bool:
        tables = self._write()
        if letter.key in tables.letters:
            return False
        self.put_letter(letter)
        return True

    def letter(self, key: str) -> Letter | None:
        return self.tables.letters.get(key)

    def letters_due(self, now: datetime, limit: int = 50) -> list[Letter]:
        due = [
            m
            for m in self.tables.letters.values()
            if m.status == "waiting" and (m.next_try is None or m.next_try <= now)
        ]
        return sorted(due, key=lambda m: (m.created, m.key))[:limit]

    def letters(self, limit: int = 200) -> list[Letter]:
        return sorted(self.tables.letters.values(), key=lambda m: (-micros(m.created), m.key))[:limit]

    def put_letter(self, letter: Letter) -> None:
        self._write().letters[letter.key] = replace(
            letter,
            created=utc(letter.created),
            next_try=_utc_or_none(letter.next_try),
            sent_at=_utc_or_none(letter.sent_at),
        )

    # ---- jobs

    def job_row(self, name: str) -> JobRow | None:
        return self.tables.jobs.get(name)

    def job_rows(self) -> list[JobRow]:
        return [row for _, row in sorted(self.tables.jobs.items())]

    def add_job_row(self, row: JobRow) -> bool:
        tables = self._write()
        if row.name in tables.jobs:
            return False
        tables.jobs[row.name] = _row_in_utc(row)
        return True

    def take_job(self, before: JobRow, after: JobRow) -> bool:
        tables = self._write()
        if before.name not in tables.jobs or tables.jobs[before.name].fence != before.fence:
            return False
        tables.jobs[before.name] = _row_in_utc(replace(after, name=before.name))
        return True

    def put_run(self, run: JobRun) -> None:
        self._write().runs[run.job, utc(run.slot)] = replace(
            run,
            slot=utc(run.slot),
            started=utc(run.started),
            finished=_utc_or_none(run.finished),
            counts=as_kept(dict(run.counts)),
        )

    def runs(self, job: str = "", limit: int = 100) -> list[JobRun]:
        found = [run for run in self.tables.runs.values() if not job or run.job == job]
        return sorted(found, key=lambda r: (-micros(r.started), -micros(r.slot), r.job))[:limit]

    # ---- facts

    # ---- Open311 and receipts

    def add_api_key(self, key: ApiKey) -> None:
        self._write().api_keys[key.digest] = replace(key, created=utc(key.created))

    def api_key(self, digest: str) -> ApiKey | None:
        return self.tables.api_keys.get(digest)

    def api_keys(self) -> list[ApiKey]:
        return sorted(self.tables.api_keys.values(), key=lambda k: (k.created, k.digest))

    def revoke_api_key(self, name: str, at: datetime) -> bool:
        keys = self._write().api_keys
        counting = [k for k in keys.values() if k.name == name and k.revoked is None]
        keys.update((k.digest, replace(k, revoked=utc(at))) for k in counting)
        return bool(counting)

    def add_posted(self, report: PostedReport) -> bool:
        posted = self._write().posted
        new = report.id not in posted
        posted.setdefault(report.id, replace(report, received=utc(report.received)))
        return new

    def posted(
        self,
        ids: Sequence[str] | None = None,
        received_from: datetime | None = None,
        received_to: datetime | None = None,
        service_codes: Sequence[str] = (),
    ) -> list[PostedReport]:
        found = [
            p
            for p in self.tables.posted.values()
            if (ids is None or p.id in ids)
            and (received_from is None or received_from <= p.received)
            and (received_to is None or p.received <= received_to)
            and (not service_codes or p.service_code in service_codes)
        ]
        return sorted(found, key=lambda p: (-micros(p.received), p.id))

    def posted_beginning(self, begin: str) -> list[str]:
        return sorted(id_ for id_ in self.tables.posted if id_.startswith(begin))

    def incidents_beginning(self, begin: str) -> list[str]:
        known = (*self.tables.incidents, *self.tables.superseded)
        return sorted(id_ for id_ in known if id_.startswith(begin))

    def leads_holding(self, records: Sequence[str]) -> dict[str, dict[str, LeadStatus]]:
        found: dict[str, dict[str, LeadStatus]] = {}
        for lead in sorted(self.tables.leads.values(), key=lambda lead: lead.id):
            for record in () if lead.trial else sorted(set(records) & set(lead.records)):
                found.setdefault(record, {})[lead.id] = lead.status
        return found

    def quarantined_from(self, feed: str, file_hashes: Sequence[str]) -> list[StoredQuarantine]:
        return [
            kept
            for _, kept in sorted(self.tables.quarantine.items())
            if kept.row.feed == feed and kept.row.origin.file_hash in file_hashes
        ]

    def earlier_versions(self, ids: Sequence[str]) -> list[str]:
        named = {
            (i.feed, i.source_id) for k in ids if k in self.tables.incidents for i in [self.tables.incidents[k][2]]
        }
        return sorted(k for k, (_, i) in self.tables.superseded.items() if (i.feed, i.source_id) in named)

    def occurrences(
        self, ids: Sequence[str] | None = None, *, standing: str = "", limit: int = 0, after: str = ""
    ) -> list[Occurrence]:
        found = sorted(self.tables.occurrences.values(), key=_latest_first)
        if after in self.tables.occurrences:
            found = [o for o in found if _latest_first(o) > _latest_first(self.tables.occurrences[after])]
        found = [o for o in found if ids is None or o.id in ids]
        if standing == "joining":
            found = [o for o in found if o.joining]
        elif standing:
            found = [o for o in found if o.standing == standing]
        return found[: limit or None]

    def occurrences_of(self, reports: Sequence[str]) -> dict[str, str]:
        return {r: o.id for o in self.tables.occurrences.values() for r in o.reports if r in set(reports)}

    def occurrence_counts(self) -> dict[str, int]:
        every = self.tables.occurrences.values()
        counts = Counter(o.standing for o in every) + Counter("joining" for o in every if o.joining)
        return dict(sorted(counts.items()))

    def replace_occurrences(self, gone: Sequence[str], made: Sequence[Occurrence]) -> None:
        kept = self._write().occurrences
        for id_ in gone:
            kept.pop(id_, None)
        for o in made:
            if o.id in kept or self.occurrences_of(o.reports):
                raise StoreError(f"occurrence {o.id}, or one of its reports, is stored already")
            kept[o.id] = replace(o, first=utc(o.first), last=utc(o.last))

    def add_occurrence_event(
        self, occurrence: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any]
    ) -> OccurrenceEvent:
        book = self._write().book_of_occurrences
        previous = book[-1].hash if book else ""
        kept = as_kept(dict(data))
        digest = occurrence_hash(previous, occurrence, utc(at), actor, kind, reason, kept)
        event = OccurrenceEvent(occurrence, len(book) + 1, utc(at), actor, kind, reason, kept, previous, digest)
        book.append(event)
        return event

    def occurrence_events(self, occurrence: str | None = None) -> list[OccurrenceEvent]:
        return [e for e in self.tables.book_of_occurrences if occurrence is None or e.occurrence == occurrence]

    def fact(self, key: str) -> str | None:
        return self.tables.facts.get(key)

    def put_fact(self, key: str, value: str) -> None:
        self._write().facts[key] = value


def _latest_first(o: Occurrence) -> tuple[int, str]:
    return -micros(o.last), o.id


def _as_kept(hit: Hit) -> Hit:
    return replace(hit, occurred=utc(hit.occurred), facts=as_kept(dict(hit.facts)))


def _utc_or_none(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment)


def _row_in_utc(row: JobRow) -> JobRow:
    return replace(
        row, next_at=utc(row.next_at), lease_until=_utc_or_none(row.lease_until), slot=_utc_or_none(row.slot)
    )


def _map_cell(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The 64-pixel square of a Web-Mercator map, by the textbook formula."""
    side = 2 ** min(26, zoom + 2)
    tall = math.radians(max(-89.9, min(89.9, lat)))
    x = math.floor((lon + 180) / 360 * side)
    y = math.floor((1 - math.asinh(math.tan(tall)) / math.pi) / 2 * side)
    return min(max(x, 0), side - 1), min(max(y, 0), side - 1)


def _touches(feature: Feature, box: Box) -> bool:
    if feature.geometry is None or feature.geometry.is_empty:
        return False
    west, south, east, north = feature.geometry.bounds
    return bool(west <= box.east and east >= box.west and south <= box.north and north >= box.south)


def _queue_order(lead: Lead) -> tuple[int, int, str]:
    return URGENCIES.index(lead.urgency), -micros(lead.last), lead.id


def _asked(query: LeadQuery, lead: Lead) -> bool:
    said = [lead.id, *(w for t in (lead.title, lead.about) for w in (t.zh, t.en, t.bo) if w)]
    conditions: list[Callable[[], bool]] = [
        lambda: not query.statuses or lead.status.value in query.statuses,
        lambda: not query.urgencies or lead.urgency in query.urgencies,
        lambda: not query.domains or lead.domain in query.domains,
        lambda: not query.models or lead.model in query.models,
        lambda: not query.districts or lead.district in query.districts,
        lambda: not query.text or any(query.text.casefold() in s.casefold() for s in said),
        lambda: query.box is None or query.box.holds(lead.lon, lead.lat),
        lambda: query.opened_from is None or query.opened_from <= lead.opened,
        lambda: query.opened_to is None or lead.opened < query.opened_to,
        lambda: query.trial is None or lead.trial == query.trial,
    ]
    return all(condition() for condition in conditions)


def _means(wanted: Wanted, i: Incident) -> bool:
    """Whether this report is meant, in the words of the port."""
    second = int(i.occurred.timestamp())
    if wanted.named is not None:
        field, values = wanted.named
        named = same_id(i.attributes.get(field))
        if not named or named not in values:
            return False
    return (
        (not wanted.categories or i.category in wanted.categories)
        and (wanted.occurred_from is None or int(wanted.occurred_from.timestamp()) <= second)
        and (wanted.occurred_to is None or second <= int(wanted.occurred_to.timestamp()))
        and (wanted.boxes is None or any(box.holds(i.lon, i.lat) for box in wanted.boxes))
    )
