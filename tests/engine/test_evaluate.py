"""What a model's words do to a small world: places in metres around a point near Lhasa."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.hit import Subject
from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import Datum, LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.evaluate import Evaluation, evaluate
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.supervision.model import (
    Condition,
    Group,
    HoursCondition,
    LeadTemplate,
    Number,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    ValueCondition,
    Watch,
)

CENTRE = LonLat(91.1, 29.65)
ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 9, 1, 4, 0, tzinfo=UTC)
PER_LON, PER_LAT = metres_per_degree(CENTRE.lat)


def at(east: float, north: float) -> tuple[float, float]:
    return CENTRE.lon + east / PER_LON, CENTRE.lat + north / PER_LAT


def incident(name: str, east: float, north: float, when: datetime = NOON, **other: object) -> Incident:
    lon, lat = at(east, north)
    values: dict[str, object] = {
        "feed": "t",
        "source_id": name,
        "source": "hotline",
        "category": "dumping",
        "text": "",
        "occurred": when,
        "reported": when,
        "lon": lon,
        "lat": lat,
        "accuracy_m": 10.0,
        "datum": Datum.WGS84,
        "origin": Origin("f", "h", 2),
    }
    return Incident(**(values | other))  # type: ignore[arg-type]


def feature(layer: str, name: str, shape: shapely.Geometry | None, **other: object) -> Feature:
    if shape is not None:
        shape = shapely.transform(shape, lambda xy: [at(x, y) for x, y in xy])
    return Feature(layer, name, Words(name, name), shape, **other)  # type: ignore[arg-type]


def layers(*features: Feature, empty: Sequence[str] = ()) -> dict[str, LayerColumns]:
    names = {f.layer for f in features} | set(empty)
    return {n: LayerColumns.of(n, f"{n}@1", [f for f in features if f.layer == n]) for n in names}


def model(
    *where: Condition,
    by: str = "record",
    count: int = 1,
    window: str = "",
    distinct: str = "",
    watch: Watch | None = None,
    reach: float | None = None,
    size: float | None = None,
    status: str = "active",
    **lengths: float,
) -> SupervisionModel:
    numbers = {k: Number(k, v, "m", "proposal") for k, v in lengths.items()}
    numbers["count"] = Number("count", count, "", "proposal")
    if window:
        numbers["window"] = Number("window", float(window.split()[0]), window.split()[1], "proposal")
    if reach is not None:
        numbers["reach"] = Number("reach", reach, "m", "proposal")
    if size is not None:
        numbers["size"] = Number("size", size, "m", "proposal")
    threshold = Threshold("group.any[0]", "count", distinct, "window" if window else "")  # type: ignore[arg-type]
    return SupervisionModel(
        id="T-001",
        version=1,
        status=status,
        title=Words("试", "try"),
        track="public_interest",
        domain="river",
        urgency="low",
        watch=watch or Watch(category=("dumping",)),
        where=where,
        group=Group(by, (threshold,), size="size" if size else "", reach="reach" if reach is not None else ""),
        numbers=numbers,
        lead=LeadTemplate(by, (), (), (), Words("", "")),
        cases=(),
    )


def run(m: SupervisionModel, incidents: Sequence[Incident], world: dict[str, LayerColumns]) -> Evaluation:
    return evaluate([m], IncidentColumns.of(incidents), world, as_of=NOON, centre=CENTRE, zone=ZONE)


def subjects(result: Evaluation) -> list[Subject]:
    return [m.subject for m in result.matters]


RIVER = feature("rivers", "R1", shapely.LineString([(-2000, 0), (2000, 0)]))
ZONE_OF_R1 = feature("zones", "Z1", shapely.box(-1000, -50, 1000, 50), parent="R1")


def test_a_report_within_the_distance_is_a_hit_and_one_ten_centimetres_beyond_is_not() -> None:
    m = model(PlaceCondition("where[0]", "nearest", "rivers", "bank"), by="rivers", bank=50.0)
    assert subjects(run(m, [incident("a", 0, 49.9)], layers(RIVER))) == [Subject("rivers", "R1")]
    assert subjects(run(m, [incident("a", 0, 50.1)], layers(RIVER))) == []


def test_a_report_where_a_permit_was_valid_that_day_is_not_a_hit_and_the_day_after_it_ended_is() -> None:
    m = model(
        PlaceCondition("where[0]", "within", "zones"),
        PlaceCondition("where[1]", "within", "permits", valid="on_occurrence", without=True),
        by="rivers",
    )
    permit = feature(
        "permits", "P1", shapely.box(-100, -100, 100, 100), valid_from=date(2026, 1, 1), valid_to=date(2026, 9, 1)
    )
    world = layers(RIVER, ZONE_OF_R1, permit)
    last_minute = datetime(2026, 9, 1, 15, 59, tzinfo=UTC)  # 23:59 in Lhasa
    assert subjects(run(m, [incident("a", 0, 10, last_minute)], world)) == []
    assert subjects(run(m, [incident("a", 0, 10, last_minute + timedelta(minutes=1))], world)) == [
        Subject("rivers", "R1")
    ]
    assert subjects(run(m, [incident("a", 500, 10, last_minute)], world)) == [Subject("rivers", "R1")]


def test_without_any_permit_loaded_the_model_waits_but_an_empty_register_is_an_answer() -> None:
    m = model(
        PlaceCondition("where[0]", "within", "zones"),
        PlaceCondition("where[1]", "within", "permits", without=True),
        by="rivers",
    )
    waiting = run(m, [incident("a", 0, 10)], layers(RIVER, ZONE_OF_R1))
    assert waiting.waiting == {"T-001": ("permits",)} and not waiting.matters
    assert len(run(m, [incident("a", 0, 10)], layers(RIVER, ZONE_OF_R1, empty=["permits"])).matters) == 1


def test_hits_in_a_zone_are_counted_over_the_reach_that_the_zone_belongs_to() -> None:
    m = model(PlaceCondition("where[0]", "within", "zones"), by="rivers", count=2, window="30 d")
    other = feature("zones", "Z2", shapely.box(1000, -50, 1500, 50), parent="R1")
    result = run(
        m, [incident("a", 0, 10), incident("b", 1200, 10, NOON + timedelta(days=30))], layers(RIVER, ZONE_OF_R1, other)
    )
    assert subjects(result) == [Subject("rivers", "R1")] and len(result.matters[0].records) == 2


def test_reports_between_two_schools_count_for_both() -> None:
    schools = [feature("schools", n, shapely.Point(x, 0)) for n, x in (("S1", -100), ("S2", 100))]
    m = model(
        PlaceCondition("where[0]", "within_distance", "schools", "near"),
        by="schools",
        count=3,
        window="60 d",
        near=200.0,
    )
    reports = [incident(f"{k}", x, 0, NOON + timedelta(days=k)) for k, x in enumerate((-50, 0, 50))]
    assert subjects(run(m, reports, layers(*schools))) == [Subject("schools", "S1"), Subject("schools", "S2")]


def test_an_expired_licence_near_a_school_is_found_without_any_report() -> None:
    m = model(
        PlaceCondition("where[0]", "within_distance", "schools", "near"),
        watch=Watch(layer="shops", valid="expired_on_day"),
        near=200.0,
    )
    world = layers(
        feature("schools", "S1", shapely.Point(0, 0)),
        feature("shops", "B1", shapely.Point(150, 0), valid_to=date(2026, 8, 31)),
        feature("shops", "B2", shapely.Point(150, 20), valid_to=date(2026, 9, 1)),
        feature("shops", "B3", shapely.Point(250, 0), valid_to=date(2026, 1, 1)),
        feature("shops", "B4", None, valid_to=date(2026, 1, 1)),
    )
    result = run(m, [], world)
    assert subjects(result) == [Subject("shops", "B1")] and result.matters[0].records == ("shops/B1",)


def test_hours_and_seasons_are_those_of_the_city_not_of_the_server() -> None:
    noon = model(HoursCondition("where[0]", ((11 * 60, 13 * 60),)))
    one = incident("a", 0, 0, datetime(2026, 9, 1, 3, 0, tzinfo=UTC))  # 11:00 in Lhasa
    assert len(run(noon, [one], {}).matters) == 1
    assert run(noon, [replace(one, occurred=datetime(2026, 9, 1, 5, 0, tzinfo=UTC))], {}).matters == []  # 13:00
    night = model(HoursCondition("where[0]", ((22 * 60, 6 * 60),)))
    assert len(run(night, [replace(one, occurred=datetime(2026, 9, 1, 21, 59, tzinfo=UTC))], {}).matters) == 1  # 05:59
    spring = model(SeasonCondition("where[0]", (3, 1), (6, 30)))
    assert len(run(spring, [replace(one, occurred=datetime(2026, 6, 30, 15, 59, tzinfo=UTC))], {}).matters) == 1
    assert (
        run(spring, [replace(one, occurred=datetime(2026, 6, 30, 16, 0, tzinfo=UTC))], {}).matters == []
    )  # 1 July there
    winter = model(SeasonCondition("where[0]", (11, 1), (2, 29)))
    assert len(run(winter, [replace(one, occurred=datetime(2028, 2, 29, 4, 0, tzinfo=UTC))], {}).matters) == 1


def test_a_figure_that_a_report_does_not_have_does_not_meet_a_limit() -> None:
    m = replace(
        model(ValueCondition("where[0]", "volume", ">=", "least")),
        numbers={"least": Number("least", 10, "", "proposal"), "count": Number("count", 1, "", "proposal")},
    )
    rows = [
        incident("a", 0, 0, attributes={"volume": 10}),
        incident("b", 0, 0, attributes={"volume": "9.9"}),
        incident("c", 0, 0),
    ]
    columns = IncidentColumns.of(rows, attributes=["volume"])
    result = evaluate([m], columns, {}, as_of=NOON, centre=CENTRE, zone=ZONE)
    assert [x.records for x in result.matters] == [(rows[0].id,)]


def test_reports_in_one_cell_are_counted_together_and_the_cell_does_not_move_with_the_data() -> None:
    m = model(by="cell", count=2, window="30 d", size=300.0)
    a, b, c = incident("a", 10, 10), incident("b", 290, 290), incident("c", 310, 10)
    assert subjects(run(m, [a, b, c], {})) == [Subject("cell:300m", "0:0")]
    assert subjects(run(m, [a, b], {})) == [Subject("cell:300m", "0:0")]


def test_a_trial_model_runs_and_a_draft_does_not() -> None:
    assert len(run(model(status="trial"), [incident("a", 0, 0)], {}).matters) == 1
    assert run(model(status="draft"), [incident("a", 0, 0)], {}).matters == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-1500, 1500), st.integers(-80, 80), st.integers(0, 60), st.integers(0, 3)), max_size=20
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_reports_and_features_changes_nothing(
    rows: list[tuple[int, int, int, int]], rng: random.Random
) -> None:
    m = model(
        PlaceCondition("where[0]", "nearest", "rivers", "bank"),
        by="rivers",
        count=2,
        window="20 d",
        distinct="reporter",
        bank=60.0,
    )
    reaches = [
        feature("rivers", f"R{k}", shapely.LineString([(k * 500 - 1500, 0), (k * 500 - 1000, 0)])) for k in range(6)
    ]
    reports = [
        incident(f"{k}", e, n, NOON + timedelta(days=d), reporter=f"p{who}") for k, (e, n, d, who) in enumerate(rows)
    ]
    before = run(m, reports, layers(*reaches)).matters
    rng.shuffle(reports)
    rng.shuffle(reaches)
    assert run(m, reports, layers(*reaches)).matters == before
