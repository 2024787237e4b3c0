"""Gi* against the published example, its plainest reading, exact tails reckoned another way, and chance."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from geo_monitor.errors import CallError
from geo_monitor.hotspot.cells import grid
from geo_monitor.hotspot.gi_star import COLD, HOT, NEITHER, UNMEASURED, gi_star, hits_among, hotspots
from geo_monitor.hotspot.near import along, around
from geo_monitor.hotspot.tails import binomial, hypergeometric
from tests.hotspot.planted import lattice, plain_gi_star


def members(matrix: csr_array) -> list[set[int]]:
    return [set(matrix.indices[a:b].tolist()) for a, b in zip(matrix.indptr, matrix.indptr[1:], strict=False)]


# ---------------------------------------------------------------------------------------------------------- z


def test_z_is_that_of_the_example_esda_publishes() -> None:
    # The six points of esda's G_Local (binary weights, star=True, threshold 15) and the figures printed there.
    points = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], float)
    z = gi_star([2, 3, 3.2, 5, 8, 7], around(points, 15).matrix())
    printed = [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331]
    assert np.abs(z - printed).max() < 5e-9


def test_z_is_that_of_the_plainest_reading_on_ten_thousand_random_cells() -> None:
    rng = np.random.default_rng(14)
    at = rng.uniform(0, 50_000, (10_000, 2))
    values = rng.gamma(0.7, 3.0, 10_000)
    near = around(at, 900).matrix()
    assert gi_star(values, near) == pytest.approx(plain_gi_star(values, members(near)), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), mean=st.sampled_from([0.05, 1.0, 20.0]))
def test_with_equal_exposures_the_z_of_counts_is_gi_star(seed: int, mean: float) -> None:
    counts = np.random.default_rng(seed).poisson(mean, 400)
    near = around(lattice(20), 710).matrix()
    assert hotspots(counts, near).z == pytest.approx(gi_star(counts, near), abs=1e-9, nan_ok=True)
    assert hotspots(counts, near, np.full(400, 3.7)).z == pytest.approx(gi_star(counts, near), abs=1e-9, nan_ok=True)


def test_a_neighbourhood_holds_what_lies_within_the_distance_and_itself() -> None:
    rng = np.random.default_rng(3)
    at = rng.uniform(0, 3_000, (150, 2))
    near = around(at, 600).matrix()
    for k, found in enumerate(members(near)):
        assert found == {j for j in range(150) if np.hypot(*(at[j] - at[k])) <= 600}
    assert set(near.data.tolist()) == {1.0}


# ---------------------------------------------------------------------------------------------------- exact tails


@settings(max_examples=60, deadline=None)
@given(total=st.integers(1, 30), seen=st.integers(0, 30), tenths=st.integers(1, 9))
def test_the_binomial_tail_is_the_sum_of_its_terms(total: int, seen: int, tenths: int) -> None:
    seen = min(seen, total)
    share = Fraction(tenths, 10)
    terms = [comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(total + 1)]
    upper, lower = binomial(np.array([seen]), total, np.array([tenths / 10]))
    assert upper[0] == pytest.approx(float(sum(terms[seen:])), rel=1e-10)
    assert lower[0] == pytest.approx(float(sum(terms[: seen + 1])), rel=1e-10)


@settings(max_examples=60, deadline=None)
@given(everyone=st.integers(2, 25), data=st.data())
def test_the_hypergeometric_tail_is_the_sum_of_its_terms(everyone: int, data: st.DataObject) -> None:
    cases, here = data.draw(st.integers(0, everyone)), data.draw(st.integers(0, everyone))
    seen = data.draw(st.integers(max(0, cases + here - everyone), min(cases, here)))
    terms = [Fraction(comb(here, k) * comb(everyone - here, cases - k), comb(everyone, cases)) for k in range(seen, 26)
             if k <= cases and k <= here]  # fmt: skip
    upper, lower = hypergeometric(np.array([seen]), np.array([here]), cases, everyone)
    assert upper[0] == pytest.approx(float(sum(terms)), rel=1e-9)
    assert lower[0] == pytest.approx(float(1 - sum(terms) + terms[0]), rel=1e-9)


# -------------------------------------------------------------------------------------------------------- verdicts


def map_of(mean: float, rng: np.random.Generator, side: int = 60) -> tuple[np.ndarray, csr_array]:
    return rng.poisson(mean, side * side), around(lattice(side), 710).matrix()


@pytest.mark.parametrize("mean", [0.05, 0.3, 1.5, 15.0])
def test_null_maps_have_at_most_half_a_false_cell(mean: float) -> None:
    rng = np.random.default_rng(50)
    near = around(lattice(60), 710).matrix()
    ours = [int((hotspots(rng.poisson(mean, 3_600), near).verdict != NEITHER).sum()) for _ in range(40)]
    assert np.mean(ours) <= 0.5


@pytest.mark.prove
@pytest.mark.parametrize("mean", [0.05, 0.3, 1.5, 15.0])
def test_three_hundred_null_maps_of_ten_thousand_cells_have_at_most_half_a_false_cell(mean: float) -> None:
    rng = np.random.default_rng(51)
    near = around(lattice(100), 710).matrix()
    ours, normal = [], []
    for _ in range(300):
        counts = rng.poisson(mean, 10_000)
        ours.append((hotspots(counts, near).verdict != NEITHER).sum())
        normal.append((hotspots(counts, near, dense=0.0).verdict != NEITHER).sum())
    print(f"{mean} a cell: {np.mean(ours):.3f} false cells a map, with the normal tail alone {np.mean(normal):.2f}")
    assert np.mean(ours) <= 0.5


def test_the_normal_tail_alone_sees_hot_cells_in_nothing_which_is_why_it_is_not_used() -> None:
    counts, near = map_of(0.05, np.random.default_rng(1))
    assert (hotspots(counts, near, dense=0.0).verdict == HOT).sum() > 5
    assert (hotspots(counts, near).verdict == HOT).sum() == 0


@pytest.mark.parametrize(("mean", "more"), [(0.05, 2), (1.5, 5), (30.0, 25)])
def test_a_planted_hotspot_is_found_where_counts_are_few_and_where_they_are_many(mean: float, more: int) -> None:
    counts, near = map_of(mean, np.random.default_rng(2))
    middle = 30 * 60 + 30
    for step in (-61, -60, -59, -1, 0, 1, 59, 60, 61):
        counts[middle + step] += more
    found = hotspots(counts, near)
    assert found.verdict[middle] == HOT and found.hot()[0].place in {
        middle + s for s in (-61, -60, -59, -1, 0, 1, 59, 60, 61)
    }
    assert found.exact[middle] == (mean < 10)
    assert {abs(s.place // 60 - 30) <= 3 and abs(s.place % 60 - 30) <= 3 for s in found.hot()} == {True}
    assert "应有" in found.hot()[0].reason().zh and "expected" in found.hot()[0].reason().en


def test_a_hole_is_a_cold_spot_where_there_is_enough_to_miss() -> None:
    counts, near = map_of(4.0, np.random.default_rng(4))
    block = [(28 + a) * 60 + 28 + b for a in range(5) for b in range(5)]
    counts[block] = 0
    assert hotspots(counts, near).verdict[30 * 60 + 30] == COLD


def test_two_reports_are_no_hotspot_however_rare() -> None:
    counts = np.zeros(3_600, int)
    counts[[0, 1]] = 1
    near = around(lattice(60), 710).matrix()
    assert (hotspots(counts, near, min_count=2).verdict == HOT).any()
    assert not (hotspots(counts, near).verdict == HOT).any()


def test_the_order_of_the_cells_and_moving_the_map_change_nothing() -> None:
    counts, _ = map_of(0.3, np.random.default_rng(6), side=30)
    counts[435:438] += 4
    turned = np.random.default_rng(7).permutation(900)
    one = hotspots(counts, around(lattice(30), 710).matrix())
    two = hotspots(counts[turned], around(lattice(30)[turned] + 70_000, 710).matrix())
    assert (one.verdict[turned] == two.verdict).all() and one.q[turned] == pytest.approx(two.q, rel=1e-9)
    assert (one.verdict == HOT).any()


def test_reaches_of_a_river_are_judged_along_the_water() -> None:
    # Two arms of 30 reaches each that lie side by side and meet only at their lower ends (29 and 59).
    way = csr_array((60, 60)).tolil()
    for a in (*range(29), *range(30, 59)):
        way[a, a + 1] = way[a + 1, a] = 500.0
    way[29, 59] = way[59, 29] = 500.0
    near = along(way.tocsr(), 1_000).matrix()
    assert members(near)[10] == {8, 9, 10, 11, 12} and members(near)[29] == {27, 28, 29, 59, 58}
    counts = np.zeros(60, int)
    counts[[9, 10, 11]] = 5
    found = hotspots(counts, near)
    assert {s.place for s in found.hot()} >= {9, 10, 11} and all(s.place < 30 for s in found.hot())


def test_where_nobody_looked_nothing_is_said_and_nothing_is_lost() -> None:
    counts, near = map_of(1.0, np.random.default_rng(8), side=20)
    exposure = np.ones(400)
    exposure[:20], exposure[20:40] = 0.0, np.nan
    found = hotspots(counts, near, exposure)
    assert (found.verdict[:40] == UNMEASURED).all() and np.isnan(found.q[:40]).all()
    assert not np.isnan(found.q[40:]).any() and found.left_out == counts[:40].sum()


def test_hits_are_judged_among_what_was_looked_at() -> None:
    rng = np.random.default_rng(9)
    near = around(lattice(30), 710).matrix()
    looked = rng.integers(0, 12, 900)
    looked[:300] *= 5
    hits = rng.binomial(looked, 0.1)
    assert (hits_among(hits, looked, near).verdict[looked > 0] == NEITHER).all()  # five times the looks: no hotspot
    hits[[464, 465, 466]] = looked[[464, 465, 466]] = 10
    assert (hits_among(hits, looked, near).verdict[[464, 465, 466]] == HOT).all()


def test_a_map_with_nothing_or_the_same_everywhere_has_no_hotspot() -> None:
    near = around(lattice(5), 710).matrix()
    for counts in (np.zeros(25, int), np.full(25, 4)):
        assert (hotspots(counts, near).verdict == NEITHER).all()
    everywhere = around(lattice(5), 1e6).matrix()
    assert (hotspots(np.arange(25), everywhere).verdict == NEITHER).all()


def test_what_are_no_counts_is_refused() -> None:
    near = around(lattice(2), 10).matrix()
    for bad in ([0.5, 1, 1, 1], [-1, 0, 0, 0], [np.nan, 0, 0, 0]):
        with pytest.raises(CallError, match="whole numbers"):
            hotspots(bad, near)
    with pytest.raises(CallError, match="exposure must be 4 numbers"):
        hotspots([1, 1, 1, 1], near, [1, 1, -1, 1])
    for wrong in (near * 0.5, csr_array(near - csr_array(np.eye(4))), near[:3]):
        with pytest.raises(CallError, match="with 1 for each place itself"):
            hotspots([1, 1, 1, 1], wrong)
    with pytest.raises(CallError, match="hits not the larger"):
        hits_among([2, 0, 0, 0], [1, 1, 1, 1], near)


# ------------------------------------------------------------------------------------------------------------ cells


def test_every_place_of_the_box_is_in_one_cell_and_a_wider_box_has_the_same_cells() -> None:
    rng = np.random.default_rng(10)
    x, y = rng.uniform(-1_900, 4_300, 500), rng.uniform(120, 2_999, 500)
    small, wide = grid(-1_900, 120, 4_300, 2_999, 300), grid(-7_000, -900, 9_000, 5_000, 300)
    assert small.counts(x, y).sum() == 500 and (small.cell_of(x, y) >= 0).all()
    at = small.middles()[small.cell_of(x, y)]
    assert (np.abs(at - np.column_stack([x, y])) <= 150 + 1e-9).all()
    assert wide.middles()[wide.cell_of(x, y)] == pytest.approx(at)
    assert small.cell_of([np.nan, 1e9, -1_900], [0, 0, 120]).tolist()[:2] == [-1, -1]
    assert small.cell_of(4_300, 2_999) >= 0


def test_a_grid_of_centimetres_over_a_city_is_refused() -> None:
    with pytest.raises(CallError, match="larger cells"):
        grid(0, 0, 50_000, 50_000, 0.1)
    with pytest.raises(CallError, match="above 0 m"):
        grid(0, 0, 1, 1, 0)
