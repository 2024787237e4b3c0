"""The features of a GeoJSON file one after the other: a file of any length takes the memory of one feature."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.csv_rows import excerpt
from geo_monitor.reading.limits import MAX_LINE
from geo_monitor.reading.tables import open_bytes

_CHUNK = 2**18
_BLANK = " \t\n\r"


class GeojsonFile:
    """Iterating gives the members of ``features`` in order of the file, each time from the start. ``carried`` is the
    name of the system in an old-style ``crs`` member ("" if there is none), known when the features were read to the
    end. Raises FileError while reading: not UTF-8, no JSON, no FeatureCollection, a feature larger than any may be."""

    def __init__(self, path: Path) -> None:
        self.path, self.carried = path, ""

    def __iter__(self) -> Iterator[Any]:
        with open_bytes(self.path) as stream:
            yield from self._features(_Text(stream, self.path.name))

    def _features(self, text: _Text) -> Iterator[Any]:
        file = self.path.name
        kind: Any = "an object without type"
        seen = False
        if text.peek() != "{":
            value = text.value()
            text.end()
            raise FileError(_no_collection(file, type(value).__name__))
        text.skip()
        first = True
        while text.peek() != "}":
            if not first:
                text.expect(",")
            first = False
            if text.peek() != '"':
                text.fail("Expecting property name enclosed in double quotes")
            key = text.value()
            text.expect(":")
            if key == "features" and text.peek() == "[":
                seen = True
                yield from text.members()
                continue
            value = text.value()
            if key == "type":
                kind = value
            elif key == "crs" and isinstance(value, dict):
                self.carried = str((value.get("properties") or {}).get("name", ""))
        text.skip()
        text.end()
        if not seen or kind != "FeatureCollection":
            raise FileError(_no_collection(file, excerpt(str(kind))))


def _no_collection(file: str, found: str) -> Flaw:
    return Flaw("not_geojson", "a GeoJSON FeatureCollection", file=file, value=found)


class _Text:
    """The text of a JSON file through a window that holds little more than the value being read."""

    def __init__(self, stream: IO[bytes], file: str) -> None:
        self.stream, self.file = stream, file
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.json = json.JSONDecoder()
        self.window, self.at, self.line, self.ended, self.read = "", 0, 1, False, 0

    def more(self) -> bool:
        """Takes more of the file into the window, as much again as it holds; False at the end."""
        if self.ended:
            return False
        chunk = self.stream.read(max(_CHUNK, len(self.window) - self.at))
        try:
            text = self.decoder.decode(chunk, not chunk)
        except UnicodeDecodeError as e:
            at = self.read + e.start
            raise FileError(Flaw("not_text", f"GeoJSON in UTF-8; byte {at} does not fit", file=self.file)) from None
        self.read += len(chunk)
        self.ended = not chunk
        self.line += self.window.count("\n", 0, self.at)
        self.window, self.at = self.window[self.at :] + text, 0
        return not self.ended

    def peek(self) -> str:
        """The next character that is not blank; "" at the end of the file."""
        while True:
            while self.at < len(self.window):
                c = self.window[self.at]
                if c not in _BLANK:
                    return c
                self.at += 1
            if not self.more():
                return ""

    def skip(self) -> None:
        self.at += 1

    def expect(self, sign: str) -> None:
        if self.peek() != sign:
            self.fail(f"Expecting {sign!r}")
        self.skip()

    def end(self) -> None:
        if self.peek():
            self.fail("Extra data")

    def value(self) -> Any:
        """The next value, whole."""
        self.peek()
        while True:
            try:
                value, end = self.json.raw_decode(self.window, self.at)
            except json.JSONDecodeError as e:
                if len(self.window) - self.at > MAX_LINE:
                    row = self.line + self.window.count("\n", 0, self.at)
                    expected = f"JSON, each feature of at most {MAX_LINE:,} characters"
                    raise FileError(Flaw("too_large", expected, file=self.file, row=row)) from None
                if not self.more():
                    self.fail(e.msg, e.pos)
                continue
            except (ValueError, RecursionError) as e:  # a number of thousands of digits, lists in lists without end
                self.fail(str(e))
            # A number at the edge of the window may go on behind it.
            if end < len(self.window) or not self.more():
                self.at = end
                return value

    def members(self) -> Iterator[Any]:
        """The members of the list that begins here."""
        self.skip()
        if self.peek() == "]":
            self.skip()
            return
        while True:
            yield self.value()
            if self.peek() == "]":
                self.skip()
                return
            self.expect(",")

    def fail(self, why: str, at: int | None = None) -> NoReturn:
        line = self.line + self.window.count("\n", 0, self.at if at is None else at)
        raise FileError(Flaw("not_json", f"JSON ({why})", file=self.file, row=line))
