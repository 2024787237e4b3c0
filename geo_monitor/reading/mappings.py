"""Mappings: how the columns of a city's own files are to be read, said in one YAML file a feed.

::

    feed: hotline
    title: {zh: 12345 热线, en: Hotline}
    source: hotline                       # or columns.source
    files: files/hotline/*.csv            # what the import job watches, relative to the workspace
    expected_every: 1 d
    pull: {url: https://hotline.example/api, paging: {kind: page}}   # fetched over HTTP: ``pull_settings``
    sheets: [一月, 二月]                  # of a workbook or GeoPackage with several; "*": all that have the columns
    header: 2-3                           # rows in which the names of the columns stand; left out: 1
    datum: GCJ02                          # or crs: EPSG:3435, or datum: {column: 坐标系, map: {高德: GCJ02}},
                                          # or datum: in_file, where what the file says of itself is to be trusted
    time_zone: Asia/Shanghai
    id: [工单编号]                         # several columns are joined
    columns:
      occurred: 发生时间                   # or {column: Date, format: "%m/%d/%Y"}
      reported: 受理时间                   # left out: the same as occurred
      corrected: 更新时间                  # when the office last changed the row: a later one supersedes an earlier one
      text: [标题, 内容]
      category: {column: 类别, map: {采砂: sand_mining}, otherwise: quarantine}   # or otherwise: a category
      lon: 经度                           # lon and lat, or x and y, or wkt, or both in one cell: lonlat (longitude
                                          # first) or latlon; none of them: the geometry of the file
      lat: 纬度
      place: {text: [地址, 内容], at_least: village, score: 0.8, within_m: 2000}   # where there are no coordinates:
                                          # by name, through the gazetteer; what is wider or in doubt is quarantined
      accuracy_m: {column: 精度, value: 30}
      reporter: {name: 姓名, phone: 电话}   # kept apart; the incident carries a keyed hash
      evidence: {column: 附件, separator: ";", map: {照片: photo}}
    attributes: {vehicle: 车牌, depth_m: {column: 深度, kind: number}, licence: {column: 许可证, kind: food_licence}}
    skip: {状态: {values: [重复], reason: marked_duplicate}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geo_monitor.domain.incident import EVIDENCE, SOURCES
from geo_monitor.domain.place import PLACE_LEVELS, Datum
from geo_monitor.domain.repair import FARTHEST_M
from geo_monitor.domain.words import Words
from geo_monitor.reading.datum import KNOWN, find_reference
from geo_monitor.reading.gazetteer import Gazetteer
from geo_monitor.reading.identifiers import CHECKS
from geo_monitor.reading.lined import Book, Part, open_part, yaml_files
from geo_monitor.reading.place_search import Finding, find_place
from geo_monitor.reading.pull_settings import (
    OPEN311_COLUMNS,
    OPEN311_ID,
    OPEN311_TEXT,
    PullSettings,
    is_open311,
    read_pull,
)
from geo_monitor.reading.report_files import GEOMETRY
from geo_monitor.reading.tables import ROW_1, HeaderRows
from geo_monitor.reading.vectors import PlaceColumns

#: The word by which a mapping trusts the coordinate system that the file itself carries.
IN_FILE = "in_file"
#: Sheets: all that have the columns of the mapping.
EVERY_SHEET = ("*",)
#: What an attribute may be: as it stands, a number, or an identifier with a check.
ATTRIBUTE_KINDS = ("text", "number", *CHECKS)

TOP_KEYS = (
    "feed",
    "title",
    "source",
    "files",
    "expected_every",
    "pull",
    "sheets",
    "header",
    "datum",
    "crs",
    "time_zone",
    "id",
    "columns",
    "attributes",
    "skip",
)
COLUMN_KEYS = (
    "occurred",
    "reported",
    "corrected",
    "text",
    "category",
    "lon",
    "lat",
    "x",
    "y",
    "wkt",
    "lonlat",
    "latlon",
    "place",
    "accuracy_m",
    "source",
    "reporter",
    "evidence",
)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column whose words are mapped to ours. ``otherwise`` is what an unmapped word becomes ("" quarantines the row);
    without a map the words are taken as they are. ``value`` stands where there is no column, or the cell is empty.
    ``kind``: text, number, or an identifier that is checked (``identifiers.CHECKS``); a wrong one quarantines the row
    if ``strict``, else it is noted and not used."""

    column: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""
    value: str = ""
    separator: str = ""
    format: str = ""
    kind: str = "text"
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Skip:
    """Rows with one of ``values`` in ``column`` are no reports, says the office; ``reason`` is what they are
    counted as."""

    column: str
    values: tuple[str, ...]
    reason: str = "marked_duplicate"


#: The gazetteer as it stands: asked once for each block of rows, so that a layer loaded in between is heard.
GazetteerSource = Callable[[], Gazetteer]


@dataclass(frozen=True, slots=True)
class PlaceByName:
    """How rows without coordinates are placed: by what the columns of ``text`` name, in their order; an answer is at
    ``at_least`` that level or nearer, scores ``score`` at least and is known within ``within_m`` metres. Without a
    gazetteer nothing is placed."""

    text: tuple[str, ...]
    at_least: str = "village"
    score: float = 0.8
    within_m: float = FARTHEST_M
    gazetteer: GazetteerSource | None = field(default=None, compare=False, repr=False)

    def find(self, gazetteer: Gazetteer, values: Mapping[str, str]) -> Finding:
        said = [values.get(c, "") for c in self.text]
        return find_place(gazetteer, *said, at_least=self.at_least, score=self.score, within_m=self.within_m)


@dataclass(frozen=True, slots=True)
class FeedMapping:
    """One feed file, read and checked. ``datum`` and ``crs`` are as declared; ``datum_column`` is set where each
    row names its own. ``place`` holds the coordinate columns (the geometry of the file if none was named). ``sheets``
    names those that are read; empty: the one that has the columns."""

    feed: str
    title: Words
    source: Coded
    category: Coded
    occurred: Coded
    reported: Coded | None
    id: tuple[str, ...]
    place: PlaceColumns
    datum: str = ""
    crs: str = ""
    datum_column: Coded | None = None
    files: str = ""
    expected_every: timedelta | None = None
    pull: PullSettings | None = None
    time_zone: str = "Asia/Shanghai"
    text: tuple[str, ...] = ()
    accuracy: Coded = field(default_factory=Coded)
    reporter: Mapping[str, str] = field(default_factory=dict)
    evidence: Coded | None = None
    attributes: Mapping[str, Coded] = field(default_factory=dict)
    skip: tuple[Skip, ...] = ()
    corrected: Coded | None = None
    by_name: PlaceByName | None = None
    sheets: tuple[str, ...] = ()
    header: HeaderRows = ROW_1
    file: str = ""

    @property
    def columns(self) -> list[str]:
        """Every column that the mapping speaks of."""
        coded = [
            self.source,
            self.category,
            self.occurred,
            self.reported,
            self.corrected,
            self.datum_column,
            self.accuracy,
            self.evidence,
            *self.attributes.values(),
        ]
        p = self.place
        named = [
            *self.id,
            *(c.column for c in coded if c),
            p.lon,
            p.lat,
            p.x,
            p.y,
            p.wkt,
            p.both,
            *self.text,
            *(self.by_name.text if self.by_name else ()),
            *self.reporter.values(),
            *(s.column for s in self.skip),
        ]
        return [c for c in dict.fromkeys(named) if c]


# ---- the mapping files ------------------------------------------------------------------------------------------


def read_feed_mappings(folder: Path, gazetteer: GazetteerSource | None = None) -> dict[str, FeedMapping]:
    """Feed name → mapping, from ``*.yaml`` of the folder ({} if there is none); those that place rows by name ask
    ``gazetteer``. Raises FileError with every fault
    of every file: file, line, key, value, what was expected."""
    book = Book()
    found: dict[str, FeedMapping] = {}
    for path in yaml_files(folder):
        part = open_part(path, book)
        if part is None:
            continue
        mapping = _mapping(part, gazetteer)
        if mapping.feed in found:
            part.flaw(
                "repeated_name",
                f"another name: {Path(found[mapping.feed].file).name} maps this feed already",
                key="feed",
                value=mapping.feed,
            )
        found[mapping.feed] = mapping
    book.close()
    return found


def _mapping(part: Part, gazetteer: GazetteerSource | None = None) -> FeedMapping:
    part.only(TOP_KEYS)
    name = part.text("feed", required=True)
    if name and not re.fullmatch(r"[a-z0-9][a-z0-9_\-]*", name):
        part.flaw("bad_name", "small letters, digits, _ and -", key="feed", value=name)
    columns = part.get("columns")
    if columns is None:
        part.flaw("missing_key", "a mapping of columns", key="columns", value="")
    else:
        columns.only(COLUMN_KEYS)

    def coded(key: str, keys: Sequence[str], *, required: bool = False, allowed: Sequence[str] = ()) -> Coded | None:
        inner = columns.get(key) if columns else None
        if inner is None:
            if required and columns:
                columns.flaw("missing_key", "a column", key=key, value="")
            return None
        return _coded(inner, keys, allowed)

    category = coded("category", ("column", "map", "otherwise", "value"), required=True) or Coded()
    if category.otherwise == "quarantine":
        category = Coded(category.column, category.map, "", category.value)
    evidence = coded("evidence", ("column", "separator", "map"), allowed=EVIDENCE)
    # A server of the standard names its columns itself, and its places are in WGS 84.
    standard = is_open311(part.get("pull"))
    usual = OPEN311_COLUMNS if standard else {}
    as_usual = standard and part.get("datum") is None and not part.text("crs")
    by_name = _by_name(columns, gazetteer)
    if standard:
        place = _place(columns, PlaceColumns(lon=usual["lon"], lat=usual["lat"]))
    else:
        place = _place(columns, PlaceColumns(wkt=GEOMETRY) if by_name is None else PlaceColumns())
    needed = place != PlaceColumns()
    datum, crs, datum_column = ("WGS84", "", None) if as_usual else _declared(part, needed=needed)
    zone, occurred = _zone(part), coded("occurred", ("column", "format"), required=not standard)
    return FeedMapping(
        feed=name,
        title=part.words("title") or Words(name, name),
        source=_source(part, coded("source", ("column", "map", "otherwise", "value"), allowed=SOURCES)),
        category=category,
        occurred=occurred or Coded(usual.get("occurred", "")),
        reported=coded("reported", ("column", "format")),
        corrected=coded("corrected", ("column", "format")),
        id=part.texts("id", required=not standard) or OPEN311_ID,
        place=place,
        datum=datum,
        crs=crs,
        datum_column=datum_column,
        files=_watched(part),
        expected_every=_period(part),
        pull=read_pull(part.get("pull"), zone),
        time_zone=zone,
        text=(columns.texts("text") if columns else ()) or (OPEN311_TEXT if standard else ()),
        accuracy=_accuracy(columns),
        reporter=_reporter(columns),
        evidence=evidence,
        attributes=_attributes(part),
        skip=_skips(part),
        by_name=by_name,
        sheets=part.texts("sheets"),
        header=_header(part),
        file=part.file,
    )


def _header(part: Part) -> HeaderRows:
    """A row, or the first and last of several."""
    said = part.text("header", "1")
    m = re.fullmatch(r"([0-9]{1,3})(?:\s*-\s*([0-9]{1,3}))?", said)
    first, last = (int(m[1]), int(m[2] or m[1])) if m else (0, 0)
    if not 1 <= first <= last < first + 10:
        part.flaw("not_rows", "the row of the header (3), or the first and last of at most ten (2-3)", "header", said)
        return ROW_1
    return HeaderRows(first, last)


def _watched(part: Part) -> str:
    """The pattern of the files that the import job watches: relative to the workspace, or nothing."""
    said = part.text("files")
    if said and (Path(said).is_absolute() or ".." in Path(said).parts):
        part.flaw("not_relative", "a pattern relative to the workspace, such as files/feeds/*.csv", "files", said)
        return ""
    return said


def _coded(part: Part, keys: Sequence[str], allowed: Sequence[str] = ()) -> Coded:
    """``column`` alone, or a mapping of ``keys``; ``allowed`` are our words that a map may lead to (empty: any)."""
    if not part.is_table:
        return Coded(column=part.as_text())
    part.only(keys)
    mapped = part.get("map")
    said = [*(mapped.parts().values() if mapped else ()), part.get("otherwise"), part.get("value")]
    for word in said:
        # An empty word in a map is meant: this word of the office stands for nothing.
        if allowed and word is not None and not word.empty:
            word.as_choice(allowed)
    for key, wanted in (("map", "the office's words and ours"), ("format", "a format such as %d/%m/%Y")):
        # Written and left empty is a question that somebody put off; without an answer other rows would come in.
        if key in part.parts() and part.get(key) is None:
            part.flaw("missing_key", f"{wanted}, or no such line", key=key, value="")
    if part.get("column") is None and part.get("value") is None:
        part.flaw("missing_key", "a column" + (" or a value" if "value" in keys else ""), key="column", value="")
    return Coded(
        column=part.text("column"),
        map=mapped.as_map() if mapped else {},
        otherwise=part.text("otherwise"),
        value=part.text("value"),
        separator=part.text("separator"),
        format=part.text("format"),
        kind=part.text("kind", "text"),
        strict=part.flag("strict"),
    )


def _source(part: Part, column: Coded | None) -> Coded:
    constant = part.get("source")
    if column is None:
        if constant is None:
            part.flaw("missing_key", f"one of {', '.join(SOURCES)}, or columns.source", key="source", value="")
            return Coded()
        return Coded(value=constant.as_choice(SOURCES))
    if constant is None:
        return column
    return replace(column, value=constant.as_choice(SOURCES))


def _declared(part: Part, needed: bool = True) -> tuple[str, str, Coded | None]:
    datum, crs = part.get("datum"), part.text("crs")
    if datum is None and not crs and not needed:
        return str(Datum.WGS84), "", None  # of a feed without coordinates: the gazetteer answers in it
    if datum is not None and datum.is_table:
        column = _coded(datum, ("column", "map"))
        for word in column.map.values():
            if isinstance(find_reference(word), str):
                datum.flaw("unknown_datum", f"one of {KNOWN}", key="map", value=word)
        return "", "", column
    said = datum.as_text() if datum else ""
    if said == IN_FILE and not crs:
        return said, "", None
    reference = find_reference(said, crs)
    if isinstance(reference, str):
        part.flaw("unknown_datum", reference, key="datum" if said or not crs else "crs", value=said or crs)
    return said, crs, None


def _place(columns: Part | None, usual: PlaceColumns) -> PlaceColumns:
    """Where the coordinates stand; ``usual`` where the mapping does not say. A feed that is placed by name and names
    no column for them has none; the points of its file, if it has any, are ``wkt: geometry``."""
    if columns is None:
        return PlaceColumns()
    place = PlaceColumns(**{k: columns.text(k) for k in ("lon", "lat", "x", "y", "wkt", "lonlat", "latlon")})
    if place == PlaceColumns():
        for key in ("lon", "lat", "x", "y", "wkt", "lonlat", "latlon"):
            if key in columns.parts():
                columns.flaw("missing_key", "a column, or no such line", key=key, value="")
        return usual
    if not place.is_one_way:
        expected = "one way of saying the place: lon and lat, x and y, wkt, lonlat, or latlon"
        columns.flaw("no_place_columns", expected, key="lon", value=place.lon)
    return place


def _by_name(columns: Part | None, gazetteer: GazetteerSource | None) -> PlaceByName | None:
    part = columns.get("place") if columns else None
    if part is None:
        return None
    if not part.is_table:
        return PlaceByName(part.as_texts(), gazetteer=gazetteer)
    part.only(("text", "at_least", "score", "within_m"))
    level = part.get("at_least")
    score, within_m = part.number("score", 0.8), part.number("within_m", FARTHEST_M)
    if not 0 < score <= 1:
        part.flaw("not_a_number", "a score above 0 and at most 1", key="score", value=f"{score:g}")
    if not 0 < within_m <= FARTHEST_M:
        expected = f"metres above 0 and at most {FARTHEST_M:g}: a place known no better says nothing about a zone"
        part.flaw("not_a_number", expected, key="within_m", value=f"{within_m:g}")
    return PlaceByName(
        part.texts("text", required=True),
        level.as_choice(PLACE_LEVELS) if level else "village",
        score,
        within_m,
        gazetteer,
    )


def _period(part: Part) -> timedelta | None:
    said = part.text("expected_every")
    if not said:
        return None
    m = re.fullmatch(r"([0-9]+)\s*(min|h|d)", said)
    if m is None or int(m[1]) == 0:
        part.flaw("not_a_period", "a period like 30 min, 12 h or 7 d", key="expected_every", value=said)
        return None
    return timedelta(minutes=int(m[1]) * {"min": 1, "h": 60, "d": 1440}[m[2]])


def _zone(part: Part) -> str:
    said = part.text("time_zone", "Asia/Shanghai")
    try:
        ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError):
        part.flaw("unknown_time_zone", "a zone like Asia/Shanghai", key="time_zone", value=said)
        return "Asia/Shanghai"
    return said


def _accuracy(columns: Part | None) -> Coded:
    inner = columns.get("accuracy_m") if columns else None
    if inner is None:
        return Coded()
    if not inner.is_table:
        # A plain number is the accuracy itself, a plain word the column that holds it.
        said = inner.as_text()
        return Coded(value=said) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", said) else Coded(column=said)
    coded = _coded(inner, ("column", "value"))
    value = inner.get("value")
    if value is not None:
        value.as_number()
    return coded


def _reporter(columns: Part | None) -> Mapping[str, str]:
    inner = columns.get("reporter") if columns else None
    if inner is None:
        return {}
    inner.only(("id", "name", "phone"))
    return {k: v for k, v in inner.as_map().items() if v and k in ("id", "name", "phone")}


def _attributes(part: Part) -> dict[str, Coded]:
    inner = part.get("attributes")
    found = {}
    for name, value in (inner.parts() if inner else {}).items():
        found[name] = _coded(value, ("column", "kind", "map", "strict"))
        if found[name].kind not in ATTRIBUTE_KINDS:
            value.flaw("unknown_word", f"one of {', '.join(ATTRIBUTE_KINDS)}", key="kind", value=found[name].kind)
    return found


def _skips(part: Part) -> tuple[Skip, ...]:
    inner = part.get("skip")
    found = []
    for column, value in (inner.parts() if inner else {}).items():
        if not value.is_table:
            found.append(Skip(column, value.as_texts()))
            continue
        value.only(("values", "reason"))
        reason = value.text("reason", "marked_duplicate")
        if not re.fullmatch(r"[a-z][a-z_]*", reason):
            value.flaw("bad_name", "small letters and _", key="reason", value=reason)
        found.append(Skip(column, value.texts("values", required=True), reason))
    return tuple(found)
