"""Tables of text: CSV in the encodings of Chinese offices, and workbooks. No type is ever guessed: an id 0012
stays 0012, and what a cell means is decided by whoever asked for its column."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.books import sheet_names, sheet_rows
from geo_monitor.reading.csv_rows import (
    Plain,
    RawRow,
    excerpt,
    find_delimiter,
    find_encoding,
    is_clean,
    read_parts,
    read_rows,
)
from geo_monitor.reading.limits import MAX_COLUMNS

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
#: Rows that are taken at once, at the least.
BLOCK_ROWS = 4096
#: Between the names of a header of several rows: 位置/经度.
LEVEL_JOIN = "/"


@dataclass(frozen=True, slots=True)
class TableRow:
    """``number`` is the row as a person counts it (the first is row 1, an empty row counts); ``values`` has every
    column of the header, "" where the cell is empty; ``flaws`` tell a row that does not fit the header."""

    number: int
    values: dict[str, str]
    flaws: tuple[Flaw, ...] = ()


class TableBlock(NamedTuple):
    """Rows of a table: ``numbers`` and ``columns`` (name → cells) of those with a cell for each column, of which some
    may be blank; ``odd`` are the others."""

    numbers: list[int]
    columns: dict[str, tuple[str, ...]]
    odd: list[TableRow]


class HeaderRows(NamedTuple):
    """The rows in which the names of the columns stand, the first and the last counting."""

    first: int = 1
    last: int = 1


#: Where the names of the columns stand unless someone says otherwise.
ROW_1 = HeaderRows()


class Table:
    """An opened table. Iterating reads the rows, each time from the start; empty rows are passed over.

    ``columns`` in order of the file; ``encoding`` and ``delimiter`` (CSV) or ``sheet`` (workbook) are what was found.
    A ``forgiving`` table takes a header as it is: a column without a name is called by its place (``#5``), a name
    that stands over several columns becomes ``时间#2`` and ``时间#4``, and a broken row is a row with a flaw; otherwise
    each of these is a FileError.
    """

    def __init__(
        self,
        file: str,
        rows: Callable[[], Iterator[RawRow]],
        *,
        encoding: str = "",
        delimiter: str = "",
        sheet: str = "",
        header: HeaderRows = ROW_1,
        forgiving: bool = False,
        many: Callable[[], Iterator[Plain | RawRow]] | None = None,
    ) -> None:
        self.file, self.encoding, self.delimiter, self.sheet = file, encoding, delimiter, sheet
        self.header, self.forgiving = header, forgiving
        self._rows, self._many = rows, many
        top = list(islice(rows(), header.last))
        for row in top[header.first - 1 :]:
            _refuse_broken(row)
        names = _column_names([r.cells for r in top[header.first - 1 :]])
        self.columns = _numbered(file, header, names) if forgiving else _check_header(file, header, names)

    @property
    def note(self) -> str:
        """How the file was read, for the notes of a load."""
        said = (
            f"read sheet {self.sheet!r}" if self.sheet else f"read as {self.encoding}, separated by {self.delimiter!r}"
        )
        if self.header == ROW_1:
            return said
        first, last = self.header
        return f"{said}, header in row {first}" if first == last else f"{said}, header in rows {first} to {last}"

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
                        row=self.header.last,
                        field=c,
                    )
                    for c in missing
                ]
            )

    def __iter__(self) -> Iterator[TableRow]:
        for number, cells, broken in islice(self._rows(), self.header.last, None):
            row = self._row(number, cells, broken)
            if row is not None:
                yield row

    def _row(self, number: int, cells: list[str], broken: Flaw | None = None) -> TableRow | None:
        """None for a row without a word."""
        if not any(c.strip() for c in cells):
            return None
        if broken is not None and not self.forgiving:
            _refuse_broken(RawRow(number, cells, broken))
        width = len(self.columns)
        flaws = (broken,) if broken is not None else ()
        if not flaws and any(c.strip() for c in cells[width:]):
            flaws = (
                Flaw(
                    "too_many_cells",
                    f"{width} cells as in the header, found {len(cells)}",
                    file=self.file,
                    row=number,
                    value=excerpt(next(c for c in cells[width:] if c.strip())),
                ),
            )
        padded = cells[:width] + [""] * (width - len(cells))
        return TableRow(number, dict(zip(self.columns, padded, strict=True)), flaws)

    def blocks(self) -> Iterator[TableBlock]:
        """The same rows, some thousand at a time, those that have a cell for each column as columns."""
        width, skipped = len(self.columns), self.header.last
        numbers: list[int] = []
        rows: list[list[str]] = []
        odd: list[TableRow] = []

        def block() -> TableBlock:
            columns = zip(*rows, strict=True) if rows else [()] * width
            return TableBlock(numbers, dict(zip(self.columns, columns, strict=True)), odd)

        for part in self._many() if self._many is not None else self._rows():
            several, flaw = ([part.cells], part.flaw) if isinstance(part, RawRow) else (part.rows, None)
            for number, cells in enumerate(several, part.number):
                if number <= skipped:
                    continue
                if len(cells) == width and flaw is None:
                    numbers.append(number)
                    rows.append(cells)
                elif (row := self._row(number, cells, flaw)) is not None:
                    odd.append(row)
            if len(rows) + len(odd) >= BLOCK_ROWS:
                yield block()
                numbers, rows, odd = [], [], []
        yield block()


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


def read_table(path: Path, sheet: str = "", header: HeaderRows = ROW_1, forgiving: bool = False) -> Table:
    """Opens a CSV (UTF-8, with or without byte order mark, UTF-16 with mark, else GB18030; delimiter , tab ; or |
    as the first rows show) or a workbook (the sheet named, else the first). Raises FileError if it cannot be read as
    that, or if its header is missing, has an unnamed column or names one twice; see ``Table`` for ``forgiving``."""
    suffix = path.suffix.lower()
    if suffix in BOOK_SUFFIXES:
        return _read_book(path, sheet, header, forgiving)
    if suffix in CSV_SUFFIXES:
        return _read_csv(path, header, forgiving)
    raise FileError(
        Flaw("unknown_format", f"a table: {', '.join((*CSV_SUFFIXES, *BOOK_SUFFIXES))}", file=path.name, value=suffix)
    )


def _read_csv(path: Path, header: HeaderRows, forgiving: bool) -> Table:
    with open_bytes(path):
        encoding = find_encoding(path)
    if encoding.broken and not forgiving:
        expected = f"text in {encoding.name}; {encoding.broken:,} bytes are none"
        raise FileError(Flaw("not_text", expected, file=path.name))
    delimiter = find_delimiter(path, encoding)
    if not any(any(c.strip() for c in r.cells) for r in read_rows(path, encoding, delimiter)):
        raise FileError(Flaw("empty_file", "a table with a header in row 1", file=path.name))
    return Table(
        path.name,
        partial(read_rows, path, encoding, delimiter),
        encoding=encoding.name + (f" ({encoding.broken:,} bytes are none)" if encoding.broken else ""),
        delimiter=delimiter,
        header=header,
        forgiving=forgiving,
        many=partial(read_parts, path, encoding, delimiter),
    )


def _read_book(path: Path, sheet: str, header: HeaderRows, forgiving: bool) -> Table:
    with open_bytes(path):
        names = sheet_names(path)
    if sheet and sheet not in names:
        raise FileError(Flaw("no_such_sheet", f"one of the sheets {', '.join(names)}", file=path.name, value=sheet))
    chosen = sheet or names[0]
    return Table(path.name, partial(sheet_rows, path, chosen), sheet=chosen, header=header, forgiving=forgiving)


def _refuse_broken(row: RawRow) -> None:
    if row.flaw is not None:
        raise FileError(row.flaw)


# ---- the header ---------------------------------------------------------------------------------------------


def _column_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """One name a column. In a header of several rows a name that spans columns (a merged cell) stands in the first of
    them only, and goes for those on its right up to the next name; the levels are joined: 位置/经度."""
    width = max((len(r) for r in rows), default=0)
    levels = []
    for depth, row in enumerate(rows):
        names = [c.strip() for c in row] + [""] * (width - len(row))
        if depth < len(rows) - 1:
            below = [any(k < len(r) and r[k].strip() for r in rows[depth + 1 :]) for k in range(width)]
            for k in range(1, width):
                # A column without a name below has no part in what spans its neighbours.
                if not names[k] and below[k]:
                    names[k] = names[k - 1]
        levels.append(names)
    return [LEVEL_JOIN.join(dict.fromkeys(n for n in column if n)) for column in zip(*levels, strict=True)]


def _trimmed(file: str, header: HeaderRows, names: Sequence[str]) -> list[str]:
    kept = list(names)
    while kept and not kept[-1]:  # spreadsheets keep empty columns on the right
        kept.pop()
    at = header.first
    if not kept:
        raise FileError(Flaw("no_header", f"column names in row {at}, the row is empty", file=file, row=at))
    if all(not n or _looks_like_a_value(n) for n in kept):
        raise FileError(
            Flaw(
                "no_header",
                f"column names in row {at}, found only numbers and dates",
                file=file,
                row=at,
                value=excerpt(kept[0]),
            )
        )
    if len(kept) > MAX_COLUMNS:
        raise FileError(
            Flaw("too_many_columns", f"at most {MAX_COLUMNS:,} columns", file=file, row=at, value=f"{len(kept):,}")
        )
    return kept


def _numbered(file: str, header: HeaderRows, names: Sequence[str]) -> tuple[str, ...]:
    # A name that was broken over lines to fit its cell is still one name.
    kept = _trimmed(file, header, [re.sub(r"\s*[\r\n\t]\s*", " ", n) for n in names])
    for name in kept:
        if not is_clean(name):
            raise FileError(
                Flaw("not_text", "names of columns in text", file=file, row=header.first, value=excerpt(name))
            )
    often = Counter(kept)
    numbered = [n if n and often[n] == 1 else f"{n}#{k}" for k, n in enumerate(kept, 1)]
    # A column may really be called 时间#2; then nothing is clear any more.
    return tuple(numbered) if len(set(numbered)) == len(numbered) else _check_header(file, header, numbered)


def _check_header(file: str, header: HeaderRows, header_names: Sequence[str]) -> tuple[str, ...]:
    names = _trimmed(file, header, header_names)
    at = header.last
    flaws = [
        Flaw("unnamed_column", f"a name for column {k}", file=file, row=at) for k, n in enumerate(names, 1) if not n
    ]
    seen: dict[str, int] = {}
    for k, n in enumerate(names, 1):
        if n and n in seen:
            flaws.append(
                Flaw(
                    "repeated_column",
                    f"each column name once; it names columns {seen[n]} and {k}",
                    file=file,
                    row=at,
                    field=n,
                )
            )
        seen.setdefault(n, k)
    if flaws:
        raise FileError(flaws)
    return tuple(names)


def _looks_like_a_value(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9][0-9.,:/\- TeE+]*", text) is not None
