"""A file of an office at the street door: drafted, rehearsed, imported, and its original kept."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from openpyxl import Workbook

from geo_monitor import cli
from geo_monitor.cli import main
from geo_monitor.reading.datum import wgs84_to_gcj02
from geo_monitor.wiring import house_of

#: Numbers that cannot be dialled.
HEAD = "工单编号,发生时间,诉求类别,诉求内容,经度,纬度,来电人,联系电话"
SECRETS = ("合成甲某", "合成乙某", "00012345678", "00012345679")


def row(number: str, when: str, kind: str, lon: float, lat: float, who: int) -> str:
    x, y = (float(v) for v in wgs84_to_gcj02(lon, lat))
    return f"{number},{when},{kind},合成内容{number},{x:.6f},{y:.6f},{SECRETS[who]},{SECRETS[2 + who]}"


ROWS = (
    row("W1", "2026-03-01 10:00", "噪声", 91.117, 29.6578, 0),
    row("W2", "2026-03-02 10:00", "采砂取土", 91.118, 29.6578, 1),
    row("W3", "2026-03-03 10:00", "噪声", 91.119, 29.6578, 0),
    row("W4", "2026-03-04 10:00", "占道", 91.117, 29.6578, 1),
    row("W5", "2026-13-05 10:00", "噪声", 91.117, 29.6578, 0),
    row("W6", "2026-03-06 10:00", "噪声", 116.4, 39.9, 1),
    row("W7", "2026-03-07 10:00", "噪声", 91.117, 29.6578, 0),
    row("W7", "2026-03-08 10:00", "噪声", 91.117, 29.6578, 0),
    row("W9", "2126-03-09 10:00", "噪声", 91.117, 29.6578, 1),
)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    assert run(tmp_path, "init", str(folder)).exit_code == 0
    text = (folder / "geo-monitor.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#?\s*box\s*=.*$", "box = [89.5, 29.2, 92.8, 31.1]", text)
    (folder / "geo-monitor.toml").write_text(text, encoding="utf-8")
    (folder / "热线.csv").write_text("\n".join([HEAD, *ROWS]) + "\n", encoding="gb18030")
    return folder


@pytest.fixture
def mapped(city: Path) -> Path:
    """With the draft of the file as mapping, and the one line filled in that asks for it."""
    mapping = city / "feeds" / "hotline.yaml"
    drafted = run(city, "feeds", "draft", str(city / "热线.csv"), "--feed", "hotline", "--out", str(mapping))
    assert drafted.exit_code == 0, drafted.output
    mapping.write_text(mapping.read_text("utf-8").replace("\ndatum:\n", "\ndatum: GCJ02\n"), encoding="utf-8")
    return city


def snapshot(folder: Path) -> dict[str, str]:
    """Every file of the workspace by its hash. The secret and the database are made by whatever opens it first; the
    log of the database next to it holds nothing that the database itself has not."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.suffix not in (".db-wal", ".db-shm")
    }


# ---- the draft ------------------------------------------------------------------------------------------------------


def test_a_draft_is_a_mapping_with_one_line_left_to_a_person(city: Path) -> None:
    drafted = run(city, "feeds", "draft", str(city / "热线.csv"), "--feed", "hotline", "--lang", "en")
    assert drafted.exit_code == 0, drafted.output
    read = yaml.safe_load(drafted.stdout)
    assert (read["feed"], read["source"], read["datum"], read["id"]) == ("hotline", "hotline", None, ["工单编号"])
    assert read["columns"]["reporter"] == {"name": "来电人", "phone": "联系电话"}
    assert read["columns"]["category"]["map"] == {"噪声": "noise", "采砂取土": "sand_mining"}
    assert "# DECIDE: the coordinate system" in drafted.stdout and "# 占道:  # 1 row" in drafted.stdout
    assert not [word for word in (*SECRETS, "合成内容") if word in drafted.stdout]
    assert re.search(r"1 to decide, \d+ in doubt", drafted.stderr)


def test_a_draft_put_among_the_mappings_is_refused_at_the_line_that_waits(city: Path) -> None:
    out = city / "feeds" / "hotline.yaml"
    assert run(city, "feeds", "draft", str(city / "热线.csv"), "--feed", "hotline", "--out", str(out)).exit_code == 0
    refused = run(city, "incidents", "import", str(city / "热线.csv"), "--feed", "hotline")
    line = out.read_text("utf-8").splitlines().index("datum:") + 1
    assert refused.exit_code == 2
    assert f"hotline.yaml, row {line}, datum" in refused.stderr and "must be declared" in refused.stderr


def test_a_draft_overwrites_nothing(city: Path) -> None:
    again = run(city, "feeds", "draft", str(city / "热线.csv"), "--out", str(city / "geo-monitor.toml"))
    assert again.exit_code == 2 and "[exists]" in again.stderr
    assert "box" in (city / "geo-monitor.toml").read_text("utf-8")


def test_a_file_that_is_none_is_a_wrong_call(city: Path) -> None:
    (city / "x.csv").write_bytes(b"")
    assert run(city, "feeds", "draft", str(city / "x.csv")).exit_code == 2
    assert run(city, "feeds", "draft", str(city / "none.csv")).exit_code == 2
    assert run(city, "feeds", "draft", str(city / "geo-monitor.toml")).exit_code == 2


# ---- the dry run ----------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_happen(mapped: Path) -> None:
    told = run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline", "--dry-run", "--rows", "2")
    assert told.exit_code == 1, told.output
    assert "read as GB18030, separated by ','" in told.stdout
    assert "  outside_city: 热线.csv, row 7, 经度/纬度: a place in the city's box" in told.stdout
    assert "  unreadable_date: 热线.csv, row 6, 发生时间: a time like" in told.stdout
    assert "  unknown_category: 热线.csv, row 5, 诉求类别:" in told.stdout
    assert "  id_reused: 热线.csv, row 9, id: one content for an id" in told.stdout
    assert "  date_in_future: 热线.csv, row 10, occurred:" in told.stdout
    first = [line.split() for line in told.stdout.splitlines() if re.match(r"  [23] +W", line)]
    assert [line[:7] for line in first] == [
        ["2", "W1", "2026-03-01", "10:00", "noise", "91.117000", "29.657800"],
        ["3", "W2", "2026-03-02", "10:00", "sand_mining", "91.118000", "29.657800"],
    ]
    metres = {line[7] for line in first}
    assert len(metres) == 1 and 300 < int(metres.pop()) < 400, "GCJ-02 lies 336 m off at Lhasa"
    assert first[0][8:10] == ["m", "(GCJ02)"] and first[0][10] == "known"
    assert not [word for word in SECRETS if word in told.output]


def test_an_import_says_how_the_file_was_read_and_which_sheets_were_not(mapped: Path) -> None:
    book = Workbook()
    for sheet, head in ((book.active, HEAD), (book.create_sheet("二月"), HEAD.replace("经度", "经度（度）"))):
        sheet.append(head.split(","))
        sheet.append(ROWS[0].split(","))
    book.active.title = "一月"
    book.save(mapped / "b.xlsx")
    told = run(mapped, "incidents", "import", str(mapped / "b.xlsx"), "--feed", "hotline")
    assert told.exit_code == 0, told.output
    assert "  read sheet '一月'\n  not read: 二月" in told.stdout
    told = run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline", "--format", "json")
    assert json.loads(told.stdout)["notes"] == ["read as GB18030, separated by ','"]


def test_a_dry_run_as_json_adds_to_the_counts(mapped: Path) -> None:
    words = ("incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline", "--format", "json")
    tried = run(mapped, *words, "--dry-run")
    assert tried.stderr == ""
    data = json.loads(tried.stdout)
    assert data["dry_run"] and len(data["rows"]) == data["stored"] + 2, "of a used id nobody knows before the end"
    assert {e["reason"]: e["rows"] for e in data["examples"]} == data["reasons"]
    assert all(set(e) == {"reason", "rows", "file", "row", "field", "expected"} for e in data["examples"])
    assert re.fullmatch(r"r[0-9a-f]{24}", data["rows"][0]["reporter"])
    assert not [word for word in SECRETS if word in tried.stdout]
    done = json.loads(run(mapped, *words).stdout)
    assert done == {k: data[k] for k in ("read", "stored", "already_known", "quarantined", "reasons", "notes")}


def test_a_dry_run_writes_nothing(mapped: Path) -> None:
    run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline")
    (mapped / "more.csv").write_text("\n".join([HEAD, row("W20", "2026-03-09 10:00", "噪声", 91.2, 29.6, 0)]), "utf-8")
    before = snapshot(mapped)
    with house_of(mapped) as house, house.store.reading() as records:
        stored = records.incident_count(), records.quarantine_counts(), records.feeds(), records.files_read()
    tried = run(mapped, "incidents", "import", str(mapped / "more.csv"), "--feed", "hotline", "--dry-run")
    assert "stored: 1" in tried.stdout
    with house_of(mapped) as house, house.store.reading() as records:
        assert stored == (
            records.incident_count(),
            records.quarantine_counts(),
            records.feeds(),
            records.files_read(),
        )
    assert snapshot(mapped) == before


def test_a_dry_run_finds_the_row_whose_id_is_stored_with_another_content(mapped: Path) -> None:
    run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline")
    changed = row("W2", "2026-03-02 10:00", "噪声", 91.118, 29.6578, 1)
    (mapped / "more.csv").write_text("\n".join([HEAD, ROWS[0], changed]), "utf-8")
    words = ("incidents", "import", str(mapped / "more.csv"), "--feed", "hotline", "--dry-run", "--format", "json")
    data = json.loads(run(mapped, *words).stdout)
    assert (data["already_known"], data["reasons"]) == (1, {"id_reused": 1})
    assert [(e["reason"], e["row"]) for e in data["examples"]] == [("id_reused", 3)]


# ---- the original ---------------------------------------------------------------------------------------------------


def test_the_file_of_a_report_is_found_again_byte_for_byte(mapped: Path) -> None:
    raw = (mapped / "热线.csv").read_bytes()
    run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline")
    (mapped / "热线.csv").unlink()
    with house_of(mapped) as house, house.store.reading() as records:
        incident = str(records.incident_columns().ids[0])
        quarantined = records.quarantined()[0].row
    digest = hashlib.sha256(raw).hexdigest()
    for name in (incident, quarantined.id, digest, digest[:12]):
        found = run(mapped, "incidents", "original", name, "--format", "json")
        assert found.exit_code == 0, found.output
        (original,) = json.loads(found.stdout)["originals"]
        assert Path(original["path"]).read_bytes() == raw and original["unchanged"]
    assert f"热线.csv, row {quarantined.origin.row}" in run(mapped, "incidents", "original", quarantined.id).stdout
    assert run(mapped, "audit", "verify").exit_code == 0
    assert run(mapped, "incidents", "original", "i0").exit_code == 2


def test_a_changed_and_a_missing_original_are_findings(mapped: Path) -> None:
    run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline")
    (kept,) = (mapped / "files" / "originals" / "hotline").iterdir()
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes() + b"\n")
    told = run(mapped, "audit", "verify")
    assert told.exit_code == 1 and "not those that came in" in told.stdout
    assert run(mapped, "incidents", "original", kept.stem).exit_code == 1
    kept.unlink()
    data = json.loads(run(mapped, "audit", "verify", "--format", "json").stdout)
    assert (data["originals"], data["broken"], len(data["missing"])) == (0, [], 1)
    run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline")
    assert run(mapped, "audit", "verify").exit_code == 0, "the same file read again is kept again"


def test_the_job_keeps_originals_too(mapped: Path) -> None:
    mapping = mapped / "feeds" / "hotline.yaml"
    mapping.write_text(re.sub(r"(?m)^# files: .*$", "files: files/feeds/*.csv", mapping.read_text("utf-8")), "utf-8")
    dropped = mapped / "files" / "feeds" / "热线.csv"
    dropped.write_bytes((mapped / "热线.csv").read_bytes())
    os.utime(dropped, (dropped.stat().st_atime, dropped.stat().st_mtime - 3600))  # nobody is writing to it any more
    assert run(mapped, "jobs", "run", "import_feeds").exit_code == 0
    assert len(list((mapped / "files" / "originals" / "hotline").iterdir())) == 1
    assert run(mapped, "audit", "verify").exit_code == 0


def test_a_dry_run_and_a_refused_file_keep_no_original(mapped: Path) -> None:
    run(mapped, "incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline", "--dry-run")
    (mapped / "other.csv").write_text("a,b\n1,2\n", "utf-8")
    assert run(mapped, "incidents", "import", str(mapped / "other.csv"), "--feed", "hotline").exit_code == 2
    assert not (mapped / "files" / "originals").exists()


# ---- progress -------------------------------------------------------------------------------------------------------


def test_progress_is_told_to_a_log_at_every_so_many_rows(mapped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "LOGGED_EVERY", 1000)
    lines = [row(f"N{k}", "2026-03-01 10:00", "噪声", 91.117, 29.6578, 0) for k in range(2500)]
    (mapped / "many.csv").write_text("\n".join([HEAD, *lines]), "utf-8")
    words = ("incidents", "import", str(mapped / "many.csv"), "--feed", "hotline")
    assert run(mapped, *words, "--dry-run").stderr.splitlines() == ["1,000 rows read", "2,000 rows read"]
    assert run(mapped, *words, "--format", "json").stderr == ""


def test_progress_is_shown_to_a_person_on_standard_error(
    mapped: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GEO_MONITOR_WORKSPACE", str(mapped))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with pytest.raises(SystemExit):
        main(["incidents", "import", str(mapped / "热线.csv"), "--feed", "hotline", "--dry-run"])
    said = capsys.readouterr()
    assert "9 rows read" in said.err and "rows read" not in said.out
