"""The library as an experienced person would run it with GeoPandas: model by model, filter first, then one join.

Everything that belongs to the layers (frames in one equal-area projection, spatial indexes, also of the features that a
model means, normalised identifiers, the river network) is made once and shared. Records are filtered by attribute
first; then one ``sjoin`` a condition of place, pandas merges for other reports and identifiers, ``groupby`` for
thresholds. It is written from ``docs/grammar.md`` and shares with the engine only what is part of a model's meaning
and not of the method: the normal form and the score of names, the origin of the grid, what a feature is as a record.

So it is both the opponent of the measurement and the oracle of the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

import geopandas as gpd
import holidays
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from rapidfuzz import process
from rapidfuzz.fuzz import ratio
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geo_monitor.domain.incident import EVIDENCE
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.matching import same_id, same_name
from geo_monitor.engine.metres import Frame
from geo_monitor.engine.records import records_of_layer
from geo_monitor.supervision.model import (
    NETWORK,
    ON_NETWORK,
    PERIODS,
    AnotherCondition,
    ClockCondition,
    DatesCondition,
    Having,
    HoursCondition,
    Number,
    PlaceCondition,
    Records,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    UnusualCondition,
    ValueCondition,
)

GEOD = Geod(ellps="WGS84")
Numbers = Mapping[str, Number]
#: Edges are made no longer than this before they are projected: borders are straight in longitude and latitude.
EDGE_DEG = 0.005


@dataclass(frozen=True)
class Answer:
    """Of one model: (subject, record) of each hit (of a cluster model the record twice), and the records of each
    subject that met a threshold."""

    hits: pd.DataFrame
    matters: dict[str, set[str]]


@dataclass
class Told:
    """Records of one kind. ``frame``: one row a record, ``at`` its place as a point; ``said``: what it carries."""

    frame: gpd.GeoDataFrame
    lon: np.ndarray
    lat: np.ndarray
    said: Mapping[str, np.ndarray]
    shapes: bool
    categories: tuple[str, ...]
    sources: tuple[str, ...]

    def value(self, field: str, rows: pd.Index) -> pd.Series:
        column = self.said.get(field)
        return pd.Series(column[rows] if column is not None else None, index=rows, dtype=object)


class PlainLoop:
    """One city. ``prepare`` makes what belongs to the layers, ``tell`` the records; then ``answer`` model by model."""

    def __init__(
        self,
        layers: Mapping[str, LayerColumns],
        *,
        as_of: datetime,
        centre: LonLat,
        zone: tzinfo,
        grid: LonLat | None = None,
        slack: float = 0.0,
    ) -> None:
        """``centre`` of the projection, and of the grid of cells too unless that is another; ``slack``: metres."""
        self.slack = slack
        self.columns, self.as_of, self.grid, self.zone = layers, as_of, grid or centre, zone
        self.crs = f"+proj=laea +lat_0={centre.lat} +lon_0={centre.lon} +ellps=WGS84 +units=m"
        self.today = (as_of.astimezone(zone).date() - date(1970, 1, 1)).days
        self.frames: dict[str, gpd.GeoDataFrame] = {}
        self.meant: dict[Any, gpd.GeoDataFrame] = {}
        self.made: dict[Any, Any] = {}
        self.records: dict[tuple[str, str], Told] = {}
        self.network: _Network | None = None

    # ---- made once -----------------------------------------------------------------------------------------

    def prepare(self, models: Sequence[SupervisionModel]) -> None:
        """Frames and indexes of all layers that the models speak of."""
        for name in sorted({n for m in models for n in m.layers}):
            self._frame(name)
        for m in models:
            for c in m.places():
                if c.relation in ON_NETWORK:
                    self._spots(c.layer, m.numbers[c.bank].base)
                self._of(c.layer, c.where).sindex  # noqa: B018 - built now, not in the first join
                self._polygons(c.layer, c.where).sindex  # noqa: B018
                for field in c.same.values():
                    self._normal(c.layer, field, same_id)
                for field in c.alike.fields.values() if c.alike else ():
                    self._normal(c.layer, field, same_name)
                for _, _, field in c.compare:
                    self._figures(c.layer, field)
                if c.dated:
                    self._days(c.layer, c.dated.field)
            for name in (m.group.by, m.group.of):
                if name in self.columns:
                    self._of(name, {}).sindex  # noqa: B018
                    self._polygons(name, {}).sindex  # noqa: B018
            for field in m.group.same.values():
                self._normal(m.group.by, field, same_id)
            if m.watch.layer:
                self._watched(m)

    def _frame(self, name: str) -> gpd.GeoDataFrame:
        if name not in self.frames:
            c = self.columns[name]
            flat = gpd.GeoSeries(shapely.segmentize(c.geometry, EDGE_DEG), crs=4326).to_crs(self.crs)
            self.frames[name] = gpd.GeoDataFrame(
                {"valid_from": c.valid_from.astype(np.int64), "valid_to": c.valid_to.astype(np.int64)}, geometry=flat
            )
        return self.frames[name]

    def _of(self, name: str, where: Mapping[str, tuple[str, ...]]) -> gpd.GeoDataFrame:
        """The features that ``where`` means, and that lie somewhere."""
        key = (name, tuple(sorted(where.items())))
        if key not in self.meant:
            frame = self._frame(name)
            keep = ~(frame.geometry.isna() | frame.geometry.is_empty)
            self.meant[key] = frame[keep & self._worded(self.columns[name].properties, where, len(frame))]
        return self.meant[key]

    def _polygons(self, name: str, where: Mapping[str, tuple[str, ...]]) -> gpd.GeoDataFrame:
        key = ("polygons", name, tuple(sorted(where.items())))
        if key not in self.meant:
            frame = self._of(name, where)
            self.meant[key] = frame[shapely.get_dimensions(frame.geometry.to_numpy()) == 2]
        return self.meant[key]

    def _worded(self, said: Mapping[str, np.ndarray], where: Mapping[str, tuple[str, ...]], n: int) -> np.ndarray:
        keep = np.ones(n, bool)
        for field, words in where.items():
            column = said.get(field)
            keep &= False if column is None else pd.Series(column).map(_word).isin(words).to_numpy()
        return keep

    def _column(self, name: str, field: str) -> np.ndarray:
        columns = self.columns[name]
        return columns.properties.get(field, np.full(len(columns), None, dtype=object))

    def _normal(self, name: str, field: str, form: Any) -> np.ndarray:
        key = (name, field, form)
        if key not in self.made:
            self.made[key] = _formed(self._column(name, field), form)
        return self.made[key]

    def _days(self, name: str, field: str) -> np.ndarray:
        key = (name, field, "day")
        if key not in self.made:
            self.made[key] = _days(self._column(name, field))
        return self.made[key]

    def _figures(self, name: str, field: str) -> np.ndarray:
        key = (name, field, "figure")
        if key not in self.made:
            self.made[key] = pd.to_numeric(pd.Series(self._column(name, field)), errors="coerce").to_numpy(float)
        return self.made[key]

    def _spots(self, name: str, bank: float) -> pd.DataFrame:
        """Where the features of a layer lie on the network."""
        if self.network is None:
            self.network = _Network(self._of(NETWORK, {}), self.slack)
        key = (name, bank, "spots")
        if key not in self.made:
            self.made[key] = self.network.spots(self._of(name, {}).geometry, bank)
        return self.made[key]

    # ---- records -------------------------------------------------------------------------------------------

    def tell(self, incidents: IncidentColumns) -> None:
        """Makes points of all reports and projects them: what the loop pays before any model."""
        self.records[("", "")] = self._told(incidents, None)

    def _told(self, rec: IncidentColumns, layer: str | None) -> Told:
        at = gpd.GeoSeries(gpd.points_from_xy(rec.lon, rec.lat, crs=4326)).to_crs(self.crs)
        geometry = at
        if rec.shapes is not None and layer:
            geometry = self._frame(layer).geometry.iloc[rec.attributes["@row"]].reset_index(drop=True)
        local = pd.to_datetime(rec.occurred, unit="s", utc=True).tz_convert(self.zone).tz_localize(None)
        day = (local.to_numpy().astype("datetime64[D]")).astype(np.int64)
        frame = gpd.GeoDataFrame(
            {
                "id": rec.ids,
                "occurred": rec.occurred,
                "day": day,
                "minute": local.hour * 60 + local.minute,
                "category": rec.category,
                "source": rec.source,
                "reporter": rec.reporter,
                "evidence": rec.evidence,
                "at": at,
            },
            geometry=geometry.to_numpy(),
            crs=self.crs,
        )
        return Told(frame, rec.lon, rec.lat, rec.attributes, rec.shapes is not None, rec.categories, rec.sources)

    def _watched(self, model: SupervisionModel) -> Told:
        key = (model.watch.layer, model.watch.dated)
        if key not in self.records:
            layer = records_of_layer(self.columns[key[0]], self.as_of, self.zone, key[1])
            self.records[key] = self._told(layer, key[0])
        return self.records[key]

    def _chosen(self, told: Told, asked: Records) -> pd.Index:
        """The reports of these categories, sources, kinds of evidence."""
        frame, keep = told.frame, np.ones(len(told.frame), bool)
        if asked.category:
            keep &= np.isin(frame["category"], [k for k, c in enumerate(told.categories) if c in asked.category])
        if asked.source:
            keep &= np.isin(frame["source"], [k for k, c in enumerate(told.sources) if c in asked.source])
        if asked.evidence:
            keep &= (frame["evidence"].to_numpy() & _bits(asked.evidence)) > 0
        return frame.index[keep]

    def _seen(self, told: Told, model: SupervisionModel) -> pd.Index:
        """What the model watches."""
        watch = model.watch
        if not watch.layer:
            return self._chosen(told, watch)
        row = told.said["@row"]
        keep = self._worded(self.columns[watch.layer].properties, watch.where, len(self.columns[watch.layer]))[row]
        if watch.valid == "on_day":
            keep &= (told.said["@valid_from"] <= self.today) & (self.today <= told.said["@valid_to"])
        elif watch.valid == "expired_on_day":
            keep &= told.said["@valid_to"] < self.today
        return told.frame.index[keep]

    # ---- one model -----------------------------------------------------------------------------------------

    def answer(self, model: SupervisionModel) -> Answer:
        told = self._watched(model)
        rows = self._seen(told, model)
        for c in model.where:
            if isinstance(c, SeasonCondition | DatesCondition | HoursCondition | ValueCondition | ClockCondition):
                rows = rows[self._alone(told, c, model.numbers, rows) ^ c.without]
        met: dict[str, pd.DataFrame] = {}
        for c in model.where:
            if not isinstance(c, PlaceCondition) or not len(rows):
                continue
            rows, pairs = self._placed(told, c, model.numbers, rows)
            if not c.without and c.relation != "outside":
                before = met.get(c.layer)
                met[c.layer] = pairs if before is None else before.merge(pairs[["rec", "feature"]])
        for c in model.where:
            if isinstance(c, AnotherCondition) and len(rows):
                rows = self._accompanied(told, c, model.numbers, rows)
        for c in model.where:
            if isinstance(c, UnusualCondition) and len(rows):
                crowd = self._seen(told, model)
                rows = rows[self._unusual(told, c, model.numbers[c.number].base, rows, crowd) ^ c.without]
        found = self._grouped(told, model, rows, met)
        return Answer(found[["subject", "id"]], self._matters(told, model, found))

    def _alone(self, told: Told, c: Any, numbers: Numbers, rows: pd.Index) -> np.ndarray:
        frame = told.frame
        if isinstance(c, SeasonCondition):
            day = pd.to_datetime(frame["day"].to_numpy()[rows], unit="D")
            stamp = day.month * 100 + day.day
            a, b = c.start[0] * 100 + c.start[1], c.end[0] * 100 + c.end[1]
            return np.asarray((a <= stamp) & (stamp <= b) if a <= b else (a <= stamp) | (stamp <= b))
        if isinstance(c, DatesCondition):
            day, held = frame["day"].to_numpy()[rows], np.zeros(len(rows), bool)
            for first, last in c.spans:
                a, b = ((date.fromisoformat(d) - date(1970, 1, 1)).days for d in (first, last))
                held |= (a <= day) & (day <= b)
            return held
        if isinstance(c, HoursCondition):
            minute, held = frame["minute"].to_numpy()[rows], np.zeros(len(rows), bool)
            for a, b in c.spans:
                held |= (a <= minute) & (minute < b) if a < b else (a <= minute) | (minute < b)
            return held
        if isinstance(c, ClockCondition):
            term = numbers[c.passed]
            if c.since == "occurred" and term.kind == "time":
                return self.as_of.timestamp() > frame["occurred"].to_numpy()[rows] + term.base
            since = frame["day"].to_numpy()[rows].astype(float)
            if c.since == "valid_to":
                since = told.said["@valid_to"][rows].astype(float)
            elif c.since != "occurred":
                since = _days(told.value(c.since, rows).to_numpy())
            return self.today > _end_of_term(since, term)
        said = told.value(c.field, rows)
        if c.op == "present":
            return (said.notna() & (said.astype(str) != "")).to_numpy()
        if c.op == "one_of":
            return (said.notna() & said.astype(str).isin(c.words)).to_numpy()
        return _compared(pd.to_numeric(said, errors="coerce"), c.op, numbers[c.number].base)

    # ---- places --------------------------------------------------------------------------------------------

    def _placed(self, told: Told, c: PlaceCondition, numbers: Numbers, rows: pd.Index) -> tuple[pd.Index, pd.DataFrame]:
        """The rows that meet a condition of place, and the pairs (rec, feature, metres) that show it."""
        pairs = self._pairs(told, c, numbers, rows)
        met = rows.isin(pairs["rec"].unique())
        if c.relation == "outside":
            met = ~met if not told.shapes else self._sticks_out(told, c, numbers, rows, pairs)
        if c.without:
            met = ~met
            if c.dated and c.dated.after not in ("", "any"):
                day = told.frame["day"].to_numpy()[rows]
                met &= self.today > _end_of_term(day, numbers[c.dated.after])
        return rows[met], pairs

    def _pairs(self, told: Told, c: PlaceCondition, numbers: Numbers, rows: pd.Index) -> pd.DataFrame:
        layer = self._of(c.layer, c.where)
        if c.relation in ON_NETWORK:
            pairs = self._along(told, c, numbers, rows)
        elif c.relation == "matching":
            pairs = self._named(told, c, numbers, rows)
        else:
            left = told.frame.loc[rows, ["geometry"]]
            limit = c.at_least if c.relation == "outside" else c.at_most
            if c.relation == "within":
                predicate = "covered_by" if told.shapes else "within"
                pairs = _joined(left, self._polygons(c.layer, c.where), predicate)
            elif c.relation in ("crosses", "overlap"):
                pairs = _joined(left, layer, "intersects")
            elif c.relation == "nearest" and not (c.valid or c.dated or c.same or c.alike or c.compare):
                near = gpd.sjoin_nearest(left, layer, max_distance=numbers[limit].base, distance_col="metres")
                pairs = pd.DataFrame({"rec": near.index, "feature": near["index_right"], "metres": near["metres"]})
            else:
                pairs = _joined(left, layer, "dwithin", numbers[limit].base)
            if c.relation == "overlap":
                pairs = pairs[self._overlapping(told, c, numbers[c.at_least], pairs)]
            elif c.relation == "on_bank":
                pairs = pairs[self._side(told, c, pairs) == (1 if c.side == "left" else -1)]
        pairs = self._fitting(told, c, numbers, pairs)
        if c.relation == "nearest":
            if "metres" not in pairs:
                pairs = pairs.assign(metres=_metres(told.frame, pairs, layer))
            nearest = pairs.assign(metres=pairs["metres"].round(4)).sort_values(["rec", "metres", "feature"])
            pairs = nearest.drop_duplicates("rec")
        return pairs

    def _fitting(self, told: Told, c: PlaceCondition, numbers: Numbers, pairs: pd.DataFrame) -> pd.DataFrame:
        """Of these pairs, those whose feature is meant by term, date, identifier, figure and name."""
        frame = self._frame(c.layer)
        if c.valid:
            day = told.frame["day"].to_numpy()[pairs["rec"]]
            begin, end = (frame[k].to_numpy()[pairs["feature"]] for k in ("valid_from", "valid_to"))
            if c.valid == "on_occurrence":
                pairs = pairs[(begin <= day) & (day <= end)]
            else:
                pairs = pairs[end < day if c.valid == "expired_on_occurrence" else day < begin]
        if c.dated:
            day = told.frame["day"].to_numpy()[pairs["rec"]].astype(float)
            there = self._days(c.layer, c.dated.field)[pairs["feature"]]
            keep = np.zeros(len(pairs), bool)
            if c.dated.before:
                keep |= (
                    there <= day
                    if c.dated.before == "any"
                    else (there <= day) & (_end_of_term(there, numbers[c.dated.before]) >= day)
                )
            if c.dated.after:
                keep |= (
                    there >= day
                    if c.dated.after == "any"
                    else (there >= day) & (there <= _end_of_term(day, numbers[c.dated.after]))
                )
            pairs = pairs[keep]
        for mine, theirs in c.same.items():
            left = _formed(told.value(mine, pd.Index(pairs["rec"])).to_numpy(), same_id)
            right = self._normal(c.layer, theirs, same_id)[pairs["feature"]]
            pairs = pairs[(left == right) & (left != "")]
        for mine, op, theirs in c.compare:
            left = pd.to_numeric(told.value(mine, pd.Index(pairs["rec"])), errors="coerce").to_numpy(float)
            pairs = pairs[_compared(left, op, self._figures(c.layer, theirs)[pairs["feature"]])]
        if c.alike and len(pairs):
            score = np.full(len(pairs), np.inf)
            for mine, theirs in c.alike.fields.items():
                left = _formed(told.value(mine, pd.Index(pairs["rec"])).to_numpy(), same_name)
                right = self._normal(c.layer, theirs, same_name)[pairs["feature"]]
                both = (left != "") & (right != "")
                said = process.cpdist(left[both].tolist(), right[both].tolist(), scorer=ratio) / 100.0
                score[both] = np.minimum(score[both], said)
            score[np.isinf(score)] = 0.0
            pairs = pairs[score.round(4) >= numbers[c.alike.at_least].base]
        return pairs

    def _named(self, told: Told, c: PlaceCondition, numbers: Numbers, rows: pd.Index) -> pd.DataFrame:
        meant = np.flatnonzero(self._worded(self.columns[c.layer].properties, c.where, len(self.columns[c.layer])))
        if c.same:
            mine, theirs = next(iter(c.same.items()))
            left = pd.DataFrame({"rec": rows, "key": _formed(told.value(mine, rows).to_numpy(), same_id)})
            right = pd.DataFrame({"feature": meant, "key": self._normal(c.layer, theirs, same_id)[meant]})
            return left[left["key"] != ""].merge(right)[["rec", "feature"]]
        assert c.alike is not None
        mine, theirs = next(iter(c.alike.fields.items()))
        left = pd.DataFrame({"rec": rows, "mine": _formed(told.value(mine, rows).to_numpy(), same_name)})
        right = pd.DataFrame({"feature": meant, "theirs": self._normal(c.layer, theirs, same_name)[meant]})
        left, right = left[left["mine"] != ""], right[right["theirs"] != ""]
        a, b = left["mine"].unique(), right["theirs"].unique()
        grid = process.cdist(a, b, scorer=ratio, score_cutoff=numbers[c.alike.at_least].base * 100 - 1e-6)
        i, j = np.nonzero(grid)
        return left.merge(pd.DataFrame({"mine": a[i], "theirs": b[j]})).merge(right)[["rec", "feature"]]

    def _overlapping(self, told: Told, c: PlaceCondition, limit: Number, pairs: pd.DataFrame) -> np.ndarray:
        """The frame is of equal area."""
        mine = told.frame.geometry.to_numpy()[pairs["rec"]]
        theirs = self._frame(c.layer).geometry.to_numpy()[pairs["feature"]]
        area, whole = shapely.area(shapely.intersection(mine, theirs)), shapely.area(mine)
        with np.errstate(invalid="ignore", divide="ignore"):
            figure = area / whole if limit.kind == "share" else area
        return (area > 0.005) & (figure >= limit.base - 1e-9)

    def _sticks_out(
        self, told: Told, c: PlaceCondition, numbers: Numbers, rows: pd.Index, pairs: pd.DataFrame
    ) -> np.ndarray:
        shapes, layer = told.frame.geometry.to_numpy(), self._frame(c.layer).geometry.to_numpy()
        near = pairs.groupby("rec")["feature"].agg(list).to_dict()
        out = []
        for rec in rows:
            zone = shapely.union_all(shapely.buffer(layer[near.get(rec, [])], numbers[c.at_least].base, quad_segs=64))
            left = shapely.difference(shapes[rec], zone)
            out.append(left.area > 0.01 if shapes[rec].area else left.length > 0.001 or rec not in near)
        return np.array(out, bool)

    def _side(self, told: Told, c: PlaceCondition, pairs: pd.DataFrame) -> np.ndarray:
        """On which side of the line each record lies: 1 left, -1 right."""
        line = self._frame(c.layer).geometry.to_numpy()[pairs["feature"]]
        point = told.frame["at"].to_numpy()[pairs["rec"]]
        at = shapely.line_locate_point(line, point)
        a, b = (shapely.line_interpolate_point(line, np.maximum(at + d, 0.0)) for d in (-0.01, 0.01))
        ax, ay, bx, by = shapely.get_x(a), shapely.get_y(a), shapely.get_x(b), shapely.get_y(b)
        px, py = shapely.get_x(point), shapely.get_y(point)
        return np.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax))

    def _along(self, told: Told, c: PlaceCondition, numbers: Numbers, rows: pd.Index) -> pd.DataFrame:
        bank = numbers[c.bank].base
        there = self._spots(c.layer, bank)
        there = there[there.index.isin(self._of(c.layer, c.where).index)]
        assert self.network is not None
        here = self.network.spots(told.frame.loc[rows, "at"], bank)
        if c.relation == "same_reach":
            both = here.reset_index(names="rec").merge(there.reset_index(names="feature"), on="reach")
            return both[["rec", "feature"]]
        upper, lower = (here, there) if c.relation == "upstream_of" else (there, here)
        ways = self.network.ways(upper, lower, numbers[c.at_most].base)
        names = {"upper": "rec", "lower": "feature"}
        if c.relation == "downstream_of":
            names = {"upper": "feature", "lower": "rec"}
        return ways.rename(columns=names)

    # ---- other reports -------------------------------------------------------------------------------------

    def _accompanied(self, told: Told, c: AnotherCondition, numbers: Numbers, rows: pd.Index) -> pd.Index:
        pool = self.records[("", "")]
        others = self._others(pool, c.records, c.where, numbers)
        if c.at_most:
            left, right = told.frame.loc[rows, ["geometry"]], pool.frame.loc[others, ["geometry"]]
            pairs = _joined(left, right, "dwithin", numbers[c.at_most].base).rename(columns={"feature": "other"})
            for field in c.same:
                a, b = self._key(told, field, pd.Index(pairs["rec"])), self._key(pool, field, pd.Index(pairs["other"]))
                pairs = pairs[(a == b) & (a != "")]
        else:
            left = pd.DataFrame({"rec": rows} | {f: self._key(told, f, rows) for f in c.same})
            right = pd.DataFrame({"other": others} | {f: self._key(pool, f, others) for f in c.same})
            for field in c.same:
                left, right = left[left[field] != ""], right[right[field] != ""]
            pairs = left.merge(right, on=list(c.same)) if c.same else left.merge(right, how="cross")
        mine, theirs = (
            told.frame["occurred"].to_numpy()[pairs["rec"]],
            pool.frame["occurred"].to_numpy()[pairs["other"]],
        )
        keep = np.zeros(len(pairs), bool)
        if c.before:
            keep |= (theirs <= mine) & (mine - theirs <= (np.inf if c.before == "any" else numbers[c.before].base))
        if c.after:
            keep |= (theirs >= mine) & (theirs - mine <= (np.inf if c.after == "any" else numbers[c.after].base))
        if told is pool:
            keep &= (pairs["rec"] != pairs["other"]).to_numpy()
        pairs = pairs[keep].assign(mine=mine[keep], theirs=theirs[keep])
        if c.independent:
            a = told.frame["reporter"].to_numpy()[pairs["rec"]]
            b = pool.frame["reporter"].to_numpy()[pairs["other"]]
            pairs = pairs[(a != b) & (a >= 0) & (b >= 0)]
        if c.faster_than and len(pairs):
            r, o = pairs["rec"], pairs["other"]
            metres = GEOD.inv(told.lon[r], told.lat[r], pool.lon[o], pool.lat[o])[2]
            pairs = pairs[metres > numbers[c.faster_than].base * (pairs["mine"] - pairs["theirs"]).abs()]
        if c.between is not None and len(pairs):
            pairs = self._uninterrupted(told, c, numbers, pairs)
        enough = pairs["rec"].value_counts() >= (int(numbers[c.count].base) if c.count else 1)
        met = rows.isin(enough.index[enough])
        if c.without:
            met = ~met
            if c.after not in ("", "any"):
                # That nothing followed is known when the time for it is over.
                when = told.frame["occurred"].to_numpy()[rows]
                met &= int(self.as_of.timestamp()) > when + int(numbers[c.after].base)
        return rows[met]

    def _others(self, pool: Told, asked: Records, where: Sequence[Any], numbers: Numbers) -> pd.Index:
        rows = self._chosen(pool, asked)
        for c in sorted(where, key=lambda c: isinstance(c, PlaceCondition)):
            if isinstance(c, PlaceCondition):
                rows = self._placed(pool, c, numbers, rows)[0]
            else:
                rows = rows[self._alone(pool, c, numbers, rows) ^ c.without]
        return rows

    def _key(self, told: Told, field: str, rows: pd.Index) -> np.ndarray:
        if field in ("category", "source"):
            words = np.array(told.categories if field == "category" else told.sources, dtype=object)
            return words[told.frame[field].to_numpy()[rows]]
        return _formed(told.value(field, rows).to_numpy(), same_id)

    def _uninterrupted(self, told: Told, c: AnotherCondition, numbers: Numbers, pairs: pd.DataFrame) -> pd.DataFrame:
        assert c.between is not None
        pool = self.records[("", "")]
        rows = self._others(pool, c.between, c.between_where, numbers)
        stops = pd.DataFrame(
            {"when": pool.frame["occurred"].to_numpy()[rows]} | {f: self._key(pool, f, rows) for f in c.same}
        )
        pairs = pairs.reset_index(drop=True)
        asked = pairs[["mine", "theirs"]].assign(
            pair=pairs.index, **{f: self._key(told, f, pd.Index(pairs["rec"])) for f in c.same}
        )
        both = asked.merge(stops, on=list(c.same)) if c.same else asked.merge(stops, how="cross")
        first, last = both[["mine", "theirs"]].min(axis=1), both[["mine", "theirs"]].max(axis=1)
        return pairs.drop(both.loc[(first < both["when"]) & (both["when"] < last), "pair"].unique())

    def _unusual(self, told: Told, c: UnusualCondition, limit: float, rows: pd.Index, crowd: pd.Index) -> np.ndarray:
        """The rows stand among the crowd."""
        day = pd.to_datetime(told.frame["day"].to_numpy()[crowd], unit="D")
        per = _formed(told.value(c.per, crowd).to_numpy(), same_id) if c.per else ""
        value = pd.to_numeric(told.value(c.field, crowd), errors="coerce").to_numpy(float)
        every = pd.DataFrame({"rec": crowd, "per": per, "value": value}).dropna()
        day = day[np.isfinite(value)]
        if c.of == "same_month":
            every = every.assign(month=day.month, year=day.year)
            mine = every[every["rec"].isin(rows)]
            both = mine.merge(every, on=["per", "month"], suffixes=("", "_then"))
            before = both[both["year_then"] < both["year"]].groupby("rec")["value_then"]
            middle = before.median()[before.size() >= 3]
            figure = mine.set_index("rec")["value"] / middle[middle > 0]
        else:
            period = {"month": "M", "quarter": "Q", "year": "Y"}.get(c.period)
            every = every.assign(period=day.to_period(period) if period else 0)
            group = every.groupby(["per", "period"])["value"]
            n, total = group.transform("size") - 1, group.transform("sum") - every["value"]
            mean = total / n
            off = every["value"] - group.transform("mean")
            # The sum of squares about the mean, less what the record itself brings to it.
            squares = (off**2).groupby([every["per"], every["period"]]).transform("sum") - off**2 * (n + 1) / n
            deviation = np.sqrt((squares / (n - 1)).clip(lower=0))
            keep = (n >= 5) & (deviation > 1e-9)
            figure = ((every["value"] - mean) / deviation)[keep]
            figure.index = every["rec"][keep]
            if c.side == "below":
                limit = -limit
        figure = figure.reindex(rows)
        if c.per:  # of what belongs to nobody known, nobody knows what is usual
            figure[_formed(told.value(c.per, rows).to_numpy(), same_id) == ""] = np.nan
        return _compared(figure, "<" if c.side == "below" else ">", limit)

    # ---- groups and thresholds -----------------------------------------------------------------------------

    def _grouped(
        self, told: Told, model: SupervisionModel, rows: pd.Index, met: Mapping[str, pd.DataFrame]
    ) -> pd.DataFrame:
        """One row a hit: rec, id, subject, and what thresholds look at."""
        group, frame = model.group, told.frame
        subject: pd.DataFrame
        if group.by in ("record", "cluster"):
            subject = pd.DataFrame({"rec": rows, "subject": frame["id"].to_numpy()[rows]})
        elif group.by == "cell":
            x, y = Frame(self.grid.lon, self.grid.lat).to_xy(told.lon[rows], told.lat[rows])
            size = model.numbers[group.size].base
            at = pd.DataFrame({"i": np.floor(x / size).astype(int), "j": np.floor(y / size).astype(int)}).astype(str)
            subject = pd.DataFrame({"rec": rows, "subject": (at["i"] + ":" + at["j"]).to_numpy()})
        elif group.by == "field":
            said = _formed(told.value(group.field, rows).to_numpy(), same_id)
            subject = pd.DataFrame({"rec": rows, "subject": said})[said != ""]
        elif group.by == "segment":
            subject = self._stretches(told, model, rows)
        else:
            pairs = self._features(told, model, rows, met)
            pairs = pairs[pairs["rec"].isin(rows)][["rec", "feature"]].drop_duplicates()
            subject = pd.DataFrame({"rec": pairs["rec"], "subject": self.columns[group.by].ids[pairs["feature"]]})
        found = subject.assign(
            **{k: frame[k].to_numpy()[subject["rec"]] for k in ("id", "occurred", "day", "reporter", "evidence")}
        )
        if group.by == "record" and model.watch.layer:
            found["subject"] = found["subject"].str.split("/", n=1).str[1]
        if group.by == "cluster":
            return found
        return found.sort_values(["subject", "occurred", "id"])

    def _stretches(self, told: Told, model: SupervisionModel, rows: pd.Index) -> pd.DataFrame:
        group, numbers = model.group, model.numbers
        lines = self._of(group.of, {})
        lines = lines[shapely.get_dimensions(lines.geometry.to_numpy()) == 1]
        near = _nearest(told.frame.loc[rows, ["geometry"]], lines, numbers[group.reach].base)
        line = self._frame(group.of).geometry.to_numpy()[near["feature"]]
        at = shapely.line_locate_point(line, told.frame["at"].to_numpy()[near["rec"]])
        stretch = np.floor(at / numbers[group.size].base).astype(int).astype(str)
        return pd.DataFrame(
            {"rec": near["rec"], "subject": self.columns[group.of].ids[near["feature"]] + ":" + stretch}
        )

    def _features(
        self, told: Told, model: SupervisionModel, rows: pd.Index, met: Mapping[str, pd.DataFrame]
    ) -> pd.DataFrame:
        group, numbers = model.group, model.numbers
        if group.by in met and not group.same:
            return met[group.by]
        if not (group.same or group.reach):
            position = {i: k for k, i in enumerate(self.columns[group.by].ids)}
            for name, pairs in met.items():
                parent = pd.Series(self.columns[name].parent).map(position)
                if parent.notna().any():
                    found = pairs.assign(feature=parent.to_numpy()[pairs["feature"]]).dropna(subset=["feature"])
                    return found.astype({"feature": np.int64})
        parts = []
        if group.same:
            mine, theirs = next(iter(group.same.items()))
            right = pd.DataFrame({"key": self._normal(group.by, theirs, same_id)}).reset_index(names="feature")
            left = pd.DataFrame({"rec": rows, "key": _formed(told.value(mine, rows).to_numpy(), same_id)})
            named = left[left["key"] != ""].merge(right).sort_values(["rec", "feature"]).drop_duplicates("rec")
            parts.append(named[["rec", "feature"]])
            rows = rows[~rows.isin(named["rec"])]
        if group.reach:
            near = _nearest(told.frame.loc[rows, ["geometry"]], self._of(group.by, {}), numbers[group.reach].base)
            parts.append(near[["rec", "feature"]])
        elif not group.same:
            predicate = "covered_by" if told.shapes else "within"
            parts.append(_joined(told.frame.loc[rows, ["geometry"]], self._polygons(group.by, {}), predicate))
        return pd.concat(parts)

    def _clusters(self, told: Told, model: SupervisionModel, found: pd.DataFrame) -> pd.DataFrame:
        """The same hits, each with the earliest record of its cluster as subject."""
        numbers, group = model.numbers, model.group
        at = gpd.GeoDataFrame(geometry=told.frame["at"].to_numpy()[found["rec"]], crs=self.crs)
        pairs = _joined(at, at, "dwithin", numbers[group.size].base)
        when = found["occurred"].to_numpy()
        a, b = pairs["rec"].to_numpy(), pairs["feature"].to_numpy()
        if group.apart:
            near = np.abs(when[a] - when[b]) <= numbers[group.apart].base
            a, b = a[near], b[near]
        graph = csr_array((np.ones(len(a)), (a, b)), shape=(len(found), len(found)))
        found = found.assign(cluster=connected_components(graph, directed=False)[1]).sort_values(["occurred", "id"])
        found = found.assign(subject=found.groupby("cluster")["id"].transform("first"))
        return found.sort_values(["subject", "occurred", "id"])

    def _matters(self, told: Told, model: SupervisionModel, found: pd.DataFrame) -> dict[str, set[str]]:
        if model.group.by == "cluster" and len(found):
            found = self._clusters(told, model, found)
        supporting = []
        for t in model.group.any:
            rows = found[self._has(told, t.having, model.numbers, found)]
            supporting.append(self._reaching(told, t, model.numbers, rows))
        reached = pd.concat(supporting)
        return {str(s): set(ids) for s, ids in reached.groupby("subject")["id"].agg(list).items()}

    def _has(self, told: Told, having: Having, numbers: Numbers, found: pd.DataFrame) -> np.ndarray:
        keep = np.ones(len(found), bool)
        rec = pd.Index(found["rec"])
        if having.evidence:
            keep &= (found["evidence"].to_numpy() & _bits(having.evidence)) > 0
        if having.category:
            keep &= np.isin(self._key(told, "category", rec).astype(str), having.category)
        if having.source:
            keep &= np.isin(self._key(told, "source", rec).astype(str), having.source)
        if having.field:
            value = pd.to_numeric(told.value(having.field, rec), errors="coerce")
            keep &= _compared(value, having.op, numbers[having.number].base)
        return keep

    def _reaching(self, told: Told, t: Threshold, numbers: Numbers, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows (in order of subject and time) that lie in a window that meets the threshold."""
        count = int(numbers[t.count].base)
        window = numbers[t.window].base if t.window else np.inf
        more = bool(t.sum or t.share or t.few or t.times)
        if count <= 1 and not more:
            return rows
        # As many rows as are counted must lie in a window at least; groups that have them are looked at one by one.
        span = rows["occurred"] - rows.groupby("subject")["occurred"].shift(count - 1)
        rows = rows[rows["subject"].isin(rows["subject"][span <= window].unique())]
        if not len(rows):
            return rows
        rec = pd.Index(rows["rec"])
        extra: dict[str, Any] = {}
        if t.distinct:
            extra["kind"] = self._kinds(told, t.distinct, rows)
        if t.few:
            extra["few"] = told.value(t.few_field, rec).map(lambda v: "" if v is None else str(v)).to_numpy()
        if t.sum:
            extra["sum"] = pd.to_numeric(told.value(t.sum_field, rec), errors="coerce").fillna(0).to_numpy(float)
        if t.share:
            extra["share"] = self._has(told, t.share_having, numbers, rows)
        rows = rows.assign(**extra)
        parts = [rows[:0]]
        for _, group in rows.groupby("subject", sort=False):
            when = group["occurred"].to_numpy()
            said = {name: group[name].to_numpy() for name in extra}
            keep = np.zeros(len(group), bool)
            begins = np.searchsorted(when, when - window, "left")
            for end in np.flatnonzero(np.append(when[1:] > when[:-1], True)):
                begin = begins[end]
                if self._window_meets(t, numbers, count, window, when, int(begin), int(end) + 1, said):
                    keep[begin : end + 1] = True
            parts.append(group[keep])
        return pd.concat(parts)

    @staticmethod
    def _window_meets(
        t: Threshold,
        numbers: Numbers,
        count: int,
        window: float,
        when: np.ndarray,
        begin: int,
        end: int,
        said: Mapping[str, np.ndarray],
    ) -> bool:
        n = end - begin
        if (len(set(said["kind"][begin:end])) if t.distinct else n) < count:
            return False
        if t.sum and round(float(said["sum"][begin:end].sum()), 6) < numbers[t.sum].base:
            return False
        if t.few and len(set(said["few"][begin:end])) > numbers[t.few].base:
            return False
        if t.share and said["share"][begin:end].sum() < round(numbers[t.share].base * n, 9):
            return False
        if t.times:
            last = when[end - 1] - window
            first = max(last - numbers[t.baseline].base, when[0])
            if last - first < window:
                return False
            usual = ((when >= first) & (when < last)).sum() * window / (last - first)
            return bool(n >= numbers[t.times].base * usual)
        return True

    def _kinds(self, told: Told, distinct: str, rows: pd.DataFrame) -> np.ndarray:
        if distinct == "reporter":
            return rows["reporter"].to_numpy()
        if distinct in PERIODS:
            day = pd.to_datetime(rows["day"].to_numpy(), unit="D")
            code = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[distinct]
            return day.to_period(code).astype(np.int64).to_numpy()
        rec = pd.Index(rows["rec"])
        if distinct.startswith("layer:"):
            name = distinct.removeprefix("layer:")
            held = _joined(told.frame.loc[rec.unique(), ["geometry"]], self._polygons(name, {}), "within")
            held = held.sort_values("feature").drop_duplicates("rec").set_index("rec")["feature"]
            return rows["rec"].map(held).fillna(-1).to_numpy()
        return told.value(distinct.removeprefix("field:"), rec).map(lambda v: "" if v is None else str(v)).to_numpy()


# ---- the river network -------------------------------------------------------------------------------------


class _Network:
    """Reaches that meet at their ends, digitised downstream. ``slack``: so many metres out of order two places on a
    reach still count as in order."""

    def __init__(self, reaches: gpd.GeoDataFrame, slack: float = 0.0) -> None:
        self.reaches, self.slack = reaches, slack
        lines = reaches.geometry.to_numpy()
        ends = np.vstack([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)])
        node = pd.factorize(pd.Series(list(map(tuple, ends.round(1)))))[0]
        self.upper, self.lower = node[: len(lines)], node[len(lines) :]
        self.length = shapely.length(lines)
        n = int(node.max()) + 1 if len(node) else 0
        self.up = csr_array((self.length, (self.lower, self.upper)), shape=(n, n))

    def spots(self, places: gpd.GeoSeries, bank: float) -> pd.DataFrame:
        """By place: the reach it lies nearest to, and how far along."""
        left = gpd.GeoDataFrame(geometry=places)
        near = _nearest(left, self.reaches, bank).set_index("rec")
        at = self.reaches.index.get_indexer(near["feature"])
        lines = self.reaches.geometry.to_numpy()[at]
        shapes = left.geometry.loc[near.index].to_numpy()
        along = shapely.line_locate_point(lines, shapely.get_point(shapely.shortest_line(lines, shapes), 0))
        # Of an area that the reach runs through, the first place that the water comes to.
        for k in np.flatnonzero(shapely.intersects(lines, shapes) & (shapely.get_dimensions(shapes) > 0)):
            common = shapely.get_coordinates(shapely.intersection(lines[k], shapes[k]))
            along[k] = shapely.line_locate_point(lines[k], shapely.points(common)).min()
        return pd.DataFrame({"reach": at, "along": along}, index=near.index)

    def ways(self, upper: pd.DataFrame, lower: pd.DataFrame, limit: float) -> pd.DataFrame:
        """Pairs of which the first lies upstream of the second, at most so far along the water."""
        above = pd.DataFrame(
            {
                "upper": upper.index,
                "reach": upper["reach"].to_numpy(),
                "along": upper["along"].to_numpy(),
                "node": self.lower[upper["reach"]],
                "rest": self.length[upper["reach"]] - upper["along"].to_numpy(),
            }
        )
        below = pd.DataFrame(
            {
                "lower": lower.index,
                "reach": lower["reach"].to_numpy(),
                "into": lower["along"].to_numpy(),
                "start": self.upper[lower["reach"]],
            }
        )
        same = above.merge(below, on="reach")
        same = same.assign(metres=same["into"] - same["along"])
        same = same[same["metres"] >= -self.slack]
        starts = below["start"].unique()
        far = dijkstra(self.up, indices=starts, limit=limit) if len(starts) else np.zeros((0, 0))
        s, node = np.nonzero(np.isfinite(far))
        over = (
            pd.DataFrame({"start": starts[s], "node": node, "way": far[s, node]}).merge(below).merge(above, on="node")
        )
        over = over.assign(metres=over["rest"] + over["way"] + over["into"])
        both = pd.concat([same, over])[["upper", "lower", "metres"]]
        return both[both["metres"] <= limit].drop_duplicates(["upper", "lower"])


# ---- small things ------------------------------------------------------------------------------------------


def _joined(
    left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, predicate: str, metres: float | None = None
) -> pd.DataFrame:
    distance = {} if metres is None else {"distance": metres}
    pairs = gpd.sjoin(left, right[["geometry"]], predicate=predicate, **distance)
    return pd.DataFrame({"rec": pairs.index, "feature": pairs["index_right"].to_numpy()})


def _nearest(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame, metres: float) -> pd.DataFrame:
    """The nearest of each within so many metres; of several as near the lowest id."""
    near = gpd.sjoin_nearest(left, right[["geometry"]], max_distance=metres, distance_col="metres")
    pairs = pd.DataFrame({"rec": near.index, "feature": near["index_right"].to_numpy()})
    return pairs.sort_values(["rec", "feature"]).drop_duplicates("rec")


def _metres(frame: gpd.GeoDataFrame, pairs: pd.DataFrame, layer: gpd.GeoDataFrame) -> np.ndarray:
    there = layer.geometry.loc[pairs["feature"]].to_numpy()
    return shapely.distance(frame.geometry.to_numpy()[pairs["rec"]], there)


def _compared(left: Any, op: str, right: Any) -> np.ndarray:
    left = np.asarray(left, float)
    return {">=": left >= right, ">": left > right, "<=": left <= right, "<": left < right}[op]


def _word(value: Any) -> str | None:
    return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _formed(values: Any, form: Any) -> np.ndarray:
    out = np.empty(len(values), dtype=object)
    out[:] = [form(v) for v in values]
    return out


def _bits(kinds: Sequence[str]) -> int:
    return sum(1 << EVIDENCE.index(k) for k in set(kinds))


def _days(values: Any) -> np.ndarray:
    """Days since 1970-01-01; NaN for what is none."""
    said = pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601", errors="coerce")
    return (said - pd.Timestamp(0)).dt.days.to_numpy(float)


def _end_of_term(days: np.ndarray, term: Number) -> np.ndarray:
    """The last day of a term that began on each of these; of no day and of open ends nothing."""
    days = np.asarray(days, float)
    real = np.isfinite(days) & (np.abs(days) < 100_000)
    unique, back = np.unique(days[real], return_inverse=True)
    ends = np.array([_ends(int(d), term.unit, term.value, term.base) for d in unique], float)
    out = days.copy()
    out[real] = ends[back] if len(unique) else out[real]
    return out


@cache
def _ends(day: int, unit: str, value: float, base: float) -> int:
    begin = date(1970, 1, 1) + timedelta(days=day)
    if unit in ("mo", "y"):
        months = int(value) * (12 if unit == "y" else 1)
        return ((pd.Timestamp(begin) + pd.DateOffset(months=months)).date() - date(1970, 1, 1)).days
    if unit == "wd":
        left = int(value)
        while left:
            begin += timedelta(days=1)
            left -= _works(begin)
        return (begin - date(1970, 1, 1)).days
    return day + int(np.ceil(base / 86400))


@cache
def _works(day: date) -> bool:
    return bool(_calendar(day.year).is_working_day(day))


@cache
def _calendar(year: int) -> Any:
    return holidays.country_holidays("CN", years=[year - 1, year, year + 1])
