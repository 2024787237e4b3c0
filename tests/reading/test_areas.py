"""One area out of a file of polygons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import box, mapping

from geo_monitor.errors import FileError
from geo_monitor.reading.areas import read_area


def written(folder: Path, *geometries: Any) -> Path:
    path = folder / "area.geojson"
    features = [{"type": "Feature", "properties": {}, "geometry": g} for g in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_the_polygons_of_a_file_are_one_area(tmp_path: Path) -> None:
    parts = [box(91.0, 29.0, 91.1, 29.1), box(91.1, 29.0, 91.2, 29.1), box(92.0, 29.0, 92.1, 29.1)]
    area = read_area(written(tmp_path, *(mapping(p) for p in parts)))
    assert shapely.equals(area, shapely.union_all(parts))
    assert area.geom_type == "MultiPolygon"


def test_everything_that_is_no_polygon_is_named(tmp_path: Path) -> None:
    crossing = {"type": "Polygon", "coordinates": [[[91, 29], [92, 30], [92, 29], [91, 30], [91, 29]]]}
    path = written(
        tmp_path, mapping(box(91.0, 29.0, 91.1, 29.1)), {"type": "Point", "coordinates": [91, 29]}, None, crossing
    )
    with pytest.raises(FileError) as caught:
        read_area(path)
    assert [(f.row, f.reason) for f in caught.value.flaws] == [
        (2, "not_a_polygon"),
        (3, "not_a_polygon"),
        (4, "invalid_geometry"),
    ]
    assert "area.geojson, row 2: found 'Point'" in str(caught.value)
    assert "Self-intersection" in str(caught.value)


def test_a_file_without_a_polygon_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="at least one polygon"):
        read_area(written(tmp_path))
    path = tmp_path / "area.geojson"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(FileError, match="FeatureCollection"):
        read_area(path)
