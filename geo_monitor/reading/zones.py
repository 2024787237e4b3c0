"""Zones drawn around features in true metres, where the city has published none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.domain.layer import Feature, Layer, LayerVersion
from geo_monitor.domain.words import Words
from geo_monitor.services.load_layer import DERIVED_FILE

#: Edges are straight in longitude and latitude, as everywhere in the house. A kilometre of such an edge bends up to
#: 1.5 cm away from the straight line of a metric frame (at 30° N), 100 m of it a tenth of a millimetre.
LONGEST_EDGE_DEGREES = 0.001
#: An azimuthal equidistant frame stretches across the radius by r²/6R²: under a thousandth of a millimetre of 50 m
#: at 20 km.
FRAME_M = 20_000.0
ONE_MILLIMETRE_DEGREES = 1e-8
METRES_PER_DEGREE = 111_320.0
#: Straight pieces of a quarter circle: the drawn arc lies at most 0.03 % of the radius inside the true one.
ARC = 32


def derive_zones(
    zone: Layer, parents: Sequence[Feature], at: datetime, parent_version: LayerVersion
) -> tuple[LayerVersion, list[Feature]]:
    """The version of ``zone`` drawn around ``parents``: one polygon each, with the parent's id and validity, marked
    derived, its half width in metres and the basis of that width in its properties. Features without geometry, or whose
    width is 0, get none. The same parents give the same version id."""
    rule = zone.derived
    if rule is None:
        raise ValueError(f"layer {zone.name} has no rule by which zones could be drawn")
    features = []
    for parent in sorted(parents, key=lambda p: p.id):
        width = _width(parent, rule.width_field, rule.width_m)
        if parent.geometry is None or width <= 0:
            continue
        title = Words(f"{parent.title.zh} {zone.title.zh}", f"{zone.title.en}: {parent.title.en}")
        properties: dict[str, Any] = {
            zone.id_field: parent.id,
            zone.parent_field: parent.id,
            "width_m": width,
            "basis": rule.basis,
        }
        features.append(
            Feature(
                layer=zone.name,
                id=parent.id,
                title=title,
                geometry=around(parent.geometry, width),
                properties=properties,
                valid_from=parent.valid_from,
                valid_to=parent.valid_to,
                parent=parent.id,
                derived=True,
                synthetic=parent.synthetic,
                accuracy_m=parent.accuracy_m,
            )
        )
    said = f"{parent_version.id}|{rule.width_m}|{rule.width_field}|{rule.basis}"
    version = LayerVersion(
        layer=zone.name,
        file=f"{DERIVED_FILE}{parent_version.layer}",
        file_hash=hashlib.sha256(said.encode()).hexdigest(),
        source=parent_version.source,
        licence=parent_version.licence,
        loaded_at=at,
        datum="WGS84",
        features=len(features),
        notes=(
            f"drawn around {len(features)} features of {parent_version.id}; half width "
            + (f"from {rule.width_field}, else " if rule.width_field else "")
            + f"{rule.width_m:g} m; basis: {rule.basis}",
        ),
        synthetic=parent_version.synthetic or any(f.synthetic for f in features),
    )
    return version, features


def _width(parent: Feature, width_field: str, otherwise: float) -> float:
    value = parent.properties.get(width_field) if width_field else None
    return float(value) if isinstance(value, int | float) else otherwise


def around(geometry: BaseGeometry, metres: float) -> BaseGeometry:
    """The area within ``metres`` of a WGS 84 geometry, as a valid polygon in WGS 84; the geometry itself is part of
    it if it is a polygon.

    Each edge gets its own buffer in a metric frame near it, and the buffers are united. (A buffer of the whole line
    would be quicker, but GEOS first straightens out bends shallower than a hundredth of the width: half a metre at
    50 m.)"""
    parts: list[BaseGeometry] = [_frame_buffer(edges, metres) for edges in _edges(geometry)]
    parts += [p for p in shapely.get_parts(geometry) if p.geom_type == "Polygon"]
    # The joints between the pieces of one straight edge carry nothing: without them the outline has a tenth of the
    # points.
    area = shapely.simplify(shapely.union_all(parts), ONE_MILLIMETRE_DEGREES)
    return area if area.is_valid else shapely.make_valid(area)


def _edges(geometry: BaseGeometry) -> Iterator[npt.NDArray[np.float64]]:
    """Edges (n, 2, 2) in degrees, in groups that fit a frame; points as edges of no length."""
    for part in _lines(geometry):
        xy = shapely.get_coordinates(shapely.segmentize(part, LONGEST_EDGE_DEGREES))
        if len(xy) == 1:
            yield np.stack([xy, xy], axis=1)
            continue
        edges = np.stack([xy[:-1], xy[1:]], axis=1)
        run = np.cumsum(np.hypot(*(edges[:, 1] - edges[:, 0]).T) * METRES_PER_DEGREE)
        group = (run // FRAME_M).astype(int)
        for g in np.unique(group):
            yield edges[group == g]


def _lines(geometry: BaseGeometry) -> Iterable[BaseGeometry]:
    for part in shapely.get_parts(geometry):
        if part.geom_type == "Polygon":
            yield part.exterior
            yield from part.interiors
        else:
            yield part


def _frame_buffer(edges: npt.NDArray[np.float64], metres: float) -> BaseGeometry:
    from pyproj import CRS, Transformer

    lon, lat = (float(v) for v in edges.reshape(-1, 2).mean(axis=0))
    frame = CRS.from_proj4(f"+proj=aeqd +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m")
    to_frame = Transformer.from_crs(CRS.from_epsg(4326), frame, always_xy=True)
    flat = np.column_stack(to_frame.transform(edges[:, :, 0].ravel(), edges[:, :, 1].ravel())).reshape(edges.shape)
    still = (flat[:, 0] == flat[:, 1]).all(axis=1)
    shapes = np.empty(len(flat), dtype=object)
    shapes[still] = shapely.points(flat[still, 0])
    shapes[~still] = shapely.linestrings(flat[~still])
    area = shapely.union_all(shapely.buffer(shapes, metres, quad_segs=ARC))

    def back(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack(to_frame.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))

    return shapely.transform(area, back)
