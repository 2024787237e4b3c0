"""Coordinates of every system that offices use, and back."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely.geometry import LineString, Point

from geo_monitor.domain.place import Datum
from geo_monitor.errors import FileError
from geo_monitor.reading.datum import (
    CHINA_EAST,
    CHINA_NORTH,
    CHINA_SOUTH,
    CHINA_WEST,
    Reference,
    bd09_to_gcj02,
    bd09_to_wgs84,
    crs_reference,
    datum_of,
    declared,
    find_reference,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    in_china,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

# The whole rectangle, its edges included.
IN_CHINA = st.tuples(st.floats(CHINA_WEST, CHINA_EAST), st.floats(CHINA_SOUTH, CHINA_NORTH))
Way = Callable[..., tuple[Any, Any]]


@given(IN_CHINA)
def test_from_wgs84_to_gcj02_and_back_ends_where_it_began(place: tuple[float, float]) -> None:
    back = gcj02_to_wgs84(*wgs84_to_gcj02(*place))
    assert np.abs(np.array(back) - place).max() <= 1e-9


@given(IN_CHINA)
def test_from_gcj02_to_bd09_and_back_ends_where_it_began(place: tuple[float, float]) -> None:
    back = bd09_to_gcj02(*gcj02_to_bd09(*place))
    assert np.abs(np.array(back) - place).max() <= 1e-9


@given(IN_CHINA)
def test_a_baidu_place_comes_to_wgs84_by_the_reference_as_by_the_two_steps(place: tuple[float, float]) -> None:
    reference = find_reference("BD09")
    assert isinstance(reference, Reference)
    there = gcj02_to_bd09(*wgs84_to_gcj02(*place))
    assert np.abs(np.array(reference.to_wgs84(*there)) - place).max() <= 1e-9
    assert np.array_equal(reference.from_wgs84(*place), there)


@given(st.lists(IN_CHINA, min_size=1, max_size=20))
def test_many_places_at_once_are_converted_as_each_alone(places: list[tuple[float, float]]) -> None:
    lon, lat = (np.array(v) for v in zip(*places, strict=True))
    together = gcj02_to_wgs84(lon, lat)
    alone = [gcj02_to_wgs84(x, y) for x, y in places]
    assert np.array_equal(np.column_stack(together), np.array(alone))


def test_the_shifts_are_those_of_the_published_code() -> None:
    """Values that wandergis/coordtransform prints for 116.404, 39.915."""
    assert wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)
    assert gcj02_to_bd09(116.404, 39.915) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-12)


def test_at_lhasa_the_shift_is_336_metres_and_that_of_baidu_about_850() -> None:
    geod = Geod(ellps="WGS84")
    place = (91.117, 29.6578)
    gcj = wgs84_to_gcj02(*place)
    assert geod.inv(*place, *gcj)[2] == pytest.approx(336, abs=2)
    assert geod.inv(*place, *gcj02_to_bd09(*gcj))[2] == pytest.approx(850, abs=60)


@pytest.mark.parametrize("there", [wgs84_to_gcj02, wgs84_to_bd09])
@pytest.mark.parametrize("back", [gcj02_to_wgs84, bd09_to_wgs84])
@pytest.mark.parametrize("place", [(-87.65, 41.85), (2.35, 48.86), (140.0, 36.0), (105.0, -6.2), (91.2, 60.0), (0, 90)])
def test_outside_china_nothing_is_shifted(there: Way, back: Way, place: tuple[float, float]) -> None:
    assert there(*place) == place
    assert back(*place) == place


@pytest.mark.parametrize(("there", "back"), [(wgs84_to_gcj02, gcj02_to_wgs84), (wgs84_to_bd09, bd09_to_wgs84)])
def test_all_of_china_comes_back_to_a_ten_millionth_of_a_degree(there: Way, back: Way) -> None:
    """A dense grid, shaken so that it meets no period of the formula, and the edge of the rectangle itself."""
    rng = np.random.default_rng(4)
    lon, lat = np.meshgrid(np.linspace(CHINA_WEST, CHINA_EAST, 640), np.linspace(CHINA_SOUTH, CHINA_NORTH, 560))
    edge = (lon == CHINA_WEST) | (lon == CHINA_EAST) | (lat == CHINA_SOUTH) | (lat == CHINA_NORTH)
    shaken = rng.uniform(-0.04, 0.04, (2, *lon.shape)) * ~edge
    lon = np.clip(lon + shaken[0], CHINA_WEST, CHINA_EAST)
    lat = np.clip(lat + shaken[1], CHINA_SOUTH, CHINA_NORTH)
    found = np.array(back(*there(lon, lat)))
    assert found.shape == (2, 560, 640)
    assert np.abs(found - [lon, lat]).max() <= 1e-7


@pytest.mark.prove
def test_a_million_places_of_china_come_back_and_how_long_that_takes() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(CHINA_WEST, CHINA_EAST, 10**6), rng.uniform(CHINA_SOUTH, CHINA_NORTH, 10**6)
    for name, there, back in (("GCJ-02", wgs84_to_gcj02, gcj02_to_wgs84), ("BD-09", wgs84_to_bd09, bd09_to_wgs84)):
        start = time.perf_counter()
        shifted = there(lon, lat)
        half = time.perf_counter()
        worst = np.abs(np.array(back(*shifted)) - [lon, lat]).max()
        end = time.perf_counter()
        print(f"\n{name}: 10^6 places at most {worst:.1e}° off; there {half - start:.2f} s, back {end - half:.2f} s")
        assert worst <= 1e-7


def test_the_edge_of_the_rectangle_is_shifted_and_a_step_outside_is_not() -> None:
    assert in_china([CHINA_WEST, CHINA_EAST], [CHINA_SOUTH, CHINA_NORTH]).all()
    assert wgs84_to_gcj02(CHINA_EAST, 30.0)[0] != CHINA_EAST
    assert wgs84_to_gcj02(CHINA_EAST + 1e-9, 30.0) == (CHINA_EAST + 1e-9, 30.0)


def test_what_is_no_number_stays_none() -> None:
    lon, lat = gcj02_to_wgs84([np.nan, np.inf, 91.1], [29.6, 29.6, np.nan])
    assert not (np.isfinite(lon) & np.isfinite(lat)).any()


def test_cgcs2000_is_taken_as_wgs84() -> None:
    reference = find_reference("CGCS2000")
    assert isinstance(reference, Reference)
    assert reference.to_wgs84(91.117, 29.6578) == (91.117, 29.6578)
    assert reference.datum is Datum.CGCS2000


@pytest.mark.parametrize("code", [4534, 4540, 4554, *range(4502, 4534, 8), 4491])
def test_a_zone_of_cgcs2000_and_back(code: int) -> None:
    """Zones of three and of six degrees, with and without their number before the easting: on the central meridian the
    easting is the false one, 3° of it away the ellipsoid's own distance, and nothing is lost on the way back."""
    zone = find_reference(crs=f"EPSG:{code}")
    assert isinstance(zone, Reference)
    assert (zone.datum, zone.geographic) == (Datum.CGCS2000, False)
    parameters = CRS.from_epsg(code).coordinate_operation.params  # type: ignore[union-attr]
    false_easting = next(p.value for p in parameters if p.name == "False easting")
    meridian = next(p.value for p in parameters if p.name == "Longitude of natural origin")
    x, y = zone.from_wgs84(meridian, 29.65)
    assert float(x) == pytest.approx(false_easting, abs=1e-3)
    # The meridian's arc on GRS 80 from the equator (no scale on the central meridian of these zones).
    assert float(y) == pytest.approx(Geod(ellps="GRS80").inv(meridian, 0, meridian, 29.65)[2], abs=1e-3)
    places = np.array([[meridian - 1.4, meridian + 0.3, meridian + 1.4], [22.0, 29.65, 45.0]])
    assert np.abs(np.array(zone.to_wgs84(*zone.from_wgs84(*places))) - places).max() < 1e-9


def test_the_degrees_of_cgcs2000_by_their_number_are_taken_as_wgs84() -> None:
    for code in (4490, 4480):
        reference = find_reference(crs=f"EPSG:{code}")
        assert isinstance(reference, Reference)
        assert reference.datum is Datum.CGCS2000
        assert np.allclose(reference.to_wgs84(91.117, 29.6578), (91.117, 29.6578), atol=1e-12, rtol=0)


@pytest.mark.parametrize("code", [4610, 2343, 4555])
def test_a_system_whose_way_to_wgs84_nobody_published_is_refused(code: int) -> None:
    """Xian 1980 and New Beijing: a silent guess would be tens of metres off and look right."""
    assert "it does not know how" in str(crs_reference(f"EPSG:{code}"))


def test_beijing_1954_is_a_place_only_where_its_way_to_wgs84_is_published() -> None:
    reference = crs_reference("EPSG:4214")
    assert isinstance(reference, Reference)
    lon, lat = reference.to_wgs84([83.0, 91.1], [40.0, 29.65])
    assert np.isfinite(lon).tolist() == np.isfinite(lat).tolist() == [True, False]
    assert Geod(ellps="WGS84").inv(83.0, 40.0, lon[0], lat[0])[2] == pytest.approx(50, abs=15)


def test_feet_of_illinois_become_degrees() -> None:
    """A complaint of Chicago carries both: 1165166.5 1872509.0 US feet are 41.80576, -87.66976."""
    reference = find_reference(crs="EPSG:3435")
    assert isinstance(reference, Reference)
    lon, lat = reference.to_wgs84(1165166.51552093, 1872509.02087899)
    assert (float(lon), float(lat)) == pytest.approx((-87.66975672568209, 41.80576343586902), abs=1e-7)


def test_east_comes_first_also_where_the_authority_writes_north_first() -> None:
    """EPSG:4490 and EPSG:4540 put latitude and northing first; files do not."""
    zone = find_reference(crs="EPSG:4540")
    assert isinstance(zone, Reference)
    lon, lat = zone.to_wgs84(500_000.0, 3_281_000.0)
    assert float(lon) == pytest.approx(93.0, abs=1e-6)
    assert 29 < float(lat) < 30


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("wgs84", Datum.WGS84), ("WGS-84", Datum.WGS84), ("EPSG:4326", Datum.WGS84), ("国家2000", Datum.CGCS2000),
        ("GCJ-02", Datum.GCJ02), ("火星坐标系", Datum.GCJ02), ("高德", Datum.GCJ02),
        ("bd-09", Datum.BD09), ("百度", Datum.BD09),
        ("西安80", None), ("", None),
    ],
)  # fmt: skip
def test_a_datum_is_known_as_people_write_it(written: str, meant: Datum | None) -> None:
    assert datum_of(written) is meant


@pytest.mark.parametrize(
    ("datum", "crs", "said"),
    [
        ("", "", "must be declared"),
        ("Xian80", "", "one of WGS84, CGCS2000, GCJ02, BD09"),
        ("", "EPSG:999999", "an EPSG number that PROJ knows"),
        ("", "3435", "EPSG:n"),
        ("WGS84", "EPSG:4326", "not both"),
    ],
)
def test_a_system_that_is_not_known_is_told_to_the_person_who_declared_it(datum: str, crs: str, said: str) -> None:
    with pytest.raises(FileError) as told:
        declared(datum, crs, "图层.csv")
    (flaw,) = told.value.flaws
    assert flaw.reason == "unknown_datum"
    assert said in flaw.expected
    assert "图层.csv" in str(flaw)


def test_a_system_of_heights_is_no_place() -> None:
    assert "geographic or projected" in str(crs_reference("EPSG:5703"))


def test_what_cannot_be_converted_is_no_place() -> None:
    reference = find_reference(crs="EPSG:3435")
    assert isinstance(reference, Reference)
    lon, lat = reference.to_wgs84(1e30, 1e30)
    assert not (np.isfinite(lon) and np.isfinite(lat))


def test_every_vertex_of_a_shape_is_converted_and_heights_are_dropped() -> None:
    reference = find_reference("GCJ02")
    assert isinstance(reference, Reference)
    line = LineString(
        [(*map(float, wgs84_to_gcj02(91.0, 29.6)), 3650.0), (*map(float, wgs84_to_gcj02(91.2, 29.7)), 3651.0)]
    )
    converted = reference.geometry_to_wgs84(line)
    assert not converted.has_z
    assert np.abs(np.array(converted.coords) - [(91.0, 29.6), (91.2, 29.7)]).max() < 1e-9
    assert not find_reference("WGS84").geometry_to_wgs84(Point(1, 2, 3)).has_z  # type: ignore[union-attr]
