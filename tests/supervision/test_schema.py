"""The schema for editors says what the loader says: every model of the library passes, what is spoiled is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from geo_monitor.errors import ModelError
from geo_monitor.supervision import schema as module
from geo_monitor.supervision.load import LIBRARY, load_model
from geo_monitor.supervision.schema import MEANINGS, schema

DATA = Path(__file__).parents[1] / "data" / "models"
FILE = Path(module.__file__).with_name("schema.json")
CHECK = Draft202012Validator(schema())


def value_of(node: yaml.Node) -> Any:
    """The file as editors read it (YAML 1.2: only plain numbers, true and false are no texts)."""
    if isinstance(node, yaml.MappingNode):
        return {k.value: value_of(v) for k, v in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [value_of(v) for v in node.value]
    text = str(node.value)
    if node.style:
        return text
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    return {"true": True, "false": False, "null": None, "": None}.get(text, text)


def faults(path: Path) -> list[str]:
    node = yaml.compose(path.read_text(encoding="utf-8"))
    assert node is not None
    return [f"{'.'.join(str(p) for p in e.path)}: {e.message}" for e in CHECK.iter_errors(value_of(node))]


def test_the_file_beside_the_module_is_what_the_module_says() -> None:
    """Renewed by: geo-monitor models schema > geo_monitor/supervision/schema.json"""
    assert json.loads(FILE.read_text(encoding="utf-8")) == schema()


def test_it_is_a_schema_of_the_draft_it_names() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", [*sorted(LIBRARY.rglob("*.yaml")), DATA / "base.yaml"], ids=lambda p: p.stem)
def test_every_model_of_the_library_passes(path: Path) -> None:
    assert faults(path) == []


def test_a_model_with_every_word_passes() -> None:
    assert faults(DATA / "whole_grammar.yaml") == []


@pytest.mark.parametrize("path", sorted((DATA / "unreadable").glob("*.yaml")), ids=lambda p: p.stem)
def test_what_the_loader_cannot_read_the_schema_refuses(path: Path) -> None:
    assert faults(path) != []


def described(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        if part.get("type") == "object" and part.get("additionalProperties") is False:
            for word, said in part["properties"].items():
                yield word, said.get("description", "")
        for inner in part.values():
            yield from described(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from described(inner)


def test_every_word_is_explained_in_both_languages() -> None:
    words = list(described(schema()))
    assert len(words) > 100
    for word, said in words:
        zh, _, en = said.partition(" · ")
        assert re.search(r"[一-鿿]", zh), word
        assert en, word


def test_no_meaning_is_kept_for_a_word_that_is_gone() -> None:
    words = {word for word, _ in described(schema())}
    assert {key.rsplit(".", 1)[-1] for key in MEANINGS} == words


BASE, WHOLE = "base.yaml", "whole_grammar.yaml"
WHERE = "  - nearest: {of: rivers, at_most: bank}\n"


def where(line: str) -> tuple[str, str, str]:
    return BASE, WHERE, f"  - {line}\n"


def threshold(line: str) -> tuple[str, str, str]:
    return BASE, "{count: reports, distinct: reporter, window: window}", line


def group(lines: str) -> tuple[str, str, str]:
    return BASE, "  by: rivers\n", lines


SPOILED = [
    # the frame
    (BASE, "id: TST-001", "id: tst-1"),
    (BASE, "version: 1", "version: 0"),
    (BASE, "status: active", "status: activ"),
    (BASE, ", en: A model for tests", ""),
    (BASE, "track: public_interest\n", ""),
    (BASE, "domain: river", "domain: rivers"),
    (BASE, "urgency: medium", "urgency: soon"),
    (BASE, "needs: {layers: [rivers]}", "needs: {layer: [rivers]}"),
    (BASE, "needs: {layers: [rivers]}", "needs: {layers: rivers}"),
    (BASE, "watch: {category: [dumping]", "watch: {category: dumping"),
    (BASE, "watch: {category: [dumping]", "watch: {layer: rivers, category: [dumping]"),
    (BASE, "watch: {category: [dumping]", "watch: {valid: on_day, category: [dumping]"),
    (BASE, "watch: {category: [dumping]", "watch: {dated: found, category: [dumping]"),
    (WHOLE, "valid: on_day, dated: decided", "valid: on_occurrence, dated: decided"),
    (BASE, "bank: {value: 50 m", "any: {value: 50 m"),
    (BASE, "bank: {value: 50 m", "Bank: {value: 50 m"),
    (BASE, "value: 50 m,", "value: 50 metres,"),
    (BASE, "{value: 50 m, basis: proposal}", "{basis: proposal}"),
    (BASE, "agencies: [water]", "agency: [water]"),
    (BASE, "  legal_basis: [river-24]\n", ""),
    (BASE, "zh: 先看现场。, ", ""),
    # conditions
    where("{within: schools, nearest: rivers, at_most: bank}"),
    where("nearst: {of: rivers, at_most: bank}"),
    where("nearest: rivers"),
    where("nearest: {of: rivers}"),
    where("nearest: {at_most: bank}"),
    where("{nearest: {of: rivers, at_most: bank}, where: {bank: [left]}}"),
    where("{within: schools, at_most: bank}"),
    where("{outside: schools, at_most: bank}"),
    where("{overlap: schools}"),
    where("{same_reach: schools}"),
    where("{upstream_of: schools, at_most: bank}"),
    where("{downstream_of: {of: schools, bank: bank}}"),
    where("{on_bank: rivers, at_most: bank}"),
    where("{on_bank: rivers, side: north, at_most: bank}"),
    where("{matching: schools, where: {kind: [a]}}"),
    where("{within: schools, valid: on_day}"),
    where("{within: schools, dated: {field: built}}"),
    where("{within: schools, dated: {before: any}}"),
    where("{within: schools, same: {}}"),
    where("{within: schools, alike: {fields: {name: name}}}"),
    where("{within: schools, compare: {count: {}}}"),
    where("{within: schools, compare: {count: {under: pupils}}}"),
    where("without: {without: {within: schools}}"),
    where("{without: {within: schools}, valid: on_occurrence}"),
    where("{season: {from: 03-01, to: 06-30}, at_most: bank}"),
    where("season: {from: 03-01}"),
    where("season: {from: 03-01, to: 13-01}"),
    where("hours: 11:00-13:00"),
    where("hours: [11-13]"),
    where("dates: [17.02.2026]"),
    where("value: {field: count}"),
    where("value: {at_least: reports}"),
    where("value: {field: count, at_least: reports, at_most: reports}"),
    where("value: {field: count, present: no}"),
    where("clock: {since: occurred}"),
    where("unusual: {field: count, of: peers}"),
    where("unusual: {field: count, above: reports, below: reports, of: peers}"),
    where("unusual: {field: count, above: reports}"),
    where("unusual: {field: count, above: reports, of: same_month, period: month}"),
    where("another: {category: [spill]}"),
    where("another: {before: any}"),
    where("another: {category: [spill], before: any, independent: maybe}"),
    where("another: {category: [spill], before: any, where: [{clock: {since: occurred, passed: window}}]}"),
    where("another: {category: [spill], before: any, where: [{another: {category: [spill], before: any}}]}"),
    where("another: {category: [spill], before: any, without_between: {source: [patrol]}}"),
    where("just words"),
    # groups and thresholds
    group("  by: record\n  size: bank\n"),
    group("  by: cell\n"),
    group("  by: cluster\n  size: bank\n  reach: bank\n"),
    group("  by: segment\n  of: rivers\n  size: bank\n"),
    group("  by: field\n"),
    group("  by: rivers\n  field: vehicle\n"),
    group("  by: rivers\n  apart: window\n"),
    (BASE, "  any:\n    - {count: reports, distinct: reporter, window: window}\n", "  any: []\n"),
    threshold("{window: window}"),
    threshold("{count: reports, distinct: reporters}"),
    threshold('{count: reports, distinct: "field:"}'),
    threshold("{count: reports, times: reports}"),
    threshold("{count: reports, baseline: window}"),
    threshold("{count: reports, having: {}}"),
    threshold("{count: reports, having: {field: count}}"),
    threshold("{count: reports, having: {at_least: reports}}"),
    threshold("{count: reports, sum: {field: count}}"),
    threshold("{count: reports, share: {at_least: reports}}"),
    threshold("{count: reports, few: {field: licence}}"),
    # cases
    (BASE, "      leads: [R1]\n", ""),
    (BASE, "      leads: []\n", ""),
    (BASE, "  miss:\n    - name: one person\n", "  miss:\n    - name: one person\n      leads: [R1]\n"),
    (BASE, "  miss:", "  misses:"),
    (BASE, "at: [0, 20], on: 2026-09-01 10:00, reporter: a}", "at: [0], on: 2026-09-01 10:00, reporter: a}"),
    (BASE, "at: [0, 20], on: 2026-09-01 10:00, reporter: a}", "at: [0, 20], reporter: a}"),
    (BASE, "on: 2026-09-01 10:00, reporter: a}", "on: tomorrow, reporter: a}"),
    (BASE, "reporter: a}", "colour: red}"),
    (BASE, "{id: R1, line: [[-500, 0], [500, 0]]}", "{id: R1, line: [[-500, 0]]}"),
    (BASE, "{id: R1, line:", "{line:"),
    (BASE, "{id: R1, line:", "{id: R1, at: [0, 0], line:"),
]


@pytest.mark.parametrize(("name", "old", "new"), SPOILED, ids=[new.strip()[:60] for _, _, new in SPOILED])
def test_schema_and_loader_refuse_the_same(name: str, old: str, new: str, tmp_path: Path) -> None:
    text = (DATA / name).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "model.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ModelError):
        load_model(path)
    assert faults(path) != []


def test_a_number_in_place_is_refused_already_while_one_types(tmp_path: Path) -> None:
    text = (DATA / BASE).read_text(encoding="utf-8").replace("count: reports", "count: 3")
    (tmp_path / "model.yaml").write_text(text, encoding="utf-8")
    assert faults(tmp_path / "model.yaml") != []
