"""The mutants themselves: every part of a model is changed, nothing impossible is counted, and a missing case shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from geo_monitor.supervision.load import load_model
from geo_monitor.supervision.model import SupervisionModel
from tests.supervision import mutants
from tests.supervision.mutants import mutants_of, put_to_the_test

DATA = Path(__file__).parents[1] / "data" / "models"


def changes(model: SupervisionModel, part: str) -> set[str]:
    return {change for where, change, changed in mutants._all(model) if where == part and changed != model}


def test_every_part_of_the_whole_grammar_has_mutants() -> None:
    whole = load_model(DATA / "whole_grammar.yaml")
    touched = {part for part, _, changed in mutants._all(whole) if changed != whole}
    parts = {c.path for c in whole.conditions()} | {t.path for t in whole.group.any} | {"watch"}
    used = {use.name for use in mutants.figures.uses(whole)} & set(whole.numbers)
    assert touched >= parts | {f"numbers.{name}" for name in used}


def test_each_restriction_of_a_place_can_be_left_out() -> None:
    whole = load_model(DATA / "whole_grammar.yaml")
    assert changes(whole, "where[9]") == {
        *("left out", "`without` dropped", "without `where: result`", "without `valid`"),
        *("without `dated`", "dated without `before`", "dated without `after`", "dated: before ↔ after"),
        *("without `same: licence`", "without `same: name`", "without `alike`"),
        *("without `compare: flow_m3s`", "compare flow_m3s < → <=", "compare flow_m3s < → >"),
        *("without `compare: volume_m3`", "compare volume_m3 >= → >", "compare volume_m3 >= → <="),
        *("compare volume_m3 <= → <", "compare volume_m3 <= → >="),
    }
    assert changes(whole, "where[8]") == {"left out", "`without` added", "without `valid`"}  # `same` is what matches
    assert "upstream_of → downstream_of" in changes(whole, "where[5]")
    assert "left → right" in changes(whole, "where[7]")


def test_each_restriction_of_another_report_can_be_left_out() -> None:
    whole = load_model(DATA / "whole_grammar.yaml")
    assert changes(whole, "where[15]") == {
        *("left out", "`without` added", "without `source`", "without `evidence`", "without `at_most`"),
        *("without `faster_than`", "without `count`", "without `before`", "without `after`", "before ↔ after"),
        *("after: any", "without `same: vehicle`", "without `same: category`", "without `independent`"),
        "without `without_between`",
    }
    assert changes(whole, "where[15].another.where[1]") >= {"`without` dropped", "start 10:59", "end 13:01"}
    assert "> → >=" in changes(whole, "where[15].another.without_between.where[0]")


def test_each_part_of_a_threshold_can_be_left_out() -> None:
    whole = load_model(DATA / "whole_grammar.yaml")
    assert changes(whole, "group.any[0]") >= {"branch left out", "without `window`", "distinct: day → week"}
    assert changes(whole, "group.any[2]") >= {"without `having`", "having without `source`", "having >= → >"}
    assert {"without `sum`", "without `window`"} <= changes(whole, "group.any[3]")
    assert "without `share`" in changes(whole, "group.any[4]")
    assert "without `few`" in changes(whole, "group.any[5]")
    assert "without `times`" in changes(whole, "group.any[6]")


def test_numbers_move_as_far_as_a_case_can_tell() -> None:
    model = load_model(DATA / "base.yaml")
    assert changes(model, "numbers.bank") == {f"50 m → {v} m" for v in ("25", "49.5", "50.5", "100")}
    assert changes(model, "numbers.reports") == {"2 → 1", "2 → 3"}
    assert changes(model, "numbers.window") == {f"30 d → {v} d" for v in ("15", "29.7", "30.3", "60")}
    whole = load_model(DATA / "whole_grammar.yaml")
    assert changes(whole, "numbers.half") == {"50 % → 100 %", "50 % → 25 %", "50 % → 49.5 %", "50 % → 50.5 %"}
    assert changes(whole, "numbers.months") == {"3 mo → 2 mo", "3 mo → 4 mo", "3 mo → 6 mo", "3 mo → 1 mo"}
    assert changes(whole, "numbers.year") == {"365 d → 730 d", "365 d → 182.5 d"}  # only a baseline


def test_what_lint_calls_impossible_is_no_mutant() -> None:
    model = load_model(DATA / "base.yaml")
    told = {(m.part, m.change) for m in mutants_of(model)}
    assert ("where[0]", "left out") in {(p, c) for p, c, _ in mutants._all(model)}
    assert ("where[0]", "left out") not in told  # nothing would say then which river is meant
    single = replace(model, numbers=dict(model.numbers) | {"reports": model.numbers["reports"].at(1.0)})
    assert {m.change for m in mutants_of(single) if m.part == "numbers.reports"} == {"1 → 2"}


def test_a_missing_case_shows_as_a_survivor() -> None:
    model = load_model(DATA / "base.yaml")
    outcome = put_to_the_test(model)
    survivors = {(m.part, m.change) for m in outcome.survivors}
    assert ("numbers.window", "30 d → 30.3 d") in survivors  # no case has a second report on the 31st day
    assert ("numbers.bank", "50 m → 50.5 m") not in survivors  # the edge at 50.1 m
    assert outcome.caught + len(outcome.survivors) == outcome.tried
    poorer = put_to_the_test(replace(model, cases=tuple(c for c in model.cases if c.kind != "edge")))
    assert ("numbers.bank", "50 m → 50.5 m") in {(m.part, m.change) for m in poorer.survivors}


def test_a_case_that_fails_already_proves_nothing() -> None:
    model = load_model(DATA / "base.yaml")
    wrong = replace(model.cases[0], leads=("R9",))
    with pytest.raises(AssertionError, match="two people"):
        put_to_the_test(replace(model, cases=(wrong, *model.cases[1:])))


def test_the_sample_is_the_same_every_time() -> None:
    model = load_model(DATA / "base.yaml")
    one, two = (mutants.sample([model], each=3)[0] for _ in range(2))
    assert one.tried == two.tried == 3
    assert one.survivors == two.survivors


def written(tmp_path: Path, *changes: tuple[str, str]) -> SupervisionModel:
    text = (DATA / "base.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return load_model(path)


def test_what_the_group_asks_anyway_is_no_mutant_when_left_out(tmp_path: Path) -> None:
    by_district = (("  by: rivers", "  by: districts"), ("about: rivers", "about: districts"))
    plain = ("nearest: {of: rivers, at_most: bank}", "within: districts")
    assert "left out" not in changes(written(tmp_path, plain, *by_district), "where[0]")
    certain = ("nearest: {of: rivers, at_most: bank}", "{within: districts, where: {name: [a]}}")
    assert "left out" in changes(written(tmp_path, certain, *by_district), "where[0]")


def test_the_day_of_an_act_is_only_left_out_where_something_looks_at_it(tmp_path: Path) -> None:
    watch = ("{category: [dumping], source: [hotline, patrol]}", "{layer: land_changes, dated: detected}")
    single = ("{count: reports, distinct: reporter, window: window}", "{count: reports}")
    once = ("value: 2,", "value: 1,")
    assert "without `dated`" not in changes(written(tmp_path, watch, single, once), "watch")
    season = ("  - nearest", "  - season: {from: 03-01, to: 04-30}\n  - nearest")
    assert "without `dated`" in changes(written(tmp_path, watch, single, once, season), "watch")


def test_windows_over_a_register_move_by_days(tmp_path: Path) -> None:
    watch = ("{category: [dumping], source: [hotline, patrol]}", "{layer: land_changes, dated: detected}")
    assert changes(written(tmp_path, watch), "numbers.window") == {f"30 d → {n} d" for n in (15, 29, 31, 60)}
