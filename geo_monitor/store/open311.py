"""Keys of programs that report, what they posted, and the ways back from a receipt number to its report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from geo_monitor.domain.incident import Origin, QuarantinedRow
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.services.ports import ApiKey, PostedReport, StoredQuarantine
from geo_monitor.store import tables as t
from geo_monitor.store.incidents import flaws_from_json
from geo_monitor.store.session import Session, writes
from geo_monitor.store.values import micros, moment, moment_or_none

_KEY = ("digest", "name", "created", "revoked")
_POSTED = ("id", "sender", "file_hash", "received", "service_code")
#: Whatever state a row is in: named one by one so that the index over (status, feed) serves.
_ROW_STATES = ("open", "retried", "rejected")
#: After every hexadecimal digit, so that the ids with one beginning lie between it and it with this.
_AFTER = "g"


class Open311Rows(Session):
    @writes
    def add_api_key(self, key: ApiKey) -> None:
        self.bulk(t.api_keys, _KEY, [(key.digest, key.name, micros(key.created), None)])

    def api_key(self, digest: str) -> ApiKey | None:
        found = self._keys(t.api_keys.c.digest == digest)
        return found[0] if found else None

    def api_keys(self) -> list[ApiKey]:
        return self._keys(sa.true())

    @writes
    def revoke_api_key(self, name: str, at: datetime) -> bool:
        k = t.api_keys
        done = self.connection.execute(
            sa.update(k).where(k.c.name == name, k.c.revoked.is_(None)).values(revoked=micros(at))
        )
        return bool(done.rowcount)

    def _keys(self, condition: sa.ColumnElement[bool]) -> list[ApiKey]:
        k = t.api_keys.c
        statement = sa.select(*(k[n] for n in _KEY)).where(condition).order_by(k.created, k.digest)
        return [
            ApiKey(digest, name, moment(created), moment_or_none(revoked))
            for digest, name, created, revoked in self.rows(statement)
        ]

    @writes
    def add_posted(self, report: PostedReport) -> bool:
        row = (report.id, report.sender, report.file_hash, micros(report.received), report.service_code)
        return self.bulk(t.posted_reports, _POSTED, [row], "ignore") == 1

    def posted(
        self,
        ids: Sequence[str] | None = None,
        received_from: datetime | None = None,
        received_to: datetime | None = None,
        service_codes: Sequence[str] = (),
    ) -> list[PostedReport]:
        p = t.posted_reports.c
        statement = sa.select(*(p[n] for n in _POSTED)).order_by(p.received.desc(), p.id)
        if ids is not None:
            statement = statement.where(self.among(p.id, ids))
        if received_from is not None:
            statement = statement.where(p.received >= micros(received_from))
        if received_to is not None:
            statement = statement.where(p.received <= micros(received_to))
        if service_codes:
            statement = statement.where(self.among(p.service_code, service_codes))
        return [
            PostedReport(id_, sender, file_hash, moment(received), code)
            for id_, sender, file_hash, received, code in self.rows(statement)
        ]

    def posted_beginning(self, begin: str) -> list[str]:
        return self._beginning(t.posted_reports.c.id, begin)

    def incidents_beginning(self, begin: str) -> list[str]:
        return sorted(self._beginning(t.incidents.c.id, begin) + self._beginning(t.superseded.c.id, begin))

    def _beginning(self, column: sa.ColumnElement[str], begin: str) -> list[str]:
        between = sa.and_(column >= begin, column < begin + _AFTER)
        return [id_ for (id_,) in self.rows(sa.select(column).where(between).order_by(column))]

    def leads_holding(self, records: Sequence[str]) -> dict[str, dict[str, LeadStatus]]:
        self.flush()
        r, lead = t.lead_records.c, t.leads.c
        statement = (
            sa.select(r.record, r.lead, lead.status)
            .join_from(t.lead_records, t.leads, r.lead == lead.id)
            .where(self.among(r.record, records), lead.trial.is_(False))
            .order_by(r.record, r.lead)
        )
        found: dict[str, dict[str, LeadStatus]] = {}
        for record, lead_id, status in self.rows(statement):
            found.setdefault(record, {})[lead_id] = LeadStatus(status)
        return found

    def quarantined_from(self, feed: str, file_hashes: Sequence[str]) -> list[StoredQuarantine]:
        q = t.quarantine.c
        named = (q.feed, q.status, q.at, q.origin_file, q.origin_hash, q.origin_row, q.flaws, q.raw)
        statement = (
            sa.select(*named)
            .where(q.status.in_(_ROW_STATES), q.feed == feed, self.among(q.origin_hash, file_hashes))
            .order_by(q.id)
        )
        return [
            StoredQuarantine(
                QuarantinedRow(feed_, Origin(file, file_hash, row), flaws_from_json(flaws), json.loads(raw)),
                moment(at),
                status,
            )
            for feed_, status, at, file, file_hash, row, flaws, raw in self.rows(statement)
        ]
