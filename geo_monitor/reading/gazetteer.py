"""The gazetteer (地名词典): every named place that the city's layers and its own lists know, with what its name means
on the ground: a level, a point, and the radius within which all of it lies.

Nothing is asked over a network. Layers that say a ``place_level`` bring their features; files in ``gazetteer/`` bring
villages, bridges and other names (``gazetteer_files``). The order in which they come changes nothing.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.layer import Feature, Layer
from geo_monitor.domain.place import PLACE_LEVELS, Box, LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.reading.divisions import Division
from geo_monitor.reading.place_names import is_name, letters_of
from geo_monitor.services.ports import Records

GEOD = Geod(ellps="WGS84")
#: How far a thing of a level commonly reaches from the point that stands for it, where nobody has said so: proposals
#: of ours, to be put right by outlines or by ``radius_m``.
EXTENT_M: Mapping[str, float] = {
    "premises": 50.0,
    "site": 200.0,
    "reach": 3000.0,
    "village": 1000.0,
    "township": 8000.0,
    "river": 100_000.0,
    "district": 40_000.0,
    "city": 100_000.0,
}
#: What a short name (达孜 for 达孜区) counts: less than any name that is written out; that of a village too little to
#: place anything, because two characters stand in many words (the city's list gives it as an alias where it is safe).
SHORT, SHORT_VILLAGE = 0.9, 0.75
#: Properties in which a feature may carry further names, besides its title.
NAME_FIELDS = ("name", "name_zh", "name_en", "name_bo", "alias", "aliases", "former_names")
BETWEEN_NAMES = ";；、|｜\n"
#: Endings that say what a name is the name of.
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "village": ("居委会", "村委会", "社区", "村"),
    "township": ("街道办事处", "街道", "镇", "乡"),
    "district": ("区", "县"),
    "city": ("市",),
}


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """One place. ``names`` begin with its title; ``point`` is the middle of the smallest circle around it (WGS 84) and
    ``radius_m`` that circle's radius with the accuracy of its outline. ``area`` is its outline or line, None for what
    is known as a point. ``district`` is a division code or a name, as its source has it."""

    layer: str
    id: str
    level: str
    names: tuple[str, ...]
    point: LonLat
    radius_m: float
    area: BaseGeometry | None = field(default=None, compare=False, repr=False)
    district: str = ""
    source: str = ""
    short_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.names[0]

    def away_m(self, lon: float, lat: float) -> float:
        """Metres from a point (degrees) to the nearest of the place: to its outline where there is one (0 inside), else
        to the rim of its circle."""
        if self.area is None:
            return max(0.0, metres(self.point, LonLat(lon, lat)) - self.radius_m)

        def around(xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            per_lon, per_lat = metres_per_degree((xy[:, 1] + lat) / 2)
            return np.column_stack([(xy[:, 0] - lon) * per_lon, (xy[:, 1] - lat) * per_lat])

        return float(shapely.distance(shapely.transform(self.area, around), shapely.Point(0.0, 0.0)))


@dataclass(frozen=True, slots=True)
class Alias:
    """Further names for places that are in the gazetteer under ``name`` already; ``district`` tells several of one
    name apart."""

    name: str
    aliases: tuple[str, ...]
    district: str = ""
    file: str = ""
    row: int = 0


def metres(a: LonLat, b: LonLat) -> float:
    _, _, away = GEOD.inv(a.lon, a.lat, b.lon, b.lat)
    return float(away)


# ---- places of the layers ---------------------------------------------------------------------------------------


def layer_places(records: Records, layers: Mapping[str, Layer], divisions: Sequence[Division] = ()) -> list[NamedPlace]:
    """The features of every loaded layer with a ``place_level``, and each river that several reaches belong to.
    Features without a geometry or a name are passed over."""
    loaded = {v.layer for v in records.layer_versions()}
    found: list[NamedPlace] = []
    for layer in layers.values():
        if layer.place_level and layer.name in loaded:
            features = records.features(layer.name)
            found += [p for f in features if (p := place_of(f, layer, divisions)) is not None]
            if layer.place_level == "reach":
                found += _rivers(features)
    return found


def place_of(feature: Feature, layer: Layer, divisions: Sequence[Division] = ()) -> NamedPlace | None:
    geometry = feature.geometry
    if geometry is None or geometry.is_empty:
        return None
    said = [feature.title.zh, feature.title.en]
    for name in NAME_FIELDS:
        said += _split(str(feature.properties.get(name) or ""))
    code = feature.id if layer.place_level == "district" else ""
    said += [name for d in divisions if code and code in (d.code, d.successor) for name in d.names]
    names = _names(said)
    if not names:
        return None
    point, radius_m, area = circle(geometry, layer.place_level, feature.accuracy_m)
    return NamedPlace(
        layer=layer.name,
        id=feature.id,
        level=layer.place_level,
        names=names,
        point=point,
        radius_m=radius_m,
        area=area,
        district=code or str(feature.properties.get("district") or ""),
        short_names=short_names(names, layer.place_level),
    )


def circle(geometry: BaseGeometry, level: str, accuracy_m: float) -> tuple[LonLat, float, BaseGeometry | None]:
    """The middle and the radius in whole metres of a circle that holds all of a geometry (WGS 84), widened by its
    accuracy. The middle is that of the smallest circle on a plane stretched at the latitude of the place; the radius is
    the geodesic to the farthest vertex. A point has the common extent of its level."""
    if geometry.geom_type == "Point":
        return LonLat(geometry.x, geometry.y), math.ceil(EXTENT_M[level] + accuracy_m), None
    _, south, _, north = geometry.bounds
    per_lon, per_lat = metres_per_degree((south + north) / 2)
    stretch = float(per_lon / per_lat)
    flat = shapely.transform(geometry, lambda xy: xy * (stretch, 1.0))
    middle = shapely.minimum_bounding_circle(flat).centroid
    lon, lat = round(middle.x / stretch, 7), round(middle.y, 7)
    xy = shapely.get_coordinates(geometry)
    _, _, away = GEOD.inv(np.full(len(xy), lon), np.full(len(xy), lat), xy[:, 0], xy[:, 1])
    least = EXTENT_M[level] if geometry.geom_type == "MultiPoint" else 0.0
    return LonLat(lon, lat), math.ceil(max(float(np.max(away)), least) + accuracy_m), geometry


def _rivers(features: Sequence[Feature]) -> list[NamedPlace]:
    by_name: dict[str, list[Feature]] = defaultdict(list)
    for f in features:
        if f.geometry is not None and f.properties.get("river_zh"):
            by_name[str(f.properties["river_zh"])].append(f)
    found = []
    for name, reaches in by_name.items():
        whole = shapely.union_all([f.geometry for f in reaches])
        point, radius_m, area = circle(whole, "river", max(f.accuracy_m for f in reaches))
        names = _names([name, *sorted({str(f.properties.get("river_en") or "") for f in reaches})])
        if names:
            found.append(NamedPlace(reaches[0].layer, f"river:{name}", "river", names, point, radius_m, area))
    return found


def city_place(title: Words, box: Box) -> NamedPlace | None:
    """The city itself, as a box: it holds everything, so a text that names nothing nearer is always too vague."""
    names = _names([title.zh, title.en])
    if not names:
        return None
    area = shapely.box(*box)
    point, radius_m, _ = circle(area, "city", 0.0)
    return NamedPlace("", "city", "city", names, point, radius_m, area, short_names=short_names(names, "city"))


def _split(said: str) -> list[str]:
    for c in BETWEEN_NAMES[1:]:
        said = said.replace(c, BETWEEN_NAMES[0])
    return said.split(BETWEEN_NAMES[0])


def _names(said: Iterable[str]) -> tuple[str, ...]:
    """Each once, in order, with the bracketed remark of a title (（合成）) taken off; none too short to be told from
    running text."""
    out: dict[str, str] = {}
    for name in said:
        for form in (name.strip(), name.split("（")[0].split("(")[0].strip()):
            key = letters_of(form).text
            if key and is_name(key):
                out.setdefault(key, form)
    return tuple(out.values())


def short_names(names: Sequence[str], level: str) -> tuple[str, ...]:
    """What people say for short: 达孜 for 达孜区."""
    found: dict[str, None] = {}
    for name in names:
        for ending in ENDINGS.get(level, ()):
            stem = name.removesuffix(ending)
            if stem != name and is_name(letters_of(stem).text):
                found[stem] = None
                break
    return tuple(n for n in found if n not in names)


# ---- the index --------------------------------------------------------------------------------------------------


class Gazetteer:
    """The places, each once, and its names by their common form. ``notes`` say which aliases name no place."""

    def __init__(self, places: Iterable[NamedPlace], aliases: Iterable[Alias] = ()) -> None:
        by_key = {(p.layer, p.id): p for p in sorted(places, key=_order)}
        self.places = [by_key[k] for k in sorted(by_key)]
        self.notes: tuple[str, ...] = ()
        self._add_aliases(sorted(aliases, key=lambda a: (a.name, a.district, a.aliases)))
        #: Common form → (place, what the name counts), by place.
        self.index: dict[str, list[tuple[int, float]]] = {}
        for k, place in enumerate(self.places):
            full = {letters_of(n).text for n in place.names}
            for key in full:
                self.index.setdefault(key, []).append((k, 1.0))
            for key in {letters_of(n).text for n in place.short_names} - full:
                self.index.setdefault(key, []).append((k, SHORT_VILLAGE if place.level == "village" else SHORT))
        lengths: dict[str, set[int]] = defaultdict(set)
        for key in self.index:
            lengths[key[:2]].add(len(key))
        #: First two letters → lengths of the names that begin so, longest first.
        self.lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}
        self._grams: dict[str, list[str]] | None = None

    def _add_aliases(self, aliases: Sequence[Alias]) -> None:
        by_name: dict[str, list[int]] = defaultdict(list)
        for k, place in enumerate(self.places):
            for key in {letters_of(n).text for n in (*place.names, *place.short_names)}:
                by_name[key].append(k)
        notes = []
        for a in aliases:
            meant = [k for k in by_name.get(letters_of(a.name).text, []) if self._in(self.places[k], a.district)]
            if not meant:
                notes.append(f"{a.file}, row {a.row}: no place is named {a.name!r}: its aliases are not used")
            for k in meant:
                place = self.places[k]
                self.places[k] = replace(place, names=_names([*place.names, *a.aliases]))
        self.notes = tuple(notes)

    def _in(self, place: NamedPlace, district: str) -> bool:
        return not district or place.district == district or self.same_district(place.district, district)

    def same_district(self, a: str, b: str) -> bool:
        """Whether two words for a district (code or name) mean one of the districts that are known."""
        return any({a, b} <= {p.id, *p.names, *p.short_names} for p in self.places if p.level == "district")

    @property
    def grams(self) -> Mapping[str, Sequence[str]]:
        """Two letters that follow each other, or stand around a third → the names that have them."""
        if self._grams is None:
            found: dict[str, list[str]] = defaultdict(list)
            for key in sorted(self.index):
                for gram in grams_of(key):
                    found[gram].append(key)
            self._grams = dict(found)
        return self._grams

    @property
    def fingerprint(self) -> str:
        said = [f"{p.layer}\x1f{p.id}\x1f{p.names}\x1f{p.point}\x1f{p.radius_m}" for p in self.places]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def grams_of(key: str) -> set[str]:
    return {key[k : k + 2] for k in range(len(key) - 1)} | {
        f"{a}*{b}" for a, b in zip(key, key[2:], strict=False) if len(key) < 5
    }


def _order(p: NamedPlace) -> tuple[object, ...]:
    return (p.layer, p.id, p.level, p.names, p.point, p.radius_m)


def level_order(level: str) -> int:
    return PLACE_LEVELS.index(level)
