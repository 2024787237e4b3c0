"""Exemption 例外: where a model is not to flag for a while, decided by a person and kept outside the model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.place import LonLat


@dataclass(frozen=True, slots=True)
class Exemption:
    """``area`` is a polygon in WGS 84; ``from_day`` and ``until_day`` are inclusive days of the act. A circle is kept
    as the polygon that draws it, with its ``centre`` and ``radius_m``. ``ended`` is when a person took it back early:
    ``ended_by`` whom, ``ended_reason`` why."""

    id: str
    model: str
    author: str
    reason: str
    area: BaseGeometry
    from_day: date
    until_day: date
    created: datetime
    ended: datetime | None = None
    ended_by: str = ""
    ended_reason: str = ""
    centre: LonLat | None = None
    radius_m: float = 0.0

    def in_force(self, day: date) -> bool:
        """Whether acts of this day are exempt: within its days, and not taken back."""
        return self.ended is None and self.from_day <= day <= self.until_day


def exemption_id(model: str, author: str, reason: str, area: BaseGeometry, from_day: date, until_day: date) -> str:
    """From what was decided: the same decision said twice is one exemption."""
    drawn = shapely.to_wkb(shapely.normalize(area), byte_order=1).hex()
    said = "\x1f".join((model, author, reason, drawn, from_day.isoformat(), until_day.isoformat()))
    return "E" + hashlib.sha256(said.encode()).hexdigest()[:12]
