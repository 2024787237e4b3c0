"""Pulls of feeds: what came of each, and which records were seen how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from geo_monitor.services.ports import FeedPull, PullHistory
from geo_monitor.store import tables as t
from geo_monitor.store.session import Session, writes
from geo_monitor.store.values import micros, moment

_PULL = ("feed", "at", "outcome", "cursor", "error", "pages", "rows", "stored")
_SEEN = ("feed", "record", "digest", "at")


class PullRows(Session):
    def latest_reports(self) -> dict[str, datetime]:
        f = t.feed_readings.c
        statement = sa.select(f.feed, sa.func.max(f.at)).where(f.stored > 0).group_by(f.feed).order_by(f.feed)
        return {feed: moment(at) for feed, at in self.rows(statement)}

    @writes
    def add_pull(self, pull: FeedPull) -> None:
        row = (
            pull.feed,
            micros(pull.at),
            pull.outcome,
            pull.cursor,
            pull.error,
            pull.pages,
            pull.rows,
            pull.stored,
        )
        self.bulk(t.feed_pulls, _PULL, [row])

    def pulls(self, feed: str = "", limit: int = 100) -> list[FeedPull]:
        p = t.feed_pulls.c
        statement = sa.select(*(p[n] for n in _PULL)).order_by(p.number.desc()).limit(limit)
        return [_pull(row) for row in self.rows(statement.where(p.feed == feed) if feed else statement)]

    def pull_histories(self) -> dict[str, PullHistory]:
        # By number, not by time: a clock that was set back must not make an old failure the newest word.
        p = t.feed_pulls.c
        feeds = [feed for (feed,) in self.rows(sa.select(p.feed).distinct().order_by(p.feed))]
        found = {}
        for feed in feeds:
            good = self._newest(p.feed == feed, p.outcome != "failed")
            after = sa.and_(p.feed == feed, p.outcome == "failed", p.number > (good[0] if good else 0))
            failures = self.number(sa.select(sa.func.count()).select_from(t.feed_pulls).where(after))
            since = self.rows(sa.select(p.at).where(after).order_by(p.number).limit(1))
            newest = self._newest(p.feed == feed)
            assert newest is not None
            found[feed] = PullHistory(
                newest[1], good[1] if good else None, moment(since[0][0]) if since else None, failures
            )
        return found

    def _newest(self, *conditions: sa.ColumnElement[bool]) -> tuple[int, FeedPull] | None:
        p = t.feed_pulls.c
        rows = self.rows(
            sa.select(p.number, *(p[n] for n in _PULL)).where(*conditions).order_by(p.number.desc()).limit(1)
        )
        return (rows[0][0], _pull(rows[0][1:])) if rows else None

    def pulled_records(self, feed: str, records: Sequence[str]) -> dict[str, str]:
        s = t.pulled_records.c
        return dict(self.rows(sa.select(s.record, s.digest).where(s.feed == feed, self.among(s.record, records))))

    @writes
    def put_pulled_records(self, feed: str, seen: Mapping[str, str], at: datetime) -> None:
        rows = [(feed, record, digest, micros(at)) for record, digest in seen.items()]
        self.bulk(t.pulled_records, _SEEN, rows, "replace")

    @writes
    def forget_pulled_records(self, feed: str, before: datetime) -> None:
        s = t.pulled_records
        self.connection.execute(sa.delete(s).where(s.c.feed == feed, s.c.at < micros(before)))


def _pull(row: Sequence[Any]) -> FeedPull:
    feed, at, *rest = row
    return FeedPull(feed, moment(at), *rest)
