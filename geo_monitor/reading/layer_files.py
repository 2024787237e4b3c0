"""Layers that a workspace adds without Python: the definition of a layer in YAML."""

from __future__ import annotations

import re
from pathlib import Path

from geo_monitor.domain.layer import Derived, Field, Layer, Style
from geo_monitor.domain.place import PLACE_LEVELS
from geo_monitor.domain.words import Words
from geo_monitor.reading.identifiers import CHECKS
from geo_monitor.reading.lined import Book, Part, open_part, yaml_files
from geo_monitor.services.load_layer import FEATURE_NAMES, PLACE_NAMES

KINDS = ("text", "number", "date", "choice", "flag")
GEOMETRIES = ("point", "line", "polygon")
LAYER_KEYS = (
    "name",
    "title",
    "geometry",
    "id",
    "label",
    "aliases",
    "fields",
    "style",
    "zones",
    "register",
    "links_to",
    "link_field",
    "note",
    "place_level",
)
ZONE_KEYS = (
    "name",
    "title",
    "geometry",
    "id",
    "label",
    "aliases",
    "fields",
    "style",
    "parent_field",
    "derived",
    "note",
)
FIELD_KEYS = ("name", "title", "kind", "required", "choices", "check", "strict", "as_of_today", "planned")
STYLE_KEYS = ("colour", "fill", "weight", "dash", "radius", "min_zoom")
DERIVED_KEYS = ("width_m", "width_field", "basis")


# ---- definitions ------------------------------------------------------------------------------------------------


def read_layer_definitions(folder: Path) -> list[Layer]:
    """The layers that a workspace adds (or puts in place of a shipped one of the same name), one YAML file each, by
    file name; [] if there is no such folder. Raises FileError with every fault of every file: file, line, key, what
    was expected."""
    book = Book()
    layers: list[Layer] = []
    seen: dict[str, str] = {}
    for path in yaml_files(folder):
        part = open_part(path, book)
        if part is None:
            continue
        layer = _layer(part)
        for name in (member.name for member in layer.family()):
            if name and name in seen:
                part.flaw(
                    "repeated_name", f"another name: {seen[name]} defines this layer already", key="name", value=name
                )
            seen.setdefault(name, path.name)
        layers.append(layer)
    book.close()
    return layers


def _layer(part: Part, parent: str = "") -> Layer:
    part.only(ZONE_KEYS if parent else LAYER_KEYS)
    name = part.text("name", required=True)
    if name and not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        part.flaw("bad_name", "small letters, digits and _, beginning with a letter", key="name", value=name)
    fields = tuple(_field(p) for p in items(part, "fields"))
    names = [f.name for f in fields]
    id_field, label = part.text("id", required=True), part.text("label", required=True)
    parent_field = part.text("parent_field", required=True) if parent else ""
    link_field = part.text("link_field")
    for key, value in (("id", id_field), ("label", label), ("parent_field", parent_field), ("link_field", link_field)):
        if value and value not in names:
            part.flaw("unknown_field", f"one of the fields {', '.join(names) or '(none)'}", key=key, value=value)
    for field_name in sorted({n for n in names if names.count(n) > 1}):
        part.flaw("repeated_field", "each field once", key="fields", value=field_name)
    geometry = part.texts("geometry", required=not part.flag("register"))
    for kind in geometry:
        if kind not in GEOMETRIES:
            part.flaw("unknown_word", f"one of {', '.join(GEOMETRIES)}", key="geometry", value=kind)
    if part.text("links_to") and not link_field:
        part.flaw("missing_key", "the field that holds the id", key="link_field", value="")
    derived = part.get("derived")
    style = part.get("style")
    level = None if parent else part.get("place_level")
    return Layer(
        name=name,
        title=part.words("title", required=True) or Words(name, name),
        geometry=geometry,  # type: ignore[arg-type]  # checked word by word above
        fields=fields,
        id_field=id_field,
        title_field=label,
        style=_style(style),
        aliases=part.texts("aliases"),
        zones=() if parent else tuple(_layer(p, parent=name or "?") for p in items(part, "zones")),
        parent=parent,
        parent_field=parent_field,
        derived=_derived(derived) if derived else None,
        register=part.flag("register"),
        links_to=part.text("links_to"),
        link_field=link_field,
        note=part.words("note"),
        place_level=level.as_choice(PLACE_LEVELS) if level else "",
    )


def items(part: Part, key: str) -> list[Part]:
    found = part.get(key)
    return found.items() if found else []


def _field(part: Part) -> Field:
    part.only(FIELD_KEYS)
    name = part.text("name", required=True)
    if name in (*PLACE_NAMES, *FEATURE_NAMES):
        part.flaw(
            "reserved_name",
            f"another name; every layer has {', '.join((*PLACE_NAMES, *FEATURE_NAMES))} already",
            key="name",
            value=name,
        )
    kind_part, check_part = part.get("kind"), part.get("check")
    kind = kind_part.as_choice(KINDS) if kind_part else "text"
    choices = part.texts("choices")
    if (kind == "choice") != bool(choices):
        part.flaw(
            "missing_key" if kind == "choice" else "unknown_key",
            "choices belong to kind: choice",
            key="choices",
            value="",
        )
    check = check_part.as_choice(tuple(CHECKS)) if check_part else ""
    return Field(
        name=name,
        title=part.words("title") or Words(name, name),
        kind=kind,  # type: ignore[arg-type]
        required=part.flag("required"),
        choices=choices,
        check=CHECKS.get(check),
        strict=part.flag("strict", default=True),
        as_of_today=part.flag("as_of_today"),
        planned=part.flag("planned"),
    )


def _style(part: Part | None) -> Style:
    if part is None:
        return Style(colour="#6b7280")
    part.only(STYLE_KEYS)
    colour, fill = part.text("colour", required=True), part.text("fill")
    for key, value in (("colour", colour), ("fill", fill)):
        if value and not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
            part.flaw("not_a_colour", 'a colour like "#7fa6c4" (in quotes)', key=key, value=value)
    dash = part.text("dash")
    if not re.fullmatch(r"[0-9 ,.]*", dash):
        part.flaw("not_a_dash", "lengths like 4 4", key="dash", value=dash)
    return Style(
        colour=colour,
        fill=fill,
        weight=part.number("weight", 1.5),
        dash=dash,
        radius=part.number("radius", 4),
        min_zoom=int(part.number("min_zoom", 0)),
    )


def _derived(part: Part) -> Derived:
    part.only(DERIVED_KEYS)
    return Derived(
        width_m=part.number("width_m", 0.0), width_field=part.text("width_field"), basis=part.text("basis", "proposal")
    )
