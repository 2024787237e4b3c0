"""CSV as offices save it: which encoding, which delimiter, and the rows one after the other. A file of any length
takes the memory of one row.

A row that breaks the rules (a quote within a cell, a quote that is never closed, bytes that are no text) costs
itself and no other row: reading goes on with the next line.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import count, islice
from pathlib import Path
from typing import IO, NamedTuple

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.limits import MAX_LINE, MAX_LINES_OF_ROW

DELIMITERS = (",", "\t", ";", "|")
#: Of the bytes that are no ASCII at most this share may be unreadable: a flipped bit here and there is found row by
#: row, a file in another encoding is refused as a whole.
BROKEN_SHARE = 0.1
#: Rows by which the delimiter is told.
LOOKED_AT = 20
_CHUNK = 2**20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class RawRow(NamedTuple):
    """``number`` as a person counts rows, from 1; ``flaw`` if the row could not be taken apart with certainty."""

    number: int
    cells: list[str]
    flaw: Flaw | None = None


#: What a text may not hold: signs that steer machines (lines and tabs are left in peace), NUL, halves of characters.
_UNCLEAN = re.compile("[\x00-\x08\x0e-\x1f\ud800-\udfff]")
_SHOWN = 60


def is_clean(text: str) -> bool:
    """Whether every character can be stored and shown."""
    return text.isprintable() or _UNCLEAN.search(text) is None


def cleaned(text: str) -> str:
    """The text with a mark (U+FFFD) in the place of what cannot be stored."""
    return _UNCLEAN.sub("\ufffd", text)


def excerpt(text: str) -> str:
    """The beginning of a text, fit for a message."""
    return cleaned(text[:_SHOWN])


@dataclass(frozen=True, slots=True)
class Encoding:
    """``codec`` reads the file; ``name`` is what people are told. ``broken`` bytes do not fit; they become
    lone surrogates."""

    codec: str
    name: str
    broken: int = 0


def find_encoding(path: Path) -> Encoding:
    """UTF-8 (with or without byte order mark), UTF-16 with mark, else GB18030: the first that fits the whole file, or
    fits it but for single broken bytes. Raises FileError for what is no text in any of them."""
    with path.open("rb") as stream:
        start = stream.read(4)
        if not start:
            raise FileError(Flaw("empty_file", "a table with a header in row 1", file=path.name))
        marked = next((codec for mark, codec in _MARKS if start.startswith(mark)), "")
        if marked == "utf-16":
            _check_utf16(path)
            return Encoding("utf-16", "UTF-16")
        utf8, gb = _count(path, "utf-8"), (0, 0)
        name = "UTF-8 with byte order mark" if marked else "UTF-8"
        if utf8[1] == 0 or utf8[1] <= BROKEN_SHARE * sum(utf8):
            return Encoding(marked or "utf-8", name, utf8[1])
        if not marked:
            gb = _count(path, "gb18030")
            if gb[1] <= BROKEN_SHARE * sum(gb):
                return Encoding("gb18030", "GB18030", gb[1])
    known = "UTF-8 as its byte order mark says" if marked else "UTF-8 or GB18030"
    bad = utf8[1] if marked else min(utf8[1], gb[1])
    raise FileError(Flaw("not_text", f"text in {known}; {bad:,} bytes are neither", file=path.name))


def _count(path: Path, codec: str) -> tuple[int, int]:
    """Characters beyond ASCII, and bytes that fit none. Raises FileError at a NUL: that is no text file at all."""
    decoder = codecs.getincrementaldecoder(codec)("surrogateescape")
    good = bad = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if b"\0" in chunk:
                expected = "a text file; it contains NUL bytes (if it is UTF-16 without its mark: save it as UTF-8)"
                raise FileError(Flaw("not_text", expected, file=path.name))
            text = decoder.decode(chunk)
            if text.isascii():
                continue
            beyond = len(text) - len(text.encode("ascii", "ignore"))
            broken = len(text) - len(text.encode("utf-8", "ignore").decode())
            good, bad = good + beyond - broken, bad + broken
    try:
        rest = decoder.decode(b"", True)
    except UnicodeDecodeError:
        rest = "?"
    return good, bad + len(rest)


def _check_utf16(path: Path) -> None:
    try:
        with path.open(encoding="utf-16", newline="") as text:
            while chunk := text.read(_CHUNK):
                if "\0" in chunk:
                    raise FileError(Flaw("not_text", "a text file; it contains NUL bytes", file=path.name))
    except UnicodeError as e:
        raise FileError(Flaw("not_text", f"UTF-16 as its byte order mark says ({e})", file=path.name)) from None


def find_delimiter(path: Path, encoding: Encoding) -> str:
    """The one that cuts the most of the first rows into equally many cells; of several the one that cuts more."""

    def fit(delimiter: str) -> tuple[int, int, int]:
        widths = [len(r.cells) for r in islice(read_rows(path, encoding, delimiter), LOOKED_AT) if any(r.cells)]
        common = max(widths, key=lambda w: (widths.count(w), w), default=1)
        return (widths.count(common) if common > 1 else 0, common, -DELIMITERS.index(delimiter))

    return max(DELIMITERS, key=fit)


class Plain(NamedTuple):
    """Rows that lie one after the other and could be taken apart with certainty; ``number`` is that of the first."""

    number: int
    rows: list[list[str]]


def read_rows(path: Path, encoding: Encoding, delimiter: str) -> Iterator[RawRow]:
    """All rows, the first included. Raises FileError only for a line that is longer than any may be."""
    for part in read_parts(path, encoding, delimiter):
        if isinstance(part, RawRow):
            yield part
        else:
            yield from (RawRow(number, cells) for number, cells in enumerate(part.rows, part.number))


def read_parts(path: Path, encoding: Encoding, delimiter: str) -> Iterator[Plain | RawRow]:
    """The same rows, most of them many at a time: some thousand lines are read at once, and only where they break the
    rules, or where a quote is open at their end, row by row."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
    with path.open(encoding=encoding.codec, errors="surrogateescape", newline="") as text:
        lines = _Lines(text, path.name)
        number = 1
        while part := lines.take_many():
            rows = _plain(part, delimiter)
            if rows is not None:
                yield Plain(number, rows)
                number += len(rows)
                continue
            lines.give_back(part)
            for row in _one_by_one(lines, number, delimiter):
                yield row
                number = row.number + 1


def _plain(lines: Sequence[str], delimiter: str) -> list[list[str]] | None:
    """The rows of whole lines, None if they must be read one by one."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        rows = list(reader)
    except csv.Error:
        return None
    # More lines than rows: some cell goes on over lines, perhaps over more than it may.
    return rows if reader.line_num - len(rows) < MAX_LINES_OF_ROW else None


def _one_by_one(lines: _Lines, number: int, delimiter: str) -> Iterator[RawRow]:
    """Rows from ``number`` on, until the lines that were given back are used up at the end of a row."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    for at in count(number):
        lines.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Endless) as e:
            first = lines.give_back_all_but_first()
            # What follows an unclosed quote is text of this cell or rows of their own: they are read as rows.
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            expected = f"cells with closed quotes ({e})"
            flaw = Flaw("broken_row", expected, file=lines.file, row=at, value=excerpt(first.strip()))
            yield RawRow(at, next(csv.reader([first], delimiter=delimiter), []), flaw)
        else:
            yield RawRow(at, cells)
        if not lines.waiting:
            return


class _Endless(Exception):
    """A row that goes on for too many lines; told as a broken row."""


class _Lines:
    """The lines of a text, with their ends, for the CSV reader; those of the present row can be given back."""

    def __init__(self, text: IO[str], file: str) -> None:
        self.text, self.file = text, file
        self.taken: list[str] = []
        self.waiting: deque[str] = deque()
        self._begun = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_LINES_OF_ROW:
            raise _Endless(f"a quote goes on for {MAX_LINES_OF_ROW:,} lines")
        if not self.waiting:
            self.waiting.extend(self._read())
        if not self.waiting:
            raise StopIteration
        line = self.waiting.popleft()
        self.taken.append(line)
        return line

    def take_many(self) -> list[str]:
        """What was given back, else some thousand whole lines; none at the end."""
        many = list(self.waiting) or self._read()
        self.waiting.clear()
        return many

    def give_back(self, lines: Sequence[str]) -> None:
        self.waiting.extendleft(reversed(lines))

    def give_back_all_but_first(self) -> str:
        first, *rest = self.taken or [""]
        self.give_back(rest)
        return first

    def _read(self) -> list[str]:
        """Lines up to the last that has come whole."""
        parts = [self._begun]
        while (more := self.text.read(_CHUNK)) and "\n" not in more:
            parts.append(more)
            if len(parts) * _CHUNK > MAX_LINE:
                break
        come = "".join((*parts, more))
        whole = come.rfind("\n") + 1 if more else len(come)
        lines = list(StringIO(come[:whole], newline=""))
        self._begun = come[whole:]
        if max(len(self._begun), max(map(len, lines), default=0)) >= MAX_LINE:
            raise FileError(Flaw("too_long_line", f"lines of less than {MAX_LINE:,} characters", file=self.file))
        return lines
