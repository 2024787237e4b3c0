"""Tables of text: CSV in the encodings of Chinese offices, and workbooks. No type is ever guessed: an id 0012
stays 0012, and what a cell means is decided by whoever asked for its column."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from geo_monitor.errors import FileError, Flaw

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True, slots=True)
class TableRow:
    """``number`` is the row as a person counts it (the header is row 1, an empty row counts); ``values`` has every
    column of the header, "" where the cell is empty; ``flaws`` tell a row that does not fit the header."""

    number: int
    values: dict[str, str]
    flaws: tuple[Flaw, ...] = ()


class Table:
    """An opened table. Iterating reads the rows, each time from the start; empty rows are passed over.

    ``columns`` in order of the file; ``encoding`` and ``delimiter`` (CSV) or ``sheet`` (workbook) are what was found.
    """

    def __init__(
        self, file: str, header: Sequence[str], rows: Any, *, encoding: str = "", delimiter: str = "", sheet: str = ""
    ) -> None:
        self.file, self.encoding, self.delimiter, self.sheet = file, encoding, delimiter, sheet
        self._rows = rows
        self.columns = _check_header(file, header)

    @property
    def note(self) -> str:
        """How the file was read, for the notes of a load."""
        if self.sheet:
            return f"read sheet {self.sheet!r}"
        return f"read as {self.encoding}, separated by {self.delimiter!r}"

    def require(self, columns: Sequence[str], purpose: str = "") -> None:
        """Raises FileError with every column that the file lacks."""
        missing = [c for c in dict.fromkeys(columns) if c not in self.columns]
        if missing:
            raise FileError(
                [
                    Flaw(
                        "missing_column",
                        f"a column {c!r}{purpose}; there are: {', '.join(self.columns)}",
                        file=self.file,
                        row=1,
                        field=c,
                    )
                    for c in missing
                ]
            )

    def __iter__(self) -> Iterator[TableRow]:
        width = len(self.columns)
        for number, cells in self._rows():
            if not any(c.strip() for c in cells):
                continue
            flaws: tuple[Flaw, ...] = ()
            if any(c.strip() for c in cells[width:]):
                flaws = (
                    Flaw(
                        "too_many_cells",
                        f"{width} cells as in the header, found {len(cells)}",
                        file=self.file,
                        row=number,
                        value=next(c for c in cells[width:] if c.strip()),
                    ),
                )
            padded = list(cells[:width]) + [""] * (width - len(cells))
            yield TableRow(number, dict(zip(self.columns, padded, strict=True)), flaws)


def hash_file(path: Path) -> str:
    """SHA-256 of the bytes, in hexadecimal."""
    with open_bytes(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def open_bytes(path: Path) -> Iterator[Any]:
    try:
        stream = path.open("rb")
    except IsADirectoryError:
        raise FileError(Flaw("not_a_file", "a file, this is a folder", file=str(path))) from None
    except FileNotFoundError:
        raise FileError(Flaw("no_such_file", "a file that exists", file=str(path))) from None
    except PermissionError:
        raise FileError(Flaw("not_readable", "a file that may be read", file=str(path))) from None
    with stream:
        yield stream


def read_table(path: Path, sheet: str = "") -> Table:
    """Opens a CSV (UTF-8, with or without byte order mark, UTF-16 with mark, else GB18030; delimiter , tab ; or |
    as the header shows) or a workbook (the sheet named, else the first). Raises FileError if it cannot be read as that,
    or if its header is missing, has an unnamed column or names one twice."""
    suffix = path.suffix.lower()
    if suffix in BOOK_SUFFIXES:
        return _read_book(path, sheet)
    if suffix in CSV_SUFFIXES:
        return _read_csv(path)
    raise FileError(
        Flaw("unknown_format", f"a table: {', '.join((*CSV_SUFFIXES, *BOOK_SUFFIXES))}", file=path.name, value=suffix)
    )


# ---- the header ---------------------------------------------------------------------------------------------


def _check_header(file: str, header: Sequence[str]) -> tuple[str, ...]:
    names = [c.strip() for c in header]
    while names and not names[-1]:  # spreadsheets keep empty columns on the right
        names.pop()
    if not names:
        raise FileError(Flaw("no_header", "column names in row 1, the row is empty", file=file, row=1))
    if all(not n or _looks_like_a_value(n) for n in names):
        raise FileError(
            Flaw("no_header", "column names in row 1, found only numbers and dates", file=file, row=1, value=names[0])
        )
    flaws = [
        Flaw("unnamed_column", f"a name for column {k}", file=file, row=1) for k, n in enumerate(names, 1) if not n
    ]
    seen: dict[str, int] = {}
    for k, n in enumerate(names, 1):
        if n and n in seen:
            flaws.append(
                Flaw(
                    "repeated_column",
                    f"each column name once; it names columns {seen[n]} and {k}",
                    file=file,
                    row=1,
                    field=n,
                )
            )
        seen.setdefault(n, k)
    if flaws:
        raise FileError(flaws)
    return tuple(names)


def _looks_like_a_value(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9][0-9.,:/\- TeE+]*", text) is not None


# ---- CSV ----------------------------------------------------------------------------------------------------


def _decode(raw: bytes, file: str) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), "UTF-8 with byte order mark" if encoding == "utf-8-sig" else "UTF-16"
            except UnicodeDecodeError as e:
                raise FileError(
                    Flaw("not_text", f"{encoding} as its byte order mark says; byte {e.start} does not fit", file=file)
                ) from None
    for encoding, name in (("utf-8", "UTF-8"), ("gb18030", "GB18030")):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as e:
            at = e.start
            continue
        if "\0" in text:
            raise FileError(Flaw("not_text", "a text file; it contains NUL bytes", file=file))
        return text, name
    raise FileError(Flaw("not_text", f"text in UTF-8 or GB18030; byte {at} is neither", file=file))


def _read_csv(path: Path) -> Table:
    with open_bytes(path) as stream:
        raw = stream.read()
    text, encoding = _decode(raw, path.name)
    if not text.strip():
        raise FileError(Flaw("empty_file", "a table with a header in row 1", file=path.name))
    first = re.sub(r'"[^"]*"', "", text[: text.find("\n") if "\n" in text else len(text)])
    delimiter = max(DELIMITERS, key=lambda d: (first.count(d), -DELIMITERS.index(d)))
    # A cell may be as long as the outline of a province; the module's own limit is 131,072 characters.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))

    def rows() -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        number = 0
        try:
            for number, cells in enumerate(reader, start=1):
                if number > 1:
                    yield number, cells
        except csv.Error as e:
            raise FileError(
                Flaw("broken_row", f"cells with closed quotes ({e})", file=path.name, row=number + 1)
            ) from None

    try:
        header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as e:
        raise FileError(Flaw("broken_row", f"cells with closed quotes ({e})", file=path.name, row=1)) from None
    return Table(path.name, header, rows, encoding=encoding, delimiter=delimiter)


# ---- workbooks ----------------------------------------------------------------------------------------------


def _read_book(path: Path, sheet: str) -> Table:
    modern = path.suffix.lower() in (".xlsx", ".xlsm")
    with open_bytes(path):
        pass
    names = _xlsx_sheets(path) if modern else _old_sheets(path)
    if sheet and sheet not in names:
        raise FileError(Flaw("no_such_sheet", f"one of the sheets {', '.join(names)}", file=path.name, value=sheet))
    chosen = sheet or names[0]
    source = _xlsx_rows if modern else _old_rows

    def rows() -> Iterator[tuple[int, list[str]]]:
        lines = source(path, chosen)
        next(lines, None)
        yield from enumerate(lines, start=2)

    header = next(source(path, chosen), [])
    return Table(path.name, header, rows, sheet=chosen)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as e:
        raise FileError(
            Flaw("not_a_workbook", f"an Excel workbook ({type(e).__name__}: {e})", file=path.name)
        ) from None
    try:
        yield book
    finally:
        book.close()


def _xlsx_sheets(path: Path) -> list[str]:
    with _workbook(path) as book:
        names = [s.title for s in book.worksheets]
    if not names:
        raise FileError(Flaw("empty_file", "a workbook with a sheet", file=path.name))
    return names


def _xlsx_rows(path: Path, sheet: str) -> Iterator[list[str]]:
    with _workbook(path) as book:
        page = book[sheet]
        page.reset_dimensions()  # some programs write a wrong size, and cells would be lost
        for cells in page.iter_rows():
            yield [_cell_text(c.value, getattr(c, "number_format", "")) for c in cells]


def _old_sheets(path: Path) -> list[str]:
    return list(_calamine(path).sheet_names)


def _old_rows(path: Path, sheet: str) -> Iterator[list[str]]:
    for cells in _calamine(path).get_sheet_by_name(sheet).iter_rows():
        yield [_cell_text(v) for v in cells]


def _calamine(path: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as e:
        raise FileError(Flaw("not_a_workbook", f"a workbook ({e})", file=path.name)) from None


def _cell_text(value: Any, number_format: str = "") -> str:
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
        zeros = len(number_format) if number_format and set(number_format) == {"0"} else 0
        return str(value).zfill(zeros)
    return str(value)
