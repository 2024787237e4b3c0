"""Workbooks: the sheets of XLSX, XLS and ODS, cell by cell as a person sees them. XLSX is read row by row; the older
kinds come whole, so their size is limited.

What the file is, its first bytes say: many programs of offices save an XLSX under the name of an XLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.parsers import expat

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.csv_rows import RawRow
from geo_monitor.reading.limits import (
    MAX_COLUMNS,
    MAX_SHEET_CELLS,
    MAX_SHEET_ROWS,
    opened_zip,
    refuse_doctype,
    refuse_large,
)

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"


def sheet_names(path: Path) -> list[str]:
    """In order of the workbook. Raises FileError if it is none, is locked with a password, or asks for more than the
    limits."""
    with _reading(path):
        if _is_xlsx(path):
            with _xlsx(path) as book:
                names = [str(s.title) for s in book.worksheets]
        else:
            names = [str(n) for n in _calamine(path).sheet_names]
        if not names:
            raise FileError(Flaw("empty_file", "a workbook with a sheet", file=path.name))
        return names


def sheet_rows(path: Path, sheet: str) -> Iterator[RawRow]:
    """All rows of a sheet from row 1, empty ones between others included; cells as text."""
    with _reading(path):
        visited = 0
        for number, cells in enumerate(_xlsx_rows(path, sheet) if _is_xlsx(path) else _old_rows(path, sheet), start=1):
            visited += len(cells)
            if number > MAX_SHEET_ROWS or visited > MAX_SHEET_CELLS:
                raise FileError(
                    Flaw(
                        "too_large",
                        f"a sheet of at most {MAX_SHEET_ROWS:,} rows and {MAX_SHEET_CELLS:,} cells",
                        file=path.name,
                        row=number,
                        field=sheet,
                    )
                )
            while cells and not cells[-1]:
                cells.pop()
            if len(cells) > MAX_COLUMNS:
                flaw = Flaw(
                    "too_many_cells",
                    f"at most {MAX_COLUMNS:,} cells in a row",
                    file=path.name,
                    row=number,
                    value=f"{len(cells):,}",
                )
                yield RawRow(number, cells[:MAX_COLUMNS], flaw)
            else:
                yield RawRow(number, cells)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileError, GeneratorExit):
        raise
    except BaseException as e:
        # Of a broken file the libraries raise whatever they stumble over, and the one in Rust its own kind of panic,
        # which is no Exception. A person's Ctrl-C is not the file's fault.
        if isinstance(e, KeyboardInterrupt | SystemExit):
            raise
        raise FileError(Flaw("not_a_workbook", f"a workbook ({type(e).__name__}: {e})", file=path.name)) from None


def _is_xlsx(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.read(4)
    if path.suffix.lower() == ".ods":
        return False
    if start == _ZIP:
        return True
    if start == _OLE:
        return False
    raise FileError(
        Flaw(
            "not_a_workbook",
            "an Excel workbook; it is some other file under that name (saved anew as .xlsx it can be read)",
            file=path.name,
        )
    )


# ---- XLSX ---------------------------------------------------------------------------------------------------


@contextmanager
def _xlsx(path: Path) -> Iterator[Any]:
    from openpyxl import load_workbook

    with opened_zip(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                with archive.open(name) as stream:
                    refuse_doctype(stream, path.name, name)
    with path.open("rb") as stream:
        # Opened by us: openpyxl would refuse an XLSX that is named .xls, and would leave a broken one open.
        book = load_workbook(stream, read_only=True, data_only=True)
        try:
            yield book
        finally:
            book.close()


def _xlsx_rows(path: Path, sheet: str) -> Iterator[list[str]]:
    with _xlsx(path) as book:
        page = book[sheet]
        page.reset_dimensions()  # some programs write a wrong size, and cells would be lost
        for cells in page.iter_rows():
            yield [cell_text(c.value, getattr(c, "number_format", "")) for c in cells]


# ---- XLS and ODS --------------------------------------------------------------------------------------------


def _calamine(path: Path) -> Any:
    from python_calamine import CalamineWorkbook

    refuse_large(path)
    if path.suffix.lower() == ".ods":
        _refuse_repeats(path)
    return CalamineWorkbook.from_path(str(path))


def _old_rows(path: Path, sheet: str) -> Iterator[list[str]]:
    page = _calamine(path).get_sheet_by_name(sheet)
    # The library begins with the first column that holds something; people count from A.
    left = [""] * (page.start[1] if page.start else 0)
    for cells in page.iter_rows():
        yield left + [cell_text(v) for v in cells]


def _refuse_repeats(path: Path) -> None:
    """An ODS says "this cell a million times" in one word, and the reader makes a million of them."""
    with opened_zip(path) as archive, archive.open("content.xml") as stream:
        refuse_doctype(stream, path.name, "content.xml")
    cells = row = 0
    rows = 1
    parser = expat.ParserCreate(namespace_separator=" ")

    def begin(tag: str, said: dict[str, str]) -> None:
        nonlocal cells, row, rows
        if tag == f"{_TABLE} table-row":
            row, rows = 0, int(said.get(f"{_TABLE} number-rows-repeated", "1"))
        elif tag == f"{_TABLE} table-cell" and len(said) > (f"{_TABLE} number-columns-repeated" in said):
            row += int(said.get(f"{_TABLE} number-columns-repeated", "1"))

    def end(tag: str) -> None:
        nonlocal cells
        if tag == f"{_TABLE} table-row":
            cells += row * rows
            if cells > MAX_SHEET_CELLS // 10:
                raise FileError(
                    Flaw("too_large", f"a table of at most {MAX_SHEET_CELLS // 10:,} cells", file=path.name)
                )

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    with opened_zip(path) as archive, archive.open("content.xml") as stream:
        parser.ParseFile(stream)


def cell_text(value: Any, number_format: str = "") -> str:
    """What a person sees in the cell: whole numbers without a point, leading zeros that the cell's format shows,
    dates in ISO form (a midnight is a day)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int):
        zeros = len(number_format) if 0 < len(number_format) < 50 and set(number_format) == {"0"} else 0
        return str(value).zfill(zeros)
    return str(value)
