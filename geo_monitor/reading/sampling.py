"""The beginning of a file of reports, for a draft of its mapping: where the header stands, which sheets there are, and
some thousand rows of each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.angles import read_angle, read_two
from geo_monitor.reading.books import sheet_names, sheet_rows
from geo_monitor.reading.csv_rows import find_delimiter, find_encoding, read_rows
from geo_monitor.reading.report_files import Sheet, open_sheets
from geo_monitor.reading.tables import BOOK_SUFFIXES, CSV_SUFFIXES, ROW_1, HeaderRows, open_bytes
from geo_monitor.services.dates import read_moment

#: Rows of each sheet that are looked at unless someone says otherwise.
SAMPLE_ROWS = 20_000
#: Rows among which the header is looked for.
TOP = 40
#: A header of more rows than this is a form, not a table.
MOST_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True)
class SheetSample:
    """``rows`` are column → text as the file has them; ``unfit`` of those looked at did not fit the header and are
    left out; ``more``: the sheet goes on. ``carried`` is the definition of the system that the file has with it."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    unfit: int = 0
    more: bool = False
    carried: str = ""

    @property
    def said(self) -> tuple[str, ...]:
        """The columns that hold anything."""
        return tuple(c for c in self.columns if any(r.get(c, "").strip() for r in self.rows))


@dataclass(frozen=True, slots=True)
class Sample:
    """``file`` is its name; ``header`` where the names of the columns stand, None where features carry them;
    ``left_out`` are sheets without rows under such a header; ``notes`` say how the file was read."""

    file: str
    header: HeaderRows | None
    sheets: tuple[SheetSample, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def take_sample(path: Path, rows: int = SAMPLE_ROWS) -> Sample:
    """Reads the first ``rows`` rows of each sheet. Of a workbook the header is that of the sheet with the most columns.
    Raises FileError if the file is not what its name says, or has no row."""
    suffix = path.suffix.lower()
    header: HeaderRows | None = None
    if suffix in CSV_SUFFIXES:
        header = find_header(_top_of_csv(path))
    elif suffix in BOOK_SUFFIXES:
        header = _header_of_book(path)
    sheets = open_sheets(path, header or ROW_1)
    taken = [(s, _taken(s, rows)) for s in sheets if s.columns]
    full = [(s, t) for s, t in taken if t.rows]
    if not full:
        flaws = [f for s in sheets for f in s.flaws]
        raise FileError(flaws or Flaw("empty_file", "a file with rows", file=path.name))
    kept = {s.name for s, _ in full}
    return Sample(
        path.name,
        header,
        tuple(t for _, t in full),
        tuple(s.name for s in sheets if s.name not in kept),
        tuple(dict.fromkeys(s.note for s, _ in full)),
    )


def _taken(sheet: Sheet, rows: int) -> SheetSample:
    read = list(islice(sheet.rows(), rows + 1))
    seen = read[:rows]
    # What does not fit the header has its cells in the wrong columns; a geometry that cannot be built is no such thing.
    fit = [r for r in seen if not any(f.reason in ("too_many_cells", "broken_row") for f in r.flaws)]
    return SheetSample(
        sheet.name,
        sheet.columns,
        tuple(r.values for r in fit),
        len(seen) - len(fit),
        len(read) > rows,
        sheet.carried,
    )


# ---- where the header stands ------------------------------------------------------------------------------------


def find_header(rows: Sequence[Sequence[str]]) -> HeaderRows:
    """Where the names of the columns stand, told by the first rows of a table: right above the first row that holds
    values. Rows above it belong to the header only if without them a column would have no name, or two the same. What
    has no such row is taken to begin with its header."""
    filled = [[c.strip() for c in row] for row in rows]
    counts = [sum(1 for c in row if c) for row in filled]
    usual = median([n for n in counts if n > 1] or [1])
    width = max((len(row) for row in filled), default=0)

    def is_data(k: int) -> bool:
        return counts[k] >= max(2, math.ceil(usual / 2)) and any(looks_like_a_value(c) for c in filled[k])

    data = next((k for k in range(len(filled)) if is_data(k)), 0)
    last = data - 1
    while last >= 0 and not counts[last]:
        last -= 1
    if last < 0:
        return ROW_1
    first = last
    while first > 0 and last - first + 1 < MOST_HEADER_ROWS:
        above = filled[first - 1]
        joined = [[row[k] if k < len(row) else "" for k in range(width)] for row in filled[first : last + 1]]
        names = ["/".join(c for c in column if c) for column in zip(*joined, strict=True)]
        used = [k for k in range(width) if any(k < len(r) and r[k] for r in filled[data : data + TOP])]
        nameless = any(not names[k] for k in used)
        repeated = len({names[k] for k in used}) < len(used)
        told = sum(1 for c in above if c)
        if told < 2 or not (nameless or repeated) or any(looks_like_a_value(c) for c in above):
            break
        first -= 1
    return HeaderRows(first + 1, last + 1)


_VALUE = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?%?|[A-Za-z]{0,8}[-_]?[0-9][0-9A-Za-z\-_/]*|[0-9*]{7,}")
_SHAPE = re.compile(r"(SRID=[0-9]+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON)\b.*", re.IGNORECASE | re.DOTALL)


def looks_like_a_value(text: str) -> bool:
    """A number, an id with digits, a time, a place: what stands below a header, never in it."""
    said = text.strip()
    if not said or not any(c.isdigit() for c in said):
        return False
    if _VALUE.fullmatch(said) or _SHAPE.fullmatch(said) or read_angle(said) or read_two(said):
        return True
    try:
        from datetime import UTC

        read_moment(said, UTC)
    except (ValueError, OverflowError):
        return False
    return True


def _top_of_csv(path: Path) -> list[list[str]]:
    with open_bytes(path):
        encoding = find_encoding(path)
    return _cells(read_rows(path, encoding, find_delimiter(path, encoding)))


def _cells(rows: Iterator[tuple[int, list[str], Flaw | None]]) -> list[list[str]]:
    return [list(cells) for _, cells, _ in islice(rows, TOP)]


def _header_of_book(path: Path) -> HeaderRows:
    """The widest sheet that has rows below its header speaks for the book: notes and covers are narrow."""
    with open_bytes(path):
        names = sheet_names(path)
    best, found = 0, ROW_1
    for name in names:
        top = _cells(sheet_rows(path, name))
        header = find_header(top)
        below = [sum(1 for c in row if c.strip()) for row in top[header.last :]]
        if max(below, default=0) > best:
            best, found = max(below), header
    return found
