"""The city's own lists of names, and its table of division codes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo_monitor.domain.place import Box, LonLat
from geo_monitor.errors import FileError
from geo_monitor.reading.divisions import Division, DivisionFound, find_division, read_divisions
from geo_monitor.reading.gazetteer import EXTENT_M, Gazetteer, metres
from geo_monitor.reading.gazetteer_files import read_city_lists
from geo_monitor.reading.place_search import find_place

LHASA = Box(89.5, 29.2, 92.8, 31.1)
HEAD = "名称,别名,级别,经度,纬度,坐标系,半径,所在县区,来源\n"


def lists(folder: Path, text: str, name: str = "地名.csv"):  # type: ignore[no-untyped-def]
    (folder / name).write_text(text, encoding="utf-8")
    return read_city_lists(folder, LHASA)


def test_a_list_of_the_city_gives_places_and_further_names(tmp_path: Path) -> None:
    found = lists(
        tmp_path,
        HEAD
        + "合成桥,大桥头;Synthetic Bridge,点位,91.12,29.65,WGS84,150,540102,合成\n"
        + "合成村,,village,91.2,29.7,GCJ02,,540102,合成\n"
        + "合成村,老合成村,,,,,,,合成\n",
    )
    bridge, village = found.places
    assert (bridge.level, bridge.point, bridge.radius_m) == ("site", LonLat(91.12, 29.65), 150)
    assert 300 < metres(village.point, LonLat(91.2, 29.7)) < 700, "turned out of GCJ-02"
    assert village.radius_m == EXTENT_M["village"]
    gazetteer = Gazetteer(found.places, found.aliases)
    for text, level in (("大桥头旁", "site"), ("Synthetic Bridge", "site"), ("老合成村", "village")):
        answer = find_place(gazetteer, text)
        assert answer.place and answer.place.place.level == level, text


@pytest.mark.parametrize(
    ("row", "reason", "said"),
    [
        ("合成桥,,site,91.12,29.65,,150,,", "unknown_datum", "a datum"),
        ("合成桥,,house,91.12,29.65,WGS84,150,,", "unknown_word", "premises (门牌)"),
        ("合成桥,,site,29.65,91.12,WGS84,150,,", "outside_city", "89.5"),
        ("合成桥,,site,91.12,,WGS84,150,,", "no_coordinates", "a coordinate"),
        ("合成桥,,site,91.12,29.65,WGS84,-1,,", "not_a_number", "metres"),
        (",,site,91.12,29.65,WGS84,150,,", "missing_value", "a name"),
        ("合成桥,,,,,,,,", "missing_value", "further names"),
    ],
)
def test_a_faulty_row_is_told_with_its_place_in_the_file(tmp_path: Path, row: str, reason: str, said: str) -> None:
    with pytest.raises(FileError) as told:
        lists(tmp_path, f"{HEAD}{row}\n")
    (flaw,) = told.value.flaws
    assert (flaw.reason, flaw.file, flaw.row) == (reason, "地名.csv", 2)
    assert said in flaw.expected


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="a column datum or 坐标系"):
        lists(tmp_path, "名称,级别,经度,纬度\n合成桥,site,91.1,29.6\n")


def test_without_lists_the_shipped_divisions_are_there(tmp_path: Path) -> None:
    found = read_city_lists(tmp_path / "none", LHASA)
    assert (found.places, found.aliases) == ((), ())
    assert {"540102", "540125"} <= {d.code for d in found.divisions}


def test_every_code_of_the_shipped_table_is_sound_and_every_successor_known() -> None:
    table = read_divisions()
    assert len(table) == len({d.code for d in table}) >= 27


@pytest.mark.parametrize(
    ("said", "code", "note"),
    [
        ("540102", "540102", ""),
        ("城关区", "540102", ""),
        ("540126", "540104", "540126 达孜县 formerly (the day of the change is not on record); now 540104 达孜区"),
        ("达孜县", "540104", "now 540104 达孜区"),
        ("堆龙德庆县", "540103", "now 540103 堆龙德庆区"),
        ("540102000000", "540102", ""),
        ("540102002", "540102002", ""),
        ("540102002005", "540102", "540102002005 is not in the table; 540102 城关区 holds it"),
        ("540172", "540172", "none of GB/T 2260"),
    ],
)
def test_a_code_or_a_name_leads_to_the_division_of_today(said: str, code: str, note: str) -> None:
    found = find_division(said, read_divisions())
    assert isinstance(found, DivisionFound)
    assert found.division.code == code
    assert note in found.note and bool(note) == bool(found.note)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("54O102", "the name of one division"),
        ("54010", "found 5 characters"),
        ("110101", "110101 is none of"),
        ("合成县", "that of none"),
    ],
)
def test_what_is_no_division_is_told_why(said: str, why: str) -> None:
    assert why in str(find_division(said, read_divisions()))


def test_an_old_code_stands_for_itself_in_its_own_time() -> None:
    old = Division("540126", "合成旧县", kind="former", successor="540104", valid_to=date(2017, 6, 30))
    table = (Division("540104", "合成新区", valid_from=date(2017, 7, 1)), old)
    for on, code in ((date(2017, 6, 30), "540126"), (date(2017, 7, 1), "540104"), (None, "540104")):
        found = find_division("合成旧县", table, on)
        assert isinstance(found, DivisionFound) and found.division.code == code
    found = find_division("540126", table, date(2020, 1, 1))
    assert isinstance(found, DivisionFound) and "until 2017-06-30; now 540104 合成新区" in found.note


def test_a_faulty_table_of_divisions_is_told(tmp_path: Path) -> None:
    text = (
        "code,name_zh,kind,successor,valid_from,valid_to\n"
        "54o102,城关区,,,,\n540103,,,,,\n540104,达孜区,x,,2020-01-02,2020-01-01\n540126,达孜县,former,540199,,\n"
    )
    with pytest.raises(FileError) as told:
        lists(tmp_path, text, "divisions.csv")
    assert [f.reason for f in told.value.flaws] == [
        "bad_code",
        "missing_value",
        "unknown_word",
        "validity_reversed",
        "unknown_code",
    ]
    assert "character 3 should be a digit, found 'O'" in told.value.flaws[0].expected
