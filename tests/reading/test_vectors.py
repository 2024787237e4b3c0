"""Files with places: what is read, what must be declared, what is refused."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from geo_monitor.errors import FileError
from geo_monitor.reading.datum import wgs84_to_gcj02
from geo_monitor.reading.vectors import PlaceColumns, VectorFile, read_pair, read_vectors

NAMES = ["合成寺", "合成塔"]
PLACES = [(91.117, 29.6578), (91.13, 29.65)]


def ogr_file(
    folder: Path,
    file: str,
    crs: str | None = "EPSG:4326",
    layer: str | None = None,
    encoding: str | None = None,
    append: bool = False,
    **columns: list[object],
) -> Path:
    path = folder / file
    columns = columns or {"name": list(NAMES)}
    data = [np.array(v, dtype=object if isinstance(v[0], str) else None) for v in columns.values()]
    pyogrio.raw.write(
        str(path),
        shapely.to_wkb(shapely.points(np.array(PLACES))),
        data,
        list(columns),
        geometry_type="Point",
        crs=crs,
        layer=layer,
        encoding=encoding,
        append=append,
    )
    return path


def collection(folder: Path, features: list[object], name: str = "t.geojson", **head: object) -> Path:
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **head}), encoding="utf-8")
    return path


def point(x: float, y: float, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


def csv(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def places(file: VectorFile) -> list[tuple[float, float]]:
    return [(r.geometry.x, r.geometry.y) for r in file.rows if r.geometry is not None]


def refused(path: Path, **how: object) -> str:
    with pytest.raises(FileError) as told:
        read_vectors(path, **how)  # type: ignore[arg-type]
    return str(told.value)


# ---- GeoJSON ------------------------------------------------------------------------------------------------


def test_geojson_is_wgs84_without_being_told(tmp_path: Path) -> None:
    file = read_vectors(collection(tmp_path, [point(91.1, 29.6, id=7), point(91.2, 29.7, name="x")]))
    assert file.reference.name == "WGS84"
    assert file.columns == ("id", "name")
    assert [(r.number, r.values) for r in file.rows] == [(1, {"id": 7}), (2, {"name": "x"})]
    assert places(file) == [(91.1, 29.6), (91.2, 29.7)]


def test_what_a_person_declares_outweighs_what_the_file_says(tmp_path: Path) -> None:
    """Shifted data are commonly saved with the label WGS 84."""
    shifted = [float(v) for v in wgs84_to_gcj02(*PLACES[0])]
    head = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}
    path = collection(tmp_path, [point(*shifted)], **head)
    assert places(read_vectors(path))[0] == pytest.approx(shifted)
    declared = read_vectors(path, datum="GCJ02")
    assert places(declared)[0] == pytest.approx(PLACES[0], abs=1e-9)
    assert declared.notes == ("read as GCJ02, as declared; the file says WGS84",)


def test_an_old_geojson_says_its_system_itself(tmp_path: Path) -> None:
    head = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3435"}}}
    file = read_vectors(collection(tmp_path, [point(1165166.51552093, 1872509.02087899)], **head))
    assert places(file)[0] == pytest.approx((-87.66975672568209, 41.80576343586902), abs=1e-7)


def test_one_broken_feature_does_not_spoil_the_others(tmp_path: Path) -> None:
    broken = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[1, 2]]}}
    nothing = {"type": "Feature", "properties": {"a": 1}, "geometry": None}
    file = read_vectors(collection(tmp_path, [broken, nothing, "feature", point(1, 2)]))
    assert [bool(r.flaws) for r in file.rows] == [True, False, True, False]
    assert file.rows[0].flaws[0].reason == "unreadable_geometry"
    assert file.rows[2].flaws[0].reason == "not_a_feature"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "row 1: JSON ("),
        ("[1]", "found 'list': a GeoJSON FeatureCollection"),
        ('{"type": "Topology"}', "found 'Topology': a GeoJSON FeatureCollection"),
    ],
)
def test_what_is_no_geojson_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "t.geojson"
    path.write_text(text)
    assert said in refused(path)


# ---- tables -------------------------------------------------------------------------------------------------


def test_usual_column_names_need_no_mapping(tmp_path: Path) -> None:
    path = csv(tmp_path, "编号,经度,纬度\n1,91.1,29.6\n")
    assert places(read_vectors(path, datum="CGCS2000")) == [(91.1, 29.6)]


def test_a_table_must_declare_its_system(tmp_path: Path) -> None:
    said = refused(csv(tmp_path, "id,lon,lat\n1,91.1,29.6\n"))
    assert "the coordinate system must be declared: WGS84, CGCS2000, GCJ02, BD09 (datum) or EPSG:n (crs)" in said


def test_shapes_may_stand_in_a_column_as_text(tmp_path: Path) -> None:
    file = read_vectors(csv(tmp_path, 'id,wkt\n1,"LINESTRING(91 29, 92 30)"\n2,\n3,nonsense\n'), datum="WGS84")
    assert file.rows[0].geometry == shapely.LineString([(91, 29), (92, 30)])
    assert file.rows[1].geometry is None
    assert not file.rows[1].flaws
    assert file.rows[2].flaws[0].reason == "unreadable_geometry"


def test_feet_in_x_and_y(tmp_path: Path) -> None:
    path = csv(tmp_path, "id,E,N\n1,1165166.51552093,1872509.02087899\n2,,\n3,1e40,1e40\n")
    file = read_vectors(path, crs="EPSG:3435", place=PlaceColumns(x="E", y="N"))
    assert places(file)[0] == pytest.approx((-87.66975672568209, 41.80576343586902), abs=1e-7)
    assert [r.flaws[0].reason for r in file.rows[1:]] == ["no_coordinates", "impossible_coordinates"]


@pytest.mark.parametrize("cell", ["nan", "inf", "1_000", "九十一", "91.1E"])
def test_what_is_no_coordinate_is_told_with_row_and_column(tmp_path: Path, cell: str) -> None:
    file = read_vectors(csv(tmp_path, f"lon,lat\n{cell},29.6\n"), datum="WGS84")
    (flaw,) = file.rows[0].flaws
    assert (flaw.reason, flaw.row, flaw.field, flaw.value) == ("impossible_coordinates", 2, "lon", cell)


@pytest.mark.parametrize(
    ("place", "how", "said"),
    [
        (PlaceColumns(lon="E", lat="N"), {"crs": "EPSG:3435"}, "EPSG:3435 is projected"),
        (PlaceColumns(x="E", y="N"), {"datum": "WGS84"}, "WGS84 counts in degrees"),
        (PlaceColumns(lon="E"), {"datum": "WGS84"}, "one way of saying the place"),
        (PlaceColumns(lon="E", lat="N", wkt="id"), {"datum": "WGS84"}, "one way of saying the place"),
        (PlaceColumns(lon="E", lat="纬"), {"datum": "WGS84"}, "a column '纬' for the place; there are: id, E, N"),
        (PlaceColumns(), {"datum": "WGS84"}, "map lon and lat, x and y, or wkt to some of id, E, N"),
    ],
)
def test_columns_that_cannot_hold_the_place_are_refused(
    tmp_path: Path, place: PlaceColumns, how: dict[str, str], said: str
) -> None:
    assert said in refused(csv(tmp_path, "id,E,N\n1,1,2\n"), place=place, **how)


def test_a_register_may_come_without_places(tmp_path: Path) -> None:
    file = read_vectors(csv(tmp_path, "id,name\n1,x\n"), needs_place=False)
    assert [r.geometry for r in file.rows] == [None]


# ---- GeoPackage and Shapefile -------------------------------------------------------------------------------


def test_a_geopackage_carries_its_system(tmp_path: Path) -> None:
    file = read_vectors(ogr_file(tmp_path, "t.gpkg", name=NAMES, n=[1, 2]))
    assert places(file) == PLACES
    assert [r.values for r in file.rows] == [{"name": "合成寺", "n": 1}, {"name": "合成塔", "n": 2}]


def test_of_a_geopackage_with_several_layers_the_one_of_that_name_is_read(tmp_path: Path) -> None:
    path = ogr_file(tmp_path, "t.gpkg", layer="heritage_sites")
    ogr_file(tmp_path, "t.gpkg", layer="schools", append=True, name=["合成小学", "合成中学"])
    file = read_vectors(path, names=("schools",))
    assert [r.values["name"] for r in file.rows] == ["合成小学", "合成中学"]
    assert "layer 'schools' of heritage_sites, schools" in file.notes
    assert "found 'heritage_sites, schools'" in refused(path, names=("rivers",))


def test_whole_numbers_too_long_to_be_exact_are_refused_rather_than_changed(tmp_path: Path) -> None:
    """With a gap in the column they arrive as floats: 2⁵³ + 1 would become 2⁵³."""
    path = ogr_file(tmp_path, "t.gpkg", code=[2**53 + 1, 7])
    assert read_vectors(path).rows[0].values["code"] == 2**53 + 1
    import sqlite3

    with sqlite3.connect(path) as db:
        for trigger in db.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            db.execute(f'drop trigger "{trigger[0]}"')
        db.execute("update t set code = null where code = 7")
    assert "ids of more than 15 digits in a text column" in refused(path)


@pytest.mark.parametrize(("encoding", "stated"), [("GBK", "GB18030"), ("UTF-8", "UTF-8")])
def test_a_shapefile_without_a_code_page_is_read_in_the_encoding_it_really_has(
    tmp_path: Path, encoding: str, stated: str
) -> None:
    path = ogr_file(tmp_path, "t.shp", encoding=encoding)
    path.with_suffix(".cpg").unlink()
    file = read_vectors(path)
    assert [r.values["name"] for r in file.rows] == NAMES
    assert f"attributes read as {stated}" in file.notes


def test_a_zipped_shapefile_is_read_as_it_is(tmp_path: Path) -> None:
    path = ogr_file(tmp_path, "合成.shp", encoding="GBK")
    path.with_suffix(".cpg").unlink()
    packed = tmp_path / "t.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("合成.*"):
            archive.write(part, f"data/{part.name}")
    file = read_vectors(packed)
    assert [r.values["name"] for r in file.rows] == NAMES
    assert places(file) == PLACES


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
def test_a_shapefile_without_prj_must_be_declared(tmp_path: Path) -> None:
    path = ogr_file(tmp_path, "t.shp", crs=None)
    path.with_suffix(".prj").unlink(missing_ok=True)
    assert "carries no coordinate system (.prj); the coordinate system must be declared" in refused(path)
    assert places(read_vectors(path, datum="WGS84")) == PLACES
    assert places(read_vectors(path, datum="GCJ02")) != PLACES


def test_a_shapefile_is_more_than_one_file(tmp_path: Path) -> None:
    path = ogr_file(tmp_path, "t.shp")
    path.with_suffix(".shx").unlink()
    assert "the file t.shx beside it" in refused(path)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("t.gpkg", "[not_readable]"),
        ("t.zip", "a zip archive"),
        ("t.dwg", "[unknown_format]"),
        ("t.shp", "t.shx beside it"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not what it says")
    assert said in refused(path)


def test_a_zip_with_two_shapefiles_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("a.shp", b"")
        archive.writestr("b.shp", b"")
    assert "found 'a.shp, b.shp': a zip with one .shp" in refused(tmp_path / "t.zip")


@pytest.mark.parametrize(("text", "hint"), [("91,12", True), ("９1，12", False), ("abc", False)])
def test_a_decimal_comma_is_told_as_such(text: str, hint: bool) -> None:
    *_, flaw = read_pair(text, "29.65", ("lon", "lat"), "a.csv", 2, angles=True)
    assert flaw is not None and flaw.reason == "impossible_coordinates"
    assert ("not a comma" in flaw.expected) == hint
