"""A first mapping of an unknown file: what its names and cells tell, and in plain words where they leave doubt.

A draft is a proposal that a person reads line by line. ``DOUBT`` marks a guess, ``DECIDE`` a line that is left empty
because no cell can tell: above all the coordinate system, which nobody may guess for an office. Until such a line is
filled in, the mapping is refused with that line's number.

No cell of a reporter's column and no free text stands in a draft: only names of columns, counts, and the words of
columns that repeat few of them (categories, states, coordinate systems).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import yaml

from geo_monitor.domain.words import Words
from geo_monitor.reading.csv_rows import cleaned
from geo_monitor.reading.draft_columns import Floats
from geo_monitor.reading.draft_words import Meaning
from geo_monitor.reading.forensics import SPELLED, Verdict, written_times
from geo_monitor.reading.report_files import GEOMETRY
from geo_monitor.reading.vectors import PlaceColumns

Kind = Literal["doubt", "decide", "note"]


@dataclass(frozen=True, slots=True)
class Remark:
    """``doubt``: the line is a guess, look at it; ``decide``: a person must fill it in; ``note``: good to know."""

    kind: Kind
    words: Words


@dataclass(frozen=True, slots=True)
class DraftWord:
    """A word of the category column: on how many rows, and what it means."""

    word: str
    rows: int
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class DraftAttribute:
    column: str
    kind: str = "text"


@dataclass(frozen=True)
class Draft:
    """What is proposed, piece by piece; an empty piece is left out or left to a person. ``remarks`` are by the key at
    which they stand. ``lon``, ``lat``: the places in degrees as the file writes them (empty where it counts in
    metres, or where each row names its own system), for whoever wants to hold them against layers."""

    file: str
    looked_at: int
    feed: str = ""
    title: str = ""
    source: str = ""
    source_column: str = ""
    source_map: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    header: str = ""
    datum_column: str = ""
    datum_map: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    id: tuple[str, ...] = ()
    occurred: str = ""
    occurred_format: str | None = None
    reported: str = ""
    reported_format: str | None = None
    text: tuple[str, ...] = ()
    category: str = ""
    words: tuple[DraftWord, ...] = ()
    place: PlaceColumns = field(default_factory=PlaceColumns)
    in_metres: bool = False
    accuracy: str = ""
    reporter: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""
    evidence_separator: str = ""
    evidence_map: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, DraftAttribute] = field(default_factory=dict)
    skip: str = ""
    skip_words: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    remarks: Mapping[str, tuple[Remark, ...]] = field(default_factory=dict)
    lon: Floats = field(default_factory=lambda: np.zeros(0))
    lat: Floats = field(default_factory=lambda: np.zeros(0))

    def count(self, kind: Kind) -> int:
        """How many remarks of this kind stand in the draft."""
        return sum(r.kind == kind for remarks in self.remarks.values() for r in remarks)

    @property
    def columns(self) -> list[str]:
        """Every column that the draft reads."""
        p = self.place
        named = [
            *self.id,
            self.occurred,
            self.reported,
            self.category,
            self.source_column,
            self.datum_column,
            self.accuracy,
            self.evidence,
            *self.text,
            *self.reporter.values(),
            *(a.column for a in self.attributes.values()),
            *(p.lon, p.lat, p.x, p.y, p.wkt, p.both),
        ]
        return [c for c in named if c]

    def with_verdict(self, verdict: Verdict) -> Draft:
        """With what the loaded layers say about the coordinate system (``verdict`` for points taken as WGS 84): as a
        remark at the line that stays empty all the same."""
        places = Words(f"{verdict.places} 处地点", f"{verdict.places} places")
        times, proposed = written_times(verdict.log_ratio), verdict.proposed
        if proposed is None:
            why = verdict.why()
            words = Words(
                f"与已载入图层比对（{places.zh}）：不作结论，{why.zh}",
                f"held against the loaded layers ({places.en}): no verdict, {why.en}",
            )
        else:
            meant = proposed.words()
            other = (
                Words("其他坐标系", "any other") if verdict.kind == "fits" else Words(*[SPELLED[verdict.declared]] * 2)
            )
            words = Words(
                f"与已载入图层比对（{places.zh}）：最像 {meant.zh}，可能性是{other.zh}的 {times} 倍；仍须由单位确认",
                f"held against the loaded layers ({places.en}): likeliest {meant.en}, {times} times likelier than "
                f"{other.en}; the office must confirm it all the same",
            )
        said = dict(self.remarks)
        said["datum"] = (*said.get("datum", ()), Remark("note", words))
        return replace(self, remarks=said)

    def as_yaml(self, language: str) -> str:
        """The mapping (format: ``mappings``), with remarks as comments in one language (zh or en)."""
        return _Writer(self, language).text()


# ---- the YAML -------------------------------------------------------------------------------------------------------


class _Writer:
    def __init__(self, draft: Draft, language: str) -> None:
        self.d, self.language = draft, language
        self.lines: list[str] = []

    def _say(self, words: Words) -> str:
        return words.to(self.language)

    def _remarks(self, key: str, indent: str = "") -> None:
        marks = {"doubt": "DOUBT: ", "decide": "DECIDE: ", "note": ""}
        for remark in self.d.remarks.get(key, ()):
            self.lines.append(f"{indent}# {marks[remark.kind]}{shown(self._say(remark.words))}")

    def _line(self, key: str, value: str, indent: str = "", name: str = "") -> None:
        self._remarks(key, indent)
        self.lines.append(f"{indent}{name or key}:{' ' + value if value else ''}")

    def _rows(self, n: int) -> str:
        return self._say(count_of(n))

    def text(self) -> str:
        d = self.d
        top = Words(
            f"根据 {shown(d.file)} 的 {d.looked_at} 行草拟。DOUBT：猜测，请核对；DECIDE：由人填写，填好之前不能使用。",
            f"Drafted from {d.looked_at} rows of {shown(d.file)}. DOUBT: a guess, check it; DECIDE: a person must fill "
            "it in, until then the mapping is refused.",
        )
        self.lines.append(f"# {self._say(top)}")
        self._remarks("file")
        self._line("feed", _plain(d.feed))
        self._line("title", f"{{zh: {_plain(d.title)}, en: {_plain(d.title)}}}")
        if not d.source_column:
            self._line("source", d.source)
        suffix = d.file.rsplit(".", 1)[-1].lower() if "." in d.file else "csv"
        self.lines.append(f"# files: files/feeds/{d.feed or 'NAME'}*.{shown(suffix)}")
        if d.sheets:
            self._line("sheets", _flow(d.sheets))
        else:
            self._remarks("sheets")
        if d.header:
            self._line("header", d.header)
        if d.datum_column:
            self._line("datum", f"{{column: {_plain(d.datum_column)}, map: {_flow_map(d.datum_map)}}}")
        else:
            self._line("datum", "")
        if d.time_zone:
            self._line("time_zone", d.time_zone)
        self._line("id", _flow(d.id) if d.id else "")
        self.lines.append("columns:")
        self._columns()
        self._attributes()
        self._skip()
        self._remarks("unread")
        if d.unread:
            said = Words("未读取的列：", "columns that are not read: ")
            self.lines.append(f"# {self._say(said)}{', '.join(map(shown, d.unread))}")
        return "\n".join(self.lines) + "\n"

    def _columns(self) -> None:
        d, i = self.d, "  "
        self._time("occurred", d.occurred, d.occurred_format)
        if d.reported:
            self._time("reported", d.reported, d.reported_format)
        if d.text:
            self._line("columns.text", _flow(d.text), i, "text")
        self._place()
        if d.accuracy:
            self._line("columns.accuracy_m", f"{{column: {_plain(d.accuracy)}}}", i, "accuracy_m")
        if d.source_column:
            value = f"{{column: {_plain(d.source_column)}" + (
                f", map: {_flow_map(d.source_map)}" if d.source_map else ""
            )
            self._line("columns.source", value + "}", i, "source")
        self._remarks("columns.reporter", i)
        if d.reporter:
            self.lines.append(f"{i}reporter: {_flow_map(d.reporter)}")
        if d.evidence:
            value = f"{{column: {_plain(d.evidence)}"
            value += f", separator: {_plain(d.evidence_separator)}" if d.evidence_separator else ""
            value += f", map: {_flow_map(d.evidence_map)}" if d.evidence_map else ""
            self._line("columns.evidence", value + "}", i, "evidence")
        else:
            self._remarks("columns.evidence", i)
        self._category()

    def _time(self, key: str, column: str, pattern: str | None) -> None:
        if not column or pattern is None:
            self._line(f"columns.{key}", _plain(column) if column else "", "  ", key)
            return
        self._remarks(f"columns.{key}", "  ")
        self.lines += [
            f"  {key}:",
            f"    column: {_plain(column)}",
            f"    format:{' ' + _plain(pattern) if pattern else ''}",
        ]

    def _place(self) -> None:
        p = self.d.place
        self._remarks("columns.place", "  ")
        if p.wkt == GEOMETRY:
            return
        named = {"lon": p.lon, "lat": p.lat, "x": p.x, "y": p.y, "wkt": p.wkt, "lonlat": p.lonlat, "latlon": p.latlon}
        said = {k: v for k, v in named.items() if v} or {"lon": "", "lat": ""}
        self.lines += [f"  {k}:{' ' + _plain(v) if v else ''}" for k, v in said.items()]

    def _category(self) -> None:
        d = self.d
        self._remarks("columns.category", "  ")
        self.lines.append("  category:")
        if not d.category:
            self.lines.append("    value:")
            return
        self.lines += [f"    column: {_plain(d.category)}", "    otherwise: quarantine"]
        sure = [w for w in d.words if w.meaning.ours]
        self.lines.append("    map:")
        for w in sure:
            doubt = "" if w.meaning.exact else "DOUBT: "
            self.lines.append(f"      {_plain(w.word)}: {w.meaning.ours}  # {doubt}{self._rows(w.rows)}")
        maybe = Words("也许是", "perhaps")
        left = Words(
            "留在隔离区，写上类别并去掉 # 即可收入", "left to quarantine; write a category and take away the #"
        )
        open_words = [w for w in d.words if not w.meaning.ours]
        if open_words:
            self.lines.append(f"      # DOUBT: {self._say(left)}")
        for w in open_words:
            near = f", {self._say(maybe)} {', '.join(w.meaning.near)}" if w.meaning.near else ""
            self.lines.append(f"      # {shown(_plain(w.word))}:  # {self._rows(w.rows)}{near}")

    def _attributes(self) -> None:
        d = self.d
        if not d.attributes:
            return
        self.lines.append("attributes:")
        for name, attribute in d.attributes.items():
            value = _plain(attribute.column)
            if attribute.kind != "text":
                value = f"{{column: {value}, kind: {attribute.kind}}}"
            self._line(f"attributes.{name}", value, "  ", name)

    def _skip(self) -> None:
        d = self.d
        if not d.skip:
            return
        self._remarks("skip")
        counts = ", ".join(f"{shown(w)}: {self._rows(n)}" for w, n in d.skip_words.items())
        self.lines += [
            f"# {counts}",
            "# skip:",
            f"#   {shown(_plain(d.skip))}: {{values: {shown(_flow(tuple(d.skip_words)))}, reason: marked_duplicate}}",
        ]


def _plain(text: str) -> str:
    """A text as a YAML scalar, quoted where it must be, also within {…} and […]."""
    if not text:
        return '""'
    said = yaml.safe_dump([text], allow_unicode=True, default_flow_style=True, width=10**9).strip()
    return said[1:-1]


def _flow(texts: Sequence[str]) -> str:
    return "[" + ", ".join(map(_plain, texts)) + "]"


def _flow_map(words: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_plain(k)}: {_plain(v)}" for k, v in words.items()) + "}"


def shown(text: str) -> str:
    """A name as it may stand in a comment: on one line, and nothing that a YAML file may not hold."""
    said = re.sub(r"\s+", " ", cleaned(text))
    return "".join(c if c.isprintable() else "\ufffd" for c in said)


def count_of(n: int) -> Words:
    return Words(f"{n} 行", f"{n} row" if n == 1 else f"{n} rows")
