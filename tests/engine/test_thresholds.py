"""Thresholds over time, against the plainest possible reading of the words."""

from __future__ import annotations

from datetime import UTC

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import evidence_bits
from geo_monitor.engine.thresholds import Counted, reached, shortest_window
from geo_monitor.supervision.model import Group, Having, LeadTemplate, Number, SupervisionModel, Threshold, Watch

DAY = 86400


def model(*thresholds: Threshold, **numbers: tuple[float, str]) -> SupervisionModel:
    return SupervisionModel(
        id="T-001",
        version=1,
        status="active",
        title=Words("试", "try"),
        track="public_interest",
        domain="river",
        urgency="low",
        watch=Watch(),
        where=(),
        group=Group("record", thresholds),
        numbers={k: Number(k, v, u, "proposal") for k, (v, u) in numbers.items()},
        lead=LeadTemplate("record", (), (), (), Words("", "")),
        cases=(),
    )


def supports(m: SupervisionModel, hits: list[tuple[int, int, int]], evidence: list[int] | None = None) -> list[bool]:
    """hits: (subject, second, reporter), sorted."""
    s, t, r = (np.array(c, dtype=np.int64) for c in zip(*hits, strict=True)) if hits else (np.zeros(0, np.int64),) * 3
    e = np.array(evidence if evidence is not None else [0] * len(hits), dtype=np.int32)
    return [bool(x) for x in reached(m, Counted(s, t, r, e, {}), UTC).supports]


def plainly(hits: list[tuple[int, int, int]], count: int, window: int, distinct: bool) -> list[bool]:
    """A hit supports if some window that starts at a hit, of at most that length, holds it and enough."""
    out = [False] * len(hits)
    for s, t, _ in hits:
        inside = [k for k, (s2, t2, _) in enumerate(hits) if s2 == s and t <= t2 <= t + window]
        n = len({hits[k][2] for k in inside}) if distinct else len(inside)
        if n >= count:
            for k in inside:
                out[k] = True
    return out


hit_lists = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(-1, 4)), max_size=25).map(sorted)


@settings(max_examples=300, deadline=None)
@given(hit_lists, st.integers(1, 5), st.integers(0, 20), st.booleans())
def test_a_threshold_means_what_its_words_say(
    hits: list[tuple[int, int, int]], count: int, window: int, distinct: bool
) -> None:
    scaled = [(s, t * DAY, r) for s, t, r in hits]
    m = model(Threshold("group.any[0]", "n", "reporter" if distinct else "", "w"), n=(count, ""), w=(window, "d"))
    got = supports(m, scaled)
    want = plainly(scaled, count, window * DAY, distinct)
    # Exactly the hits of some window that meets the threshold; windows may be anchored at any hit.
    assert got == want


@settings(max_examples=100, deadline=None)
@given(hit_lists, st.integers(1, 4), st.integers(0, 20), st.integers(0, 20))
def test_a_longer_window_never_loses_a_hit(
    hits: list[tuple[int, int, int]], count: int, window: int, more: int
) -> None:
    short = model(Threshold("group.any[0]", "n", "", "w"), n=(count, ""), w=(window, "min"))
    long = model(Threshold("group.any[0]", "n", "", "w"), n=(count, ""), w=(window + more, "min"))
    scaled = [(s, t * 60, r) for s, t, r in hits]
    assert all(b for a, b in zip(supports(short, scaled), supports(long, scaled), strict=True) if a)


def test_two_reports_exactly_thirty_days_apart_lie_within_thirty_days() -> None:
    m = model(Threshold("group.any[0]", "n", "", "w"), n=(2, ""), w=(30, "d"))
    assert supports(m, [(0, 0, 1), (0, 30 * DAY, 2)]) == [True, True]
    assert supports(m, [(0, 0, 1), (0, 30 * DAY + 1, 2)]) == [False, False]


def test_all_unknown_reporters_count_as_one() -> None:
    m = model(Threshold("group.any[0]", "n", "reporter", "w"), n=(2, ""), w=(30, "d"))
    assert supports(m, [(0, 0, -1), (0, 10, -1), (0, 20, -1)]) == [False] * 3
    assert supports(m, [(0, 0, -1), (0, 10, 3)]) == [True, True]


def test_one_report_with_a_photo_is_enough_where_the_model_says_so() -> None:
    m = model(
        Threshold("group.any[0]", "two", "", "w"),
        Threshold("group.any[1]", "one", having=Having(evidence=("photo", "video"))),
        two=(2, ""),
        one=(1, ""),
        w=(30, "d"),
    )
    photo = evidence_bits({"photo"})
    assert supports(m, [(0, 0, 1)], [0]) == [False]
    assert supports(m, [(0, 0, 1)], [photo]) == [True]
    assert supports(m, [(0, 0, 1), (1, 5, 2)], [0, photo]) == [False, True]


@settings(max_examples=200, deadline=None)
@given(hit_lists, st.integers(1, 5), st.booleans())
def test_no_shorter_window_than_the_shortest_holds_enough(
    hits: list[tuple[int, int, int]], count: int, distinct: bool
) -> None:
    one = sorted((0, t, r) for _, t, r in hits)

    def holds(window: int) -> bool:
        threshold = Threshold("group.any[0]", "n", "reporter" if distinct else "", "w")
        return any(supports(model(threshold, n=(count, ""), w=(window / 60, "min")), one))

    threshold = Threshold("group.any[0]", "n", "reporter" if distinct else "", "w")
    numbers = {"n": Number("n", count, "", "proposal"), "w": Number("w", 1, "min", "proposal")}
    s, t, r = (np.array(c, dtype=np.int64) for c in zip(*one, strict=True)) if one else (np.zeros(0, np.int64),) * 3
    counted = Counted(s, t, r, np.zeros(len(one), np.int32), {})
    shortest = shortest_window(threshold, counted, numbers, UTC)
    if shortest is None:
        assert not holds(1000)
    else:
        assert holds(shortest)
        assert shortest == 0 or not holds(shortest - 1)
