"""Where models can see anything, and on which law they rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
import shapely

from geo_monitor.domain.layer import Feature
from geo_monitor.domain.words import Words
from geo_monitor.law.register import read_register
from geo_monitor.services.coverage import Coverage, ModelCover, coverage
from geo_monitor.supervision.model import SupervisionModel
from tests.fakes import MemoryStore
from tests.services.past_world import add, at, feature, load, model, overlay, report

LAW = read_register()
DAY = date(2026, 9, 1)
EACH = "{by: record, any: [{count: one}]}"


def two_districts() -> MemoryStore:
    """West and east of the origin's 2,000 m; the only river runs in the west."""
    store = MemoryStore()
    west, east = shapely.box(*at(-5000, -5000), *at(2000, 5000)), shapely.box(*at(2000, -5000), *at(9000, 5000))
    areas = [Feature("districts", i, Words(t, i), s) for i, t, s in (("E", "东区", east), ("W", "西区", west))]
    load(store, "districts", areas)
    line = shapely.LineString([at(0, 0), at(1000, 0)])
    load(store, "rivers", [Feature("rivers", "R0", Words("河段", "reach"), line)])
    return store


def covered(store: MemoryStore, *models: SupervisionModel, day: date = DAY) -> Coverage:
    with store.reading() as records:
        return coverage(records, {m.id: m for m in models}, LAW, "districts", day)


def only(found: Coverage) -> ModelCover:
    [one] = found.models
    return one


def running(**parts: str) -> SupervisionModel:
    return replace(model(**parts), status="active")


def test_a_model_watches_a_district_in_which_its_layers_hold_something() -> None:
    found = covered(two_districts(), running())
    one = only(found)
    assert (one.watches("W"), one.watches("E")) == (True, False)
    assert one.lacks("E") == ("rivers",)
    assert found.unwatched == ["E"]
    assert (found.watching("W"), found.watching("E")) == (1, 0)


def test_a_layer_on_the_border_counts_for_both_districts() -> None:
    store = two_districts()
    line = shapely.LineString([at(0, 0), at(3000, 0)])
    load(store, "rivers", [Feature("rivers", "R0", Words("河段", "reach"), line)], file_hash="h2")
    assert covered(store, running()).unwatched == []


def test_a_layer_never_loaded_is_waited_for_in_every_district() -> None:
    asked = running(where="[{within_distance: schools, at_most: near}]", group=EACH)
    one = only(covered(two_districts(), asked))
    assert one.waits == ("schools",)
    assert one.lacks("W") == one.lacks("E") == ("schools",), "named once, though no district has one"


def test_a_register_of_permits_that_is_loaded_and_empty_is_an_answer_everywhere() -> None:
    asked = running(where="[{without: {within_distance: sand_permits, at_most: near}}]", group=EACH)
    store = two_districts()
    assert only(covered(store, asked)).waits == ("sand_permits",)
    load(store, "sand_permits", [feature("sand_permits", "P1", 100)])
    add(store, report("a", 1), report("b", 2, 3000))
    assert covered(store, asked).unwatched == [], "the permit lies in the west, yet the east can be asked"


def test_a_row_without_a_place_may_be_about_any_district() -> None:
    watch = "{layer: penalties}"
    store = two_districts()
    row = Feature("penalties", "P1", Words("罚", "fine"), None, {"id": "P1"})
    load(store, "penalties", [row])
    assert covered(store, running(watch=watch, where="[]", group=EACH)).unwatched == []


def test_what_is_matched_by_its_number_may_lie_anywhere() -> None:
    asked = running(where="[{matching: food_businesses, same: {licence: licence}}]", group=EACH)
    store = two_districts()
    load(store, "food_businesses", [feature("food_businesses", "B1", 100, licence="1")])
    add(store, report("a", 1, 3000))
    one = only(covered(store, asked))
    assert one.lacks("E") == ()
    assert one.lacks("W") == ("dumping",), "nothing that it watches was ever reported from there"


def test_a_model_that_asks_no_layer_watches_where_its_reports_come_from() -> None:
    asked = running(where="[]", group=EACH)
    store = two_districts()
    add(store, report("a", 1, 3000), report("b", 2, 100, category="litter"))
    one = only(covered(store, asked))
    assert (one.lacks("E"), one.lacks("W")) == ((), ("dumping",))


def test_records_that_must_have_come_in_are_waited_for_city_wide() -> None:
    asked = running(needs="{layers: [rivers], records: [rain]}")
    store = two_districts()
    assert only(covered(store, asked)).waits == ("rain",)
    add(store, report("r", 1, category="rain"))
    overlay(store, asked).run(report("r", 1).occurred)
    assert only(covered(store, asked)).waits == ()


@pytest.mark.parametrize(
    ("status", "watches"), [("active", True), ("trial", True), ("draft", False), ("retired", False)]
)
def test_only_models_in_force_or_on_trial_watch(status: str, watches: bool) -> None:
    one = only(covered(two_districts(), replace(model(), status=status)))  # type: ignore[arg-type]
    assert one.watches("W") is watches
    assert one.lacks("W") == ()


def basis(found: Coverage) -> Mapping[str, str]:
    return {a.id: a.standing for a in only(found).basis}


def test_an_article_that_is_not_law_yet_tells_its_first_day_and_what_holds_until_then() -> None:
    on_the_day, before = covered(two_districts(), running()), covered(two_districts(), running(), day=date(2026, 7, 1))
    assert basis(on_the_day)["code-282"] == "in_force"
    [code] = [a for a in only(before).basis if a.id == "code-282"]
    assert (code.standing, code.begins) == ("not_in_force", date(2026, 8, 15))
    older = LAW.at("code-282", date(2026, 7, 1))[0].id
    assert code.until_then == ("" if older == "code-282" else older)


def test_articles_are_told_the_other_way_round_and_none_is_lost() -> None:
    other = running(id_="RIV-901", lead="{legal_basis: [code-282], agencies: [water], guide: {zh: 先看, en: look}}")
    found = covered(two_districts(), running(), other)
    assert {a: models for a, (_, models) in found.by_article.items()} == {
        "code-282": ("RIV-900", "RIV-901"),
        "river-24": ("RIV-900",),
    }
    assert {a.id for a in found.unused} | set(found.by_article) == set(LAW.provisions)
    assert not {a.id for a in found.unused} & set(found.by_article)


def test_a_model_on_an_article_that_nobody_read_is_named() -> None:
    unread = next(i for i, p in sorted(LAW.provisions.items()) if not p.verified)
    lead = f"{{legal_basis: [river-24, {unread}], agencies: [water], guide: {{zh: 先看, en: look}}}}"
    found = covered(two_districts(), running(lead=lead))
    assert found.unverified == ["RIV-900"]
    assert basis(found)[unread] == "not_verified" or LAW[unread].status == "not_applicable_in_lhasa"


def test_without_districts_the_articles_are_told_alone() -> None:
    found = covered(MemoryStore(), running())
    assert (found.districts, found.unwatched) == ({}, [])
    assert {row["district"] for row in found.rows()} == {""}
    assert {(row["model"], row["article"]) for row in found.rows()} == {
        (m.id, a.id) for m in found.models for a in m.basis
    }
    assert set(basis(found)) == {"river-24", "code-282"}


def test_the_sheet_has_a_row_for_each_model_article_and_district() -> None:
    rows = covered(two_districts(), running()).rows()
    assert {(r["article"], r["district"], r["runs"], r["lacks"]) for r in rows} == {
        (a, d, *seen) for a in ("river-24", "code-282") for d, seen in (("W", ("yes", "")), ("E", ("no", "rivers")))
    }
