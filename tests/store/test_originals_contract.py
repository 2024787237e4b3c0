"""Which files were ever read, as every store tells it."""

from __future__ import annotations

from datetime import timedelta

from geo_monitor.services.ports import FeedHeard, Store
from tests.store.made import T0


def test_every_file_that_was_read_is_named_once_by_feed_and_as_they_came(store: Store) -> None:
    with store.writing() as records:
        read = [("patrol", "b.csv", "h2"), ("hotline", "z.csv", "h9"), ("hotline", "a.csv", "h1")]
        read += [("hotline", "z.csv", "h9"), ("hotline", "z.csv", "h8"), ("patrol", "a.csv", "h2")]
        for hour, (feed, file, digest) in enumerate(read):
            records.feed_heard(FeedHeard(feed, T0 + timedelta(hours=hour), file, digest, 1, 1, 0, 0))
    with store.reading() as records:
        assert records.files_read() == [
            ("hotline", "z.csv", "h9"),
            ("hotline", "a.csv", "h1"),
            ("hotline", "z.csv", "h8"),
            ("patrol", "b.csv", "h2"),
            ("patrol", "a.csv", "h2"),
        ]


def test_where_nothing_was_read_nothing_is_named(store: Store) -> None:
    with store.reading() as records:
        assert records.files_read() == []
