"""Where something is. Inside the house every coordinate is WGS 84 longitude, latitude in degrees."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Datum(StrEnum):
    """What the numbers of a coordinate were measured against (坐标系).

    CGCS2000 differs from WGS 84 by well under a metre and is taken as equal. GCJ-02 and BD-09 are
    shifted by hundreds of metres (336 m and about 850 m at Lhasa) and are converted at the door, in
    ``reading/datum.py``.
    """

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


#: Levels of a named place (地名级别), nearest first. A river as a whole says less than a township: it crosses several.
PLACE_LEVELS = ("premises", "site", "reach", "village", "township", "river", "district", "city")


class LonLat(NamedTuple):
    """Degrees, longitude first."""

    lon: float
    lat: float


class Box(NamedTuple):
    """West, south, east, north in degrees; borders belong to it."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    @property
    def centre(self) -> LonLat:
        return LonLat((self.west + self.east) / 2, (self.south + self.north) / 2)
