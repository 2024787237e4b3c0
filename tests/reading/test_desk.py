"""The desk: a person says how a row is meant, or that it is no report; the words of the file stay."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_monitor.domain.incident import Incident, QuarantinedRow
from geo_monitor.domain.place import Datum, LonLat
from geo_monitor.domain.repair import Repair
from geo_monitor.errors import FileError, NotFoundError, RefusedError
from geo_monitor.reading.datum import wgs84_to_gcj02
from geo_monitor.reading.feeds import import_file, reader_of_rows, retry_quarantine
from geo_monitor.services.audit import verify_desk
from geo_monitor.services.desk import reject_row, reopen_row, repair_row, row_at_desk
from tests.fakes import MemoryStore
from tests.reading.test_feeds import AT, GOOD, HOTLINE, KEY, LHASA, mapping, table

WHY = "电话回访核实（合成）"
TURNED = {"经度": GOOD["纬度"], "纬度": GOOD["经度"]}


def brought(folder: Path, **changed: str) -> tuple[MemoryStore, QuarantinedRow]:
    """A store with one row of the hotline at the desk."""
    store = MemoryStore()
    import_file(store, table(folder, GOOD | changed), mapping(folder), box=LHASA, key=KEY, at=AT)
    return store, desk(store)[0]


def desk(store: MemoryStore, status: str = "open") -> list[QuarantinedRow]:
    with store.reading() as records:
        return [q.row for q in records.quarantined(status=status)]


def stored(store: MemoryStore) -> list[Incident]:
    with store.reading() as records:
        return records.incidents([str(i) for i in records.incident_columns().ids])


def repaired(store: MemoryStore, row: QuarantinedRow, repair: Repair, folder: Path, text: str = HOTLINE) -> dict:
    read_again = reader_of_rows({"hotline": mapping(folder, text)}, box=LHASA, key=KEY)
    return repair_row(store, row.id, repair, "an", WHY, AT, read_again).as_dict()


def test_axes_that_stand_the_wrong_way_round_are_swapped_by_a_person(tmp_path: Path) -> None:
    store, row = brought(tmp_path, **TURNED)
    assert row.reason == "swapped_axes"
    assert repaired(store, row, Repair(swap_axes=True), tmp_path)["stored"] == 1
    (incident,) = stored(store)
    assert (incident.lon, incident.lat) == pytest.approx((91.117, 29.6578), abs=1e-9)
    assert (incident.datum, incident.datum_known) == (Datum.CGCS2000, "repaired")
    assert desk(store) == []
    with store.reading() as records:
        found, (event,) = row_at_desk(records, row.id)
    assert found.status == "retried"
    assert found.row.raw["经度"] == GOOD["纬度"], "the words of the file stay as they were"
    assert (event.kind, event.actor, event.reason, event.data) == ("repaired", "an", WHY, {"swap_axes": True})


def test_a_row_whose_datum_nobody_declared_is_placed_by_the_datum_that_a_person_names(tmp_path: Path) -> None:
    lon, lat = wgs84_to_gcj02(91.117, 29.6578)
    text = HOTLINE.replace("datum: CGCS2000", "datum: {column: 状态}").replace("skip: {状态", "skip: {性质二")
    text = text.replace("{性质二: {values: [重复], reason: marked_duplicate}, 性质: [咨询]}", "{性质: [咨询]}")
    store = MemoryStore()
    file = table(tmp_path, GOOD | {"经度": f"{float(lon):.9f}", "纬度": f"{float(lat):.9f}"})
    import_file(store, file, mapping(tmp_path, text), box=LHASA, key=KEY, at=AT)
    (row,) = desk(store)
    assert row.reason == "unknown_datum"
    assert repaired(store, row, Repair(datum="GCJ02"), tmp_path, text)["stored"] == 1
    (incident,) = stored(store)
    assert (incident.lon, incident.lat) == pytest.approx((91.117, 29.6578), abs=1e-7)
    assert (incident.datum, incident.datum_known) == (Datum.GCJ02, "repaired")


def test_a_place_set_by_a_person_carries_how_well_it_is_known(tmp_path: Path) -> None:
    store, row = brought(tmp_path, 经度="", 纬度="")
    assert repaired(store, row, Repair(place=LonLat(91.2, 29.7), accuracy_m=150.0), tmp_path)["stored"] == 1
    (incident,) = stored(store)
    assert (incident.lon, incident.lat, incident.accuracy_m) == (91.2, 29.7, 150.0)
    assert (incident.datum, incident.datum_known) == (Datum.WGS84, "placed")


def test_a_row_with_another_fault_stays_and_keeps_what_was_said_of_it(tmp_path: Path) -> None:
    store, row = brought(tmp_path, 类别="?", **TURNED)
    report = repaired(store, row, Repair(swap_axes=True), tmp_path)
    assert (report["stored"], report["reasons"]) == (0, {"unknown_category": 1})
    (left,) = desk(store)
    assert [f.reason for f in left.flaws] == ["unknown_category"]
    again = {"hotline": mapping(tmp_path, HOTLINE.replace("otherwise: quarantine", "otherwise: other"))}
    assert retry_quarantine(store, again, box=LHASA, key=KEY, at=AT).stored == 1
    (incident,) = stored(store)
    assert (incident.lon, incident.datum_known) == (pytest.approx(91.117), "repaired")


def test_a_place_outside_the_city_is_no_repair(tmp_path: Path) -> None:
    store, row = brought(tmp_path, 经度="", 纬度="")
    report = repaired(store, row, Repair(place=LonLat(116.4, 39.9), accuracy_m=10.0), tmp_path)
    assert (report["stored"], report["reasons"]) == (0, {"outside_city": 1})


def test_a_rejected_row_leaves_the_desk_and_may_come_back(tmp_path: Path) -> None:
    store, row = brought(tmp_path, 类别="?")
    reject_row(store, row.id, "an", "重复来电（合成）", AT)
    assert (desk(store), desk(store, "rejected")) == ([], [row])
    with pytest.raises(RefusedError, match="only an open row can be rejected"):
        reject_row(store, row.id, "an", WHY, AT)
    with pytest.raises(RefusedError, match="only an open row can be repaired"):
        repaired(store, row, Repair(swap_axes=True), tmp_path)
    reopen_row(store, row.id, "bo", "原件重新核对（合成）", AT)
    assert desk(store) == [row]
    with pytest.raises(RefusedError, match="only a rejected row can be reopened"):
        reopen_row(store, row.id, "bo", WHY, AT)
    with store.reading() as records:
        assert [(e.kind, e.actor) for e in records.desk_events()] == [("rejected", "an"), ("reopened", "bo")]
        assert verify_desk(records.desk_events()) == []


def test_what_cannot_be_meant_changes_nothing(tmp_path: Path) -> None:
    store, row = brought(tmp_path, **TURNED)
    with pytest.raises(FileError, match="unknown_datum"):
        repaired(store, row, Repair(datum="Mercator of ours"), tmp_path)
    with pytest.raises(RefusedError, match="a reason of at least"):
        repair_row(store, row.id, Repair(swap_axes=True), "an", " ", AT, lambda r, _: r)
    with pytest.raises(NotFoundError):
        repair_row(store, "q0", Repair(swap_axes=True), "an", WHY, AT, lambda r, _: r)
    assert desk(store) == [row]
    with store.reading() as records:
        assert records.desk_events() == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "swaps the axes, names the datum, or sets the place"),
        ({"place": LonLat(91.1, 29.6)}, "more than 0"),
        ({"place": LonLat(91.1, 29.6), "accuracy_m": 5000.0}, "at most 2000"),
        ({"place": LonLat(91.1, 29.6), "accuracy_m": 5.0, "datum": "GCJ02"}, "or the place instead"),
    ],
)
def test_a_repair_says_one_thing_that_can_be_relied_on(said: dict, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        Repair(**said)


def test_a_line_of_the_desks_book_that_was_changed_is_seen(tmp_path: Path) -> None:
    from dataclasses import replace

    store, row = brought(tmp_path, 类别="?")
    reject_row(store, row.id, "an", WHY, AT)
    with store.reading() as records:
        (event,) = records.desk_events()
    assert "its words are not those that were written" in verify_desk([replace(event, actor="somebody else")])[0]
    assert event.at == datetime(2026, 11, 1, tzinfo=UTC)
