"""The features of a watched layer as records, so that one engine serves reports and registers alike."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

import numpy as np
import numpy.typing as npt
import shapely

from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.days import EPOCH, NO_DAY, days_of

Ints = npt.NDArray[np.int64]


def records_of_layer(
    layer: LayerColumns, as_of: datetime, zone: tzinfo, dated: str = "", rows: Ints | None = None
) -> IncidentColumns:
    """One record a feature: id ``layer/feature``, the fields of the layer are its attributes, its term stands in
    ``@valid_from`` and ``@valid_to``, its position in the layer in ``@row``. Its time is the beginning of the local
    day in the field ``dated``, or, without one, ``as_of``. Features without a place, and those without the day that is
    asked for, are left out. Areas and lines keep their shape beside the point (on the surface) that stands for them.
    ``rows``: positions (ascending) of the features that are asked for; None: all."""
    rows = np.arange(len(layer)) if rows is None else rows
    rows = rows[~(shapely.is_missing(layer.geometry[rows]) | shapely.is_empty(layer.geometry[rows]))]
    when = np.full(len(rows), int(as_of.timestamp()), np.int64)
    if dated:
        column = layer.properties.get(dated)
        days = days_of(column[rows]) if column is not None else np.full(len(rows), NO_DAY)
        rows, days = rows[days != NO_DAY], days[days != NO_DAY]
        unique, back = np.unique(days, return_inverse=True)
        when = np.array([_midnight(int(d), zone) for d in unique], dtype=np.int64)[back]
    shapes = layer.geometry[rows]
    areal = shapely.get_dimensions(shapes) > 0
    points = np.where(areal, shapely.point_on_surface(shapes), shapes) if areal.any() else shapes
    n = len(rows)
    return IncidentColumns(
        ids=np.array([f"{layer.name}/{i}" for i in layer.ids[rows]], dtype=object),
        lon=shapely.get_x(points).astype(float),
        lat=shapely.get_y(points).astype(float),
        accuracy_m=layer.accuracy_m[rows],
        occurred=when,
        category=np.zeros(n, np.int32),
        categories=("",),
        source=np.zeros(n, np.int16),
        sources=("register",),
        reporter=np.full(n, -1, np.int64),
        reporters=(),
        evidence=np.zeros(n, np.int32),
        attributes={k: v[rows] for k, v in layer.properties.items()}
        | {"@valid_from": layer.valid_from[rows], "@valid_to": layer.valid_to[rows], "@row": rows},
        shapes=shapes if areal.any() else None,
    )


def _midnight(day: int, zone: tzinfo) -> int:
    return int((datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=zone) + timedelta(days=day)).timestamp())
