"""From the rows of a layer file to the features of one version: which are taken, repaired, noted or rejected.

Pure: the rows come in with their geometry in WGS 84 already, nothing is read and nothing is stored, except by
``store_layer`` at the end, which writes what was decided in one transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.config import LayerSource
from geo_monitor.domain.layer import Feature, Field, Layer, LayerVersion, RejectedFeature
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import Words
from geo_monitor.errors import FileError, Flaw
from geo_monitor.services.dates import EXPECTED_DAY, read_day
from geo_monitor.services.ports import Store

#: Names that any layer's mapping may use beside the layer's own fields: where the place stands, and what is said
#: about the feature itself.
PLACE_NAMES = ("lon", "lat", "x", "y", "wkt")
FEATURE_NAMES = ("valid_from", "valid_to", "accuracy_m", "synthetic")

#: Layers may run past the city's box (a river does), but a feature that lies wholly further out than this many
#: degrees is in the wrong place.
FAR_DEGREES = 2.0
#: A register row without a place may also hang on its premises by an identifier that both offices write.
LINK_IDENTIFIERS = ("credit_code",)
#: What reading says of a place that it could not make out.
PLACE_FAULTS = ("no_coordinates", "impossible_coordinates", "unreadable_geometry")
#: Ways of writing "no end" in a register.
FOREVER = ("长期", "长期有效", "永久", "无固定期限", "permanent", "9999-12-31")
TRUE_WORDS, FALSE_WORDS = ("true", "1", "yes", "y", "是", "有"), ("false", "0", "no", "n", "否", "无")
#: After so many notes of one kind the rest is only counted.
NOTES_SPELLED = 20
#: A version whose zones were drawn, not published, says so in place of a file name.
DERIVED_FILE = "derived:"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a layer file. ``number`` is the row as a person counts it; ``values`` are as the file gave them;
    ``geometry`` is in WGS 84 and may be invalid; ``flaws`` are what reading found already."""

    number: int
    values: Mapping[str, Any]
    geometry: BaseGeometry | None = None
    flaws: tuple[Flaw, ...] = ()


class LoadedLayer(NamedTuple):
    version: LayerVersion
    features: list[Feature]
    rejected: list[RejectedFeature]


def build_layer(
    layer: Layer,
    rows: Iterable[SourceRow],
    source: LayerSource,
    *,
    file: str,
    file_hash: str,
    datum: str,
    at: datetime,
    box: Box,
    columns: Sequence[str],
    known_parents: Collection[str] | None = None,
    notes: Sequence[str] = (),
) -> LoadedLayer:
    """The version, its features sorted by id, and the rows that were not taken, in order of the file.

    ``columns`` are those of the file, ``datum`` the name of the system that was declared, ``known_parents`` the ids of
    the parent layer (None: do not check). Raises FileError if the mapping speaks of a field or column that does not
    exist, or a required field has no column: such a file is not the layer it was said to be, and nothing of it is
    taken."""
    reading = _Mapping(layer, source, columns, file)
    remarks = _Remarks(notes)
    rejected: list[RejectedFeature] = []

    def reject(row: SourceRow, flaws: Sequence[Flaw]) -> None:
        raw = {k: as_text(v) for k, v in row.values.items()}
        rejected.append(RejectedFeature(layer.name, file, file_hash, row.number, tuple(flaws), raw))

    taken = _choose_latest(_matching(rows, source, remarks), reading, remarks, reject)
    candidates: list[tuple[SourceRow, Feature]] = []
    for row in taken:
        feature, flaws = _feature(row, reading, box, known_parents, remarks)
        if feature is None or flaws:
            reject(row, flaws)
        else:
            candidates.append((row, feature))
    features = _one_each(candidates, reading, remarks, reject)
    rejected.sort(key=lambda r: r.row)
    version = LayerVersion(
        layer=layer.name,
        file=file,
        file_hash=file_hash,
        source=source.source,
        licence=source.licence,
        loaded_at=at,
        datum=datum,
        features=len(features),
        quarantined=len(rejected),
        notes=remarks.lines(),
        synthetic=source.synthetic or any(f.synthetic for f in features),
        fingerprint=fingerprint(layer, source),
    )
    return LoadedLayer(version, features, rejected)


def fingerprint(layer: Layer, source: LayerSource) -> str:
    """A hash of how the file is read: the same file mapped otherwise, or held to other rules, is another version."""
    said = [
        dict(source.map),
        dict(source.constants),
        {k: list(v) for k, v in source.where.items()},
        source.order_by,
        source.accuracy_m,
        source.synthetic,
        list(layer.geometry),
        layer.id_field,
        layer.title_field,
        layer.parent_field,
        [[z.name, str(z.derived)] for z in layer.zones],
        [
            [f.name, f.kind, f.required, list(f.choices), f.strict, getattr(f.check, "__name__", "")]
            for f in layer.fields
        ],
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:12]


def as_text(value: Any) -> str:
    """A value of a file as text: nothing is "", whole floats of typed formats lose their point."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value).strip()


# ---- which column says what -------------------------------------------------------------------------------------


class _Mapping:
    """Field → column or constant, checked once against the columns that the file has."""

    def __init__(self, layer: Layer, source: LayerSource, columns: Sequence[str], file: str) -> None:
        self.layer, self.source, self.file = layer, source, file
        self.fields = {f.name: f for f in layer.fields}
        known = [*self.fields, *FEATURE_NAMES, *PLACE_NAMES]
        flaws = []
        for name, column in source.map.items():
            if name not in known:
                flaws.append(
                    Flaw(
                        "unknown_field",
                        f"a field of the layer {layer.name}: {', '.join(known)}",
                        file=file,
                        field=f"map.{name}",
                        value=column,
                    )
                )
            elif column not in columns:
                flaws.append(
                    Flaw(
                        "missing_column",
                        f"a column of the file: {', '.join(columns)}",
                        file=file,
                        field=f"map.{name}",
                        value=column,
                    )
                )
        for name, value in source.constants.items():
            if name not in self.fields and name not in FEATURE_NAMES:
                flaws.append(
                    Flaw(
                        "unknown_field",
                        f"a field of the layer {layer.name}",
                        file=file,
                        field=f"constants.{name}",
                        value=value,
                    )
                )
        self.order = tuple(c.strip() for c in source.order_by.split(",") if c.strip())
        there_are = f"a column of the file: {', '.join(columns)}"
        flaws += [
            Flaw("missing_column", there_are, file=file, field=setting, value=column)
            for setting, asked in (("where", tuple(source.where)), ("order_by", self.order))
            for column in asked
            if column not in columns
        ]
        self.columns = {
            name: source.map.get(name) or (name if name in columns else "") for name in (*self.fields, *FEATURE_NAMES)
        }
        flaws += [
            Flaw(
                "missing_column",
                f"a column for the required field {f.name} ({f.title.en}); map it to one of: {', '.join(columns)}",
                file=file,
                field=f.name,
            )
            for f in layer.fields
            if f.required and not self.columns[f.name] and f.name not in source.constants
        ]
        if not columns:
            # A feature collection without features names no columns, and is an answer: no permit was given.
            flaws = [f for f in flaws if f.reason != "missing_column"]
            self.columns = dict.fromkeys(self.columns, "")
        if flaws:
            raise FileError(flaws)

    def text(self, row: SourceRow, name: str) -> str:
        column = self.columns.get(name, "")
        said = as_text(row.values.get(column)) if column else ""
        return said or self.source.constants.get(name, "")

    def flaw(self, row: SourceRow, reason: str, expected: str, name: str = "", value: str = "") -> Flaw:
        column = self.columns.get(name, "")
        shown = name if column in ("", name) else f"{name} (column {column})"
        return Flaw(reason, expected, file=self.file, row=row.number, field=shown, value=value)

    def id_of(self, row: SourceRow) -> str:
        return self.text(row, self.layer.id_field)

    @property
    def id_required(self) -> bool:
        f = self.fields.get(self.layer.id_field)
        return f is None or f.required


class _Remarks:
    """Notes of a load: each kind is spelled out for its first rows, then counted."""

    def __init__(self, first: Sequence[str]) -> None:
        self.first = list(first)
        self.kinds: dict[str, list[str]] = {}

    def add(self, kind: str, line: str) -> None:
        self.kinds.setdefault(kind, []).append(line)

    def lines(self) -> tuple[str, ...]:
        out = list(self.first)
        for kind, said in self.kinds.items():
            out += said[:NOTES_SPELLED]
            if len(said) > NOTES_SPELLED:
                out.append(f"{kind}: {len(said) - NOTES_SPELLED} more rows")
        return tuple(out)


# ---- which rows ---------------------------------------------------------------------------------------------------


def _matching(rows: Iterable[SourceRow], source: LayerSource, remarks: _Remarks) -> list[SourceRow]:
    taken, left = [], 0
    for row in rows:
        if all(as_text(row.values.get(c)) in allowed for c, allowed in source.where.items()):
            taken.append(row)
        else:
            left += 1
    if left:
        asked = "; ".join(f"{c} in ({', '.join(v)})" for c, v in source.where.items())
        remarks.add("where", f"{left} rows left out: taken are only those with {asked}")
    return taken


def _choose_latest(rows: list[SourceRow], reading: _Mapping, remarks: _Remarks, reject: Any) -> list[SourceRow]:
    """With ``order_by``: of the rows with one id those with the greatest value. The choice comes before any other
    check, so that an old row never stands in for a newer one that is faulty."""
    if not reading.order:
        return rows
    by_id: dict[str, list[SourceRow]] = {}
    for row in rows:
        by_id.setdefault(reading.id_of(row), []).append(row)
    kinds = [_order_kind(rows, column) for column in reading.order]
    taken, older = [], 0
    for feature_id, group in by_id.items():
        if len(group) == 1 or not feature_id:
            taken += group
            continue
        ranked = []
        for row in group:
            said = [as_text(row.values.get(c)) for c in reading.order]
            if "" in said:
                column = reading.order[said.index("")]
                reject(
                    row,
                    [
                        Flaw(
                            "no_order",
                            f"a value, because several rows have the id {feature_id}",
                            file=reading.file,
                            row=row.number,
                            field=column,
                        )
                    ],
                )
            else:
                ranked.append((tuple(kind(v) for kind, v in zip(kinds, said, strict=True)), row))
        if ranked:
            greatest = max(key for key, _ in ranked)
            latest = [row for key, row in ranked if key == greatest]
            taken += latest
            older += len(ranked) - len(latest)
    if older:
        remarks.add(
            "order_by",
            f"{older} older rows left out: of the rows with one id the latest by {', '.join(reading.order)} counts",
        )
    return sorted(taken, key=lambda r: r.number)


def _order_kind(rows: Sequence[SourceRow], column: str) -> Any:
    """How the values of a column are compared: as numbers if all are, else as days if all are, else as text."""
    said = {as_text(r.values.get(column)) for r in rows} - {""}
    for kind in (float, read_day):
        try:
            for v in said:
                kind(v)
        except ValueError:
            continue
        return kind
    return str


# ---- one row --------------------------------------------------------------------------------------------------------


def _feature(
    row: SourceRow, reading: _Mapping, box: Box, known_parents: Collection[str] | None, remarks: _Remarks
) -> tuple[Feature | None, list[Flaw]]:
    layer = reading.layer
    flaws = list(row.flaws)
    properties: dict[str, Any] = {}
    for f in layer.fields:
        value, wrong = _value(row, f, reading, remarks)
        # A row without an id is told as that before all else: mostly it is an empty line of somebody's join.
        flaws = [*wrong, *flaws] if f.name == layer.id_field else [*flaws, *wrong]
        if value is not None:
            properties[f.name] = value
    geometry, wrong = _geometry(row, reading, box, remarks)
    flaws += wrong
    valid_from, valid_to = (_open_day(row, name, reading, flaws) for name in ("valid_from", "valid_to"))
    if valid_from and valid_to and valid_to < valid_from:
        flaws.append(
            reading.flaw(row, "validity_reversed", f"a day not before {valid_from}", "valid_to", str(valid_to))
        )
    accuracy = _accuracy(row, reading, flaws)
    synthetic = reading.source.synthetic or reading.text(row, "synthetic").lower() in TRUE_WORDS
    parent = str(properties.get(layer.parent_field, "")) if layer.parent_field else ""
    if layer.parent_field and known_parents is not None and parent and parent not in known_parents:
        flaws.append(
            reading.flaw(
                row, "unknown_parent", f"the id of a feature of the layer {layer.parent}", layer.parent_field, parent
            )
        )
    if (
        layer.parent_field
        and layer.parent
        and not parent
        and not any(f.field.startswith(layer.parent_field) for f in flaws)
    ):
        flaws.append(
            reading.flaw(row, "missing_value", f"the id of a feature of the layer {layer.parent}", layer.parent_field)
        )
    feature_id = str(properties.get(layer.id_field, ""))
    named = bool(feature_id)
    if not feature_id and not flaws:
        if reading.id_required:
            flaws.append(reading.flaw(row, "missing_id", "an id", layer.id_field))
        else:
            feature_id = _id_from_content(layer, geometry, properties)
            properties[layer.id_field] = feature_id
            remarks.add("no id", f"row {row.number}: no id, {feature_id} made from its content")
    for name in FEATURE_NAMES:  # they stand on the feature itself; two copies could come to disagree
        properties.pop(name, None)
    if flaws:
        return None, flaws
    return Feature(
        layer=layer.name,
        id=feature_id,
        title=_title(layer, properties, feature_id if named else ""),
        geometry=geometry,
        properties=properties,
        valid_from=valid_from,
        valid_to=valid_to,
        parent=parent,
        synthetic=synthetic,
        accuracy_m=accuracy,
    ), []


def _value(row: SourceRow, f: Field, reading: _Mapping, remarks: _Remarks) -> tuple[Any, list[Flaw]]:
    """The typed value (None: nothing said), and what is wrong with it. A wrong value of a field that is not strict is
    kept as the text it is, and noted."""
    said = reading.text(row, f.name)
    if not said:
        if f.required:
            reason = "missing_id" if f.name == reading.layer.id_field else "missing_value"
            return None, [reading.flaw(row, reason, f"a value: {f.title.zh} / {f.title.en}", f.name)]
        return None, []
    value, reason, expected = read_value(f, said)
    if not reason:
        return value, []
    if f.strict:
        return None, [reading.flaw(row, reason, expected, f.name, said)]
    remarks.add(f"{f.name} {reason}", f"row {row.number}: {f.name} {said!r} kept; expected {expected} [{reason}]")
    return said, []


def read_value(f: Field, said: str) -> tuple[Any, str, str]:
    """(value, "", "") or (None, reason, what was expected). Days are kept as ISO text, as they are stored."""
    if f.kind == "number":
        try:
            number = float(said)
        except ValueError:
            return None, "not_a_number", "a number"
        if number != number or abs(number) == float("inf") or "_" in said:
            return None, "not_a_number", "a number"
        return (int(number) if number.is_integer() and abs(number) < 1e15 else number), "", ""
    if f.kind == "date":
        if said.lower() in FOREVER:
            return None, "", ""
        try:
            return read_day(said).isoformat(), "", ""
        except ValueError as e:
            return None, "unreadable_date", str(e)
    if f.kind == "flag":
        if said.lower() in TRUE_WORDS:
            return True, "", ""
        if said.lower() in FALSE_WORDS:
            return False, "", ""
        return None, "not_a_flag", "true or false (是 / 否)"
    if f.kind == "choice" and said not in f.choices:
        return None, "unknown_choice", f"one of {', '.join(f.choices)}"
    wrong = f.check(said) if f.check else None
    return (None, "wrong_identifier", wrong) if wrong else (said, "", "")


def _open_day(row: SourceRow, name: str, reading: _Mapping, flaws: list[Flaw]) -> date | None:
    said = reading.text(row, name)
    if not said or said.lower() in FOREVER:
        return None
    try:
        return read_day(said)
    except ValueError:
        if name not in reading.fields:  # a declared field has told the fault already
            flaws.append(reading.flaw(row, "unreadable_date", EXPECTED_DAY, name, said))
        return None


def _accuracy(row: SourceRow, reading: _Mapping, flaws: list[Flaw]) -> float:
    said = reading.text(row, "accuracy_m")
    if not said:
        return reading.source.accuracy_m
    value, reason, _ = read_value(_METRES, said)
    if not reason and value >= 0:
        return float(value)
    flaws.append(reading.flaw(row, "not_a_number", "metres, at least 0", "accuracy_m", said))
    return 0.0


_METRES = Field("accuracy_m", Words("精度(米)", "Accuracy in metres"), kind="number")


def _title(layer: Layer, properties: Mapping[str, Any], feature_id: str) -> Words:
    """The title field in both languages (``name_zh`` has its twin ``name_en``); a feature without a name is called
    by its layer and id, one without either is called unnamed."""
    name = layer.title_field
    twin = (
        {"zh": name[:-3] + "_zh", "en": name[:-3] + "_en", "bo": name[:-3] + "_bo"}
        if name.endswith(("_zh", "_en"))
        else {}
    )
    said = {k: str(properties[n]) for k, n in twin.items() if properties.get(n)}
    if said.get("zh") or said.get("en"):
        return Words.of(said)
    if properties.get(name) and name != layer.id_field:
        return Words.of(str(properties[name]))
    if not feature_id:
        return Words(f"{layer.title.zh}(未命名)", f"{layer.title.en} (unnamed)")
    return Words(f"{layer.title.zh} {feature_id}", f"{layer.title.en} {feature_id}")


def _id_from_content(layer: Layer, geometry: BaseGeometry | None, properties: Mapping[str, Any]) -> str:
    shape = "" if geometry is None else shapely.to_wkb(shapely.normalize(geometry), hex=True)
    said = json.dumps([layer.name, shape, properties], sort_keys=True, ensure_ascii=False, default=str)
    return f"x{hashlib.sha256(said.encode()).hexdigest()[:12]}"


# ---- the shape
# --------------------------------------------------------------------------------------------------------

_KINDS = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "LinearRing": "line",
    "MultiLineString": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}


def _geometry(row: SourceRow, reading: _Mapping, box: Box, remarks: _Remarks) -> tuple[BaseGeometry | None, list[Flaw]]:
    layer, shape = reading.layer, row.geometry

    def wrong(reason: str, expected: str, value: str = "") -> tuple[None, list[Flaw]]:
        return None, [reading.flaw(row, reason, expected, "geometry", value)]

    if any(f.reason in PLACE_FAULTS for f in row.flaws):  # told already; "no geometry" would be told twice
        return None, []
    if shape is None or shape.is_empty:
        if layer.register:
            if any(reading.text(row, name) for name in (layer.link_field, *LINK_IDENTIFIERS) if name in reading.fields):
                return None, []
            return wrong(
                "no_place",
                f"a geometry, or the {layer.link_field or 'id'} of the {layer.links_to or 'premises'} it belongs to",
            )
        return (None, []) if not layer.geometry else wrong("no_geometry", f"a geometry ({', '.join(layer.geometry)})")
    if not layer.geometry:
        return None, []
    west, south, east, north = shape.bounds
    bounds = f"{west:.5f} {south:.5f} {east:.5f} {north:.5f}"
    swapped = Box(south, west, north, east)
    if (
        not _near(shape.bounds, box)
        and box.west <= swapped.west <= swapped.east <= box.east
        and box.south <= swapped.south <= swapped.north <= box.north
    ):
        return wrong("swapped_axes", "longitude first, then latitude: the other way round it lies in the city", bounds)
    if not all(abs(v) <= limit for v, limit in zip((west, south, east, north), (180, 90, 180, 90), strict=True)):
        return wrong("impossible_coordinates", "degrees: longitude from -180 to 180, latitude from -90 to 90", bounds)
    if not _near(shape.bounds, box):
        return wrong(
            "far_from_city",
            f"a place within {FAR_DEGREES:g} degrees of the city's box "
            f"({box.west:g} {box.south:g} {box.east:g} {box.north:g}), not wholly outside",
            bounds,
        )
    kind = _KINDS.get(shape.geom_type)
    if kind is None:
        shape = _only(shape, layer.geometry)
        if shape is None:
            return wrong("wrong_geometry", f"a geometry of kind {' or '.join(layer.geometry)}", row.geometry.geom_type)  # type: ignore[union-attr]
        remarks.add(
            "collection", f"row {row.number}: of a collection only its {_KINDS[shape.geom_type]} parts were kept"
        )
        kind = _KINDS[shape.geom_type]
    if kind not in layer.geometry:
        return wrong("wrong_geometry", f"a geometry of kind {' or '.join(layer.geometry)}", shape.geom_type)
    if not shape.is_valid:
        fault = shapely.is_valid_reason(shape)
        mended = _only(shapely.make_valid(shape), (kind,))
        if mended is None:
            return wrong("invalid_geometry", f"a valid {kind}; nothing of it is left after repair", fault)
        change = ""
        if kind == "polygon" and shape.area > 0:
            change = f", area {100 * (mended.area / shape.area - 1):+.2f} %"
        remarks.add("repaired", f"row {row.number}: invalid geometry repaired ({fault}{change})")
        shape = mended
    if kind == "point" and shape.geom_type == "MultiPoint":
        points = shape.geoms
        if len(points) > 1:
            return wrong("several_points", "one point a row", f"{len(points)} points")
        shape = points[0]
    return shape, []


def _near(bounds: tuple[float, float, float, float], box: Box) -> bool:
    west, south, east, north = bounds
    return (
        west <= box.east + FAR_DEGREES
        and east >= box.west - FAR_DEGREES
        and south <= box.north + FAR_DEGREES
        and north >= box.south - FAR_DEGREES
    )


def _only(shape: BaseGeometry, kinds: Collection[str]) -> BaseGeometry | None:
    """The parts of the first of ``kinds`` that there is, as one geometry; None if there is none."""
    parts = [p for p in shapely.get_parts(_flat(shape)) if not p.is_empty]
    for kind in kinds:
        kept = [p for p in parts if _KINDS.get(p.geom_type) == kind]
        if kept:
            return kept[0] if len(kept) == 1 else shapely.union_all(kept) if kind == "polygon" else _multi(kept)
    return None


def _flat(shape: BaseGeometry) -> BaseGeometry:
    parts = []
    waiting = [shape]
    while waiting:
        one = waiting.pop()
        if hasattr(one, "geoms"):
            waiting += list(one.geoms)[::-1]
        else:
            parts.append(one)
    return shapely.geometrycollections(parts)


def _multi(parts: list[BaseGeometry]) -> BaseGeometry:
    maker = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings}
    made: BaseGeometry = maker[parts[0].geom_type](parts)
    return made


# ---- one feature an id
# --------------------------------------------------------------------------------------------------


def _one_each(
    candidates: list[tuple[SourceRow, Feature]], reading: _Mapping, remarks: _Remarks, reject: Any
) -> list[Feature]:
    """Rows that say the same of one id are one feature; rows that disagree are all rejected, because the order of a
    file must not decide which of them is right."""
    by_id: dict[str, list[tuple[SourceRow, Feature]]] = {}
    for row, feature in candidates:
        by_id.setdefault(feature.id, []).append((row, feature))
    features = []
    for feature_id, group in by_id.items():
        if len(group) > 1 and len({_content(f) for _, f in group}) > 1:
            rows = ", ".join(str(r.number) for r, _ in group)
            for row, _ in group:
                reject(
                    row,
                    [
                        reading.flaw(
                            row,
                            "id_reused",
                            f"one content for an id; rows {rows} disagree (order_by = a column keeps the latest)",
                            reading.layer.id_field,
                            feature_id,
                        )
                    ],
                )
            continue
        for row, _ in group[1:]:
            remarks.add("repeated", f"row {row.number}: repeats row {group[0][0].number} (id {feature_id}), taken once")
        features.append(group[0][1])
    return sorted(features, key=lambda f: f.id)


def _content(f: Feature) -> str:
    shape = "" if f.geometry is None else shapely.to_wkb(f.geometry, hex=True)
    return json.dumps(
        [f.title.as_dict(), shape, f.properties, f.valid_from, f.valid_to, f.parent, f.synthetic, f.accuracy_m],
        sort_keys=True,
        default=str,
    )


# ---- storing
# --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LayerLoadReport:
    """What a load brought. ``changed`` is False if this very version was the current one already; ``zones`` are the
    versions of derived zones that were drawn with it."""

    version: LayerVersion
    changed: bool
    rejected: tuple[RejectedFeature, ...]
    zones: tuple[LayerVersion, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        v = self.version
        return {
            "layer": v.layer,
            "version": v.id,
            "changed": self.changed,
            "features": v.features,
            "rejected": v.quarantined,
            "reasons": dict(self.reasons),
            "datum": v.datum,
            "file": v.file,
            "notes": list(v.notes),
            "zones": [{"layer": z.layer, "version": z.id, "features": z.features} for z in self.zones],
        }


def is_published(version: LayerVersion) -> bool:
    """Whether the version was read from a file; zones that the house drew itself were not."""
    return not version.file.startswith(DERIVED_FILE)


def store_layer(
    store: Store, loaded: LoadedLayer, zones: Sequence[tuple[LayerVersion, list[Feature]]] = ()
) -> LayerLoadReport:
    """Makes the loaded version and its derived zones current, in one transaction. Zones that the city has published
    (a version that was read from a file) are never replaced by derived ones."""
    drawn = []
    with store.writing() as records:
        changed = records.add_layer(loaded.version, loaded.features, loaded.rejected)
        published = {v.layer for v in records.layer_versions() if is_published(v)}
        for version, features in zones:
            if version.layer not in published:
                records.add_layer(version, features)
                drawn.append(version)
    reasons: dict[str, int] = {}
    for r in loaded.rejected:
        reasons[r.flaws[0].reason] = reasons.get(r.flaws[0].reason, 0) + 1
    return LayerLoadReport(loaded.version, changed, tuple(loaded.rejected), tuple(drawn), reasons)
