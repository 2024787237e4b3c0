"""The placemarks of a KML or KMZ file one after the other, with all that they carry.

GDAL is not asked: it makes underlines of the Chinese names of extended data, and then two of equal length are one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.csv_rows import excerpt
from geo_monitor.reading.limits import MAX_COLUMNS, MAX_LINE, MAX_WHOLE, opened_zip, refuse_large
from geo_monitor.reading.tables import open_bytes

#: Columns under which the parts of a placemark stand beside those of its extended data.
FOLDER = "folder"
_OWN = ("name", "description", "address", "phoneNumber")
_TIMES = ("when", "begin", "end")
_SHAPES = ("Point", "LineString", "LinearRing", "Polygon", "Track", "Model")
_DEEPEST = 100
_CHUNK = 2**16
#: Many write a space behind the comma, though it is a space that separates one place from the next.
_AROUND_COMMA = re.compile(r"\s*,\s*")
_DECLARED_GB = re.compile(rb"""^\s*<\?xml[^>]*encoding=["'](?:gbk|gb2312|gb18030)["']""", re.IGNORECASE)


@dataclass(slots=True)
class Placemark:
    """``values`` by column; ``point`` is longitude, latitude and height as they are written, "" where there is none;
    ``shapes`` names each geometry in it (Point, Polygon, …)."""

    values: dict[str, str] = field(default_factory=dict)
    point: str = ""
    shapes: list[str] = field(default_factory=list)


def read_placemarks(path: Path) -> Iterator[Placemark]:
    """In order of the file. Raises FileError while reading: no XML, a document type, beyond the limits."""
    with _opened(path) as stream:
        reading = _Reading(path.name)
        start = stream.read(_CHUNK)
        # The parser knows no Chinese encodings; what it is given as text it does not have to decode.
        decoder = codecs.getincrementaldecoder("gb18030")() if _DECLARED_GB.match(start) else None
        chunk: bytes = start
        while True:
            try:
                given = decoder.decode(chunk, not chunk) if decoder else chunk
                reading.parser.Parse(given, not chunk)
            except expat.ExpatError as e:
                raise FileError(Flaw("not_xml", f"XML ({e})", file=path.name, row=e.lineno)) from None
            except ValueError as e:
                raise FileError(Flaw("not_text", f"KML in UTF-8 or as it declares ({e})", file=path.name)) from None
            yield from reading.take()
            if not chunk:
                break
            chunk = stream.read(_CHUNK)
        if not reading.is_kml:
            raise FileError(Flaw("not_kml", "a KML document", file=path.name))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix.lower() == ".kml":
        with open_bytes(path) as stream:
            refuse_large(path)
            yield stream
        return
    with open_bytes(path):
        pass
    with opened_zip(path) as archive:
        inside = [m for m in archive.infolist() if m.filename.lower().endswith(".kml")]
        chosen = [m for m in inside if m.filename.lower() == "doc.kml"] or inside
        if len(chosen) != 1:
            names = ", ".join(m.filename for m in inside)
            raise FileError(Flaw("not_one_kml", "a KMZ with one .kml", file=path.name, value=names[:200]))
        if chosen[0].file_size > MAX_WHOLE:
            value = f"{chosen[0].file_size:,} bytes"
            raise FileError(Flaw("too_large", f"at most {MAX_WHOLE:,} bytes unpacked", file=path.name, value=value))
        try:
            with archive.open(chosen[0]) as stream:
                yield stream
        except FileError:
            raise
        except (ValueError, OSError, EOFError, NotImplementedError, RuntimeError) as e:
            raise FileError(Flaw("not_a_zip", f"a zip archive ({e})", file=path.name)) from None
        except Exception as e:
            # zlib and zipfile have errors of their own for packed data that are broken.
            if type(e).__module__ not in ("zlib", "zipfile"):
                raise
            raise FileError(Flaw("not_a_zip", f"a zip archive ({e})", file=path.name)) from None


class _Reading:
    """What has been seen of the document: the open elements, the folders around, the placemark being read."""

    def __init__(self, file: str) -> None:
        self.file, self.is_kml = file, False
        self.open: list[str] = []
        self.folders: list[str] = []
        self.placemark: Placemark | None = None
        self.named = ""
        self.text: list[str] = []
        self.length = 0
        self.done: list[Placemark] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.finish
        self.parser.CharacterDataHandler = self.words

    def take(self) -> list[Placemark]:
        done, self.done = self.done, []
        return done

    def doctype(self, *_: object) -> None:
        raise FileError(Flaw("has_doctype", "XML without a document type (DOCTYPE)", file=self.file))

    def begin(self, name: str, said: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        self.open.append(tag)
        self.text, self.length = [], 0
        if len(self.open) > _DEEPEST:
            raise FileError(
                Flaw(
                    "too_large", f"elements at most {_DEEPEST} deep", file=self.file, row=self.parser.CurrentLineNumber
                )
            )
        if tag == "kml":
            self.is_kml = True
        elif tag in ("Folder", "Document"):
            self.folders.append("")
        elif tag == "Placemark":
            self.placemark = Placemark({"id": said.get("id", "")})
        elif self.placemark is not None:
            if tag in ("Data", "SimpleData"):
                self.named = said.get("name", "")
            elif tag in _SHAPES and self.open[-2] != "Polygon" and "Polygon" not in self.open[:-1]:
                self.placemark.shapes.append(tag)

    def words(self, text: str) -> None:
        self.length += len(text)
        if self.length > MAX_LINE:
            raise FileError(Flaw("too_large", f"texts of at most {MAX_LINE:,} characters", file=self.file))
        self.text.append(text)

    def finish(self, _: str) -> None:
        tag, said = self.open.pop(), "".join(self.text).strip()
        self.text, self.length = [], 0
        parent = self.open[-1] if self.open else ""
        if tag in ("Folder", "Document"):
            self.folders.pop()
        elif tag == "Placemark" and self.placemark is not None:
            folder = "/".join(f for f in self.folders[1:] if f)
            self.placemark.values[FOLDER] = folder
            self.done.append(self.placemark)
            self.placemark = None
        elif tag == "name" and parent == "Folder":
            self.folders[-1] = said
        elif self.placemark is not None:
            self._part(self.placemark, tag, parent, said)

    def _part(self, placemark: Placemark, tag: str, parent: str, said: str) -> None:
        values = placemark.values
        if (parent == "Placemark" and tag in _OWN) or (parent in ("TimeStamp", "TimeSpan") and tag in _TIMES):
            values[tag] = said
        elif (tag == "value" and parent == "Data") or tag == "SimpleData":
            # Data that are called as a part of the placemark itself stand apart from it.
            own = self.named in (*_OWN, *_TIMES, FOLDER, "id")
            values[f"data/{self.named}" if own or not self.named else self.named] = said
            if len(values) > MAX_COLUMNS:
                raise FileError(Flaw("too_many_columns", f"at most {MAX_COLUMNS:,} columns", file=self.file))
        elif tag == "coordinates" and parent == "Point":
            placemark.point = _AROUND_COMMA.sub(",", said) if len(said) < 200 else excerpt(said)
