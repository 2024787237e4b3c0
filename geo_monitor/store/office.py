"""What the office itself needs: who is in which post, accounts, letters, jobs, small facts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geo_monitor.domain.duty import Posting
from geo_monitor.services.ports import JobRow, JobRun, Letter, User
from geo_monitor.store import tables as t
from geo_monitor.store.session import Session, writes
from geo_monitor.store.values import day, day_number, micros, micros_or_none, moment, moment_or_none, to_json

_POSTING = ("number", "place", "role", "post", "name", "office", "valid_from", "valid_to", "file", "at")
_USER = ("name", "display", "role", "password_hash", "email", "language", "active")
_LETTER = ("key", "to", "subject", "body", "created", "status", "tries", "next_try", "sent_at", "last_error")
_JOB = ("name", "next_at", "fence", "owner", "lease_until", "slot")
_FACT = sa.select(t.facts.c.value).where(t.facts.c.key == sa.bindparam("key"))
_RUN = ("job", "slot", "fence", "owner", "started", "finished", "outcome", "counts", "error")


class OfficeRows(Session):
    # ---- duty

    @writes
    def replace_postings(self, postings: Sequence[Posting], file: str, at: datetime) -> None:
        self.connection.execute(sa.delete(t.postings))
        self.bulk(
            t.postings,
            _POSTING,
            (
                (
                    n,
                    p.place,
                    p.role,
                    p.post,
                    p.name,
                    p.office,
                    day_number(p.valid_from),
                    day_number(p.valid_to),
                    file,
                    micros(at),
                )
                for n, p in enumerate(postings)
            ),
        )

    def postings(self) -> list[Posting]:
        p = t.postings.c
        return [
            Posting(place, role, post, name, office, day(valid_from), day(valid_to))
            for _, place, role, post, name, office, valid_from, valid_to, _, _ in self.rows(
                sa.select(*(p[name] for name in _POSTING)).order_by(p.number)
            )
        ]

    # ---- people

    def user(self, name: str) -> User | None:
        rows = self.rows(sa.select(*(t.users.c[n] for n in _USER)).where(t.users.c.name == name))
        return _user(rows[0]) if rows else None

    def users(self) -> list[User]:
        return [_user(row) for row in self.rows(sa.select(*(t.users.c[n] for n in _USER)).order_by(t.users.c.name))]

    @writes
    def put_user(self, user: User) -> None:
        self.bulk(t.users, _USER, [astuple(user)], "replace")

    # ---- letters

    @writes
    def enqueue(self, letter: Letter) -> bool:
        return self.bulk(t.letters, _LETTER, [_letter_row(letter)], "ignore") == 1

    def letter(self, key: str) -> Letter | None:
        found = self._letters(sa.select(*(t.letters.c[n] for n in _LETTER)).where(t.letters.c.key == key))
        return found[0] if found else None

    def letters_due(self, now: datetime, limit: int = 50) -> list[Letter]:
        m = t.letters.c
        return self._letters(
            sa.select(*(m[n] for n in _LETTER))
            .where(m.status == "waiting", sa.or_(m.next_try.is_(None), m.next_try <= micros(now)))
            .order_by(m.created, m.key)
            .limit(limit)
        )

    def letters(self, limit: int = 200) -> list[Letter]:
        m = t.letters.c
        return self._letters(sa.select(*(m[n] for n in _LETTER)).order_by(m.created.desc(), m.key).limit(limit))

    @writes
    def put_letter(self, letter: Letter) -> None:
        self.bulk(t.letters, _LETTER, [_letter_row(letter)], "replace")

    def _letters(self, statement: sa.Select[Any]) -> list[Letter]:
        return [
            Letter(
                key,
                to,
                subject,
                bytes(body),
                moment(created),
                status,
                tries,
                moment_or_none(next_try),
                moment_or_none(sent_at),
                last_error,
            )
            for key, to, subject, body, created, status, tries, next_try, sent_at, last_error in self.rows(statement)
        ]

    # ---- jobs

    def job_row(self, name: str) -> JobRow | None:
        rows = self.rows(sa.select(*(t.job_rows.c[n] for n in _JOB)).where(t.job_rows.c.name == name))
        return _job(rows[0]) if rows else None

    def job_rows(self) -> list[JobRow]:
        return [_job(row) for row in self.rows(sa.select(*(t.job_rows.c[n] for n in _JOB)).order_by(t.job_rows.c.name))]

    @writes
    def add_job_row(self, row: JobRow) -> bool:
        return self.bulk(t.job_rows, _JOB, [_job_row(row)], "ignore") == 1

    @writes
    def take_job(self, before: JobRow, after: JobRow) -> bool:
        j = t.job_rows
        values = dict(zip(_JOB[1:], _job_row(after)[1:], strict=True))
        taken = self.connection.execute(
            sa.update(j).where(j.c.name == before.name, j.c.fence == before.fence).values(values)
        )
        return taken.rowcount == 1

    @writes
    def put_run(self, run: JobRun) -> None:
        self.bulk(
            t.job_runs,
            _RUN,
            [
                (
                    run.job,
                    micros(run.slot),
                    run.fence,
                    run.owner,
                    micros(run.started),
                    micros_or_none(run.finished),
                    run.outcome,
                    to_json(dict(run.counts)),
                    run.error,
                )
            ],
            "replace",
        )

    def runs(self, job: str = "", limit: int = 100) -> list[JobRun]:
        r = t.job_runs.c
        statement = sa.select(*(r[n] for n in _RUN)).order_by(r.started.desc(), r.slot.desc(), r.job).limit(limit)
        if job:
            statement = statement.where(r.job == job)
        return [
            JobRun(
                name,
                moment(slot),
                fence,
                owner,
                moment(started),
                moment_or_none(finished),
                outcome,
                json.loads(counts),
                error,
            )
            for name, slot, fence, owner, started, finished, outcome, counts, error in self.rows(statement)
        ]

    # ---- facts

    def fact(self, key: str) -> str | None:
        rows = self.rows(_FACT, {"key": key})
        return rows[0][0] if rows else None

    @writes
    def put_fact(self, key: str, value: str) -> None:
        self.bulk(t.facts, ("key", "value"), [(key, value)], "replace")


def _user(row: Sequence[Any]) -> User:
    name, display, role, password_hash, email, language, active = row
    return User(name, display, role, password_hash, email, language, bool(active))


def _letter_row(letter: Letter) -> tuple[Any, ...]:
    return (
        letter.key,
        letter.to,
        letter.subject,
        letter.body,
        micros(letter.created),
        letter.status,
        letter.tries,
        micros_or_none(letter.next_try),
        micros_or_none(letter.sent_at),
        letter.last_error,
    )


def _job(row: Sequence[Any]) -> JobRow:
    name, next_at, fence, owner, lease_until, slot = row
    return JobRow(name, moment(next_at), fence, owner, moment_or_none(lease_until), moment_or_none(slot))


def _job_row(row: JobRow) -> tuple[Any, ...]:
    return (
        row.name,
        micros(row.next_at),
        row.fence,
        row.owner,
        micros_or_none(row.lease_until),
        micros_or_none(row.slot),
    )
