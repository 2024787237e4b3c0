"""Map layers: what a layer demands of its features, and the features of one loaded version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw

GeometryKind = Literal["point", "line", "polygon"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a layer. ``check`` returns what is wrong with a value, or None; a wrong value of a field
    with ``strict`` quarantines the row, otherwise it is kept and noted (a licence area code that
    disagrees with the address is a warning, a wrong check digit is not).

    ``as_of_today``: a state as it stands when the file is made, and nothing says since when (a licence status, the
    number of a document that is filled in once there is one, the day of the *last* test): a fact without a day.
    A back-test refuses to look at it in the past, unless the version of the layer that it uses was loaded by then.
    ``planned``: a day that is set beforehand (a deadline) and was known before it came; any other day in a row is known
    from that day on."""

    name: str
    title: Words
    kind: Literal["text", "number", "date", "choice", "flag"] = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    check: Callable[[str], str | None] | None = None
    strict: bool = True
    as_of_today: bool = False
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """How the map draws it. ``legend`` stands beside the swatch."""

    colour: str
    fill: str = ""
    weight: float = 1.5
    dash: str = ""
    radius: float = 4
    min_zoom: int = 0


@dataclass(frozen=True, slots=True)
class Derived:
    """Zones drawn around the features of the parent layer when the city has published none: the half width in
    metres is read from ``width_field`` of each feature or else ``width_m``; every such feature is marked derived."""

    width_m: float
    width_field: str = ""
    basis: str = "proposal"


@dataclass(frozen=True, slots=True)
class Layer:
    """图层. ``geometry`` lists the kinds a feature may have (empty: a register row may have none and hang on
    ``links_to`` by ``link_field`` instead). ``zones`` are layers of their own that belong to this one
    (a heritage site's protection range), whose features name their parent in ``parent_field``. ``place_level``
    (``domain.place.PLACE_LEVELS``): how near the name of one of its features brings whoever reads it; "" where a name
    is not a place's (a permit, a penalty)."""

    name: str
    title: Words
    geometry: tuple[GeometryKind, ...]
    fields: tuple[Field, ...]
    id_field: str
    title_field: str
    style: Style
    aliases: tuple[str, ...] = ()
    zones: tuple[Layer, ...] = ()
    parent: str = ""
    parent_field: str = ""
    derived: Derived | None = None
    register: bool = False
    links_to: str = ""
    link_field: str = ""
    note: Words | None = None
    place_level: str = ""

    def family(self) -> tuple[Layer, ...]:
        """The layer itself and its zones: all names that models may use."""
        return (self, *self.zones)


@dataclass(frozen=True, slots=True)
class Feature:
    """要素. ``geometry`` is WGS 84 and valid, or None for a register row tied to premises. ``valid_from`` and
    ``valid_to`` are inclusive days; None is open."""

    layer: str
    id: str
    title: Words
    geometry: BaseGeometry | None
    properties: Mapping[str, Any] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None
    parent: str = ""
    derived: bool = False
    synthetic: bool = False
    accuracy_m: float = 0.0


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """One load of one file. ``notes`` say what was repaired, ``quarantined`` how many rows were not taken."""

    layer: str
    file: str
    file_hash: str
    source: str
    licence: str
    loaded_at: datetime
    datum: str
    features: int
    quarantined: int = 0
    notes: tuple[str, ...] = ()
    synthetic: bool = False
    fingerprint: str = ""  # of the mapping and datum: the same file read another way is another version

    @property
    def id(self) -> str:
        said = f"{self.layer}\x1f{self.file_hash}\x1f{self.datum}\x1f{self.fingerprint}"
        return f"{self.layer}@{hashlib.sha256(said.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class RejectedFeature:
    """A row of a layer file that was not taken, with the reason."""

    layer: str
    file: str
    file_hash: str
    row: int
    flaws: tuple[Flaw, ...]
    raw: Mapping[str, str]
