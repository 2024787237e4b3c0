"""Coordinates of any declared system to WGS 84, once, at the door.

Everything works on numpy arrays of any shape, longitude (or easting) first. Sources of the formulas:

* GCJ-02 (phone maps of China): the obfuscation as published in open code by wandergis/coordtransform and
  others; semi-major axis 6378245.0 m and squared eccentricity 0.00669342162296594323 (Krasovsky 1940). It is
  defined from WGS 84 to GCJ-02; the way back has no closed form and is found by iteration here (the one-step
  inverse of many libraries is some metres off).
* BD-09 (Baidu): a further shift on GCJ-02 with the offsets 0.0065° and 0.006° and the factor π·3000/180.
* CGCS2000 (EPSG:4490) differs from WGS 84 by well under a metre and is taken as equal.
* Any other system by its EPSG number through PROJ, always with x (east) before y (north).
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
    from pyproj import Transformer
    from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]

SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
BD_FACTOR = np.pi * 3000.0 / 180.0
BD_LON, BD_LAT = 0.0065, 0.006
#: Outside this box (degrees, of WGS 84) the phone maps do not shift.
CHINA_WEST, CHINA_EAST, CHINA_SOUTH, CHINA_NORTH = 72.004, 137.8347, 0.8293, 55.8271
#: The shift changes by less than three hundredths of itself a step, so 16 steps end below a float's last bit.
STEPS = 16

KNOWN = "WGS84, CGCS2000, GCJ02, BD09 (datum) or EPSG:n (crs)"


def _gcj_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Degrees that GCJ-02 adds to a WGS 84 position; zero outside the box of China."""
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
    inside = (lon >= CHINA_WEST) & (lon <= CHINA_EAST) & (lat >= CHINA_SOUTH) & (lat <= CHINA_NORTH)
    return np.where(inside, d_lon, 0.0), np.where(inside, d_lat, 0.0)


def wgs84_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Degrees in, degrees out, same shape."""
    lon, lat = _floats(lon), _floats(lat)
    with np.errstate(invalid="ignore", divide="ignore"):
        d_lon, d_lat = _gcj_shift(lon, lat)
        return lon + d_lon, lat + d_lat


def gcj02_to_wgs84(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The exact inverse (below 1e-9 degrees) by fixed-point iteration; degrees, same shape. Within some hundred
    metres of the edge of China's box, where the shift stops short, no inverse need exist."""
    lon, lat = _floats(lon), _floats(lat)
    w_lon, w_lat = lon, lat
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(STEPS):
            d_lon, d_lat = _gcj_shift(w_lon, w_lat)
            w_lon, w_lat = lon - d_lon, lat - d_lat
    return w_lon, w_lat


def gcj02_to_bd09(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    lon, lat = _floats(lon), _floats(lat)
    with np.errstate(invalid="ignore"):
        radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_FACTOR)
        angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_FACTOR)
        return radius * np.cos(angle) + BD_LON, radius * np.sin(angle) + BD_LAT


def bd09_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """The exact inverse by fixed-point iteration (the shift changes by at most two hundredths a step)."""
    lon, lat = _floats(lon), _floats(lat)
    g_lon, g_lat = lon - BD_LON, lat - BD_LAT
    for _ in range(STEPS):
        b_lon, b_lat = gcj02_to_bd09(g_lon, g_lat)
        g_lon, g_lat = g_lon + (lon - b_lon), g_lat + (lat - b_lat)
    return g_lon, g_lat


def _floats(values: Any) -> Floats:
    return np.asarray(values, dtype=np.float64)


@lru_cache(maxsize=32)
def _transformer(crs: str) -> Transformer:
    from pyproj import CRS, Transformer

    return Transformer.from_crs(CRS.from_user_input(crs), CRS.from_epsg(4326), always_xy=True)


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
            lon, lat = _transformer(self.crs).transform(x, y)
            return _floats(lon), _floats(lat)
        if self.datum is Datum.GCJ02:
            return gcj02_to_wgs84(x, y)
        if self.datum is Datum.BD09:
            return gcj02_to_wgs84(*bd09_to_gcj02(x, y))
        return x, y

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
    from pyproj.exceptions import CRSError

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
    return Reference(name, Datum.WGS84, crs=f"EPSG:{code}" if code else definition, geographic=crs.is_geographic)


def declared(datum: str, crs: str, file: str, field: str = "datum") -> Reference:
    """As ``find_reference``; raises FileError with the file's name."""
    found = find_reference(datum, crs)
    if isinstance(found, str):
        raise FileError(Flaw("unknown_datum", found, file=file, field=field, value=datum or crs))
    return found
