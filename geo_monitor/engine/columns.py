"""Incidents and layers as the engine reads them: columns, not objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.incident import EVIDENCE, Incident
from geo_monitor.domain.layer import Feature

#: Open ends of validity as days since 1970-01-01; every real day lies between them.
DAY_OPEN_FROM = np.int32(-(2**30))
DAY_OPEN_TO = np.int32(2**30)


class Sparse:
    """A column of objects that few of its ``length`` rows have, the others None: ``rows`` (ascending) and their
    ``values``. Asked for some rows it answers with a plain array."""

    def __init__(self, length: int, rows: npt.NDArray[np.int32], values: npt.NDArray[Any]) -> None:
        self.length, self.rows, self.values = length, rows, values

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, int | np.integer):
            return self[np.array([range(self.length)[at]])][0]
        wanted = np.arange(self.length)[at] if isinstance(at, slice) or at.dtype == bool else at
        out = np.empty(len(wanted), dtype=object)
        if len(self.rows):
            place = np.searchsorted(self.rows, wanted)
            place[place == len(self.rows)] = 0
            held = np.flatnonzero(self.rows[place] == wanted)
            out[held] = self.values[place[held]]
        return out

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)


#: An attribute: of each row an object, or None.
Column = npt.NDArray[Any] | Sparse


@dataclass(frozen=True)
class IncidentColumns:
    """n incidents, sorted by (occurred, id). ``occurred`` is Unix seconds (UTC) as int64; ``lon``/``lat`` WGS 84
    degrees; ``category`` and ``source`` are positions in ``categories`` / ``sources``; ``reporter`` is a
    code per person, -1 where unknown; ``evidence`` is the bit field of ``domain.incident.EVIDENCE``;
    ``attributes`` holds object columns, only those asked for, None where a row has none. ``shapes`` are the areas and
    lines (WGS 84) of records that are more than a point, for a watched layer of such."""

    ids: npt.NDArray[Any]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    accuracy_m: npt.NDArray[np.float32]
    occurred: npt.NDArray[np.int64]
    category: npt.NDArray[np.int32]
    categories: tuple[str, ...]
    source: npt.NDArray[np.int16]
    sources: tuple[str, ...]
    reporter: npt.NDArray[np.int64]
    reporters: tuple[str, ...]
    evidence: npt.NDArray[np.int32]
    attributes: Mapping[str, Column] = field(default_factory=dict)
    shapes: npt.NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: npt.NDArray[Any]) -> IncidentColumns:
        """Some of the rows (positions, or a mask), in that order."""
        plain = {
            f.name: getattr(self, f.name)[rows]
            for f in fields(self)
            if f.name not in ("categories", "sources", "reporters", "attributes", "shapes")
        }
        shapes = None if self.shapes is None else self.shapes[rows]
        return replace(self, **plain, attributes={k: v[rows] for k, v in self.attributes.items()}, shapes=shapes)

    @classmethod
    def merged(cls, parts: Sequence[IncidentColumns]) -> IncidentColumns:
        """The incidents of all parts, each once, sorted by (occurred, id). The parts must carry the same attributes."""
        parts = [p for p in parts if len(p)] or list(parts[:1])
        if len(parts) == 1:
            return parts[0]
        ids = np.concatenate([p.ids for p in parts])
        occurred = np.concatenate([p.occurred for p in parts])
        first: dict[str, int] = {}
        for k, name in enumerate(ids.tolist()):
            first.setdefault(name, k)
        order = np.array(sorted(first.values(), key=lambda k: (occurred[k], ids[k])), dtype=np.int64)
        codes: dict[str, tuple[npt.NDArray[Any], tuple[str, ...]]] = {}
        for column, words in (("category", "categories"), ("source", "sources"), ("reporter", "reporters")):
            known = tuple(sorted({w for p in parts for w in getattr(p, words)}))
            place = {w: k for k, w in enumerate(known)}
            tables = [np.array([*(place[w] for w in getattr(p, words)), -1], dtype=np.int64) for p in parts]
            joined = np.concatenate([t[getattr(p, column)] for t, p in zip(tables, parts, strict=True)])
            codes[column] = joined.astype(getattr(parts[0], column).dtype), known
        whole = {
            name: np.concatenate([getattr(p, name) for p in parts]) for name in ("lon", "lat", "accuracy_m", "evidence")
        }
        return cls(
            ids=ids,
            occurred=occurred,
            category=codes["category"][0],
            categories=codes["category"][1],
            source=codes["source"][0],
            sources=codes["source"][1],
            reporter=codes["reporter"][0],
            reporters=codes["reporter"][1],
            attributes={
                name: np.concatenate([np.asarray(p.attributes[name]) for p in parts]) for name in parts[0].attributes
            },
            **whole,
        ).take(order)

    @classmethod
    def of(cls, incidents: Sequence[Incident], attributes: Sequence[str] = ()) -> IncidentColumns:
        """Columns of the given incidents, sorted by (occurred, id)."""
        rows = sorted(incidents, key=lambda i: (i.occurred, i.id))
        categories = tuple(sorted({i.category for i in rows}))
        sources = tuple(sorted({i.source for i in rows}))
        reporters = tuple(sorted({i.reporter for i in rows if i.reporter is not None}))
        cat = {c: k for k, c in enumerate(categories)}
        src = {c: k for k, c in enumerate(sources)}
        rep: dict[str | None, int] = {None: -1, **{c: k for k, c in enumerate(reporters)}}
        return cls(
            ids=np.array([i.id for i in rows], dtype=object),
            lon=np.array([i.lon for i in rows], dtype=np.float64),
            lat=np.array([i.lat for i in rows], dtype=np.float64),
            accuracy_m=np.array([i.accuracy_m for i in rows], dtype=np.float32),
            occurred=np.array([int(i.occurred.timestamp()) for i in rows], dtype=np.int64),
            category=np.array([cat[i.category] for i in rows], dtype=np.int32),
            categories=categories,
            source=np.array([src[i.source] for i in rows], dtype=np.int16),
            sources=sources,
            reporter=np.array([rep[i.reporter] for i in rows], dtype=np.int64),
            reporters=reporters,
            evidence=np.array([evidence_bits(i.evidence) for i in rows], dtype=np.int32),
            attributes={a: np.array([i.attributes.get(a) for i in rows], dtype=object) for a in attributes},
        )


def evidence_bits(evidence: frozenset[str] | set[str] | Sequence[str]) -> int:
    """The bit field of a set of evidence kinds; an unknown kind is a KeyError of the caller."""
    return sum(1 << EVIDENCE.index(e) for e in set(evidence))


def epoch_day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


@dataclass(frozen=True)
class LayerColumns:
    """m features of one layer version, sorted by feature id (so the lowest position is the lowest id: the rule
    by which ties of distance are decided). ``geometry`` is an object array of shapely geometries in WGS 84
    (None for register rows without a place); ``valid_from``/``valid_to`` are inclusive days since 1970-01-01;
    ``properties`` maps a field to an object column; ``parent`` is the id of the parent feature or ""."""

    name: str
    version: str
    ids: npt.NDArray[Any]
    geometry: npt.NDArray[Any]
    valid_from: npt.NDArray[np.int32]
    valid_to: npt.NDArray[np.int32]
    parent: npt.NDArray[Any]
    titles: npt.NDArray[Any]
    accuracy_m: npt.NDArray[np.float32]
    properties: Mapping[str, npt.NDArray[Any]]
    synthetic: bool = False
    as_of: datetime | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, name: str, version: str, features: Sequence[Feature]) -> LayerColumns:
        rows = sorted(features, key=lambda f: f.id)
        names = sorted({k for f in rows for k in f.properties})
        geometry = np.empty(len(rows), dtype=object)
        geometry[:] = [f.geometry for f in rows]
        titles = np.empty(len(rows), dtype=object)
        titles[:] = [f.title for f in rows]
        return cls(
            name=name,
            version=version,
            ids=np.array([f.id for f in rows], dtype=object),
            geometry=geometry,
            valid_from=np.array(
                [DAY_OPEN_FROM if f.valid_from is None else epoch_day(f.valid_from) for f in rows], dtype=np.int32
            ),
            valid_to=np.array(
                [DAY_OPEN_TO if f.valid_to is None else epoch_day(f.valid_to) for f in rows], dtype=np.int32
            ),
            parent=np.array([f.parent for f in rows], dtype=object),
            titles=titles,
            accuracy_m=np.array([f.accuracy_m for f in rows], dtype=np.float32),
            properties={n: np.array([f.properties.get(n) for f in rows], dtype=object) for n in names},
            synthetic=any(f.synthetic for f in rows),
        )
