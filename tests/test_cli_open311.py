"""Keys of programs and receipt numbers, on the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geo_monitor.cli import main
from geo_monitor.domain.receipt import incident_id, receipt_number, spoken
from geo_monitor.services.api_keys import holder
from geo_monitor.wiring import house_of

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
    "1,2026-09-01 10:00,夜间挖沙,91.1001,29.6501,合成甲,采砂\n"
    "2,2026-09-12 22:00,坐标写反,29.6499,91.1003,合成乙,采砂\n"
)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    (folder / "feeds" / "hotline.yaml").write_text(FEED, encoding="utf-8")
    (folder / "reports.csv").write_text(ROWS, encoding="utf-8")
    assert run(folder, "incidents", "import", str(folder / "reports.csv"), "--feed", "hotline").exit_code == 1
    return folder


def test_a_key_is_shown_once_listed_without_it_and_revoked(city: Path) -> None:
    added = run(city, "open311", "keys", "add", "app")
    plain = added.stdout.strip()
    assert added.exit_code == 0 and len(plain) == 40
    assert "feeds/open311.yaml" in added.stderr
    with house_of(city) as house, house.store.reading() as records:
        assert holder(records, plain) == "app"
        assert "open311" in house.feeds
    listed = run(city, "open311", "keys", "list", "--format", "json")
    assert plain not in listed.output
    assert [(k["name"], k["revoked"]) for k in json.loads(listed.stdout)["keys"]] == [("app", None)]
    assert run(city, "open311", "keys", "add", "app").exit_code == 2
    assert run(city, "open311", "keys", "revoke", "app").exit_code == 0
    assert "app" in run(city, "open311", "keys", "list").stdout
    assert run(city, "open311", "keys", "revoke", "app").exit_code == 2
    assert run(city, "check").exit_code == 0


def test_a_receipt_says_how_a_report_of_any_feed_stands_and_nothing_of_what_it_says(city: Path) -> None:
    stored, waiting, nobodys = (receipt_number(incident_id("hotline", n)) for n in ("1", "2", "3"))
    shown = run(city, "receipts", "show", spoken(stored), "--format", "json")
    (receipt,) = json.loads(shown.stdout)["receipts"]
    assert (receipt["number"], receipt["state"], receipt["category"]) == (stored, "recorded", "sand_mining")
    (receipt,) = json.loads(run(city, "receipts", "show", waiting, "--format", "json").stdout)["receipts"]
    assert (receipt["number"], receipt["state"]) == (waiting, "waiting")
    for number in (stored, waiting):
        table = run(city, "receipts", "show", number)
        assert table.exit_code == 0 and spoken(number) in table.stdout
        assert not any(secret in table.stdout for secret in ("合成甲", "合成乙", "挖沙", "91.1", "29.6"))
    assert run(city, "receipts", "show", nobodys).exit_code == 1
    wrong = run(city, "receipts", "show", stored[:-2] + stored[-1] + stored[-2])
    assert wrong.exit_code == 2 and "receipt number" in wrong.stderr


def test_a_rejected_row_is_told_as_such(city: Path) -> None:
    from geo_monitor.services.desk import reject_row

    with house_of(city) as house:
        with house.store.reading() as records:
            (row,) = records.quarantined()
        reject_row(house.store, row.row.id, "zhao", "不是举报", house.clock.now() + timedelta(hours=1))
    number = receipt_number(incident_id("hotline", "2"))
    assert "unusable" in run(city, "receipts", "show", number).stdout
