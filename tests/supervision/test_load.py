"""A model file that cannot be read says so line by line, in words for the person who wrote it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from geo_monitor.errors import ModelError
from geo_monitor.supervision.load import LIBRARY, line_of, load_model, load_models
from geo_monitor.supervision.model import (
    UNITS,
    Alike,
    AnotherCondition,
    ClockCondition,
    Dated,
    DatesCondition,
    Group,
    Having,
    HoursCondition,
    Needs,
    PlaceCondition,
    Records,
    SeasonCondition,
    Threshold,
    UnusualCondition,
    ValueCondition,
    Watch,
)
from geo_monitor.supervision.numbers import INLINE

DATA = Path(__file__).parents[1] / "data" / "models"
BASE = DATA / "base.yaml"


def written(tmp_path: Path, old: str = "", new: str = "", name: str = "model.yaml") -> Path:
    """The model of the tests with one change."""
    text = BASE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def flaws_of(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(path)
    return "\n".join(str(f) for f in caught.value.flaws).replace(str(path), path.name) + "\n"


@pytest.mark.parametrize("name", sorted(p.stem for p in (DATA / "unreadable").glob("*.yaml")))
def test_every_fault_of_a_file_is_told_with_its_line(name: str) -> None:
    expected = (DATA / "unreadable" / f"{name}.expected.txt").read_text(encoding="utf-8")
    assert flaws_of(DATA / "unreadable" / f"{name}.yaml") == expected


def test_there_is_a_golden_answer_for_each_unreadable_file() -> None:
    files = {p.name for p in (DATA / "unreadable").iterdir()}
    assert len(files) >= 8
    assert {n.replace(".expected.txt", ".yaml") for n in files if n.endswith(".txt")} == {
        n for n in files if n.endswith(".yaml")
    }


def test_a_file_that_is_not_yaml_names_the_line_where_reading_ended(tmp_path: Path) -> None:
    path = written(tmp_path, "watch: {category: [dumping]", "watch: {category: [dumping")
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert [(f.reason, f.file) for f in caught.value.flaws] == [("not_yaml", str(path))]
    assert caught.value.flaws[0].row in (9, 10)


def test_a_comma_that_cuts_a_text_in_two_is_told_as_what_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, "en: A model for tests", "en: Care homes, canteens and caterers")
    assert "row 4, title.canteens and caterers: found 'canteens and caterers': quotes around a text" in flaws_of(path)


def test_a_list_is_not_a_model(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- id: TST-001\n", encoding="utf-8")
    assert "a model is a mapping that begins with `id:` [not_a_model]" in flaws_of(path)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("title: {zh: 河道}".encode("gbk"))
    assert "a file in UTF-8" in flaws_of(path)


def test_the_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    written(tmp_path, "domain: river", "domain: rivers", "a.yaml")
    written(tmp_path, "urgency: medium", "urgency: soon", "b.yaml")
    with pytest.raises(ModelError) as caught:
        load_models([tmp_path])
    assert {(Path(f.file).name, f.field) for f in caught.value.flaws} == {("a.yaml", "domain"), ("b.yaml", "urgency")}


def test_two_files_cannot_be_the_same_model(tmp_path: Path) -> None:
    written(tmp_path, name="a.yaml")
    written(tmp_path, name="b.yaml")
    with pytest.raises(ModelError, match=r"b\.yaml, row 1, id: found 'TST-001': an id of its own; .*a\.yaml"):
        load_models([tmp_path])


def test_models_come_sorted_by_id_and_a_missing_folder_holds_none(tmp_path: Path) -> None:
    written(tmp_path, "id: TST-001", "id: TST-002", "a.yaml")
    (tmp_path / "deep").mkdir()
    written(tmp_path, name="deep/b.yaml")
    assert list(load_models([tmp_path / "nowhere", tmp_path])) == ["TST-001", "TST-002"]
    assert list(load_models([LIBRARY])) == sorted(load_models([LIBRARY]))


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    text = BASE.read_text(encoding="utf-8").replace(
        "  - nearest: {of: rivers, at_most: bank}\n",
        "  - nearest: {of: rivers, at_most: bank}\n"
        "  - without: {within: sand_permits, valid: on_occurrence, where: {status: running, kind: [a, b]}}\n"
        "  - season: {from: 11-01, to: 02-29}\n"
        "  - hours: [11:00-13:00, 22:00-05:30]\n"
        "  - value: {field: amount_m3, at_least: reports}\n"
        "  - without: {value: {field: kind, one_of: [yes, 11:00]}}\n",
    )
    path.write_text(text, encoding="utf-8")
    where = load_model(path).where
    assert where[0] == PlaceCondition("where[0]", "nearest", "rivers", at_most="bank")
    assert where[1] == PlaceCondition(
        "where[1]",
        "within",
        "sand_permits",
        valid="on_occurrence",
        without=True,
        where={"status": ("running",), "kind": ("a", "b")},
    )
    assert where[2] == SeasonCondition("where[2]", (11, 1), (2, 29))
    assert where[3] == HoursCondition("where[3]", ((660, 780), (1320, 330)))
    assert where[4] == ValueCondition("where[4]", "amount_m3", ">=", number="reports")
    assert where[5] == ValueCondition("where[5]", "kind", "one_of", words=("yes", "11:00"), without=True)


WHOLE = load_model(DATA / "whole_grammar.yaml")


def test_every_relation_is_read() -> None:
    left = {"operator": "holder"}
    assert [c for c in WHOLE.where if isinstance(c, PlaceCondition)] == [
        PlaceCondition("where[0]", "outside", "sand_permits", at_least="near"),
        PlaceCondition("where[1]", "overlap", "lakes_wetlands", at_least="patch"),
        PlaceCondition("where[2]", "overlap", "lakes_wetlands", at_least="half", without=True),
        PlaceCondition("where[3]", "crosses", "rivers"),
        PlaceCondition("where[4]", "same_reach", "outfalls", bank="near"),
        PlaceCondition("where[5]", "upstream_of", "outfalls", at_most="far", bank="near"),
        PlaceCondition("where[6]", "downstream_of", "outfalls", at_most="far", bank="near", without=True),
        PlaceCondition("where[7]", "on_bank", "rivers", at_most="near", side="left"),
        PlaceCondition("where[8]", "matching", "sand_permits", same=left, valid="not_yet_on_occurrence"),
        PlaceCondition(
            "where[9]",
            "within_distance",
            "inspections",
            at_most="near",
            where={"result": ("failed", "partly")},
            valid="expired_on_occurrence",
            dated=Dated("inspected", before="any", after="week"),
            same={"licence": "licence", "name": "name_zh"},
            alike=Alike({"address": "address"}, "score"),
            compare=(("flow_m3s", "<", "approved"), ("volume_m3", ">=", "low"), ("volume_m3", "<=", "high")),
            without=True,
        ),
    ]


def test_every_condition_on_time_values_and_other_reports_is_read() -> None:
    assert [c for c in WHOLE.where if not isinstance(c, PlaceCondition)] == [
        DatesCondition("where[10]", (("2026-02-17", "2026-02-17"), ("2026-02-20", "2026-02-24"))),
        ValueCondition("where[11]", "vehicle", "present"),
        UnusualCondition("where[12]", "water_area_m2", "below", "half", "same_month", per="station"),
        UnusualCondition("where[13]", "amount_yuan", "above", "score", "peers", "company", "quarter", without=True),
        ClockCondition("where[14]", "occurred", "months"),
        AnotherCondition(
            "where[15]",
            Records(("litter",), ("patrol",), ("photo",)),
            at_most="near",
            before="any",
            after="week",
            same=("vehicle", "category"),
            independent=True,
            faster_than="speed",
            count="two",
            where=(
                PlaceCondition("where[15].another.where[0]", "within", "schools"),
                HoursCondition("where[15].another.where[1]", ((660, 780),), without=True),
            ),
            between=Records(("spill",)),
            between_where=(ValueCondition("where[15].another.without_between.where[0]", "count", ">", number="two"),),
        ),
        AnotherCondition("where[16]", Records(("other",)), after="months", without=True),
    ]


def test_groups_thresholds_needs_and_the_watched_layer_are_read() -> None:
    assert WHOLE.watch == Watch(layer="penalties", where={"kind": ("fine",)}, valid="on_day", dated="decided")
    assert WHOLE.needs == Needs(("penalties", "rivers"), ("litter",))
    assert WHOLE.lead.about == "segment"
    photo = Having(evidence=("photo",))
    whole = Having(("spill",), ("patrol",), ("photo", "video"), "count", ">=", "two")
    at = "group.any[{}]".format
    assert WHOLE.group == Group(
        "segment",
        (
            Threshold(at(0), "two", distinct="day", window="week"),
            Threshold(at(1), "two", distinct="field:licence"),
            Threshold(at(2), "two", distinct="layer:districts", having=whole),
            Threshold(at(3), "two", window="week", sum_field="volume_m3", sum="two"),
            Threshold(at(4), "two", window="week", share="half", share_having=photo),
            Threshold(at(5), "two", few_field="licence", few="two"),
            Threshold(at(6), "two", window="week", times="two", baseline="year"),
        ),
        size="far",
        reach="near",
        of="rivers",
    )


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("{by: record, any: [{count: two}]}", Group("record", (), "", "")),
        ("{by: cell, size: far, any: [{count: two}]}", Group("cell", (), "far")),
        ("{by: cluster, size: far, apart: week, any: [{count: two}]}", Group("cluster", (), "far", apart="week")),
        ("{by: field, field: vehicle, any: [{count: two}]}", Group("field", (), field="vehicle")),
        (
            "{by: outfalls, reach: near, same: {licence: no}, any: [{count: two}]}",
            Group("outfalls", (), reach="near", same={"licence": "no"}),
        ),
    ],
)
def test_every_kind_of_group_is_read(group: str, expected: Group, tmp_path: Path) -> None:
    text = (DATA / "whole_grammar.yaml").read_text(encoding="utf-8")
    head, rest = text.split("group:\n", 1)
    path = tmp_path / "model.yaml"
    path.write_text(f"{head}group: {group}\nlead:{rest.split('lead:', 1)[1]}", encoding="utf-8")
    model = load_model(path)
    assert model.group == replace(expected, any=(Threshold("group.any[0]", "two"),))
    assert model.lead.about == ("penalties" if expected.by == "record" else expected.by)


def test_every_unit_is_read_with_its_kind() -> None:
    read = {n.name: (n.unit, n.kind) for n in WHOLE.numbers.values()}
    assert read == {
        "near": ("m", "length"),
        "far": ("km", "length"),
        "patch": ("m2", "area"),
        "mu": ("mu", "area"),
        "ha": ("ha", "area"),
        "half": ("%", "share"),
        "week": ("d", "time"),
        "hours": ("h", "time"),
        "minutes": ("min", "time"),
        "year": ("d", "time"),
        "months": ("mo", "calendar"),
        "days": ("wd", "calendar"),
        "years": ("y", "calendar"),
        "speed": ("km/h", "speed"),
        "score": ("", "count"),
        "two": ("", "count"),
    }
    assert {u for u, _ in read.values()} == set(UNITS)
    assert WHOLE.numbers["score"].value == 0.85
    assert WHOLE.numbers["mu"].base == pytest.approx(1000 / 3)


def test_a_relation_may_stand_beside_its_words_or_around_them(tmp_path: Path) -> None:
    inside = load_model(written(tmp_path)).where
    beside = load_model(
        written(tmp_path, "nearest: {of: rivers, at_most: bank}", "{nearest: rivers, at_most: bank}")
    ).where
    assert inside == beside


def test_units_are_read_and_kept(tmp_path: Path) -> None:
    model = load_model(written(tmp_path, "value: 30 d", "value: 72 h"))
    assert str(model.numbers["window"]) == "72 h"
    assert model.numbers["window"].base == 72 * 3600
    assert (model.numbers["bank"].kind, model.numbers["bank"].base) == ("length", 50.0)


def test_a_number_written_in_place_is_read_under_a_name_that_lint_knows(tmp_path: Path) -> None:
    model = load_model(written(tmp_path, "count: reports", "count: 3"))
    name = model.group.any[0].count
    assert name.startswith(INLINE)
    assert model.numbers[name].value == 3


def test_the_hash_is_of_the_bytes_of_the_file(tmp_path: Path) -> None:
    import hashlib

    path = written(tmp_path)
    assert load_model(path).hash == hashlib.sha256(path.read_bytes()).hexdigest()
    again = written(tmp_path, "medium", "medium ", name="again.yaml")
    assert load_model(again).hash != load_model(path).hash


def test_a_case_knows_its_line_and_a_path_its_place_in_the_file() -> None:
    lines = BASE.read_text(encoding="utf-8").splitlines()
    for case in load_model(BASE).cases:
        assert case.name in lines[case.line - 1]
    assert "legal_basis" in lines[(line_of(BASE, "lead.legal_basis") or 0) - 1]
    assert "nearest" in lines[(line_of(BASE, "where[0]") or 0) - 1]
    assert "group:" in lines[(line_of(BASE, "group.size") or 0) - 1]  # what is not there: the nearest around it


def test_both_yaml_readers_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = DATA / "unreadable" / "wrong_values.yaml"
    fast = flaws_of(path)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert flaws_of(path) == fast
