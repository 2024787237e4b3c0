"""Layers loaded into the store, with the zones that follow from them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from geo_monitor.config import LayerSource
from geo_monitor.domain.place import Box
from geo_monitor.errors import FileError
from geo_monitor.reading.loading import load_layer_file, refresh_layer
from geo_monitor.services.load_layer import LayerLoadReport, is_published
from layers.rivers import LAYER as RIVERS
from layers.rivers import MANAGEMENT_ZONES
from tests.fakes import MemoryStore

LHASA = Box(89.5, 29.2, 92.8, 31.1)
AT = datetime(2026, 11, 1, tzinfo=UTC)
RIVER = LayerSource("rivers", "r.geojson", source="合成", licence="测试")
ZONE = LayerSource("river_management_zones", "z.geojson")


def rivers(path: Path, *ids: str) -> Path:
    lines = [
        {
            "type": "Feature",
            "properties": {"reach_id": i},
            "geometry": {"type": "LineString", "coordinates": [[91.0 + k / 10, 29.65], [91.1 + k / 10, 29.66]]},
        }
        for k, i in enumerate(ids)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": lines}))
    return path


def zones(path: Path, parent: str) -> Path:
    ring = [[91.0, 29.6], [91.1, 29.6], [91.1, 29.7], [91.0, 29.6]]
    feature = {
        "type": "Feature",
        "properties": {"zone_id": "Z1", "reach_id": parent},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def load_rivers(store: MemoryStore, path: Path) -> LayerLoadReport:
    return refresh_layer(store, RIVERS, path, RIVER, box=LHASA, at=AT)


def current(store: MemoryStore, layer: str) -> list[str]:
    with store.reading() as records:
        return [f.id for f in records.features(layer)]


def test_loading_reaches_draws_their_management_zones(store: MemoryStore, tmp_path: Path) -> None:
    report = load_rivers(store, rivers(tmp_path / "r.geojson", "A", "B"))
    assert report.changed
    assert current(store, "rivers") == current(store, "river_management_zones") == ["A", "B"]
    with store.reading() as records:
        assert all(f.derived and f.parent == f.id for f in records.features("river_management_zones"))
    assert report.as_dict()["zones"][0]["features"] == 2


def test_the_same_file_again_changes_nothing(store: MemoryStore, tmp_path: Path) -> None:
    path = rivers(tmp_path / "r.geojson", "A", "B")
    load_rivers(store, path)
    again = load_rivers(store, path)
    assert (again.changed, again.zones) == (False, ())


def test_new_reaches_bring_new_zones(store: MemoryStore, tmp_path: Path) -> None:
    load_rivers(store, rivers(tmp_path / "r.geojson", "A"))
    load_rivers(store, rivers(tmp_path / "r.geojson", "A", "B"))
    assert current(store, "river_management_zones") == ["A", "B"]


def test_zones_that_the_city_has_published_are_never_replaced_by_drawn_ones(store: MemoryStore, tmp_path: Path) -> None:
    load_rivers(store, rivers(tmp_path / "r.geojson", "A"))
    published = zones(tmp_path / "z.geojson", "A")
    refresh_layer(store, MANAGEMENT_ZONES, published, ZONE, box=LHASA, at=AT)
    assert current(store, "river_management_zones") == ["Z1"]
    report = load_rivers(store, rivers(tmp_path / "r.geojson", "A", "B"))
    assert report.zones == ()
    assert current(store, "river_management_zones") == ["Z1"]
    with store.reading() as records:
        assert all(is_published(v) for v in records.layer_versions())


def test_a_zone_of_an_unknown_reach_is_rejected(store: MemoryStore, tmp_path: Path) -> None:
    load_rivers(store, rivers(tmp_path / "r.geojson", "A"))
    report = refresh_layer(store, MANAGEMENT_ZONES, zones(tmp_path / "z.geojson", "X"), ZONE, box=LHASA, at=AT)
    assert report.reasons == {"unknown_parent": 1}
    assert "the id of a feature of the layer rivers" in str(report.rejected[0].flaws[0])


def test_before_the_parents_are_loaded_their_ids_are_not_checked(store: MemoryStore, tmp_path: Path) -> None:
    report = refresh_layer(store, MANAGEMENT_ZONES, zones(tmp_path / "z.geojson", "X"), ZONE, box=LHASA, at=AT)
    assert report.version.features == 1


def test_the_same_file_mapped_otherwise_is_another_version(tmp_path: Path) -> None:
    path = rivers(tmp_path / "r.geojson", "A")
    first = load_layer_file(RIVERS, path, RIVER, box=LHASA, at=AT)[0]
    named = LayerSource("rivers", "r.geojson", map={"name_zh": "reach_id"})
    shifted = LayerSource("rivers", "r.geojson", datum="GCJ02")
    versions = {load_layer_file(RIVERS, path, s, box=LHASA, at=AT)[0].id for s in (named, shifted)} | {first.id}
    assert len(versions) == 3
    assert (first.file, first.source, first.licence, first.loaded_at) == ("r.geojson", "合成", "测试", AT)


def test_a_file_that_is_not_the_layer_is_refused_whole(store: MemoryStore, tmp_path: Path) -> None:
    source = LayerSource(
        "rivers", "r.geojson", map={"name_zh": "名", "colour": "reach_id"}, order_by="日期", where={"类": ("河",)}
    )
    with pytest.raises(FileError) as told:
        refresh_layer(store, RIVERS, rivers(tmp_path / "r.geojson", "A"), source, box=LHASA, at=AT)
    assert [f.field for f in told.value.flaws] == ["map.name_zh", "map.colour", "where", "order_by"]
    assert current(store, "rivers") == []
