"""Reports without coordinates: placed by a name, or waiting with the places they may mean; and their identifiers."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.domain.incident import PLACED_BY, Incident, QuarantinedRow
from geo_monitor.domain.place import Box, Datum, LonLat
from geo_monitor.domain.repair import Repair
from geo_monitor.errors import FileError
from geo_monitor.reading.feeds import import_file, read_incidents, reader_of_rows, retry_quarantine
from geo_monitor.reading.gazetteer import Alias, Gazetteer, NamedPlace
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.services.desk import repair_row
from tests.fakes import MemoryStore
from tests.reading.test_feeds import AT
from tests.reading.test_places import world

LHASA = Box(89.5, 29.2, 92.8, 31.1)
FEED = """
feed: petitions
title: {zh: 信访（合成）, en: Petitions (synthetic)}
source: hotline
id: [编号]
columns:
  occurred: 时间
  text: [内容]
  category: {value: dumping}
  place: {text: [地址, 内容]}
attributes:
  licence: {column: 许可证, kind: food_licence}
"""
WITH_POINTS = FEED.replace("  place:", "  lon: 经度\n  lat: 纬度\n  place:").replace("id:", "datum: GCJ02\nid:")
HEAD = "编号,时间,地址,内容,许可证,经度,纬度"


def mapping(folder: Path, text: str = FEED, gazetteer: Gazetteer | None = None) -> FeedMapping:
    feeds = folder / "feeds"
    feeds.mkdir(exist_ok=True)
    (feeds / "petitions.yaml").write_text(text, encoding="utf-8")
    found = gazetteer or Gazetteer(world())
    return read_feed_mappings(feeds, lambda: found)["petitions"]


def table(folder: Path, *rows: str, name: str = "信访.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return path


def read(folder: Path, *rows: str, text: str = FEED) -> list[Incident | QuarantinedRow]:
    return list(read_incidents(table(folder, *rows), mapping(folder, text), box=LHASA, key=b"test"))


def test_a_report_is_placed_where_its_address_names_a_place(tmp_path: Path) -> None:
    (incident,) = read(tmp_path, "1,2026-11-01 10:00,城关区合成大寺旁边,倒垃圾,,,")
    assert isinstance(incident, Incident)
    assert (incident.lon, incident.lat, incident.accuracy_m) == (91.13, 29.65, 270)
    assert (incident.datum, incident.datum_known) == (Datum.WGS84, "named")
    said = incident.attributes[PLACED_BY]
    assert {k: said[k] for k in ("name", "level", "score", "layer", "id")} == {
        "name": "合成大寺",
        "level": "site",
        "score": 1.0,
        "layer": "heritage_sites",
        "id": "H-1",
    }


@pytest.mark.parametrize(
    ("address", "reason", "named"),
    [
        ("城关区", "place_too_vague", "城关区"),
        ("白泉村", "place_ambiguous", "places V-2"),
        ("合成大寺酒店", "place_unknown", "heritage_sites H-1"),
        ("", "place_unknown", "names a place"),
    ],
)
def test_what_is_wider_or_in_doubt_waits_with_its_candidates(
    tmp_path: Path, address: str, reason: str, named: str
) -> None:
    (row,) = read(tmp_path, f"1,2026-11-01 10:00,{address},,,,")
    assert isinstance(row, QuarantinedRow)
    assert row.reason == reason
    (flaw,) = row.flaws
    assert named in flaw.expected
    assert (flaw.field, flaw.row, row.raw["地址"]) == ("地址/内容", 2, address)


def test_coordinates_that_are_there_are_never_replaced_by_a_name(tmp_path: Path) -> None:
    there, broken, half, none = read(
        tmp_path,
        "1,2026-11-01 10:00,合成大寺,,,91.2,29.7",
        "2,2026-11-01 10:00,合成大寺,,,abc,29.7",
        "3,2026-11-01 10:00,合成大寺,,,89.0,20.0",
        "4,2026-11-01 10:00,合成大寺,,,,",
        text=WITH_POINTS,
    )
    assert isinstance(there, Incident) and isinstance(none, Incident)
    assert (there.datum, there.datum_known) == (Datum.GCJ02, "declared") and PLACED_BY not in there.attributes
    assert isinstance(broken, QuarantinedRow) and broken.reason == "impossible_coordinates"
    assert isinstance(half, QuarantinedRow) and half.reason == "outside_city"
    assert (none.lon, none.datum, none.datum_known) == (91.13, Datum.WGS84, "named"), "not shifted as GCJ-02"


def test_a_feed_that_does_not_ask_for_names_is_as_it_was(tmp_path: Path) -> None:
    text = WITH_POINTS.replace("  place: {text: [地址, 内容]}\n", "")
    (row,) = read(tmp_path, "1,2026-11-01 10:00,合成大寺,,,,", text=text)
    assert isinstance(row, QuarantinedRow) and row.reason == "no_coordinates"


def test_what_the_gazetteer_learns_places_rows_that_waited(tmp_path: Path) -> None:
    store = MemoryStore()
    path = table(tmp_path, "1,2026-11-01 10:00,大金顶门口,,,,")
    assert import_file(store, path, mapping(tmp_path), box=LHASA, key=b"t", at=AT).quarantined == 1
    wiser = mapping(tmp_path, gazetteer=Gazetteer(world(), [Alias("合成大寺", ("大金顶",))]))
    report = retry_quarantine(store, {"petitions": wiser}, box=LHASA, key=b"t", at=AT)
    assert (report.tried, report.stored) == (1, 1)


def test_a_person_chooses_where_the_gazetteer_cannot(tmp_path: Path) -> None:
    store = MemoryStore()
    feed = mapping(tmp_path)
    import_file(store, table(tmp_path, "1,2026-11-01 10:00,白泉村,,,,"), feed, box=LHASA, key=b"t", at=AT)
    with store.reading() as records:
        (kept,) = records.quarantined()
    again = reader_of_rows({"petitions": feed}, box=LHASA, key=b"t")
    place = Repair(place=LonLat(91.5, 29.7), accuracy_m=800)
    assert repair_row(store, kept.row.id, place, "an", "来电核实（合成）", AT, again).stored == 1
    with store.reading() as records:
        (incident,) = records.incidents(records.incident_columns().ids.tolist())
    assert (incident.lon, incident.accuracy_m, incident.datum_known) == (91.5, 800, "placed")
    assert PLACED_BY not in incident.attributes


def test_a_layer_loaded_anew_does_not_make_a_resend_a_correction(tmp_path: Path) -> None:
    store = MemoryStore()
    row = "1,2026-11-01 10:00,合成大寺,倒垃圾,,,"
    import_file(store, table(tmp_path, row), mapping(tmp_path), box=LHASA, key=b"t", at=AT)
    moved = NamedPlace("heritage_sites", "H-1", "site", ("合成大寺",), LonLat(91.1303, 29.6501), 90)
    later = mapping(tmp_path, gazetteer=Gazetteer([moved]))
    resent = table(tmp_path, row, "2,2026-11-01 09:00,合成大寺,,,,", name="补发.csv")
    report = import_file(store, resent, later, box=LHASA, key=b"t", at=AT)
    assert (report.stored, report.already_known, report.quarantined) == (1, 1, 0)
    other = table(tmp_path, "1,2026-11-01 10:00,合成小寺,倒垃圾,,,", name="改.csv")
    assert import_file(store, other, mapping(tmp_path), box=LHASA, key=b"t", at=AT).already_known == 0


def test_a_wrong_identifier_is_noted_and_never_used(tmp_path: Path) -> None:
    sound, wrong = read(
        tmp_path,
        "1,2026-11-01 10:00,合成大寺,,JY15401020000018,,",
        "2,2026-11-01 10:00,合成大寺,,JY15401020000019,,",
    )
    assert isinstance(sound, Incident) and isinstance(wrong, Incident)
    assert sound.attributes["licence"] == "JY15401020000018"
    assert "licence" not in wrong.attributes
    said = "JY15401020000019: check digit (character 16) should be 8, found 9"
    assert wrong.attributes["licence_flaw"] == said


def test_a_strict_feed_quarantines_a_wrong_identifier(tmp_path: Path) -> None:
    strict = FEED.replace("kind: food_licence", "kind: food_licence, strict: true")
    (row,) = read(tmp_path, "1,2026-11-01 10:00,合成大寺,,JY1540102O000018,,", text=strict)
    assert isinstance(row, QuarantinedRow)
    (flaw,) = row.flaws
    assert (flaw.reason, flaw.field, flaw.value) == ("wrong_identifier", "许可证", "JY1540102O000018")
    assert "character 10 should be a digit, found 'O'" in flaw.expected


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{text: [地址, 内容]}", "{at_least: village}", "place.text"),
        ("{text: [地址, 内容]}", "{text: 地址, at_least: house}", "one of premises, site, reach, village"),
        ("{text: [地址, 内容]}", "{text: 地址, score: 1.5}", "a score above 0 and at most 1"),
        ("{text: [地址, 内容]}", "{text: 地址, within_m: 50000}", "at most 2000"),
        ("{text: [地址, 内容]}", "{text: 地址, near: true}", "near"),
        ("kind: food_licence", "kind: passport", "one of text, number, credit_code"),
    ],
)
def test_a_fault_of_the_mapping_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(FileError) as told:
        mapping(tmp_path, FEED.replace(old, new))
    assert said in str(told.value)
