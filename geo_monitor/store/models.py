"""What people decided about models: exceptions, the book of models, back-tests; and the texts of the models
themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import shapely
import sqlalchemy as sa

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.lifecycle import BacktestRecord, ModelEvent, model_event_hash
from geo_monitor.domain.place import LonLat
from geo_monitor.store import tables as t
from geo_monitor.store.session import Session, writes
from geo_monitor.store.values import (
    as_kept,
    day,
    day_number,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    to_json,
    utc,
)

_EXCEPTION = (
    "id",
    "model",
    "author",
    "reason",
    "area",
    "centre_lon",
    "centre_lat",
    "radius_m",
    "from_day",
    "until_day",
    "created",
    "ended",
    "ended_by",
    "ended_reason",
)
_EVENT = (
    "seq",
    "model",
    "version",
    "kind",
    "status",
    "at",
    "actor",
    "reason",
    "data",
    "previous_hash",
    "hash",
)
_BACKTEST = ("model", "version", "from_day", "to_day", "leads", "decided", "upheld", "at")
_TEXT = sa.select(t.model_texts.c.text).where(t.model_texts.c.hash == sa.bindparam("hash"))


class ModelRows(Session):
    # ---- exceptions

    @writes
    def add_exception(self, exemption: Exemption) -> bool:
        return self.bulk(t.exceptions, _EXCEPTION, [_exception_row(exemption)], "ignore") == 1

    @writes
    def end_exception(self, exemption_id: str, at: datetime, actor: str, reason: str) -> bool:
        x = t.exceptions
        ended = self.connection.execute(
            sa.update(x)
            .where(x.c.id == exemption_id, x.c.ended.is_(None))
            .values(ended=micros(at), ended_by=actor, ended_reason=reason)
        )
        return ended.rowcount == 1

    def exceptions(self, model: str = "", on: date | None = None) -> list[Exemption]:
        x = t.exceptions.c
        statement = sa.select(*(x[n] for n in _EXCEPTION)).order_by(x.model, x.created, x.id)
        if model:
            statement = statement.where(x.model == model)
        if on is not None:
            asked = day_number(on)
            statement = statement.where(x.from_day <= asked, x.until_day >= asked, x.ended.is_(None))
        return [_exception(row) for row in self.rows(statement)]

    # ---- the book of models

    @writes
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
        # Read under the write lock, which is held until the commit: no other line can come between.
        e = t.model_events.c
        last = self.rows(sa.select(e.seq, e.hash).order_by(e.seq.desc()).limit(1))
        seq, previous = (last[0][0], last[0][1]) if last else (0, "")
        kept = as_kept(dict(data or {}))  # hashed as it will be read back
        digest = model_event_hash(previous, model, version, utc(at), actor, kind, status, reason, kept)
        event = ModelEvent(model, version, seq + 1, utc(at), actor, kind, status, reason, kept, previous, digest)
        self.bulk(
            t.model_events,
            _EVENT,
            [
                (
                    event.seq,
                    model,
                    version,
                    kind,
                    status,
                    micros(at),
                    actor,
                    reason,
                    to_json(kept),
                    previous,
                    digest,
                )
            ],
        )
        return event

    def model_events(self, model: str = "") -> list[ModelEvent]:
        e = t.model_events.c
        statement = sa.select(*(e[n] for n in _EVENT)).order_by(e.seq)
        if model:
            statement = statement.where(e.model == model)
        return [
            ModelEvent(name, version, seq, moment(at), actor, kind, status, reason, json.loads(data), previous, digest)
            for seq, name, version, kind, status, at, actor, reason, data, previous, digest in self.rows(statement)
        ]

    # ---- texts and back-tests

    @writes
    def put_model_text(self, digest: str, text: str, at: datetime) -> None:
        self.bulk(t.model_texts, ("hash", "text", "first_seen"), [(digest, text, micros(at))], "ignore")

    def model_text(self, digest: str) -> str | None:
        rows = self.rows(_TEXT, {"hash": digest})
        return rows[0][0] if rows else None

    @writes
    def put_backtest(self, record: BacktestRecord) -> None:
        r = record
        span = (day_number(r.from_day), day_number(r.to_day))
        self.bulk(
            t.backtests,
            _BACKTEST,
            [(r.model, r.version, *span, r.leads, r.decided, r.upheld, micros(r.at))],
        )

    def backtests(self, model: str = "") -> list[BacktestRecord]:
        b = t.backtests.c
        statement = sa.select(*(b[n] for n in _BACKTEST)).order_by(b.at.desc(), b.number.desc())
        if model:
            statement = statement.where(b.model == model)
        return [_backtest(row) for row in self.rows(statement)]


def _exception_row(e: Exemption) -> tuple[Any, ...]:
    lon, lat = (None, None) if e.centre is None else e.centre
    return (
        e.id,
        e.model,
        e.author,
        e.reason,
        shapely.to_wkb(e.area),
        lon,
        lat,
        None if e.centre is None else float(e.radius_m),
        day_number(e.from_day),
        day_number(e.until_day),
        micros(e.created),
        micros_or_none(e.ended),
        e.ended_by,
        e.ended_reason,
    )


def _exception(row: Sequence[Any]) -> Exemption:
    id_, model, author, reason, area, lon, lat, radius, from_day, until_day, created, ended, ended_by, why = row
    first, last = day(from_day), day(until_day)
    assert first is not None
    assert last is not None
    return Exemption(
        id=id_,
        model=model,
        author=author,
        reason=reason,
        area=shapely.from_wkb(bytes(area)),
        from_day=first,
        until_day=last,
        created=moment(created),
        ended=moment_or_none(ended),
        ended_by=ended_by,
        ended_reason=why,
        centre=None if lon is None else LonLat(lon, lat),
        radius_m=radius or 0.0,
    )


def _backtest(row: Sequence[Any]) -> BacktestRecord:
    model, version, from_day, to_day, leads, decided, upheld, at = row
    first, last = day(from_day), day(to_day)
    assert first is not None
    assert last is not None
    return BacktestRecord(model, version, first, last, leads, decided, upheld, moment(at))
