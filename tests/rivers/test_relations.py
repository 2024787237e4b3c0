"""What must hold between traces, whatever the rivers look like: any lines between the crossings of a small grid,
flowing either way or both, with arms, circles, dead ends and pieces apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from geo_monitor.rivers.chainage import chainage_of
from geo_monitor.rivers.courses import AGAINST, ALONG, BOTH, Courses, Lakes
from geo_monitor.rivers.network import Network, build_network
from geo_monitor.rivers.spots import spots
from geo_monitor.rivers.trace import Trace, reached, trace

SIDE = 4
STEP_M = 100.0
#: A long lake across a cell of the grid: lines pass it, end in it, or touch its shore.
POND = Lakes.of("lakes", ["pond"], [LineString([(110, 110), (190, 190)]).buffer(25)])


@dataclass
class Drawn:
    """``ends``: the grid crossings of each line, from its upper to its lower end; ``bend``: how far its middle lies off
    the straight."""

    ends: list[tuple[int, int]]
    both: list[bool]
    bend: list[float]

    def line(self, k: int) -> LineString:
        a, b = (np.array(divmod(end, SIDE)) * STEP_M for end in self.ends[k])
        across = np.array([-(b - a)[1], (b - a)[0]]) / np.hypot(*(b - a))
        return LineString([a, (a + b) / 2 + across * self.bend[k], b])

    def courses(self, turned: list[bool] | None = None) -> Courses:
        turned = turned or [False] * len(self.ends)
        lines = [self.line(k).reverse() if t else self.line(k) for k, t in enumerate(turned)]
        flow = [BOTH if b else AGAINST if t else ALONG for b, t in zip(self.both, turned, strict=True)]
        return Courses.of("rivers", [f"R{k:02d}" for k in range(len(lines))], lines, flow=flow)


@st.composite
def rivers(draw: st.DrawFn) -> Drawn:
    crossings = st.integers(0, SIDE * SIDE - 1)
    pairs = st.tuples(crossings, crossings).filter(lambda p: p[0] != p[1])
    ends = draw(st.lists(pairs, min_size=1, max_size=14))
    n = len(ends)
    both = draw(st.lists(st.sampled_from([False, False, False, True]), min_size=n, max_size=n))
    bend = draw(st.lists(st.sampled_from([-23.0, -17.0, 11.0, 19.0, 29.0]), min_size=n, max_size=n))
    return Drawn(ends, both, bend)


places = st.tuples(st.integers(0, 10_000), st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.0, 1.0, width=32)))
limits = st.sampled_from([30.0, 150.0, 400.0, 2000.0])


def place_of(network: Network, at: tuple[int, float]) -> tuple[int, float]:
    """(edge, metres along it), at a share of the edge's length."""
    edge = at[0] % len(network.edges)
    length = float(network.edges.length[edge])
    along = min(max(at[1] * length, 0.0), length)
    # As ``Network.places`` would have it.
    along = 0.0 if along < 1e-3 else length if along > length - 1e-3 else along
    return edge, along


def covered(rows: Trace) -> dict[int, list[tuple[float, float]]]:
    """By edge the stretches found, joined, in metres of the reach."""
    out: dict[int, list[tuple[float, float]]] = {}
    spans = sorted(
        (int(e), min(a, b), max(a, b))
        for e, a, b in zip(rows.edge, rows.begin.tolist(), rows.end.tolist(), strict=True)
    )
    for e, lo, hi in spans:
        have = out.setdefault(e, [])
        if have and lo <= have[-1][1] + 1e-6:
            have[-1] = have[-1][0], max(hi, have[-1][1])
        else:
            have.append((lo, hi))
    return out


@settings(deadline=None, max_examples=60)
@given(rivers(), places, limits, st.floats(1.0, 3.0), st.booleans())
def test_a_longer_trace_contains_the_shorter_one(
    drawn: Drawn, at: tuple[int, float], limit_m: float, times: float, upstream: bool
) -> None:
    network = build_network(drawn.courses(), lakes=POND)
    edge, along = place_of(network, at)
    shorter = covered(trace(network, edge, along, limit_m, upstream=upstream))
    longer = covered(trace(network, edge, along, limit_m * times, upstream=upstream))
    for e, stretches in shorter.items():
        for lo, hi in stretches:
            assert any(a - 1e-6 <= lo and hi <= b + 1e-6 for a, b in longer.get(e, [])), (e, lo, hi, longer.get(e))


@settings(deadline=None, max_examples=100)
@given(rivers(), places, places, limits)
def test_one_place_is_upstream_of_another_exactly_if_the_other_is_downstream_of_it(
    drawn: Drawn, one: tuple[int, float], other: tuple[int, float], limit_m: float
) -> None:
    network = build_network(drawn.courses(), lakes=POND)
    (a, p), (b, q) = place_of(network, one), place_of(network, other)
    up = reached(network, a, p, limit_m, upstream=True).metres(np.array([b]), np.array([q]))[0]
    down = reached(network, b, q, limit_m, upstream=False).metres(np.array([a]), np.array([p]))[0]
    if abs(min(up, down) - limit_m) > 1e-6:
        assert np.isfinite(up) == np.isfinite(down)
    if np.isfinite(up) and np.isfinite(down):
        assert abs(up - down) < 1e-6


@settings(deadline=None, max_examples=60)
@given(rivers(), places, limits, st.booleans())
def test_a_trace_holds_each_place_once_and_what_it_tells_is_the_distance(
    drawn: Drawn, at: tuple[int, float], limit_m: float, upstream: bool
) -> None:
    network = build_network(drawn.courses(), lakes=POND)
    edge, along = place_of(network, at)
    rows = trace(network, edge, along, limit_m, upstream=upstream)
    assert (
        rows.metres == float(sum(hi - lo for s in covered(rows).values() for lo, hi in s))
        or abs(rows.metres - sum(hi - lo for s in covered(rows).values() for lo, hi in s)) < 1e-5
    )
    inside = (rows.begin + rows.end) / 2 - network.edges.begin[rows.edge]
    metres = rows.reached.metres(rows.edge, inside)
    assert np.allclose(metres, (rows.begin_m + rows.end_m) / 2, atol=1e-6)
    assert (rows.end_m <= limit_m + 1e-6).all()


@settings(deadline=None, max_examples=50)
@given(rivers(), st.randoms(use_true_random=False), places, limits, st.booleans())
def test_how_the_lines_were_drawn_and_in_which_order_changes_nothing(
    drawn: Drawn, random: object, at: tuple[int, float], limit_m: float, upstream: bool
) -> None:
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    n = len(drawn.ends)
    as_is = build_network(drawn.courses(), lakes=POND)
    turned = drawn.courses(turned=(rng.random(n) < 0.5).tolist())
    other = build_network(turned.take(rng.permutation(n)), lakes=POND)
    assert as_is.doubts == other.doubts
    assert np.allclose(as_is.lines.length, other.lines.length, atol=1e-9)
    assert as_is.edges.reach.tolist() == other.edges.reach.tolist()
    assert np.allclose(as_is.edges.begin, other.edges.begin, atol=1e-6)
    reach = np.array([at[0] % n])
    chainage = as_is.lines.length[reach] * at[1]
    (edge, along), (edge2, along2) = as_is.places(reach, chainage), other.places(reach, chainage)
    assert edge.tolist() == edge2.tolist() and np.allclose(along, along2, atol=1e-6)
    mine = trace(as_is, int(edge[0]), float(along[0]), limit_m, upstream=upstream)
    theirs = trace(other, int(edge2[0]), float(along2[0]), limit_m, upstream=upstream)
    assert covered(mine).keys() == covered(theirs).keys()
    assert abs(mine.metres - theirs.metres) < 1e-5
    one, two = chainage_of(as_is), chainage_of(other)
    assert np.allclose(one.to_mouth, two.to_mouth, atol=1e-6, equal_nan=True)
    assert np.allclose(one.from_source, two.from_source, atol=1e-6, equal_nan=True)
    points = rng.uniform(-50, SIDE * STEP_M, (20, 2)).T
    assert spots(as_is, *points, 60.0, 5.0).reach.tolist() == spots(other, *points, 60.0, 5.0).reach.tolist()
    assert spots(as_is, *points, 60.0, 5.0).side.tolist() == spots(other, *points, 60.0, 5.0).side.tolist()


@settings(deadline=None, max_examples=60)
@given(rivers(), places, places)
def test_below_a_place_it_is_never_farther_to_the_mouth(
    drawn: Drawn, one: tuple[int, float], other: tuple[int, float]
) -> None:
    network = build_network(drawn.courses(), lakes=POND)
    (a, p), (b, q) = place_of(network, one), place_of(network, other)
    far = chainage_of(network)
    here, there = (float(far.to_mouth_at(np.array([e]), np.array([s]))[0]) for e, s in ((a, p), (b, q)))
    down = float(reached(network, a, p, 5000.0, upstream=False).metres(np.array([b]), np.array([q]))[0])
    if np.isfinite(down) and np.isfinite(there):
        assert here <= down + there + 1e-6  # the way by the other place is one way to the mouth
