"""What can be read but should not run: each remark is shown by one small change to a sound model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from geo_monitor.domain.layer import Layer
from geo_monitor.errors import Flaw
from geo_monitor.law.register import read_register
from geo_monitor.supervision.lint import counts, lint
from geo_monitor.supervision.load import load_model
from geo_monitor.supervision.model import SupervisionModel
from geo_monitor.wiring import shipped_layers

BASE = Path(__file__).parents[1] / "data" / "models" / "base.yaml"
LAYERS: dict[str, Layer] = {part.name: part for layer in shipped_layers() for part in layer.family()}
NEAREST = "  - nearest: {of: rivers, at_most: bank}\n"
WATCH = "watch: {category: [dumping], source: [hotline, patrol]}"
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


def needs(layers: str) -> tuple[str, str]:
    return "needs: {layers: [rivers]}", f"needs: {{layers: [{layers}]}}"


def after(*lines: str) -> tuple[str, str]:
    """More conditions after the first."""
    return NEAREST, NEAREST + "".join(f"  - {line}\n" for line in lines)


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
        ("never", "where[2]", after("hours: [11:00-13:00]", "hours: [14:00-15:00]")),
        ("never", "where[2]", after("season: {from: 03-01, to: 04-30}", "season: {from: 06-01, to: 07-31}")),
        (
            "never",
            "where[2]",
            after("season: {from: 03-01, to: 04-30}", "without: {season: {from: 02-01, to: 05-31}}"),
        ),
        ("never", "where[2]", after("value: {field: topic, one_of: [a]}", "value: {field: topic, one_of: [b]}")),
        (
            "never",
            "where[2]",
            after("value: {field: topic, at_least: reports}", "value: {field: topic, less_than: reports}"),
        ),
        ("never", "group.any[0]", ("value: 2,", "value: 0,")),
        ("never", "group.any[0]", ("value: 2,", "value: 1.5,")),
        ("never", "group.any[0]", ("value: 30 d", "value: 0 d")),
        ("never", "numbers.bank", ("value: 50 m", "value: 0 m")),
        ("no_window", "group.any[0]", (THRESHOLD, "{count: reports, distinct: reporter}")),
        # groups
        ("not_reachable", "group.by", ("  by: rivers", "  by: outfalls")),
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
    assert remarks(tmp_path, reach, by, ("about: rivers", "about: schools"), needs("rivers, schools")) == []


def test_a_zone_makes_its_parent_countable(tmp_path: Path) -> None:
    zones = (NEAREST, "  - within: river_management_zones\n")
    found = remarks(tmp_path, zones, needs("rivers, river_management_zones"))
    assert [(f.reason, f.value) for f in found] == [("unused_number", "bank")]


def test_a_watched_layer_may_have_any_shape_but_needs_a_place(tmp_path: Path) -> None:
    changes = (
        ("  by: rivers", "  by: record"),
        (THRESHOLD, "{count: one}"),
        (
            "  reports: {value: 2, basis: proposal}\n  window: {value: 30 d, basis: proposal}",
            "  one: {value: 1, basis: proposal}",
        ),
        (WATCH, "watch: {layer: sand_permits}"),
        ("about: rivers", "about: sand_permits"),
        needs("sand_permits, rivers"),
    )
    assert remarks(tmp_path, *changes) == []
    gone = remarks(tmp_path, *changes, ("layer: sand_permits", "layer: sand_permits, where: {permit_id: []}"))
    assert [(f.reason, f.field) for f in gone] == [("never", "watch.where")]
    nowhere = dict(LAYERS) | {"sand_permits": replace(LAYERS["sand_permits"], geometry=())}
    found = lint([load_model(tmp_path / "model.yaml")], nowhere, read_register())
    assert ("no_place", "watch.layer") in {(f.reason, f.field) for f in found}


def test_hours_of_a_watched_layer_say_nothing(tmp_path: Path) -> None:
    watch = (WATCH, "watch: {layer: food_businesses}")
    found = remarks(tmp_path, watch, after("hours: [11:00-13:00]"))
    assert ("not_for_a_layer", "where[1]") in {(f.reason, f.field) for f in found}


def test_two_models_that_differ_only_in_a_number_are_one_too_many() -> None:
    model = load_model(BASE)
    number = replace(model.numbers["bank"], value=80.0)
    twin = replace(model, id="TST-002", numbers=dict(model.numbers) | {"bank": number})
    other = replace(model, id="TST-003", watch=replace(model.watch, category=("litter",)))
    assert [(f.reason, f.value) for f in lint([twin, other, model], LAYERS, read_register())] == [("twin", "TST-002")]


# ---- the rest of the grammar ---------------------------------------------------------------------------------


def extra(**numbers: str) -> tuple[str, str]:
    """More numbers, each said by the way."""
    return "numbers:\n", "numbers:\n" + "".join(f"  {k}: {{value: {v}, basis: proposal}}\n" for k, v in numbers.items())


def threshold(line: str) -> tuple[str, str]:
    return THRESHOLD, line


NEW = extra(
    day="1 d",
    year="365 d",
    month="1 mo",
    working="1.5 wd",
    half="50 %",
    double="200 %",
    fast="80 km/h",
    patch="50 m2",
    score="0.8",
    two="2",
    ten="10",
    none="0 d",
)


@pytest.mark.parametrize(
    ("reason", "value", "change"),
    [
        # fields and words that do not exist, on either side
        ("unknown_field", "amount_m3", after("value: {field: amount_m3, at_least: two}")),
        ("unknown_field", "licence_no", after("{matching: food_businesses, same: {licence_no: licence}}")),
        ("unknown_field", "licence_no", after("{matching: food_businesses, same: {licence: licence_no}}")),
        (
            "unknown_field",
            "nom",
            after("{within_distance: food_businesses, at_most: bank, alike: {fields: {name: nom}, at_least: score}}"),
        ),
        (
            "unknown_field",
            "flow",
            after("{within_distance: sand_permits, at_most: bank, compare: {volume_m3: {more_than: flow}}}"),
        ),
        (
            "not_a_figure",
            "status",
            after("{within_distance: food_businesses, at_most: bank, compare: {count: {more_than: status}}}"),
        ),
        (
            "unknown_field",
            "visited",
            after("without: {within_distance: inspections, at_most: bank, dated: {field: visited, before: day}}"),
        ),
        (
            "not_a_day",
            "result",
            after("without: {within_distance: inspections, at_most: bank, dated: {field: result, before: day}}"),
        ),
        ("unknown_category", "spil", after("another: {category: [spil], before: day}")),
        ("unknown_source", "drone", after("another: {category: [spill], source: [drone], before: day}")),
        ("unknown_field", "truck", after("another: {category: [spill], before: day, same: [truck]}")),
        (
            "unknown_layer",
            "kiosks",
            after("another: {category: [spill], before: day, where: [{within_distance: kiosks, at_most: bank}]}"),
        ),
        (
            "unknown_category",
            "rinse",
            after("another: {category: [spill], before: day, without_between: {category: [rinse]}}"),
        ),
        ("unknown_field", "colour", after("unusual: {field: colour, above: two, of: peers}")),
        ("unknown_field", "shop", after("unusual: {field: amount_yuan, above: two, of: peers, per: shop}")),
        ("unknown_field", "valid_to", after("clock: {since: valid_to, passed: day}")),
        ("unknown_field", "received", after("clock: {since: received, passed: day}")),
        ("unknown_layer", "kiosks", threshold("{count: reports, window: window, distinct: layer:kiosks}")),
        ("never", "rivers", threshold("{count: reports, window: window, distinct: layer:rivers}")),
        ("unknown_field", "shop", threshold("{count: reports, window: window, distinct: field:shop}")),
        ("unknown_field", "load", threshold("{count: reports, window: window, sum: {field: load, at_least: two}}")),
        (
            "unknown_field",
            "fish",
            threshold("{count: reports, window: window, having: {field: fish, at_least: two}}"),
        ),
        (
            "unknown_source",
            "drone",
            threshold("{count: reports, window: window, share: {at_least: half, having: {source: [drone]}}}"),
        ),
        ("unknown_category", "spil", ("[rivers]}", "[rivers], records: [spil]}")),
        ("needs", "schools", needs("rivers, schools")),
        ("needs", "rivers", needs("")),
        ("needs", "outfalls", after("{same_reach: outfalls, bank: bank}")),
        # kinds of numbers
        (
            "time_without_unit",
            "50 %",
            after("{on_bank: rivers, side: left, at_most: bank}", "clock: {since: occurred, passed: half}"),
        ),
        ("time_without_unit", "2", after("clock: {since: occurred, passed: two}")),
        ("time_without_unit", "1 mo", after("another: {category: [spill], before: month}")),
        ("wrong_unit", "2", after("another: {category: [spill], before: day, faster_than: two}")),
        ("not_a_count", "1 d", after("another: {category: [spill], before: day, count: day}")),
        ("not_a_count", "80 km/h", after("value: {field: count, at_least: fast}")),
        ("wrong_unit", "2", after("unusual: {field: count, above: two, of: same_month}")),
        ("not_a_count", "50 %", after("unusual: {field: count, above: half, of: peers}")),
        ("distance_without_unit", "1 d", after("{outside: schools, at_least: day}")),
        ("distance_without_unit", "50 m2", after("{downstream_of: outfalls, at_most: patch, bank: bank}")),
        ("distance_without_unit", "2", after("{same_reach: outfalls, bank: two}")),
        ("time_without_unit", "1 mo", threshold("{count: reports, window: window, times: two, baseline: month}")),
        (
            "wrong_unit",
            "2",
            threshold("{count: reports, window: window, share: {at_least: two, having: {source: [patrol]}}}"),
        ),
        ("not_whole", "1.5 wd", after("clock: {since: occurred, passed: working}")),
        # what can never hold
        ("never", "crosses", after("crosses: rivers")),
        ("never", "overlap", after("{overlap: lakes_wetlands, at_least: patch}")),
        ("never", "rivers", after("{overlap: rivers, at_least: patch}")),
        ("never", "schools", after("{on_bank: schools, side: left, at_most: bank}")),
        ("never", "rivers", after("{outside: rivers, at_least: bank}")),
        (
            "never",
            "rivers",
            after(
                "without: {on_bank: rivers, side: left, at_most: bank}", "{on_bank: rivers, side: left, at_most: bank}"
            ),
        ),
        (
            "never",
            "outfalls",
            after(
                "{upstream_of: outfalls, at_most: bank, bank: bank}",
                "without: {upstream_of: outfalls, at_most: bank, bank: bank}",
            ),
        ),
        (
            "never",
            "another",
            after(
                "another: {category: [spill], before: day}",
                "without: {another: {category: [spill, litter], before: any}}",
            ),
        ),
        ("never", "0.5", after("another: {category: [spill], before: day, count: part}")),
        (
            "never",
            "topic",
            after("value: {field: topic, present: yes}", "without: {value: {field: topic, present: yes}}"),
        ),
        (
            "never",
            "topic",
            after("value: {field: topic, one_of: [a]}", "without: {value: {field: topic, one_of: [a, b]}}"),
        ),
        (
            "never",
            "count",
            after("value: {field: count, at_least: ten}", "without: {value: {field: count, at_least: two}}"),
        ),
        ("never", "", after("dates: [2026-02-24/2026-02-20]")),
        ("never", "", after("dates: [2026-02-20/2026-02-24]", "season: {from: 03-01, to: 06-30}")),
        ("never", "", after("dates: [2026-02-20/2026-02-24]", "without: {dates: [2026-02-01/2026-02-28]}")),
        (
            "never",
            "200 %",
            threshold("{count: reports, window: window, share: {at_least: double, having: {source: [patrol]}}}"),
        ),
        (
            "never",
            "2",
            after("{within_distance: food_businesses, at_most: bank, alike: {fields: {name: name}, at_least: two}}"),
        ),
        ("never", "10", threshold("{count: ten, distinct: day, window: day}")),
        (
            "never",
            "licence",
            threshold("{count: ten, window: window, distinct: field:licence, few: {field: licence, at_most: two}}"),
        ),
        ("never", "0.5", threshold("{count: ten, window: window, few: {field: licence, at_most: part}}")),
        ("never", "1 d", threshold("{count: ten, window: window, times: two, baseline: day}")),
        ("never", "spill", threshold("{count: ten, window: window, having: {category: [spill]}}")),
        (
            "never",
            "sensor",
            threshold("{count: ten, window: window, share: {at_least: half, having: {source: [sensor]}}}"),
        ),
        ("never", "0 d", threshold("{count: ten, window: none}")),
        # what always holds, or says nothing
        ("always", "10", threshold("{count: reports, window: window, few: {field: licence, at_most: ten}}")),
        ("always", "0 d", threshold("{count: reports, window: window, sum: {field: volume_m3, at_least: none}}")),
        ("no_window", "", threshold("{count: one, sum: {field: volume_m3, at_least: ten}}")),
        ("no_window", "two", threshold("{count: one, times: two, baseline: year}")),
        # titles
        ("condemns", "违法分子", ("试验模型", "疑似违法分子聚集")),
        ("not_only_suspected", "非法", ("试验模型", "非法采砂")),
        ("not_only_suspected", "illegal", ("A model for tests", "Illegal extraction of sand")),
    ],
)
def test_a_slip_in_the_rest_of_the_grammar_draws_its_remark(
    reason: str, value: str, change: tuple[str, str], tmp_path: Path
) -> None:
    found = remarks(tmp_path, NEW, extra(part="0.5", one="1"), change)
    assert (reason, value) in {(f.reason, f.value) for f in found}, [str(f) for f in found]
    assert all(f.file.endswith("model.yaml") and f.row for f in found)


@pytest.mark.parametrize(
    ("layers", "change"),
    [
        (
            "rivers, sand_permits",
            after("without: {matching: sand_permits, same: {operator: holder}, valid: on_occurrence}"),
        ),
        (
            "rivers, inspections",
            after(
                "without: {within_distance: inspections, at_most: bank, "
                "dated: {field: inspected, before: any, after: month}}"
            ),
        ),
        (
            "rivers, outfalls",
            after("{same_reach: outfalls, bank: bank}", "{upstream_of: outfalls, at_most: bank, bank: bank}"),
        ),
        (
            "rivers, outfalls",
            after(
                "{upstream_of: outfalls, at_most: bank, bank: bank}",
                "{downstream_of: outfalls, at_most: bank, bank: bank}",
            ),
        ),
        (
            "rivers",
            after("{on_bank: rivers, side: left, at_most: bank}", "{on_bank: rivers, side: right, at_most: bank}"),
        ),
        (
            "rivers",
            after("another: {category: [spill], before: day}", "without: {another: {category: [spill], after: day}}"),
        ),
        (
            "rivers",
            after(
                "another: {category: [spill], before: day, same: [category, vehicle], "
                "independent: yes, faster_than: fast}"
            ),
        ),
        ("rivers", after("unusual: {field: water_area_m2, above: double, of: same_month, per: station}")),
        (
            "rivers",
            after(
                "dates: [2026-02-20/2026-02-24]", "without: {dates: [2026-02-21]}", "season: {from: 11-01, to: 02-28}"
            ),
        ),
        ("rivers", after("value: {field: count, at_least: two}", "value: {field: count, less_than: ten}")),
        ("rivers", after("value: {field: area_m2, at_least: patch}")),
        ("rivers, districts", threshold("{count: reports, window: window, distinct: layer:districts}")),
        ("rivers", threshold("{count: two, distinct: day, window: day}")),
        ("rivers", threshold("{count: ten, window: window, distinct: reporter, few: {field: licence, at_most: ten}}")),
        (
            "rivers",
            threshold(
                "{count: two, window: window, times: two, baseline: year, sum: {field: volume_m3, at_least: ten}, "
                "share: {at_least: half, having: {source: [patrol], evidence: [photo]}}}"
            ),
        ),
        ("rivers", ("试验模型", "疑似非法采砂")),
        ("rivers", ("A model for tests", "Suspected illegal extraction")),
    ],
)
def test_what_can_happen_draws_no_remark(layers: str, change: tuple[str, str], tmp_path: Path) -> None:
    found = remarks(tmp_path, NEW, change, needs(layers))
    unused = {"unused_number", "not_whole"}
    assert [str(f) for f in found if f.reason not in unused and f.field != "numbers.double"] == []


WATCHED = (
    ("  by: rivers", "  by: record"),
    (THRESHOLD, "{count: one}"),
    ("about: rivers", "about: land_changes"),
    needs("land_changes, rivers"),
)


def of_a_layer(tmp_path: Path, watch: str, *changes: tuple[str, str]) -> set[tuple[str, str]]:
    found = remarks(tmp_path, (WATCH, f"watch: {watch}"), *WATCHED, NEW, extra(one="1"), *changes)
    return {(f.reason, f.value) for f in found if f.reason not in ("unused_number", "not_whole", "needs")}


def test_a_watched_layer_of_areas_may_overlap_and_cross(tmp_path: Path) -> None:
    line = "{overlap: lakes_wetlands, at_least: half}\n  - crosses: roads\n  - {outside: roads, at_least: bank}"
    assert of_a_layer(tmp_path, "{layer: land_changes}", after(line)) == {("never", "200 %")}
    line = "{outside: rivers, at_least: bank}"
    assert of_a_layer(tmp_path, "{layer: land_changes}", after(line)) == {("never", "200 %")}  # some part lies farther


def test_the_season_of_a_watched_layer_needs_the_day_of_its_act(tmp_path: Path) -> None:
    season = after("season: {from: 03-01, to: 06-30}")
    assert ("not_for_a_layer", "") in of_a_layer(tmp_path, "{layer: land_changes}", season)
    assert of_a_layer(tmp_path, "{layer: land_changes, dated: detected}", season) == {("never", "200 %")}
    assert ("not_a_day", "area_m2") in of_a_layer(tmp_path, "{layer: land_changes, dated: area_m2}", season)


def test_clocks_of_a_watched_layer(tmp_path: Path) -> None:
    def clock(since: str, watch: str = "{layer: land_changes}") -> set[tuple[str, str]]:
        return of_a_layer(tmp_path, watch, after(f"clock: {{since: {since}, passed: month}}")) - {("never", "200 %")}

    assert clock("occurred") == {("not_for_a_layer", "occurred")}
    assert clock("occurred", "{layer: land_changes, dated: detected}") == set()
    assert clock("valid_to") == clock("detected") == set()
    assert clock("area_m2") == {("not_a_day", "area_m2")}
    assert clock("seen") == {("unknown_field", "seen")}


def test_features_have_neither_reporters_nor_categories(tmp_path: Path) -> None:
    another = "another: {category: [spill], before: day, same: [category], independent: yes}"
    found = of_a_layer(tmp_path, "{layer: land_changes}", after(another))
    assert {("never", "category"), ("never", "independent")} <= found
    having = (THRESHOLD.replace(THRESHOLD, "{count: one}"), "{count: one, having: {evidence: [photo]}}")
    assert ("never", "having") in of_a_layer(tmp_path, "{layer: land_changes}", having)


def test_a_group_says_what_it_is_and_over_what(tmp_path: Path) -> None:
    def group(by: str, about: str = "about: rivers") -> set[tuple[str, str]]:
        found = remarks(tmp_path, NEW, ("  by: rivers", f"  {by}"), ("about: rivers", about))
        return {(f.reason, f.value) for f in found if f.reason not in ("unused_number", "not_whole", "needs")}

    share = ("never", "200 %")
    assert group("by: field\n  field: vehicle", "about: field") == {share}
    assert group("by: field\n  field: truck", "about: field") == {share, ("unknown_field", "truck")}
    assert group("by: segment\n  of: rivers\n  size: bank\n  reach: bank", "about: segment") == {share}
    assert ("never", "schools") in group("by: segment\n  of: schools\n  size: bank\n  reach: bank", "about: segment")
    assert group("by: cluster\n  size: bank\n  apart: day", "about: cluster") == {share}
    assert ("time_without_unit", "50 m") in group("by: cluster\n  size: bank\n  apart: bank", "about: cluster")
    assert group("by: districts", "about: districts") == {share}
    assert group("by: outfalls\n  same: {station: holder}", "about: outfalls") == {share}
    assert ("unknown_field", "no") in group("by: outfalls\n  same: {station: no}", "about: outfalls")
    assert ("about_something_else", "rivers") in group("by: districts")


def test_models_that_differ_in_what_they_ask_are_no_twins(tmp_path: Path) -> None:
    def read(name: str, condition: str, basis: str = "river-24") -> SupervisionModel:
        text = BASE.read_text(encoding="utf-8").replace("TST-001", name).replace("[river-24]", f"[{basis}]")
        for old, new in (NEW, extra(half_mu="0.5 mu", wide="90 m", other="30 %"), after(condition)):
            text = text.replace(old, new, 1)
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return load_model(path)

    def twins(one: str, two: str) -> list[str]:
        found = lint([read("TST-001", one), read("TST-002", two, "river-25")], LAYERS, read_register())
        return [f.value for f in found if f.reason == "twin"]

    near = "{within_distance: schools, at_most: bank}"
    assert twins(near, near.replace("bank", "wide")) == ["TST-002"]
    assert twins(near, "{outside: schools, at_least: bank}") == []
    assert twins(near, f"without: {near}") == []
    assert twins("{overlap: schools, at_least: patch}", "{overlap: schools, at_least: half_mu}") == ["TST-002"]
    assert twins("{overlap: schools, at_least: half}", "{overlap: schools, at_least: patch}") == []
    other = "another: {category: [spill], before: day}"
    assert twins(other, other.replace("day", "year")) == ["TST-002"]
    assert twins(other, other.replace("day", "any")) == []
    assert twins(other, other.replace("before", "after")) == []
    assert twins("season: {from: 03-01, to: 04-01}", "season: {from: 04-01, to: 03-01}") == []


def test_counts_tell_how_many_there_are_of_each_kind() -> None:
    model = load_model(BASE)
    found = counts([model, replace(model, id="TST-002", status="draft", domain="food")])
    assert found["models"] == 2
    assert found["cases"] == {"hit": 2, "miss": 2, "edge": 2}
    assert found["by_status"] == {"draft": 1, "trial": 0, "active": 1, "retired": 0}
    assert found["by_domain"]["river"] == found["by_domain"]["food"] == 1
    assert sum(found["by_domain"].values()) == 2
