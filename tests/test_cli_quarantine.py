"""The desk at the street door: rows that could not be trusted, looked at, repaired, rejected, reopened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from geo_monitor.cli import main
from geo_monitor.wiring import house_of

FEED = """\
feed: hotline
title: {zh: 热线（合成）, en: Hotline (synthetic)}
source: hotline
datum: CGCS2000
id: [单号]
columns:
  occurred: 发生时间
  text: 内容
  lon: 经度
  lat: 纬度
  reporter: {name: 姓名}
  category: {column: 类别, map: {采砂: sand_mining}, otherwise: quarantine}
"""
FILE = (
    "单号,发生时间,内容,经度,纬度,姓名,类别\n"
    "1,2026-09-01 10:00,好的一行,91.1,29.65,合成甲某,采砂\n"
    "2,2026-09-02 10:00,写反,29.65,91.1,合成乙某,采砂\n"
    "3,2026-09-03 10:00,没有坐标,,,合成丙某,采砂\n"
    "4,2026-09-04 10:00,不认识的类别,91.1,29.65,合成丁某,占道\n"
)
WHY = "电话回访核实（合成）"


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    assert run(tmp_path, "init", str(folder)).exit_code == 0
    (folder / "feeds" / "hotline.yaml").write_text(FEED, encoding="utf-8")
    (folder / "calls.csv").write_text(FILE, encoding="utf-8")
    assert run(folder, "incidents", "import", str(folder / "calls.csv"), "--feed", "hotline").exit_code == 1
    accounts = [("an", "procurator")]
    for name, role in accounts:
        words = ("users", "add", name, "--role", role, "--password", "only for these tests")
        done = run(folder, *words)
        assert done.exit_code == 0, done.output
    return folder


def listed(city: Path, *words: str) -> list[dict[str, Any]]:
    result = run(city, "quarantine", "list", *words, "--format", "json")
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout)["rows"])


def by_row(city: Path, number: int, *words: str) -> str:
    (found,) = [r["id"] for r in listed(city, *words) if r["row"] == number]
    return str(found)


def shown(city: Path, row_id: str) -> dict[str, Any]:
    result = run(city, "quarantine", "show", row_id, "--format", "json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_the_rows_at_the_desk_are_listed_with_file_row_field_and_reason(city: Path) -> None:
    data = json.loads(run(city, "quarantine", "list", "--format", "json").stdout)
    assert data["open"] == 3
    assert data["reasons"] == {
        "hotline/no_coordinates": 1,
        "hotline/swapped_axes": 1,
        "hotline/unknown_category": 1,
    }
    assert sorted(r["row"] for r in data["rows"]) == [3, 4, 5]
    assert [r["row"] for r in listed(city, "--reason", "no_coordinates")] == [4]
    assert listed(city, "--feed", "patrol") == []
    assert len(listed(city, "--limit", "2")) == 2
    table = run(city, "quarantine", "list").stdout
    assert "calls.csv, row 3, 经度/纬度: found '29.65 91.1'" in table and "1  hotline/swapped_axes" in table


def test_a_row_is_shown_with_its_words_and_without_who_reported(city: Path) -> None:
    row_id = by_row(city, 3)
    data = shown(city, row_id)
    assert (data["status"], data["feed"], data["file"], data["row"]) == ("open", "hotline", "calls.csv", 3)
    assert data["raw"]["经度"] == "29.65" and data["raw"]["姓名"].startswith("(kept apart) r")
    assert data["history"] == [] and len(data["file_hash"]) == 64
    table = run(city, "quarantine", "show", row_id).stdout
    assert f"{row_id}, open: hotline, calls.csv, row 3" in table and "    经度: 29.65" in table
    assert "合成乙某" not in table
    unknown = run(city, "quarantine", "show", "q0")
    assert unknown.exit_code == 2 and "q0" in unknown.stderr


def test_swapped_axes_are_repaired_and_the_words_of_the_file_stay(city: Path) -> None:
    row_id = by_row(city, 3)
    words = ("quarantine", "repair", row_id, "--swap-axes", "--reason", WHY, "--by", "an", "--format", "json")
    done = run(city, *words)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["stored"] == 1
    data = shown(city, row_id)
    assert data["status"] == "retried" and data["raw"]["经度"] == "29.65"
    (step,) = data["history"]
    assert (step["by"], step["kind"], step["reason"], step["swap_axes"]) == ("an", "repaired", WHY, True)
    assert sorted(r["row"] for r in listed(city)) == [4, 5]
    assert [r["row"] for r in listed(city, "--status", "retried")] == [3]
    with house_of(city) as house, house.store.reading() as records:
        places = records.incident_columns()
    assert sorted(zip(places.lon.tolist(), places.lat.tolist(), strict=True)) == [(91.1, 29.65), (91.1, 29.65)]
    assert run(city, "audit", "verify").exit_code == 0


def test_a_place_set_at_the_desk_carries_its_accuracy(city: Path) -> None:
    row_id = by_row(city, 4)
    words = ("--place", "91.2", "29.7", "--accuracy", "150", "--reason", WHY, "--by", "an")
    assert run(city, "quarantine", "repair", row_id, *words).exit_code == 0
    (step,) = shown(city, row_id)["history"]
    assert step["kind"] == "repaired"
    with house_of(city) as house, house.store.reading() as records:
        (found,) = [
            i for i in records.incidents([str(n) for n in records.incident_columns().ids]) if i.source_id == "3"
        ]
    assert (found.lon, found.lat, found.accuracy_m, found.datum_known) == (91.2, 29.7, 150.0, "placed")


def test_a_datum_named_at_the_desk_counts_for_this_row(city: Path) -> None:
    row_id = by_row(city, 3)
    words = ("--swap-axes", "--datum", "GCJ02", "--reason", WHY, "--by", "an")
    assert run(city, "quarantine", "repair", row_id, *words).exit_code == 0
    with house_of(city) as house, house.store.reading() as records:
        (found,) = [
            i for i in records.incidents([str(n) for n in records.incident_columns().ids]) if i.source_id == "2"
        ]
    assert (str(found.datum), found.datum_known) == ("GCJ02", "repaired")
    assert found.lon != 91.1


def test_a_row_with_another_fault_stays_at_the_desk_and_says_so(city: Path) -> None:
    row_id = by_row(city, 5)
    done = run(city, "quarantine", "repair", row_id, "--swap-axes", "--reason", WHY, "--by", "an")
    assert done.exit_code == 0 and "stored: 0" in done.stdout
    assert by_row(city, 5)


def test_a_rejected_row_leaves_the_desk_and_may_be_reopened(city: Path) -> None:
    row_id = by_row(city, 5)
    done = run(city, "quarantine", "reject", row_id, "--reason", WHY, "--by", "an")
    assert done.exit_code == 0 and f"row {row_id} is rejected" in done.stderr
    assert sorted(r["row"] for r in listed(city)) == [3, 4]
    assert [r["id"] for r in listed(city, "--status", "rejected")] == [row_id]
    again = run(city, "quarantine", "reject", row_id, "--reason", WHY, "--by", "an")
    assert again.exit_code == 2 and "only an open row can be rejected" in again.stderr

    back = run(city, "quarantine", "reopen", row_id, "--reason", WHY, "--by", "an")
    assert back.exit_code == 0 and f"row {row_id} is open again" in back.stderr
    assert sorted(r["row"] for r in listed(city)) == [3, 4, 5]
    assert listed(city, "--status", "rejected") == []
    assert [e["kind"] for e in shown(city, row_id)["history"]] == ["rejected", "reopened"]
    twice = run(city, "quarantine", "reopen", row_id, "--reason", WHY, "--by", "an")
    assert twice.exit_code == 2 and "only a rejected row can be reopened" in twice.stderr
    assert run(city, "audit", "verify").exit_code == 0


@pytest.mark.parametrize("step", [("repair", "--swap-axes"), ("reject",), ("reopen",)])
def test_nobody_settles_a_row_without_a_name_and_a_reason(city: Path, step: tuple[str, ...]) -> None:
    row_id = by_row(city, 3)
    if step == ("reopen",):
        run(city, "quarantine", "reject", row_id, "--reason", WHY, "--by", "an")
    before = shown(city, row_id)
    for words in (
        ("--reason", WHY),
        ("--by", "an"),
        ("--reason", " ", "--by", "an"),
        ("--reason", WHY, "--by", "nobody"),
    ):
        refused = run(city, "quarantine", step[0], row_id, *step[1:], *words)
        assert refused.exit_code == 2, refused.output
    assert shown(city, row_id) == before
    assert run(city, "quarantine", step[0], "q0", *step[1:], "--reason", WHY, "--by", "an").exit_code == 2


def test_what_cannot_be_meant_is_refused_and_changes_nothing(city: Path) -> None:
    row_id = by_row(city, 3)
    for words in (("--datum", "Mercator of ours"), ()):
        refused = run(city, "quarantine", "repair", row_id, *words, "--reason", WHY, "--by", "an")
        assert refused.exit_code == 2, refused.output
    assert shown(city, row_id)["status"] == "open" and shown(city, row_id)["history"] == []


def test_a_mended_mapping_brings_rows_in_on_retry(city: Path) -> None:
    mapping = city / "feeds" / "hotline.yaml"
    mapping.write_text(FEED.replace("采砂: sand_mining", "采砂: sand_mining, 占道: other"), encoding="utf-8")
    data = json.loads(run(city, "quarantine", "retry", "--format", "json").stdout)
    assert data["stored"] == 1
    assert [r["row"] for r in listed(city, "--status", "retried")] == [5]
    assert sorted(r["row"] for r in listed(city)) == [3, 4]
