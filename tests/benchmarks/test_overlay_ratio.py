"""The measurement of ``overlay.py`` as `make bench` runs it: a million incidents, both ways, in one run."""

from __future__ import annotations

import pytest


@pytest.mark.bench
def test_the_shared_plan_is_at_least_four_times_as_fast_and_finds_the_same() -> None:
    from tests.benchmarks.overlay import measure

    result = measure(1_000_000, seed=20261122)
    assert result.unexplained == [] and result.other_matters == []
    assert result.ratio >= 4.0
