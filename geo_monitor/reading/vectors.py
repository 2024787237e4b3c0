"""Files with places: GeoJSON, GeoPackage, Shapefile (also zipped), KML, and tables with coordinate columns.

Rows come out with their properties as the file gave them and their geometry in WGS 84. The coordinate system must
be declared, or be carried by the file; GeoJSON and KML are WGS 84 by their standards (RFC 7946, OGC 12-007r2). What
the person declared outweighs what the file carries, because shifted data (GCJ-02) are commonly saved with the label
WGS 84; the notes say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException, ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.angles import read_angle
from geo_monitor.reading.csv_rows import excerpt
from geo_monitor.reading.datum import WGS84, Reference, crs_reference, declared, find_reference
from geo_monitor.reading.geojson import GeojsonFile
from geo_monitor.reading.ogr import feature_value, open_ogr, read_features
from geo_monitor.reading.tables import BOOK_SUFFIXES, CSV_SUFFIXES, Table, TableRow, read_table
from geo_monitor.services.load_layer import SourceRow

JSON_SUFFIXES = (".geojson", ".json")
OTHER_SUFFIXES = (".gpkg", ".shp", ".zip", ".kml")

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+[,，][0-9]+")

#: Names by which coordinate columns are known without being mapped, in lower case.
USUAL = {
    "lon": ("lon", "lng", "long", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "wkt": ("wkt", "geometry_wkt", "the_geom", "geom"),
}


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """The columns of a table in which the place stands: ``lon`` and ``lat`` (degrees), ``x`` and ``y`` (the units of a
    projected system), ``wkt``, or both in one cell, ``lonlat`` (longitude first) or ``latlon``: these for reports
    only. All empty: the usual names are looked for."""

    lon: str = ""
    lat: str = ""
    x: str = ""
    y: str = ""
    wkt: str = ""
    lonlat: str = ""
    latlon: str = ""

    @classmethod
    def of(cls, mapping: Mapping[str, str]) -> PlaceColumns:
        return cls(**{k: mapping[k] for k in ("lon", "lat", "x", "y", "wkt") if mapping.get(k)})

    @property
    def pair(self) -> tuple[str, str]:
        """The columns of east and north, or ("", "")."""
        return (self.x, self.y) if self.x or self.y else (self.lon, self.lat)

    @property
    def both(self) -> str:
        """The column that holds both coordinates in one cell, or ""."""
        return self.lonlat or self.latlon

    @property
    def is_one_way(self) -> bool:
        """Whether exactly one way of saying the place is named, and whole."""
        pairs = ((self.lon, self.lat), (self.x, self.y))
        ways = [*(bool(a or b) for a, b in pairs), bool(self.wkt), bool(self.lonlat), bool(self.latlon)]
        return sum(ways) == 1 and all(bool(a) == bool(b) for a, b in pairs)


@dataclass(frozen=True)
class VectorFile:
    """``rows`` in order of the file, geometry in WGS 84 (not yet checked for validity or range); ``reference`` is the
    system that was used, ``notes`` say how the file was read."""

    columns: tuple[str, ...]
    rows: list[SourceRow]
    reference: Reference
    notes: tuple[str, ...]


def read_vectors(
    path: Path,
    *,
    datum: str = "",
    crs: str = "",
    place: PlaceColumns | None = None,
    names: Sequence[str] = (),
    needs_place: bool = True,
) -> VectorFile:
    """Reads a file whole. ``names`` are the layer names to prefer in a file that holds several. A table without
    coordinates is a fault only if ``needs_place`` (a register may hang on premises). Raises FileError when the file
    is not what its name says, holds several layers of other names, or its coordinate system is neither declared nor
    carried."""
    suffix = path.suffix.lower()
    if suffix in JSON_SUFFIXES:
        return _read_geojson(path, datum, crs)
    if suffix in (*CSV_SUFFIXES, *BOOK_SUFFIXES):
        return _read_place_table(path, datum, crs, place or PlaceColumns(), needs_place)
    if suffix in OTHER_SUFFIXES:
        return _read_ogr(path, datum, crs, names)
    known = ", ".join((*JSON_SUFFIXES, *OTHER_SUFFIXES, *CSV_SUFFIXES, *BOOK_SUFFIXES))
    raise FileError(Flaw("unknown_format", f"a file of one of the kinds {known}", file=path.name, value=suffix))


# ---- GeoJSON --------------------------------------------------------------------------------------------------


def read_geojson_features(path: Path) -> tuple[list[Any], str]:
    """The feature objects in order, and the name of the system in an old-style ``crs`` member ("" if there is none)."""
    file = GeojsonFile(path)
    return list(file), file.carried


def _read_geojson(path: Path, datum: str, crs: str) -> VectorFile:
    features, carried = read_geojson_features(path)
    reference, notes = _choose_reference(path, datum, crs, carried, WGS84)
    rows, columns = [], dict[str, None]()
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        values = dict(properties) if isinstance(properties, dict) else {}
        columns.update(dict.fromkeys(values))
        geometry, flaw = geojson_shape(feature, path.name, number)
        rows.append(SourceRow(number, values, geometry, (flaw,) if flaw else ()))
    return VectorFile(tuple(columns), _converted(rows, reference, path.name), reference, notes)


def geojson_shape(feature: Any, file: str, number: int) -> tuple[BaseGeometry | None, Flaw | None]:
    """The shape of a feature object as it stands in the file, or what is wrong with it."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return None, Flaw("not_a_feature", "a GeoJSON Feature", file=file, row=number)
    said = feature.get("geometry")
    if said is None:
        return None, None
    try:
        return shape(said), None
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError, ShapelyError) as e:
        kind = said.get("type", "") if isinstance(said, dict) else type(said).__name__
        return None, Flaw(
            "unreadable_geometry", f"a GeoJSON geometry ({e})", file=file, row=number, field="geometry", value=str(kind)
        )


# ---- tables with coordinate columns -------------------------------------------------------------------------------


def _read_place_table(path: Path, datum: str, crs: str, place: PlaceColumns, needs_place: bool) -> VectorFile:
    table = read_table(path)
    place = _usual(table, place)
    notes = [table.note]
    if place == PlaceColumns():
        if needs_place:
            raise FileError(
                Flaw(
                    "no_place_columns",
                    f"columns for the place: map lon and lat, x and y, or wkt to some of {', '.join(table.columns)}",
                    file=path.name,
                    row=1,
                )
            )
        return VectorFile(
            table.columns, [SourceRow(r.number, r.values, None, r.flaws) for r in table], WGS84, tuple(notes)
        )
    check_place(place, path.name)
    table.require([c for c in (place.lon, place.lat, place.x, place.y, place.wkt) if c], " for the place")
    reference = declared(datum, crs, path.name)
    check_axes(place, reference, path.name)
    rows = list(table)
    shapes = (_wkt_shapes if place.wkt else _point_shapes)(rows, place, reference, path.name)
    out = [
        SourceRow(r.number, r.values, g, (*r.flaws, *((flaw,) if flaw else ())))
        for r, (g, flaw) in zip(rows, shapes, strict=True)
    ]
    return VectorFile(table.columns, out, reference, tuple(notes))


def _usual(table: Table, place: PlaceColumns) -> PlaceColumns:
    if place != PlaceColumns():
        return place
    by_lower = {c.lower(): c for c in table.columns}
    found = {k: next((by_lower[n] for n in usual if n in by_lower), "") for k, usual in USUAL.items()}
    if found["lon"] and found["lat"]:
        return PlaceColumns(lon=found["lon"], lat=found["lat"])
    return PlaceColumns(wkt=found["wkt"])


def check_place(place: PlaceColumns, file: str) -> None:
    """Raises FileError unless exactly one way of saying the place is complete."""
    if not place.is_one_way:
        raise FileError(
            Flaw(
                "no_place_columns",
                "one way of saying the place: lon and lat, x and y, or wkt",
                file=file,
                value=", ".join(c for c in (place.lon, place.lat, place.x, place.y, place.wkt) if c),
            )
        )


def check_axes(place: PlaceColumns, reference: Reference, file: str) -> None:
    """Raises FileError where degrees are announced as metres or the other way round."""
    if (place.lon or place.both) and not reference.geographic:
        raise FileError(
            Flaw(
                "wrong_columns",
                f"x and y columns: {reference.name} is projected, its numbers are no longitude and latitude",
                file=file,
                field="lon",
                value=place.lon or place.both,
            )
        )
    if place.x and reference.geographic:
        raise FileError(
            Flaw(
                "wrong_columns",
                f"lon and lat columns: {reference.name} counts in degrees",
                file=file,
                field="x",
                value=place.x,
            )
        )


def coordinate(text: str) -> float | None:
    """A number as written, None if it is none. Python's own extras (1_000, nan, infinity) are not coordinates."""
    said = text.strip()
    if not said or said[-1] not in "0123456789.０１２３４５６７８９" or "_" in said:
        return None
    try:
        return float(said)
    except ValueError:
        return None


def read_pair(
    x_text: str, y_text: str, columns: tuple[str, str], file: str, number: int, angles: bool = False
) -> tuple[float, float, Flaw | None]:
    """Two coordinates as numbers (NaN where there is none) and what is wrong with them. With ``angles`` they may be
    written as degrees, minutes and seconds (``read_angle``)."""
    nan = float("nan")
    read: list[float] = []
    for text, column, axis in zip((x_text, y_text), columns, ("lon", "lat"), strict=True):

        def wrong(reason: str, expected: str, value: str = "", column: str = column) -> tuple[float, float, Flaw]:
            return nan, nan, Flaw(reason, expected, file=file, row=number, field=column, value=value)

        if not text.strip():
            return wrong("no_coordinates", "a coordinate, the cell is empty")
        value = coordinate(text)
        angle = read_angle(text) if value is None and angles else None
        if angle is not None and angle.axis not in ("", axis):
            a, b = ("longitude", "latitude") if axis == "lon" else ("latitude", "longitude")
            return wrong("swapped_axes", f"a {a}; this says that it is a {b}", excerpt(text))
        if value is None and angle is None:
            expected = "a number" if not angles else "a number of degrees, or degrees, minutes and seconds (91°7'1\")"
            if _DECIMAL_COMMA.fullmatch(text.strip()):
                expected += "; with a point for the decimals, not a comma"
            return wrong("impossible_coordinates", expected, excerpt(text))
        read.append(angle.degrees if angle is not None else value or 0.0)
    return read[0], read[1], None


def _point_shapes(
    rows: Sequence[TableRow], place: PlaceColumns, reference: Reference, file: str
) -> Iterator[tuple[BaseGeometry | None, Flaw | None]]:
    columns = place.pair
    angles = bool(place.lon)
    pairs = [read_pair(r.values[columns[0]], r.values[columns[1]], columns, file, r.number, angles) for r in rows]
    lon, lat = reference.to_wgs84([p[0] for p in pairs], [p[1] for p in pairs])
    for row, (x, y, flaw), a, b in zip(rows, pairs, lon, lat, strict=True):
        if flaw is None and not (np.isfinite(a) and np.isfinite(b)):
            flaw = Flaw(
                "impossible_coordinates",
                f"a place in {reference.name}",
                file=file,
                row=row.number,
                field=columns[0],
                value=f"{x:g} {y:g}",
            )
        yield (None, flaw) if flaw else (shapely.Point(float(a), float(b)), None)


def read_wkt(text: str, column: str, file: str, number: int) -> tuple[BaseGeometry | None, Flaw | None]:
    """The shape as it stands in the cell (not converted), None for an empty cell, or what is wrong with it."""
    if not text.strip():
        return None, None
    try:
        with np.errstate(over="ignore"):  # a number without an end is told as a place that is none
            return shapely.from_wkt(text.strip()), None
    except (GEOSException, ValueError) as e:
        return None, Flaw(
            "unreadable_geometry",
            f"a geometry in WKT ({str(e).splitlines()[0]})",
            file=file,
            row=number,
            field=column,
            value=text.strip()[:60],
        )


def _wkt_shapes(
    rows: Sequence[TableRow], place: PlaceColumns, reference: Reference, file: str
) -> Iterator[tuple[BaseGeometry | None, Flaw | None]]:
    for row in rows:
        geometry, flaw = read_wkt(row.values[place.wkt], place.wkt, file, row.number)
        if geometry is not None:
            geometry, flaw = _to_wgs84(geometry, reference, file, row.number)
        yield geometry, flaw


# ---- GeoPackage, Shapefile, KML (through GDAL)
# ------------------------------------------------------------------------


def _read_ogr(path: Path, datum: str, crs: str, names: Sequence[str]) -> VectorFile:
    source = open_ogr(path)
    layer = _choose_layer(path, source.layers, names)
    meta, wkb, columns = read_features(source, layer)
    encoding, layers, notes = source.encoding, source.layers, []
    if encoding:
        notes.append(f"attributes read as {encoding}")
    if len(layers) > 1:
        notes.append(f"layer {layer!r} of {', '.join(layers)}")
    carried = str(meta["crs"] or "")
    reference, said = _choose_reference(path, datum, crs, carried, WGS84 if path.suffix.lower() == ".kml" else None)
    fields = tuple(str(n) for n in meta["fields"])
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    rows = []
    for k, geometry in enumerate(shapes):
        values = {name: feature_value(column[k]) for name, column in zip(fields, columns, strict=True)}
        flaw = None
        if geometry is None and wkb[k] is not None:
            flaw = Flaw(
                "unreadable_geometry", "a geometry that can be built", file=path.name, row=k + 1, field="geometry"
            )
        rows.append(SourceRow(k + 1, values, geometry, (flaw,) if flaw else ()))
    return VectorFile(fields, _converted(rows, reference, path.name), reference, (*notes, *said))


def _choose_layer(path: Path, layers: Sequence[str], names: Sequence[str]) -> str:
    if not layers:
        raise FileError(Flaw("empty_file", "a layer with geometries", file=path.name))
    if len(layers) == 1:
        return layers[0]
    chosen = [n for n in layers if n in names]
    if len(chosen) != 1:
        raise FileError(
            Flaw(
                "several_layers",
                f"a file with one layer, or with one of them named {' or '.join(names) or 'as the layer'}",
                file=path.name,
                value=", ".join(layers),
            )
        )
    return chosen[0]


# ---- the coordinate system
# ----------------------------------------------------------------------------------------------


def _choose_reference(
    path: Path, datum: str, crs: str, carried: str, default: Reference | None
) -> tuple[Reference, tuple[str, ...]]:
    inside = crs_reference(carried) if carried else default
    if datum or crs:
        reference = declared(datum, crs, path.name)
        if isinstance(inside, Reference) and carried and inside.name != reference.name:
            return reference, (f"read as {reference.name}, as declared; the file says {inside.name}",)
        return reference, ()
    if isinstance(inside, str):
        raise FileError(
            Flaw("unknown_datum", f"{inside}; declare datum or crs", file=path.name, field="crs", value=carried[:80])
        )
    if inside is None:
        raise FileError(
            Flaw(
                "unknown_datum",
                f"the file carries no coordinate system (.prj); {find_reference()}",
                file=path.name,
                field="datum",
            )
        )
    return inside, ()


def _converted(rows: Sequence[SourceRow], reference: Reference, file: str) -> list[SourceRow]:
    out = []
    for row in rows:
        if row.geometry is not None:
            geometry, flaw = _to_wgs84(row.geometry, reference, file, row.number)
            row = SourceRow(row.number, row.values, geometry, (*row.flaws, flaw) if flaw else row.flaws)
        out.append(row)
    return out


def _to_wgs84(
    geometry: BaseGeometry, reference: Reference, file: str, number: int
) -> tuple[BaseGeometry | None, Flaw | None]:
    converted = reference.geometry_to_wgs84(geometry)
    if not converted.is_empty and not np.isfinite(shapely.get_coordinates(converted)).all():
        return None, Flaw(
            "impossible_coordinates", f"a place in {reference.name}", file=file, row=number, field="geometry"
        )
    return converted, None
