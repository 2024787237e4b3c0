"""Who answers for a place on a day: postings 任职 and the responsible trio 三长."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from geo_monitor.domain.words import Words

ROLES = ("river_chief", "chief_procurator", "police_chief")
ROLE_WORDS = {
    "river_chief": Words("河湖长", "River chief"),
    "chief_procurator": Words("检察长", "Chief procurator"),
    "police_chief": Words("警长", "Police chief"),
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One person in one post for one place. ``place`` is ``layer/feature-id`` (``rivers/LS-012``,
    ``districts/540102``) or ``*`` for the whole city; both days are inclusive, None is open."""

    place: str
    role: str
    post: str
    name: str
    office: str
    valid_from: date | None = None
    valid_to: date | None = None

    def on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the three seats: a person, or a stated vacancy (``vacant`` is then the reason)."""

    role: str
    name: str = ""
    post: str = ""
    office: str = ""
    place: str = ""
    vacant: str = ""

    def as_dict(self) -> dict[str, str]:
        if self.vacant:
            return {"vacant": self.vacant}
        return {"name": self.name, "post": self.post, "office": self.office, "place": self.place}


@dataclass(frozen=True, slots=True)
class ResponsibleTrio:
    river_chief: Seat
    chief_procurator: Seat
    police_chief: Seat

    def seats(self) -> tuple[Seat, Seat, Seat]:
        return (self.river_chief, self.chief_procurator, self.police_chief)

    def as_dict(self) -> dict[str, dict[str, str]]:
        return {s.role: s.as_dict() for s in self.seats()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Mapping[str, Any]]) -> ResponsibleTrio:
        return cls(*(Seat(role=role, **data[role]) for role in ROLES))
