"""Synthetic zones, permits and registers, drawn by rule. None of them was published by anyone.

A protection range (保护范围) is a rectangle or disc around a heritage point, a control zone (建设控制地带) a wider one
around it. Management zones of reaches are not drawn here: the house derives them from the width given with each
reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo_monitor.demo.ground import Ground, Heritage, Reach, beside, disc, oblong, offset, rounded

#: Half sides in metres of body and protection range; the rest of the sites gets the last line.
SITE_SIZE_M = {
    "LSH-01": (150.0, 220.0),
    "LSH-02": (55.0, 110.0),
    "LSH-04": (160.0, 260.0),
    "LSH-05": (140.0, 240.0),
    "LSH-06": (280.0, 360.0),
    "LSH-07": (30.0, 80.0),
    "LSH-15": (20.0, 45.0),
}
USUAL_SIZE_M = (40.0, 120.0)
CONTROL_STRIP_M = 120.0


@dataclass(frozen=True)
class Zone:
    """Any polygon or point with an id, a parent and days of validity (inclusive; None is open)."""

    id: str
    name: str
    geometry: BaseGeometry
    parent: str = ""
    kind: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    name_en: str = ""


def heritage_bodies(ground: Ground) -> list[Zone]:
    return [Zone(h.id, h.name_zh, oblong(h.lon, h.lat, _size(h)[0], _size(h)[0] * 0.8)) for h in ground.heritage]


def protection_ranges(ground: Ground) -> list[Zone]:
    return [
        Zone(
            f"{h.id}-P",
            f"{h.name_zh}保护范围(合成)",
            oblong(h.lon, h.lat, _size(h)[1], _size(h)[1] * 0.85),
            h.id,
            name_en=f"protection range of {h.name_en} (synthetic)",
        )
        for h in ground.heritage
    ]


def control_zones(ground: Ground) -> list[Zone]:
    return [
        Zone(
            f"{h.id}-C",
            f"{h.name_zh}建设控制地带(合成)",
            disc(h.lon, h.lat, _size(h)[1] * 1.32 + CONTROL_STRIP_M),
            h.id,
            name_en=f"control zone of {h.name_en} (synthetic)",
        )
        for h in ground.heritage
    ]


def _size(site: Heritage) -> tuple[float, float]:
    return SITE_SIZE_M.get(site.id, USUAL_SIZE_M)


def livable_reaches(ground: Ground) -> list[Reach]:
    return [r for r in ground.reaches if r.livable]


def source_zones(ground: Ground) -> list[Zone]:
    """Three drinking-water intakes beside the river: a first-grade disc and a second-grade one around each."""
    sites = [("lhasa", 0.42), ("duilong", 0.5), ("penpo", 0.6)]
    found = []
    for k, (river, share) in enumerate(sites, start=1):
        here = [r for r in livable_reaches(ground) if r.river == river]
        reach = here[int(share * len(here))]
        lon, lat = rounded(beside(reach.geometry, 0.5, 400.0 + reach.zone_m, 1))
        found.append(Zone(f"SYN-W-{k}-1", f"合成水源地{k}一级保护区", disc(lon, lat, 250.0), kind="1"))
        found.append(Zone(f"SYN-W-{k}-2", f"合成水源地{k}二级保护区", disc(lon, lat, 1000.0), kind="2"))
    return found


def box_along(reach: Reach, fraction: float, half_m: float = 260.0) -> Polygon:
    """A square over the river at a place along a reach: what a sand permit looks like."""
    foot = reach.geometry.interpolate(fraction, normalized=True)
    return oblong(foot.x, foot.y, half_m, half_m)


def outfalls(ground: Ground, rng: np.random.Generator, n: int = 25) -> list[tuple[str, str, float, float]]:
    """Registered outfalls on the banks: (id, name, lon, lat)."""
    reaches = livable_reaches(ground)
    found = []
    for k in range(1, n + 1):
        reach = reaches[int(rng.integers(len(reaches)))]
        lon, lat = beside(reach.geometry, float(rng.uniform(0.1, 0.9)), reach.half_width_m + 2.0, 1 if k % 2 else -1)
        found.append((f"SYN-O-{k:02d}", f"合成排污口-{k:02d}", *rounded((lon, lat))))
    return found


def near(lon: float, lat: float, metres: float, rng: np.random.Generator) -> tuple[float, float]:
    """Somewhere on the circle of that radius."""
    return rounded(offset(lon, lat, float(rng.uniform(0, 360)), metres))
