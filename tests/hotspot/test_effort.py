"""A hotspot that follows from looking more says so."""

from __future__ import annotations

import numpy as np
import pytest

from geo_monitor.errors import CallError
from geo_monitor.hotspot.effort import LOOKING_LESS, LOOKING_MORE, NOT_KNOWN, NOTHING, STANDS, WORDS, Effort, weigh
from geo_monitor.hotspot.gi_star import HOT
from geo_monitor.hotspot.near import around
from tests.hotspot.planted import lattice

SIDE = 40
NEAR = around(lattice(SIDE), 710).matrix()
ROW, COLUMN = np.divmod(np.arange(SIDE * SIDE), SIDE)
BUSY = (ROW < 10) & (COLUMN < 10)  # where the patrols drive three times as far


def kilometres(rng: np.random.Generator) -> np.ndarray:
    return rng.gamma(4.0, 5.0, SIDE * SIDE) * np.where(BUSY, 3.0, 1.0)


def judged(rng: np.random.Generator, per_km: float) -> Effort:
    km = kilometres(rng)
    return weigh(rng.poisson(per_km * km), NEAR, km)


def shares(maps: int, per_km: float, seed: int) -> tuple[float, float]:
    """How many maps of constant risk have any hot cell: adjusted, naive."""
    rng = np.random.default_rng(seed)
    found = [judged(rng, per_km) for _ in range(maps)]
    return (
        float(np.mean([(one.adjusted.verdict == HOT).any() for one in found])),
        float(np.mean([(one.naive.verdict == HOT).any() for one in found])),
    )


@pytest.mark.parametrize(("per_km", "deceived"), [(0.01, 0.5), (0.1, 1.0)])
def test_tripled_patrols_at_constant_risk_make_no_hotspots(per_km: float, deceived: float) -> None:
    adjusted, naive = shares(40, per_km, seed=1)
    assert adjusted <= 0.15  # P(more than 6 of 40) is 0.003 at one in twenty
    assert naive >= deceived


@pytest.mark.prove
@pytest.mark.parametrize("per_km", [0.003, 0.01, 0.1, 1.0])
def test_over_a_thousand_maps_tripled_patrols_make_no_more_than_the_nominal_share(per_km: float) -> None:
    adjusted, naive = shares(1_000, per_km, seed=2)
    print(f"{per_km} a km: {adjusted:.1%} of maps with a hot cell by effort, naive Gi* {naive:.1%}")
    assert adjusted <= 0.05


def test_the_busy_corner_is_told_to_follow_from_looking_more() -> None:
    found = judged(np.random.default_rng(3), 0.1)
    middle = 5 * SIDE + 5
    assert found.verdict[middle] == LOOKING_MORE
    said = found.at(middle)
    assert 2 < said.effort_ratio < 4 and said.q_naive < 0.05 < said.q_adjusted
    assert "因查得多" in said.reason().zh and "looking more" in said.reason().en


def test_a_true_hotspot_stands_and_a_hidden_one_comes_to_light() -> None:
    rng = np.random.default_rng(4)
    km = kilometres(rng)
    open_spot, hidden = (
        [(20 + a) * SIDE + 20 + b for a in range(3) for b in range(3)],
        [30 * SIDE + c for c in (8, 9, 10)],
    )
    patch = [(29 + a) * SIDE + 7 + b for a in range(3) for b in range(5)]
    km[patch] /= 12
    counts = rng.poisson(0.1 * km)
    counts[open_spot] += 8
    counts[hidden] = 4
    found = weigh(counts, NEAR, km)
    assert found.verdict[21 * SIDE + 21] == STANDS
    assert found.verdict[30 * SIDE + 9] == LOOKING_LESS
    assert found.verdict.count(NOTHING) > SIDE * SIDE / 2


def test_an_effort_nobody_noted_is_not_taken_for_none() -> None:
    rng = np.random.default_rng(5)
    km = kilometres(rng)
    km[:3] = np.nan
    counts = rng.poisson(0.1 * np.nan_to_num(km))
    counts[0] = 7
    found = weigh(counts, NEAR, km)
    assert found.verdict[:3] == (NOT_KNOWN,) * 3 and found.adjusted.left_out == 7


def test_twice_the_unit_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    km = kilometres(rng)
    counts = rng.poisson(0.1 * km)
    one, two = weigh(counts, NEAR, km), weigh(counts, NEAR, km * 1_000)
    assert one.verdict == two.verdict and one.effort_ratio == pytest.approx(two.effort_ratio)


def test_every_verdict_has_words_in_both_languages() -> None:
    assert set(WORDS) == {STANDS, LOOKING_MORE, LOOKING_LESS, NOTHING, NOT_KNOWN}
    assert all(w.zh and w.en and w.zh != w.en for w in WORDS.values())


def test_no_effort_at_all_is_refused() -> None:
    with pytest.raises(CallError, match="no place has an effort"):
        weigh(np.zeros(SIDE * SIDE, int), NEAR, np.zeros(SIDE * SIDE))
