"""The commands by which people put models into force, except places from them, and decide leads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from shapely.geometry import Point, box, mapping, shape

from geo_monitor.cli import main
from geo_monitor.domain.lifecycle import BacktestRecord
from geo_monitor.services.ports import Records, User
from geo_monitor.wiring import house_of
from tests.store import made

TODAY = datetime.now(UTC).date()
NEXT_YEAR = (TODAY + timedelta(days=365)).isoformat()
REASON = "三个月试运行无误报"


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A workspace with four accounts, a lead, and a lead of a model on trial."""
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    with writing(folder) as records:
        for name, role in (("zhao", "procurator"), ("dolma", "reviewer"), ("root", "admin"), ("tashi", "patrol")):
            records.put_user(User(name, name, role, "x"))
        records.put_lead(made.lead(1))
        records.put_lead(made.lead("t", made.key("RIV-003"), trial=True))
    return folder


@contextmanager
def writing(folder: Path) -> Iterator[Records]:
    with house_of(folder) as house, house.store.writing() as records:
        yield records


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


def done(folder: Path, *words: str) -> Result:
    result = run(folder, *words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result


def refused(folder: Path, said: str, *words: str) -> None:
    result = run(folder, *words)
    assert result.exit_code == 2, (words, result.output, result.exception)
    assert said in result.output
    assert "Traceback" not in result.output


def status(folder: Path, model: str) -> str:
    listed = json.loads(done(folder, "models", "list", "--format", "json").stdout)
    return next(str(m["status"]) for m in listed["models"] if m["id"] == model)


def version(folder: Path, model: str) -> int:
    with house_of(folder) as house:
        return house.models[model].version


# ---- the life of a model -----------------------------------------------------------------------------------


def test_a_model_goes_back_on_trial_and_into_force_again_and_the_book_keeps_it(city: Path) -> None:
    assert status(city, "RIV-001") == "active"
    done(city, "models", "demote", "RIV-001", "--reason", "误报较多", "--by", "dolma")
    assert status(city, "RIV-001") == "trial"
    promote = ("models", "promote", "RIV-001", "--reason", REASON, "--by", "root")
    refused(city, "no back-test", *promote)
    with writing(city) as records:
        tested = BacktestRecord(
            "RIV-001", version(city, "RIV-001"), date(2025, 1, 1), TODAY, 40, 9, 7, datetime.now(UTC)
        )
        records.put_backtest(tested)
    assert "is active from the next run on" in done(city, *promote).output
    assert status(city, "RIV-001") == "active"
    done(city, "models", "retire", "RIV-001", "--reason", "法律已经废止", "--by", "dolma")
    done(city, "models", "restore", "RIV-001", "--reason", "新法已经施行", "--by", "dolma")
    assert status(city, "RIV-001") == "trial"
    shown = done(city, "models", "show", "RIV-001").stdout
    told = [line for line in shown.splitlines() if line.startswith("# ") and " by " in line]
    assert [line.split()[4] for line in told] == ["demoted", "promoted", "retired", "restored"]
    assert "误报较多" in told[0]
    assert yaml.safe_load(shown)["id"] == "RIV-001", "still the model's file"
    audited = json.loads(done(city, "audit", "verify", "--format", "json").stdout)
    assert (audited["model_events"], audited["broken"]) == (4, [])


@pytest.mark.parametrize("name", ["zhao", "tashi"])
def test_a_model_is_put_in_and_out_of_force_by_those_who_review(city: Path, name: str) -> None:
    for step in ("promote", "demote", "retire", "restore"):
        said = ("models", step, "RIV-001", "--reason", REASON, "--by", name)
        refused(city, "this is for a reviewer or admin", *said)
    assert status(city, "RIV-001") == "active"


def test_steps_that_make_no_sense_are_refused(city: Path) -> None:
    refused(city, "must be trial", "models", "promote", "RIV-001", "--reason", REASON, "--by", "dolma")
    refused(city, "reason", "models", "retire", "RIV-001", "--reason", "no", "--by", "dolma")
    refused(city, "RIV-999", "models", "retire", "RIV-999", "--reason", REASON, "--by", "dolma")
    refused(city, "no user named 'nobody'", "models", "retire", "RIV-001", "--reason", REASON, "--by", "nobody")


def test_a_changed_book_of_models_is_a_finding(city: Path) -> None:
    import sqlite3

    done(city, "models", "retire", "RIV-001", "--reason", REASON, "--by", "dolma")
    with sqlite3.connect(city / "geo-monitor.db") as connection:
        connection.execute("UPDATE model_events SET actor = 'zhao'")
    result = run(city, "audit", "verify")
    assert result.exit_code == 1
    assert "line 1 (retired by zhao, model RIV-001 version" in result.output


# ---- exceptions --------------------------------------------------------------------------------------------


def test_a_place_is_excepted_listed_and_given_back(city: Path) -> None:
    said = ("models", "except", "RIV-001", "--reason", "清淤工程，已经批准", "--by", "zhao", "--until", NEXT_YEAR)
    circle = json.loads(done(city, *said, "--at", "91.1,29.65", "--radius", "250", "--format", "json").stdout)
    assert (circle["model"], circle["author"], circle["until"]) == ("RIV-001", "zhao", NEXT_YEAR)
    assert (circle["centre"], circle["radius_m"]) == ([91.1, 29.65], 250.0)
    assert shape(circle["area"]).covers(Point(91.1, 29.65))
    rectangle = json.loads(done(city, *said, "--box", "91,29.6,91.1,29.7", "--format", "json").stdout)
    assert shape(rectangle["area"]).equals(box(91, 29.6, 91.1, 29.7))
    listed = json.loads(done(city, "models", "exceptions", "RIV-001", "--format", "json").stdout)
    assert {e["id"] for e in listed["exceptions"]} == {circle["id"], rectangle["id"]}
    assert json.loads(done(city, "models", "exceptions", "RIV-003", "--format", "json").stdout) == {"exceptions": []}
    table = done(city, "models", "exceptions").stdout
    assert "within 250 m of 91.10000,29.65000" in table
    assert "清淤工程，已经批准" in table
    done(city, "models", "end-exception", circle["id"], "--reason", "工程已经完工", "--by", "dolma")
    shown = done(city, "models", "show", "RIV-001").stdout
    assert f"# exception {circle['id']}, within 250 m of 91.10000,29.65000" in shown
    assert "by dolma (工程已经完工)" in shown
    again = ("models", "end-exception", circle["id"], "--reason", "工程已经完工", "--by", "dolma")
    refused(city, "already", *again)


def test_a_place_is_excepted_from_a_file_and_from_a_day_in_the_past(city: Path) -> None:
    path = city / "works.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(box(91, 29.6, 91.1, 29.7))}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    since = (TODAY - timedelta(days=30)).isoformat()
    until = (TODAY + timedelta(days=30)).isoformat()
    words = (
        "models",
        "except",
        "RIV-001",
        "--reason",
        "登记数据有误",
        "--by",
        "zhao",
        "--from",
        since,
        "--until",
        until,
    )
    made = json.loads(done(city, *words, "--file", str(path), "--format", "json").stdout)
    assert (made["from"], made["until"], made["radius_m"]) == (since, until, None)
    assert shape(made["area"]).equals(box(91, 29.6, 91.1, 29.7))


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ([], "say where"),
        (["--at", "91.1,29.6"], "say where"),
        (["--radius", "5", "--box", "91,29,92,30"], "say where"),
        (["--at", "91.1,29.6", "--radius", "5", "--box", "91,29,92,30"], "say where"),
        (["--at", "91.1", "--radius", "5"], "--at 91.1: LON,LAT expected"),
        (["--at", "east,north", "--radius", "5"], "LON,LAT expected"),
        (["--at", "91.1,29.6", "--radius", "-1"], "radius"),
        (["--box", "92,29,91,30"], "west,south,east,north"),
        (["--file", "missing.geojson"], "missing.geojson"),
        (["--at", "91.1,29.6", "--radius", "5", "--until", "2099-01-01"], "two years"),
        (["--at", "91.1,29.6", "--radius", "5", "--until", "2020-01-01"], "cannot end"),
    ],
)
def test_a_place_or_a_time_that_makes_no_sense_gets_one_clear_message(city: Path, where: list[str], said: str) -> None:
    until = [] if "--until" in where else ["--until", NEXT_YEAR]
    refused(city, said, "models", "except", "RIV-001", "--reason", "清淤工程", "--by", "zhao", *until, *where)
    assert json.loads(done(city, "models", "exceptions", "--format", "json").stdout) == {"exceptions": []}


def test_a_patrol_excepts_nothing(city: Path) -> None:
    words = ("--reason", "清淤工程", "--by", "tashi", "--until", NEXT_YEAR, "--at", "91.1,29.6", "--radius", "5")
    refused(city, "tashi is a patrol", "models", "except", "RIV-001", *words)


# ---- leads -------------------------------------------------------------------------------------------------


def listed(city: Path, *words: str) -> list[str]:
    return [x["id"] for x in json.loads(done(city, "leads", "list", "--format", "json", *words).stdout)["leads"]]


def test_leads_of_models_on_trial_are_listed_and_exported_only_when_asked_for(city: Path) -> None:
    assert listed(city) == ["L1"]
    assert listed(city, "--trial") == ["Lt"]
    for words, wanted in (((), ["L1"]), (("--trial",), ["Lt"])):
        done(city, "leads", "export", str(city / "leads.geojson"), *words)
        features = json.loads((city / "leads.geojson").read_text(encoding="utf-8"))["features"]
        assert [f["properties"]["id"] for f in features] == wanted
        assert [f["properties"]["trial"] for f in features] == ["--trial" in words]
    assert "(model on trial)" in done(city, "leads", "show", "Lt").stdout
    assert "(model on trial)" not in done(city, "leads", "show", "L1").stdout


def test_a_lead_is_taken_up_and_dismissed_with_its_kind_and_clause(city: Path) -> None:
    done(city, "leads", "take-up", "L1", "--by", "zhao", "--note", "已联系水利部门")
    dismissal = ("--reason", "现场核查有许可", "--why", "lawful", "--clause", "where[0]", "--by", "zhao")
    done(city, "leads", "dismiss", "L1", *dismissal)
    history = json.loads(done(city, "leads", "show", "L1", "--format", "json").stdout)["history"]
    assert [(e["kind"], e["actor"], e["reason"], e.get("why"), e.get("clause")) for e in history] == [
        ("taken_up", "zhao", "已联系水利部门", None, None),
        ("dismissed", "zhao", "现场核查有许可", "lawful", "where[0]"),
    ]
    assert "zhao dismissed 现场核查有许可 lawful where[0]" in done(city, "leads", "show", "L1").stdout
    refused(city, "dismissed already", "leads", "dismiss", "L1", *dismissal)
    refused(city, "only an open lead", "leads", "take-up", "L1", "--by", "zhao")


def test_a_dismissal_in_which_no_clause_misled_says_none(city: Path) -> None:
    done(
        city, "leads", "dismiss", "L1", "--reason", "已在另案", "--why", "duplicate", "--clause", "none", "--by", "zhao"
    )
    [event] = json.loads(done(city, "leads", "show", "L1", "--format", "json").stdout)["history"]
    assert (event["why"], event["clause"]) == ("duplicate", "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"--why": "boring"}, "lawful, wrong_place"),
        ({"--clause": "where[9]"}, "there are: where[0]"),
        ({"--reason": "no"}, "reason"),
        ({"--by": "tashi"}, "tashi is a patrol"),
    ],
)
def test_a_dismissal_that_lacks_something_changes_nothing(city: Path, changed: dict[str, str], said: str) -> None:
    words = {"--reason": "现场核查有许可", "--why": "lawful", "--clause": "where[0]", "--by": "zhao"} | changed
    refused(city, said, "leads", "dismiss", "L1", *(part for pair in words.items() for part in pair))
    assert listed(city, "--status", "open") == ["L1"]


def test_a_lead_of_a_model_on_trial_is_decided_by_reviewers_alone(city: Path) -> None:
    words = ("leads", "dismiss", "Lt", "--reason", "现场核查有许可", "--why", "lawful", "--clause", "none", "--by")
    refused(city, "zhao is a procurator; this is for a reviewer", *words, "zhao")
    refused(city, "this is for a reviewer", "leads", "take-up", "Lt", "--by", "root")
    done(city, *words, "dolma")
    assert listed(city, "--trial", "--status", "dismissed") == ["Lt"]


def test_a_model_that_raised_a_false_alarm_on_trial_is_not_put_into_force(city: Path) -> None:
    number = version(city, "RIV-003")
    with writing(city) as records:
        records.put_lead(replace(made.lead("t", made.key("RIV-003"), trial=True), model_version=number))
        records.put_backtest(BacktestRecord("RIV-003", number, date(2025, 1, 1), TODAY, 4, 2, 2, datetime.now(UTC)))
    done(city, "models", "demote", "RIV-003", "--reason", "重新试运行", "--by", "dolma")
    words = ("--reason", "现场核查有许可", "--why", "lawful", "--clause", "where[0]", "--by", "dolma")
    done(city, "leads", "dismiss", "Lt", *words)
    refused(city, "false alarms on trial: Lt", "models", "promote", "RIV-003", "--reason", REASON, "--by", "dolma")
    assert status(city, "RIV-003") == "trial"


def test_an_account_for_reviewers_is_made(city: Path) -> None:
    words = ["users", "add", "pema", "--role", "reviewer"]
    result = CliRunner().invoke(
        main, words, env={"GEO_MONITOR_WORKSPACE": str(city)}, input="long-enough-1\nlong-enough-1\n"
    )
    assert result.exit_code == 0, result.output
    users = json.loads(done(city, "users", "list", "--format", "json").stdout)["users"]
    assert {u["name"]: u["role"] for u in users}["pema"] == "reviewer"
