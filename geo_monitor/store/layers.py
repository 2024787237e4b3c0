"""Layers: versions, features, and the rows of layer files that were not taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from geo_monitor.domain.layer import Feature, LayerVersion, RejectedFeature
from geo_monitor.domain.place import Box
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import DAY_OPEN_FROM, DAY_OPEN_TO, LayerColumns
from geo_monitor.store import tables as t
from geo_monitor.store.geometry import from_wkb, to_wkb
from geo_monitor.store.incidents import flaws_from_json, flaws_to_json
from geo_monitor.store.session import Session, writes
from geo_monitor.store.values import day, day_number, micros, moment, to_json

_VERSION = (
    "id",
    "layer",
    "current",
    "file",
    "file_hash",
    "source",
    "licence",
    "loaded_at",
    "datum",
    "features",
    "quarantined",
    "notes",
    "synthetic",
    "fingerprint",
)
_FEATURE = (
    "version",
    "id",
    "title_zh",
    "title_en",
    "title_bo",
    "west",
    "south",
    "east",
    "north",
    "valid_from",
    "valid_to",
    "parent",
    "derived",
    "synthetic",
    "accuracy_m",
    "properties",
    "wkb",
)
_REJECTED = ("version", "number", "file", "file_hash", "row", "flaws", "raw")


class LayerRows(Session):
    @writes
    def add_layer(
        self, version: LayerVersion, features: Sequence[Feature], rejected: Sequence[RejectedFeature] = ()
    ) -> bool:
        v = t.layer_versions
        known = self.rows(sa.select(v.c.current).where(v.c.id == version.id))
        if known and known[0][0]:
            return False
        self.connection.execute(sa.update(v).where(v.c.layer == version.layer, v.c.current).values(current=False))
        if known:  # loaded before, replaced since, now loaded again: its rows are still here
            self.connection.execute(
                sa.update(v).where(v.c.id == version.id).values(current=True, loaded_at=micros(version.loaded_at))
            )
            return True
        self.bulk(
            v,
            _VERSION,
            [
                (
                    version.id,
                    version.layer,
                    True,
                    version.file,
                    version.file_hash,
                    version.source,
                    version.licence,
                    micros(version.loaded_at),
                    version.datum,
                    version.features,
                    version.quarantined,
                    to_json(list(version.notes)),
                    version.synthetic,
                    version.fingerprint,
                )
            ],
        )
        wkb, bounds = to_wkb([f.geometry for f in features])
        boxes = [[None if edge != edge else edge for edge in box] for box in bounds.tolist()]  # NaN: no place
        self.bulk(
            t.features,
            _FEATURE,
            (
                (
                    version.id,
                    f.id,
                    f.title.zh,
                    f.title.en,
                    f.title.bo,
                    *box,
                    day_number(f.valid_from),
                    day_number(f.valid_to),
                    f.parent,
                    bool(f.derived),
                    bool(f.synthetic),
                    float(f.accuracy_m),
                    to_json(dict(f.properties)),
                    raw,
                )
                for f, box, raw in zip(features, boxes, wkb, strict=True)
            ),
        )
        self.bulk(
            t.rejected_features,
            _REJECTED,
            (
                (version.id, n, r.file, r.file_hash, r.row, flaws_to_json(r.flaws), to_json(dict(r.raw)))
                for n, r in enumerate(rejected)
            ),
        )
        return True

    def layer_versions(self, current_only: bool = True) -> list[LayerVersion]:
        v = t.layer_versions.c
        statement = sa.select(*(v[name] for name in _VERSION)).order_by(v.layer, v.loaded_at.desc(), v.id)
        if current_only:
            statement = statement.where(v.current)
        return [_layer_version(row) for row in self.rows(statement)]

    def layer_columns(self, layer: str, version: str = "") -> LayerColumns | None:
        found = self._version(layer, version)
        if found is None:
            return None
        version, loaded_at = found
        columns = self.shelf.get(version, loaded_at)
        if columns is None:
            columns = self._read_columns(layer, version, loaded_at)
            if not self.writing:  # what is read within a writing transaction may yet be taken back
                self.shelf.put(version, loaded_at, columns)
        return columns

    def _version(self, layer: str, version: str) -> tuple[str, int] | None:
        """Id and moment of loading of the current version, or of the one with this id. A reading transaction sees one
        state of the book throughout, and asks for all current versions at once: a run wants a hundred of them."""
        v = t.layer_versions.c
        if version or self.writing:
            asked = v.id == version if version else v.current
            found = self.rows(sa.select(v.id, v.loaded_at).where(v.layer == layer, asked))
            return (found[0][0], found[0][1]) if found else None
        if self._current is None:
            rows = self.rows(sa.select(v.layer, v.id, v.loaded_at).where(v.current))
            self._current = {name: (id_, loaded_at) for name, id_, loaded_at in rows}
        return self._current.get(layer)

    def _read_columns(self, layer: str, version: str, loaded_at: int) -> LayerColumns:
        f = t.features.c
        statement = (
            sa.select(
                f.id,
                f.title_zh,
                f.title_en,
                f.title_bo,
                f.valid_from,
                f.valid_to,
                f.parent,
                f.synthetic,
                f.accuracy_m,
                f.properties,
                f.wkb,
            )
            .where(f.version == version)
            .order_by(f.id)
        )
        rows = self.rows(statement)
        ids, zh, en, bo, valid_from, valid_to, parent, synthetic, accuracy, properties, wkb = (
            list(zip(*rows, strict=True)) if rows else [()] * 11
        )
        said = [json.loads(p) if p != "{}" else {} for p in properties]
        columns = LayerColumns(
            name=layer,
            version=version,
            ids=np.array(ids, dtype=object),
            geometry=from_wkb(wkb),
            valid_from=np.array([DAY_OPEN_FROM if d is None else d for d in valid_from], dtype=np.int32),
            valid_to=np.array([DAY_OPEN_TO if d is None else d for d in valid_to], dtype=np.int32),
            parent=np.array(parent, dtype=object),
            titles=_objects([Words(*words) for words in zip(zh, en, bo, strict=True)]),
            accuracy_m=np.array(accuracy, dtype=np.float32),
            properties={name: _objects([p.get(name) for p in said]) for name in sorted({k for p in said for k in p})},
            synthetic=any(synthetic),
            as_of=moment(loaded_at),
        )
        for column in (
            columns.ids,
            columns.geometry,
            columns.valid_from,
            columns.valid_to,
            columns.parent,
            columns.titles,
            columns.accuracy_m,
            *columns.properties.values(),
        ):
            column.flags.writeable = False  # one copy serves every caller of the process
        return columns

    def features(self, layer: str, box: Box | None = None, ids: Sequence[str] | None = None) -> list[Feature]:
        f, v = t.features.c, t.layer_versions.c
        current = sa.select(v.id).where(v.layer == layer, v.current).scalar_subquery()
        statement = sa.select(*(f[name] for name in _FEATURE)).where(f.version == current).order_by(f.id)
        if box is not None:
            touching = sa.select(f.id).where(
                f.version == current,
                f.west <= box.east,
                f.east >= box.west,
                f.south <= box.north,
                f.north >= box.south,
            )
            statement = statement.where(f.id.in_(touching))
        if ids is not None:
            statement = statement.where(self.among(f.id, ids))
        rows = self.rows(statement)
        shapes = from_wkb([row[-1] for row in rows])
        return [_feature(layer, row, shape) for row, shape in zip(rows, shapes, strict=True)]

    def rejected_features(self, layer: str) -> list[RejectedFeature]:
        r, v = t.rejected_features.c, t.layer_versions.c
        current = sa.select(v.id).where(v.layer == layer, v.current).scalar_subquery()
        statement = sa.select(*(r[name] for name in _REJECTED)).where(r.version == current).order_by(r.number)
        return [
            RejectedFeature(layer, file, file_hash, row, flaws_from_json(flaws), json.loads(raw))
            for _, _, file, file_hash, row, flaws, raw in self.rows(statement)
        ]


def _layer_version(row: Sequence[Any]) -> LayerVersion:
    _, layer, _, file, file_hash, source, licence, loaded_at, datum, features, quarantined, notes, *rest = row
    synthetic, fingerprint = rest
    return LayerVersion(
        layer=layer,
        file=file,
        file_hash=file_hash,
        source=source,
        licence=licence,
        loaded_at=moment(loaded_at),
        datum=datum,
        features=features,
        quarantined=quarantined,
        notes=tuple(json.loads(notes)),
        synthetic=bool(synthetic),
        fingerprint=fingerprint,
    )


def _feature(layer: str, row: Sequence[Any], shape: Any) -> Feature:
    (
        _,
        id_,
        zh,
        en,
        bo,
        _,
        _,
        _,
        _,
        valid_from,
        valid_to,
        parent,
        derived,
        synthetic,
        accuracy,
        properties,
        _,
    ) = row
    return Feature(
        layer=layer,
        id=id_,
        title=Words(zh, en, bo),
        geometry=shape,
        properties=json.loads(properties),
        valid_from=day(valid_from),
        valid_to=day(valid_to),
        parent=parent,
        derived=bool(derived),
        synthetic=bool(synthetic),
        accuracy_m=accuracy,
    )


def _objects(values: list[Any]) -> Any:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
