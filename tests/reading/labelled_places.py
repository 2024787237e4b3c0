"""The labelled addresses of ``tests/data/places/labelled.yaml``, and how often an answer holds the truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pyproj import Geod

from geo_monitor.domain.place import LonLat
from geo_monitor.reading.gazetteer import Gazetteer, metres
from geo_monitor.reading.place_search import Finding, find_place

FILE = Path(__file__).resolve().parents[1] / "data" / "places" / "labelled.yaml"
GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class Judged:
    text: str
    truth: LonLat | None
    found: Finding
    fresh: bool = False

    @property
    def placed(self) -> bool:
        return self.found.place is not None

    @property
    def wrong(self) -> bool:
        """Placed, and the truth is not in the circle; or placed where nobody could tell."""
        c = self.found.place
        return c is not None and (self.truth is None or metres(c.place.point, self.truth) > c.radius_m)

    def __str__(self) -> str:
        away = f"{metres(self.found.place.place.point, self.truth):.0f} m" if self.placed and self.truth else "–"
        return f"{self.text}: {self.found.place or self.found.reason}; truth {away}; {self.found.why}"


def judge(gazetteer: Gazetteer) -> list[Judged]:
    entries: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    points = {p.id: p.point for p in gazetteer.places} | {
        key: p.point for p in gazetteer.places if p.layer.startswith("gazetteer/") for key in (p.name, _key(p))
    }
    out = []
    for e in entries:
        truth = None
        if e["at"] != "none":
            at, (azimuth, away) = points[e["at"]], e.get("off", (0, 0))
            lon, lat, _ = GEOD.fwd(at.lon, at.lat, azimuth, away)
            truth = LonLat(lon, lat)
        out.append(Judged("//".join(e["text"]), truth, find_place(gazetteer, *e["text"]), "fresh" in e))
    return out


def _key(place: Any) -> str:
    return f"{place.name}-{place.district}"
