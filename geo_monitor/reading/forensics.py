"""Which datum the points of a feed fit, whatever was declared: a proposal with a likelihood ratio, never a correction.

Reports lie near things: a road, a bank, a shop. Read in the wrong datum they lie as near to them as chance has it. For
each hypothesis H (WGS 84, GCJ-02 or BD-09, axes as given or swapped) the points are turned into WGS 84 as H says, and
d is the distance in true metres to the nearest feature of a reference layer. The likelihood of one point, against that
of a point anywhere around, is a mixture of "near a feature" and "anywhere":

    f = b · [(1 - w) + w · r],   r = k(d) / max(k̄, 1/30),   k(d) = exp(-d²/2σ²)

* σ = m · max(10 m, √(a² + q²)/2), at most 120 m: a is the accuracy that the report states and q that of the layer, each
  the radius within which the true place lies (taken as two sigma); m is 1, 2, 4 or 8, for offices that flatter
  themselves, and for banks and shop fronts, which are not where the line or the point is.
* k̄ is the mean of k over 128 shifts of all points, spread evenly over 1.5 km around what the datums say (a sunflower;
  Vogel, 1979): how near a place of this neighbourhood is by chance. So r has the mean 1 for reports that have nothing
  to do with the layer, in a dense town as in an empty valley. It is at most 30: no single report decides.
* w is the share of reports that lie near the layer: 0.1, 0.3, 0.5, 0.7 or 0.9.
* b is 1 in the city's box and 1/1000 outside it.

Reports of one square of 250 m share one vote (their logarithms are averaged): twenty calls about one tip are one
observation. The logarithms are summed over all points; L(H) is the mean of this likelihood over all m and w, and over
the layers, each by itself and all together (the nearest of any). A mean, not a maximum: nothing is fitted, so
nothing has to be paid for having been fitted.

The datum that was declared is confirmed, or another one proposed, only if its L is at least 500 times that of every
other hypothesis and 500 times the mean L of the 128 shifts, which nobody makes. The last is what keeps luck out that
all points share (a street beside a mapped one, a town that is dense in the middle): were the datum's own shift only one
of these, it would reach 500 times their mean in at most one of 500 feeds (Markov's inequality), however the
points hang together. Everything else is no verdict, with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import Box, Datum
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.join import LayerIndex
from geo_monitor.engine.metres import Floats, metres_per_degree
from geo_monitor.reading.datum import Reference

DATUMS = (Datum.WGS84, Datum.GCJ02, Datum.BD09)
#: As people write them.
SPELLED = {Datum.WGS84: "WGS84", Datum.CGCS2000: "CGCS2000", Datum.GCJ02: "GCJ-02", Datum.BD09: "BD-09"}

#: So many times likelier than anything else, or nothing is said.
TIMES = 500.0
#: Fewer squares than this are an anecdote.
LEAST_PLACES = 20
#: More points than this are thinned, evenly as they come.
MOST_POINTS = 1000
#: A layer less accurate than this cannot tell the datums apart (GCJ-02 is some hundred metres off).
LAYER_AT_MOST_M = 100.0
#: Wider than this the kernels of the datums run into each other.
SIGMA_LEAST_M, SIGMA_MOST_M = 10.0, 120.0
SCALES = (1.0, 2.0, 4.0, 8.0)
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
RATIO_MOST = 30.0
OUTSIDE = 1e-3
SQUARE_M = 250.0
AROUND, AROUND_M = 128, 1500.0
GOLDEN = np.pi * (3.0 - np.sqrt(5.0))
#: A shift that nobody makes is one farther than this from the proposed place.
APART_M = 250.0

Reason = Literal["", "too_few", "unrelated", "undecided"]
_REASONS = {
    "too_few": Words(f"不同地点不足 {LEAST_PLACES} 处", f"fewer than {LEAST_PLACES} different places"),
    "unrelated": Words(
        "点位与参照图层没有可辨的关系", "the points have no recognisable relation to the reference layers"
    ),
    "undecided": Words("各坐标系的拟合不相上下", "two datums fit about as well"),
}


@dataclass(frozen=True, slots=True)
class ReferenceLayer:
    """Geometry to compare with: ``shapes`` in WGS 84 (points, lines; of polygons the borders count), and the radius in
    metres within which their true place lies."""

    name: str
    shapes: npt.NDArray[np.object_]
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The numbers are of this datum; ``swapped``: what is called longitude is latitude."""

    datum: Datum
    swapped: bool = False

    def words(self) -> Words:
        name = SPELLED[self.datum]
        return Words(f"{name}（经纬度颠倒）", f"{name} with the axes swapped") if self.swapped else Words(name, name)

    def to_wgs84(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = (lat, lon) if self.swapped else (lon, lat)
        return Reference(str(self.datum), self.datum).to_wgs84(x, y)


@dataclass(frozen=True, slots=True)
class Fit:
    """``log_likelihood``: natural logarithm of L(H) against "unrelated, in the city". ``in_city``: share of the points
    in the city's box; ``near_m``: median distance to the nearest feature of any layer, of those that have one within
    reach, and ``near``: their share."""

    hypothesis: Hypothesis
    log_likelihood: float
    in_city: float
    near: float
    near_m: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``kind``: ``fits`` (the declared datum), ``doubt`` (another one, ``proposed``) or ``none`` with its ``reason``.
    ``log_ratio``: natural logarithm of how many times likelier the likeliest hypothesis is than the declared one (0 if
    it is that), or, where that fits, than the next likeliest. ``fits`` are sorted, the likeliest first."""

    kind: Literal["fits", "doubt", "none"]
    reason: Reason
    declared: Datum
    proposed: Hypothesis | None
    log_ratio: float
    points: int
    places: int
    layers: tuple[str, ...]
    left_out: tuple[str, ...]
    fits: tuple[Fit, ...]

    def why(self) -> Words:
        """Why there is no verdict; empty if there is one."""
        return _REASONS.get(self.reason, Words("", ""))

    def words(self) -> Words:
        said = SPELLED[self.declared]
        times = written_times(self.log_ratio)
        if self.kind == "fits":
            return Words(
                f"声明为 {said}；与参照图层相符，比其他坐标系可能性高 {times} 倍；未作任何更改",
                f"declared {said}; it fits, {times} times likelier than any other datum; nothing was changed",
            )
        if self.kind == "doubt" and self.proposed is not None:
            meant = self.proposed.words()
            return Words(
                f"声明为 {said}；为 {meant.zh} 的可能性高 {times} 倍；未作任何更改",
                f"declared {said}; {times} times likelier {meant.en}; nothing was changed",
            )
        why = self.why()
        return Words(
            f"声明为 {said}；不作结论：{why.zh}；未作任何更改",
            f"declared {said}; no verdict: {why.en}; nothing was changed",
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "verdict": self.kind,
            "reason": self.reason or None,
            "declared": str(self.declared),
            "proposed": None if self.proposed is None else _named(self.proposed),
            "log10_ratio": round(self.log_ratio / math.log(10.0), 2),
            "words": self.words().as_dict(),
            "points": self.points,
            "places": self.places,
            "layers": list(self.layers),
            "left_out": list(self.left_out),
            "fits": [
                _named(f.hypothesis)
                | {
                    "log10_likelihood": round(f.log_likelihood / math.log(10.0), 2),
                    "in_city": round(f.in_city, 3),
                    "near": round(f.near, 3),
                    "near_m": None if f.near_m is None else round(f.near_m, 1),
                }
                for f in self.fits
            ],
        }


def _named(hypothesis: Hypothesis) -> dict[str, Any]:
    return {"datum": str(hypothesis.datum), "swapped": hypothesis.swapped}


def written_times(log_ratio: float) -> str:
    """A ratio from its natural logarithm, in two figures, however great: ``1.3e9``, ``4.2e1203``."""
    exponent = math.floor(log_ratio / math.log(10.0))
    if exponent < 4:
        return f"{math.exp(log_ratio):.2g}" if exponent < 2 else f"{math.exp(log_ratio):.0f}"
    mantissa = f"{10.0 ** (log_ratio / math.log(10.0) - exponent):.1f}"
    return f"{mantissa}e{exponent}" if mantissa != "10.0" else f"1.0e{exponent + 1}"


def examine(
    lon: Floats,
    lat: Floats,
    declared: Datum,
    references: Sequence[ReferenceLayer],
    box: Box,
    accuracy_m: Floats | float = 0.0,
) -> Verdict:
    """``lon``, ``lat``: degrees as they were declared, one row a report, of one feed and one datum; ``box`` of the city
    in WGS 84. What the reports are about is not asked. Nothing is changed, and nothing is raised for odd numbers."""
    lon, lat = np.asarray(lon, dtype=np.float64).ravel(), np.asarray(lat, dtype=np.float64).ravel()
    accuracy = np.broadcast_to(np.asarray(accuracy_m, dtype=np.float64), lon.shape)
    told = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if len(told) > MOST_POINTS:
        told = told[np.linspace(0, len(told) - 1, MOST_POINTS).round().astype(np.int64)]
    lon, lat, accuracy = lon[told], lat[told], accuracy[told]
    used = [r for r in references if r.accuracy_m <= LAYER_AT_MOST_M and len(r.shapes)]
    names = tuple(r.name for r in used), tuple(r.name for r in references if r not in used)
    vote = _votes(lon, lat)
    places = round(float(vote.sum()))
    if places < LEAST_PLACES or not used:
        reason: Reason = "too_few" if places < LEAST_PLACES else "unrelated"
        return Verdict("none", reason, declared, None, 0.0, len(lon), places, *names, ())
    layers = [_Measure(r, box) for r in used]
    ways = [_Way(swapped, lon, lat, accuracy, vote, layers, box) for swapped in (False, True)]
    fits = sorted((f for way in ways for f in way.fits), key=lambda f: -f.log_likelihood)
    return _judged(declared, fits, ways, len(lon), places, names)


def _votes(lon: Floats, lat: Floats) -> Floats:
    """One vote for each square, shared by the reports in it."""
    if not len(lon):
        return np.zeros(0)
    per_lon, per_lat = metres_per_degree(float(np.median(lat)))
    squares = np.floor(np.column_stack([lon * per_lon, lat * per_lat]) / SQUARE_M)
    _, which, count = np.unique(squares, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[which.ravel()])


class _Measure:
    """Distances to one reference layer."""

    def __init__(self, layer: ReferenceLayer, box: Box) -> None:
        self.accuracy_m = layer.accuracy_m
        shapes = np.where(shapely.get_dimensions(layer.shapes) == 2, shapely.boundary(layer.shapes), layer.shapes)
        features = [Feature(layer.name, f"{k:09d}", Words("", ""), shape) for k, shape in enumerate(shapes)]
        self.index = LayerIndex(LayerColumns.of(layer.name, layer.name, features), box.centre)

    def nearest_m(self, lon: Floats, lat: Floats) -> Floats:
        """Metres to the nearest feature, infinite beyond four of the widest sigmas."""
        out = np.full(len(lon), np.inf)
        found = self.index.nearest(lon, lat, 4.0 * SIGMA_MOST_M)
        out[found.point] = found.metres
        return out


class _Way:
    """One order of the axes: the distances under each datum and at the places around, and what follows from them."""

    def __init__(
        self,
        swapped: bool,
        lon: Floats,
        lat: Floats,
        accuracy: Floats,
        vote: Floats,
        layers: Sequence[_Measure],
        box: Box,
    ) -> None:
        self.hypotheses = [Hypothesis(datum, swapped) for datum in DATUMS]
        read = [h.to_wgs84(lon, lat) for h in self.hypotheses]
        self.lon, self.lat = np.array([x for x, _ in read]), np.array([y for _, y in read])
        self.vote, self.accuracy = vote, accuracy
        centre_lon, centre_lat = self.lon.mean(axis=0), self.lat.mean(axis=0)
        per_lon, per_lat = metres_per_degree(centre_lat)
        k = np.arange(AROUND)
        radius = AROUND_M * np.sqrt((k + 0.5) / AROUND)
        #: The shifts that nobody makes, metres east and north of the middle of what the datums say.
        self.east, self.north = radius * np.cos(k * GOLDEN), radius * np.sin(k * GOLDEN)
        all_lon = np.vstack([self.lon, centre_lon + self.east[:, None] / per_lon])
        all_lat = np.vstack([self.lat, centre_lat + self.north[:, None] / per_lat])
        own_east, own_north = (self.lon - centre_lon) * per_lon, (self.lat - centre_lat) * per_lat
        self.own = np.column_stack([np.median(own_east, axis=1), np.median(own_north, axis=1)])
        inside = (all_lon >= box.west) & (all_lon <= box.east) & (all_lat >= box.south) & (all_lat <= box.north)
        self.metres = np.stack([_asked(m, all_lon, all_lat, inside) for m in layers])
        quality = np.array([m.accuracy_m for m in layers])
        self.sigma = np.hypot(accuracy, quality[:, None]) / 2.0
        self.inside = inside[: len(DATUMS)]
        self.border = np.log(np.where(self.inside, 1.0, OUTSIDE)) @ vote
        logs = self._logs()
        self.of_datums = logs[: len(DATUMS)] + self.border
        # The shifts compete by how near they bring the points, not by the city's box.
        self.of_shifts = logs[len(DATUMS) :]
        self.fits = [self._fit(k) for k in range(len(DATUMS))]

    def _logs(self) -> Floats:
        """ln L of each reading (the datums, then the shifts), without the box."""
        parts: list[Floats] = []
        for scale in SCALES:
            sigma = np.clip(scale * np.maximum(self.sigma, SIGMA_LEAST_M), None, SIGMA_MOST_M)
            kernels = np.exp(-0.5 * (self.metres / sigma[:, None, :]) ** 2)
            # Each layer by itself, and of all of them the nearest, in sigmas.
            sets = [*kernels, kernels.max(axis=0)] if len(kernels) > 1 else [kernels[0]]
            for kernel in sets:
                by_chance = float((kernel[len(DATUMS) :] @ self.vote).mean() / self.vote.sum())
                ratio = kernel / max(by_chance, 1.0 / RATIO_MOST)
                parts += [np.log((1.0 - share) + share * ratio) @ self.vote for share in SHARES]
        return np.asarray(np.logaddexp.reduce(parts, axis=0) - np.log(len(parts)))

    def _fit(self, k: int) -> Fit:
        nearest = self.metres[:, k].min(axis=0)
        near = nearest[np.isfinite(nearest)]
        return Fit(
            self.hypotheses[k],
            float(self.of_datums[k]),
            float(self.inside[k].mean()),
            len(near) / len(nearest),
            float(np.median(near)) if len(near) else None,
        )

    def by_luck(self, hypothesis: Hypothesis) -> float:
        """ln of the mean L of the shifts that lie well away from what this hypothesis says, in the same box."""
        k = self.hypotheses.index(hypothesis)
        away = np.hypot(self.east - self.own[k, 0], self.north - self.own[k, 1]) > APART_M
        return float(np.logaddexp.reduce(self.of_shifts[away]) - np.log(away.sum()) + self.border[k])


def _asked(measure: _Measure, lon: Floats, lat: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
    """Distances of a table of places, those outside the city's box being far from everything."""
    out = np.full(lon.shape, np.inf)
    if inside.any():
        out[inside] = measure.nearest_m(lon[inside], lat[inside])
    return out


def _judged(
    declared: Datum,
    fits: Sequence[Fit],
    ways: Sequence[_Way],
    points: int,
    places: int,
    names: tuple[tuple[str, ...], tuple[str, ...]],
) -> Verdict:
    enough = math.log(TIMES)
    as_declared = Hypothesis(Datum.WGS84 if declared is Datum.CGCS2000 else declared)
    best, second = fits[0], fits[1]
    own = next(f for f in fits if f.hypothesis == as_declared)
    way = ways[best.hypothesis.swapped]

    def verdict(
        kind: Literal["fits", "doubt", "none"], reason: Reason, meant: Hypothesis | None, log: float
    ) -> Verdict:
        return Verdict(kind, reason, declared, meant, log, points, places, *names, tuple(fits))

    if best.log_likelihood - way.by_luck(best.hypothesis) < enough:
        turned = float(ways[1].border.max() - ways[0].border.max())
        if turned >= enough:
            # Only the other way round do they lie in the city at all; which datum they have cannot be told.
            return verdict("doubt", "", Hypothesis(as_declared.datum, swapped=True), turned)
        return verdict("none", "unrelated", None, best.log_likelihood - own.log_likelihood)
    if best.log_likelihood - second.log_likelihood < enough:
        return verdict("none", "undecided", None, best.log_likelihood - own.log_likelihood)
    if best is own:
        return verdict("fits", "", as_declared, best.log_likelihood - second.log_likelihood)
    return verdict("doubt", "", best.hypothesis, best.log_likelihood - own.log_likelihood)


def reference_layer(columns: LayerColumns) -> ReferenceLayer:
    """A loaded layer as a reference: of its features those that have a place and are accurate enough, with the median
    of their accuracies; empty (and so left out) if there are none."""
    placed = np.array([g is not None and not g.is_empty for g in columns.geometry], dtype=bool)
    good = np.flatnonzero(placed & (columns.accuracy_m <= LAYER_AT_MOST_M))
    accuracy = float(np.median(columns.accuracy_m[good])) if len(good) else 0.0
    return ReferenceLayer(columns.name, columns.geometry[good], accuracy)
