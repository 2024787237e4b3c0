"""Zones drawn in true metres."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.layer import Derived, Feature, LayerVersion
from geo_monitor.domain.words import Words
from geo_monitor.reading.zones import around, derive_zones
from layers.rivers import LAYER, MANAGEMENT_ZONES

GEOD = Geod(ellps="WGS84")
AT = datetime(2026, 11, 1, tzinfo=UTC)
VERSION = LayerVersion("rivers", "r.geojson", "h", "合成", "", AT, "WGS84", 1)


def metres(line: BaseGeometry, place: tuple[float, float]) -> float:
    """The least geodesic distance from a place to a line, by trying its vertices, ever closer: no code of ours."""
    points = shapely.get_coordinates(shapely.segmentize(line, 0.0001))
    for _ in range(2):
        away = GEOD.inv(*points.T, np.full(len(points), place[0]), np.full(len(points), place[1]))[2]
        k = int(np.argmin(away))
        around_it = points[max(0, k - 1) : k + 2]
        points = shapely.get_coordinates(shapely.segmentize(LineString(around_it), 0.0000005))
    return float(np.min(away))


def reach(geometry: BaseGeometry, fid: str = "R1", **properties: object) -> Feature:
    return Feature(
        "rivers", fid, Words("合成河", "Synthetic"), geometry, properties, date(2024, 1, 1), None, accuracy_m=30
    )


@settings(max_examples=20, deadline=None)
@given(
    st.floats(-60, 60),
    st.floats(-170, 170),
    st.lists(st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)), min_size=1, max_size=5, unique=True),
    st.sampled_from([10.0, 50.0, 300.0]),
)
def test_the_border_of_a_zone_lies_its_width_away_from_the_line(
    lat: float, lon: float, steps: list[tuple[float, float]], width: float
) -> None:
    line = LineString(np.cumsum([(lon, lat), *[(a + 0.001, b) for a, b in steps]], axis=0))
    border = shapely.get_coordinates(around(line, width))
    for place in border[:: max(1, len(border) // 12)]:
        assert width * 0.999 - 0.005 <= metres(line, tuple(place)) <= width + 0.005


def test_a_shallow_bend_is_not_straightened_out() -> None:
    """GEOS straightens bends below a hundredth of the width before it draws a border: here 0.45 m of 50 m."""
    bend = LineString([(91.0, 29.65), (91.001, 29.650004), (91.002, 29.65)])
    zone = around(bend, 50.0)
    below = min(
        shapely.get_coordinates(
            shapely.intersection(zone.exterior, LineString([(91.001, 29.6), (91.001, 29.65)]))
        ).tolist()
    )
    assert GEOD.inv(91.001, 29.650004, *below)[2] == pytest.approx(50.0, abs=0.02)


def test_a_long_line_has_one_zone_without_gaps() -> None:
    line = LineString([(90.0, 29.5), (91.0, 29.7), (92.0, 29.6), (92.9, 31.0)])
    zone = around(line, 50.0)
    assert zone.geom_type == "Polygon"
    assert not zone.interiors
    length = GEOD.geometry_length(line)
    area = abs(GEOD.geometry_area_perimeter(zone)[0])
    assert area == pytest.approx(100 * length + math.pi * 50**2, rel=0.001)


def test_around_a_point_it_is_a_circle_on_the_ground_and_no_circle_of_degrees() -> None:
    west, south, east, north = around(Point(91.1, 29.65), 100.0).bounds
    assert GEOD.inv(west, 29.65, east, 29.65)[2] == pytest.approx(200, abs=0.05)
    assert GEOD.inv(91.1, south, 91.1, north)[2] == pytest.approx(200, abs=0.05)
    assert east - west > north - south


def test_around_a_polygon_the_polygon_itself_belongs_to_the_zone() -> None:
    site = Polygon(
        [(91.1, 29.65), (91.12, 29.65), (91.12, 29.67), (91.1, 29.67)],
        [[(91.105, 29.655), (91.115, 29.655), (91.11, 29.665)]],
    )
    zone = around(site, 20.0)
    assert zone.covers(site)
    assert len(zone.interiors) == 1


def test_each_parent_has_a_zone_marked_derived_with_its_width_and_basis() -> None:
    line = LineString([(91.0, 29.65), (91.01, 29.65)])
    version, zones = derive_zones(
        MANAGEMENT_ZONES, [reach(line, "R2", management_width_m=10), reach(line)], AT, VERSION
    )
    assert [z.id for z in zones] == ["R1", "R2"]
    assert all(
        z.derived and z.parent == z.id and z.valid_from == date(2024, 1, 1) and z.accuracy_m == 30 for z in zones
    )
    assert [z.properties["width_m"] for z in zones] == [50.0, 10.0]
    assert zones[0].properties["basis"] == "proposal"
    assert zones[0].geometry.covers(zones[1].geometry)  # type: ignore[union-attr]
    assert version.layer == "river_management_zones"
    assert "50 m; basis: proposal" in version.notes[0]


def test_no_place_or_no_width_no_zone() -> None:
    line = LineString([(91.0, 29.65), (91.01, 29.65)])
    _, zones = derive_zones(MANAGEMENT_ZONES, [reach(line, management_width_m=0)], AT, VERSION)
    assert zones == []


def test_the_same_parents_give_the_same_version_and_another_rule_another_one() -> None:
    from dataclasses import replace

    first, _ = derive_zones(MANAGEMENT_ZONES, [], AT, VERSION)
    again, _ = derive_zones(MANAGEMENT_ZONES, [], datetime(2027, 1, 1, tzinfo=UTC), VERSION)
    wider, _ = derive_zones(replace(MANAGEMENT_ZONES, derived=Derived(60.0)), [], AT, VERSION)
    assert first.id == again.id != wider.id


def test_a_layer_without_a_rule_derives_nothing() -> None:
    with pytest.raises(ValueError, match="no rule"):
        derive_zones(LAYER, [], AT, VERSION)
