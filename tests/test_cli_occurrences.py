"""Reports of one event, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geo_monitor.cli import main

FEED = """\
feed: hotline
source: hotline
datum: WGS84
id: [单号]
columns:
  occurred: 发生时间
  text: 内容
  lon: 经度
  lat: 纬度
  reporter: {name: 姓名}
  category: {column: 类别, map: {采砂: sand_mining}, otherwise: quarantine}
"""
ROWS = (
    "单号,发生时间,内容,经度,纬度,姓名,类别\n"
    "1,2026-09-01 10:00,合成清朗河桥下有人挖沙，两台挖掘机,91.1001,29.6501,合成甲,采砂\n"
    "2,2026-09-01 10:40,市民来电：合成清朗河桥下有人挖沙,91.1003,29.6501,合成乙,采砂\n"
    "3,2026-09-01 11:00,合成清朗河桥下挖沙，挖掘机还在,91.1002,29.6502,合成甲,采砂\n"
)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


def data(folder: Path, *words: str) -> dict[str, object]:
    answer = run(folder, *words, "--format", "json")
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    (folder / "feeds" / "hotline.yaml").write_text(FEED, encoding="utf-8")
    (folder / "reports.csv").write_text(ROWS, encoding="utf-8")
    assert run(folder, "incidents", "import", str(folder / "reports.csv"), "--feed", "hotline").exit_code == 0
    made = CliRunner().invoke(
        main,
        ["users", "add", "zhao", "--role", "procurator", "--display", "合成赵"],
        input="correct-horse-1\ncorrect-horse-1\n",
        env={"GEO_MONITOR_WORKSPACE": str(folder)},
    )
    assert made.exit_code == 0, made.output
    return folder


def listed(folder: Path, *more: str) -> list[dict[str, object]]:
    found = data(folder, "occurrences", "list", *more)["occurrences"]
    assert isinstance(found, list)
    return found


def test_calls_of_one_event_are_found_listed_and_shown_with_reasons(city: Path) -> None:
    assert data(city, "occurrences", "find")["proposed"] == 1
    assert data(city, "occurrences", "find", "--full")["made"] == 0
    (one,) = listed(city)
    assert (one["reports"], one["reporters"], one["feeds"], one["events"]) == (3, 2, 1, 1)
    seen = run(city, "occurrences", "show", str(one["id"]))
    assert "3 件上报，来自 2 位独立举报人，归并后为 1 起" in seen.output
    assert "相距" in seen.output and "同为采砂取土" in seen.output
    assert "合成甲" not in seen.output, "who reported is nobody's business here"
    assert run(city, "occurrences", "list").exit_code == 0
    assert run(city, "occurrences", "show", "S0").exit_code == 2


def test_a_person_confirms_separates_dissolves_and_takes_it_back(city: Path) -> None:
    run(city, "occurrences", "find")
    (one,) = listed(city, "--standing", "proposed")
    name, members = str(one["id"]), one["members"]
    assert isinstance(members, list)
    by = ("--by", "zhao")
    assert run(city, "occurrences", "confirm", name, *by, "--note", "同一处").exit_code == 0
    assert len(listed(city, "--standing", "confirmed")) == 1
    again = run(city, "occurrences", "confirm", name, *by)
    assert again.exit_code == 2 and "confirmed as it stands" in again.stderr
    last = members[2]["id"]
    assert run(city, "occurrences", "separate", name, last, *by, "--reason", "次日又来").exit_code == 0
    (one,) = listed(city)
    assert one["reports"] == 2
    assert run(city, "occurrences", "dissolve", name, *by, "--reason", "两处不同").exit_code == 0
    assert listed(city) == []
    history = data(city, "occurrences", "show", name)["history"]
    assert isinstance(history, list)
    assert [e["kind"] for e in history] == ["confirmed", "separated", "dissolved"]
    assert run(city, "occurrences", "undo", "3", *by, "--reason", "看错了一行").exit_code == 0
    assert run(city, "occurrences", "undo", "2", *by, "--reason", "看错了一行").exit_code == 0
    (one,) = listed(city)
    assert (one["reports"], one["standing"]) == (3, "confirmed")
    assert run(city, "occurrences", "show", name).exit_code == 0
    assert "5 of occurrences" in run(city, "audit", "verify").output


def test_whoever_may_not_decide_decides_nothing(city: Path) -> None:
    run(city, "occurrences", "find")
    (one,) = listed(city)
    refused = run(city, "occurrences", "confirm", str(one["id"]), "--by", "nobody")
    assert refused.exit_code == 2
    assert listed(city, "--standing", "confirmed") == []
