"""Files of a real city and facts about Lhasa, read as they are: by configuration alone.

They lie beside the project, never in it.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from geo_monitor.config import LayerSource
from geo_monitor.domain.incident import Incident, QuarantinedRow
from geo_monitor.domain.layer import Feature, LayerVersion, RejectedFeature
from geo_monitor.domain.place import Box
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.reading.feeds import FeedReading, read_incidents
from geo_monitor.reading.loading import load_layer_file
from geo_monitor.reading.mappings import read_feed_mappings
from geo_monitor.services.ingest import decide_import
from geo_monitor.wiring import shipped_layers

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CHICAGO, LHASA = SHARED / "chicago", SHARED / "lhasa"
CHICAGO_BOX, LHASA_BOX = Box(-88.0, 41.6, -87.5, 42.1), Box(89.5, 29.2, 92.8, 31.1)
AT = datetime(2026, 11, 1, tzinfo=UTC)
LAYERS = {part.name: part for layer in shipped_layers() for part in layer.family()}
Loaded = tuple[LayerVersion, list[Feature], list[RejectedFeature]]

chicago = pytest.mark.skipif(not CHICAGO.is_dir(), reason="allowed: ../shared/data/chicago is not beside the project")
lhasa = pytest.mark.skipif(not LHASA.is_dir(), reason="allowed: ../shared/data/lhasa is not beside the project")

SANITATION = """
feed: sanitation
title: {zh: 环卫投诉, en: Sanitation complaints}
source: hotline
datum: WGS84
time_zone: America/Chicago
id: Service_Request_Number
columns:
  occurred: Creation_Date
  text: [What_is_the_Nature_of_this_Code_Violation, Street_Address]
  category: {value: waste_dumping}
  lon: Longitude
  lat: Latitude
attributes: {community_area: Community_Area}
skip: {Status: [Completed - Dup, Open - Dup]}
"""
FEET = (
    SANITATION.replace("datum: WGS84", "crs: EPSG:3435")
    .replace("lon: Longitude", "x: X_Coordinate")
    .replace("lat: Latitude", "y: Y_Coordinate")
)


def load(layer: str, path: Path, box: Box, **source: object) -> Loaded:
    return load_layer_file(LAYERS[layer], path, LayerSource(layer, path.name, **source), box=box, at=AT)  # type: ignore[arg-type]


def complaints(folder: Path, text: str = SANITATION) -> FeedReading:
    (folder / "feed.yaml").write_text(text)
    (mapping,) = read_feed_mappings(folder).values()
    return read_incidents(CHICAGO / "311_sanitation_complaints.csv", mapping, box=CHICAGO_BOX, key=b"")


@pytest.fixture(scope="module")
def rows_of_the_file() -> list[dict[str, str]]:
    with (CHICAGO / "311_sanitation_complaints.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@chicago
def test_every_complaint_is_an_incident_or_quarantined_for_a_reason_that_is_really_in_the_file(
    tmp_path: Path, rows_of_the_file: list[dict[str, str]]
) -> None:
    reading = complaints(tmp_path)
    decision = decide_import(reading, lambda ids: {}, reading.raw_of)
    reasons = Counter(q.reason for q in decision.quarantined)

    duplicates = [r for r in rows_of_the_file if r["Status"].endswith("Dup")]
    rest = [r for r in rows_of_the_file if not r["Status"].endswith("Dup")]
    nowhere = [r for r in rest if not r["Latitude"]]
    placed = [r for r in rest if r["Latitude"]]
    said = (
        "Creation_Date",
        "What_is_the_Nature_of_this_Code_Violation",
        "Street_Address",
        "Longitude",
        "Latitude",
        "Community_Area",
    )
    contents: dict[str, set[tuple[str, ...]]] = {}
    for r in placed:
        contents.setdefault(r["Service_Request_Number"], set()).add(tuple(r[c].strip() for c in said))
    disputed = [r for r in placed if len(contents[r["Service_Request_Number"]]) > 1]

    assert reasons == {"marked_duplicate": len(duplicates), "no_coordinates": len(nowhere), "id_reused": len(disputed)}
    assert len(decision.new) == sum(1 for c in contents.values() if len(c) == 1)
    assert decision.read == len(rows_of_the_file) == 74401


@chicago
def test_feet_and_degrees_of_one_file_lie_on_the_same_ground(tmp_path: Path) -> None:
    """The columns stand side by side in the file; converted feet and degrees agree to a decimetre."""
    degrees = {i.origin.row: i for i in complaints(tmp_path) if isinstance(i, Incident)}
    feet = {i.origin.row: i for i in complaints(tmp_path, FEET) if isinstance(i, Incident)}
    assert degrees.keys() == feet.keys()
    worst = max(max(abs(degrees[k].lon - feet[k].lon), abs(degrees[k].lat - feet[k].lat)) for k in degrees)
    assert worst < 1e-6


@chicago
def test_a_city_of_the_wrong_box_has_no_incident(tmp_path: Path) -> None:
    reading = complaints(tmp_path)
    reading.box = LHASA_BOX
    rows = [r for r, _ in zip(reading, range(500), strict=False)]
    assert {r.flaws[0].reason for r in rows if isinstance(r, QuarantinedRow)} >= {"outside_city"}
    assert not any(isinstance(r, Incident) for r in rows)


@chicago
def test_waterways_are_taken_whole_and_the_invalid_ones_repaired() -> None:
    version, features, rejected = load(
        "lakes_wetlands", CHICAGO / "waterways.geojson", CHICAGO_BOX, map={"name_en": "name"}
    )
    shapes = [
        shapely.geometry.shape(f["geometry"])
        for f in json.loads((CHICAGO / "waterways.geojson").read_text())["features"]
    ]
    invalid = sum(not s.is_valid for s in shapes)
    assert invalid == 2
    assert (len(features), len(rejected)) == (len(shapes), 0)
    assert sum("invalid geometry repaired" in n for n in version.notes) == invalid
    assert all(f.geometry is not None and f.geometry.is_valid for f in features)


@chicago
def test_areas_and_landmarks_are_taken_whole() -> None:
    areas = load(
        "districts",
        CHICAGO / "community_areas.geojson",
        CHICAGO_BOX,
        map={"district_id": "NID", "name_en": "community"},
    )
    assert (len(areas[1]), len(areas[2])) == (77, 0)
    landmarks = load(
        "heritage_sites",
        CHICAGO / "individual_landmarks.csv",
        CHICAGO_BOX,
        datum="WGS84",
        map={"site_id": "ID", "name_en": "LANDMARK NAME", "lon": "LONGITUDE", "lat": "LATITUDE"},
        constants={"grade": "city"},
    )
    assert (len(landmarks[1]), len(landmarks[2])) == (99, 0)


@chicago
def test_of_each_licence_the_latest_term_counts() -> None:
    path = CHICAGO / "food_business_licences.csv"
    _, features, rejected = load(
        "food_businesses",
        path,
        CHICAGO_BOX,
        datum="WGS84",
        order_by="LICENSE_TERM_START_DATE",
        map={
            "business_id": "LICENSE_NUMBER",
            "name": "DOING_BUSINESS_AS_NAME",
            "valid_from": "LICENSE_TERM_START_DATE",
            "valid_to": "LICENSE_TERM_EXPIRATION_DATE",
        },
    )
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    latest: dict[str, str] = {}
    for r in rows:
        if r["LICENSE_NUMBER"]:
            latest[r["LICENSE_NUMBER"]] = max(latest.get(r["LICENSE_NUMBER"], ""), r["LICENSE_TERM_START_DATE"])
    assert {f.id: str(f.valid_from) for f in features}.items() <= latest.items()
    reasons = Counter(r.flaws[0].reason for r in rejected)
    assert reasons["missing_id"] == sum(not r["LICENSE_NUMBER"] for r in rows)
    lost = {r.raw["LICENSE_NUMBER"] for r in rejected if r.raw["LICENSE_NUMBER"]}
    assert {f.id for f in features} | lost == set(latest)
    assert not {f.id for f in features} & lost


@lhasa
def test_the_districts_of_lhasa_in_gcj02_are_brought_back_to_where_they_are() -> None:
    """Two outlines of one city, one of them shifted by 336 m: converted, they lie nearer to each other
    (what is left is how coarsely each of them was drawn)."""
    true = load(
        "districts", LHASA / "admin_fastgeocn.geojson", LHASA_BOX, map={"district_id": "gb", "name_zh": "name"}
    )[1]
    shifted = LHASA / "admin_cnmaps_GCJ02.geojson"
    mapped = {"district_id": "adcode", "name_zh": "name"}
    back = load("districts", shifted, LHASA_BOX, datum="GCJ02", map=mapped)
    raw = load("districts", shifted, LHASA_BOX, map=mapped)
    assert len(true) == len(back[1]) == len(raw[1]) == 8
    assert "read as GCJ02, as declared; the file says WGS84" in back[0].notes

    outlines = [shapely.union_all([f.geometry for f in features]) for features in (true, back[1], raw[1])]
    apart = [shapely.symmetric_difference(outlines[0], o).area for o in outlines[1:]]
    assert apart[0] < 0.7 * apart[1]

    # District by district: read as declared, each of the eight lies on the true one better than as it stands, and over
    # all of them what moves the one outline onto the other is about the shift before, and next to nothing after.
    true_by, back_by, raw_by = (
        {f.id[-6:]: _in_metres(f.geometry) for f in features} for features in (true, back[1], raw[1])
    )
    assert true_by.keys() == back_by.keys() == raw_by.keys()
    for code, outline in true_by.items():
        assert _shared(outline, back_by[code]) > max(0.96, _shared(outline, raw_by[code])), code
    east, north = _moved_by(raw_by, true_by)
    assert np.hypot(east, north) == pytest.approx(336, abs=25)
    east, north = _moved_by(back_by, true_by)
    assert np.hypot(east, north) < 80  # what is left is how the two were drawn: their lines lie some 150 m apart


def _in_metres(geometry: BaseGeometry | None) -> BaseGeometry:
    """Around the city, flat: what is compared here are hundreds of metres."""
    assert geometry is not None
    per_lon, per_lat = metres_per_degree(29.9)
    return shapely.transform(geometry, lambda xy: xy * [per_lon, per_lat])


def _shared(one: BaseGeometry, other: BaseGeometry) -> float:
    return float(shapely.intersection(one, other).area / shapely.union(one, other).area)


def _moved_by(outlines: dict[str, BaseGeometry], onto: dict[str, BaseGeometry]) -> tuple[float, float]:
    """Metres east and north that bring the outlines onto the others best: the move with the least mean distance (each
    cut at 1 km, for what one of them drew and the other did not) of places 300 m apart, from a coarse grid to a
    fine one."""

    def along(shapes: dict[str, BaseGeometry], step: float) -> npt.NDArray[np.float64]:
        rings = shapely.segmentize([s.boundary for s in shapes.values()], step)
        return np.asarray(shapely.get_coordinates(rings))

    tree, places = cKDTree(along(onto, 20.0)), along(outlines, 300.0)

    def mean_distance(move: tuple[float, float]) -> float:
        return float(np.minimum(tree.query(places + move)[0], 1000.0).mean())

    best = (0.0, 0.0)
    for step in (200.0, 50.0, 12.5):
        grid = [(best[0] + i * step, best[1] + j * step) for i in range(-3, 4) for j in range(-3, 4)]
        best = min(grid, key=mean_distance)
    return best


@lhasa
def test_a_site_of_doubtful_grade_is_not_taken_for_a_national_one() -> None:
    mapped = {"site_id": "name_en", "name_zh": "name_zh", "grade": "protection_level", "lon": "lon", "lat": "lat"}
    _, features, rejected = load(
        "heritage_sites", LHASA / "lhasa_heritage_facts.csv", LHASA_BOX, datum="WGS84", map=mapped
    )
    assert len(features) + len(rejected) == 15
    assert {r.flaws[0].reason for r in rejected} == {"unknown_choice"}
    assert {f.properties["grade"] for f in features} == {"national"}
    assert all(f.accuracy_m >= 50 for f in features)


@lhasa
def test_streams_and_lakes_of_lhasa_are_read_as_they_are() -> None:
    streams = load("rivers", LHASA / "dem_streams_named.geojson", LHASA_BOX)[1]
    assert "拉萨河" in {f.title.zh for f in streams}
    assert {f.accuracy_m for f in streams} >= {1000.0}
    lakes = load("lakes_wetlands", LHASA / "ne10_lakes.geojson", LHASA_BOX)
    assert (len(lakes[1]), len(lakes[2])) == (3, 0)
