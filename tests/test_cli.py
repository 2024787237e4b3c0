"""The street door as a person uses it: a city from nothing to a lead, and one clear message for each mistake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geo_monitor.cli import main
from geo_monitor.wiring import house_of

FEED = """\
feed: hotline
title: {zh: 热线, en: Hotline}
source: hotline
files: files/feeds/*.csv
datum: WGS84
id: [单号]
columns:
  occurred: 发生时间
  text: 内容
  lon: 经度
  lat: 纬度
  reporter: {name: 姓名}
  category: {column: 类别, map: {采砂: sand_mining, 倾倒: waste_dumping}, otherwise: quarantine}
"""
HEAD = "单号,发生时间,内容,经度,纬度,姓名,类别\n"
ROWS = (
    "1,2026-09-01 10:00,夜间挖沙,91.1001,29.6501,甲,采砂\n"
    "2,2026-09-11 22:00,又在挖沙,91.1003,29.6499,乙,采砂\n"
    "3,2026-09-12 22:00,坐标写反,29.6499,91.1003,丙,采砂\n"
    "4,2026-13-12,日期不对,91.1003,29.6499,丙,采砂\n"
)


def run(folder: Path, *words: str, **options: object) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)}, **options)  # type: ignore[arg-type]


def collection(*features: dict[str, object]) -> str:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A workspace with one reach, one district, no permits, and a feed."""
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    (folder / "feeds" / "hotline.yaml").write_text(FEED, encoding="utf-8")
    reach = {
        "type": "Feature",
        "properties": {"reach_id": "LS-1", "name_zh": "合成河段", "name_en": "Synthetic reach", "river": "合成河"},
        "geometry": {"type": "LineString", "coordinates": [[91.09, 29.65], [91.11, 29.65]]},
    }
    (folder / "rivers.geojson").write_text(collection(reach), encoding="utf-8")
    (folder / "permits.geojson").write_text(collection(), encoding="utf-8")
    (folder / "reports.csv").write_text(HEAD + ROWS, encoding="utf-8")
    return folder


def load_all(city: Path) -> None:
    for name, file in (("rivers", "rivers.geojson"), ("sand_permits", "permits.geojson")):
        result = run(city, "layers", "load", name, str(city / file), "--source", "test", "--format", "json")
        assert result.exit_code == 0, result.output


def test_a_file_becomes_a_lead_with_its_grounds(city: Path) -> None:
    load_all(city)
    imported = run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline", "--format", "json")
    assert imported.exit_code == 1  # there are rejected rows, and it says so
    counts = json.loads(imported.stdout)
    assert (counts["read"], counts["stored"], counts["already_known"], counts["quarantined"]) == (4, 2, 0, 2)
    assert counts["reasons"] == {"swapped_axes": 1, "unreadable_date": 1}

    first = json.loads(run(city, "overlay", "run", "--format", "json").stdout)
    assert set(first) >= {"incidents", "new_incidents", "models", "seconds"} and first["incidents"] == 2
    sand = next(m for m in first["models"] if m["id"] == "RIV-001")
    assert (sand["hits"], sand["leads_new"], sand["leads_open"]) == (2, 1, 1)

    leads = json.loads(run(city, "leads", "list", "--model", "RIV-001", "--format", "json").stdout)
    [lead] = leads["leads"]
    assert lead["about"] == {"layer": "rivers", "id": "LS-1", "title": lead["about"]["title"]}
    assert len(lead["incidents"]) == 2 and lead["grounds"] and lead["trio"]["river_chief"]["vacant"]
    explained = run(city, "models", "explain", lead["id"])
    assert "疑似" in explained.output and "suspected" in explained.output.lower()

    again = json.loads(run(city, "overlay", "run", "--full", "--format", "json").stdout)
    assert sum(m["leads_new"] for m in again["models"]) == 0
    twice = json.loads(
        run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline", "--format", "json").stdout
    )
    assert (twice["stored"], twice["already_known"]) == (0, 2)
    assert run(city, "audit", "verify").exit_code == 0


def test_a_lead_is_replayed_and_what_somebody_changed_in_it_is_named(city: Path) -> None:
    load_all(city)
    run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline")
    run(city, "overlay", "run")
    [told] = json.loads(run(city, "leads", "list", "--model", "RIV-001", "--format", "json").stdout)["leads"]
    (city / "rivers.geojson").write_text(collection(), encoding="utf-8")
    load_all(city)

    good = run(city, "models", "explain", told["id"], "--replay")
    assert good.exit_code == 0 and "the same grounds follow" in good.stdout
    as_data = json.loads(run(city, "models", "explain", told["id"], "--replay", "--format", "json").stdout)
    assert as_data["same"] and as_data["grounds"]["sentence"] == told["sentence"]

    with house_of(city) as house, house.store.writing() as records:
        lead = records.lead(told["id"])
        assert lead is not None
        softer = {**lead.grounds.sentence, "en": "nothing of note"}
        records.put_lead(replace(lead, grounds=replace(lead.grounds, sentence=softer)))
    bad = run(city, "models", "explain", told["id"], "--replay")
    assert bad.exit_code == 1
    assert "sentence.en\n  kept: nothing of note\n  now:  " in bad.stdout
    [part] = json.loads(run(city, "models", "explain", told["id"], "--replay", "--format", "json").stdout)[
        "differences"
    ]
    assert part == {"part": "sentence.en", "kept": "nothing of note", "now": told["sentence"]["en"]}


def test_layers_that_were_never_loaded_are_one_line_until_asked_for(city: Path) -> None:
    load_all(city)
    folded = run(city, "layers", "list").stdout.splitlines()
    loaded = ["river_management_zones", "rivers", "sand_permits"]
    assert [line.split()[0] for line in folded[1:-1]] == loaded
    assert "never loaded" in folded[-1]
    whole = run(city, "layers", "list", "--all").stdout.splitlines()
    assert f"{len(whole) - len(folded[:-1])} more layers" in folded[-1]
    assert [line.split()[0] for line in whole[1:4]] == loaded
    data = json.loads(run(city, "layers", "list", "--format", "json").stdout)["layers"]
    assert len(data) == len(whole) - 1 and not data[-1]["version"]


def test_a_mistyped_model_is_answered_with_the_names_that_look_like_it(city: Path) -> None:
    said = run(city, "models", "show", "RIV-0011").output
    assert "near to it: " in said and "RIV-001" in said and "FOO-001" not in said
    assert len(said) < 300


def test_a_dry_run_says_what_would_happen_and_stores_nothing(city: Path) -> None:
    result = run(
        city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline", "--dry-run", "--format", "json"
    )
    assert json.loads(result.stdout)["stored"] == 2
    listed = json.loads(run(city, "quarantine", "list", "--format", "json").stdout)
    assert listed["open"] == 0


def test_quarantine_names_file_row_field_and_reason(city: Path) -> None:
    run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline")
    shown = run(city, "quarantine", "list").stdout
    assert (
        "reports.csv, row 4" in shown
        and "[swapped_axes]" in shown
        and "[unreadable_date]" in shown
        and "row 5" in shown
    )


def test_a_mended_mapping_brings_quarantined_rows_in(city: Path) -> None:
    (city / "feeds" / "hotline.yaml").write_text(FEED.replace("采砂: sand_mining, ", ""), encoding="utf-8")
    run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline")
    (city / "feeds" / "hotline.yaml").write_text(FEED, encoding="utf-8")
    result = run(city, "quarantine", "retry", "--format", "json")
    assert result.exit_code == 0 and json.loads(result.stdout)["stored"] == 2


def test_who_answers_for_a_point_on_a_day(city: Path) -> None:
    load_all(city)
    roster = city / "roster.csv"
    roster.write_text(
        "place,role,post,name,office,from,to\nrivers/LS-1,river_chief,区级河长,合成河长-01,河长办,2025-01-01,2026-02-28\n"
        "rivers/LS-1,river_chief,区级河长,合成河长-02,河长办,2026-03-01,\n",
        encoding="utf-8",
    )
    assert run(city, "roster", "load", str(roster)).exit_code == 0
    for day, name in (("2026-02-28", "合成河长-01"), ("2026-03-01", "合成河长-02")):
        found = json.loads(run(city, "who", "91.1", "29.6505", "--on", day, "--format", "json").stdout)
        assert found["river_chief"]["name"] == name and found["police_chief"]["vacant"] and found["boundary"] == []


def test_an_account_needs_a_long_password_and_is_listed_without_it(city: Path) -> None:
    short = run(city, "users", "add", "amy", "--role", "procurator", input="short\nshort\n")
    assert short.exit_code == 2 and "at least" in short.output
    good = run(city, "users", "add", "amy", "--role", "procurator", input="long-enough-1\nlong-enough-1\n")
    assert good.exit_code == 0
    listed = run(city, "users", "list", "--format", "json").stdout
    assert json.loads(listed)["users"][0]["name"] == "amy" and "argon2" not in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["layers", "load", "river", "x.geojson"], "no layer named 'river'"),
        (["layers", "load", "rivers", "missing.geojson"], "missing.geojson"),
        (["layers", "load", "rivers", "reports.csv", "--map", "reach_id"], "field=column"),
        (["incidents", "import", "reports.csv", "--feed", "hotlin"], "there are: hotline"),
        (["incidents", "import", "missing.csv", "--feed", "hotline"], "missing.csv"),
        (["incidents", "import", "reports.csv", "--feed", "hotline", "--datum", "WGS80"], "WGS80"),
        (["models", "show", "RIV-999"], "RIV-999"),
        (["leads", "show", "L0"], "no lead named 'L0'"),
        (["jobs", "run", "sweep"], "no job named 'sweep'"),
        (["who", "29.65", "91.1"], "longitude first"),
        (["report", "weekly", "--week", "2026-W99"], "2026-W99"),
        (["roster", "load", "reports.csv"], "place"),
        (["users", "disable", "nobody"], "no user named 'nobody'"),
    ],
)
def test_a_wrong_call_gets_one_clear_message_and_exit_code_two(city: Path, words: list[str], said: str) -> None:
    words = [str(city / w) if w.endswith((".csv", ".geojson")) and (city / w).exists() else w for w in words]
    result = run(city, *words)
    assert result.exit_code == 2, (result.exit_code, result.output, result.exception)
    assert said in result.output and "Traceback" not in result.output


def test_a_faulty_model_of_the_workspace_is_told_with_file_and_line(city: Path) -> None:
    (city / "models" / "X-001.yaml").write_text("id: X-001\nversion: one\nstaus: active\n", encoding="utf-8")
    result = run(city, "overlay", "run")
    assert result.exit_code == 2 and "X-001.yaml, row 2" in result.output and "staus" in result.output


def test_lint_and_test_count_what_they_looked_at(city: Path) -> None:
    linted = json.loads(run(city, "models", "lint", "--format", "json").stdout)
    assert linted["models"] == sum(linted["by_status"].values()) == sum(linted["by_domain"].values()) >= 24
    assert linted["remarks"] == len(linted["flaws"])
    tested = json.loads(run(city, "models", "test", "RIV-001", "--format", "json").stdout)
    assert (tested["models"], tested["failed"]) == (1, [])
    assert tested["cases"] == sum(tested["by_kind"].values())
    assert set(tested["by_kind"]) == set(linted["cases"]) == {"hit", "miss", "edge"}


def test_the_schema_for_editors_is_printed(city: Path) -> None:
    printed = json.loads(run(city, "models", "schema").stdout)
    assert {"id", "watch", "numbers", "group", "lead", "cases"} <= set(printed["properties"])


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    result = run(tmp_path, "layers", "list")
    assert result.exit_code == 2 and "geo-monitor init" in result.output


def test_an_unknown_setting_is_refused_before_anything_is_opened(city: Path) -> None:
    toml = city / "geo-monitor.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[cty]\nname = 1\n", encoding="utf-8")
    result = run(city, "layers", "list")
    assert result.exit_code == 2 and "cty" in result.output and not (city / "geo-monitor.db").exists()


def test_a_row_that_goes_back_to_an_old_reason_stays_in_quarantine(city: Path) -> None:
    mapping = city / "feeds" / "hotline.yaml"
    good, no_category = FEED, FEED.replace("采砂: sand_mining, ", "")
    bad_date = FEED.replace("occurred: 发生时间", "occurred: 内容")
    mapping.write_text(no_category, encoding="utf-8")
    run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline")
    for text in (bad_date, no_category):
        mapping.write_text(text, encoding="utf-8")
        run(city, "quarantine", "retry")
        assert json.loads(run(city, "quarantine", "list", "--format", "json").stdout)["open"] == 4
    mapping.write_text(good, encoding="utf-8")
    assert json.loads(run(city, "quarantine", "retry", "--format", "json").stdout)["stored"] == 2


def test_a_stray_comma_does_not_put_a_reporter_into_quarantines_words(city: Path) -> None:
    row = "9,2026-09-01 10:00,夜间,挖沙,91.1001,29.6501,某某合成,采砂\n"
    (city / "reports.csv").write_text(HEAD + row, encoding="utf-8")
    run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline")
    shown = run(city, "quarantine", "list", "--format", "json").stdout
    assert json.loads(shown)["open"] == 1 and "too_many_cells" in shown and "某某合成" not in shown


def test_an_act_in_the_future_is_not_believed(city: Path) -> None:
    (city / "reports.csv").write_text(HEAD + ROWS.splitlines()[0].replace("2026", "2206") + "\n", encoding="utf-8")
    result = run(city, "incidents", "import", str(city / "reports.csv"), "--feed", "hotline", "--format", "json")
    assert json.loads(result.stdout)["reasons"] == {"date_in_future": 1}


def test_a_feed_watches_only_files_of_its_workspace(city: Path) -> None:
    (city / "feeds" / "hotline.yaml").write_text(FEED.replace("files/feeds/*.csv", "/srv/*.csv"), encoding="utf-8")
    result = run(city, "check")
    assert result.exit_code == 1 and "relative to the workspace" in result.output
