"""Synthetic premises: food businesses with valid check digits, and schools. None of them exists.

Names say so (合成商户-0001, 合成学校-01), and every row carries ``synthetic``. The numbers are well formed,
because a system that rejects malformed ones must be shown well-formed ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from geo_monitor.demo.ground import CENTRE, Ground, Place, rounded
from geo_monitor.reading.identifiers import complete_credit_code, complete_food_licence

#: Metres in a degree at the centre, for strewing things about; nothing is decided on these.
METRES_LAT = 110_870.0
METRES_LON = METRES_LAT * float(np.cos(np.radians(CENTRE[1])))

CATEGORIES, SHARES = ("catering", "sales", "canteen"), (0.55, 0.40, 0.05)
LICENCE_KIND = {"sales": "1", "catering": "2", "canteen": "3"}
#: Two premises nearer than this would make "the same premises" a matter of luck.
SPACING_M = 45.0


@dataclass(frozen=True)
class Business:
    id: str
    name: str
    credit_code: str
    licence: str
    category: str
    status: str
    valid_from: date
    valid_to: date
    district: str
    lon: float
    lat: float


@dataclass(frozen=True)
class School:
    id: str
    name: str
    district: str
    lon: float
    lat: float


def scatter(
    rng: np.random.Generator, ground: Ground, n: int, places: Sequence[Place] | None = None, wide: float = 1.0
) -> list[tuple[float, float, str]]:
    """``n`` points (lon, lat, district) strewn around the places by weight, all inside the municipality."""
    towns = list(places or ground.places)
    weights = np.array([p.weight for p in towns])
    found: list[tuple[float, float, str]] = []
    while len(found) < n:
        size = 2 * (n - len(found)) + 8
        town = rng.choice(len(towns), size=size, p=weights / weights.sum())
        # A spread of 0.8 with a cut keeps everything on the valley floor instead of far up a slope.
        away = np.clip(rng.normal(0.0, 0.8, size=(size, 2)), -2.0, 2.0)
        spread = np.array([towns[k].spread_m for k in town]) * wide
        lon = np.array([towns[k].lon for k in town]) + away[:, 0] * spread / METRES_LON
        lat = np.array([towns[k].lat for k in town]) + away[:, 1] * spread / METRES_LAT
        good = ground.inside(lon, lat)
        found += [
            (*rounded((float(x), float(y))), towns[k].district)
            for x, y, k, ok in zip(lon, lat, town, good, strict=True)
            if ok
        ]
    return found[:n]


class Spacing:
    """Refuses a point that lies too near to one already taken."""

    def __init__(self, metres: float) -> None:
        self.metres = metres
        self.taken: dict[tuple[int, int], list[tuple[float, float]]] = {}

    def take(self, lon: float, lat: float) -> bool:
        x, y = lon * METRES_LON, lat * METRES_LAT
        cell = (int(x // self.metres), int(y // self.metres))
        around = [p for dx in (-1, 0, 1) for dy in (-1, 0, 1) for p in self.taken.get((cell[0] + dx, cell[1] + dy), [])]
        if any((x - px) ** 2 + (y - py) ** 2 < self.metres**2 for px, py in around):
            return False
        self.taken.setdefault(cell, []).append((x, y))
        return True


def make_schools(rng: np.random.Generator, ground: Ground, n: int = 60) -> list[School]:
    spacing = Spacing(400.0)
    found: list[School] = []
    while len(found) < n:
        for lon, lat, _ in scatter(rng, ground, n, wide=1.6):
            if len(found) < n and spacing.take(lon, lat):
                k = len(found) + 1
                found.append(School(f"SYN-S-{k:02d}", f"合成学校-{k:02d}", ground.district_of(lon, lat), lon, lat))
    return found


def make_businesses(
    rng: np.random.Generator, ground: Ground, today: date, n: int = 2500, expired: int = 40, cancelled: int = 30
) -> list[Business]:
    """``n`` premises; the last ``expired`` + ``cancelled`` of them have lost their licence within the last year."""
    spacing = Spacing(SPACING_M)
    spots: list[tuple[float, float]] = []
    while len(spots) < n:
        for lon, lat, _ in scatter(rng, ground, n):
            if len(spots) < n and spacing.take(lon, lat):
                spots.append((lon, lat))
    kinds = rng.choice(len(CATEGORIES), size=n, p=SHARES)
    started = rng.integers(30, 5 * 365 - 200, size=n)
    found = []
    for k, (lon, lat) in enumerate(spots):
        valid_from = today - timedelta(days=int(started[k]))
        status = "valid"
        valid_to = _five_years(valid_from)
        if k >= n - expired - cancelled:
            lost = today - timedelta(days=int(rng.integers(20, 360)))
            status, valid_to = ("cancelled" if k >= n - cancelled else "expired"), lost
            valid_from = date(lost.year - (2 if status == "cancelled" else 5), lost.month, min(lost.day, 28))
        category, district = CATEGORIES[kinds[k]], ground.district_of(lon, lat)
        found.append(make_business(k + 1, category, lon, lat, district, valid_from, valid_to, status))
    return found


def make_business(
    number: int,
    category: str,
    lon: float,
    lat: float,
    district: str,
    valid_from: date,
    valid_to: date,
    status: str = "valid",
) -> Business:
    organisation = f"MA9{number:05d}"
    return Business(
        id=f"SYN-F-{number:04d}",
        name=f"合成商户-{number:04d}",
        credit_code=complete_credit_code(f"92{district}{organisation}"),
        licence=complete_food_licence(f"JY{LICENCE_KIND[category]}{district}{number:06d}"),
        category=category,
        status=status,
        valid_from=valid_from,
        valid_to=valid_to,
        district=district,
        lon=lon,
        lat=lat,
    )


def _five_years(start: date) -> date:
    """A food licence is valid for five years (食品安全法实施条例 15): the last valid day."""
    return date(start.year + 5, start.month, min(start.day, 28)) - timedelta(days=1)
