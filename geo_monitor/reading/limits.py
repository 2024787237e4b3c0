"""How much a file may ask of the machine. What goes beyond is refused with the limit in the message.

No office sends anything near these sizes; a file that does is broken, or meant to do harm: an archive of a few
kilobytes that unpacks to the whole disk, entities that unfold without end, a cell as large as a book.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.parsers import expat

from geo_monitor.errors import FileError, Flaw

#: Characters of one cell of a report. The text of a report is some hundred, a drawn outline some thousand.
MAX_CELL = 100_000
#: Characters of one line of a table, or of one feature of GeoJSON: the outline of a province fits many times.
MAX_LINE = 32 * 2**20
#: Lines over which a quoted cell may go on. A quote that is never closed would else swallow the rest of the file.
MAX_LINES_OF_ROW = 1_000
#: Columns of a table. Excel has room for 16,384; a row that uses them is an error of the program that wrote it.
MAX_COLUMNS = 2_000
#: Rows of a sheet, as Excel has it.
MAX_SHEET_ROWS = 1_048_576
#: Cells of a sheet that are visited, empty ones between others included.
MAX_SHEET_CELLS = 100_000_000
#: Bytes of a file whose reader holds it whole (old workbooks, KML).
MAX_WHOLE = 256 * 2**20
#: Files of an archive, and bytes of all of them unpacked. A full sheet of a million rows has about 500 million.
MAX_MEMBERS = 10_000
MAX_UNPACKED = 2 * 2**30
#: How many times larger than packed a file of an archive may be. Sheets of one word over and over come to some
#: forty times, a bomb to a thousand. Small files are left in peace.
MAX_RATIO = 200
SMALL = 10 * 2**20

_CHUNK = 2**16


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive that keeps to the limits. Raises FileError if it does not, or is none."""
    try:
        archive = zipfile.ZipFile(path)
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, OverflowError) as e:
        raise FileError(Flaw("not_a_zip", f"a zip archive ({e})", file=path.name)) from None
    with archive:
        if len(members) > MAX_MEMBERS:
            raise FileError(
                Flaw("too_many_parts", f"at most {MAX_MEMBERS:,} files", file=path.name, value=f"{len(members):,}")
            )
        for m in members:
            if m.file_size > SMALL and m.file_size > MAX_RATIO * max(m.compress_size, 1):
                raise FileError(
                    Flaw(
                        "unpacks_too_large",
                        f"files that unpack to at most {MAX_RATIO} times their size; {m.filename} unpacks to "
                        f"{m.file_size / max(m.compress_size, 1):,.0f} times",
                        file=path.name,
                        field=m.filename,
                    )
                )
        total = sum(m.file_size for m in members)
        if total > MAX_UNPACKED:
            raise FileError(
                Flaw(
                    "unpacks_too_large",
                    f"at most {MAX_UNPACKED:,} bytes when unpacked",
                    file=path.name,
                    value=f"{total:,} bytes",
                )
            )
        yield archive


def refuse_large(path: Path, limit: int = MAX_WHOLE) -> None:
    """Raises FileError for a file of more bytes than a reader may hold in memory."""
    size = path.stat().st_size
    if size > limit:
        raise FileError(
            Flaw("too_large", f"at most {limit:,} bytes in this format", file=path.name, value=f"{size:,} bytes")
        )


class _Seen(Exception):
    """No error: it ends the parsing where enough was seen."""


def refuse_doctype(stream: IO[bytes], file: str, part: str = "") -> None:
    """Raises FileError if an XML document has a document type: neither workbooks nor KML have one, and only there can
    entities be declared that unfold without end or fetch other files. Reads no further than the first element."""
    parser, doctype = expat.ParserCreate(), False

    def on_doctype(*_: object) -> None:
        nonlocal doctype
        doctype = True
        raise _Seen

    def on_element(*_: object) -> None:
        raise _Seen

    parser.StartDoctypeDeclHandler = on_doctype
    parser.StartElementHandler = on_element
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk)
    except _Seen:
        pass
    except (expat.ExpatError, ValueError):
        # Its own reader says what is wrong with it; what this parser cannot read is still not let through unseen.
        doctype = b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk
    if doctype:
        raise FileError(Flaw("has_doctype", "XML without a document type (DOCTYPE)", file=file, field=part))
