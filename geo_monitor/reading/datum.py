"""Coordinates of any declared system to WGS 84, once, at the door.

Everything works on numpy arrays of any shape, longitude (or easting) first. Sources of the formulas:

* GCJ-02 (phone maps of China): the obfuscation as published in open code by wandergis/coordtransform and
  others; semi-major axis 6378245.0 m and squared eccentricity 0.00669342162296594323 (Krasovsky 1940). It is
  defined from WGS 84 to GCJ-02; the way back has no closed form and is found by iteration here (the one-step
  inverse of many libraries is some metres off). Outside China's rectangle nothing is shifted.
* BD-09 (Baidu): a further shift on GCJ-02 with the offsets 0.0065° and 0.006° and the factor π·3000/180. The
  published code adds it everywhere; here a *place* outside China's rectangle is not shifted in BD-09 either.
* CGCS2000 (EPSG:4490) differs from WGS 84 by well under a metre and is taken as equal, its projected zones too.
* Any other system by its EPSG number through PROJ, always with x (east) before y (north), and only by an operation
  whose error is known, where it is known: the "ballpark" step that PROJ falls back to otherwise (Xian 1980; Beijing
  1954 outside a few regions) leaves a place up to a hundred metres off and looks right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.place import Datum
from geo_monitor.errors import FileError, Flaw

if TYPE_CHECKING:
    from pyproj import CRS, Transformer
    from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]

SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
BD_FACTOR = np.pi * 3000.0 / 180.0
BD_LON, BD_LAT = 0.0065, 0.006
#: Outside this box (degrees, of WGS 84) the phone maps do not shift.
CHINA_WEST, CHINA_EAST, CHINA_SOUTH, CHINA_NORTH = 72.004, 137.8347, 0.8293, 55.8271
#: A place moved by d changes the shift of GCJ-02 by at most 0.008 d, that of BD-09 by 0.024 d (greatest norm of the
#: Jacobian on a grid over the box); they are below 0.013°, so 8 steps end at 0.013° · 0.024⁸, a float's last bit.
STEPS = 8
#: Degrees (a micrometre) by which a place on the edge of the box may come back outside it. On the meridian of 105° the
#: root in the formula has a corner, and there two places a few 1e-12° apart have one coordinate.
EDGE = 1e-11
#: A wrong number becomes a wrong number without a warning; what is no place is told where it is read.
QUIET = np.errstate(invalid="ignore", divide="ignore", over="ignore")

#: The EPSG number of CGCS2000's longitude and latitude.
CGCS2000_DEGREES = 4490

KNOWN = "WGS84, CGCS2000, GCJ02, BD09 (datum) or EPSG:n (crs)"


def in_china(lon: Any, lat: Any) -> npt.NDArray[np.bool_]:
    """Which WGS 84 places lie in the rectangle (borders included) in which the phone maps shift."""
    lon, lat = _floats(lon), _floats(lat)
    inside = (lon >= CHINA_WEST) & (lon <= CHINA_EAST) & (lat >= CHINA_SOUTH) & (lat <= CHINA_NORTH)
    return np.asarray(inside)


def _gcj_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that GCJ-02 adds to a WGS 84 position in China. The formula itself knows no border: outside the box it
    goes on smoothly, which is what the way back needs to be exact up to the very edge."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    pi = np.pi
    both = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    north = (
        -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * root
        + both
        + (20.0 * np.sin(y * pi) + 40.0 * np.sin(y / 3.0 * pi)) * 2.0 / 3.0
        + (160.0 * np.sin(y / 12.0 * pi) + 320.0 * np.sin(y * pi / 30.0)) * 2.0 / 3.0
    )
    east = (
        300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * root
        + both
        + (20.0 * np.sin(x * pi) + 40.0 * np.sin(x / 3.0 * pi)) * 2.0 / 3.0
        + (150.0 * np.sin(x / 12.0 * pi) + 300.0 * np.sin(x / 30.0 * pi)) * 2.0 / 3.0
    )
    phi = np.radians(lat)
    w2 = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    w = np.sqrt(w2)
    d_lat = np.degrees(north * w2 * w / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED)))
    d_lon = np.degrees(east * w / (SEMI_MAJOR_M * np.cos(phi)))
    return d_lon, d_lat


@QUIET
def wgs84_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Degrees in, degrees out, same shape; unchanged outside China's rectangle."""
    lon, lat = _floats(lon), _floats(lat)
    d_lon, d_lat = _gcj_shift(lon, lat)
    inside = in_china(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


@QUIET
def gcj02_to_wgs84(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The exact inverse (below 1e-11 degrees) for every place in China's rectangle, its edge included, by fixed-point
    iteration; degrees, same shape. What no place of China is shifted to comes back unchanged. Within some hundred
    metres outside the rectangle two places have one coordinate (one was shifted there); the one in China is meant."""
    lon, lat = _floats(lon), _floats(lat)
    return _if_in_china(*_unshifted(lon, lat), lon, lat)


@QUIET
def gcj02_to_bd09(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Degrees in, degrees out, same shape; the published formula, which knows no border."""
    lon, lat = _floats(lon), _floats(lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_FACTOR)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_FACTOR)
    return radius * np.cos(angle) + BD_LON, radius * np.sin(angle) + BD_LAT


@QUIET
def bd09_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The exact inverse (below 1e-12 degrees) by fixed-point iteration; same shape."""
    lon, lat = _floats(lon), _floats(lat)
    g_lon, g_lat = lon - BD_LON, lat - BD_LAT
    for _ in range(STEPS):
        b_lon, b_lat = gcj02_to_bd09(g_lon, g_lat)
        g_lon, g_lat = g_lon + (lon - b_lon), g_lat + (lat - b_lat)
    return g_lon, g_lat


@QUIET
def wgs84_to_bd09(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Degrees in, degrees out, same shape; unchanged outside China's rectangle."""
    lon, lat = _floats(lon), _floats(lat)
    inside = in_china(lon, lat)
    b_lon, b_lat = gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    return np.where(inside, b_lon, lon), np.where(inside, b_lat, lat)


@QUIET
def bd09_to_wgs84(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The exact inverse, in the sense of ``gcj02_to_wgs84``."""
    lon, lat = _floats(lon), _floats(lat)
    return _if_in_china(*_unshifted(*bd09_to_gcj02(lon, lat)), lon, lat)


def _unshifted(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The place that the borderless formula shifts to this coordinate."""
    w_lon, w_lat = lon, lat
    for _ in range(STEPS):
        d_lon, d_lat = _gcj_shift(w_lon, w_lat)
        w_lon, w_lat = lon - d_lon, lat - d_lat
    return w_lon, w_lat


def _if_in_china(w_lon: Floats, w_lat: Floats, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The place where it lies in China's rectangle (one on its very edge may come back a float's last bits outside),
    else the coordinate as it was."""
    inside = (
        (w_lon >= CHINA_WEST - EDGE)
        & (w_lon <= CHINA_EAST + EDGE)
        & (w_lat >= CHINA_SOUTH - EDGE)
        & (w_lat <= CHINA_NORTH + EDGE)
    )
    return np.where(inside, w_lon, lon), np.where(inside, w_lat, lat)


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


@lru_cache(maxsize=32)
def _transformer(crs: str) -> Transformer:
    """Raises ProjError when PROJ knows no operation whose error is known."""
    from pyproj import CRS, Transformer

    from_ = CRS.from_user_input(crs)
    # CGCS2000 is taken as WGS 84: the way from its zones ends at its own degrees.
    to = from_.geodetic_crs if _is_cgcs2000(from_) else CRS.from_epsg(4326)
    return Transformer.from_crs(from_.to_2d(), to, always_xy=True, allow_ballpark=False)


@lru_cache(maxsize=32)
def _known_within(crs: str) -> tuple[tuple[float, float, float, float], ...]:
    """The boxes (west, south, east, north) in which an operation from this datum to WGS 84 is meant to be used; none
    named: everywhere. PROJ itself does not stop at them."""
    from pyproj import CRS
    from pyproj.transformer import TransformerGroup

    from_ = CRS.from_user_input(crs)
    if _is_cgcs2000(from_) or from_.geodetic_crs is None:
        return ()
    group = TransformerGroup(from_.geodetic_crs.to_2d(), CRS.from_epsg(4326), always_xy=True, allow_ballpark=False)
    areas = [None if t.accuracy == 0 else t.area_of_use for t in group.transformers]
    return tuple(a.bounds for a in areas if a is not None) if None not in areas else ()


def _within(box: tuple[float, float, float, float], lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
    """A box whose west is greater than its east runs over the 180th meridian."""
    west, south, east, north = box
    between = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    return between & (lat >= south) & (lat <= north)


def _is_cgcs2000(crs: CRS) -> bool:
    base = crs.geodetic_crs
    return base is not None and base.to_2d().to_epsg(min_confidence=70) == CGCS2000_DEGREES


@dataclass(frozen=True, slots=True)
class Reference:
    """The declared system of coordinates: a datum of the house, or a coordinate reference system known to PROJ
    (``crs``: an EPSG number, or the definition that a file carries). ``name`` is what is written down with the data."""

    name: str
    datum: Datum
    crs: str = ""
    geographic: bool = True

    def to_wgs84(self, x: Any, y: Any) -> tuple[Floats, Floats]:
        """East/longitude and north/latitude to WGS 84 degrees, same shape. What cannot be converted comes back as
        NaN or infinity, never as a place."""
        x, y = _floats(x), _floats(y)
        if self.crs:
            lon, lat = (_floats(v) for v in _transformer(self.crs).transform(x, y))
            areas = _known_within(self.crs)
            if areas:
                known = np.logical_or.reduce([_within(area, lon, lat) for area in areas])
                lon, lat = np.where(known, lon, np.nan), np.where(known, lat, np.nan)
            return lon, lat
        if self.datum is Datum.GCJ02:
            return gcj02_to_wgs84(x, y)
        if self.datum is Datum.BD09:
            return bd09_to_wgs84(x, y)
        return x, y

    def from_wgs84(self, lon: Any, lat: Any) -> tuple[Floats, Floats]:
        """The other way: WGS 84 degrees to east/longitude and north/latitude of this system, same shape."""
        lon, lat = _floats(lon), _floats(lat)
        if self.crs:
            x, y = _transformer(self.crs).transform(lon, lat, direction="INVERSE")
            return _floats(x), _floats(y)
        if self.datum is Datum.GCJ02:
            return wgs84_to_gcj02(lon, lat)
        if self.datum is Datum.BD09:
            return wgs84_to_bd09(lon, lat)
        return lon, lat

    def geometry_to_wgs84(self, geometry: BaseGeometry) -> BaseGeometry:
        """Every vertex converted, heights dropped; edges stay straight between the converted vertices."""
        import shapely

        flat = shapely.force_2d(geometry)
        if not self.crs and self.datum in (Datum.WGS84, Datum.CGCS2000):
            return flat
        return shapely.transform(flat, lambda xy: np.column_stack(self.to_wgs84(xy[:, 0], xy[:, 1])))


WGS84 = Reference("WGS84", Datum.WGS84)


def datum_of(text: str) -> Datum | None:
    """As people write it (``gcj-02``, ``GCJ02``, ``火星坐标``, ``百度``, ``国家2000``), or None if it is not known."""
    word = re.sub(r"[\s_\-]", "", text).upper()
    return _DATUM_WORDS.get(word)


_DATUM_WORDS = {
    "WGS84": Datum.WGS84,
    "EPSG:4326": Datum.WGS84,
    "CRS84": Datum.WGS84,
    "GPS": Datum.WGS84,
    "CGCS2000": Datum.CGCS2000,
    "EPSG:4490": Datum.CGCS2000,
    "国家2000": Datum.CGCS2000,
    "国家大地2000": Datum.CGCS2000,
    "2000国家大地坐标系": Datum.CGCS2000,
    "GCJ02": Datum.GCJ02,
    "火星坐标": Datum.GCJ02,
    "火星坐标系": Datum.GCJ02,
    "高德": Datum.GCJ02,
    "BD09": Datum.BD09,
    "BD09LL": Datum.BD09,
    "百度": Datum.BD09,
    "百度坐标": Datum.BD09,
}


def find_reference(datum: str = "", crs: str = "") -> Reference | str:
    """The reference that was declared, or a sentence that says what is wrong with the declaration. A datum may
    also be given as ``EPSG:n``. The empty declaration is wrong: nothing is assumed."""
    if datum and crs:
        return f"either a datum or a crs, not both ({datum!r} and {crs!r})"
    said = (datum or crs).strip()
    if not said:
        return f"the coordinate system must be declared: {KNOWN}"
    known = datum_of(said)
    if known is not None:
        return Reference(str(known), known)
    if not re.fullmatch(r"(?i)EPSG\s*:\s*[0-9]{4,6}", said):
        return f"one of {KNOWN}"
    return crs_reference("EPSG:" + re.sub(r"[^0-9]", "", said))


def crs_reference(definition: str) -> Reference | str:
    """The reference of an EPSG name or of the definition that a file carries (WKT), or what is wrong with it."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError, ProjError

    if re.fullmatch(r"(?i)(urn:ogc:def:crs:)?OGC:([0-9.]*:)?CRS84", definition.strip()):
        return WGS84  # the name by which GeoJSON of the older kind calls longitude, latitude on WGS 84
    try:
        crs = CRS.from_user_input(definition)
    except CRSError:
        return f"an EPSG number that PROJ knows, or {KNOWN}"
    code = crs.to_epsg(min_confidence=70)
    if code in (4326, 4490):
        datum = Datum.CGCS2000 if code == 4490 else Datum.WGS84
        return Reference(str(datum), datum)
    if crs.is_vertical or crs.is_geocentric or crs.is_engineering:
        return f"a geographic or projected system, found {crs.name!r}"
    name = f"EPSG:{code}" if code else crs.name
    known = f"EPSG:{code}" if code else definition
    try:
        _transformer(known)
    except ProjError:
        return (
            f"a system that PROJ can turn into WGS 84; of {crs.name!r} it does not know how (have it converted first)"
        )
    return Reference(
        name, Datum.CGCS2000 if _is_cgcs2000(crs) else Datum.WGS84, crs=known, geographic=crs.is_geographic
    )


def declared(datum: str, crs: str, file: str, field: str = "datum") -> Reference:
    """As ``find_reference``; raises FileError with the file's name."""
    found = find_reference(datum, crs)
    if isinstance(found, str):
        raise FileError(Flaw("unknown_datum", found, file=file, field=field, value=datum or crs))
    return found
