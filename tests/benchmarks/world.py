"""A synthetic city of Lhasa's shape, made from the models themselves: every layer that some model speaks of gets
features with the properties that models ask for, and a fifth of the reports happen where, and in the company in which,
some model looks for them, so that most models raise something.

All of it is invented. The same seed gives the same city.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from pyproj import Transformer

from geo_monitor.domain.incident import SOURCES
from geo_monitor.domain.layer import Layer
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import DAY_OPEN_FROM, DAY_OPEN_TO, IncidentColumns, LayerColumns, epoch_day
from geo_monitor.supervision.model import (
    AnotherCondition,
    PlaceCondition,
    SupervisionModel,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.supervision.vocabulary import DAYS_IN_REPORTS
from geo_monitor.wiring import shipped_layers

CENTRE = LonLat(91.1, 29.65)
ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
TODAY = epoch_day(date(2026, 11, 22))
LAEA = "+proj=laea +lat_0=29.65 +lon_0=91.1 +ellps=WGS84 +units=m"
YEARS = 2
#: Readings that are compared with the same month of earlier years go back farther.
LONG_AGO = {"water_index": 5}

_BACK = Transformer.from_crs(LAEA, "EPSG:4326", always_xy=True)
_ROADS = "云山柳林石桥河北东西南新民和平建设人胜利团结花园春秋"
_SHOPS = ("面馆", "茶馆", "小吃店", "超市", "餐厅", "食品厂", "副食店", "大药房", "诊所", "旅馆")
#: Many features, not a handful per quarter; of what a register of premises has, thousands.
_MANY = {
    "food_businesses": 1.0,
    "kitchen_waste_contracts": 0.6,
    "platform_shops": 0.05,
    "business_registrations": 0.05,
    "tobacco_outlets": 0.03,
    "pharmacies": 0.02,
    "schools": 0.02,
    "food_workshops": 0.01,
    "entertainment_venues": 0.01,
}


@dataclass(frozen=True)
class Size:
    """How large the city is: ``half_m`` half its side, ``zones`` polygons in all zone layers together, ``register``
    rows in each of the other layers, ``planted`` the share of reports that happen as models look for them, ``watched``
    the share of the others that are of a category that some model watches (half at most)."""

    incidents: int = 1_000_000
    half_m: float = 150_000.0
    reaches: int = 5000
    zones: int = 1000
    businesses: int = 100_000
    register: int = 300
    quarters: int = 40
    planted: float = 0.2
    watched: float = 0.5

    @classmethod
    def small(cls, incidents: int) -> Size:
        """Few reports in few places, so that the conditions of a model meet."""
        return cls(incidents, 12_000.0, 36, 500, 600, 40, 4, 0.8)


@dataclass(frozen=True)
class World:
    incidents: IncidentColumns
    layers: dict[str, LayerColumns]


def lonlat(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = _BACK.transform(x, y)
    return np.round(lon, 7), np.round(lat, 7)


def build_world(models: Sequence[SupervisionModel], size: Size, seed: int) -> World:
    rng = np.random.default_rng(seed)
    town = _Town(models, size, rng)
    town.build_layers()
    return World(_Reports(town).columns(), town.layers)


# ---- layers ------------------------------------------------------------------------------------------------


class _Town:
    def __init__(self, models: Sequence[SupervisionModel], size: Size, rng: np.random.Generator) -> None:
        self.models, self.size, self.rng = models, size, rng
        self.definitions = {f.name: f for layer in shipped_layers() for f in layer.family()}
        self.names = sorted({name for m in models for name in m.layers} | {"rivers", "districts"})
        self.watched = {m.watch.layer for m in models} - {""}
        self.asked = _asked_fields(models)
        self.reaches = _river_tree(rng, size)
        lines = [self.reaches[k] for k in rng.choice(len(self.reaches), size.quarters)]
        #: Middles of the quarters: each a place on a river.
        self.quarters = np.array([line[len(line) // 2] for line in lines])
        self.pools: dict[str, np.ndarray] = {}
        self.layers: dict[str, LayerColumns] = {}
        #: A place of each feature in metres, and its properties, for reports that happen there.
        self.spots: dict[str, np.ndarray] = {}
        areal = [n for n in self.names if self.definitions[n].geometry[0] == "polygon" and n not in self.watched]
        self.per_zone_layer = max(6, size.zones // max(1, len(areal)))

    def build_layers(self) -> None:
        # Those that others name come first.
        first = [n for n in self.names if self.definitions[n].id_field in self.asked.get(n, {})]
        for name in dict.fromkeys(["districts", "rivers", *first, *self.names]):
            if name in self.names and name not in self.layers:
                self._build(name)

    def _build(self, name: str) -> None:
        definition, rng = self.definitions[name], self.rng
        parent: list[str] = []
        if name == "districts":
            side = np.linspace(-self.size.half_m, self.size.half_m, 9)
            squares = [(a, c, b, d) for a, b in pairwise(side) for c, d in pairwise(side)]
            shapes: list[Any] = [shapely.box(*s) for s in squares]
        elif name == "rivers":
            shapes = [shapely.LineString(line) for line in self.reaches]
        elif definition.parent and definition.parent in self.names:
            of = definition.parent
            if of not in self.layers:
                self._build(of)
            ids = self.layers[of].ids
            chosen = np.sort(rng.choice(len(ids), min(len(ids), 3 * self.per_zone_layer), replace=False))
            around = [self.reaches[k] for k in chosen] if of == "rivers" else self.spots[of][chosen]
            shapes = [
                shapely.LineString(a).buffer(110.0, quad_segs=4)
                if of == "rivers"
                else _blob(rng, a, rng.uniform(60, 300))
                for a in around
            ]
            parent = [str(ids[k]) for k in chosen]
        else:
            shapes = [self._shape(definition, k) for k in range(self._count(name))]
        self._keep(definition, shapes, parent)

    def _count(self, name: str) -> int:
        if name in _MANY:
            return max(20, round(_MANY[name] * self.size.businesses))
        if self.definitions[name].geometry[0] == "polygon" and name not in self.watched:
            return self.per_zone_layer
        return self.size.register

    def _shape(self, definition: Layer, k: int) -> Any:
        rng = self.rng
        kind = definition.geometry[k % len(definition.geometry)]
        wide = definition.name in _MANY
        at = self.quarters[rng.integers(len(self.quarters))] + rng.normal(0, 2500.0 if wide else 200.0, 2)
        if kind == "point":
            # A register's row without a place: only what others ask of it by its number is asked at all.
            return None if definition.register and k % 4 == 0 else shapely.Point(at)
        if kind == "line":
            heading = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.2, 30))
            steps = np.column_stack([np.cos(heading), np.sin(heading)]) * 50.0
            return shapely.LineString(at + np.cumsum(steps, 0) - steps.sum(0) / 2)
        if definition.name in self.watched:
            return _blob(rng, at, rng.uniform(15, 120), 16)
        shape = _blob(rng, at, rng.lognormal(5.6, 0.7))
        if k % 7 == 3:
            shape = shapely.union(shape, _blob(rng, at + rng.normal(0, 900, 2), 150.0))
        if k % 7 == 5:
            shape = shapely.difference(shape, _blob(rng, at, 30.0))
        return shape

    def _keep(self, definition: Layer, shapes: Sequence[Any], parent: Sequence[str]) -> None:
        name, rng, n = definition.name, self.rng, len(shapes)
        letters = "".join(w[0] for w in name.split("_")).upper()
        ids = np.array([f"{letters}{k:06d}" for k in range(n)], dtype=object)
        flat = np.array(shapes, dtype=object)
        geometry = np.array(shapely.transform(flat, lambda c: np.column_stack(lonlat(c[:, 0], c[:, 1]))), dtype=object)
        self.spots[name] = _places(rng, flat)
        open_ended = rng.random(n) < 0.3
        begin = TODAY - rng.integers(0, 3 * 365, n)
        columns = LayerColumns(
            name=name,
            version=f"{name}@benchmark",
            ids=ids,
            geometry=geometry,
            valid_from=np.where(open_ended, DAY_OPEN_FROM, begin).astype(np.int32),
            valid_to=np.where(open_ended, DAY_OPEN_TO, begin + rng.integers(100, 1500, n)).astype(np.int32),
            parent=np.array(list(parent) or [""] * n, dtype=object),
            titles=ids,
            accuracy_m=np.zeros(n, np.float32),
            properties=self._properties(definition, ids, parent),
            synthetic=True,
        )
        self.layers[name] = columns

    def _properties(self, definition: Layer, ids: np.ndarray, parent: Sequence[str]) -> dict[str, np.ndarray]:
        rng, n = self.rng, len(ids)
        kinds = {f.name: f for f in definition.fields}
        out: dict[str, np.ndarray] = {}
        for field in sorted(self.asked.get(definition.name, {})):
            said = kinds.get(field)
            if field == definition.id_field:
                out[field] = ids
                self.pools.setdefault(field, ids)
            elif field == definition.parent_field:
                out[field] = np.array(parent, dtype=object)
            elif said is not None and said.kind == "date":
                days = np.where(rng.random(n) < 0.35, None, TODAY - rng.integers(-100, 1100, n))
                out[field] = _objects([None if d is None else _iso(d) for d in days])
            elif said is not None and said.kind == "number":
                out[field] = _objects(self.figures([(definition.name, field)], n).tolist())
            else:
                out[field] = self.words(field, n, said.choices if said is not None else ())
        # Together what some model asks of one feature: words that fit each other.
        wheres = _wheres(self.models, definition.name)
        for k in range(n if wheres else 0):
            if rng.random() < 0.7:
                for field, words in wheres[rng.integers(len(wheres))].items():
                    out[field][k] = words[rng.integers(len(words))]
        return out

    def words(self, field: str, n: int, choices: Sequence[str] = ()) -> np.ndarray:
        """Texts of a field: of its choices, or of the pool that reports and registers share; some written otherwise."""
        rng = self.rng
        if choices:
            return _objects([choices[k] for k in rng.integers(len(choices), size=n)])
        if field == "name":
            return _objects([_name(rng) for _ in range(n)])
        if field == "address":
            return _objects([f"{_syllables(rng, 2)}路{rng.integers(1, 400)}号" for _ in range(n)])
        pool = self.pools.get(field)
        if pool is None:
            many = 20_000 if field in ("licence", "credit_code") else 150
            pool = self.pools[field] = np.array([f"{field[:2].upper()}-{k:05d}" for k in range(many)], dtype=object)
        out = pool[rng.integers(len(pool), size=n)].astype(object)
        for k in np.flatnonzero(rng.random(n) < 0.05):
            out[k] = f" {str(out[k]).lower()}"
        return out

    def figures(self, asked: Iterable[tuple[str, str]], n: int) -> np.ndarray:
        """Figures about the limits that models set them; some exactly on one, some far off, some missing."""
        rng = self.rng
        limits = np.array(sorted({v for key in asked for v in self.asked.get(key[0], {}).get(key[1], ())}) or [100.0])
        out = limits[rng.integers(len(limits), size=n)] * np.clip(rng.normal(1.0, 0.3, n), 0.05, None)
        odd = rng.random(n)
        out = np.where(odd < 0.03, out * 4, np.where(odd < 0.06, out * 0.05, out))
        out = np.where((odd > 0.9) & (odd < 0.95), limits[rng.integers(len(limits), size=n)], np.round(out, 3))
        return np.where(odd > 0.97, np.nan, out)


def _asked_fields(models: Sequence[SupervisionModel]) -> dict[str, dict[str, set[float]]]:
    """Layer ("" for reports) → field that some model asks about → the figures it is compared with."""
    asked: dict[str, dict[str, set[float]]] = {}

    def ask(layer: str, field: str, *limits: float) -> None:
        asked.setdefault(layer, {}).setdefault(field, set()).update(limits)

    for m in models:
        mine = m.watch.layer
        for field in m.fields:
            ask(mine, field)
        for field in m.watch.where:
            ask(mine, field)
        if m.watch.dated:
            ask(mine, m.watch.dated)
        for c in m.conditions():
            of = mine if c in m.where else ""
            if isinstance(c, ValueCondition):
                ask(of, c.field, *([m.numbers[c.number].base] if c.number else []))
            elif isinstance(c, PlaceCondition):
                for field in (*c.where, *c.same.values(), *(c.alike.fields.values() if c.alike else ())):
                    ask(c.layer, field)
                if c.dated:
                    ask(c.layer, c.dated.field)
                for left, _, right in c.compare:
                    ask(of, left, 100.0)
                    ask(c.layer, right, 100.0)
        for field in m.group.same.values():
            ask(m.group.by, field)
        for t in m.group.any:
            for having in (t.having, t.share_having):
                if having.field:
                    ask(mine, having.field, m.numbers[having.number].base)
            if t.sum:
                ask(mine, t.sum_field, m.numbers[t.sum].base / 3)
    return asked


def _wheres(models: Sequence[SupervisionModel], layer: str) -> list[Mapping[str, tuple[str, ...]]]:
    out = [m.watch.where for m in models if m.watch.layer == layer and m.watch.where]
    return out + [c.where for m in models for c in m.places() if c.layer == layer and c.where]


def _river_tree(rng: np.random.Generator, size: Size) -> list[np.ndarray]:
    """Winding reaches with some hundred vertices between the knots of a jittered grid; from each the water runs to the
    lowest neighbour, so that they form trees."""
    side = int(np.sqrt(size.reaches)) + 1
    step = 2 * size.half_m / side
    knots = (np.indices((side, side)).reshape(2, -1).T + 0.5) * step - size.half_m
    knots = knots + rng.uniform(-0.25, 0.25, knots.shape) * step
    height = rng.uniform(0, 1, side * side) + 0.15 * np.arange(side * side) / side
    out = []
    for k in range(side * side):
        i, j = divmod(k, side)
        near = [
            a * side + b
            for a, b in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1))
            if min(a, b) >= 0 and max(a, b) < side
        ]
        low = min(near, key=lambda o: height[o])
        if height[low] >= height[k]:
            continue
        t = np.linspace(0, 1, 100)
        along = knots[low] - knots[k]
        bends = sum(np.sin(np.pi * f * t) * rng.normal(0, 0.04 / f) for f in (1, 3, 7))
        out.append(knots[k] + t[:, None] * along + bends[:, None] * np.array([-along[1], along[0]]))
    return out[: size.reaches]


def _blob(rng: np.random.Generator, at: np.ndarray, radius: float, corners: int = 60) -> Any:
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    lobes = 1 + 0.25 * np.sin(3 * angles + rng.uniform(0, 6)) + 0.1 * np.sin(7 * angles + rng.uniform(0, 6))
    return shapely.Polygon(at + radius * lobes[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]))


def _places(rng: np.random.Generator, shapes: np.ndarray) -> np.ndarray:
    """A place of each shape in metres; of a line anywhere along it; NaN of none."""
    points = shapely.point_on_surface(shapes)
    lines = shapely.get_dimensions(shapes) == 1
    points[lines] = shapely.line_interpolate_point(shapes[lines], rng.random(int(lines.sum())), normalized=True)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _objects(values: Sequence[Any]) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = [None if isinstance(v, float) and v != v else v for v in values]
    return out


def _iso(day: int) -> str:
    return str(np.datetime64(int(day), "D"))


def _syllables(rng: np.random.Generator, n: int) -> str:
    return "".join(_ROADS[k] for k in rng.integers(len(_ROADS), size=n))


def _name(rng: np.random.Generator) -> str:
    legal = ("", "", "有限公司", "(个体工商户)")[rng.integers(4)]
    return _syllables(rng, 4) + _SHOPS[rng.integers(len(_SHOPS))] + legal


# ---- reports -----------------------------------------------------------------------------------------------


class _Reports:
    """Two fifths in the quarters, a fifth beside rivers, a fifth anywhere, all in any category (half of them in one
    that no model watches); a fifth as models look for them."""

    def __init__(self, town: _Town) -> None:
        self.town, self.rng = town, town.rng
        self.watching = [m for m in town.models if m.watch.category or any(self._others(m))]
        self.fields = self._categories_of_fields()
        known = sorted({c for m in self.watching for c in (*m.watch.category, *self._others(m))})
        self.categories = (*known, *(f"unwatched_{k}" for k in range(len(known))))
        self.code = {c: k for k, c in enumerate(self.categories)}

    def _others(self, m: SupervisionModel) -> list[str]:
        specs = [c for c in m.where if isinstance(c, AnotherCondition)]
        return [w for c in specs for w in (*c.records.category, *(c.between.category if c.between else ()))]

    def _categories_of_fields(self) -> dict[str, set[str]]:
        """Which reports carry a field: those of the models that ask for it."""
        out: dict[str, set[str]] = {}
        for m in self.watching:
            for field in m.fields if not m.watch.layer else ():
                out.setdefault(field, set()).update(m.watch.category, self._others(m))
            for c in m.where:
                if isinstance(c, AnotherCondition):
                    for field in (w.field for w in c.where if isinstance(w, ValueCondition)):
                        out.setdefault(field, set()).update(c.records.category)
        return out

    def columns(self) -> IncidentColumns:
        town, rng, n = self.town, self.rng, self.town.size.incidents
        planted = self._planted(round(town.size.planted * n))
        free = n - len(planted["category"])
        half = town.size.half_m
        kind = rng.choice(3, size=free, p=(0.5, 0.25, 0.25))
        xy = town.quarters[rng.integers(len(town.quarters), size=free)] + rng.normal(0, 2500.0, (free, 2))
        xy[kind == 2] = rng.uniform(-half, half, (int((kind == 2).sum()), 2))
        lines = np.array(town.reaches)
        beside = int((kind == 1).sum())
        xy[kind == 1] = lines[rng.integers(len(lines), size=beside), rng.integers(lines.shape[1], size=beside)]
        xy[kind == 1] += rng.normal(0, 150.0, (beside, 2))
        any_kind = rng.integers(len(self.categories), size=free)
        less = np.random.default_rng(free).random(free) >= 2.0 * town.size.watched
        any_kind[less] = len(self.categories) // 2 + any_kind[less] % (len(self.categories) // 2)
        category = np.r_[any_kind, planted["category"]]
        end = int(AS_OF.timestamp())
        span = np.full(len(self.categories), YEARS * 365 * 86400.0)
        for name, years in LONG_AGO.items():
            if name in self.code:
                span[self.code[name]] = years * 365 * 86400.0
        occurred = end - rng.random(n) * span[category]
        occurred[free:] = np.minimum(planted["occurred"], end - 1)
        occurred = occurred.astype(np.int64)
        xy = np.vstack([xy, planted["xy"]])
        lon, lat = lonlat(*xy.T)
        order = np.argsort(occurred, kind="stable")
        attributes = self._attributes(category, occurred, planted, free)
        return IncidentColumns(
            ids=np.array([f"i{k:08d}" for k in range(n)], dtype=object),
            lon=lon[order],
            lat=lat[order],
            accuracy_m=np.zeros(n, np.float32),
            occurred=occurred[order],
            category=category[order].astype(np.int32),
            categories=self.categories,
            source=rng.integers(len(SOURCES), size=n).astype(np.int16),
            sources=SOURCES,
            reporter=rng.integers(-1, max(1, n // 4), size=n),
            reporters=tuple(f"p{k}" for k in range(max(1, n // 4))),
            evidence=rng.choice([0, 0, 1, 2, 3, 4, 8, 16, 32, 33], size=n).astype(np.int32),
            attributes={name: column[order] for name, column in attributes.items()},
        )

    def _planted(self, n: int) -> dict[str, Any]:
        """Episodes: some reports of the kinds that a model looks for, within days, at a feature that it asks about."""
        rng, town = self.rng, self.town
        each = 4
        episodes = max(1, n // each // max(1, len(self.watching)))
        category, xy, when, owner, layer, feature = [], [], [], [], [], []
        for at, m in enumerate(self.watching):
            anchors = [c.layer for c in m.places()] + [m.watch.layer, m.group.by, m.group.of]
            anchors = [a for a in anchors if a in town.layers] or ["rivers"]
            mine, theirs = m.watch.category or tuple(self._others(m)), tuple(self._others(m)) or m.watch.category
            for k in range(episodes):
                name = anchors[k % len(anchors)]
                spots = town.spots[name]
                f = int(rng.integers(len(spots)))
                spread = (5.0, 30.0, 120.0)[int(rng.integers(3))]
                begin = AS_OF.timestamp() - rng.uniform(0, YEARS * 365 * 86400)
                apart = (1800.0, 86400.0, 8 * 86400.0, 50 * 86400.0)[int(rng.integers(4))]
                for i in range(each):
                    words = theirs if i == each - 1 else mine
                    category.append(self.code[words[int(rng.integers(len(words)))]])
                    place = spots[f] if not np.isnan(spots[f, 0]) else town.quarters[0]
                    # The last may come from elsewhere: things that move.
                    if i == each - 1 and k % 3 == 0:
                        other = town.spots[anchors[-1 - k % len(anchors)]]
                        place = np.nan_to_num(other[int(rng.integers(len(other)))], nan=place[0])
                    xy.append(place + rng.normal(0, spread, 2))
                    when.append(begin + rng.uniform(0, apart))
                    owner.append(at * episodes + k)
                    layer.append(name)
                    feature.append(f)
        return {
            "category": np.array(category, dtype=np.int64),
            "xy": np.array(xy),
            "occurred": np.array(when),
            "episode": np.array(owner),
            "layer": np.array(layer, dtype=object),
            "feature": np.array(feature),
        }

    def _attributes(
        self, category: np.ndarray, occurred: np.ndarray, planted: Mapping[str, Any], free: int
    ) -> dict[str, np.ndarray]:
        rng, n = self.rng, len(category)
        out: dict[str, np.ndarray] = {}
        for field in sorted(self.fields):
            codes = [self.code[c] for c in self.fields[field] if c in self.code]
            rows = np.flatnonzero(np.isin(category, codes))
            column = np.full(n, None, dtype=object)
            column[rows] = self._values(field, occurred[rows], category[rows])
            out[field] = column
            if isinstance(next((v for v in column[rows] if v is not None), None), str):
                self._shared(field, column, rows[rows >= free], planted, free)
            column[rows[rng.random(len(rows)) < 0.04]] = None
        return out

    def _values(self, field: str, occurred: np.ndarray, category: np.ndarray) -> np.ndarray:
        town, rng, n = self.town, self.rng, len(occurred)
        if field in DAYS_IN_REPORTS:
            days = occurred // 86400 + rng.integers(0, 90, n)
            return _objects([None if gone else _iso(d) for d, gone in zip(days, rng.random(n) < 0.4, strict=True)])
        words = sorted({w for m in town.models for w in _words_of(m, field)})
        if words:
            said = [*words, *words, "other"]
            return _objects([said[k] for k in rng.integers(len(said), size=n)])
        if _is_figure(town.models, field):
            return _objects(town.figures([("", field)], n).tolist())
        return town.words(field, n)

    def _shared(self, field: str, column: np.ndarray, rows: np.ndarray, planted: Mapping[str, Any], free: int) -> None:
        """One vehicle, name, number in an episode: that of the feature at which it happens, if it has one."""
        first: dict[int, Any] = {}
        for row in rows[self.rng.random(len(rows)) < 0.8].tolist():
            k = row - free
            episode = int(planted["episode"][k])
            if episode not in first:
                theirs = self.town.layers[planted["layer"][k]].properties.get(field)
                mine = theirs[planted["feature"][k]] if theirs is not None else None
                first[episode] = column[row] if mine is None else mine
            column[row] = first[episode]


def _words_of(m: SupervisionModel, field: str) -> tuple[str, ...]:
    return tuple(
        w
        for c in m.conditions()
        if isinstance(c, ValueCondition) and c.field == field and not m.watch.layer
        for w in c.words
    )


def _is_figure(models: Sequence[SupervisionModel], field: str) -> bool:
    for m in models:
        if m.watch.layer:
            continue
        for c in m.conditions():
            if isinstance(c, ValueCondition) and c.field == field and c.number:
                return True
            if isinstance(c, UnusualCondition) and c.field == field:
                return True
            if isinstance(c, PlaceCondition) and any(f == field for f, _, _ in c.compare):
                return True
        for t in m.group.any:
            if field in (t.having.field, t.share_having.field, t.sum_field):
                return True
    return False
