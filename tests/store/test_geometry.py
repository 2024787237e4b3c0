"""The Morton key: what is in the box is in its ranges."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.domain.place import Box
from geo_monitor.store.geometry import BITS, cell_shift, mercator_grid, morton, ranges_over, ranges_over_all

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)


@given(lon=lons, lat=lats)
def test_a_key_is_its_column_and_row_interleaved(lon: float, lat: float) -> None:
    (x,), (y,) = mercator_grid([lon], [lat])
    by_hand = sum(((int(x) >> b & 1) << 2 * b) | ((int(y) >> b & 1) << 2 * b + 1) for b in range(BITS))
    assert int(morton([lon], [lat])[0]) == by_hand < 2 ** (2 * BITS)


@given(a=st.tuples(lons, lats), b=st.tuples(lons, lats), t=st.floats(0, 1), u=st.floats(0, 1), most=st.integers(1, 32))
def test_every_point_of_a_box_lies_in_one_of_its_ranges(
    a: tuple[float, float], b: tuple[float, float], t: float, u: float, most: int
) -> None:
    box = Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
    lon = min(max(box.west + t * (box.east - box.west), box.west), box.east)
    lat = min(max(box.south + u * (box.north - box.south), box.south), box.north)
    ranges = ranges_over(box, most)
    for corner in ((lon, lat), (box.west, box.south), (box.east, box.north), (box.west, box.north)):
        key = int(morton([corner[0]], [corner[1]])[0])
        assert any(low <= key <= high for low, high in ranges)
    assert 1 <= len(ranges) <= most
    assert all(low <= high for low, high in ranges)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges))


def test_the_ranges_of_a_small_box_are_tight() -> None:
    box = Box(91.10, 29.64, 91.14, 29.67)
    covered = sum(high - low + 1 for low, high in ranges_over(box))
    (west, east), (north, south) = mercator_grid([box.west, box.east], [box.north, box.south])
    assert covered < 4 * (east - west) * (south - north)


@given(
    corners=st.lists(st.tuples(lons, lats, st.floats(0, 400), st.floats(0, 200)), min_size=1, max_size=8),
    t=st.floats(0, 1),
    u=st.floats(0, 1),
)
def test_every_point_of_each_of_several_boxes_lies_in_one_of_their_ranges(
    corners: list[tuple[float, float, float, float]], t: float, u: float
) -> None:
    boxes = [Box(x, y, min(180.0, x + wide), min(90.0, y + high)) for x, y, wide, high in corners]
    low, high = ranges_over_all(boxes)
    ranges = list(zip(low, high, strict=True))
    assert all(first <= last for first, last in ranges)
    assert all(before[1] + 1 < after[0] for before, after in itertools.pairwise(ranges)), "neighbours are joined"
    assert len(ranges) <= 25 * len(boxes)
    for box in boxes:
        inside = (
            min(max(box.west + t * (box.east - box.west), box.west), box.east),
            min(max(box.south + u * (box.north - box.south), box.south), box.north),
        )
        for lon, lat in (inside, (box.west, box.south), (box.east, box.north), (box.east, box.south)):
            key = int(morton([lon], [lat])[0])
            assert any(first <= key <= last for first, last in ranges)


def test_the_ranges_of_many_small_boxes_are_tight() -> None:
    chance = np.random.default_rng(5)
    boxes = [Box(x, y, x + 0.002, y + 0.002) for x, y in chance.uniform((90, 29), (92, 31), (200, 2))]
    covered = sum(last - first + 1 for first, last in zip(*ranges_over_all(boxes), strict=True))
    asked = 0
    for box in boxes:
        (west, east), (north, south) = mercator_grid([box.west, box.east], [box.north, box.south])
        asked += int((east - west) * (south - north))
    assert covered < 4 * asked


def test_a_cell_is_64_pixels_wide() -> None:
    for zoom in range(24):
        cells_around_the_world = 2 ** (BITS - cell_shift(zoom) // 2)
        assert 256 * 2**zoom / cells_around_the_world == 64
    assert cell_shift(30) == 0


def test_the_grid_agrees_with_the_textbook() -> None:
    chance = np.random.default_rng(1)
    lon, lat = chance.uniform(-180, 180, 1000), chance.uniform(-85, 85, 1000)
    x, y = mercator_grid(lon, lat)
    for k in range(1000):
        angle = math.radians(lat[k])
        wanted = (1 - math.log(math.tan(angle) + 1 / math.cos(angle)) / math.pi) / 2 * 2**BITS
        assert abs(y[k] + 0.5 - wanted) <= 0.51
        assert abs(x[k] + 0.5 - (lon[k] + 180) / 360 * 2**BITS) <= 0.51
