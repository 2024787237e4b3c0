"""What a person does at the desk with a row that could not be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from geo_monitor.domain.incident import QuarantinedRow
from geo_monitor.domain.lead import chain_hash
from geo_monitor.domain.place import LonLat
from geo_monitor.errors import RefusedError

#: A place that is known no better than this says nothing about a zone or a site.
FARTHEST_M = 2000.0


@dataclass(frozen=True, slots=True)
class Repair:
    """How a row is to be read after all; the words of the file stay as they are. ``swap_axes``: its two numbers stand
    the wrong way round; ``datum``: the system in which they are meant (a name, or EPSG:n); or else ``place``: where it
    was (WGS 84 degrees), known to ``accuracy_m`` metres."""

    swap_axes: bool = False
    datum: str = ""
    place: LonLat | None = None
    accuracy_m: float = 0.0

    def __post_init__(self) -> None:
        if not (self.swap_axes or self.datum or self.place):
            raise RefusedError("a repair swaps the axes, names the datum, or sets the place")
        if self.place is not None and (self.swap_axes or self.datum):
            raise RefusedError("a repair says either how the numbers are meant, or the place instead of them")
        if self.place is not None and not 0.0 < self.accuracy_m <= FARTHEST_M:
            raise RefusedError(
                f"a place is set with the metres within which it is known: more than 0 and at most {FARTHEST_M:g}, "
                f"not {self.accuracy_m:g}"
            )

    def as_dict(self) -> dict[str, Any]:
        if self.place is not None:
            return {"lon": self.place.lon, "lat": self.place.lat, "accuracy_m": self.accuracy_m}
        said: dict[str, Any] = {"swap_axes": True} if self.swap_axes else {}
        return said | ({"datum": self.datum} if self.datum else {})

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Repair:
        place = LonLat(said["lon"], said["lat"]) if "lon" in said else None
        return cls(bool(said.get("swap_axes")), said.get("datum", ""), place, said.get("accuracy_m", 0.0))


#: What may be done with a row.
REPAIRED, REJECTED, REOPENED = "repaired", "rejected", "reopened"


@dataclass(frozen=True, slots=True)
class DeskEvent:
    """One line of the desk's book. ``row`` is where the row stood (``place_of``): its id changes with its flaws.
    ``data`` is the repair. ``hash`` binds the line to the one before, as in the book of leads."""

    row: str
    seq: int
    at: datetime
    actor: str
    kind: str
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""


def desk_hash(
    previous_hash: str, row: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any]
) -> str:
    """As the book of leads is bound, with the row in the place of the lead."""
    return chain_hash(previous_hash, row, at, actor, kind, reason, data)


def place_of(row: QuarantinedRow) -> str:
    """Feed, file, sheet and number of a row: these stay, whatever is found wrong with it."""
    at = row.origin
    return f"{row.feed}/{at.file_hash}/{at.sheet}/{at.row}" if at.sheet else f"{row.feed}/{at.file_hash}/{at.row}"
