"""Small rivers drawn by hand: what is joined, which way it flows, what is doubted.

In the drawings a letter is a reach, drawn with the water towards ``v`` or ``>``; one character is about 100 m, north is
up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, Point, Polygon

from geo_monitor.errors import NotFoundError
from geo_monitor.rivers.courses import AGAINST, ALONG, BOTH, Boundaries, Courses, Lakes
from geo_monitor.rivers.doubts import EXPECTED
from geo_monitor.rivers.network import Network, build_network
from geo_monitor.rivers.plane import Plane
from geo_monitor.rivers.trace import Trace, trace


def river(lines: dict[str, Sequence[Any]], layer: str = "rivers", **columns: Any) -> Courses:
    return Courses.of(layer, list(lines), [LineString(line) for line in lines.values()], **columns)


def found(network: Network, reach: str, chainage: float, limit_m: float, *, upstream: bool) -> Trace:
    edge, along = network.places(np.array([network.reach("rivers", reach)]), np.array([float(chainage)]))
    return trace(network, int(edge[0]), float(along[0]), limit_m, upstream=upstream)


def told(rows: Trace) -> list[tuple[str, float, float, float, float]]:
    """(reach or lake, chainage of the nearer and of the farther end, metres from the place to both), rounded."""
    network = rows.reached.network
    name = [
        network.lines.id[reach] if reach >= 0 else network.lakes.id[lake]
        for reach, lake in zip(rows.reach.tolist(), rows.lake.tolist(), strict=True)
    ]
    columns = (np.round(c, 1).tolist() for c in (rows.begin, rows.end, rows.begin_m, rows.end_m))
    return list(zip(name, *columns, strict=True))


def kinds(network: Network) -> list[str]:
    return [doubt.kind for doubt in network.doubts]


#: Two brooks become a river.
CONFLUENCE = {
    "A": [(0, 1000), (0, 0)],
    "B": [(700, 700), (0, 0)],
    "C": [(0, 0), (0, -1000)],
}


def test_a_trace_up_takes_both_brooks_and_a_trace_down_neither() -> None:
    """
    ::

        A     B
        |    /
        |   /
        v  v
         +          300 m below the confluence: both brooks are upstream,
         |          of the river only what is above
         C
         v
    """
    network = build_network(river(CONFLUENCE))
    assert told(found(network, "C", 300, 800, upstream=True)) == [
        ("C", 300.0, 0.0, 0.0, 300.0),
        ("A", 1000.0, 500.0, 300.0, 800.0),
        ("B", 989.9, 489.9, 300.0, 800.0),
    ]
    assert told(found(network, "A", 900, 500, upstream=False)) == [
        ("A", 900.0, 1000.0, 0.0, 100.0),
        ("C", 0.0, 400.0, 100.0, 500.0),
    ]
    assert kinds(network) == []


def test_the_end_of_a_brook_is_the_confluence_and_has_the_other_brook_upstream_of_it() -> None:
    network = build_network(river(CONFLUENCE))
    assert {row[0] for row in told(found(network, "A", 1000, 100, upstream=True))} == {"A", "B"}
    assert {row[0] for row in told(found(network, "A", 999, 100, upstream=True))} == {"A"}


def test_ends_a_few_metres_apart_are_one_place_and_ends_farther_apart_are_asked_about() -> None:
    near = river(CONFLUENCE | {"C": [(3, -2), (0, -1000)]})
    assert len(build_network(near).pieces) == 1
    apart = build_network(river(CONFLUENCE | {"C": [(0, -20), (0, -1000)]}))
    assert len(apart.pieces) == 2
    assert kinds(apart) == ["all_arrive", "gap", "piece"]
    gap = next(d for d in apart.doubts if d.kind == "gap")
    assert gap.id == "C" and "20.0 m" in gap.found.en and "20.0 米" in gap.found.zh
    assert len(build_network(river(CONFLUENCE | {"C": [(0, -20), (0, -1000)]}), snap_m=21.0).pieces) == 1


def test_a_brook_that_ends_in_the_middle_of_a_river_joins_it_there() -> None:
    """
    ::

        R ----------+---------> sea
                    ^
                    |  the line of T ends 2 m short of the river
                    T
    """
    network = build_network(river({"R": [(0, 0), (1000, 0)], "T": [(600, -400), (600, -2)]}))
    assert told(found(network, "R", 700, 250, upstream=True)) == [
        ("R", 700.0, 600.0, 0.0, 100.0),
        ("R", 600.0, 450.0, 100.0, 250.0),
        ("T", 398.0, 248.0, 100.0, 250.0),
    ]


def test_lines_that_merely_cross_are_not_joined() -> None:
    network = build_network(river({"R": [(0, 0), (1000, 0)], "aqueduct": [(500, -400), (500, 400)]}))
    assert len(network.pieces) == 2
    assert kinds(network) == ["piece"]


def test_the_attribute_decides_then_the_drawing_then_the_heights() -> None:
    line = {"A": [(0, 0), (1000, 0)]}

    def flows_east(**columns: Any) -> bool:
        network = build_network(river(line, **columns))
        return float(network.lines.x[network.lines.part_last[0]]) == 1000.0

    assert flows_east()
    assert not flows_east(flow=[AGAINST])
    assert flows_east(flow=[ALONG], first_m=[3600], last_m=[3700])  # doubted, below
    assert not flows_east(drawn_downstream=False, first_m=[3600], last_m=[3700])
    assert flows_east(drawn_downstream=False, first_m=[3700], last_m=[3600])


def test_heights_may_stand_in_the_line_itself() -> None:
    courses = Courses.of("rivers", ["A"], [LineString([(0, 0, 3600), (1000, 0, 3700)])], drawn_downstream=False)
    network = build_network(courses)
    assert network.lines.by.tolist() == ["elevation"]
    assert float(network.lines.x[0]) == 1000.0


def test_a_direction_that_climbs_is_doubted_and_one_that_nothing_tells_flows_both_ways() -> None:
    climbs = build_network(river({"A": [(0, 0), (1000, 0)]}, first_m=[3600], last_m=[3700]))
    assert [(d.kind, d.layer, d.id) for d in climbs.doubts] == [("climbs", "rivers", "A")]
    assert "100.0 m" in climbs.doubts[0].sentence("en") and "100.0 米" in climbs.doubts[0].sentence("zh")
    unknown = build_network(river({"A": [(0, 0), (1000, 0)]}, drawn_downstream=False, first_m=[3600], last_m=[3601]))
    assert kinds(unknown) == ["direction_unknown"]
    assert len(told(found(unknown, "A", 400, 100, upstream=True))) == 2


def test_reaches_that_all_arrive_or_all_begin_somewhere_are_doubted_unless_it_is_a_mouth() -> None:
    """
    ::

        A -----> <----- B       one of them is drawn the wrong way, or here is the sea
    """
    courses = river({"A": [(0, 0), (500, 0)], "B": [(1000, 0), (500, 0)]})
    assert kinds(build_network(courses)) == ["all_arrive"]
    assert kinds(build_network(courses, mouths=(np.array([501.0]), np.array([0.0])))) == []
    assert kinds(build_network(courses, mouths=(np.array([0.0]), np.array([0.0])))) == ["all_arrive", "no_way_out"]
    assert kinds(build_network(river({"A": [(500, 0), (0, 0)], "B": [(500, 0), (1000, 0)]}))) == ["all_leave"]


def test_where_the_river_divides_both_arms_are_followed_and_the_shorter_way_counts() -> None:
    """
    ::

                 +--- L (600 m) ---+
                 |                 |
        A ------>+                 +------> C
                 |                 |
                 +--- S (400 m) ---+
    """
    courses = river(
        {
            "A": [(0, 0), (400, 0)],
            "L": [(400, 0), (400, 100), (800, 100), (800, 0)],
            "S": [(400, 0), (800, 0)],
            "C": [(800, 0), (1600, 0)],
        },
        share=[np.nan, 0.3, 0.7, np.nan],
    )
    network = build_network(courses)
    assert told(found(network, "A", 300, 700, upstream=False)) == [
        ("A", 300.0, 400.0, 0.0, 100.0),
        ("L", 0.0, 600.0, 100.0, 700.0),
        ("S", 0.0, 400.0, 100.0, 500.0),
        ("C", 0.0, 200.0, 500.0, 700.0),
    ]
    assert found(network, "A", 300, 700, upstream=False).divergences() == [0]
    [divides] = network.divergences
    named = {network.lines.id[network.edges.reach[e]]: s for e, s in zip(divides.edges, divides.shares, strict=True)}
    assert named == {"L": 0.3, "S": 0.7}
    up = told(found(network, "C", 100, 450, upstream=True))
    assert up == [
        ("C", 100.0, 0.0, 0.0, 100.0),
        ("L", 600.0, 250.0, 100.0, 450.0),
        ("S", 400.0, 50.0, 100.0, 450.0),
    ]
    assert kinds(network) == []


@pytest.mark.parametrize(
    ("shares", "doubted"), [((0.3, 0.69), False), ((0.3, 0.6), True), ((0.3, np.nan), False), ((1.2, np.nan), True)]
)
def test_shares_that_do_not_add_up_are_doubted_and_unknown_ones_stay_unknown(
    shares: tuple[float, float], doubted: bool
) -> None:
    lines = {"A": [(0, 0), (400, 0)], "L": [(400, 0), (800, 300)], "S": [(400, 0), (800, 0)]}
    network = build_network(river(lines, share=[np.nan, *shares]))
    assert ("shares" in kinds(network)) is doubted
    assert np.array_equal(network.divergences[0].shares, shares, equal_nan=True)


def test_a_canal_that_flows_both_ways_is_followed_both_ways_and_met_in_its_middle() -> None:
    """
    ::

        A --------->+---------> B
                    |
                    | K, both ways, 300 m
                    |
        C --------->+---------> D
    """
    courses = Courses.together(
        [
            river({"A": [(0, 300), (500, 300)], "B": [(500, 300), (1000, 300)]}),
            river({"C": [(0, 0), (500, 0)], "D": [(500, 0), (1000, 0)]}),
            river({"K": [(500, 300), (500, 0)]}, flow=[BOTH]),
        ]
    )
    network = build_network(courses)
    assert {row[0] for row in told(found(network, "B", 100, 900, upstream=True))} == {"A", "B", "C", "K"}
    assert {row[0] for row in told(found(network, "D", 100, 900, upstream=True))} == {"A", "C", "D", "K"}
    assert {row[0] for row in told(found(network, "A", 100, 900, upstream=False))} == {"A", "B", "D", "K"}
    # Of two ends equally far west the canal begins at the southern one.
    assert told(found(network, "K", 100, 150, upstream=False)) == [
        ("K", 100.0, 250.0, 0.0, 150.0),
        ("K", 100.0, 0.0, 0.0, 100.0),
        ("D", 0.0, 50.0, 100.0, 150.0),
    ]


def test_a_ring_both_ways_is_shared_where_the_two_ways_are_equally_long() -> None:
    """
    ::

            +---- N (500 m) ----+
            |                   |
        A ->+                   +      both arms flow both ways; what is said of the
            |                   |      farther arm is split 100 m beyond its far end
            +---- S (300 m) ----+
    """
    courses = Courses.together(
        [
            river({"A": [(0, 0), (100, 0)]}),
            river({"N": [(100, 0), (100, 100), (400, 100), (400, 0)], "S": [(100, 0), (400, 0)]}, flow=[BOTH, BOTH]),
        ]
    )
    network = build_network(courses)
    assert told(found(network, "A", 100, 5000, upstream=False)) == [
        ("N", 0.0, 400.0, 0.0, 400.0),
        ("S", 0.0, 300.0, 0.0, 300.0),
        ("N", 500.0, 400.0, 300.0, 400.0),
    ]


def test_water_that_runs_in_a_circle_is_passed_once() -> None:
    """
    ::

        A ---->+---- B ---->+---- C ---->
               ^            |
               +---- P -----+            a pump lifts part of the water back
    """
    courses = river(
        {
            "A": [(0, 0), (500, 0)],
            "B": [(500, 0), (1000, 0)],
            "C": [(1000, 0), (1500, 0)],
            "P": [(1000, 0), (1000, -200), (500, -200), (500, 0)],
        }
    )
    network = build_network(courses)
    assert told(found(network, "B", 200, 100_000, upstream=False)) == [
        ("B", 200.0, 500.0, 0.0, 300.0),
        ("C", 0.0, 500.0, 300.0, 800.0),
        ("P", 0.0, 900.0, 300.0, 1200.0),
        ("B", 0.0, 200.0, 1200.0, 1400.0),
    ]
    assert told(found(network, "B", 200, 100_000, upstream=True)) == [
        ("B", 200.0, 0.0, 0.0, 200.0),
        ("A", 500.0, 0.0, 200.0, 700.0),
        ("P", 900.0, 0.0, 200.0, 1100.0),
        ("B", 500.0, 200.0, 1100.0, 1400.0),
    ]


LAKE = Polygon([(500, -200), (900, -200), (900, 200), (500, 200)])


def test_a_lake_joins_what_flows_into_it_with_what_flows_out_and_says_how_far_it_is_across() -> None:
    """
    ::

                 .--------.
        A ------>|  lake  |
                 |  400 m |-----> C        the lines end at the shore
        B ------>|        |
                 '--------'
    """
    courses = river({"A": [(0, 0), (500, 0)], "B": [(0, -150), (502, -150)], "C": [(899, 0), (2000, 0)]})
    network = build_network(courses, lakes=Lakes.of("lakes", ["L"], [LAKE]))
    assert told(found(network, "C", 100, 700, upstream=True)) == [
        ("C", 100.0, 0.0, 0.0, 100.0),
        ("L", 399.0, 0.0, 100.0, 499.0),
        ("L", 424.4, 0.0, 100.0, 524.4),
        ("A", 500.0, 299.0, 499.0, 700.0),
        ("B", 502.0, 326.4, 524.4, 700.0),
    ]
    assert kinds(network) == []


def test_a_lake_with_lines_through_it_is_as_long_as_they_are_and_takes_in_what_ends_at_its_shore() -> None:
    """
    ::

                  .--------.
        R --------|--------|----->         the river is drawn through the lake
                  |        |
        B ------->|        |               the brook ends at the shore
                  '--------'
    """
    courses = river({"R": [(0, 0), (600, 0), (700, 100), (800, 0), (2000, 0)], "B": [(0, -150), (500, -150)]})
    network = build_network(courses, lakes=Lakes.of("lakes", ["L"], [LAKE]))
    across = network.edges.length[network.edges.lake >= 0]
    assert np.round(across, 1).tolist() == [427.2]  # the brook to where the river leaves; the river itself needs none
    down = found(network, "R", 100, 1200, upstream=False)
    assert {row[0] for row in told(down)} == {"R"}
    assert round(down.metres, 6) == 1200.0
    assert {row[0] for row in told(found(network, "B", 0, 3000, upstream=False))} == {"B", "L", "R"}


def test_a_river_that_winds_in_and_out_of_a_lake_is_not_led_back_up_its_own_course() -> None:
    """
    ::

              .-----------------.
        R ----|--.   .----------|---->     the line leaves the lake and comes back
              '--|---|----------'
                 '---'
    """
    wavy = {"R": [(0, 0), (600, 0), (600, -300), (700, -300), (700, 0), (2000, 0)]}
    network = build_network(river(wavy), lakes=Lakes.of("lakes", ["L"], [LAKE]))
    rows = told(found(network, "R", 1000, 5000, upstream=True))
    assert {row[0] for row in rows} == {"R"}
    assert max(row[1] for row in rows) == 1000.0  # nothing from below the place


def test_polygons_that_touch_are_one_lake() -> None:
    halves = [Polygon([(500, -200), (700, -200), (700, 200), (500, 200)]), shapely.box(700, -200, 900, 200)]
    courses = river({"A": [(0, 0), (500, 0)], "C": [(900, 0), (2000, 0)]})
    network = build_network(courses, lakes=Lakes.of("lakes", ["east", "west"], halves[::-1]))
    rows = found(network, "C", 100, 550, upstream=True)
    assert told(rows)[1:] == [("east", 400.0, 0.0, 100.0, 500.0), ("A", 500.0, 450.0, 500.0, 550.0)]
    assert shapely.get_coordinates(rows.drawn()[1]).tolist() == [[900.0, 0.0], [500.0, 0.0]]


def test_an_end_at_a_shore_is_no_gap_and_a_line_drawn_twice_is_asked_about() -> None:
    courses = river({"A": [(0, 0), (500, 0)], "near": [(490, 20), (300, 300)], "C": [(900, 0), (2000, 0)]})
    assert ("gap", "A") in [(d.kind, d.id) for d in build_network(courses).doubts]
    with_lake = build_network(courses, lakes=Lakes.of("lakes", ["L"], [LAKE]))
    assert ("gap", "A") not in [(d.kind, d.id) for d in with_lake.doubts]
    twice = build_network(river({"left": [(0, 0), (400, 3), (900, 0)], "right": [(0, 0), (900, 0)]}))
    assert "drawn_twice" in kinds(twice)
    arms = build_network(river({"left": [(0, 0), (400, 30), (900, 0)], "right": [(0, 0), (900, 0)]}))
    assert "drawn_twice" not in kinds(arms)


def test_a_direction_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected -1, 0, 1 or 2"):
        river(CONFLUENCE, flow=[1, 1, 7])


def test_a_trace_of_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        found(build_network(river(CONFLUENCE)), "A", 0, -1.0, upstream=True)


def test_a_lake_without_an_outlet_is_where_the_water_ends() -> None:
    courses = river({"A": [(0, 0), (500, 0)], "B": [(1400, 0), (900, 0)]})
    lakes = Lakes.of("lakes", ["L"], [LAKE])
    network = build_network(courses, lakes=lakes)
    assert len(network.ends) == 2 and len(network.pieces) == 2
    doubted = build_network(courses, lakes=lakes, mouths=(np.array([9e9]), np.array([0.0])))
    assert [d.id for d in doubted.doubts if d.kind == "no_way_out"] == ["A", "B"]


def test_a_straight_way_across_a_bent_lake_is_doubted() -> None:
    bent = Polygon([(500, 0), (600, 0), (600, 400), (900, 400), (900, 0), (1000, 0), (1000, 500), (500, 500)])
    courses = river({"A": [(0, 10), (500, 10)], "C": [(1000, 10), (2000, 10)]})
    network = build_network(courses, lakes=Lakes.of("lakes", ["L", "bad"], [bent, Point(0, 0)]))
    assert [(d.kind, d.id) for d in network.doubts] == [("crossing_over_land", "L"), ("lake_unusable", "bad")]


def test_reaches_are_cut_where_the_duty_changes() -> None:
    """
    ::

             west | east        A border that the river crosses, and a kilometre stone
        R --------|-----o--------->
                  |
    """
    border = LineString([(400, -500), (400, 500)])
    boundaries = Boundaries.of(["border", "stone", "lost"], [border, Point(700, 3), Point(700, 80)])
    network = build_network(river({"R": [(0, 0), (1000, 0)]}), boundaries=boundaries)
    assert np.round(network.edges.begin, 6).tolist() == [0.0, 400.0, 700.0]
    assert network.edges.section.tolist() == [0, 1, 2]
    assert [(d.kind, d.id) for d in network.doubts] == [("cut_off_the_line", "lost")]
    down = found(network, "R", 100, 10_000, upstream=False)
    assert down.metres == pytest.approx(900.0)


def test_a_brook_that_joins_does_not_end_a_duty_but_a_boundary_at_the_same_place_does() -> None:
    lines = {"R": [(0, 0), (1000, 0)], "T": [(600, -400), (600, 0)]}
    assert build_network(river(lines)).edges.section.tolist() == [0, 0, 0]
    at_the_brook = Boundaries.of(["b"], [LineString([(602, -5), (602, 5)])])
    network = build_network(river(lines), boundaries=at_the_brook)
    assert network.edges.section.tolist() == [0, 1, 0]
    assert np.round(network.edges.begin, 6).tolist() == [0.0, 600.0, 0.0]


def test_a_border_along_the_river_cuts_only_where_it_joins_and_leaves_it() -> None:
    district = Polygon([(200, 0), (800, 0), (800, 500), (200, 500)])
    boundaries = Boundaries.of(["district"], [district])
    network = build_network(river({"R": [(0, 0), (1000, 0)]}), boundaries=boundaries)
    assert np.round(network.edges.begin, 6).tolist() == [0.0, 200.0, 800.0]
    assert kinds(network) == ["along_boundary"]


def test_parts_of_a_reach_follow_each_other_also_when_the_attribute_turns_them() -> None:
    parts = MultiLineString([[(0, 0), (300, 0)], [(300, 0), (500, 0)]])
    for flow, first_x in ((ALONG, 0.0), (AGAINST, 500.0)):
        network = build_network(Courses.of("rivers", ["R"], [parts], flow=[flow]))
        assert float(network.lines.x[0]) == first_x
        assert network.lines.length.tolist() == [500.0]
        assert found(network, "R", 100, 1000, upstream=False).metres == pytest.approx(400.0)


def test_what_is_no_line_is_left_out_and_said() -> None:
    shapes = [None, Point(0, 0), LineString(), LineString([(5, 5), (5, 5)]), LineString([(0, 0), (np.inf, 0)])]
    courses = Courses.of("rivers", [f"bad{k}" for k in range(5)] + ["good"], [*shapes, LineString([(0, 0), (99, 0)])])
    network = build_network(courses)
    assert network.lines.id.tolist() == ["good"]
    assert [(d.kind, d.id) for d in network.doubts] == [("not_a_line", f"bad{k}") for k in range(5)]


def test_ids_used_twice_or_missing_and_lines_shorter_than_the_tolerance_are_doubted() -> None:
    lines = [LineString([(0, 0), (500, 0)]), LineString([(500, 0), (900, 0)]), LineString([(900, 0), (903, 0)])]
    network = build_network(Courses.of("rivers", ["A", "A", ""], lines))
    assert sorted(kinds(network)) == ["id_twice", "no_id", "short"]
    assert len(network.lines.id) == 3


def test_ends_in_a_chain_that_drifts_apart_are_doubted() -> None:
    lines = {f"R{k}": [(4 * k, 0), (4 * k, 300 + 100 * k)] for k in range(5)}
    network = build_network(river(lines))
    assert "spread" in kinds(network)


def test_an_unknown_reach_is_named() -> None:
    with pytest.raises(NotFoundError, match="Z"):
        build_network(river(CONFLUENCE)).reach("rivers", "Z")


def test_a_network_of_nothing_answers() -> None:
    network = build_network(Courses.of("rivers", [], []))
    assert len(network.edges) == 0 and network.pieces == () and network.divergences == ()


def test_lengths_are_true_also_in_a_plane_that_stretches() -> None:
    """The plane is drawn twice as wide as the land; snapping, lengths and places are told in metres of the land."""
    land = Plane(lambda x1, y1, x2, y2: np.hypot((x2 - x1) / 2, y2 - y1), widest=2.0)
    lines = {"A": [(0, 0), (1000, 0)], "C": [(1009, 0), (1009, 800)], "far": [(1009, 811), (1009, 1200)]}
    network = build_network(river(lines), plane=land)
    assert len(network.pieces) == 2  # 9 in the plane are 4.5 m on the land; 11 north are 11
    assert network.lines.length.tolist() == [500.0, 800.0, 389.0]
    assert told(found(network, "A", 400, 300, upstream=False)) == [
        ("A", 400.0, 500.0, 0.0, 100.0),
        ("C", 0.0, 200.0, 100.0, 300.0),
    ]
    drawn = found(network, "A", 400, 300, upstream=False).drawn()
    assert shapely.get_coordinates(drawn[0]).tolist() == [[800.0, 0.0], [1000.0, 0.0]]


def test_the_drawn_trace_runs_away_from_the_place() -> None:
    network = build_network(river(CONFLUENCE))
    first, *others = found(network, "C", 300, 500, upstream=True).drawn().tolist()
    assert shapely.get_coordinates(first).tolist() == [[0.0, -300.0], [0.0, 0.0]]
    assert all(shapely.get_coordinates(line)[0].tolist() == [0.0, 0.0] for line in others)


def test_every_doubt_says_in_both_languages_what_was_expected() -> None:
    for words in EXPECTED.values():
        assert words.zh.strip() and words.en.strip() and words.zh != words.en
