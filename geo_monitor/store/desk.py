"""The book of what people did with rows in quarantine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geo_monitor.domain.repair import DeskEvent, desk_hash
from geo_monitor.store import tables as t
from geo_monitor.store.session import Session, writes
from geo_monitor.store.values import as_kept, micros, moment, to_json, utc

_EVENT = ("seq", "row", "kind", "at", "actor", "reason", "data", "previous_hash", "hash")


class DeskRows(Session):
    @writes
    def add_desk_event(
        self, row: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any] | None = None
    ) -> DeskEvent:
        # Read under the write lock, which is held until the commit: no other line can come between.
        e = t.desk_events.c
        last = self.rows(sa.select(e.seq, e.hash).order_by(e.seq.desc()).limit(1))
        seq, previous = (last[0][0], last[0][1]) if last else (0, "")
        kept = as_kept(dict(data or {}))  # hashed as it will be read back
        digest = desk_hash(previous, row, utc(at), actor, kind, reason, kept)
        event = DeskEvent(row, seq + 1, utc(at), actor, kind, reason, kept, previous, digest)
        self.bulk(
            t.desk_events,
            _EVENT,
            [(event.seq, row, kind, micros(at), actor, reason, to_json(kept), previous, digest)],
        )
        return event

    def desk_events(self, rows: Sequence[str] | None = None) -> list[DeskEvent]:
        e = t.desk_events.c
        statement = sa.select(*(e[n] for n in _EVENT)).order_by(e.seq)
        if rows is not None:
            statement = statement.where(self.among(e.row, rows))
        return [
            DeskEvent(row, seq, moment(at), actor, kind, reason, json.loads(data), previous, digest)
            for seq, row, kind, at, actor, reason, data, previous, digest in self.rows(statement)
        ]
