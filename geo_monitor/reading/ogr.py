"""GeoPackage, Shapefile (also zipped) and KML through GDAL: opened, their layers named, their features read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.limits import opened_zip, refuse_doctype, refuse_large
from geo_monitor.reading.tables import open_bytes


@dataclass(frozen=True, slots=True)
class OgrFile:
    """``source`` is what GDAL opens (a file, or one inside a zip), ``encoding`` that of its attributes where the file
    does not say it itself, ``layers`` those with geometries, by name."""

    path: Path
    source: str
    encoding: str
    layers: tuple[str, ...]


def open_ogr(path: Path) -> OgrFile:
    """Raises FileError if the file is not what its name says or asks for more than the limits."""
    import pyogrio

    with open_bytes(path) as stream:
        if path.suffix.lower() == ".kml":
            refuse_doctype(stream, path.name)
            refuse_large(path)
    shapefile = _shapefile_parts(path)
    source = f"/vsizip/{path}/{shapefile.inner}" if shapefile and shapefile.inner else str(path)
    with _reading(path):
        layers = tuple(str(n) for n, kind in pyogrio.list_layers(source) if kind is not None)
    return OgrFile(path, source, shapefile.encoding if shapefile else "", layers)


def read_features(
    file: OgrFile, layer: str, start: int = 0, count: int | None = None, moments_as_text: bool = False
) -> tuple[Mapping[str, Any], Any, Sequence[Any]]:
    """What pyogrio says of the layer, the shapes as WKB (None: no geometry), and a column of values for each field.
    Raises FileError if the file breaks off or an id has more digits than can be read exactly."""
    import pyogrio

    with _reading(file.path):
        meta, _, wkb, columns = pyogrio.raw.read(
            file.source,
            layer=layer,
            encoding=file.encoding or None,
            skip_features=start,
            max_features=count,
            datetime_as_string=moments_as_text,
        )
    _refuse_lost_digits(file.path, meta, columns)
    return meta, wkb, columns


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileError:
        raise
    except Exception as e:
        # Of a broken file pyogrio raises whatever GDAL stumbles over: its own errors, wrong text, impossible dates.
        expected = f"a file of its kind, as its name says ({type(e).__name__}: {e})"
        raise FileError(Flaw("not_readable", expected, file=path.name)) from None


def _refuse_lost_digits(path: Path, meta: Mapping[str, Any], columns: Sequence[Any]) -> None:
    """A column of whole numbers with gaps arrives as floats, which hold whole numbers only up to 2⁵³: a longer id would
    come in changed, and no one would see it."""
    kinds = meta.get("ogr_types") or ()
    for name, kind, column in zip(meta["fields"], kinds, columns, strict=False):
        if "Integer64" in str(kind) and column.dtype.kind == "f" and np.nanmax(np.abs(column), initial=0.0) >= 2.0**53:
            raise FileError(
                Flaw("lost_digits", "ids of more than 15 digits in a text column", file=path.name, field=str(name))
            )


def feature_value(value: Any) -> Any:
    """A value of a column as plain Python: None where there is none."""
    if value is None:
        return None
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            return None
        text = str(value.astype("datetime64[s]")).replace("T", " ")
        return text.removesuffix(" 00:00:00")
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and value != value else value


# ---- shapefiles ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Shapefile:
    inner: str
    encoding: str


def _shapefile_parts(path: Path) -> _Shapefile | None:
    """For a shapefile: its name inside the zip ("" if not zipped) and the encoding of its attributes."""
    suffix = path.suffix.lower()
    if suffix == ".shp":
        dbf = next((path.with_suffix(s) for s in (".dbf", ".DBF") if path.with_suffix(s).is_file()), None)
        if not any(path.with_suffix(s).is_file() for s in (".shx", ".SHX")):
            raise FileError(
                Flaw(
                    "missing_part",
                    f"the file {path.stem}.shx beside it (a shapefile is .shp, .shx, .dbf and .prj together)",
                    file=path.name,
                )
            )
        has_page = any(path.with_suffix(s).is_file() for s in (".cpg", ".CPG"))
        return _Shapefile("", "" if has_page or dbf is None else _dbf_encoding(dbf.read_bytes()))
    if suffix != ".zip":
        return None
    with opened_zip(path) as archive:
        inside = [n for n in archive.namelist() if n.lower().endswith(".shp") and not n.startswith("__MACOSX")]
        if len(inside) != 1:
            raise FileError(
                Flaw("not_one_shapefile", "a zip with one .shp", file=path.name, value=", ".join(inside)[:200])
            )
        stem = inside[0][:-4].lower()
        by_lower = {n.lower(): n for n in archive.namelist()}
        dbf_name = by_lower.get(f"{stem}.dbf")
        with _reading(path):
            encoding = "" if f"{stem}.cpg" in by_lower or not dbf_name else _dbf_encoding(archive.read(dbf_name))
        return _Shapefile(inside[0], encoding)


def _dbf_encoding(raw: bytes) -> str:
    """UTF-8 or GB18030, by what the text fields really hold (the code page byte of Chinese files is mostly unset). A
    character cut off at the end of a field, as dBASE does, counts for neither."""
    if len(raw) < 33:
        return ""
    records, header, size = (
        int.from_bytes(raw[4:8], "little"),
        int.from_bytes(raw[8:10], "little"),
        int.from_bytes(raw[10:12], "little"),
    )
    # A broken header may promise four thousand million records; the file has room for so many.
    records = min(records, (len(raw) - header) // size) if size else 0
    spans, offset = [], 1
    for at in range(32, header - 1, 32):
        if at + 17 > len(raw) or raw[at] == 0x0D:
            break
        length = raw[at + 16]
        if raw[at + 11 : at + 12] == b"C":
            spans.append((offset, offset + length))
        offset += length
    for encoding in ("UTF-8", "GB18030"):
        decoder = codecs.getincrementaldecoder(encoding)
        try:
            for k in range(records):
                record = raw[header + k * size : header + (k + 1) * size]
                for start, end in spans:
                    decoder().decode(record[start:end].rstrip(b" \0"))
        except UnicodeDecodeError:
            continue
        return encoding
    return ""
