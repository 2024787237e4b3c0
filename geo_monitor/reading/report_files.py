"""The rows of a file of reports, whatever kind of file it is: sheets of rows, each a mapping from column to text.

A CSV, a GeoJSON, a Shapefile and a KML are one sheet; a workbook has several, and so has a GeoPackage. The place of
a feature stands as WKT under ``geometry``, in the system of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from geo_monitor.domain.incident import of_sheet
from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.books import sheet_names
from geo_monitor.reading.csv_rows import cleaned, excerpt
from geo_monitor.reading.geojson import GeojsonFile
from geo_monitor.reading.kml import FOLDER, read_placemarks
from geo_monitor.reading.limits import MAX_COLUMNS
from geo_monitor.reading.ogr import OgrFile, feature_value, open_ogr, read_features
from geo_monitor.reading.tables import (
    BOOK_SUFFIXES,
    CSV_SUFFIXES,
    ROW_1,
    HeaderRows,
    Table,
    TableRow,
    open_bytes,
    read_table,
)
from geo_monitor.reading.vectors import JSON_SUFFIXES, geojson_shape
from geo_monitor.services.load_layer import as_text

#: The column under which the geometry of a feature stands in its row, as WKT.
GEOMETRY = "geometry"
KML_SUFFIXES = (".kml", ".kmz")
OGR_SUFFIXES = (".gpkg", ".shp", ".zip")
SUFFIXES = (*CSV_SUFFIXES, *BOOK_SUFFIXES, *JSON_SUFFIXES, *KML_SUFFIXES, *OGR_SUFFIXES)
#: A place of KML; two of them, or a longitude alone, are none.
_ONE_PLACE = re.compile(r"([^\s,]+),([^\s,]+)(?:,[^\s,]*)?")
#: Features that are taken out of a file at once.
BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """``file`` is how people are told of it: the file's name, and the sheet's where it has several. ``flaws`` say why
    its header cannot be read (then it has no columns); ``is_empty`` is one without a single feature. ``carried`` is
    the definition of the coordinate system that the file has with it, ``note`` says how it was read, ``header`` is
    the row of the names (0: features have no such row). ``rows`` reads from the start, each time it is called;
    ``table`` is there where the rows can be had as columns too."""

    file: str
    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[TableRow]]
    note: str = ""
    carried: str = ""
    header: int = 0
    flaws: tuple[Flaw, ...] = ()
    is_empty: bool = False
    table: Table | None = None


def open_sheets(path: Path, header: HeaderRows = ROW_1) -> list[Sheet]:
    """The sheets of a file that hold anything, in order. Raises FileError if the file is not what its name says or
    goes beyond the limits."""
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES:
        table = read_table(path, header=header, forgiving=True)
        return [_table_sheet(table, path.name)]
    if suffix in BOOK_SUFFIXES:
        return _book_sheets(path, header)
    if suffix in JSON_SUFFIXES:
        return [_geojson_sheet(path)]
    if suffix in KML_SUFFIXES:
        return [_kml_sheet(path)]
    if suffix in OGR_SUFFIXES:
        return _ogr_sheets(path)
    raise FileError(
        Flaw("unknown_format", f"a file of one of the kinds {', '.join(SUFFIXES)}", path.name, value=suffix)
    )


# ---- tables -------------------------------------------------------------------------------------------------


def _table_sheet(table: Table, file: str) -> Sheet:
    header = table.header.last
    return Sheet(file, table.sheet, table.columns, table.__iter__, table.note, header=header, table=table)


def _book_sheets(path: Path, header: HeaderRows) -> list[Sheet]:
    found: list[tuple[str, Table | FileError]] = []
    with open_bytes(path):
        names = sheet_names(path)
    for name in names:
        try:
            found.append((name, read_table(path, name, header, forgiving=True)))
        except FileError as e:
            # A sheet of notes, or an empty one, has no header; whether that matters the mapping will say.
            found.append((name, e))
    full = [(n, t) for n, t in found if isinstance(t, Table) or not _is_empty(path, n)]
    if not full:
        raise FileError(Flaw("empty_file", "a workbook with a row", file=path.name))
    sheets = []
    for name, table in full:
        file = of_sheet(path.name, name) if len(full) > 1 else path.name
        if isinstance(table, Table):
            table.file = file
            sheets.append(_table_sheet(table, file))
        else:
            sheets.append(Sheet(file, name, (), lambda: iter(()), flaws=tuple(table.flaws)))
    return sheets


def _is_empty(path: Path, sheet: str) -> bool:
    from geo_monitor.reading.books import sheet_rows

    return not any(any(c.strip() for c in row.cells) for row in sheet_rows(path, sheet))


# ---- features -----------------------------------------------------------------------------------------------


def _geojson_sheet(path: Path) -> Sheet:
    file = GeojsonFile(path)
    columns: dict[str, None] = {}
    is_empty = True
    for feature in file:
        is_empty = False
        columns.update(dict.fromkeys(_properties(feature)))
        if len(columns) > MAX_COLUMNS:
            raise FileError(Flaw("too_many_columns", f"at most {MAX_COLUMNS:,} different properties", file=path.name))
    names = tuple(cleaned(c) for c in columns)

    def rows() -> Iterator[TableRow]:
        for number, feature in enumerate(GeojsonFile(path), start=1):
            geometry, flaw = geojson_shape(feature, path.name, number)
            values = {cleaned(k): as_text(v) for k, v in _properties(feature).items()}
            values.setdefault("id", as_text(feature.get("id")) if isinstance(feature, dict) else "")
            values[GEOMETRY] = "" if geometry is None else shapely.to_wkt(geometry, rounding_precision=-1)
            yield TableRow(number, values, (flaw,) if flaw else ())

    return Sheet(
        path.name,
        "",
        tuple(dict.fromkeys((*names, GEOMETRY, "id"))),
        rows,
        "read as GeoJSON",
        file.carried or "EPSG:4326",
        is_empty=is_empty,
    )


def _properties(feature: Any) -> dict[str, Any]:
    said = feature.get("properties") if isinstance(feature, dict) else None
    return said if isinstance(said, dict) else {}


def _kml_sheet(path: Path) -> Sheet:
    columns: dict[str, None] = {}
    for placemark in read_placemarks(path):
        columns.update(dict.fromkeys(placemark.values))
        if len(columns) > MAX_COLUMNS:
            raise FileError(Flaw("too_many_columns", f"at most {MAX_COLUMNS:,} columns", file=path.name))
    columns.pop(FOLDER, None)

    def rows() -> Iterator[TableRow]:
        for number, placemark in enumerate(read_placemarks(path), start=1):
            values = dict(placemark.values)
            one = _ONE_PLACE.fullmatch(placemark.point)
            values[GEOMETRY] = f"POINT ({one[1]} {one[2]})" if one else ""
            others = [s for s in placemark.shapes if s != "Point"]
            flaws: tuple[Flaw, ...] = ()
            if placemark.point and one is None:
                expected = "one place: longitude,latitude or longitude,latitude,height"
                value = excerpt(placemark.point)
                flaws = (Flaw("unreadable_geometry", expected, path.name, number, GEOMETRY, value),)
            if others or len(placemark.shapes) > 1:
                values[GEOMETRY] = ""
                value = ", ".join(placemark.shapes[:5])
                flaws = (
                    Flaw("unreadable_geometry", "one point", file=path.name, row=number, field=GEOMETRY, value=value),
                )
            yield TableRow(number, values, flaws)

    is_empty = not columns
    return Sheet(path.name, "", (*columns, FOLDER, GEOMETRY), rows, "read as KML", "EPSG:4326", is_empty=is_empty)


def _ogr_sheets(path: Path) -> list[Sheet]:
    file = open_ogr(path)
    if not file.layers:
        raise FileError(Flaw("empty_file", "a layer with geometries", file=path.name))
    heads = [(layer, *read_features(file, layer, 0, 1)[:2]) for layer in file.layers]
    full = [(layer, meta) for layer, meta, wkb in heads if len(wkb)] or [heads[0][:2]]
    sheets = []
    for layer, meta in full:
        name = of_sheet(path.name, layer) if len(full) > 1 else path.name
        note = f"read layer {layer!r}" + (f", attributes as {file.encoding}" if file.encoding else "")
        columns = tuple(dict.fromkeys((*(str(f) for f in meta["fields"]), GEOMETRY)))
        sheets.append(Sheet(name, layer, columns, _ogr_rows(file, layer, name), note, str(meta["crs"] or "")))
    return sheets


def _ogr_rows(file: OgrFile, layer: str, name: str) -> Callable[[], Iterator[TableRow]]:
    def rows() -> Iterator[TableRow]:
        start = 0
        while True:
            meta, wkb, columns = read_features(file, layer, start, BLOCK, moments_as_text=True)
            fields = [str(f) for f in meta["fields"]]
            shapes = shapely.from_wkb(wkb, on_invalid="ignore")
            words = shapely.to_wkt(shapes, rounding_precision=-1)
            for k in range(len(wkb)):
                number = start + k + 1
                values = {f: as_text(feature_value(c[k])) for f, c in zip(fields, columns, strict=True)}
                values[GEOMETRY] = words[k] or ""
                flaws: tuple[Flaw, ...] = ()
                if shapes[k] is None and wkb[k] is not None:
                    expected = "a geometry that can be built"
                    flaws = (Flaw("unreadable_geometry", expected, file=name, row=number, field=GEOMETRY),)
                yield TableRow(number, values, flaws)
            if len(wkb) < BLOCK:
                return
            start += BLOCK

    return rows
