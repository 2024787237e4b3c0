"""Files as offices send them, made from the same few rows (synthetic) in each format."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

Rows = Sequence[Sequence[str]]


def write_csv(path: Path, rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_xlsx(path: Path, sheets: Mapping[str, Rows], merged: Sequence[str] = ()) -> Path:
    """``merged`` are ranges (C1:D1) merged in every sheet."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append([c or None for c in row])
        for span in merged:
            page.merge_cells(span)
    book.save(path)
    return path


def write_geojson(path: Path, rows: Rows, places: Sequence[shapely.Geometry | None]) -> Path:
    head, *rest = rows
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(head, row, strict=True)),
            "geometry": None if place is None else json.loads(shapely.to_geojson(place)),
        }
        for row, place in zip(rest, places, strict=True)
    ]
    said = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def write_ogr(
    path: Path, rows: Rows, places: Sequence[shapely.Geometry | None], crs: str | None, encoding: str = "utf-8"
) -> Path:
    """A GeoPackage or Shapefile by the name of ``path``; every field is text. Without ``crs`` there is no .prj."""
    import warnings

    import pyogrio

    head, *rest = rows
    wkb = np.array([None if p is None else shapely.to_wkb(p) for p in places], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no coordinate system is what some of these files are about
        pyogrio.raw.write(
            path,
            geometry=wkb,
            field_data=[np.array([r[k] for r in rest], dtype=object) for k in range(len(head))],
            fields=np.array(head, dtype=object),
            geometry_type="Point",
            crs=crs,
            encoding=encoding if path.suffix == ".shp" else None,
        )
    return path


def write_zipped(path: Path, parts: Sequence[Path]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            # A fixed day: the same parts make the same archive.
            archive.writestr(zipfile.ZipInfo(part.name, (2026, 1, 1, 0, 0, 0)), part.read_bytes(), zipfile.ZIP_DEFLATED)
    return path


def write_kml(path: Path, rows: Rows, places: Sequence[tuple[str, str] | None], folder: str = "合成") -> Path:
    """A KML, or a KMZ by the name of ``path``. Each place is longitude and latitude as they are written."""
    head, *rest = rows
    marks = []
    for row, place in zip(rest, places, strict=True):
        data = "".join(
            f"<Data name={quoteattr(n)}><value>{escape(v)}</value></Data>" for n, v in zip(head, row, strict=True)
        )
        point = f"<Point><coordinates>{','.join(place)},3600</coordinates></Point>" if place else ""
        marks.append(f"<Placemark><name>{escape(row[0])}</name><ExtendedData>{data}</ExtendedData>{point}</Placemark>")
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<Folder><name>{escape(folder)}</name>\n" + "\n".join(marks) + "\n</Folder></Document></kml>\n"
    )
    if path.suffix == ".kml":
        path.write_text(text, encoding="utf-8")
        return path
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("doc.kml", (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return path


# ---- XLS ----------------------------------------------------------------------------------------------------
# No library of today writes the workbooks of 1997 any more, and offices still send them. Cells of text and numbers are
# all that is needed here: BIFF8 records ([MS-XLS] 2.4) in a compound file ([MS-CFB] 2).


def write_xls(path: Path, sheets: Mapping[str, Sequence[Sequence[str | float]]]) -> Path:
    path.write_bytes(_compound(_biff(sheets)))
    return path


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _unicode(text: str, count: str) -> bytes:
    return struct.pack(f"<{count}B", len(text), 1) + text.encode("utf-16-le")


def _biff(sheets: Mapping[str, Sequence[Sequence[str | float]]]) -> bytes:
    pages = []
    for rows in sheets.values():
        page = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 1996, 0, 6))
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, float):
                    page += _record(0x0203, struct.pack("<HHHd", r, c, 0, cell))
                elif cell:
                    page += _record(0x0204, struct.pack("<HHH", r, c, 0) + _unicode(cell, "H"))
        pages.append(page + _record(0x000A, b""))
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 1996, 0, 6))
    start += _record(0x0042, struct.pack("<H", 1200))
    named = [_record(0x0085, struct.pack("<IH", 0, 0) + _unicode(name, "B")) for name in sheets]
    at = len(start) + sum(map(len, named)) + 4
    listed = b""
    for name, page in zip(sheets, pages, strict=True):
        listed += _record(0x0085, struct.pack("<IH", at, 0) + _unicode(name, "B"))
        at += len(page)
    return start + listed + _record(0x000A, b"") + b"".join(pages)


def _compound(stream: bytes) -> bytes:
    # Streams below 4,096 bytes would live in a stream of small ones; a longer one needs no such thing.
    stream = stream.ljust(4096, b"\0")
    sectors = -(-len(stream) // 512)
    assert sectors + 2 <= 128, "one sector of the table of sectors holds 128"
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [table, end, *range(3, sectors + 2), end]
    fat = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0,
                       4096, end, 0, end, 0)  # fmt: skip
    head += struct.pack("<109I", 0, *[free] * 108)

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        raw = (name + "\0").encode("utf-16-le") if name else b""
        return raw.ljust(64, b"\0") + struct.pack(
            "<HBBIII16xI16xIQ", len(raw), kind, 1, free, free, child, 0, first, size
        )

    directory = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, len(stream))
    directory += entry("", 0, free, 0, 0) * 2
    return head + fat + directory + stream.ljust(sectors * 512, b"\0")
