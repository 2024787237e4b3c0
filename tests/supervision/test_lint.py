"""What can be read but should not run: each remark is shown by one small change to a sound model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from geo_monitor.domain.layer import Layer
from geo_monitor.errors import Flaw
from geo_monitor.law.register import read_register
from geo_monitor.supervision.lint import lint
from geo_monitor.supervision.load import load_model
from geo_monitor.wiring import shipped_layers

BASE = Path(__file__).parents[1] / "data" / "models" / "base.yaml"
LAYERS: dict[str, Layer] = {part.name: part for layer in shipped_layers() for part in layer.family()}
NEAREST = "  - nearest: {of: rivers, at_most: bank}\n"
THRESHOLD = "{count: reports, distinct: reporter, window: window}"


def remarks(tmp_path: Path, *changes: tuple[str, str], today: date | None = None) -> list[Flaw]:
    text = BASE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return lint([load_model(path)], LAYERS, read_register(), today=today)


def test_the_sound_model_draws_no_remark(tmp_path: Path) -> None:
    assert remarks(tmp_path) == []


def after(line: str) -> tuple[str, str]:
    """One more condition after the first."""
    return NEAREST, f"{NEAREST}  - {line}\n"


@pytest.mark.parametrize(
    ("reason", "field", "change"),
    [
        # words that do not exist
        ("unknown_layer", "where[0]", (NEAREST, "  - nearest: {of: rivrs, at_most: bank}\n")),
        ("unknown_layer", "group.by", ("  by: rivers", "  by: brooks")),
        ("unknown_field", "where[0]", (NEAREST, "  - nearest: {of: rivers, at_most: bank, where: {colour: [red]}}\n")),
        ("unknown_word", "where[0]", (NEAREST, "  - nearest: {of: rivers, at_most: bank, where: {bank: [upper]}}\n")),
        ("unknown_category", "watch.category", ("[dumping]", "[dumpling]")),
        ("unknown_source", "watch.source", ("[hotline, patrol]", "[hotline, satellite]")),
        (
            "unknown_evidence",
            "group.any[0]",
            (THRESHOLD, "{count: reports, window: window, having: {evidence: [rumour]}}"),
        ),
        ("unknown_agency", "lead.agencies", ("agencies: [water]", "agencies: [waters]")),
        ("watches_everything", "watch", ("{category: [dumping], source: [hotline, patrol]}", "{source: [hotline]}")),
        # numbers
        ("distance_without_unit", "where[0]", ("value: 50 m", "value: 50")),
        ("distance_without_unit", "where[0]", ("value: 50 m", "value: 50 d")),
        ("time_without_unit", "group.any[0]", ("value: 30 d", "value: 30")),
        ("not_a_count", "group.any[0]", ("value: 2,", "value: 2 m,")),
        ("number_without_basis", "numbers.bank", ("{value: 50 m, basis: proposal}", "{value: 50 m}")),
        ("number_without_basis", "group.any[0].window", (THRESHOLD, "{count: reports, window: 30 d}")),
        ("unknown_provision", "numbers.bank", ("50 m, basis: proposal", "50 m, basis: water-9999")),
        ("unused_number", "numbers.spare", ("numbers:\n", "numbers:\n  spare: {value: 1, basis: proposal}\n")),
        # what can never hold
        ("never", "where[1]", after("without: {within_distance: {of: rivers, at_most: bank}}")),
        (
            "never",
            "where[1]",
            after("within: schools") if "polygon" not in LAYERS["schools"].geometry else after("within: outfalls"),
        ),
        ("never", "where[1]", after("hours: [11:00-11:00]")),
        ("never", "where[2]", after("hours: [11:00-13:00]\n  - hours: [14:00-15:00]")),
        ("never", "where[2]", after("season: {from: 03-01, to: 04-30}\n  - season: {from: 06-01, to: 07-31}")),
        (
            "never",
            "where[2]",
            after("season: {from: 03-01, to: 04-30}\n  - without: {season: {from: 02-01, to: 05-31}}"),
        ),
        ("never", "where[2]", after("value: {field: v, one_of: [a]}\n  - value: {field: v, one_of: [b]}")),
        ("never", "where[2]", after("value: {field: v, at_least: reports}\n  - value: {field: v, less_than: reports}")),
        ("never", "group.any[0]", ("value: 2,", "value: 0,")),
        ("never", "group.any[0]", ("value: 2,", "value: 1.5,")),
        ("never", "group.any[0]", ("value: 30 d", "value: 0 d")),
        ("never", "numbers.bank", ("value: 50 m", "value: 0 m")),
        ("no_window", "group.any[0]", (THRESHOLD, "{count: reports, distinct: reporter}")),
        # groups
        ("not_reachable", "group.by", ("  by: rivers", "  by: schools")),
        ("about_something_else", "lead.about", ("about: rivers", "about: schools")),
        # law
        ("unknown_provision", "lead.legal_basis", ("[river-24]", "[river-24, river-2400]")),
        ("repealed", "lead.legal_basis", ("[river-24]", "[river-24, old-wppcl-37]")),
        ("not_applicable", "lead.legal_basis", ("[river-24]", "[river-24, yangtze-28]")),
        ("not_verified", "lead.legal_basis", ("[river-24]", "[xz-river-trio]")),
        ("no_law_that_day", "lead.legal_basis", ("[river-24]", "[code-275]")),
        ("no_law_that_day", "lead.legal_basis", ("[river-24]", "[relic-28]")),
        (
            "unknown_provision",
            "lead.criminal_screen",
            ("agencies: [water]", "agencies: [water]\n  criminal_screen: [crim-0]"),
        ),
    ],
)
def test_a_small_slip_draws_one_remark_at_its_place(
    reason: str, field: str, change: tuple[str, str], tmp_path: Path
) -> None:
    found = remarks(tmp_path, change)
    assert (reason, field) in {(f.reason, f.field) for f in found}, [str(f) for f in found]
    assert all(f.file.endswith("model.yaml") and f.row for f in found)


@pytest.mark.parametrize("kind", ["hit", "miss", "edge"])
def test_each_kind_of_case_is_needed(kind: str) -> None:
    model = load_model(BASE)
    poorer = replace(model, cases=tuple(c for c in model.cases if c.kind != kind))
    assert [(f.reason, f.value) for f in lint([poorer], LAYERS, read_register())] == [("too_few_cases", kind)]


def test_a_predecessor_covers_the_days_before_the_code(tmp_path: Path) -> None:
    assert remarks(tmp_path, ("[river-24]", "[code-282]")) == []


def test_an_unverified_provision_may_stand_beside_a_verified_one(tmp_path: Path) -> None:
    assert remarks(tmp_path, ("[river-24]", "[river-24, xz-river-trio]")) == []


def test_the_first_day_without_law_is_named(tmp_path: Path) -> None:
    [flaw] = remarks(tmp_path, ("[river-24]", "[relic-28]"))
    assert "law on 2024-11-01" in flaw.expected
    assert flaw.row == 22


def test_a_wider_without_forbids_what_a_narrower_with_asks_and_not_the_other_way_round(tmp_path: Path) -> None:
    ring = ("numbers:\n", "numbers:\n  ring: {value: 20 m, basis: proposal}\n")
    assert remarks(tmp_path, ring, after("without: {within_distance: {of: rivers, at_most: ring}}")) == []
    wider = ("numbers:\n", "numbers:\n  ring: {value: 80 m, basis: proposal}\n")
    ringed = after("without: {within_distance: {of: rivers, at_most: ring}}")
    assert [f.reason for f in remarks(tmp_path, wider, ringed)] == ["never"]


def test_a_without_about_other_features_forbids_nothing(tmp_path: Path) -> None:
    line = "without: {within_distance: {of: rivers, at_most: bank, where: {bank: [left]}}}"
    assert remarks(tmp_path, after(line)) == []


def test_a_reach_makes_any_layer_countable(tmp_path: Path) -> None:
    reach = ("numbers:\n", "numbers:\n  near: {value: 90 m, basis: proposal}\n")
    by = ("  by: rivers\n", "  by: schools\n  reach: near\n")
    assert remarks(tmp_path, reach, by, ("about: rivers", "about: schools")) == []


def test_a_zone_makes_its_parent_countable(tmp_path: Path) -> None:
    assert {f.reason for f in remarks(tmp_path, (NEAREST, "  - within: river_management_zones\n"))} == {"unused_number"}


def test_only_layers_of_points_can_be_watched(tmp_path: Path) -> None:
    by_record = (
        ("  by: rivers", "  by: record"),
        (THRESHOLD, "{count: one}"),
        ("value: 2,", "value: 1,"),
        ("reports:", "one:"),
    )
    watch = "watch: {category: [dumping], source: [hotline, patrol]}"
    rivers = remarks(tmp_path, (watch, "watch: {layer: rivers}"), *by_record, ("window: {", "unused: {"))
    assert "not_points" in {f.reason for f in rivers}
    shops = remarks(
        tmp_path,
        (watch, "watch: {layer: food_businesses, where: {status: [gone]}}"),
        *by_record,
        ("about: rivers", "about: food_businesses"),
        ("  window: {value: 30 d, basis: proposal}\n", ""),
    )
    assert [(f.reason, f.value) for f in shops] == [("unknown_word", "gone")]


def test_hours_of_a_watched_layer_say_nothing(tmp_path: Path) -> None:
    watch = ("watch: {category: [dumping], source: [hotline, patrol]}", "watch: {layer: food_businesses}")
    found = remarks(tmp_path, watch, after("hours: [11:00-13:00]"))
    assert ("not_for_a_layer", "where[1]") in {(f.reason, f.field) for f in found}


def test_two_models_that_differ_only_in_a_number_are_one_too_many() -> None:
    model = load_model(BASE)
    number = replace(model.numbers["bank"], value=80.0)
    twin = replace(model, id="TST-002", numbers=dict(model.numbers) | {"bank": number})
    other = replace(model, id="TST-003", watch=replace(model.watch, category=("litter",)))
    assert [(f.reason, f.value) for f in lint([twin, other, model], LAYERS, read_register())] == [("twin", "TST-002")]
