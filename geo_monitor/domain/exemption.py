"""Exemption 例外: where a model is not to flag for a while, decided by a person and kept outside the model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class Exemption:
    """``area`` is a polygon in WGS 84; ``from_day`` and ``until_day`` are inclusive days of the act. ``ended`` is when
    a person took it back early."""

    id: str
    model: str
    author: str
    reason: str
    area: BaseGeometry
    from_day: date
    until_day: date
    created: datetime
    ended: datetime | None = None
