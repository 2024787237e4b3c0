"""Geometry for looking at, never for measuring: thinned and rounded, with the few fields that a reader needs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.layer import Feature

#: How far a drawn line may lie from the true one, in degrees of latitude (about 40 m and 1 m), by detail.
TOLERANCE = {"coarse": 4e-4, "fine": 1e-5}
_DIGITS = {"coarse": 1e-5, "fine": 1e-6}
#: Places a label is tried at, so that it can give way to markers.
LABEL_PLACES = 12


def collection(features: Iterable[Feature], detail: str, *, labels: bool = False, partial: bool = False) -> str:
    """A GeoJSON text. Of each feature: id, title in both languages, whether it is derived or synthetic; nothing
    else of its properties leaves the house. ``labels`` adds places inside a polygon where its name may stand,
    the roomiest first."""
    drawn = []
    for feature in features:
        if feature.geometry is None or feature.geometry.is_empty:
            continue
        said: dict[str, Any] = {"id": feature.id, "zh": feature.title.zh, "en": feature.title.en}
        said |= {"derived": True} if feature.derived else {}
        said |= {"synthetic": True} if feature.synthetic else {}
        said |= {"labels": label_places(feature.geometry)} if labels else {}
        drawn.append({"type": "Feature", "properties": said, "geometry": thin(feature.geometry, detail)})
    return json.dumps(
        {"type": "FeatureCollection", "partial": partial, "features": drawn}, ensure_ascii=False, separators=(",", ":")
    )


def thin(geometry: BaseGeometry, detail: str) -> Any:
    """GeoJSON geometry within ``TOLERANCE`` of the given one."""
    simple = shapely.simplify(geometry, TOLERANCE[detail])
    rounded = shapely.set_precision(simple, _DIGITS[detail], mode="pointwise")
    return json.loads(shapely.to_geojson(rounded))


def label_places(geometry: BaseGeometry) -> list[list[float]]:
    """Up to ``LABEL_PLACES`` points inside the largest polygon, farthest from its border first; [] for others."""
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    if not parts:
        return []
    largest = shapely.simplify(max(parts, key=lambda p: p.area), TOLERANCE["coarse"])
    west, south, east, north = largest.bounds
    lon, lat = np.meshgrid(np.linspace(west, east, 13)[1:-1], np.linspace(south, north, 13)[1:-1])
    grid = shapely.points(lon.ravel(), lat.ravel())
    grid = grid[shapely.contains(largest, grid)]
    tried = np.append(grid, largest.representative_point())
    room = shapely.distance(tried, largest.boundary)
    best = np.argsort(-room, kind="stable")[:LABEL_PLACES]
    return [[round(float(p.x), 5), round(float(p.y), 5)] for p in tried[best]]
