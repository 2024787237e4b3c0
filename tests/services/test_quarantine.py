"""Quarantined rows tried again."""

from __future__ import annotations

from datetime import UTC, datetime

from geo_monitor.domain.incident import Incident, Origin, QuarantinedRow
from geo_monitor.domain.place import Datum
from geo_monitor.domain.repair import Repair
from geo_monitor.errors import Flaw
from geo_monitor.services.quarantine import RetryReport, retry_feed
from tests.fakes import MemoryStore

AT = datetime(2026, 11, 1, tzinfo=UTC)


def spoilt(number: int, reason: str = "unknown_category", feed: str = "hotline") -> QuarantinedRow:
    return QuarantinedRow(
        feed, Origin("h.csv", "hash", number), (Flaw(reason, "", "h.csv", number),), {"id": str(number)}
    )


def mended(row: QuarantinedRow, repair: Repair | None = None) -> Incident:
    return Incident(
        row.feed, row.raw["id"], "hotline", "other", "", AT, AT, 91.1, 29.6, 10.0, Datum.WGS84, row.origin
    )  # fmt: skip


def store_with(*rows: QuarantinedRow) -> MemoryStore:
    store = MemoryStore()
    with store.writing() as records:
        records.quarantine(rows, AT)
    return store


def open_rows(store: MemoryStore) -> list[int]:
    with store.reading() as records:
        return sorted(q.row.origin.row for q in records.quarantined(limit=5000))


def test_what_is_mended_is_stored_and_leaves_quarantine() -> None:
    store = store_with(*(spoilt(k) for k in range(2, 1302)))
    report = retry_feed(store, "hotline", lambda row, _: row if row.origin.row % 2 else mended(row), AT)
    assert report == RetryReport(1300, 650, 0, 650, {"unknown_category": 650})
    assert open_rows(store) == list(range(3, 1302, 2))
    with store.reading() as records:
        assert records.incident_count() == 650


def test_only_the_feed_and_the_reason_that_were_asked_for_are_tried() -> None:
    store = store_with(spoilt(2), spoilt(3, "outside_city"), spoilt(4, feed="patrol"))
    assert retry_feed(store, "hotline", mended, AT, "outside_city").tried == 1
    assert open_rows(store) == [2, 4]


def test_a_row_that_turns_out_to_be_known_leaves_quarantine_too() -> None:
    store = store_with(spoilt(2))
    with store.writing() as records:
        records.add_incidents([mended(spoilt(2))])
    assert retry_feed(store, "hotline", mended, AT) == RetryReport(1, 0, 1, 0, {})
    assert open_rows(store) == []


def test_a_row_kept_for_another_reason_is_kept_once() -> None:
    store = store_with(spoilt(2))
    retry_feed(store, "hotline", lambda row, _: spoilt(2, "outside_city"), AT)
    with store.reading() as records:
        assert records.quarantine_counts() == {("hotline", "outside_city"): 1}
    retry_feed(store, "hotline", lambda row, _: spoilt(2, "outside_city"), AT)
    assert open_rows(store) == [2]


def test_reports_of_several_feeds_add_up() -> None:
    assert RetryReport(1, 1, 0, 0) + RetryReport(3, 0, 1, 2, {"x": 2}) == RetryReport(4, 1, 1, 2, {"x": 2})
