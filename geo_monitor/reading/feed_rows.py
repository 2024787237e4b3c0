"""Rows of a feed's file, as its mapping reads them: reports, or rows in quarantine.

A row that cannot be trusted becomes a ``QuarantinedRow`` with all its flaws, the first of which is its reason. A row
that the office itself marks as no report (``skip``) is kept there too: nothing vanishes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from geo_monitor.domain.incident import (
    EVIDENCE,
    PLACED_BY,
    SOURCES,
    Incident,
    Origin,
    QuarantinedRow,
    Reporter,
    revised,
)
from geo_monitor.domain.place import Box
from geo_monitor.domain.repair import Repair
from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.angles import in_order, read_two
from geo_monitor.reading.csv_rows import cleaned, excerpt, is_clean
from geo_monitor.reading.datum import WGS84, Reference, crs_reference, find_reference
from geo_monitor.reading.gazetteer import Gazetteer
from geo_monitor.reading.identifiers import CHECKS
from geo_monitor.reading.json_pages import page_sheet
from geo_monitor.reading.limits import MAX_CELL
from geo_monitor.reading.mappings import EVERY_SHEET, IN_FILE, Coded, FeedMapping, PlaceByName
from geo_monitor.reading.place_names import letters_of
from geo_monitor.reading.place_search import Candidate
from geo_monitor.reading.report_files import Sheet, open_sheets
from geo_monitor.reading.tables import TableRow
from geo_monitor.reading.vectors import PlaceColumns, check_axes, read_pair, read_wkt
from geo_monitor.services.dates import read_moment

#: In the raw row of a quarantined report the reporter's own words are replaced by this and the keyed hash.
KEPT_APART = "(kept apart) "
#: In the raw row of a file that was read under another system than the mapping declares: under which. A later retry
#: would otherwise read the numbers as something they are not, and put the row hundreds of metres away.
DATUM_CALLED = "(datum as called)"
#: A report may be written down before the act by a clock that is wrong, but not by more than this.
REPORTED_BEFORE = timedelta(days=1)
WORDS_SHOWN = 6
#: From 1982 to 2064, as Excel counts days; whether it counts from 1900 or from 1904 the number does not show.
_COUNT_OF_DAYS = re.compile(r"[3-5][0-9]{4}(\.[0-9]+)?")
EXCEL_COUNT = "this looks like a count of days of Excel: give the column a format of dates and save it again"
#: How much of a cell that is too long is kept, and how many rows are searched for a header that is not where it
#: should be.
KEPT_OF_HUGE = 200
LOOKED_AT = 20
#: Separates the columns of an id that is made of several.
ID_JOIN = "/"

#: Flaws that no mapping can mend: they lie in the file.
OF_THE_FILE = ("broken_row", "too_many_cells", "huge_field", "not_text", "not_a_feature", "unreadable_geometry")


Row = tuple[int, Mapping[str, str], tuple[Flaw, ...]]


def rows_of(rows: Iterable[TableRow], file: str, mapping: FeedMapping) -> Iterator[Row]:
    """The rows of a sheet with every column that the mapping asks for, as they can be stored and shown."""
    asked = mapping.columns
    for row in rows:
        values, flaws = _sound(row.values, file, row.number)
        for column in asked:
            values.setdefault(column, "")
        yield row.number, values, (*row.flaws, *flaws)


def _sound(values: dict[str, str], file: str, number: int) -> tuple[dict[str, str], tuple[Flaw, ...]]:
    """The row as it can be stored and shown: bytes that are no text are marked, a cell as long as a book is cut."""
    whole = "".join(values.values())
    if len(whole) <= MAX_CELL and is_clean(whole):
        return values, ()
    flaws, kept = [], {}
    for column, text in values.items():
        if len(text) > MAX_CELL:
            expected = f"a text of at most {MAX_CELL:,} characters; this has {len(text):,}"
            flaws.append(Flaw("huge_field", expected, file=file, row=number, field=column, value=excerpt(text)))
            text = cleaned(text[:KEPT_OF_HUGE]) + "…"
        elif not is_clean(text):
            expected = "text; some of its bytes are none"
            flaws.append(Flaw("not_text", expected, file=file, row=number, field=column, value=excerpt(text)))
            text = cleaned(text)
        kept[column] = text
    return kept, tuple(flaws)


def sheets_of(path: Path, mapping: FeedMapping) -> tuple[list[Sheet], tuple[str, ...], tuple[str, ...]]:
    """Those that the mapping means, notes on how they are read, and the names of the others that hold anything. Which
    of several fitting ones an office means nobody guesses: a sheet of cancelled orders looks like one of orders."""
    if mapping.pull is not None and path.suffix.lower() == ".json":
        page = page_sheet(path, mapping.pull.records, mapping.columns)
        return [page], (page.note,), ()
    sheets = open_sheets(path, mapping.header)
    missing = {s.name: _missing(s, mapping) for s in sheets}
    fitting = [s for s in sheets if not missing[s.name]]
    names = ", ".join(s.name for s in sheets)
    if mapping.sheets and mapping.sheets != EVERY_SHEET:
        unknown = [n for n in mapping.sheets if n not in missing]
        if unknown:
            expected = f"a sheet with rows; there are: {names or 'none with a name'}"
            raise FileError([Flaw("no_such_sheet", expected, file=path.name, value=n) for n in unknown])
        chosen = [s for s in sheets if s.name in mapping.sheets]
        flaws = [f for s in chosen for f in missing[s.name]]
    else:
        chosen = fitting
        flaws = [] if fitting else [f for s in sheets for f in missing[s.name]]
        if len(fitting) > 1 and not mapping.sheets:
            expected = f"sheets: named in the mapping of {mapping.feed}, several have its columns"
            value = ", ".join(s.name for s in fitting)
            raise FileError(Flaw("several_sheets", expected, file=path.name, field="sheets", value=value))
    if flaws:
        raise FileError(flaws)
    left = tuple(s.name for s in sheets if s not in chosen)
    return chosen, (*(s.note for s in chosen), *([f"not read: {', '.join(left)}"] if left else [])), left


def _missing(sheet: Sheet, mapping: FeedMapping) -> list[Flaw]:
    if sheet.flaws or sheet.is_empty:
        return list(sheet.flaws)
    missing = [c for c in mapping.columns if c not in sheet.columns]
    if not missing:
        return []
    top = islice(sheet.rows(), LOOKED_AT) if sheet.header else ()
    place = next((r.number for r in top if {c.strip() for c in r.values.values()} >= {*missing}), 0)
    hint = f"; row {place} has such names (header: {place} in the mapping)" if place else ""
    there, kind = ", ".join(sheet.columns), "column" if sheet.header else "property"
    return [
        Flaw(
            "missing_column",
            f"a {kind} {c!r} for the feed {mapping.feed}; there are: {there}{hint}",
            file=sheet.file,
            row=sheet.header or None,
            field=c,
        )
        for c in missing
    ]


def carried(sheet: Sheet, mapping: FeedMapping) -> str:
    """The system that the file carries, by name, where the mapping trusts it; else ""."""
    if mapping.datum != IN_FILE:
        return ""
    found = crs_reference(sheet.carried) if sheet.carried else "the file carries no coordinate system"
    if isinstance(found, Reference):
        named = find_reference(found.name)
        if isinstance(named, Reference):
            return found.name
        found = f"a system with an EPSG number, the file's own {found.name!r} has none"
    raise FileError(Flaw("unknown_datum", f"{found}; declare datum or crs", file=sheet.file, field="datum"))


@dataclass(frozen=True, slots=True)
class ReadRow:
    value: Incident | QuarantinedRow
    reporter: Reporter | None


def reference_of(mapping: FeedMapping, override: str, file: str) -> Reference | None:
    """The system of all rows, or None where each row names its own."""
    if (mapping.datum_column is not None or mapping.datum == IN_FILE) and not override:
        return None
    found = find_reference(override) if override else find_reference(mapping.datum, mapping.crs)
    if isinstance(found, str):
        raise FileError(
            Flaw("unknown_datum", found, file=file, field="datum", value=override or mapping.datum or mapping.crs)
        )
    check_axes(mapping.place, found, file)
    return found


def known_by(mapping: FeedMapping, override: str, common: Reference | None) -> str:
    """How the datum of rows that nobody has repaired is known, see ``DATUM_KNOWN``; ``common`` is that of all rows."""
    if override and mapping.datum != IN_FILE:
        return "called"
    return "row" if common is None else "declared"


def read_block(
    block: Sequence[Row],
    mapping: FeedMapping,
    box: Box,
    key: bytes,
    file: str,
    file_hash: str,
    override: str,
    repair: Repair | None = None,
) -> list[ReadRow]:
    """Rows as incidents or quarantined rows, in order; coordinates are converted all at once."""
    placed = repair.place if repair is not None else None
    said = "WGS84" if placed is not None else repair.datum if repair is not None else ""
    common = reference_of(mapping, said or override, file)
    known = "placed" if placed else "repaired" if repair else known_by(mapping, override, common)
    zone = ZoneInfo(mapping.time_zone)
    flaws: list[list[Flaw]] = [list(f) for _, _, f in block]
    references: list[Reference | None] = []
    how = [known] * len(block)
    named: dict[int, Candidate] = {}
    gazetteer: Gazetteer | None = None
    xy = np.full((len(block), 2), np.nan)
    for k, (number, values, _) in enumerate(block):
        flaws[k] += _skipped(values, mapping, file, number)
        references.append(common or _row_reference(values, mapping, file, number, flaws[k]))
        swapped_axes = repair is not None and repair.swap_axes
        x, y, flaw = _coordinates(values, mapping.place, file, number, swapped_axes)
        if placed is not None:
            x, y, flaw = placed.lon, placed.lat, None
            flaws[k] = [f for f in flaws[k] if f.reason != "unreadable_geometry"]
        if flaw is not None and flaw.reason == "no_coordinates" and (rule := mapping.by_name) and rule.gazetteer:
            gazetteer = gazetteer or rule.gazetteer()
            found = place_by_name(rule, gazetteer, values, file, number)
            if isinstance(found, Candidate):
                named[k], how[k], references[k] = found, "named", WGS84
                flaws[k] = [f for f in flaws[k] if f.reason != "unknown_datum"]  # there is no number it could be of
                x, y, flaw = *found.place.point, None
            else:
                flaw = found
        if flaw is None and not np.isfinite((x, y)).all():
            # 1e999 in a cell, nan in a WKT: written as numbers, and beyond every box that could refuse them.
            flaw = Flaw(
                "impossible_coordinates",
                "two numbers with an end",
                file=file,
                row=number,
                field=_place_field(mapping.place),
                value=f"{x:g} {y:g}",
            )
        if flaw is None:
            xy[k] = x, y
        elif not any(f.reason == "unreadable_geometry" for f in flaws[k]):
            flaws[k].append(flaw)
    lonlat = _convert(xy, references)
    outside = [
        k
        for k in range(len(block))
        if np.isfinite(xy[k]).all() and references[k] is not None and not box.holds(*lonlat[k])
    ]
    swapped = np.full_like(xy, np.nan)
    if outside:
        swapped[outside] = _convert(xy[outside][:, ::-1], [references[k] for k in outside])
    for k in outside:
        flaws[k].append(_place_flaw(xy[k], lonlat[k], swapped[k], references[k], mapping.place, box, file, block[k][0]))
    return [
        _row(row, f, place, reference, mapping, zone, key, file, file_hash, override, how[k], repair, named.get(k))
        for k, (row, f, place, reference) in enumerate(zip(block, flaws, lonlat, references, strict=True))
    ]


def _skipped(values: Mapping[str, str], mapping: FeedMapping, file: str, number: int) -> list[Flaw]:
    return [
        Flaw(
            s.reason,
            "a report; the office marks this row as none",
            file=file,
            row=number,
            field=s.column,
            value=values.get(s.column, "").strip(),
        )
        for s in mapping.skip
        if values.get(s.column, "").strip() in s.values
    ]


def _row_reference(
    values: Mapping[str, str], mapping: FeedMapping, file: str, number: int, flaws: list[Flaw]
) -> Reference | None:
    coded = mapping.datum_column
    if coded is None:
        expected = "the system that the file carries: the row must be read from its file again"
        flaws.append(Flaw("unknown_datum", expected, file=file, row=number, field="datum"))
        return None
    said = values.get(coded.column, "").strip()
    found = find_reference(coded.map.get(said, said))
    if isinstance(found, str):
        flaws.append(Flaw("unknown_datum", found, file=file, row=number, field=coded.column, value=said))
        return None
    return found


def _coordinates(
    values: Mapping[str, str], place: PlaceColumns, file: str, number: int, swapped: bool = False
) -> tuple[float, float, Flaw | None]:
    """East and north as they stand in the row, NaN with a flaw where there are none; ``swapped``: a person said that
    the two stand the wrong way round."""
    if place == PlaceColumns():
        nan = float("nan")
        return nan, nan, Flaw("no_coordinates", "a place; the feed has no coordinates", file=file, row=number)
    if place.both:
        return _one_cell(values.get(place.both, ""), place, file, number, swapped)
    if not place.wkt:
        a, b = place.pair[::-1] if swapped else place.pair
        return read_pair(values.get(a, ""), values.get(b, ""), (a, b), file, number, angles=bool(place.lon))
    x, y, flaw = _of_wkt(values, place, file, number)
    return (y, x, flaw) if swapped else (x, y, flaw)


def _one_cell(
    text: str, place: PlaceColumns, file: str, number: int, swapped: bool
) -> tuple[float, float, Flaw | None]:
    nan = float("nan")
    if not text.strip():
        return nan, nan, Flaw("no_coordinates", "two coordinates, the cell is empty", file, number, place.both)
    first = "lon" if bool(place.lonlat) != swapped else "lat"
    two = read_two(text)
    both = in_order(*two, first) if two else None
    if both is None:
        expected = "two coordinates, such as 91.1,29.6 or 91°7'1\"E 29°39'12\"N"
        return nan, nan, Flaw("impossible_coordinates", expected, file, number, place.both, excerpt(text))
    return both[0], both[1], None


def _of_wkt(values: Mapping[str, str], place: PlaceColumns, file: str, number: int) -> tuple[float, float, Flaw | None]:
    nan = float("nan")
    text = values.get(place.wkt, "")
    geometry, flaw = read_wkt(text, place.wkt, file, number)
    if flaw is not None:
        return nan, nan, flaw
    if geometry is None or geometry.is_empty:
        return nan, nan, Flaw("no_coordinates", "a point", file=file, row=number, field=place.wkt)
    if geometry.geom_type == "MultiPoint" and len(geometry.geoms) == 1:
        geometry = geometry.geoms[0]
    if geometry.geom_type != "Point":
        return (
            nan,
            nan,
            Flaw("geometry_not_a_point", "a point", file=file, row=number, field=place.wkt, value=geometry.geom_type),
        )
    return float(geometry.x), float(geometry.y), None


def _convert(xy: np.ndarray[Any, Any], references: Sequence[Reference | None]) -> np.ndarray[Any, Any]:
    """(n, 2) in WGS 84, each row out of its own system; NaN where there is none."""
    out = np.full(xy.shape, np.nan)
    for reference in {r for r in references if r is not None}:
        mine = np.array([r is reference or r == reference for r in references])
        out[mine] = np.column_stack(reference.to_wgs84(xy[mine, 0], xy[mine, 1]))
    return out


def _place_field(place: PlaceColumns) -> str:
    return "/".join(c for c in (place.lon, place.lat, place.x, place.y, place.wkt, place.both) if c)


def _place_flaw(
    xy: Any,
    lonlat: Any,
    swapped: Any,
    reference: Reference | None,
    place: PlaceColumns,
    box: Box,
    file: str,
    number: int,
) -> Flaw:
    """What is wrong with numbers that do not lie in the city: turned round they would, or they can lie nowhere, or they
    lie elsewhere."""
    columns = _place_field(place)
    value = f"{xy[0]:.10g} {xy[1]:.10g}"
    if box.holds(*swapped):
        return Flaw(
            "swapped_axes",
            "east before north (longitude, latitude): turned round the place lies in the city",
            file=file,
            row=number,
            field=columns,
            value=value,
        )
    lon, lat = (float(v) for v in lonlat)
    impossible = not (abs(lon) <= 180 and abs(lat) <= 90)  # true as well of what is no number
    if reference is not None and reference.geographic and not (abs(xy[0]) <= 180 and abs(xy[1]) <= 90):
        impossible = True
    if impossible:
        return Flaw(
            "impossible_coordinates",
            f"a place on earth in {reference.name if reference else 'WGS84'}",
            file=file,
            row=number,
            field=columns,
            value=value,
        )
    where = (
        f" (in WGS84 {lon:.6f} {lat:.6f})"
        if reference is not None and reference.name not in ("WGS84", "CGCS2000")
        else ""
    )
    return Flaw(
        "outside_city",
        f"a place in the city's box {box.west:g} {box.south:g} {box.east:g} {box.north:g}{where}",
        file=file,
        row=number,
        field=columns,
        value=value,
    )


def _row(
    row: Row,
    flaws: list[Flaw],
    place: Any,
    reference: Reference | None,
    mapping: FeedMapping,
    zone: ZoneInfo,
    key: bytes,
    file: str,
    file_hash: str,
    override: str,
    known: str,
    repair: Repair | None,
    named: Candidate | None = None,
) -> ReadRow:
    number, values, _ = row
    origin = Origin(file, file_hash, number)

    def wrong(reason: str, expected: str, column: str, value: str = "") -> None:
        flaws.append(Flaw(reason, expected, file=file, row=number, field=column, value=value))

    parts = [values.get(c, "").strip() for c in mapping.id]
    if not all(parts):
        wrong("missing_id", "an id", mapping.id[parts.index("")])
    occurred = reported = None
    revision = ""
    attributes: dict[str, Any] = {}
    moments = (("occurred", mapping.occurred), ("reported", mapping.reported), ("corrected", mapping.corrected))
    for name, coded in moments:
        if coded is None:
            continue
        said = values.get(coded.column, "").strip()
        if not said and name != "occurred":
            continue
        try:
            moment, day_only = read_moment(said, zone, coded.format)
        except (ValueError, OverflowError) as e:
            expected = f"{e}; {EXCEL_COUNT}" if _COUNT_OF_DAYS.fullmatch(said) else str(e)
            wrong("unreadable_date", expected, coded.column, said)
            continue
        if name == "occurred":
            occurred = moment
            if day_only:
                attributes["day_only"] = True
        elif name == "reported":
            reported = moment
        else:
            revision = revised(moment)
    if occurred and reported and occurred - reported > REPORTED_BEFORE:
        wrong(
            "reported_before_occurred",
            "a report not more than a day before the act",
            mapping.occurred.column,
            values.get(mapping.occurred.column, ""),
        )
    category = word_of(mapping.category, values, "unknown_category", "a category of the mapping", wrong)
    source = word_of(
        mapping.source,
        values,
        "unknown_source",
        "a source of the mapping",
        wrong,
        SOURCES,
    )
    accuracy = number_of(mapping.accuracy, values, wrong) or 0.0
    if repair is not None and repair.place is not None:
        accuracy = repair.accuracy_m
    if named is not None:
        accuracy = named.radius_m
        attributes[PLACED_BY] = placed_by(named, mapping, values)
    if accuracy < 0:
        wrong("not_a_number", "metres, at least 0", mapping.accuracy.column, f"{accuracy:g}")
    for name, coded in mapping.attributes.items():
        attributes |= attribute_of(name, coded, values, wrong)
    evidence = evidence_of(mapping.evidence, values, wrong) if mapping.evidence else frozenset()
    reporter = reporter_of(values, mapping.reporter, mapping.feed, key) if mapping.reporter else None
    shifted = bool(mapping.reporter) and any(f.reason in ("too_many_cells", "broken_row") for f in flaws)
    broken = any(f.reason == "broken_row" for f in flaws)
    kept = masked(values, mapping, key, override, shifted, broken) if flaws else values
    # What is wrong with a name or a telephone number is said without them.
    named_there = mapping.reporter.values() if mapping.reporter else ()
    flaws = [replace(f, value="") if shifted or f.field in named_there else f for f in flaws]
    # Of cells that moved along nobody knows that they name a person.
    person = reporter if reporter is not None and (reporter.name or reporter.phone) and not shifted else None
    if flaws:
        return ReadRow(QuarantinedRow(mapping.feed, origin, tuple(flaws), kept), person)
    assert occurred is not None and reference is not None
    text = " ".join(said for c in mapping.text if (said := values.get(c, "").strip()))
    return ReadRow(
        Incident(
            feed=mapping.feed,
            source_id=ID_JOIN.join(parts),
            source=source,
            category=category,
            text=text,
            occurred=occurred,
            reported=reported or occurred,
            lon=float(place[0]),
            lat=float(place[1]),
            accuracy_m=accuracy,
            datum=reference.datum,
            origin=origin,
            reporter=reporter.key if reporter else None,
            evidence=evidence,
            attributes=attributes,
            datum_known=known,
            revision=revision,
        ),
        person,
    )


def word_of(
    coded: Coded, values: Mapping[str, str], reason: str, expected: str, wrong: Any, allowed: Sequence[str] = ()
) -> str:
    said = values.get(coded.column, "").strip() if coded.column else ""
    if said in coded.map:
        return coded.map[said]
    if not said and coded.value:
        return coded.value
    if said and not coded.map and (not allowed or said in allowed):
        return said
    if coded.otherwise:
        return coded.otherwise
    words = list(coded.map or allowed)
    # A mapping of eighty words would bury the one that matters; the person who mends it has the file open anyway.
    more = f" and {len(words) - WORDS_SHOWN} more in its map" if len(words) > WORDS_SHOWN else ""
    wrong(reason, f"{expected}: {', '.join(words[:WORDS_SHOWN]) or 'a word'}{more}", coded.column, said)
    return ""


def attribute_of(name: str, coded: Coded, values: Mapping[str, str], wrong: Any) -> dict[str, Any]:
    """The attribute under its name, {} for an empty cell. An identifier that fails its check belongs to nobody: it is
    never carried where a register could be matched with it. The report stands all the same, unless the mapping is
    strict, and what was written and what is wrong with it go along as ``<name>_flaw``."""
    if coded.kind == "number":
        number = number_of(coded, values, wrong)
        return {} if number is None else {name: number}
    said = values.get(coded.column, "").strip()
    value = coded.map.get(said, said)
    if not value:
        return {}
    check = CHECKS.get(coded.kind)
    flaw = check(value) if check else None
    if flaw is None:
        return {name: value}
    if coded.strict:
        wrong("wrong_identifier", flaw, coded.column, said)
        return {}
    return {f"{name}_flaw": f"{excerpt(said)}: {flaw}"}


def place_by_name(
    rule: PlaceByName, gazetteer: Gazetteer, values: Mapping[str, str], file: str, number: int
) -> Candidate | Flaw:
    """The place that a row names, or why it stays in quarantine, with the candidates named."""
    found = rule.find(gazetteer, values)
    if found.place is not None:
        return found.place
    said = " ".join(t for c in rule.text if (t := values.get(c, "").strip()))
    return Flaw(found.reason, found.why, file=file, row=number, field="/".join(rule.text), value=excerpt(said))


def placed_by(found: Candidate, mapping: FeedMapping, values: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of how a report was placed; ``said`` stands for the words that it was placed by."""
    columns = mapping.by_name.text if mapping.by_name else ()
    said = "\x1f".join(letters_of(values.get(c, "")).text for c in columns)
    p = found.place
    return {
        "name": p.name,
        "level": p.level,
        "score": found.score,
        "layer": p.layer,
        "id": p.id,
        "why": found.why,
        "said": hashlib.sha256(said.encode()).hexdigest()[:16],
    }


def number_of(coded: Coded, values: Mapping[str, str], wrong: Any) -> float | None:
    said = (values.get(coded.column, "").strip() if coded.column else "") or coded.value
    if not said:
        return None
    try:
        number = float(said)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number) or "_" in said:
        wrong("not_a_number", "a number", coded.column, said)
        return None
    return number


def evidence_of(coded: Coded, values: Mapping[str, str], wrong: Any) -> frozenset[str]:
    said = values.get(coded.column, "")
    found = set()
    for word in said.split(coded.separator) if coded.separator else [said]:
        kind = coded.map.get(word.strip(), word.strip())
        if not kind:
            continue
        if kind in EVIDENCE:
            found.add(kind)
        else:
            wrong("unknown_evidence", f"one of {', '.join([*coded.map, *EVIDENCE])}", coded.column, word.strip())
    return frozenset(found)


def source_id_of(values: Mapping[str, str], mapping: FeedMapping) -> str:
    """The office's own id of a row; a column without a word counts as empty."""
    return ID_JOIN.join(values.get(c, "").strip() for c in mapping.id)


# ---- reporters ---------------------------------------------------------------------------------------------------


_NO_DIGIT = re.compile(r"\D")
_KEPT_KEY = re.compile(re.escape(KEPT_APART) + "r[0-9a-f]{24}")


def reporter_of(values: Mapping[str, str], columns: Mapping[str, str], feed: str, key: bytes) -> Reporter | None:
    """The person behind a report: told apart by the office's own number if there is one, else by telephone, else by
    name. Two people of one name then count as one, which errs on the side of fewer leads."""
    said = {k: values.get(c, "").strip() for k, c in columns.items()}
    for word in said.values():
        # Whatever else comes in these words was typed by somebody, and would be stored as it is.
        if _KEPT_KEY.fullmatch(word):
            return Reporter(word.removeprefix(KEPT_APART))
    phone = said.get("phone", "")
    digits = phone if phone.isascii() and phone.isdigit() else _NO_DIGIT.sub("", phone)
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if said.get("id"):
        mark = f"id\x1f{feed}\x1f{said['id']}"
    elif len(digits) >= 7:
        mark = f"phone\x1f{digits}"
    elif said.get("name"):
        # A telephone number that the office has masked still tells people of one name apart.
        mark = "name\x1f" + "".join(said["name"].split()) + (f"\x1f{phone}" if phone else "")
    else:
        return None
    # Bytes that are no text go to quarantine with their row; here they must only not stop it.
    told = mark.encode("utf-8", "surrogatepass")
    return Reporter("r" + hmac.digest(key, told, "sha256").hex()[:24], said.get("name", ""), phone)


def masked(
    values: Mapping[str, str],
    mapping: FeedMapping,
    key: bytes,
    override: str,
    shifted: bool = False,
    broken: bool = False,
) -> dict[str, str]:
    """The row without the reporter's own words: a page that shows quarantine must not show who reported."""
    raw = dict(values)
    if override:
        raw[DATUM_CALLED] = override
    if mapping.reporter:
        reporter = reporter_of(values, mapping.reporter, mapping.feed, key)
        if shifted:
            # A stray comma moves cells along: from the reporter's columns on nobody knows what stands where. A stray
            # quote swallows them: nobody knows it from the first.
            columns = list(values)
            first = 0 if broken else min(columns.index(c) for c in mapping.reporter.values() if c in columns)
            raw |= {c: KEPT_APART.strip() for c in columns[first:] if raw.get(c, "").strip()}
            return raw
        for column in mapping.reporter.values():
            if raw.get(column, "").strip():
                raw[column] = f"{KEPT_APART}{reporter.key}" if reporter else KEPT_APART.strip()
    return raw
