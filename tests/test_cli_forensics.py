"""A feed that declared the wrong datum, from the file to the verdict, as a person would ask."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from geo_monitor.cli import main
from geo_monitor.reading.datum import wgs84_to_gcj02
from geo_monitor.wiring import house_of

FEED = """\
feed: hotline
title: {zh: 热线, en: Hotline}
source: hotline
datum: {column: 坐标系, map: {GPS: WGS84, 高德: GCJ02}}
id: [单号]
columns:
  occurred: 时间
  text: 内容
  lon: 经度
  lat: 纬度
  category: {value: waste_dumping}
"""


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


def collection(features: list[dict[str, object]]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Sixty synthetic streets, and eighty calls about places on them, written down from a phone map: half of them say
    so, half say they are of a GPS."""
    folder, rng = tmp_path / "city", np.random.default_rng(7)
    assert run(tmp_path, "init", str(folder)).exit_code == 0
    (folder / "feeds" / "hotline.yaml").write_text(FEED, encoding="utf-8")
    starts = rng.uniform([91.05, 29.62], [91.18, 29.68], (60, 2))
    turns = rng.uniform(0, 2 * np.pi, 60)
    ends = starts + 0.01 * np.column_stack([np.cos(turns), np.sin(turns)])
    streets: list[dict[str, object]] = [
        {
            "type": "Feature",
            "properties": {"road_id": f"SYN-{k}", "name": f"合成道路-{k}"},
            "geometry": {"type": "LineString", "coordinates": [a.tolist(), b.tolist()]},
        }
        for k, (a, b) in enumerate(zip(starts, ends, strict=True))
    ]
    (folder / "roads.geojson").write_text(collection(streets), encoding="utf-8")
    chosen, share = rng.integers(0, 60, 80), rng.uniform(size=(80, 1))
    places = starts[chosen] + share * (ends - starts)[chosen] + rng.normal(0, 1.5e-4, (80, 2))
    written = np.column_stack(wgs84_to_gcj02(*places.T))
    rows = [
        f"{k},2026-09-01 10:00,合成,{x:.6f},{y:.6f},{'GPS' if k % 2 else '高德'}" for k, (x, y) in enumerate(written)
    ]
    (folder / "calls.csv").write_text("\n".join(["单号,时间,内容,经度,纬度,坐标系", *rows]) + "\n", encoding="utf-8")
    assert run(folder, "layers", "load", "roads", str(folder / "roads.geojson"), "--source", "test").exit_code == 0
    assert run(folder, "incidents", "import", str(folder / "calls.csv"), "--feed", "hotline").exit_code == 0
    return folder


def stored(city: Path) -> list[tuple[str, float, float]]:
    with house_of(city) as house, house.store.reading() as records:
        columns = records.incident_columns()
    return list(zip(columns.ids.tolist(), columns.lon.tolist(), columns.lat.tolist(), strict=True))


def test_a_wrongly_declared_feed_is_told_and_nothing_is_changed(city: Path) -> None:
    before = stored(city)
    result = run(city, "feeds", "forensics", "hotline", "--format", "json")
    assert result.exit_code == 1, result.output
    told = json.loads(result.stdout)
    assert told["feed"] == "hotline"
    phone, gps = told["verdicts"]
    assert (phone["declared"], phone["verdict"], phone["proposed"]["datum"]) == ("GCJ02", "fits", "GCJ02")
    assert (gps["declared"], gps["verdict"], gps["proposed"]) == (
        "WGS84",
        "doubt",
        {"datum": "GCJ02", "swapped": False},
    )
    assert gps["log10_ratio"] > 3 and gps["points"] == phone["points"] == 40 and gps["layers"] == ["roads"]

    table = run(city, "feeds", "forensics", "hotline")
    assert table.exit_code == 1
    assert gps["words"]["zh"] in table.stdout and gps["words"]["en"] in table.stdout
    assert "times likelier GCJ-02; nothing was changed" in table.stdout
    assert stored(city) == before


def test_without_layers_there_is_no_verdict_and_no_finding(city: Path) -> None:
    result = run(city, "feeds", "forensics", "hotline", "--layer", "rivers")
    assert result.exit_code == 0, result.output
    assert "no verdict" in result.stdout and "不作结论" in result.stdout


def test_a_feed_that_nobody_knows_is_a_wrong_call_and_a_silent_one_is_said_to_be_silent(city: Path) -> None:
    assert run(city, "feeds", "forensics", "hotlin").exit_code == 2
    assert run(city, "feeds", "forensics", "hotline", "--layer", "rodas").exit_code == 2
    silent = FEED.replace("feed: hotline", "feed: patrol")
    (city / "feeds" / "patrol.yaml").write_text(silent, encoding="utf-8")
    result = run(city, "feeds", "forensics", "patrol")
    assert (result.exit_code, result.stdout) == (0, "nothing is stored of the feed patrol\n")


def test_a_draft_says_which_system_the_places_fit_and_leaves_it_to_a_person(city: Path) -> None:
    lines = (city / "calls.csv").read_text(encoding="utf-8").splitlines()
    (city / "plain.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines) + "\n", encoding="utf-8")
    before = stored(city)
    english = run(city, "feeds", "draft", str(city / "plain.csv"), "--lang", "en")
    assert english.exit_code == 0, english.output
    assert "held against the loaded layers" in english.stdout and "likeliest GCJ-02" in english.stdout
    assert "最像 GCJ-02" in run(city, "feeds", "draft", str(city / "plain.csv")).stdout
    assert "\ndatum:\n" in english.stdout and "datum: GCJ02" not in english.stdout
    by_row = run(city, "feeds", "draft", str(city / "calls.csv"), "--lang", "en").stdout
    assert "datum: {column: 坐标系, map: {高德: GCJ02, GPS: WGS84}}" in by_row
    assert stored(city) == before
