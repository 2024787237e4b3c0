"""Layers that a workspace adds in YAML, without Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.errors import FileError
from geo_monitor.reading.layer_files import read_layer_definitions

CANALS = """
name: canals
title: {zh: 灌渠, en: Irrigation canals}
geometry: [line]
id: canal_id
label: name_zh
aliases: [ditches]
fields:
  - {name: canal_id, title: {zh: 编号, en: Number}, required: true}
  - {name: name_zh}
  - {name: lining, kind: choice, choices: [earth, concrete]}
  - {name: holder, check: credit_code, strict: false}
style: {colour: "#7fa6c4", weight: 2, dash: "4 4", min_zoom: 11}
note: {zh: 由灌区提供, en: Supplied by the irrigation district}
zones:
  - name: canal_zones
    title: {zh: 灌渠保护范围, en: Canal protection zones}
    geometry: [polygon]
    id: zone_id
    label: zone_id
    parent_field: canal_id
    derived: {width_m: 5, basis: proposal}
    fields:
      - {name: zone_id}
      - {name: canal_id, required: true}
"""


def workspace(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path) -> list[str]:
    with pytest.raises(FileError) as told:
        read_layer_definitions(folder)
    return [str(f) for f in told.value.flaws]


def test_a_layer_is_added_by_one_file(tmp_path: Path) -> None:
    (layer,) = read_layer_definitions(workspace(tmp_path, canals=CANALS))
    assert (layer.name, layer.geometry, layer.id_field, layer.aliases) == (
        "canals",
        ("line",),
        "canal_id",
        ("ditches",),
    )
    assert layer.title.zh == "灌渠"
    assert [f.name for f in layer.fields] == ["canal_id", "name_zh", "lining", "holder"]
    assert layer.fields[0].required
    assert not layer.fields[1].required
    assert layer.fields[2].choices == ("earth", "concrete")
    assert layer.fields[3].check is not None
    assert layer.fields[3].check("1")
    assert not layer.fields[3].strict
    assert (layer.style.colour, layer.style.weight, layer.style.min_zoom) == ("#7fa6c4", 2.0, 11)
    (zone,) = layer.zones
    assert (zone.parent, zone.parent_field) == ("canals", "canal_id")
    assert zone.derived is not None
    assert zone.derived.width_m == 5


def test_a_register_may_have_no_geometry(tmp_path: Path) -> None:
    text = """
name: closures
title: {zh: 封闭令, en: Closures}
id: id
label: id
register: true
links_to: food_businesses
link_field: business_id
fields: [{name: id, required: true}, {name: business_id}]
"""
    (layer,) = read_layer_definitions(workspace(tmp_path, a=text))
    assert (layer.register, layer.geometry, layer.links_to, layer.link_field) == (
        True,
        (),
        "food_businesses",
        "business_id",
    )


def test_without_a_folder_there_are_no_layers(tmp_path: Path) -> None:
    assert read_layer_definitions(tmp_path / "layers") == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("geometry: [line]", "geometry: [lines]", 4, "geometry: found 'lines': one of point, line, polygon"),
        ("id: canal_id", "id: number", 5, "id: found 'number': one of the fields canal_id, name_zh, lining, holder"),
        ("label: name_zh", "lable: name_zh", 6, "lable: found 'lable': one of name, title, geometry"),
        ("name: canals", "name: 灌渠", 2, "name: found '灌渠': small letters"),
        ("kind: choice, ", "", 11, "choices belong to kind: choice"),
        ("kind: choice", "kind: word", 11, "found 'word': one of text, number, date, choice, flag"),
        ("check: credit_code", "check: mod97", 12, "found 'mod97': one of credit_code"),
        ('"#7fa6c4"', "blue", 13, "colour: found 'blue': a colour like"),
        ("weight: 2", "weight: thick", 13, "weight: found 'thick': a number"),
        ("strict: false", "strict: no", 12, "strict: found 'no': true or false"),
        ("name: name_zh}", "name: lon}", 10, "found 'lon': another name"),
        ("parent_field: canal_id\n", "\n", 16, "parent_field: a text [missing_key]"),
        ("aliases: [ditches]", "aliases: [ditches]\naliases: []", 8, "each key once"),
        ("width_m: 5", "width_m: -5", 22, "width_m: found '-5': a number of at least 0"),
        ("title: {zh: 灌渠, en: Irrigation canals}", "title: {cn: 灌渠}", 3, "found 'cn': one of zh, en, bo"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_file_line_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in CANALS
    told = refused(workspace(tmp_path, canals=CANALS.replace(old, new, 1)))
    assert any(said in t and f"canals.yaml, row {line}" in t for t in told), told


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = workspace(tmp_path, a="name: [", b="- a list", c="", d=CANALS.replace("kind: choice", "kind: word"))
    told = "\n".join(refused(folder))
    for said in (
        "a.yaml, row 1",
        "b.yaml, row 1: a YAML mapping",
        "c.yaml, row 1: a YAML mapping, the file is empty",
        "'word'",
    ):
        assert said in told


def test_two_files_cannot_define_one_layer(tmp_path: Path) -> None:
    told = refused(workspace(tmp_path, a=CANALS, b=CANALS))
    assert len(told) == 2
    assert "found 'canals': another name: a.yaml defines this layer already" in told[0]
    assert "canal_zones" in told[1]
