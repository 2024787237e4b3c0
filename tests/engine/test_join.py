"""True metres, and no pair lost: the joins against independent references."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.join import LayerIndex
from geo_monitor.engine.metres import distance_m, metres_per_degree

LHASA = LonLat(91.1, 29.65)
GEOD = Geod(ellps="WGS84")


def layer(shapes: list[shapely.Geometry], name: str = "things") -> LayerColumns:
    return LayerColumns.of(
        name, "v1", [Feature(name, f"{k:05d}", Words("某", "some"), g) for k, g in enumerate(shapes)]
    )


def shift(east_m: float, north_m: float, at: LonLat = LHASA) -> tuple[float, float]:
    """The point so many metres east, then north, along geodesics."""
    lon, lat, _ = GEOD.fwd(at.lon, at.lat, 90 if east_m >= 0 else 270, abs(east_m))
    lon, lat, _ = GEOD.fwd(lon, lat, 0 if north_m >= 0 else 180, abs(north_m))
    return lon, lat


def world(seed: int, kind: str) -> tuple[list[shapely.Geometry], np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    spots = rng.normal(0, 0.2, (150, 2)) + LHASA
    shapes: list[shapely.Geometry] = []
    for k, spot in enumerate(spots):
        if kind == "line" or (kind == "mixed" and k % 3 == 0):
            shapes.append(shapely.LineString(np.cumsum(rng.normal(0, 0.003, (30, 2)), 0) + spot))
        elif kind == "polygon" or (kind == "mixed" and k % 3 == 1):
            shapes.append(shapely.Point(spot).buffer(rng.uniform(0.001, 0.05), 4))
        else:
            shapes.append(shapely.Point(spot))
    points = rng.normal(0, 0.25, (6000, 2)) + LHASA
    return shapes, points[:, 0], points[:, 1]


@pytest.mark.parametrize(("metres", "error"), [(50, 1e-4), (200, 1e-4), (1000, 2e-4), (5000, 1e-3)])
@pytest.mark.parametrize("lat", [18.0, 29.65, 53.0])
def test_a_distance_agrees_with_the_geodesic_to_less_than_a_millimetre(metres: float, error: float, lat: float) -> None:
    rng = np.random.default_rng(5)
    lon1, lat1 = rng.uniform(90, 92, 2000), rng.uniform(lat - 0.5, lat + 0.5, 2000)
    lon2, lat2, _ = GEOD.fwd(lon1, lat1, rng.uniform(0, 360, 2000), np.full(2000, float(metres)))
    assert np.abs(distance_m(lon1, lat1, np.asarray(lon2), np.asarray(lat2)) - metres).max() < error


@pytest.mark.parametrize(
    ("kind", "reach"), [("line", 200.0), ("polygon", 0.0), ("polygon", 300.0), ("point", 500.0), ("mixed", 1000.0)]
)
def test_the_join_finds_the_pairs_that_geopandas_finds(kind: str, reach: float) -> None:
    shapes, lon, lat = world(11, kind)
    found = LayerIndex(layer(shapes), LHASA).pairs(lon, lat, reach)
    crs = "+proj=tmerc +lat_0=29.65 +lon_0=91.1 +k=1 +ellps=WGS84"  # off by at most 0.04 m per km out here
    flat = gpd.GeoSeries(shapely.segmentize(np.array(shapes, dtype=object), 0.0005), crs=4326).to_crs(crs).to_numpy()
    spots = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(crs).to_numpy()
    at, of = shapely.STRtree(flat).query(spots, predicate="dwithin", distance=reach or 1e-9)
    ours = set(zip(found.point.tolist(), found.feature.tolist(), strict=True))
    theirs = set(zip(at.tolist(), of.tolist(), strict=True))
    assert len(ours) > 100
    for p, f in ours ^ theirs:  # only where the reference's own error leaves it open
        assert abs(shapely.distance(spots[p], flat[f]) - reach) < 0.001 * reach + 1e-6
    assert np.abs(shapely.distance(flat[found.feature], spots[found.point]) - found.metres).max(initial=0) < 0.05


@pytest.mark.parametrize("kind", ["line", "polygon", "point", "mixed"])
def test_a_wider_zone_never_loses_a_pair(kind: str) -> None:
    shapes, lon, lat = world(3, kind)
    index = LayerIndex(layer(shapes), LHASA)
    before: set[tuple[int, int]] = set()
    for reach in (0.0, 25.0, 50.0, 200.0, 900.0):
        pairs = index.pairs(lon, lat, reach)
        now = set(zip(pairs.point.tolist(), pairs.feature.tolist(), strict=True))
        assert before <= now
        before = now


@pytest.mark.parametrize("kind", ["line", "polygon", "point", "mixed"])
def test_the_order_of_the_points_changes_nothing(kind: str) -> None:
    shapes, lon, lat = world(4, kind)
    index = LayerIndex(layer(shapes), LHASA)
    order = np.random.default_rng(0).permutation(len(lon))
    a, b = index.pairs(lon, lat, 300.0), index.pairs(lon[order], lat[order], 300.0)
    plain = sorted(zip(a.point.tolist(), a.feature.tolist(), a.metres.tolist(), strict=True))
    mixed = sorted(zip(order[b.point].tolist(), b.feature.tolist(), b.metres.tolist(), strict=True))
    assert plain == mixed


def test_a_point_on_the_border_belongs_to_the_polygon() -> None:
    square = shapely.box(91.0, 29.6, 91.1, 29.7)
    pairs = LayerIndex(layer([square]), LHASA).pairs(
        np.array([91.0, 91.1, 91.05, 91.1000001]), np.array([29.65, 29.7, 29.6, 29.65])
    )
    assert pairs.point.tolist() == [0, 1, 2]


def test_a_point_in_the_hole_of_a_polygon_is_not_inside_it() -> None:
    ring = shapely.box(91.0, 29.6, 91.1, 29.7).difference(shapely.box(91.04, 29.64, 91.06, 29.66))
    assert len(LayerIndex(layer([ring]), LHASA).pairs(np.array([91.05]), np.array([29.65]))) == 0


def test_a_tie_at_a_confluence_goes_to_the_lowest_id() -> None:
    junction = shift(0, 0)
    reaches = [
        shapely.LineString([shift(-800, 500), junction]),
        shapely.LineString([shift(-900, -400), junction]),
        shapely.LineString([junction, shift(1500, 20)]),
    ]
    # Points for which the junction itself is the nearest place of two reaches.
    for shuffled in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        index = LayerIndex(layer([reaches[k] for k in shuffled]), LHASA)
        lon, lat = np.array([junction[0]]), np.array([junction[1]])
        pairs = index.pairs(lon, lat, 50.0)
        assert pairs.metres.tolist() == [0.0, 0.0, 0.0]
        assert pairs.nearest().feature.tolist() == [0]


def test_the_distance_to_a_long_straight_reach_is_the_distance_to_its_near_point_not_to_a_chord() -> None:
    # 40 km edge: straight in longitude and latitude, as the file says; measured against a densified geodesic reference.
    a, b = (90.9, 29.5), (91.3, 29.7)
    index = LayerIndex(layer([shapely.LineString([a, b])]), LHASA)
    t = np.linspace(0.1, 0.9, 50)
    lon, lat = a[0] + t * 0.4, a[1] + t * 0.2 + 0.0009
    pairs = index.pairs(lon, lat, 300.0)
    s = np.linspace(0, 1, 400_001)
    for p, d in zip(pairs.point, pairs.metres, strict=True):
        near = np.abs(s - t[p]) < 0.01
        _, _, ref = GEOD.inv(
            np.full(near.sum(), lon[p]), np.full(near.sum(), lat[p]), a[0] + s[near] * 0.4, a[1] + s[near] * 0.2
        )
        assert abs(min(ref) - d) < 0.001


@settings(max_examples=40, deadline=None)
@given(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(1, 500))
def test_a_point_is_within_its_distance_and_not_within_less(east: float, north: float, reach: float) -> None:
    per_lon, per_lat = metres_per_degree(LHASA.lat)
    index = LayerIndex(layer([shapely.Point(LHASA.lon + east / per_lon, LHASA.lat + north / per_lat)]), LHASA)
    lon, lat = np.array([LHASA.lon]), np.array([LHASA.lat])
    metres = float(np.round(distance_m(lon, lat, lon + east / per_lon, lat + north / per_lat)[0], 4))
    assert len(index.pairs(lon, lat, metres)) == 1
    assert len(index.pairs(lon, lat, max(0.0, metres - 0.001))) == (1 if metres == 0 else 0)
    assert (len(index.pairs(lon, lat, reach)) == 1) == (metres <= reach)


def test_an_empty_layer_and_no_points_give_no_pairs() -> None:
    index = LayerIndex(layer([]), LHASA)
    assert len(index.pairs(np.array([91.1]), np.array([29.65]), 100.0)) == 0
    full = LayerIndex(
        layer(
            [
                shapely.Point(91.1, 29.65),
                shapely.LineString([(91, 29.6), (91.2, 29.7)]),
                shapely.box(91, 29.6, 91.2, 29.7),
            ]
        ),
        LHASA,
    )
    assert len(full.pairs(np.zeros(0), np.zeros(0), 100.0)) == 0


def test_the_nearest_point_is_the_first_of_all_pairs_also_where_many_are_as_near() -> None:
    rng = np.random.default_rng(4)
    spots = np.round(rng.normal(0, 0.02, (800, 2)), 3) + LHASA  # on a lattice: many ties
    spots = np.vstack([spots, spots[:50]])  # and some twice at one place
    index = LayerIndex(layer([shapely.Point(s) for s in spots]), LHASA)
    points = np.vstack([np.round(rng.normal(0, 0.03, (4000, 2)), 4) + LHASA, [(95.0, 31.0)]])
    for metres in (0.0, 50.0, 300.0, 5000.0):
        found, wanted = index.nearest(*points.T, metres), index.pairs(*points.T, metres).nearest()
        assert (found.point == wanted.point).all()
        assert (found.feature == wanted.feature).all()
        assert (found.metres == wanted.metres).all()
