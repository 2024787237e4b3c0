"""The measurement of ``overlay.py`` as `make bench` runs it: a million reports, the whole library, both ways, in one
run."""

from __future__ import annotations

import pytest


@pytest.mark.bench
def test_the_engine_is_at_least_eight_times_as_fast_as_a_filter_first_loop_and_finds_the_same() -> None:
    from tests.benchmarks.overlay import measure

    result = measure(1_000_000)
    print()
    for line in result.lines():
        print(line)
    assert result.agreement.whole
    assert result.ratio >= 8.0
