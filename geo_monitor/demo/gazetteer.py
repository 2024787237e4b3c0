"""Named places of the demonstration that are in no layer: towns from GeoNames, and synthetic bridges and villages.

The districts under which the towns are listed are those of the polygons that hold their points.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence

from geo_monitor.demo.ground import DATA, Ground, offset, rounded

COLUMNS = ("name", "alias", "level", "lon", "lat", "datum", "radius_m", "district", "source")
#: Bridges stand in the middle of these livable reaches of the Lhasa River.
BRIDGES = ("合成一桥", "合成二桥", "合成三桥", "合成四桥", "合成五桥", "合成六桥")
#: Villages lie so many metres (and degrees from north) from a place where people live.
VILLAGES = (
    ("合成东村", 0, 80.0, 3500.0),
    ("合成西村", 4, 250.0, 2500.0),
    ("合成南村", 5, 200.0, 3000.0),
    ("合成北村", 6, 20.0, 4000.0),
    ("合成上村", 7, 330.0, 3000.0),
    ("合成下村", 8, 100.0, 3500.0),
)


def gazetteer_rows(ground: Ground) -> list[Sequence[object]]:
    with (DATA / "gazetteer.csv").open(encoding="utf-8", newline="") as file:
        rows: list[Sequence[object]] = [[r[c] for c in COLUMNS] for r in csv.DictReader(file)]
    reaches = [r for r in ground.reaches if r.livable and r.river == "lhasa"]
    for k, name in enumerate(BRIDGES):
        reach = reaches[(k + 1) * len(reaches) // (len(BRIDGES) + 1)]
        foot = reach.geometry.interpolate(0.5, normalized=True)
        lon, lat = rounded((foot.x, foot.y))
        rows.append([name, "", "site", lon, lat, "WGS84", 200, ground.district_of(lon, lat), "synthetic"])
    for name, at, azimuth, metres in VILLAGES:
        place = ground.places[at]
        lon, lat = rounded(offset(place.lon, place.lat, azimuth, metres))
        rows.append([name, "", "village", lon, lat, "WGS84", 800, ground.district_of(lon, lat), "synthetic"])
    return rows
