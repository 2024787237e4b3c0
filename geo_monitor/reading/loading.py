"""The features of a layer from the city's own files: read, decided, stored, with the zones that follow from them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from geo_monitor.config import LayerSource
from geo_monitor.domain.layer import Feature, Layer, LayerVersion, RejectedFeature
from geo_monitor.domain.place import Box
from geo_monitor.reading.tables import hash_file
from geo_monitor.reading.vectors import PlaceColumns, read_vectors
from geo_monitor.reading.zones import derive_zones
from geo_monitor.services.load_layer import LayerLoadReport, LoadedLayer, build_layer, is_published, store_layer
from geo_monitor.services.ports import Store


def load_layer_file(
    layer: Layer,
    path: Path,
    source: LayerSource,
    *,
    box: Box,
    at: datetime,
    known_parents: Collection[str] | None = None,
) -> tuple[LayerVersion, list[Feature], list[RejectedFeature]]:
    """Reads one file as one version of a layer: (version, features sorted by id, rejected rows). Nothing is stored.

    ``source`` tells datum or crs, mapping, constants, which rows count, where the file is from and its licence;
    ``source.map`` may name the columns of the place (lon, lat, x, y, wkt) beside the layer's fields. Raises
    FileError if the file is not what it was said to be.
    """
    file = read_vectors(
        path,
        datum=source.datum,
        crs=source.crs,
        place=PlaceColumns.of(source.map),
        names=(layer.name, *layer.aliases),
        needs_place=bool(layer.geometry) and not layer.register,
    )
    return build_layer(
        layer,
        file.rows,
        source,
        file=path.name,
        file_hash=hash_file(path),
        datum=file.reference.name,
        at=at,
        box=box,
        columns=file.columns,
        known_parents=known_parents,
        notes=file.notes,
    )


def refresh_layer(
    store: Store, layer: Layer, path: Path, source: LayerSource, *, box: Box, at: datetime
) -> LayerLoadReport:
    """Loads a file as the current version of its layer, checks parents against the store, and draws the zones that the
    layer derives unless the city has published them. One transaction; the same file again changes nothing."""
    with store.reading() as records:
        columns = records.layer_columns(layer.parent) if layer.parent else None
        current = {v.layer: v for v in records.layer_versions()}
    parents = None if columns is None else {str(i) for i in columns.ids}
    loaded = LoadedLayer(*load_layer_file(layer, path, source, box=box, at=at, known_parents=parents))
    same = layer.name in current and current[layer.name].id == loaded.version.id
    zones = [
        derive_zones(z, loaded.features, at, loaded.version)
        for z in layer.zones
        if z.derived is not None and not (z.name in current and (same or is_published(current[z.name])))
    ]
    return store_layer(store, loaded, zones)
