"""Coordinates of every system that offices use, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, Point

from geo_monitor.domain.place import Datum
from geo_monitor.errors import FileError
from geo_monitor.reading.datum import (
    Reference,
    bd09_to_gcj02,
    crs_reference,
    datum_of,
    declared,
    find_reference,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    wgs84_to_gcj02,
)

# Away from the edge of China's box by more than the shift, where an inverse exists.
IN_CHINA = st.tuples(st.floats(72.1, 137.7), st.floats(0.9, 55.7))


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
    assert np.abs(np.array(reference.to_wgs84(*there)) - place).max() <= 1e-7


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


def test_outside_china_nothing_is_shifted() -> None:
    assert wgs84_to_gcj02(-87.65, 41.85) == (-87.65, 41.85)


def test_cgcs2000_is_taken_as_wgs84() -> None:
    reference = find_reference("CGCS2000")
    assert isinstance(reference, Reference)
    assert reference.to_wgs84(91.117, 29.6578) == (91.117, 29.6578)
    assert reference.datum is Datum.CGCS2000


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
