"""Where a model is not to flag for a while, and who said so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, Point, Polygon, box

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.place import Box, LonLat
from geo_monitor.errors import CallError, NotFoundError, RefusedError
from geo_monitor.services.exceptions import Place, area_m2, circle, end, exempt, latest_end, rectangle
from geo_monitor.services.ports import Store
from geo_monitor.supervision.load import LIBRARY, load_model
from tests.fakes import MemoryStore
from tests.store.made import LHASA, T0

MODELS = {"RIV-001": load_model(LIBRARY / "river" / "RIV-001.yaml")}
CITY = Box(90.0, 29.0, 92.0, 30.5)
TODAY = date(2026, 3, 1)
HERE = circle(LonLat(*LHASA), 200.0)
GLOBE = Geod(ellps="WGS84")


@pytest.fixture
def store() -> Store:
    return MemoryStore()


def made(store: Store, **changes: Any) -> Exemption:
    said: dict[str, Any] = {
        "model_id": "RIV-001",
        "place": HERE,
        "from_day": TODAY,
        "until_day": date(2026, 9, 30),
        "author": "zhao",
        "reason": "清淤工程，已经批准",
        "at": T0,
        "today": TODAY,
        "city": CITY,
    }
    return exempt(store, MODELS, **(said | changes))


def kept(store: Store) -> list[Exemption]:
    with store.reading() as records:
        return records.exceptions()


# ---- where -------------------------------------------------------------------------------------------------


@given(
    lat=st.floats(-60, 60),
    radius=st.floats(1.0, 50_000.0),
    bearing=st.floats(0, 360),
)
def test_a_drawn_circle_holds_all_within_its_radius_and_next_to_nothing_outside(
    lat: float, radius: float, bearing: float
) -> None:
    area = circle(LonLat(91.0, lat), radius).area
    inside = GLOBE.fwd(91.0, lat, bearing, radius * 0.99999)[:2]
    outside = GLOBE.fwd(91.0, lat, bearing, radius * 1.0003)[:2]
    assert area.covers(Point(inside))
    assert not area.covers(Point(outside))
    assert area_m2(area) == pytest.approx(np.pi * radius**2, rel=1e-3)


def test_a_circle_keeps_its_centre_and_radius(store: Store) -> None:
    made(store)
    [found] = kept(store)
    assert (found.centre, found.radius_m) == (LonLat(*LHASA), 200.0)


@pytest.mark.parametrize("radius", [0.0, -5.0, 50_001.0, float("nan"), float("inf")])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(CallError, match="radius"):
        circle(LonLat(*LHASA), radius)


@pytest.mark.parametrize(
    "bounds", [(91.2, 29.0, 91.1, 30.0), (91.0, 30.0, 91.1, 30.0), (91.0, float("nan"), 91.1, 30.0)]
)
def test_a_box_with_its_sides_exchanged_is_refused(bounds: tuple[float, float, float, float]) -> None:
    with pytest.raises(CallError, match="west,south,east,north"):
        rectangle(Box(*bounds))


@pytest.mark.parametrize(
    ("area", "said"),
    [
        (Point(*LHASA), "Point"),
        (LineString([(91.0, 29.5), (91.1, 29.6)]), "LineString"),
        (Polygon(), "Polygon"),
        (Polygon([(91.0, 29.5), (91.1, 29.6), (91.1, 29.5), (91.0, 29.6)]), "Self-intersection"),
    ],
)
def test_what_is_no_area_excepts_nothing(store: Store, area: Any, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        made(store, place=Place(area))
    assert kept(store) == []


def test_a_place_outside_the_city_is_refused_and_one_on_its_border_is_not(store: Store) -> None:
    with pytest.raises(RefusedError, match="longitude first"):
        made(store, place=circle(LonLat(29.65, 91.12 - 60), 100.0))
    assert made(store, place=Place(box(91.9, 29.5, 92.3, 29.6))).radius_m == 0.0


# ---- how long ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"from_day": date(2026, 4, 2), "until_day": date(2026, 4, 1)}, "cannot end on 2026-04-01"),
        ({"from_day": date(2025, 1, 1), "until_day": date(2026, 2, 28)}, "2026-02-28 is past"),
        ({"until_day": date(2028, 3, 2)}, "ends by 2028-03-01 at the latest"),
    ],
)
def test_an_exception_has_an_end_that_makes_sense(store: Store, days: dict[str, date], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        made(store, **days)


def test_an_exception_lasts_from_one_day_to_two_years(store: Store) -> None:
    made(store, until_day=TODAY)
    made(store, until_day=date(2028, 3, 1))
    made(store, from_day=date(2025, 12, 1), until_day=TODAY)
    assert len(kept(store)) == 3
    assert latest_end(date(2024, 2, 29)) == date(2026, 2, 28)


# ---- who, why ----------------------------------------------------------------------------------------------


def test_an_exception_keeps_its_author_its_reason_and_its_place(store: Store) -> None:
    said = made(store, reason="  清淤工程，已经批准 ")
    assert kept(store) == [said]
    assert (said.model, said.author, said.reason) == ("RIV-001", "zhao", "清淤工程，已经批准")
    assert said.area.covers(Point(*LHASA))
    assert shapely.equals(said.area, HERE.area)
    assert said.in_force(TODAY) and said.in_force(date(2026, 9, 30))
    assert not said.in_force(TODAY - timedelta(days=1)) and not said.in_force(date(2026, 10, 1))


def test_said_twice_it_is_one_exception(store: Store) -> None:
    first = made(store)
    assert made(store, at=T0 + timedelta(days=1)) == first
    assert kept(store) == [first]
    assert made(store, reason="另一处工程，已经批准").id != first.id


@pytest.mark.parametrize("reason", ["", "  ", "ok"])
def test_an_exception_needs_a_reason(store: Store, reason: str) -> None:
    with pytest.raises(RefusedError, match="reason"):
        made(store, reason=reason)


def test_an_exception_from_an_unknown_model_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"no model named 'RIV-9'; there are: RIV-001"):
        made(store, model_id="RIV-9")


def test_an_exception_is_taken_back_once_with_a_reason(store: Store) -> None:
    said = made(store)
    later = T0 + timedelta(days=5)
    with pytest.raises(RefusedError, match="reason"):
        end(store, said.id, "smith", later, " ")
    ended = end(store, said.id, "smith", later, "工程已经完工 ")
    assert (ended.ended, ended.ended_by, ended.ended_reason) == (later, "smith", "工程已经完工")
    assert kept(store) == [ended]
    assert not ended.in_force(TODAY)
    with pytest.raises(RefusedError, match="already"):
        end(store, said.id, "smith", later, "工程已经完工")
    with pytest.raises(NotFoundError, match="no exception named 'E0'"):
        end(store, "E0", "smith", later, "工程已经完工")
