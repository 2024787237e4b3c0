"""Which reports are taken to tell of one event, and the book of what people decided about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geo_monitor.domain.occurrence import Occurrence, OccurrenceEvent, occurrence_hash
from geo_monitor.store import tables as t
from geo_monitor.store.session import CHUNK, Session, writes
from geo_monitor.store.values import as_kept, micros, moment, to_json, utc

_OCCURRENCE = ("id", "standing", "joining", "first", "minus_last")
_REPORT = ("report", "occurrence", "place", "confirmed")
_EVENT = ("seq", "occurrence", "kind", "at", "actor", "reason", "data", "previous_hash", "hash")


class OccurrenceRows(Session):
    def earlier_versions(self, ids: Sequence[str]) -> list[str]:
        i, s = t.incidents.c, t.superseded.c
        same = sa.and_(s.feed == i.feed, s.source_id == i.source_id)
        found: list[str] = []
        for start in range(0, len(ids), CHUNK):
            asked = sa.select(s.id).join_from(t.incidents, t.superseded, same)
            # Most reports have no revision, and only those that have one can have come after another.
            asked = asked.where(self.among(i.id, ids[start : start + CHUNK]), i.revision != "")
            found += [id_ for (id_,) in self.rows(asked)]
        return sorted(found)

    def occurrences(
        self, ids: Sequence[str] | None = None, *, standing: str = "", limit: int = 0, after: str = ""
    ) -> list[Occurrence]:
        o, r = t.occurrences.c, t.occurrence_reports.c
        statement = sa.select(o.id, o.first, o.minus_last).order_by(o.minus_last, o.id)
        if ids is not None:
            statement = statement.where(self.among(o.id, ids))
        if standing == "joining":
            statement = statement.where(o.joining > 0)
        elif standing:
            statement = statement.where(o.standing == standing)
        if after and (last := self.rows(sa.select(o.minus_last, o.id).where(o.id == after))):
            statement = statement.where(sa.tuple_(o.minus_last, o.id) > sa.tuple_(*last[0]))
        rows = self.rows(statement.limit(limit) if limit else statement)
        stand: dict[str, list[tuple[str, bool]]] = {id_: [] for id_, _, _ in rows}
        known = list(stand)
        for start in range(0, len(known), CHUNK):
            asked = self.among(r.occurrence, known[start : start + CHUNK])
            members = sa.select(r.occurrence, r.report, r.confirmed).where(asked).order_by(r.occurrence, r.place)
            for id_, report, confirmed in self.rows(members):
                stand[id_].append((report, bool(confirmed)))
        return [
            Occurrence(
                id_,
                tuple(report for report, _ in stand[id_]),
                moment(first),
                moment(-minus_last),
                tuple(report for report, confirmed in stand[id_] if confirmed),
            )
            for id_, first, minus_last in rows
        ]

    def occurrences_of(self, reports: Sequence[str]) -> dict[str, str]:
        r = t.occurrence_reports.c
        found: dict[str, str] = {}
        for start in range(0, len(reports), CHUNK):
            asked = self.among(r.report, reports[start : start + CHUNK])
            found |= dict(self.rows(sa.select(r.report, r.occurrence).where(asked)))
        return found

    def occurrence_counts(self) -> dict[str, int]:
        o = t.occurrences.c
        joining = sa.func.sum(sa.case((o.joining > 0, 1), else_=0))
        rows = self.rows(sa.select(o.standing, sa.func.count(), joining).group_by(o.standing))
        counts = {standing: int(n) for standing, n, _ in rows} | {"joining": sum(int(n) for _, _, n in rows)}
        return {standing: n for standing, n in sorted(counts.items()) if n}

    @writes
    def replace_occurrences(self, gone: Sequence[str], made: Sequence[Occurrence]) -> None:
        for start in range(0, len(gone), CHUNK):
            part = gone[start : start + CHUNK]
            r, o = t.occurrence_reports, t.occurrences
            self.connection.execute(sa.delete(r).where(self.among(r.c.occurrence, part)))
            self.connection.execute(sa.delete(o).where(self.among(o.c.id, part)))
        rows = ((o.id, o.standing, len(o.joining), micros(o.first), -micros(o.last)) for o in made)
        self.bulk(t.occurrences, _OCCURRENCE, rows)
        stand = ((report, o.id, k, report in o.confirmed) for o in made for k, report in enumerate(o.reports))
        self.bulk(t.occurrence_reports, _REPORT, stand)

    @writes
    def add_occurrence_event(
        self, occurrence: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any]
    ) -> OccurrenceEvent:
        # Read under the write lock, which is held until the commit: no other line can come between.
        e = t.occurrence_events.c
        last = self.rows(sa.select(e.seq, e.hash).order_by(e.seq.desc()).limit(1))
        seq, previous = (last[0][0], last[0][1]) if last else (0, "")
        kept = as_kept(dict(data))  # hashed as it will be read back
        digest = occurrence_hash(previous, occurrence, utc(at), actor, kind, reason, kept)
        event = OccurrenceEvent(occurrence, seq + 1, utc(at), actor, kind, reason, kept, previous, digest)
        row = (event.seq, occurrence, kind, micros(at), actor, reason, to_json(kept), previous, digest)
        self.bulk(t.occurrence_events, _EVENT, [row])
        return event

    def occurrence_events(self, occurrence: str | None = None) -> list[OccurrenceEvent]:
        e = t.occurrence_events.c
        statement = sa.select(*(e[n] for n in _EVENT)).order_by(e.seq)
        if occurrence is not None:
            statement = statement.where(e.occurrence == occurrence)
        return [
            OccurrenceEvent(id_, seq, moment(at), actor, kind, reason, json.loads(data), previous, digest)
            for seq, id_, kind, at, actor, reason, data, previous, digest in self.rows(statement)
        ]
