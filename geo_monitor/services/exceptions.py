"""Exceptions 例外: a person says where and for how long a model is not to flag. They stand in the store, not in the
model, so that the model stays the same everywhere and each exception keeps its author, its reason and its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.exemption import Exemption, exemption_id
from geo_monitor.domain.place import Box, LonLat
from geo_monitor.errors import CallError, NotFoundError, RefusedError
from geo_monitor.services.decide import SHORTEST_REASON
from geo_monitor.services.ports import Store
from geo_monitor.supervision.model import SupervisionModel

#: Corners of a drawn circle. The polygon goes around the circle, nowhere more than 0.02 % of the radius outside it.
CORNERS = 180
#: Nobody draws a circle for a whole district: that is what retiring the model is for.
LARGEST_RADIUS_M = 50_000.0
_GLOBE = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an exception holds: a polygon in WGS 84, and, if it was said as a circle, its centre and radius."""

    area: BaseGeometry
    centre: LonLat | None = None
    radius_m: float = 0.0


def circle(centre: LonLat, radius_m: float) -> Place:
    """All within so many metres of a point, on the ellipsoid. Raises CallError for a point or a radius that is none."""
    if not (abs(centre.lon) <= 180.0 and abs(centre.lat) < 90.0):  # also refuses NaN
        raise CallError(f"a place is longitude,latitude in degrees, not {centre.lon:g},{centre.lat:g}")
    if not 0 < radius_m <= LARGEST_RADIUS_M:
        raise CallError(
            f"a radius of more than 0 and at most {LARGEST_RADIUS_M:g} metres is expected, not {radius_m:g}"
        )
    bearings = np.arange(CORNERS) * (360.0 / CORNERS)
    outside = radius_m / np.cos(np.pi / CORNERS)
    lon, lat, _ = _GLOBE.fwd(
        np.full(CORNERS, centre.lon), np.full(CORNERS, centre.lat), bearings, np.full(CORNERS, outside)
    )
    return Place(Polygon(np.column_stack([lon, lat])), centre, radius_m)


def rectangle(bounds: Box) -> Place:
    """Raises CallError if west is not below east, or south not below north."""
    if not (bounds.west < bounds.east and bounds.south < bounds.north):  # also refuses NaN
        raise CallError(f"a box is west,south,east,north in degrees, not {tuple(bounds)}")
    return Place(box(*bounds))


def area_m2(area: BaseGeometry) -> float:
    """On the ellipsoid."""
    return abs(float(_GLOBE.geometry_area_perimeter(area)[0]))


def exempt(
    store: Store,
    models: Mapping[str, SupervisionModel],
    model_id: str,
    place: Place,
    from_day: date,
    until_day: date,
    *,
    author: str,
    reason: str,
    at: datetime,
    today: date,
    city: Box,
) -> Exemption:
    """Takes the acts of these days (both included) in this place out of a model, and keeps who said so and why.

    An exception ends: at the latest two years after its first day. What makes one lawful (a permit, a works plan, a
    faulty register) is itself granted or mended within such a time; whoever wants it longer must look again and put
    their name to it again. Nothing is exempt for ever, else the model would be changed without anybody reading it.

    Said twice it is one exception. Raises NotFoundError for an unknown model; RefusedError without a reason, for days
    in the wrong order, over already, or more than two years, or for a place that is no area or does not touch the
    city."""
    if model_id not in models:
        raise NotFoundError("model", model_id, sorted(models))
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise RefusedError(f"an exception needs a reason of at least {SHORTEST_REASON} characters")
    if until_day < from_day:
        raise RefusedError(f"an exception from {from_day} cannot end on {until_day}")
    if until_day < today:
        raise RefusedError(f"{until_day} is past: an exception that is over excepts nothing")
    if until_day > latest_end(from_day):
        raise RefusedError(
            f"an exception from {from_day} ends by {latest_end(from_day)} at the latest, not {until_day}: "
            "after two years somebody has to look again"
        )
    area = place.area
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty or not area.is_valid:
        said = shapely.is_valid_reason(area) if not area.is_valid else area.geom_type
        raise RefusedError(f"an exception is a polygon, or several, in WGS 84; this is not one: {said}")
    if not area.intersects(box(*city)):
        raise RefusedError(f"the place lies outside the city's box {tuple(city)} (longitude first)")
    identity = exemption_id(model_id, author, reason, area, from_day, until_day)
    made = Exemption(
        identity,
        model_id,
        author,
        reason,
        area,
        from_day,
        until_day,
        at,
        centre=place.centre,
        radius_m=place.radius_m,
    )
    with store.writing() as records:
        if not records.add_exception(made):
            return next(e for e in records.exceptions(model_id) if e.id == identity)
    return made


def latest_end(from_day: date) -> date:
    """Two years on; of the 29th of February the 28th."""
    if from_day.year + 2 > date.max.year:
        raise CallError(f"a day within the reach of the calendar is expected, not {from_day}")
    try:
        return from_day.replace(year=from_day.year + 2)
    except ValueError:
        return from_day.replace(year=from_day.year + 2, day=28)


def end(store: Store, exemption_id: str, actor: str, at: datetime, reason: str) -> Exemption:
    """Takes an exception back early: from the next run the model flags there again. Raises NotFoundError, or
    RefusedError without a reason or if it was taken back already."""
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise RefusedError(f"taking an exception back needs a reason of at least {SHORTEST_REASON} characters")
    with store.writing() as records:
        known = {e.id: e for e in records.exceptions()}
        if exemption_id not in known:
            raise NotFoundError("exception", exemption_id, sorted(i for i, e in known.items() if e.ended is None))
        if not records.end_exception(exemption_id, at, actor, reason):
            raise RefusedError(f"exception {exemption_id} was taken back already")
        return next(e for e in records.exceptions() if e.id == exemption_id)
