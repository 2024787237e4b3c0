"""Each of the seventeen classes by a series that has it, the trend against its plainest reading, and no dice."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from geo_monitor.errors import CallError
from geo_monitor.hotspot.emerging import CLASSES, DEFINITION, PATTERNS, REASONS, classified, emerging
from geo_monitor.hotspot.gi_star import COLD, HOT, UNMEASURED
from geo_monitor.hotspot.near import Ints, around
from geo_monitor.hotspot.trend import Trend, mann_kendall
from tests.hotspot.planted import lattice

SIDE = 24
NEAR = around(lattice(SIDE), 710).matrix()
MIDDLE = 12 * SIDE + 12
BLOCK = [MIDDLE + step for step in (-SIDE - 1, -SIDE, -SIDE + 1, -1, 0, 1, SIDE - 1, SIDE, SIDE + 1)]


# ---------------------------------------------------------------------------------------------------- Mann-Kendall


def plain_mann_kendall(x: list[float]) -> tuple[int, float, float]:
    n, s = len(x), 0
    for i in range(n):
        for j in range(i + 1, n):
            s += (x[j] > x[i]) - (x[j] < x[i])
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(x).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    return s, variance, 0.0 if variance == 0 else (s - (s > 0) + (s < 0)) / math.sqrt(variance)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), min_size=11, max_size=11), min_size=1, max_size=5))
def test_the_trend_with_ties_is_the_plainest_reading(rows: list[list[float]]) -> None:
    found = mann_kendall(rows)
    for k, row in enumerate(rows):
        assert (found.s[k], found.variance[k]) == plain_mann_kendall(row)[:2]
        assert found.z[k] == pytest.approx(plain_mann_kendall(row)[2])


def test_the_variance_with_ties_is_that_of_all_orders_of_the_series() -> None:
    from itertools import permutations

    x = (1, 1, 1, 2, 2, 3, 4)
    every = mann_kendall(np.array(list(permutations(x)), float))
    assert every.s.astype(float).var() == pytest.approx(every.variance[0])
    assert len(set(every.variance.tolist())) == 1


def test_without_ties_s_is_that_of_kendalls_tau() -> None:
    x = np.random.default_rng(1).normal(size=(20, 30))
    tau = np.array([kendalltau(np.arange(30), row).statistic for row in x])
    assert mann_kendall(x).s == pytest.approx(tau * 30 * 29 / 2)


def test_unknown_times_are_left_out_of_a_series() -> None:
    with_gaps = mann_kendall([1, np.nan, 2, 3, np.nan, 2, 5])
    without = mann_kendall([1, 2, 3, 2, 5])
    assert (with_gaps.s, with_gaps.variance) == (without.s, without.variance)


# ----------------------------------------------------------------------------------------------------- the classes


def read(signs: str, rising: int = 0) -> str:
    """``+`` hot, ``-`` cold, ``.`` neither, ``?`` no effort; ``rising``: the significant direction of z."""
    row = np.array([[{"+": HOT, "-": COLD, ".": 0, "?": UNMEASURED}[sign] for sign in signs]])
    trend = Trend(np.array([rising]), np.ones(1), np.array([3.0 * rising]), np.array([0.01 if rising else 0.8]))
    return str(classified(row, trend, 0.05)[0])


EXAMPLES = [
    (".........+", 0, "new"),
    ("........++", 0, "consecutive"),
    ("...+++++++", 0, "consecutive"),
    ("++++++++++", 1, "intensifying"),
    (".+++++++++", 1, "intensifying"),
    (".+++++++++", 0, "persistent"),
    ("++++.+++++", -1, "diminishing"),
    ("+++++++++.", 0, "historical"),
    ("-..+.....+", 0, "oscillating"),
    (".+.....+.+", 0, "sporadic"),
    ("+.......++", 1, "sporadic"),
]


@pytest.mark.parametrize(("signs", "rising", "name"), EXAMPLES)
def test_each_pattern_has_its_name_and_its_mirror_is_the_cold_one(signs: str, rising: int, name: str) -> None:
    assert read(signs, rising) == f"{name}_hot"
    mirrored = signs.translate(str.maketrans("+-", "-+"))
    assert read(mirrored, -rising) == f"{name}_cold"


def test_what_is_so_now_goes_before_what_was() -> None:
    assert read("+++++++++-") == "new_cold" and read("---------+") == "new_hot"


@pytest.mark.parametrize("signs", ["..........", "+++.......", "+-+-+-+-+.", "++++++++.."])
def test_what_fits_nothing_has_no_pattern(signs: str) -> None:
    assert read(signs) == "none"


def test_a_place_hot_for_the_first_time_is_new_even_if_it_was_cold_before() -> None:
    assert read("---......+") == "new_hot" and read("---.....++") == "consecutive_hot"


def test_units_without_effort_neither_count_nor_break_a_run() -> None:
    assert read("?+++++++++") == "persistent_hot"  # nine of nine
    assert read("......+?++") == "consecutive_hot"
    assert read("+++++++++?") == "none"  # nobody looked lately: nothing is said


@settings(max_examples=300, deadline=None)
@given(st.text("+-.?", min_size=10, max_size=14), st.sampled_from([-1, 0, 1]))
def test_hot_and_cold_are_mirrors_and_every_class_is_one_of_the_seventeen(signs: str, rising: int) -> None:
    name = read(signs, rising)
    mirrored = read(signs.translate(str.maketrans("+-", "-+")), -rising)
    swap = {"hot": "cold", "cold": "hot"}
    assert name in CLASSES and len(CLASSES) == 17
    assert mirrored == (name if name == "none" else f"{name.split('_')[0]}_{swap[name.split('_')[1]]}")


def test_every_class_and_reason_has_words_in_both_languages() -> None:
    assert set(REASONS) == {"none", *PATTERNS}
    assert all(w.zh and w.en and w.zh != w.en for w in (*CLASSES.values(), *REASONS.values()))


# ------------------------------------------------------------------------------------------------------- from counts


def cube(seed: int = 1, mean: float = 0.3, units: int = 20) -> Ints:
    return np.random.default_rng(seed).poisson(mean, (SIDE * SIDE, units))


def test_planted_courses_are_named() -> None:
    counts = cube()
    counts[BLOCK, -1] += 4
    found = emerging(counts, NEAR)
    assert found.names[MIDDLE] == "new_hot" and found.definition == DEFINITION
    assert "首次" in found.at(MIDDLE).reason().zh and found.at(MIDDLE).units == 1
    steady, growing = cube(2), cube(3)
    steady[BLOCK] += 4
    growing[BLOCK] += 3 + np.arange(20)
    assert emerging(steady, NEAR).names[MIDDLE] == "persistent_hot"
    assert emerging(growing, NEAR).names[MIDDLE] == "intensifying_hot"
    assert emerging(growing[:, ::-1], NEAR).names[MIDDLE] == "diminishing_hot"
    gone = cube(4)
    gone[np.ix_(BLOCK, range(19))] += 6
    assert emerging(gone, NEAR, back=0).names[MIDDLE] == "historical_hot"


def test_null_cubes_have_next_to_no_patterns() -> None:
    named = [sum(name != "none" for name in emerging(cube(seed), NEAR).names) for seed in range(10)]
    assert np.mean(named) <= 0.5


def test_more_patrols_from_week_to_week_make_no_intensifying_hotspot() -> None:
    rng = np.random.default_rng(5)
    km = np.ones((SIDE * SIDE, 20))
    km[BLOCK] = 6 * np.linspace(1, 4, 20)
    counts = rng.poisson(0.5 * km)
    assert emerging(counts, NEAR).names[MIDDLE] == "intensifying_hot"
    assert emerging(counts, NEAR, km).names[MIDDLE] == "none"


def test_twenty_seeds_give_the_same_classes_because_nothing_is_drawn() -> None:
    counts = cube(6)
    counts[BLOCK, 8:] += 1
    counts[BLOCK, 14:] += 2
    first = emerging(counts, NEAR)
    assert any(name != "none" for name in first.names)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        np.random.seed(seed)  # noqa: NPY002 - what a careless draw inside would use
        turned = rng.permutation(SIDE * SIDE)
        again = emerging(counts[turned], around(lattice(SIDE)[turned], 710).matrix())
        assert tuple(np.array(first.names)[turned]) == again.names
        assert (first.unstable[turned] == again.unstable).all()


def test_a_class_that_a_figure_close_to_the_limit_decides_is_marked() -> None:
    marked = named = 0
    for seed in range(12):
        counts = cube(seed)
        counts[BLOCK, -6:] += np.random.default_rng(seed).poisson(0.9, (9, 6))
        found = emerging(counts, NEAR)
        named += sum(name != "none" for name in found.names)
        marked += int(found.unstable.sum())
    assert 0 < marked < named
    strong = cube()
    strong[BLOCK] += 9
    assert not emerging(strong, NEAR).unstable[BLOCK].any()


def test_fewer_than_ten_units_are_refused() -> None:
    with pytest.raises(CallError, match="at least 10 units"):
        emerging(cube(units=9), NEAR)
