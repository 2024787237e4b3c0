"""Each word of the grammar in a small world: metres east and north of a point near Lhasa."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from geo_monitor.domain.words import Words
from geo_monitor.engine.matching import same_id, same_ids
from geo_monitor.services.prove import prove_case
from geo_monitor.supervision.model import (
    Alike,
    AnotherCondition,
    Case,
    ClockCondition,
    Condition,
    Dated,
    DatesCondition,
    Group,
    Having,
    LeadTemplate,
    Number,
    PlaceCondition,
    Records,
    SupervisionModel,
    Threshold,
    UnusualCondition,
    ValueCondition,
    Watch,
)

NO_WORDS = Words("", "")
#: Numbers by what they say: ``100 m`` is written m100.
NUMBERS = {
    name: Number(name, value, unit, "proposal")
    for name, value, unit in (
        ("one", 1, ""),
        ("two", 2, ""),
        ("three", 3, ""),
        ("ten", 10, ""),
        ("m5", 5, "m"),
        ("m10", 10, "m"),
        ("m50", 50, "m"),
        ("m100", 100, "m"),
        ("m200", 200, "m"),
        ("km1", 1, "km"),
        ("d1", 1, "d"),
        ("d30", 30, "d"),
        ("year", 365, "d"),
        ("mo3", 3, "mo"),
        ("wd10", 10, "wd"),
        ("m2_50", 50, "m2"),
        ("half", 50, "%"),
        ("most", 70, "%"),
        ("alike", 0.8, ""),
        ("fast", 120, "km/h"),
    )
}
ONCE = Threshold("group.any[0]", "one")
ALONE = Group("record", (ONCE,))
X = Watch(category=("dumping",))

Rows = Sequence[Mapping[str, Any]]


def leads(
    watch: Watch,
    where: Sequence[Condition],
    group: Group = ALONE,
    layers: Mapping[str, Rows] | None = None,
    incidents: Rows = (),
    as_of: str = "",
) -> list[str]:
    """The subjects of the leads that such a model makes of such a world."""
    model = SupervisionModel(
        id="TST-001",
        version=1,
        status="active",
        title=NO_WORDS,
        track="public_interest",
        domain="river",
        urgency="low",
        watch=watch,
        where=tuple(where),
        group=group,
        numbers=NUMBERS,
        lead=LeadTemplate("", (), (), (), NO_WORDS),
        cases=(),
    )
    world = {name: tuple(rows) for name, rows in (layers or {}).items()}
    return list(prove_case(model, Case("edge", "", world, tuple(incidents), (), as_of)).found)


def report(x: float, y: float, on: str = "2026-08-01 10:00", name: str = "", **more: Any) -> dict[str, Any]:
    return {"at": (x, y), "on": on} | ({"name": name} if name else {}) | more


# ---- along the river ---------------------------------------------------------------------------------------

RIVERS = {
    # R1 flows into R2 (2 m between their ends), R3 comes in from the north at x = 500.
    "rivers": [
        {"id": "R1", "line": ((0, 0), (1000, 0))},
        {"id": "R2", "line": ((1002, 0), (3000, 0))},
        {"id": "R3", "line": ((500, 800), (500, 2))},
    ],
    "outfalls": [{"id": "O1", "at": (100, 20)}, {"id": "O3", "at": (510, 500)}],
}


@pytest.mark.parametrize(
    ("relation", "where", "expected"),
    [
        ("downstream_of", (900, 10), ["O1", "O3"]),
        ("downstream_of", (50, 10), []),
        ("downstream_of", (1090, 10), ["O1"]),  # 498 m and 590 m below O3 along the water: too far
        ("upstream_of", (510, 700), ["O3"]),
        ("upstream_of", (50, 10), ["O1"]),
        ("same_reach", (800, 50), ["O1"]),
        ("same_reach", (800, 101), []),  # farther than that from every reach
    ],
)
def test_up_and_down_is_told_along_the_water(relation: Any, where: tuple[float, float], expected: list[str]) -> None:
    at_most = "" if relation == "same_reach" else "km1"
    condition = PlaceCondition("where[0]", relation, "outfalls", at_most=at_most, bank="m100")
    assert leads(X, [condition], Group("outfalls", (ONCE,)), RIVERS, [report(*where)]) == expected


def test_nothing_upstream_within_reach_is_said_with_without() -> None:
    condition = PlaceCondition("where[0]", "downstream_of", "outfalls", at_most="km1", bank="m100", without=True)
    rows = [report(50, 10, name="above all"), report(900, 10, name="below")]
    assert leads(X, [condition], ALONE, RIVERS, rows) == ["above all"]


@pytest.mark.parametrize(("place", "expected"), [((300, 0), ["mine"]), ((450, 0), ["mine"]), ((150, 0), [])])
def test_an_area_that_the_river_runs_through_stands_where_the_water_comes_to_it(
    place: tuple[float, float], expected: list[str]
) -> None:
    layers = {**RIVERS, "mines": [{"id": "mine", "box": (200, -50, 400, 50)}]}
    condition = PlaceCondition("where[0]", "downstream_of", "mines", at_most="km1", bank="m100")
    assert leads(X, [condition], Group("mines", (ONCE,)), layers, [report(*place)]) == expected


@pytest.mark.parametrize(("side", "expected"), [("left", ["north"]), ("right", ["south"])])
def test_the_bank_is_told_looking_downstream(side: Any, expected: list[str]) -> None:
    condition = PlaceCondition("where[0]", "on_bank", "rivers", at_most="m100", side=side)
    rows = [report(800, 50, name="north"), report(2000, -50, name="south"), report(600, 0, name="in midstream")]
    assert leads(X, [condition], ALONE, RIVERS, rows) == expected


def test_a_stretch_is_counted_from_the_source_of_the_line() -> None:
    group = Group("segment", (Threshold("t", "two", window="d30"),), size="m200", of="rivers", reach="m100")
    rows = [report(210, 10), report(390, -20), report(410, 0)]
    assert leads(X, [], group, RIVERS, rows) == ["R1:1"]


# ---- areas -------------------------------------------------------------------------------------------------

CHANGES = {
    "zones": [{"id": "Z", "box": (0, 0, 100, 100)}],
    "changes": [
        {"id": "half in", "box": (95, 0, 105, 10)},  # 50 m² of 100
        {"id": "a hair less", "box": (95, 20, 105, 29.9)},
        {"id": "all in", "box": (10, 10, 20, 20)},
        {"id": "apart", "box": (140, 10, 150, 20)},
    ],
}
SEEN = Watch(layer="changes")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (PlaceCondition("w", "overlap", "zones", at_least="m2_50"), ["all in", "half in"]),
        (PlaceCondition("w", "overlap", "zones", at_least="half"), ["a hair less", "all in", "half in"]),
        (PlaceCondition("w", "within", "zones"), ["all in"]),
        (PlaceCondition("w", "crosses", "zones"), ["a hair less", "all in", "half in"]),
        (PlaceCondition("w", "crosses", "zones", without=True), ["apart"]),
        (PlaceCondition("w", "outside", "zones", at_least="m10"), ["apart"]),
        (PlaceCondition("w", "outside", "zones", at_least="m50"), []),
        (PlaceCondition("w", "outside", "zones", at_least="m50", without=True), [c["id"] for c in CHANGES["changes"]]),
        (PlaceCondition("w", "within_distance", "zones", at_most="m50"), [c["id"] for c in CHANGES["changes"]]),
    ],
)
def test_areas_lie_to_zones_as_a_surveyor_would_say(condition: PlaceCondition, expected: list[str]) -> None:
    assert leads(SEEN, [condition], ALONE, CHANGES) == sorted(expected)


def test_a_report_lies_outside_when_every_feature_is_farther_than_that() -> None:
    condition = PlaceCondition("w", "outside", "zones", at_least="m50")
    rows = [report(150, 50, name="just there"), report(150.1, 50, name="beyond")]
    assert leads(X, [condition], ALONE, CHANGES, rows) == ["beyond"]


# ---- identifiers, names, dates -----------------------------------------------------------------------------

SHOPS = {
    "shops": [
        {
            "id": "S1",
            "at": (0, 0),
            "properties": {"licence": "jy1-234", "name": "甲某餐饮有限公司", "address": "北街十二号"},
        },
        {"id": "S2", "at": (50, 0), "properties": {"licence": "JY999", "name": "乙", "address": "南街1号"}},
    ]
}


def test_an_identifier_is_the_same_however_it_is_typed() -> None:
    condition = PlaceCondition("w", "matching", "shops", same={"licence": "licence"})
    rows = [
        report(900, 900, attributes={"licence": "ＪＹ１ 234"}),
        report(0, 0),
        report(0, 0, attributes={"licence": "X"}),
    ]
    assert leads(X, [condition], Group("shops", (ONCE,)), SHOPS, rows) == ["S1"]


@pytest.mark.parametrize("relation", ["within_distance", "matching"])
def test_names_are_alike_when_every_one_of_them_is(relation: Any) -> None:
    near = "m100" if relation == "within_distance" else ""
    fields = {"name": "name", "address": "address"}
    condition = PlaceCondition("w", relation, "shops", at_most=near, alike=Alike(fields, "alike"))
    same = report(10, 0, name="same", attributes={"name": "甲某餐饮(分店)", "address": "北街12号"})
    other = report(10, 0, name="other street", attributes={"name": "甲某餐饮", "address": "东大路7号"})
    unnamed = report(10, 0, name="unnamed")
    assert leads(X, [condition], ALONE, SHOPS, [same, other, unnamed]) == ["same"]


VISITS = {"visits": [{"id": "V", "at": (0, 0), "properties": {"on": "2026-07-10"}}]}


@pytest.mark.parametrize(
    ("dated", "on", "expected"),
    [
        (Dated("on", before="d30"), "2026-08-09 23:59:59", ["V"]),
        (Dated("on", before="d30"), "2026-08-10 00:00:00", []),
        (Dated("on", before="d30"), "2026-07-09 23:59:59", []),
        (Dated("on", before="any"), "2029-01-01 00:00:00", ["V"]),
        (Dated("on", after="d30"), "2026-06-10 00:00:00", ["V"]),
        (Dated("on", after="d30"), "2026-06-09 23:59:59", []),
        (Dated("on", before="mo3"), "2026-10-10 10:00", ["V"]),
        (Dated("on", before="mo3"), "2026-10-11 10:00", []),
    ],
)
def test_a_date_of_the_feature_is_set_against_the_day_of_the_act(dated: Dated, on: str, expected: list[str]) -> None:
    condition = PlaceCondition("w", "within_distance", "visits", at_most="m100", dated=dated)
    assert leads(X, [condition], Group("visits", (ONCE,)), VISITS, [report(10, 0, on)], as_of="2030-01-01") == expected


@pytest.mark.parametrize(
    ("on", "as_of", "expected"),
    [
        ("2026-06-09 10:00", "2026-11-01", ["#1"]),  # the visit came on the 31st day
        ("2026-06-10 10:00", "2026-11-01", []),  # on the 30th
        ("2026-10-10 10:00", "2026-11-09 23:59", []),  # it may still come today
        ("2026-10-10 10:00", "2026-11-10 00:01", ["#1"]),
    ],
)
def test_that_nothing_followed_is_known_when_the_time_for_it_is_over(on: str, as_of: str, expected: list[str]) -> None:
    dated = Dated("on", after="d30")
    condition = PlaceCondition("w", "within_distance", "visits", at_most="m100", dated=dated, without=True)
    assert leads(X, [condition], ALONE, VISITS, [report(10, 0, on)], as_of) == expected


def test_a_figure_of_the_report_is_set_against_one_of_the_feature() -> None:
    plants = {"plants": [{"id": "P", "at": (0, 0), "properties": {"approved": 2.5}}]}
    condition = PlaceCondition(
        "w", "within_distance", "plants", at_most="m100", compare=(("flow_m3s", "<", "approved"),)
    )
    rows = [
        report(0, 0, name=n, attributes={"flow_m3s": v}) for n, v in (("low", 2.4), ("enough", 2.5), ("unread", None))
    ]
    assert leads(X, [condition], ALONE, plants, rows) == ["low"]


@pytest.mark.parametrize(
    ("condition", "as_of", "expected"),
    [
        (ClockCondition("w", "deadline", "mo3"), "2026-11-01", ["end of July"]),
        (ClockCondition("w", "deadline", "mo3"), "2026-11-02", ["end of July", "first of August"]),
        (ClockCondition("w", "deadline", "mo3", without=True), "2026-11-01", ["first of August", "none"]),
    ],
)
def test_a_clock_runs_from_the_day_that_the_register_names(
    condition: ClockCondition, as_of: str, expected: list[str]
) -> None:
    orders = [
        {"id": "end of July", "at": (0, 0), "properties": {"deadline": "2026-07-31"}},
        {"id": "first of August", "at": (0, 0), "properties": {"deadline": "2026-08-01"}},
        {"id": "none", "at": (0, 0), "properties": {}},
    ]
    assert leads(Watch(layer="orders"), [condition], ALONE, {"orders": orders}, as_of=as_of) == expected


def test_ten_working_days_leave_out_the_national_holiday() -> None:
    # From Friday 18 September 2026 on: 25 to 27 September and 1 to 7 October are holidays, Sunday the 20th is worked.
    orders = [{"id": "A", "at": (0, 0), "properties": {"deadline": "2026-09-18"}}]
    condition = ClockCondition("w", "deadline", "wd10")
    found = [
        leads(Watch(layer="orders"), [condition], ALONE, {"orders": orders}, as_of=f"2026-{day} 12:00")
        for day in ("09-30", "10-08", "10-09", "10-10")
    ]
    assert found == [[], [], [], ["A"]]


def test_dates_are_days_and_spans_with_both_ends() -> None:
    condition = DatesCondition("w", (("2026-02-17", "2026-02-17"), ("2026-02-20", "2026-02-24")))
    days = ("02-16 23:59:59", "02-17 00:00:00", "02-18 00:00:00", "02-24 23:59:59", "02-25 00:00:00")
    rows = [report(0, 0, f"2026-{d}", name=d) for d in days]
    assert leads(X, [condition], incidents=rows) == ["02-17 00:00:00", "02-24 23:59:59"]


def test_a_value_that_is_given_is_present() -> None:
    rows = [report(0, 0, name="with", attributes={"vehicle": "V1"}), report(0, 0, name="without")]
    assert leads(X, [ValueCondition("w", "vehicle", "present")], incidents=rows) == ["with"]
    assert leads(X, [ValueCondition("w", "vehicle", "present", without=True)], incidents=rows) == ["without"]


# ---- other reports -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rain", "expected"),
    [
        (report(900, 0, "2026-08-01 10:00:00", category="rain"), []),
        (report(900, 0, "2026-08-01 09:59:59", category="rain"), ["dry"]),
        (report(1001, 0, "2026-08-01 12:00:00", category="rain"), ["dry"]),
        (report(0, 0, "2026-08-02 10:00:01", category="rain"), ["dry"]),  # it rained afterwards
    ],
)
def test_without_another_looks_back_as_far_as_it_says(rain: dict[str, Any], expected: list[str]) -> None:
    condition = AnotherCondition("w", Records(("rain",)), at_most="km1", before="d1", without=True)
    rows = [report(0, 0, "2026-08-02 10:00", name="dry"), rain]
    assert leads(X, [condition], incidents=rows) == expected


def test_nobody_is_his_own_companion() -> None:
    condition = AnotherCondition("w", Records(("dumping",)), at_most="m100", before="d1", after="d1")
    assert leads(X, [condition], incidents=[report(0, 0)]) == []
    assert leads(X, [condition], incidents=[report(0, 0, name="a"), report(0, 0, name="b")]) == ["a", "b"]


def test_an_independent_companion_has_another_known_reporter() -> None:
    condition = AnotherCondition(
        "w", Records(("dumping",)), at_most="m100", before="any", after="any", independent=True
    )
    rows = [report(0, 0, name="a", reporter="p"), report(0, 0, name="b", reporter="p"), report(0, 0, name="c")]
    assert leads(X, [condition], incidents=rows) == []
    assert leads(X, [condition], incidents=[*rows, report(0, 0, name="d", reporter="q")]) == ["a", "b", "d"]


@pytest.mark.parametrize(("metres", "expected"), [(120_001, ["later"]), (119_990, [])])
def test_a_card_cannot_be_in_two_places(metres: float, expected: list[str]) -> None:
    condition = AnotherCondition("w", Records(("card_swipe",)), before="d1", same=("card",), faster_than="fast")
    swipes = [
        report(0, 0, "2026-08-01 10:00", name="first", attributes={"card": "k"}),
        report(metres, 0, "2026-08-01 11:00", name="later", attributes={"card": "K"}),
        report(metres, 0, "2026-08-01 11:00", name="another card", attributes={"card": "m"}),
    ]
    assert leads(Watch(category=("card_swipe",)), [condition], incidents=swipes) == expected


PLANTS = {
    "chemical": [{"id": "C", "at": (0, 0)}],
    "wash": [{"id": "W", "at": (5000, 0)}],
    "food": [{"id": "F", "at": (9000, 0)}],
}


@pytest.mark.parametrize(
    ("washed", "expected"),
    [
        ([], ["V1"]),
        ([report(5000, 0, "2026-08-01 11:00", attributes={"vehicle": "v1"})], []),
        ([report(5000, 0, "2026-08-01 11:00", attributes={"vehicle": "v2"})], ["V1"]),  # another tanker was washed
        ([report(5000, 0, "2026-08-01 12:30", attributes={"vehicle": "v1"})], ["V1"]),  # too late
    ],
)
def test_one_thing_after_another_and_nothing_in_between(washed: list[dict[str, Any]], expected: list[str]) -> None:
    stops = Records(("vehicle_stop",))
    at_food = PlaceCondition("where[0]", "within_distance", "food", at_most="m100")
    before = AnotherCondition(
        "where[1]",
        stops,
        before="d30",
        same=("vehicle",),
        where=(PlaceCondition("where[1].where[0]", "within_distance", "chemical", at_most="m100"),),
        between=stops,
        between_where=(PlaceCondition("where[1].between[0]", "within_distance", "wash", at_most="m100"),),
    )
    rows = [
        report(0, 0, "2026-08-01 10:00", attributes={"vehicle": "v1"}),
        report(9000, 0, "2026-08-01 12:00", attributes={"vehicle": "v1"}),
        *washed,
    ]
    group = Group("field", (ONCE,), field="vehicle")
    assert leads(Watch(category=("vehicle_stop",)), [at_food, before], group, PLANTS, rows) == expected


def test_another_near_an_area_is_measured_from_its_border() -> None:
    condition = AnotherCondition("w", Records(("dumping",)), at_most="m50", before="any", after="any", count="two")
    near, too_far, other = (report(*at, category="dumping") for at in ((150, 50), (150.1, 50), (50, 150)))
    assert leads(Watch(layer="zones"), [condition], ALONE, CHANGES, [near, other]) == ["Z"]
    assert leads(Watch(layer="zones"), [condition], ALONE, CHANGES, [too_far, other]) == []


# ---- what is usual -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("area", "expected"), [(69.9, ["now"]), (70.0, [])])
def test_the_usual_of_a_month_is_its_median_in_earlier_years(area: float, expected: list[str]) -> None:
    condition = UnusualCondition("w", "water_area_m2", "below", "most", "same_month", "name")
    years = [("2022", 100.0), ("2023", 110.0), ("2024", 90.0)]
    rows = [report(0, 0, f"{y}-08-05", name=y, attributes={"water_area_m2": v, "name": "L"}) for y, v in years]
    rows += [report(0, 0, "2025-09-05", attributes={"water_area_m2": 1.0, "name": "L"})]  # another month
    rows += [report(0, 0, "2026-08-05", name="now", attributes={"water_area_m2": area, "name": "L"})]
    assert leads(X, [condition], incidents=rows) == expected
    assert leads(X, [condition], incidents=rows[1:]) == []  # two years are no usual


def test_peers_are_the_others_of_the_same_place_and_period() -> None:
    condition = UnusualCondition("w", "amount_yuan", "above", "three", "peers", "name", "quarter")
    figures = (10, 11, 9, 10, 12, 40)
    rows = [
        report(0, 0, f"2026-08-0{k}", name=f"n{k}", attributes={"amount_yuan": v, "name": "L"})
        for k, v in enumerate(figures, 1)
    ]
    assert leads(X, [condition], incidents=rows) == ["n6"]
    elsewhere = [{**r, "attributes": {**r["attributes"], "name": "M"}} for r in rows[:2]]
    assert leads(X, [condition], incidents=[*elsewhere, *rows[2:]]) == []  # four peers are too few


# ---- groups and thresholds ---------------------------------------------------------------------------------


def test_a_cluster_is_linked_step_by_step_in_place_and_time() -> None:
    group = Group("cluster", (Threshold("t", "three", window="d30"),), size="m100", apart="d1")
    chain = [
        report(0, 0, "2026-08-01 10:00", name="first"),
        report(99, 0, "2026-08-01 12:00", name="second"),
        report(198, 0, "2026-08-02 11:00", name="third"),
        report(400, 0, "2026-08-02 11:00", name="apart"),
    ]
    assert leads(X, [], group, incidents=chain) == ["first"]
    late = [*chain[:2], {**chain[2], "on": "2026-08-02 12:00:01"}]
    assert leads(X, [], group, incidents=late) == []


def test_a_district_that_holds_the_report_needs_no_condition() -> None:
    districts = {"districts": [{"id": "D", "box": (-100, -100, 100, 100)}, {"id": "E", "box": (101, -100, 300, 100)}]}
    group = Group("districts", (Threshold("t", "two", window="d30"),))
    assert leads(X, [], group, districts, [report(0, 0), report(50, 0), report(200, 0)]) == ["D"]


def test_a_rate_is_set_against_the_group_s_own_past() -> None:
    districts = {"districts": [{"id": "D", "box": (-1000, -1000, 1000, 1000)}]}
    threshold = Threshold("t", "two", window="d30", times="three", baseline="year")
    group = Group("districts", (threshold,))
    recent = [report(0, 0, f"2026-08-0{d}") for d in (1, 2)]
    quiet = [report(0, 0, f"2026-0{m}-05") for m in (1, 3, 5)]  # one every sixty days
    assert leads(X, [], group, districts, [*recent, *quiet]) == ["D"]
    busy = [report(0, 0, f"2026-0{m}-{d}") for m in (1, 2, 3, 4) for d in ("05", "15", "25")]
    assert leads(X, [], group, districts, [*recent, *busy]) == []
    assert leads(X, [], group, districts, recent) == []  # nothing is known of its past


@pytest.mark.parametrize(
    ("threshold", "rows", "expected"),
    [
        (Threshold("t", "three", "day", "d30"), [report(10, 10, f"2026-08-0{d}") for d in (1, 2, 3)], ["cell"]),
        (Threshold("t", "three", "day", "d30"), [report(10, 10, f"2026-08-01 0{h}:00") for h in (1, 2, 3)], []),
        (Threshold("t", "two", "field:vehicle"), [report(10, 10, attributes={"vehicle": v}) for v in "ab"], ["cell"]),
        (Threshold("t", "two", "field:vehicle"), [report(10, 10, attributes={"vehicle": v}) for v in "aa"], []),
        (
            Threshold("t", "one", window="d30", sum="ten", sum_field="volume_m3"),
            [report(10, 10, f"2026-08-0{d}", attributes={"volume_m3": 5}) for d in (1, 2)],
            ["cell"],
        ),
        (
            Threshold("t", "one", window="d30", sum="ten", sum_field="volume_m3"),
            [report(10, 10, f"2026-08-0{d}", attributes={"volume_m3": 4.9}) for d in (1, 2)],
            [],
        ),
        (
            Threshold("t", "two", window="d30", share="half", share_having=Having(evidence=("photo",))),
            [report(10, 10, evidence=["photo"]), report(10, 10)],
            ["cell"],
        ),
        (
            Threshold("t", "two", window="d30", share="half", share_having=Having(evidence=("photo",))),
            [report(10, 10, evidence=["photo"]), report(10, 10), report(10, 10)],
            [],  # what happened at one moment lies in one window
        ),
        (
            Threshold("t", "three", few="one", few_field="licence"),
            [report(10, 10, attributes={"licence": "L"}) for _ in range(3)],
            ["cell"],
        ),
        (
            Threshold("t", "one", having=Having(field="count", op=">=", number="ten")),
            [report(10, 10, attributes={"count": 9})],
            [],
        ),
        (Threshold("t", "one", having=Having(source=("patrol",))), [report(10, 10, source="hotline")], []),
    ],
)
def test_a_threshold_counts_what_it_says(threshold: Threshold, rows: list[dict[str, Any]], expected: list[str]) -> None:
    assert leads(X, [], Group("cell", (threshold,), size="m200"), incidents=rows) == expected


def test_many_shops_on_few_licences_are_counted_together_in_whatever_order() -> None:
    shops = [{"id": f"S{k}", "at": (k, 0), "properties": {"licence": "L" if k < 3 else "M"}} for k in range(6)]
    one = Group("cluster", (Threshold("t", "three", few="one", few_field="licence"),), size="m100")
    two = Group("cluster", (Threshold("t", "three", few="two", few_field="licence"),), size="m100")
    assert leads(Watch(layer="shops"), [], one, {"shops": shops}) == []  # six shops on two licences, all at one moment
    assert leads(Watch(layer="shops"), [], two, {"shops": shops}) == ["S0"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1, True),
        (1.0, 10, False),
        ("7.0", 7, True),
        ("12.50", "1250", True),
        ("V1.0", "V10", True),
        (1.5, 15, True),
    ],
)
def test_a_number_is_the_same_identifier_however_a_file_wrote_it(one: object, other: object, same: bool) -> None:
    assert (same_id(one) == same_id(other)) is same
    assert same_ids([one, other]) == [same_id(one), same_id(other)]
