"""Hits, leads, and the book of what was done about them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geo_monitor.domain.duty import ResponsibleTrio
from geo_monitor.domain.hit import Grounds, Hit, LeadKey, Subject
from geo_monitor.domain.lead import BasisOnDay, Lead, LeadEvent, LeadStatus, chain_hash
from geo_monitor.domain.words import Words
from geo_monitor.services.ports import LeadPage, LeadQuery
from geo_monitor.store import tables as t
from geo_monitor.store.session import Session, matters, one_of, writes
from geo_monitor.store.values import (
    as_kept,
    from_cursor,
    micros,
    moment,
    place_in_queue,
    search_text,
    to_cursor,
    to_json,
    utc,
)

_HIT = (
    "model",
    "subject_layer",
    "subject_id",
    "record",
    "version",
    "occurred",
    "reporter",
    "evidence",
    "lon",
    "lat",
    "facts",
)
_LEAD = (
    "id",
    "model",
    "subject_layer",
    "subject_id",
    "model_version",
    "domain",
    "status",
    "urgency",
    "urgency_rank",
    "minus_last",
    "title_zh",
    "title_en",
    "title_bo",
    "about_zh",
    "about_en",
    "about_bo",
    "search",
    "lon",
    "lat",
    "district",
    "opened",
    "first",
    "last",
    "previous",
    "synthetic",
    "records",
    "grounds",
    "legal_basis",
    "trio",
    "agencies",
    "due",
    "trial",
)
_EVENT = ("seq", "lead", "at", "actor", "kind", "reason", "data", "previous_hash", "hash")


class LeadRows(Session):
    """Leads and events are held back within the transaction and written together: a full run puts tens of
    thousands. Every method that reads them writes them first."""

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._held_leads: dict[str, Lead] = {}
        self._held_events: list[LeadEvent] = []
        self._end_of_book: tuple[int, str] | None = None

    # ---- hits

    @writes
    def replace_hits(self, hits: Iterable[Hit]) -> None:
        self.connection.execute(sa.delete(t.hits))
        self.add_hits(hits)

    @writes
    def add_hits(self, hits: Iterable[Hit]) -> int:
        return self.bulk(
            t.hits,
            _HIT,
            (
                (
                    h.model,
                    h.subject.layer,
                    h.subject.id,
                    h.record,
                    int(h.version),
                    micros(h.occurred),
                    h.reporter,
                    int(h.evidence),
                    float(h.lon),
                    float(h.lat),
                    to_json(dict(h.facts)) if h.facts else None,
                )
                for h in hits
            ),
            "ignore",
        )

    @writes
    def forget_hits(self, model: str, records: Sequence[str]) -> list[LeadKey]:
        h = t.hits.c
        meant = sa.and_(h.model == model, self.among(h.record, records))
        # Sorted here: asked to sort, the database would walk all hits of the model in that order.
        gone = sorted(set(self.rows(sa.select(h.subject_layer, h.subject_id).where(meant))))
        if gone:
            self.connection.execute(sa.delete(t.hits).where(meant))
        return [LeadKey(model, Subject(layer, id_)) for layer, id_ in gone]

    def hits_on(self, model: str, records: Sequence[str]) -> list[Hit]:
        found = self._hits(_hits_on(self.on_postgres), {"model": model, "records": self.several(records)})
        # Sorted here: asked to sort, the database would walk all hits of the model in that order.
        return sorted(found, key=lambda h: (h.subject, h.occurred, h.record))

    def hits_of(self, keys: Sequence[LeadKey]) -> list[Hit]:
        return self._hits(_hits_of(self.on_postgres), self.keys(keys))

    def _hits(self, statement: sa.Select[Any], values: Mapping[str, Any]) -> list[Hit]:
        return [
            Hit(
                model,
                version,
                Subject(layer, id_),
                record,
                moment(occurred),
                reporter,
                evidence,
                lon,
                lat,
                json.loads(facts) if facts else {},
            )
            for model, layer, id_, record, version, occurred, reporter, evidence, lon, lat, facts in self.rows(
                statement, values
            )
        ]

    def hit_counts(self, models: Sequence[str] | None = None) -> dict[str, int]:
        h = t.hits.c
        statement = sa.select(h.model, sa.func.count()).group_by(h.model).order_by(h.model)
        if models is not None:
            statement = statement.where(h.model.in_(list(models)))
        counted = self.rows(statement)
        return {model: count for model, count in counted}  # noqa: C416 - a row is not yet known to be a pair

    # ---- leads

    def leads(self, query: LeadQuery) -> LeadPage:
        self.flush()
        lead = t.leads.c
        asked = _conditions(query)
        total = self.number(sa.select(sa.func.count()).select_from(t.leads).where(*asked))
        order = (lead.urgency_rank, lead.minus_last, lead.id)
        statement = sa.select(*(lead[name] for name in _LEAD)).where(*asked).order_by(*order)
        if query.after:
            statement = statement.where(sa.tuple_(*order) > sa.tuple_(*from_cursor(query.after)))
        limit = max(1, query.limit)
        found = [_lead(row) for row in self.rows(statement.limit(limit + 1))]
        page = found[:limit]
        return LeadPage(tuple(page), total, to_cursor(place_in_queue(page[-1])) if len(found) > limit else "")

    def lead(self, lead_id: str) -> Lead | None:
        self.flush()
        rows = self.rows(sa.select(*(t.leads.c[name] for name in _LEAD)).where(t.leads.c.id == lead_id))
        return _lead(rows[0]) if rows else None

    def leads_of(self, keys: Sequence[LeadKey] | None = None) -> list[Lead]:
        self.flush()
        statement = _leads_of(keys is not None, self.on_postgres)
        return [_lead(row) for row in self.rows(statement, None if keys is None else self.keys(keys))]

    def leads_of_record(self, record: str) -> list[str]:
        self.flush()
        r = t.lead_records.c
        return [lead for (lead,) in self.rows(sa.select(r.lead).where(r.record == record).order_by(r.lead))]

    @writes
    def put_lead(self, lead: Lead) -> None:
        self._held_leads[lead.id] = lead

    def lead_counts(self, trial: bool | None = False) -> dict[tuple[str, str, str], int]:
        self.flush()
        lead = t.leads.c
        by = (lead.model, lead.district, lead.status)
        statement = sa.select(*by, sa.func.count()).group_by(*by).order_by(*by)
        if trial is not None:
            statement = statement.where(lead.trial == trial)
        return {(model, district, status): count for model, district, status, count in self.rows(statement)}

    def lead_outcomes(self, trial: bool | None = None) -> dict[tuple[str, int, str], int]:
        self.flush()
        lead = t.leads.c
        by = (lead.model, lead.model_version, lead.status)
        statement = sa.select(*by, sa.func.count()).group_by(*by).order_by(*by)
        if trial is not None:
            statement = statement.where(lead.trial == trial)
        return {(model, version, status): count for model, version, status, count in self.rows(statement)}

    # ---- the book

    @writes
    def add_event(
        self,
        lead: str,
        at: datetime,
        actor: str,
        kind: str,
        reason: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> LeadEvent:
        if self._end_of_book is None:
            # Read under the write lock, which is held until the commit: no other line can come between.
            e = t.lead_events.c
            last = self.rows(sa.select(e.seq, e.hash).order_by(e.seq.desc()).limit(1))
            self._end_of_book = (last[0][0], last[0][1]) if last else (0, "")
        seq, previous = self._end_of_book
        kept = as_kept(dict(data or {}))  # hashed as it will be read back
        digest = chain_hash(previous, lead, utc(at), actor, kind, reason, kept)
        event = LeadEvent(
            lead=lead,
            seq=seq + 1,
            at=utc(at),
            actor=actor,
            kind=kind,
            reason=reason,
            data=kept,
            previous_hash=previous,
            hash=digest,
        )
        self._held_events.append(event)
        self._end_of_book = (event.seq, digest)
        return event

    def events(self, lead: str | None = None) -> list[LeadEvent]:
        self.flush()
        e = t.lead_events.c
        statement = sa.select(*(e[name] for name in _EVENT)).order_by(e.seq)
        if lead is not None:
            statement = statement.where(e.lead == lead)
        return [
            LeadEvent(
                lead=lead_,
                seq=seq,
                at=moment(at),
                actor=actor,
                kind=kind,
                reason=reason,
                data=json.loads(data),
                previous_hash=previous,
                hash=digest,
            )
            for seq, lead_, at, actor, kind, reason, data, previous, digest in self.rows(statement)
        ]

    def flush(self) -> None:
        held, self._held_leads = list(self._held_leads.values()), {}
        if held:
            self.bulk(t.leads, _LEAD, (_row(lead) for lead in held), "replace")
            r = t.lead_records
            self.connection.execute(sa.delete(r).where(self.among(r.c.lead, [lead.id for lead in held])))
            self.bulk(
                r,
                ("record", "lead"),
                ((record, lead.id) for lead in held for record in dict.fromkeys(lead.records)),
            )
        written, self._held_events = self._held_events, []
        if written:
            self.bulk(
                t.lead_events,
                _EVENT,
                (
                    (
                        e.seq,
                        e.lead,
                        micros(e.at),
                        e.actor,
                        e.kind,
                        e.reason,
                        to_json(e.data),
                        e.previous_hash,
                        e.hash,
                    )
                    for e in written
                ),
            )
        super().flush()


@functools.cache
def _hits_on(on_postgres: bool) -> sa.Select[Any]:
    h = t.hits.c
    mine = h.model == sa.bindparam("model")
    return sa.select(*(h[name] for name in _HIT)).where(mine, one_of(h.record, sa.bindparam("records"), on_postgres))


@functools.cache
def _hits_of(on_postgres: bool) -> sa.Select[Any]:
    h = t.hits.c
    statement = sa.select(*(h[name] for name in _HIT)).where(matters(t.hits, on_postgres))
    return statement.order_by(h.model, h.subject_layer, h.subject_id, h.occurred, h.record)


@functools.cache
def _leads_of(keys: bool, on_postgres: bool) -> sa.Select[Any]:
    lead = t.leads.c
    statement = sa.select(*(lead[name] for name in _LEAD)).order_by(lead.opened, lead.id)
    return statement.where(matters(t.leads, on_postgres)) if keys else statement


def _conditions(query: LeadQuery) -> list[sa.ColumnElement[bool]]:
    lead = t.leads.c
    asked: list[sa.ColumnElement[bool]] = []
    for column, values in (
        (lead.status, query.statuses),
        (lead.urgency, query.urgencies),
        (lead.domain, query.domains),
        (lead.model, query.models),
        (lead.district, query.districts),
    ):
        if values:
            asked.append(column.in_([str(v) for v in values]))
    if "\0" in query.text:
        asked.append(sa.false())  # PostgreSQL keeps no such character, so nothing can match it
    elif query.text:
        asked.append(lead.search.contains(query.text.casefold(), autoescape=True))
    if query.box is not None:
        west, south, east, north = query.box
        asked += [lead.lon.between(west, east), lead.lat.between(south, north)]
    if query.opened_from is not None:
        asked.append(lead.opened >= micros(query.opened_from))
    if query.opened_to is not None:
        asked.append(lead.opened < micros(query.opened_to))
    if query.trial is not None:
        asked.append(lead.trial == query.trial)
    return asked


def _row(lead: Lead) -> tuple[Any, ...]:
    rank, minus_last, _ = place_in_queue(lead)
    return (
        lead.id,
        lead.model,
        lead.subject.layer,
        lead.subject.id,
        int(lead.model_version),
        lead.domain,
        lead.status.value,
        lead.urgency,
        rank,
        minus_last,
        lead.title.zh,
        lead.title.en,
        lead.title.bo,
        lead.about.zh,
        lead.about.en,
        lead.about.bo,
        search_text(lead),
        float(lead.lon),
        float(lead.lat),
        lead.district,
        micros(lead.opened),
        micros(lead.first),
        micros(lead.last),
        lead.previous,
        bool(lead.synthetic),
        to_json(list(lead.records)),
        to_json(lead.grounds.as_dict()),
        to_json([b.as_dict() for b in lead.legal_basis]),
        to_json(lead.trio.as_dict()),
        to_json(list(lead.agencies)),
        to_json(dict(lead.due)),
        bool(lead.trial),
    )


def _lead(row: Sequence[Any]) -> Lead:
    (
        id_,
        model,
        layer,
        subject,
        version,
        domain,
        status,
        urgency,
        _,
        _,
        title_zh,
        title_en,
        title_bo,
        about_zh,
        about_en,
        about_bo,
        _,
        lon,
        lat,
        district,
        opened,
        first,
        last,
        previous,
        synthetic,
        records,
        grounds,
        basis,
        trio,
        agencies,
        due,
        trial,
    ) = row
    return Lead(
        id=id_,
        key=LeadKey(model, Subject(layer, subject)),
        model_version=version,
        domain=domain,
        title=Words(title_zh, title_en, title_bo),
        about=Words(about_zh, about_en, about_bo),
        status=LeadStatus(status),
        urgency=urgency,
        lon=lon,
        lat=lat,
        district=district,
        opened=moment(opened),
        first=moment(first),
        last=moment(last),
        records=tuple(json.loads(records)),
        grounds=Grounds.from_dict(json.loads(grounds)),
        legal_basis=tuple(BasisOnDay.from_dict(b) for b in json.loads(basis)),
        trio=ResponsibleTrio.from_dict(json.loads(trio)),
        agencies=tuple(json.loads(agencies)),
        previous=previous,
        synthetic=bool(synthetic),
        due=json.loads(due),
        trial=bool(trial),
    )
