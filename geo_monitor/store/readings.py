"""Which files were ever read."""

from __future__ import annotations

import sqlalchemy as sa

from geo_monitor.store import tables as t
from geo_monitor.store.session import Session


class ReadingRows(Session):
    def files_read(self) -> list[tuple[str, str, str]]:
        f = t.feed_readings.c
        first = sa.select(f.feed, f.file, f.file_hash, sa.func.min(f.number).label("number"))
        first = first.group_by(f.feed, f.file, f.file_hash)
        rows = self.rows(first.order_by(f.feed, sa.text("number")))
        return [(feed, file, digest) for feed, file, digest, _ in rows]
