"""Runs the cases that each model carries, on the same engine that makes leads.

A case is a tiny world in metres around an origin near Lhasa. Its points are laid out along geodesics of the
WGS 84 ellipsoid from the origin (azimuthal equidistant), so that a metre in the case is a metre on the
ground: two points 5 km from the origin are less than a millimetre off. Long edges are cut into short pieces
on the way, because an edge is straight in degrees and would otherwise lie 11 mm beside itself in the middle
of a kilometre.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING, Any

from geo_monitor.domain.clock import CITY_ZONE
from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import Datum, LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.evaluate import evaluate
from geo_monitor.supervision.model import Case, SupervisionModel

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

ORIGIN = LonLat(91.10, 29.65)
#: The moment at which a register is looked at in a case that says none.
AS_OF = "2026-11-01 12:00"
#: An edge of this length is 0.03 mm off its own middle at most.
STEP_M = 50.0


@dataclass(frozen=True, slots=True)
class CaseResult:
    """``expected`` and ``found`` are subject ids, sorted: of a feature its id, of a cell the word ``cell``, of a record
    its name in the case (``#1`` is the first), of a cluster the name of its earliest record. ``waiting: …`` in
    ``found`` means that the model had no data to decide on, which no case may rest on: a miss without rivers would
    prove nothing."""

    id: str
    case: str
    kind: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    ok: bool


def prove(models: Iterable[SupervisionModel], *, only: str | None = None) -> list[CaseResult]:
    """The results of all cases, by model id and then in the order of the file; ``only`` names one model."""
    chosen = sorted((m for m in models if only is None or m.id == only), key=lambda m: m.id)
    return [prove_case(model, case) for model in chosen for case in model.cases]


def prove_case(model: SupervisionModel, case: Case, zone: tzinfo = CITY_ZONE) -> CaseResult:
    """Builds the world of the case and asks the engine. Drafts and retired models are proved like running
    ones."""
    names = [str(row.get("name") or f"#{k}") for k, row in enumerate(case.incidents, start=1)]
    incidents = [_incident(model, row, name, zone) for row, name in zip(case.incidents, names, strict=True)]
    layers = {
        name: LayerColumns.of(name, f"{name}@case", [_feature(name, row) for row in case.layers.get(name, ())])
        for name in dict.fromkeys([*model.layers, *case.layers])
    }
    answer = evaluate(
        [replace(model, status="active")],
        IncidentColumns.of(incidents, attributes=model.fields),
        layers,
        as_of=moment(case.as_of or AS_OF, zone),
        centre=ORIGIN,
        zone=zone,
    )
    called = {i.id: name for i, name in zip(incidents, names, strict=True)}
    found = [_said(m.subject.layer, m.subject.id, called) for m in answer.matters]
    found += [f"waiting: {', '.join(missing)}" for missing in answer.waiting.values()]
    expected = tuple(sorted(case.leads))
    return CaseResult(model.id, case.name, case.kind, expected, tuple(sorted(found)), expected == tuple(sorted(found)))


def _said(layer: str, subject: str, called: Mapping[str, str]) -> str:
    if layer.startswith("cell:"):
        return "cell"
    if layer.startswith("cluster:") and subject not in called:
        return subject.split("/", 1)[1]  # the earliest is a feature of the watched layer
    return called.get(subject, subject)


def moment(said: str, zone: tzinfo) -> datetime:
    """A local time as a case writes it; a bare day means its noon."""
    if len(said) == len("2026-01-01"):
        return datetime.combine(date.fromisoformat(said), time(12), tzinfo=zone)
    return datetime.fromisoformat(said).replace(tzinfo=zone)


def place(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Longitude and latitude in degrees of points given in metres east and north of the origin."""
    import numpy as np
    from pyproj import Geod

    xy = np.asarray(points, dtype=float).reshape(-1, 2)
    azimuth = np.degrees(np.arctan2(xy[:, 0], xy[:, 1]))
    n = len(xy)
    lon, lat, _ = Geod(ellps="WGS84").fwd(
        np.full(n, ORIGIN.lon), np.full(n, ORIGIN.lat), azimuth, np.hypot(xy[:, 0], xy[:, 1])
    )
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def shape_of(row: Mapping[str, Any]) -> BaseGeometry | None:
    """The geometry that a row of a case speaks of (``at``, ``line``, ``polygon``, ``box``), in WGS 84."""
    import shapely

    if "at" in row:
        return shapely.Point(place([row["at"]])[0])
    if "line" in row:
        return _laid_out(shapely.LineString(row["line"]))
    if "polygon" in row:
        return _laid_out(shapely.Polygon(row["polygon"]))
    if "box" in row:
        return _laid_out(shapely.box(*row["box"]))
    return None


def _laid_out(flat: BaseGeometry) -> BaseGeometry:
    import numpy as np
    import shapely

    def degrees(xy: Any) -> Any:
        return np.asarray(place(xy))

    return shapely.transform(shapely.segmentize(flat, STEP_M), degrees)


def _feature(layer: str, row: Mapping[str, Any]) -> Feature:
    return Feature(
        layer=layer,
        id=row["id"],
        title=Words.of(row["id"]),
        geometry=shape_of(row),
        properties={k: v for k, v in row.get("properties", {}).items() if v is not None},
        valid_from=_day(row.get("valid_from")),
        valid_to=_day(row.get("valid_to")),
        parent=row.get("parent", ""),
        synthetic=True,
    )


def _day(said: str | None) -> date | None:
    return None if said is None else date.fromisoformat(said[:10])


def _incident(model: SupervisionModel, row: Mapping[str, Any], name: str, zone: tzinfo) -> Incident:
    """What a row leaves out is what the model watches: its first category, its first source."""
    occurred = moment(row["on"], zone)
    lon, lat = place([row["at"]])[0]
    watch = model.watch
    return Incident(
        feed="case",
        source_id=name,
        source=row.get("source") or (watch.source[0] if watch.source else "patrol"),
        category=row.get("category") or (watch.category[0] if watch.category else "other"),
        text="",
        occurred=occurred,
        reported=occurred,
        lon=lon,
        lat=lat,
        accuracy_m=float(row.get("accuracy_m", 0.0)),
        datum=Datum.WGS84,
        origin=Origin(model.file, model.hash, 0),
        reporter=row.get("reporter"),
        evidence=frozenset(row.get("evidence", ())),
        attributes=dict(row.get("attributes", {})),
    )
