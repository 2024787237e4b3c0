"""The shared plan against a filter-first GeoPandas loop, same models, same data, same run. Started by hand::

    python tests/benchmarks/overlay.py [--incidents 1000000] [--seed 20261122]

The world is synthetic and has Lhasa's shape, scaled: 5,000 reaches in a square of 300 km, 1,000 zones, 100,000
businesses, 2,000 schools, 900 heritage ranges, a million incidents, two thirds of them in towns. The loop is written
as an experienced person would: attributes filtered first, one ``sjoin`` per condition of a model, layers and
spatial indexes made
once and shared between models, in an equal-area frame centred on the data. Both must find the same hits; a
difference is
explained only where the distance lies within the frame's own error of the threshold, and those are listed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import (
    DAY_OPEN_FROM,
    DAY_OPEN_TO,
    IncidentColumns,
    LayerColumns,
    epoch_day,
    evidence_bits,
)
from geo_monitor.engine.evaluate import Evaluation, evaluate, records_of_layer
from geo_monitor.engine.join import IndexShelf
from geo_monitor.engine.plan import compile_plan
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.model import (
    HoursCondition,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    ValueCondition,
)

CENTRE = LonLat(91.1, 29.65)
HALF_M = 150_000.0
ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
LAEA = "+proj=laea +lat_0=29.65 +lon_0=91.1 +ellps=WGS84 +units=m"
#: What the frame is off at most over 150 km (measured: 1.5e-4 of the distance), and edges drawn straight in
#: another frame.
FRAME_ERROR = 2.0e-4
EDGE_ERROR_M = 0.05

Pair = tuple[str, str, str]


# ---- the world ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    incidents: IncidentColumns
    layers: dict[str, LayerColumns]


_BACK = Transformer.from_crs(LAEA, "EPSG:4326", always_xy=True)


def lonlat(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lon, lat = _BACK.transform(x, y)
    return np.round(lon, 7), np.round(lat, 7)


def build_world(models: Sequence[SupervisionModel], n: int, seed: int) -> World:
    rng = np.random.default_rng(seed)
    towns = rng.uniform(-0.9 * HALF_M, 0.9 * HALF_M, size=(72, 2))
    rivers = _rivers(rng, 5000)
    layers = {"rivers": _layer("rivers", "R", rivers)}
    reach_ids = layers["rivers"].ids
    for name in sorted({layer for m in models for layer in m.layers} - set(layers)):
        layers[name] = _made(name, rng, towns, rivers, reach_ids, models)
    return World(_incidents(models, n, rng, towns, rivers), layers)


def _rivers(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    """Winding lines of some 6 km with 60 vertices, in metres."""
    start = rng.uniform(-HALF_M, HALF_M, size=(n, 2))
    heading = rng.uniform(0, 2 * np.pi, size=(n, 1)) + np.cumsum(rng.normal(0, 0.25, size=(n, 60)), axis=1)
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=2) * 100.0
    return list(start[:, None, :] + np.cumsum(steps, axis=1))


def _made(
    name: str,
    rng: np.random.Generator,
    towns: np.ndarray,
    rivers: list[np.ndarray],
    reach_ids: np.ndarray,
    models: Sequence[SupervisionModel],
) -> LayerColumns:
    """A layer by its name: zones along rivers, premises in towns, discs around heritage, districts as a grid."""
    properties = _properties(name, models)
    if name == "districts":
        side = np.linspace(-HALF_M, HALF_M, 9)
        shapes = [np.array([[a, c], [b, c], [b, d], [a, d]]) for a, b in pairwise(side) for c, d in pairwise(side)]
        return _layer(name, "D", shapes, polygon=True)
    if "river" in name or "reach" in name:
        chosen = rng.choice(len(rivers), size=min(1000, len(rivers)), replace=False)
        shapes = [np.asarray(shapely.LineString(rivers[k]).buffer(110.0).exterior.coords) for k in chosen]
        return _layer(
            name, "Z", shapes, polygon=True, parent=[str(reach_ids[k]) for k in chosen], rng=rng, properties=properties
        )
    if "food" in name or "business" in name or "premises" in name:
        return _layer(name, "B", _town_points(rng, towns, 100_000), rng=rng, properties=properties, expire=0.03)
    if "school" in name:
        return _layer(name, "S", _town_points(rng, towns, 2000), rng=rng, properties=properties)
    if "heritage" in name or "protection" in name or "control" in name:
        centres = _town_points(rng, towns, 900)
        radius = {"heritage_sites": 60.0}.get(name, 150.0 if "protection" in name else 300.0)
        angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        shapes = [c + ring * radius * rng.uniform(0.7, 1.6) for c in centres]
        parent = None if name == "heritage_sites" else [f"H{k:06d}" for k in range(len(shapes))]
        return _layer(
            name,
            "H" if parent is None else name[:3].upper(),
            shapes,
            polygon=True,
            parent=parent,
            rng=rng,
            properties=properties,
        )
    if "water" in name or "lake" in name or "wetland" in name:
        centres = rng.uniform(-HALF_M, HALF_M, size=(100, 2))
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return _layer(
            name,
            "W",
            [c + ring * rng.uniform(200, 2500) for c in centres],
            polygon=True,
            rng=rng,
            properties=properties,
        )
    # Registers: small squares over rivers (permits), each valid for some months.
    middle = np.array([rivers[k][30] for k in rng.choice(len(rivers), size=500)])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * 260.0
    return _layer(name, "P", [m + square for m in middle], polygon=True, rng=rng, properties=properties, expire=0.4)


def _properties(layer: str, models: Sequence[SupervisionModel]) -> dict[str, tuple[str, ...]]:
    """The words that models ask of this layer's features, each with another word that meets nothing."""
    asked: dict[str, tuple[str, ...]] = {}
    for m in models:
        wheres = [c.where for c in m.where if isinstance(c, PlaceCondition) and c.layer == layer]
        wheres += [m.watch.where] if m.watch.layer == layer else []
        for where in wheres:
            for name, words in where.items():
                asked[name] = tuple(sorted({*asked.get(name, ()), *words, "other"}))
    return asked


def _town_points(rng: np.random.Generator, towns: np.ndarray, n: int) -> np.ndarray:
    return towns[rng.integers(len(towns), size=n)] + rng.normal(0, 2500.0, size=(n, 2))


def _layer(
    name: str,
    letter: str,
    shapes: Sequence[np.ndarray] | np.ndarray,
    *,
    polygon: bool = False,
    parent: list[str] | None = None,
    rng: np.random.Generator | None = None,
    properties: dict[str, tuple[str, ...]] | None = None,
    expire: float = 0.0,
) -> LayerColumns:
    n = len(shapes)
    geometry = np.empty(n, dtype=object)
    if not polygon and np.asarray(shapes[0]).ndim == 1:
        geometry[:] = shapely.points(*lonlat(*np.asarray(shapes).T))
    else:
        geometry[:] = [
            (shapely.Polygon if polygon else shapely.LineString)(np.column_stack(lonlat(*np.asarray(s).T)))
            for s in shapes
        ]
    ids = np.array([f"{letter}{k:06d}" for k in range(n)], dtype=object)
    start, end = np.full(n, DAY_OPEN_FROM, np.int32), np.full(n, DAY_OPEN_TO, np.int32)
    columns: dict[str, np.ndarray] = {}
    if rng is not None:
        if expire:
            last = epoch_day(date(2026, 11, 22))
            end = np.where(rng.random(n) < expire, last - rng.integers(1, 600, size=n), last + 400).astype(np.int32)
            start = (end - 1826).astype(np.int32)
        for field, words in (properties or {}).items():
            column = np.empty(n, dtype=object)
            column[:] = [words[k] for k in rng.integers(len(words), size=n)]
            columns[field] = column
    return LayerColumns(
        name=name,
        version=f"{name}@benchmark",
        ids=ids,
        geometry=geometry,
        valid_from=start,
        valid_to=end,
        parent=np.array(parent if parent else [""] * n, dtype=object),
        titles=ids,
        accuracy_m=np.zeros(n, np.float32),
        properties=columns,
        synthetic=True,
    )


def _incidents(
    models: Sequence[SupervisionModel], n: int, rng: np.random.Generator, towns: np.ndarray, rivers: list[np.ndarray]
) -> IncidentColumns:
    """65 % in towns, 25 % beside rivers, 10 % anywhere; half in categories that no model watches."""
    kind = rng.choice(3, size=n, p=(0.65, 0.25, 0.10))
    xy = _town_points(rng, towns, n)
    beside = np.flatnonzero(kind == 1)
    lines = np.array(rivers)
    xy[beside] = lines[rng.integers(len(lines), size=len(beside)), rng.integers(60, size=len(beside))] + rng.normal(
        0, 150.0, size=(len(beside), 2)
    )
    anywhere = np.flatnonzero(kind == 2)
    xy[anywhere] = rng.uniform(-HALF_M, HALF_M, size=(len(anywhere), 2))
    lon, lat = lonlat(*xy.T)
    watched = sorted({c for m in models for c in m.watch.category})
    categories = tuple(watched + [f"other_{k}" for k in range(len(watched))])
    sources = ("hotline", "market_hotline", "patrol", "platform", "police", "volunteer")
    occurred = np.sort(
        rng.integers(int(datetime(2024, 11, 22, tzinfo=UTC).timestamp()), int(AS_OF.timestamp()), size=n)
    )
    reporters = rng.integers(-1, n // 4, size=n)
    attributes = {}
    for m in models:
        for c in m.where:
            if isinstance(c, ValueCondition) and not m.watch.layer:
                column = np.empty(n, dtype=object)
                column[:] = (
                    list(rng.choice([*c.words, "other"], size=n))
                    if c.words
                    else list(rng.uniform(0, 2 * m.numbers[c.number].base, size=n))
                )
                attributes[c.field] = column
    return IncidentColumns(
        ids=np.array([f"i{k:08d}" for k in range(n)], dtype=object),
        lon=lon,
        lat=lat,
        accuracy_m=np.zeros(n, np.float32),
        occurred=occurred.astype(np.int64),
        category=rng.integers(len(categories), size=n).astype(np.int32),
        categories=categories,
        source=rng.integers(len(sources), size=n).astype(np.int16),
        sources=sources,
        reporter=reporters.astype(np.int64),
        reporters=tuple(f"p{k}" for k in range(n // 4)),
        evidence=rng.integers(0, 4, size=n).astype(np.int32),
        attributes=attributes,
    )


# ---- the loop ----------------------------------------------------------------------------------------------


class GeoPandasLoop:
    """Filter first, then one sjoin per condition. Projected layers and their spatial indexes are made once,
    outside the
    measured time, as the engine's own indexes are."""

    def __init__(self, world: World, models: Sequence[SupervisionModel]) -> None:
        import geopandas as gpd

        self.gpd = gpd
        self.world = world
        self.models = compile_plan(models, world.layers).runnable
        # True distances with the frame divided out would be a second engine; the loop takes the frame as it is.
        self.layers = {
            name: gpd.GeoDataFrame(
                {
                    "feature": columns.ids,
                    "valid_from": columns.valid_from,
                    "valid_to": columns.valid_to,
                    "parent": columns.parent,
                    **{f"p_{k}": v for k, v in columns.properties.items()},
                },
                geometry=gpd.GeoSeries(list(columns.geometry), crs="EPSG:4326").to_crs(LAEA),
            )
            for name, columns in world.layers.items()
        }
        self.records = {"": world.incidents} | {
            m.watch.layer: records_of_layer(world.layers[m.watch.layer], AS_OF) for m in self.models if m.watch.layer
        }
        self.frames: dict[str, Any] = {}
        self.frames_cpu = 0.0

    def _frame(self, columns: IncidentColumns):  # type: ignore[no-untyped-def]
        local = pd.to_datetime(columns.occurred, unit="s", utc=True).tz_convert(ZONE)
        day = (local.tz_localize(None).normalize() - pd.Timestamp("1970-01-01")).days
        table = {
            "id": columns.ids,
            "occurred": columns.occurred,
            "reporter": columns.reporter,
            "evidence": columns.evidence,
            "category": pd.Categorical.from_codes(columns.category, columns.categories),
            "source": pd.Categorical.from_codes(columns.source, columns.sources),
            "day": day,
            "minute": local.hour * 60 + local.minute,
            "stamp": local.month * 100 + local.day,
        }
        table |= {f"a_{k}": v for k, v in columns.attributes.items()}
        return self.gpd.GeoDataFrame(
            table, geometry=self.gpd.points_from_xy(columns.lon, columns.lat, crs="EPSG:4326").to_crs(LAEA)
        )

    def run(self) -> tuple[dict[str, set[tuple[str, str]]], set[tuple[str, str]]]:
        """Hits by model as (subject, record), and the matters as (model, subject). From the columns on, as the
        plan: points
        are made and projected once, not once a model."""
        began = time.process_time()
        self.frames = {name: self._frame(columns) for name, columns in self.records.items()}
        self.frames_cpu = time.process_time() - began
        hits, matters = {}, set()
        for model in self.models:
            found = self._model(model)
            hits[model.id] = set(zip(found["subject"], found["id"], strict=True))
            matters |= {(model.id, s) for s in self._reached(model, found)}
        return hits, matters

    def _model(self, model: SupervisionModel) -> pd.DataFrame:
        rows = self.frames[model.watch.layer]
        rows = rows[self._watched(model, rows)]
        for c in model.where:
            if not isinstance(c, PlaceCondition):
                rows = rows[self._alone(model, c, rows) ^ c.without]
        by_group: set[tuple[str, str]] | None = None
        by_zone: pd.DataFrame | None = None
        for c in model.where:
            if not isinstance(c, PlaceCondition):
                continue
            pairs = self._join(model, c, rows)
            rows = rows[rows["id"].isin(pairs["id"]) ^ c.without]
            if c.without:
                continue
            if c.layer == model.group.by:
                now = set(zip(pairs["id"], pairs["feature"], strict=True))
                by_group = now if by_group is None else by_group & now
            elif (
                by_zone is None
                and model.group.by in self.layers
                and set(self.layers[c.layer]["parent"]) & set(self.layers[model.group.by]["feature"])
            ):
                by_zone = pairs
        return self._grouped(model, rows, by_group, by_zone)

    def _watched(self, model: SupervisionModel, rows: pd.DataFrame) -> np.ndarray:
        w = model.watch
        keep = np.ones(len(rows), bool)
        if w.layer:
            for name, words in w.where.items():
                keep &= rows[f"a_{name}"].astype(str).isin(words).to_numpy()
            if w.valid == "expired_on_day":
                keep &= (rows["a_@valid_to"] < rows["day"]).to_numpy()
            elif w.valid == "on_day":
                keep &= ((rows["a_@valid_from"] <= rows["day"]) & (rows["day"] <= rows["a_@valid_to"])).to_numpy()
            return keep
        for column, words in (("category", w.category), ("source", w.source)):
            if words:
                keep &= rows[column].isin(words).to_numpy()
        if w.evidence:
            keep &= (rows["evidence"] & evidence_bits(w.evidence)).to_numpy() > 0
        return keep

    def _alone(
        self, model: SupervisionModel, c: SeasonCondition | HoursCondition | ValueCondition, rows: pd.DataFrame
    ) -> np.ndarray:
        if isinstance(c, SeasonCondition):
            a, b = c.start[0] * 100 + c.start[1], c.end[0] * 100 + c.end[1]
            held = rows["stamp"].between(a, b) if a <= b else (rows["stamp"] >= a) | (rows["stamp"] <= b)
        elif isinstance(c, HoursCondition):
            held = pd.Series(False, index=rows.index)
            for a, b in c.spans:
                m = rows["minute"]
                held |= ((m >= a) & (m < b)) if a < b else ((m >= a) | (m < b))
        elif c.op == "one_of":
            held = rows[f"a_{c.field}"].astype(str).isin(c.words)
        else:
            value, limit = pd.to_numeric(rows[f"a_{c.field}"], errors="coerce"), model.numbers[c.number].base
            held = {">=": value >= limit, ">": value > limit, "<=": value <= limit, "<": value < limit}[c.op]
        return held.to_numpy()

    def _join(self, model: SupervisionModel, c: PlaceCondition, rows):  # type: ignore[no-untyped-def]
        layer = self.layers[c.layer]
        for name, words in c.where.items():
            layer = layer[layer[f"p_{name}"].astype(str).isin(words)]
        left = rows[["id", "day", "geometry"]]
        if c.relation == "within":
            pairs = self.gpd.sjoin(left, layer, predicate="within")
        else:
            pairs = self.gpd.sjoin(left, layer, predicate="dwithin", distance=model.numbers[c.at_most].base)
        if c.valid == "on_occurrence":
            pairs = pairs[(pairs["valid_from"] <= pairs["day"]) & (pairs["day"] <= pairs["valid_to"])]
        elif c.valid:
            pairs = pairs[pairs["valid_to"] < pairs["day"]]
        if c.relation == "nearest" and len(pairs):
            metres = pairs.geometry.distance(
                self.gpd.GeoSeries(layer.geometry.loc[pairs["index_right"]].to_numpy(), index=pairs.index, crs=LAEA)
            )
            pairs = pairs.assign(metres=metres.round(4)).sort_values(["id", "metres", "feature"]).drop_duplicates("id")
        return pairs

    def _grouped(self, model: SupervisionModel, rows, by_group, by_zone) -> pd.DataFrame:  # type: ignore[no-untyped-def]
        by = model.group.by
        columns = rows[["id", "occurred", "reporter", "evidence"]]
        if by == "record":
            return pd.DataFrame(columns.assign(subject=rows["id"].str.split("/").str[-1]))
        if by == "cell":
            size = model.numbers[model.group.size].base
            records = self.records[model.watch.layer]
            position = pd.Series(np.arange(len(records.ids)), index=records.ids).loc[rows["id"]].to_numpy()
            from geo_monitor.engine.metres import Frame  # the grid is part of the model's meaning, not of the method

            x, y = Frame(*CENTRE).to_xy(records.lon[position], records.lat[position])
            names = [f"{int(i)}:{int(j)}" for i, j in zip(x // size, y // size, strict=True)]
            return pd.DataFrame(columns.assign(subject=names))
        if by_group is not None:
            pairs = pd.DataFrame(sorted(by_group), columns=["id", "subject"])
        elif by_zone is not None:
            pairs = by_zone[["id", "parent"]].rename(columns={"parent": "subject"}).drop_duplicates()
            pairs = pairs[pairs["subject"].isin(self.layers[by]["feature"])]
        else:
            near = PlaceCondition(path="group", relation="nearest", layer=by, at_most=model.group.reach)
            pairs = self._join(model, near, rows)[["id", "feature"]].rename(columns={"feature": "subject"})
        return columns.merge(pd.DataFrame(pairs), on="id")

    def _reached(self, model: SupervisionModel, found: pd.DataFrame) -> set[str]:
        subjects: set[str] = set()
        ordered = found.sort_values(["subject", "occurred", "id"])
        for t in model.group.any:
            rows = ordered
            if t.having_evidence:
                rows = rows[(rows["evidence"] & evidence_bits(t.having_evidence)) > 0]
            k = int(model.numbers[t.count].base)
            window = model.numbers[t.window].base if t.window else np.inf
            span = rows["occurred"] - rows.groupby("subject")["occurred"].shift(k - 1)
            candidates = set(rows["subject"][span <= window]) if k > 1 else set(rows["subject"])
            if t.distinct and k > 1:
                candidates = {
                    s
                    for s, g in rows[rows["subject"].isin(candidates)].groupby("subject")
                    if any(
                        g["reporter"][(g["occurred"] >= t0) & (g["occurred"] <= t0 + window)].nunique() >= k
                        for t0 in g["occurred"]
                    )
                }
            subjects |= candidates
        return subjects


# ---- the comparison ----------------------------------------------------------------------------------------


def unexplained(
    world: World,
    models: Sequence[SupervisionModel],
    ours: dict[str, set[tuple[str, str]]],
    theirs: dict[str, set[tuple[str, str]]],
) -> tuple[list[Pair], list[Pair]]:
    """(explained, unexplained) differences as (model, subject, record). Explained: some feature of a layer that the
    model asks about lies within the frame's error of one of the model's distances."""
    from geo_monitor.engine.join import LayerIndex

    explained, bad = [], []
    incidents = world.incidents
    position = {str(i): k for k, i in enumerate(incidents.ids)}
    for model in models:
        for subject, record in sorted(ours.get(model.id, set()) ^ theirs.get(model.id, set())):
            if model.watch.layer:
                records = records_of_layer(world.layers[model.watch.layer], AS_OF)
                k = list(records.ids).index(record)
                lon, lat = records.lon[k : k + 1], records.lat[k : k + 1]
            else:
                k = position[record]
                lon, lat = incidents.lon[k : k + 1], incidents.lat[k : k + 1]
            near = False
            asked = [
                (c.layer, model.numbers[c.at_most].base if c.at_most else 0.0)
                for c in model.where
                if isinstance(c, PlaceCondition)
            ]
            asked += [(model.group.by, model.numbers[model.group.reach].base)] if model.group.reach else []
            for layer, limit in asked:
                reach = max(limit * 1.01, limit + 1.0)
                metres = LayerIndex(world.layers[layer], CENTRE).pairs(lon, lat, reach).metres
                off = limit * FRAME_ERROR + EDGE_ERROR_M
                tied = len(metres) > 1 and bool((np.abs(np.diff(np.sort(metres))) <= 2 * off).any())
                near |= bool((np.abs(metres - limit) <= off).any()) or tied
            (explained if near else bad).append((model.id, subject, record))
    return explained, bad


@contextmanager
def peak_memory() -> Iterator[dict[str, float]]:
    """Highest resident size in MB above that at the start, sampled every 20 ms."""
    said: dict[str, float] = {}
    page = resource.getpagesize()

    def now() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * page / 1e6

    start, stop = now(), threading.Event()
    said["mb"] = 0.0

    def watch() -> None:
        while not stop.wait(0.02):
            said["mb"] = max(said["mb"], now() - start)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join()
        said["mb"] = max(said["mb"], now() - start)


def hits_of(evaluation: Evaluation) -> dict[str, set[tuple[str, str]]]:
    """(subject, record) by model; the subject of a single incident is the incident."""
    return {m: {(h.subject.id, h.record) for h in found.hits()} for m, found in evaluation.hits.items()}


@dataclass(frozen=True)
class Timing:
    """Wall and CPU seconds, and the peak of resident memory above the start in MB."""

    wall: float
    cpu: float
    mb: float


@dataclass(frozen=True)
class Measured:
    """``ratio`` is of CPU seconds with indexes at hand on both sides (the machine may be shared)."""

    cold: Timing
    warm: Timing
    loop: Timing
    loop_frames_cpu: float
    hits: tuple[int, int]
    matters: tuple[int, int]
    explained: list[Pair]
    unexplained: list[Pair]
    other_matters: list[tuple[str, str]]

    @property
    def ratio(self) -> float:
        return self.loop.cpu / self.warm.cpu

    def lines(self) -> Iterator[str]:
        yield f"{'':34}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}"
        for name, t in (
            ("shared plan, indexes built", self.cold),
            ("shared plan, indexes at hand", self.warm),
            ("GeoPandas loop, filter first", self.loop),
        ):
            yield f"{name:34}{t.wall:9.2f}{t.cpu:9.2f}{t.mb:9.0f}"
        yield f"of the loop, points made and projected: {self.loop_frames_cpu:.2f} s"
        built = self.loop.cpu / self.cold.cpu
        yield f"ratio (cpu): {self.ratio:.1f}x with indexes at hand, {built:.1f}x with the plan's indexes built"
        yield f"hits: {self.hits[0]:,} and {self.hits[1]:,}; matters: {self.matters[0]:,} and {self.matters[1]:,}"
        yield f"differing hits: {len(self.explained)} within the frame's error, {len(self.unexplained)} unexplained"
        for line in [*self.explained[:40], *self.unexplained[:40]]:
            yield "   " + "  ".join(line)
        yield f"matters that differ for another reason: {len(self.other_matters)} {self.other_matters[:10]}"
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        yield f"peak resident size of the whole process: {peak:.0f} MB"


T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, Timing]:
    with peak_memory() as memory:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        spent = time.perf_counter() - wall, time.process_time() - cpu
    return result, Timing(*spent, memory["mb"])


def measure(incidents: int, seed: int, only: Sequence[str] = (), say: Callable[[str], None] = print) -> Measured:
    """Builds the world and runs both, one after the other."""
    warnings.filterwarnings("ignore", category=UserWarning)
    models = [replace(m, status="active") for m in load_models([LIBRARY]).values() if not only or m.id in only]
    began = time.perf_counter()
    world = build_world(models, incidents, seed)
    plan = compile_plan(models, world.layers)
    sizes = ", ".join(f"{name} {len(columns):,}" for name, columns in sorted(world.layers.items()))
    say(f"{len(world.incidents):,} incidents; {len(plan.runnable)} models ({len(plan.waiting)} waiting); {sizes}")
    say(f"made in {time.perf_counter() - began:.1f} s")
    shelf = IndexShelf()

    def shared_plan() -> Evaluation:
        return evaluate(models, world.incidents, world.layers, as_of=AS_OF, centre=CENTRE, zone=ZONE, shelf=shelf)

    _, cold = timed(shared_plan)
    evaluation, warm = timed(shared_plan)
    say(f"of the plan: {evaluation.seconds}")
    loop = GeoPandasLoop(world, models)
    for layer in loop.layers.values():
        layer.sindex  # noqa: B018 - the engine's indexes are built before it is measured, so are these
    (theirs, their_matters), looped = timed(loop.run)
    ours = hits_of(evaluation)
    our_matters = {(m.model, m.subject.id) for m in evaluation.matters}
    explained, bad = unexplained(world, plan.runnable, ours, theirs)
    at_threshold = {(model, subject) for model, subject, _ in explained}
    return Measured(
        cold=cold,
        warm=warm,
        loop=looped,
        loop_frames_cpu=loop.frames_cpu,
        hits=(sum(map(len, ours.values())), sum(map(len, theirs.values()))),
        matters=(len(our_matters), len(their_matters)),
        explained=explained,
        unexplained=bad,
        other_matters=sorted((our_matters ^ their_matters) - at_threshold),
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--only", nargs="*", default=[], help="ids of the models to run")
    args = parser.parse_args(argv)
    measured = measure(args.incidents, args.seed, args.only)
    for line in measured.lines():
        print(line)
    return 1 if measured.unexplained or measured.other_matters else 0


if __name__ == "__main__":
    sys.exit(main())
