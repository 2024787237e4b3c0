"""``places find`` and the candidates of a quarantined row, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_monitor.cli import main

FEED = """
feed: petitions
title: {zh: 信访（合成）, en: Petitions (synthetic)}
source: hotline
id: [编号]
columns:
  occurred: 时间
  category: {value: dumping}
  place: {text: [地址]}
"""
LIST = (
    "name,alias,level,lon,lat,datum,radius_m,district\n"
    "合成桥,大桥头,site,91.12,29.65,WGS84,150,540102\n"
    "白泉村,,village,91.2,29.7,WGS84,800,540102\n白泉村,,village,91.5,29.7,WGS84,900,540104\n"
)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    ran("init", str(tmp_path))
    toml = tmp_path / "geo-monitor.toml"
    text = toml.read_text(encoding="utf-8")
    assert "box" in text
    toml.write_text('[city]\nname_zh = "合成市"\nname_en = "Synthetic"\nbox = [89.5, 29.2, 92.8, 31.1]\n', "utf-8")
    (tmp_path / "gazetteer").mkdir()
    (tmp_path / "gazetteer" / "places.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "feeds" / "petitions.yaml").write_text(FEED, encoding="utf-8")
    return tmp_path


def ran(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, list(words), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def asked(city: Path, *words: str, code: int = 0) -> dict:
    return json.loads(ran(*words, "--workspace", str(city), "--format", "json", code=code))


def test_a_text_is_found_with_its_radius(city: Path) -> None:
    found = asked(city, "places", "find", "大桥头下游200米")
    assert found["reason"] == ""
    assert {k: found["place"][k] for k in ("name", "level", "radius_m", "lon", "lat")} == {
        "name": "合成桥",
        "level": "site",
        "radius_m": 400,
        "lon": 91.12,
        "lat": 29.65,
    }
    assert found["places"] == 4


def test_a_text_that_would_not_be_placed_is_a_finding_with_its_candidates(city: Path) -> None:
    found = asked(city, "places", "find", "白泉村", code=1)
    assert (found["place"], found["reason"]) == (None, "place_ambiguous")
    assert [c["radius_m"] for c in found["candidates"]] == [800, 900]
    assert asked(city, "places", "find", "合成市", code=1)["reason"] == "place_too_vague"
    assert "白泉村 (village" in ran("places", "find", "白泉村", "--workspace", str(city), code=1)


def test_a_quarantined_row_is_shown_with_the_places_that_it_may_mean(city: Path) -> None:
    (city / "a.csv").write_text("编号,时间,地址\n1,2026-11-01 10:00,白泉村\n", encoding="utf-8")
    assert asked(city, "incidents", "import", str(city / "a.csv"), "--feed", "petitions", code=1)["quarantined"] == 1
    (row,) = asked(city, "quarantine", "list")["rows"]
    shown = asked(city, "quarantine", "show", row["id"])
    assert [c["lon"] for c in shown["places"]] == [91.2, 91.5]
    assert "may be: 白泉村" in ran("quarantine", "show", row["id"], "--workspace", str(city))


def test_check_tells_of_a_faulty_list_and_of_an_alias_that_names_nothing(city: Path) -> None:
    more = city / "gazetteer" / "more.csv"
    more.write_text("name,alias,level,lon,lat,datum\n没有的桥,别名,,,,\n", encoding="utf-8")
    assert "'没有的桥'" in asked(city, "check", code=1)["flaws"][0]
    more.write_text("name,alias,level,lon,lat,datum\n合成桥,,site,91.1,29.6,\n", encoding="utf-8")
    assert "unknown_datum" in asked(city, "check", code=1)["flaws"][0]
    # A list that is mended is read at once.
    more.unlink()
    assert asked(city, "places", "find", "合成桥")["reason"] == ""
