"""How far along the water, on which bank, and how long the water takes."""

from __future__ import annotations

import numpy as np
import pytest

from geo_monitor.rivers.chainage import Chainage, chainage_of
from geo_monitor.rivers.courses import BOTH, Courses, Lakes
from geo_monitor.rivers.network import Network, build_network
from geo_monitor.rivers.plane import Plane
from geo_monitor.rivers.spots import LEFT, ON_THE_LINE, RIGHT, UNTOLD, spots
from geo_monitor.rivers.trace import reached
from geo_monitor.rivers.travel import along_the_water, possible_sources, window
from geo_monitor.rivers.velocity import Velocities, Velocity
from tests.rivers.test_network import CONFLUENCE, LAKE, found, river, told


def km(network: Network, reach: str, chainage: float) -> tuple[float, float]:
    """(metres to the mouth, metres from the source)"""
    edge, along = network.places(np.array([network.reach("rivers", reach)]), np.array([float(chainage)]))
    far: Chainage = chainage_of(network)
    return float(far.to_mouth_at(edge, along)[0]), float(far.from_source_at(edge, along)[0])


def test_a_place_is_so_far_from_the_mouth_and_from_the_farthest_source() -> None:
    """A is 1000 m long, B 990 m, and C from their confluence to the mouth 1000 m."""
    network = build_network(river(CONFLUENCE))
    assert km(network, "C", 300) == pytest.approx((700, 1300))
    assert km(network, "A", 300) == pytest.approx((1700, 300))
    assert km(network, "B", 300) == pytest.approx((1000 + 700 * 2**0.5 - 300, 300))


def test_around_an_island_the_shorter_arm_counts_and_the_longer_is_counted_on() -> None:
    courses = river(
        {
            "A": [(0, 0), (400, 0)],
            "L1": [(400, 0), (400, 200)],
            "L2": [(400, 200), (800, 200), (800, 0)],
            "S": [(400, 0), (800, 0)],
            "C": [(800, 0), (1600, 0)],
        }
    )
    network = build_network(courses)
    assert km(network, "A", 0) == pytest.approx((1600, 0))
    assert km(network, "C", 0) == pytest.approx((800, 800))
    assert km(network, "L2", 0) == pytest.approx((1400, 600))


def test_along_the_longest_course_both_chainages_add_up_to_its_length() -> None:
    network = build_network(river(CONFLUENCE))
    for reach, chainage in (("A", 0), ("A", 700), ("C", 0), ("C", 999)):
        assert sum(km(network, reach, chainage)) == pytest.approx(2000)


def test_of_two_mouths_the_nearer_counts_and_a_closed_circle_has_none() -> None:
    """
    ::

        A ---->+---- B (200 m) ---->
               +---- C (900 m) ---->

        D ---->+---- E ----+
               +---- F ----+     (a circle: D's water never gets out)
    """
    courses = river(
        {
            "A": [(0, 0), (400, 0)],
            "B": [(400, 0), (600, 0)],
            "C": [(400, 0), (400, 900)],
            "D": [(9000, 0), (9400, 0)],
            "E": [(9400, 0), (9400, 300), (9700, 300)],
            "F": [(9700, 300), (9700, 0), (9400, 0)],
        }
    )
    network = build_network(courses)
    assert km(network, "A", 100) == pytest.approx((500, 100))
    to_mouth, from_source = km(network, "E", 100)
    assert np.isnan(to_mouth) and from_source == pytest.approx(500)
    assert [d.kind for d in network.doubts] == ["no_way_out", "piece"]
    assert len(chainage_of(network).mouths) == 2


def test_a_canal_that_flows_both_ways_leads_to_the_mouth_by_its_nearer_end() -> None:
    courses = Courses.together(
        [
            river({"A": [(0, 300), (500, 300)], "B": [(500, 300), (600, 300)]}),
            river({"C": [(0, 0), (500, 0)], "D": [(500, 0), (1500, 0)]}),
            river({"K": [(500, 300), (500, 0)]}, flow=[BOTH]),
        ]
    )
    network = build_network(courses)
    assert km(network, "K", 0) == pytest.approx((400, 500))  # at C and D: the way over K to B's mouth is the shorter
    assert km(network, "C", 0) == pytest.approx((900, 0))


# ---- points beside the water -------------------------------------------------------------------------------


def test_the_bank_is_told_looking_downstream_and_on_the_line_within_accuracy() -> None:
    """
    ::

          left
        R ------------> sea
          right
    """
    network = build_network(river({"R": [(0, 0), (1000, 0)]}))
    said = spots(network, [500, 500, 500, 500, 500], [80, -80, 8, 0, 400], within_m=200, accuracy_m=10)
    assert said.row.tolist() == [0, 1, 2, 3]  # the last is too far off
    assert said.side.tolist() == [LEFT, RIGHT, ON_THE_LINE, ON_THE_LINE]
    assert said.metres.tolist() == [80.0, 80.0, 8.0, 0.0]
    assert said.chainage.tolist() == [500.0] * 4


def test_the_bank_does_not_depend_on_how_the_line_was_drawn() -> None:
    drawn_up = build_network(river({"R": [(1000, 0), (0, 0)]}, flow=[-1]))
    assert spots(drawn_up, [500], [80], within_m=200).side.tolist() == [LEFT]


@pytest.mark.parametrize("turn", [30, 80, 120, 170])
def test_outside_a_sharp_bend_the_bank_is_the_outer_one(turn: float) -> None:
    """The river runs east and turns left by ``turn`` degrees; beyond the bend all lies on the right bank, though it may
    lie left of one of the two straights prolonged."""
    angle = np.radians(turn)
    network = build_network(river({"R": [(-1000, 0), (0, 0), (1000 * np.cos(angle), 1000 * np.sin(angle))]}))
    around = np.radians(np.linspace(-90 + 0.5, -90 + turn - 0.5, 50))
    said = spots(network, 60 * np.cos(around), 60 * np.sin(around), within_m=100)
    assert set(said.side.tolist()) == {RIGHT}
    assert np.allclose(said.chainage, 1000)


def test_near_a_confluence_the_other_reaches_are_named_too() -> None:
    """60 m west of the confluence, known to 50 m: A is nearest, but it may be C's, or B's beyond the confluence."""
    network = build_network(river(CONFLUENCE))
    said = spots(network, [-60, -60, -60], [40, 40, 900], within_m=200, accuracy_m=[50, 1, 50])
    names = network.lines.id
    assert names[said.reach].tolist() == ["A", "A", "A"]
    assert names[said.rivals(0)].tolist() == ["B", "C"]
    assert said.rival_metres[said.rival_of == 0].tolist() == pytest.approx([72.111, 72.111], abs=1e-3)
    assert said.rivals(1).tolist() == [] and said.rivals(2).tolist() == []


def test_where_one_reach_follows_the_other_the_first_by_id_counts_and_the_other_is_named() -> None:
    network = build_network(river({"R1": [(0, 0), (500, 0)], "R2": [(500, 0), (1000, 0)]}))
    said = spots(network, [500.0, 500.0], [30.0, 0.0], within_m=100)
    assert network.lines.id[said.reach].tolist() == ["R1", "R1"]
    assert network.lines.id[said.rivals(0)].tolist() == ["R2"]
    assert said.side.tolist() == [LEFT, ON_THE_LINE]


def test_beyond_a_source_in_a_fork_the_bank_may_be_neither() -> None:
    """
    ::

        .  <- here, north of both sources: left of one, right of the other
       / \\
      A   B
    """
    network = build_network(river({"A": [(0, 0), (-500, 100)], "B": [(0, 0), (500, 100)]}))
    assert spots(network, [0.0], [-50.0], within_m=100).side.tolist() == [UNTOLD]


def test_a_canal_that_flows_both_ways_has_no_left_bank() -> None:
    network = build_network(river({"K": [(0, 0), (1000, 0)]}, flow=[BOTH]))
    assert spots(network, [500], [80], within_m=200).side.tolist() == [UNTOLD]


def test_a_place_keeps_its_reach_and_chainage_through_the_network() -> None:
    network = build_network(river(CONFLUENCE | {"T": [(300, -500), (2, -500)]}))
    rng = np.random.default_rng(3)
    said = spots(network, rng.uniform(-100, 700, 500), rng.uniform(-1100, 1100, 500), within_m=100)
    assert len(said) > 100
    assert np.array_equal(network.edges.reach[said.edge], said.reach)
    assert np.allclose(network.edges.begin[said.edge] + said.along, said.chainage, atol=2e-3)


def test_in_a_plane_that_stretches_distances_from_the_line_are_those_of_the_land() -> None:
    land = Plane(lambda x1, y1, x2, y2: np.hypot((x2 - x1) / 2, y2 - y1), widest=2.0)
    network = build_network(river({"R": [(0, 0), (0, -1000)]}), plane=land)
    said = spots(network, [150.0, 250.0], [-400.0, -400.0], within_m=100)
    assert said.row.tolist() == [0] and said.metres.tolist() == [75.0] and said.chainage.tolist() == [400.0]


# ---- travel times and candidates ---------------------------------------------------------------------------

WALK = Velocities(Velocity(2.0, 0.5, "synthetic"), Velocity(0.1, 0.0, "synthetic"))


def test_a_velocity_says_where_it_is_from_and_is_a_window() -> None:
    with pytest.raises(ValueError, match="source"):
        Velocity(1.0, 0.5, " ")
    with pytest.raises(ValueError, match="slow <= fast"):
        Velocity(0.5, 1.0, "station")


def test_the_travel_time_is_a_window_by_the_reachs_own_velocities_or_the_usual_ones() -> None:
    """C has velocities of its own (1 to 4 m/s), the brooks the usual ones (0.5 to 2 m/s)."""
    courses = river(CONFLUENCE, fast_m_s=[np.nan, np.nan, 4.0], slow_m_s=[np.nan, np.nan, 1.0])
    rows = found(build_network(courses), "C", 400, 800, upstream=True)
    fast_in, slow_in, fast_out, slow_out = (np.round(c, 6).tolist() for c in window(rows, WALK))
    assert [row[0] for row in told(rows)] == ["C", "A", "B"]
    assert fast_in == [0, 100, 100] and fast_out == [100, 300, 300]
    assert slow_in == [0, 400, 400] and slow_out == [400, 1200, 1200]


def test_how_long_a_lake_keeps_the_water_is_not_known() -> None:
    courses = river({"A": [(0, 0), (500, 0)], "C": [(900, 0), (2000, 0)]})
    network = build_network(courses, lakes=Lakes.of("lakes", ["L"], [LAKE]))
    rows = found(network, "C", 100, 600, upstream=True)
    fast_in, slow_in, fast_out, slow_out = window(rows, WALK)
    assert [row[0] for row in told(rows)] == ["C", "L", "A"]
    assert np.allclose(fast_out, [50, 4050, 4100]) and np.allclose(fast_in, [0, 50, 4050])
    assert slow_in.tolist() == [0, 200, np.inf] and slow_out.tolist() == [200, np.inf, np.inf]


def test_possible_sources_come_by_distance_along_the_water_not_through_the_air() -> None:
    """
    ::

        A  B      1: on B, 200 m up        2: on A, 900 m up       3: below the place
        |  /      4: 30 m through the air, but beside nothing upstream
        v v
         |
         x <- fish died here, 100 m below the confluence
         C
    """
    network = build_network(river(CONFLUENCE))
    outfalls = spots(network, [141.42, 10, 5, 300], [141.42, 890, -130, -300], within_m=50)
    assert outfalls.row.tolist() == [0, 1, 2]
    edge, along = network.places(np.array([network.reach("rivers", "C")]), np.array([100.0]))
    said = possible_sources(network, int(edge[0]), float(along[0]), 5000, outfalls, WALK)
    assert outfalls.row[said.spot].tolist() == [0, 1]
    assert said.metres == pytest.approx([300, 990], abs=0.1)
    assert said.fast_s == pytest.approx([150, 495], abs=0.1) and said.slow_s == pytest.approx([600, 1980], abs=0.2)
    below = along_the_water(reached(network, int(edge[0]), float(along[0]), 5000, upstream=False), outfalls, WALK)
    assert outfalls.row[below.spot].tolist() == [2] and below.metres == pytest.approx([30])
