"""One area out of a file of polygons: where an exception holds."""

from __future__ import annotations

from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.vectors import read_vectors


def read_area(path: Path) -> BaseGeometry:
    """All polygons of the file (GeoJSON in WGS 84, or another map file that carries its system) as one area in WGS 84.

    Raises FileError with every feature that is not a valid polygon, and for a file without any."""
    read = read_vectors(path)
    flaws: list[Flaw] = []
    areas: list[BaseGeometry] = []
    for row in read.rows:
        flaws += row.flaws
        if row.flaws:
            continue
        if row.geometry is None or row.geometry.geom_type not in ("Polygon", "MultiPolygon"):
            kind = "nothing" if row.geometry is None else row.geometry.geom_type
            flaws.append(Flaw("not_a_polygon", "a polygon", file=path.name, row=row.number, value=kind))
        elif not row.geometry.is_valid:
            wrong = shapely.is_valid_reason(row.geometry)
            flaws.append(
                Flaw("invalid_geometry", "a polygon that does not cross itself", path.name, row.number, "", wrong)
            )
        else:
            areas.append(row.geometry)
    if not areas and not flaws:
        flaws.append(Flaw("empty", "at least one polygon", file=path.name))
    if flaws:
        raise FileError(flaws)
    return shapely.union_all(areas)
