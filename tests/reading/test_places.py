"""Which place a text names: texts and answers that a lawyer can read, and what must hold for any names."""

from __future__ import annotations

import random
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.reading.gazetteer import EXTENT_M, Alias, Gazetteer, NamedPlace, circle, metres, place_of, short_names
from geo_monitor.reading.place_names import is_name, letters_of
from geo_monitor.reading.place_search import Finding, find_place
from layers.heritage_sites import LAYER as HERITAGE

DATA = Path(__file__).resolve().parents[1] / "data" / "places"


def entries(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@cache
def world() -> tuple[NamedPlace, ...]:
    return tuple(_place(e) for e in entries("world.yaml"))


def _place(e: dict[str, Any]) -> NamedPlace:
    shape = box(*e["box"]) if "box" in e else LineString(e["line"]) if "line" in e else Point(e["at"])
    point, radius_m, area = circle(shape, e["level"], e.get("accuracy", 0))
    district = e["id"] if e["level"] == "district" else e.get("district", "")
    names, level = tuple(e["names"]), e["level"]
    shorts = short_names(names, level)
    return NamedPlace(e["layer"], e["id"], level, names, point, e.get("radius", radius_m), area, district, "", shorts)


def look(text: str | list[str], places: Any = None, **asked: Any) -> Finding:
    return find_place(Gazetteer(places or world()), *([text] if isinstance(text, str) else text), **asked)


def titled(entry: dict[str, Any]) -> str:
    return "//".join(entry["text"]) if isinstance(entry["text"], list) else entry["text"] or "nothing"


def ids(found: Finding) -> list[str]:
    return [f"{c.place.layer} {c.place.id}" for c in found.candidates]


@pytest.mark.parametrize("entry", entries("golden/answers.yaml"), ids=titled)
def test_a_text_means_the_place_beside_it(entry: dict[str, Any]) -> None:
    found = look(entry["text"])
    assert found.place is not None, found.why
    p = found.place.place
    assert f"{p.layer} {p.id}" == entry["place"]
    assert found.place.radius_m == entry["within"], found.why
    assert p.level == entry.get("level", p.level)


@pytest.mark.parametrize("entry", entries("golden/refusals.yaml"), ids=titled)
def test_a_text_that_does_not_say_where_is_no_place(entry: dict[str, Any]) -> None:
    found = look(entry["text"])
    assert (found.reason, found.place) == (entry["refused"], None), found.as_dict()
    assert set(entry["named"]) <= set(ids(found))
    assert all(c.place.name in found.why for c in found.candidates[:1] if found.reason == "place_ambiguous")


def test_how_sure_and_how_near_an_answer_must_be_is_for_the_feed_to_say() -> None:
    assert look("城关区", at_least="district", within_m=50_000).place is not None
    assert look("城关区白泉村", at_least="site").reason == "place_too_vague"
    assert look("合成大寺附近", within_m=500).reason == "place_too_vague"
    assert look("Great Syntetic Temple", score=0.99).reason == "place_unknown"


# ---- what must hold for any names ----------------------------------------------------------------------------------

LETTERS = "合成大小寺村桥河林泉拉萨东西县区乡镇路一二01ab"
names = st.text(LETTERS, min_size=3, max_size=8).filter(lambda n: is_name(letters_of(n).text))
places = st.lists(
    st.builds(
        lambda name, level, east, north, n: NamedPlace(
            f"layer{n % 3}",
            f"{n}-{name}",
            level,
            (name,),
            LonLat(91.0 + east / 1000, 29.5 + north / 1000),
            EXTENT_M[level],
            short_names=short_names((name,), level),
        ),
        names,
        st.sampled_from(["premises", "site", "village", "district"]),
        st.integers(0, 500),
        st.integers(0, 500),
        st.integers(0, 99),
    ),
    min_size=1,
    max_size=8,
)


def summary(found: Finding) -> Any:
    return (found.reason, found.candidates)


@given(places, places, st.data())
@settings(max_examples=120, deadline=None)
def test_another_place_never_changes_what_exactly_one_name_means(
    before: list[NamedPlace], more: list[NamedPlace], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(before))
    key = letters_of(chosen.name).text
    others = [p for p in more if key not in {letters_of(n).text for n in p.names}]
    # Two places of one layer and id are one place: whichever comes last would be another world.
    assume(not {(p.layer, p.id) for p in others} & {(p.layer, p.id) for p in before})
    alone = look(chosen.name, before, at_least="city", within_m=1e9)
    crowded = look(chosen.name, [*before, *others], at_least="city", within_m=1e9)
    assert alone.reason == crowded.reason
    assert alone.place == crowded.place


@given(places, st.text(LETTERS + "，。 的旁附近米", max_size=30), st.randoms())
@settings(max_examples=120, deadline=None)
def test_the_order_of_the_layers_changes_nothing(some: list[NamedPlace], text: str, chance: random.Random) -> None:
    assume(len({(p.layer, p.id) for p in some}) == len(some))
    turned = list(some)
    chance.shuffle(turned)
    assert summary(look(text, some)) == summary(look(text, turned))


@given(places, st.text("合成大寺村桥河林泉旁附近米200，", max_size=24), st.data())
@settings(max_examples=120, deadline=None)
def test_width_and_blanks_change_nothing(some: list[NamedPlace], text: str, data: st.DataObject) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    spaced = "".join(c + data.draw(st.sampled_from(["", "", " ", "　", "\u200b"])) for c in wide)
    assert summary(look(text, some)) == summary(look(wide, some)) == summary(look(spaced, some))


@given(st.text(max_size=40), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_how_unicode_writes_a_letter_changes_nothing(text: str, form: str) -> None:
    assume(text == unicodedata.normalize("NFC", text))
    once = letters_of(text).text
    assert letters_of(once).text == once
    assert len(letters_of(text).edges) == len(once) + 1
    if form in ("NFC", "NFD"):
        assert letters_of(unicodedata.normalize(form, text)).text == once


@given(places, st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_text_is_too_strange_to_be_answered(some: list[NamedPlace], text: str) -> None:
    found = look(text, some)
    assert (found.place is None) == bool(found.reason)
    assert [c.score for c in found.candidates[1:]] == sorted((c.score for c in found.candidates[1:]), reverse=True)


@given(places, st.integers(1, 5000), st.sampled_from(["下游{}米", "以东{}米", "旁{}米"]))
def test_a_distance_never_makes_a_place_better_known(some: list[NamedPlace], m: int, said: str) -> None:
    plain = look(some[0].name, some, at_least="city", within_m=1e9)
    away = look(some[0].name + said.format(m), some, at_least="city", within_m=1e9)
    assume(plain.place and away.place and plain.place.place == away.place.place and m > 10)
    assert plain.place and away.place
    assert away.place.radius_m >= plain.place.radius_m + m
    assert away.place.place.point == plain.place.place.point, "no point is made up"


# ---- what a layer knows --------------------------------------------------------------------------------------------


def test_the_circle_of_a_place_holds_all_of_it_and_its_accuracy() -> None:
    area = box(91.1, 29.6, 91.12, 29.61)
    point, radius_m, _ = circle(area, "site", 30.0)
    far = max(metres(point, LonLat(*xy)) for xy in area.exterior.coords)
    assert far + 30 <= radius_m <= far + 31
    assert circle(Point(91.1, 29.6), "village", 200.0)[1] == EXTENT_M["village"] + 200


def test_the_names_of_a_feature_are_all_that_its_layer_gives() -> None:
    properties = {"name_bo": "ལྷ་ཁང", "alias": "旧名寺；Old Temple", "district": "540102"}
    feature = Feature(
        "heritage_sites", "H-1", Words("合成寺（合成）", "Synthetic Temple"), Point(91.1, 29.6), properties
    )
    place = place_of(feature, HERITAGE)
    assert place is not None
    assert place.names == ("合成寺（合成）", "合成寺", "Synthetic Temple", "ལྷ་ཁང", "旧名寺", "Old Temple")
    assert (place.level, place.district) == ("site", "540102")
    for name in place.names:
        assert look(name, [place]).place is not None, name


def test_a_feature_without_a_place_or_a_name_is_no_place() -> None:
    assert place_of(Feature("heritage_sites", "H-1", Words("合成寺", ""), None), HERITAGE) is None
    assert place_of(Feature("heritage_sites", "H-1", Words("寺", ""), Point(91.1, 29.6)), HERITAGE) is None


def test_an_alias_is_a_name_and_one_that_names_nothing_is_told() -> None:
    gazetteer = Gazetteer(
        world(), [Alias("合成大寺", ("大金顶",)), Alias("没有的地方", ("别名",), file="a.csv", row=3)]
    )
    found = find_place(gazetteer, "大金顶旁边")
    assert found.place and found.place.place.id == "H-1"
    assert gazetteer.notes == ("a.csv, row 3: no place is named '没有的地方': its aliases are not used",)
    only_there = Gazetteer(world(), [Alias("白泉村", ("甜水村",), "达孜区")])
    found = find_place(only_there, "甜水村")
    assert found.place and found.place.place.id == "V-3"


def test_tibetan_names_are_found_as_whole_syllables_only() -> None:
    place = NamedPlace("places", "V", "village", ("སེ་ར་གྲོང",), LonLat(91.1, 29.6), 500)
    assert look("སེ་ར་གྲོང་།", [place]).place
    assert look("སེར་གྲོང", [place]).place, "a tsheg too few"
    assert look("བསེ་ར་གྲོང", [place]).place is None, "a letter before it makes another word"
