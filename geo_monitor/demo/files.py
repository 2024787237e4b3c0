"""Writes the files of the workspace: GeoJSON, CSV, XLSX. The same values make the same bytes."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

Row = Mapping[str, Any]


def write_geojson(path: Path, rows: Iterable[tuple[Row, BaseGeometry | None]], note: str = "") -> None:
    """One feature a line, so that two builds can be compared line by line."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {k: _plain(v) for k, v in properties.items()},
                "geometry": None if shape is None else _coordinates(shape),
            },
            ensure_ascii=False,
        )
        for properties, shape in rows
    ]
    head = {"type": "FeatureCollection", "name": path.stem} | ({"note": note} if note else {})
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + ",\n".join(lines) + "\n]}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], bom: bool = False) -> None:
    """``bom``: as spreadsheet programs in Chinese offices save it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n" if bom else "\n")
    writer.writerow(columns)
    writer.writerows([_plain(v) for v in row] for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue().encode("utf-8-sig" if bom else "utf-8"))


def write_xlsx(path: Path, sheet: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A workbook of one sheet. openpyxl writes the moment of saving into the file; it is taken out again, so that
    one seed gives one file."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append(list(columns))
    for row in rows:
        page.append([v if isinstance(v, int | float | datetime) else _plain(v) for v in row])
    raw = io.BytesIO()
    book.save(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_timeless(raw.getvalue()))


def _timeless(workbook: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>2026-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _coordinates(shape: BaseGeometry) -> dict[str, Any]:
    return {"type": shape.geom_type, "coordinates": _rounded(mapping(shape)["coordinates"])}


def _rounded(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return round(float(value), 9)


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
