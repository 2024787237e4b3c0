"""The commands by which models are measured: back-test, suggestions, precision, coverage."""

from __future__ import annotations

import csv
import json
import shlex
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from shapely.geometry import shape

from geo_monitor.cli import main
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.services.decide import dismiss, take_up
from geo_monitor.services.overlay import Overlay
from geo_monitor.services.ports import User
from geo_monitor.wiring import House, house_of
from tests.services.past_world import CENTRE, ZONE, add, feature, load, report, river_city

MODEL = """
id: RIV-900
version: 1
status: trial
title: {zh: 疑似试验, en: Suspected test}
track: public_interest
domain: river
urgency: low
watch: {category: [dumping]}
numbers: {near: {value: 50 m, basis: proposal}, one: {value: 1, basis: proposal}}
where: [{nearest: {of: rivers, at_most: near}}]
group: {by: record, any: [{count: one}]}
lead: {legal_basis: [river-24, code-282], agencies: [water], guide: {zh: 先看, en: look first}}
cases: {hit: [], miss: [], edge: []}
"""
REVOKED = MODEL.replace("RIV-900", "RIV-901").replace(
    "where: [{nearest: {of: rivers, at_most: near}}]",
    "where: [{within_distance: food_businesses, at_most: near, where: {status: [revoked]}}]",
)
DAYS = ("--from", "2026-06-01", "--to", "2026-07-26")


def fill(house: House) -> None:
    """Three reaches and a district; reports in the first weeks of June; leads raised by the real overlay, of which the
    one in the east was upheld and the three in the west were dismissed."""
    with river_city().reading() as small:
        for name in ("rivers", "districts"):
            load(house.store, name, small.features(name))
    load(house.store, "food_businesses", [feature("food_businesses", "B1", 100, status="revoked")])
    add(house.store, *(report(str(n), n, 100 + 20 * n) for n in range(3)), report("east", 9, 2500))
    asked = {"RIV-900": house.models["RIV-900"]}
    Overlay(house.store, asked, house.law, house.layers, centre=CENTRE, zone=ZONE).run(datetime(2026, 8, 1, tzinfo=UTC))
    with house.store.reading() as records:
        leads = records.leads_of()
    assert len(leads) == 4
    for lead in leads:
        if report("east", 9, 2500).id in lead.records:
            take_up(house.store, lead.id, "dolma", datetime(2026, 8, 2, tzinfo=UTC))
        else:
            dismiss(
                house.store, lead.id, "dolma", datetime(2026, 8, 2, tzinfo=UTC), "合成：同一堆料场", "", why="duplicate"
            )
    with house.store.writing() as records:
        records.put_user(User("dolma", "dolma", "reviewer", "x"))


@pytest.fixture
def city(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    for name, text in (("RIV-900", MODEL), ("RIV-901", REVOKED)):
        (folder / "models" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with house_of(folder) as house:
        fill(house)
    return folder


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"GEO_MONITOR_WORKSPACE": str(folder)})


def done(folder: Path, *words: str) -> str:
    result = run(folder, *words)
    assert result.exit_code == 0, (words, result.output, result.exception)
    return result.stdout


def told(folder: Path, *words: str) -> Any:
    return json.loads(done(folder, *words, "--format", "json"))


def refused(folder: Path, said: str, *words: str) -> None:
    result = run(folder, *words)
    assert result.exit_code == 2, (words, result.output, result.exception)
    assert said in result.output
    assert "Traceback" not in result.output


# ---- back-test -------------------------------------------------------------------------------------------------


def test_a_back_test_tells_leads_by_week_precision_and_what_each_number_does(city: Path) -> None:
    found = told(city, "models", "backtest", "RIV-900", *DAYS)
    assert [w["leads"] for w in found["weeks"]] == [3, 1, 0, 0, 0, 0, 0, 0]
    assert (found["upheld"], found["decided"], found["precision"]) == (1, 4, 0.25)
    assert found["low"] < 0.25 < found["high"]
    assert {m["number"] for m in found["sensitivity"]} == {"near", "one"}
    table = done(city, "models", "backtest", "RIV-900", *DAYS)
    assert "leads: 4, 0.5 a week" in table
    assert "precision: 25 % (5–70), 1 of 4 decided leads were upheld" in table
    assert "kept for models promote" in table


def test_a_model_comes_into_force_on_a_back_test_of_its_unchanged_numbers_alone(city: Path) -> None:
    promote = ("models", "promote", "RIV-900", "--reason", "试运行无误报", "--by", "dolma")
    refused(city, "no back-test; run: geo-monitor models backtest RIV-900 --from DATE --to DATE", *promote)
    assert not told(city, "models", "backtest", "RIV-900", *DAYS, "--set", "near=10 m")["kept"]
    refused(city, "no back-test", *promote)
    assert told(city, "models", "backtest", "RIV-900", *DAYS)["kept"]
    done(city, *promote)
    with house_of(city) as house, house.store.reading() as records:
        [event] = records.model_events("RIV-900")
        [kept] = records.backtests("RIV-900")
    assert event.status == "active"
    assert (kept.from_day, kept.to_day, kept.leads) == (date(2026, 6, 1), date(2026, 7, 26), 4)
    assert event.data["backtest"]["leads"] == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("RIV-999", *DAYS), "RIV-999"),
        (("RIV-900", *DAYS, "--set", "nearby=80 m"), "no number of this model named 'nearby'"),
        (("RIV-900", *DAYS, "--set", "near=80"), "a value like 50 m"),
        (("RIV-900", *DAYS, "--set", "near"), "--set"),
        (("RIV-900", "--from", "2026-07-01", "--to", "2026-06-01"), "the first day comes before"),
        (("RIV-900", "--from", "2026-06-01", "--to", "2999-01-01"), "has not come yet"),
        (("RIV-900", "--from", "june", "--to", "2026-06-01"), "june"),
        (("RIV-901", *DAYS), "where[0] asks for status of food_businesses"),
    ],
)
def test_a_back_test_that_cannot_be_made_is_refused_with_one_clear_message(
    city: Path, words: tuple[str, ...], said: str
) -> None:
    refused(city, said, "models", "backtest", *words)
    with house_of(city) as house, house.store.reading() as records:
        assert records.backtests() == []


# ---- suggestions -----------------------------------------------------------------------------------------------


def false_alarms(city: Path) -> None:
    """The dismissals in the west, said anew as false alarms."""
    with house_of(city) as house:
        with house.store.reading() as records:
            wrong = [x.id for x in records.leads_of() if x.status is LeadStatus.DISMISSED]
        with house.store.writing() as records:
            for lead in wrong:
                at = datetime(2026, 8, 3, tzinfo=UTC)
                records.add_event(lead, at, "dolma", "dismissed", "合成：有证", {"why": "lawful", "clause": "where[0]"})


def test_suggest_names_an_exception_and_the_command_that_makes_it_works(city: Path, tmp_path: Path) -> None:
    false_alarms(city)
    table = done(city, "models", "suggest", "RIV-900", "--write", str(tmp_path / "areas"))
    assert "3 leads dismissed as false alarms, 1 upheld" in table
    assert "spares 3 of 3 dismissed leads, keeps all 1 upheld ones" in table
    assert "where[0] misled 3 times" in table
    found = told(city, "models", "suggest", "RIV-900", "--write", str(tmp_path / "areas"))
    [exception] = [s for s in found["suggestions"] if s["kind"] == "exception"]
    [path] = (tmp_path / "areas").glob("RIV-900-exception-*.geojson")
    assert str(path) in exception["command"]
    assert shape(exception["area"]).is_valid
    command = exception["command"].replace("USER", "dolma").replace("WHY", "合成：料场有证")
    done(city, *shlex.split(command)[1:])
    [made] = told(city, "models", "exceptions", "RIV-900")["exceptions"]
    assert shape(made["area"]).equals_exact(shape(exception["area"]), 1e-6)


def test_where_nothing_can_be_suggested_it_is_said_why(city: Path) -> None:
    table = done(city, "models", "suggest", "RIV-900")
    assert "3 dismissed as duplicates aside: the model was right" in table
    assert "nothing to suggest: no lead that it would raise today was dismissed as a false alarm" in table
    refused(city, "RIV-999", "models", "suggest", "RIV-999")


# ---- precision -------------------------------------------------------------------------------------------------


def test_the_list_of_models_shows_precision_and_what_is_waited_for(city: Path) -> None:
    listed = {m["id"]: m for m in told(city, "models", "list")["models"]}
    mine = listed["RIV-900"]["precision"]
    assert (mine["upheld"], mine["decided"], mine["precision"]) == (1, 4, 0.25)
    assert listed["RIV-900"]["precision_of_version"] == mine
    assert listed["RIV-901"]["precision"] == {"upheld": 0, "decided": 0, "precision": None, "low": None, "high": None}
    assert listed["RIV-900"]["waiting_for"] == []
    assert "sand_permits" in listed["RIV-001"]["waiting_for"]
    lines = done(city, "models", "list").splitlines()
    assert next(line for line in lines if line.startswith("RIV-900")).endswith("25 % (5–70) of 4")
    assert next(line for line in lines if line.startswith("RIV-901")).endswith("no decision yet")
    assert "waiting for data: " in next(line for line in lines if line.startswith("RIV-001"))


# ---- coverage --------------------------------------------------------------------------------------------------


def test_coverage_shows_models_by_district_with_their_law_and_totals(city: Path) -> None:
    found = told(city, "models", "coverage")
    mine = next(m for m in found["models"] if m["id"] == "RIV-900")
    assert [a["id"] for a in mine["basis"]] == ["river-24", "code-282"]
    assert mine["districts"]["540102"] == {"runs": True, "lacks": []}
    assert "RIV-900" in found["articles"]["code-282"]
    assert found["unwatched"] == []
    lines = done(city, "models", "coverage").splitlines()
    assert "城关区" in lines[0]
    assert "●" in next(line for line in lines if line.startswith("RIV-900"))
    waiting = next(line for line in lines if line.startswith("RIV-001"))
    assert "○" in waiting
    assert "waiting for data: " in waiting
    totals = next(line for line in lines if line.startswith("watching"))
    assert totals.split()[1] == str(next(d["models"] for d in found["districts"] if d["id"] == "540102"))


def test_coverage_is_read_by_article_and_as_a_sheet(city: Path) -> None:
    lines = done(city, "models", "coverage", "--article").splitlines()
    assert "RIV-900" in next(line for line in lines if line.startswith("code-282 "))
    assert "articles in use" in lines[-1]
    rows = list(csv.DictReader(done(city, "models", "coverage", "--format", "csv").splitlines()))
    mine = [r for r in rows if r["model"] == "RIV-900"]
    assert [(r["article"], r["district_title"], r["runs"]) for r in mine] == [
        ("river-24", "城关区", "yes"),
        ("code-282", "城关区", "yes"),
    ]
