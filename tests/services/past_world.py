"""A small synthetic past: reports along a river, week by week, and models written as YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.layer import Feature, Field, Layer, LayerVersion, Style
from geo_monitor.domain.place import Datum, LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.law.register import read_register
from geo_monitor.services.backtest import Backtest, backtest
from geo_monitor.services.overlay import Overlay
from geo_monitor.services.ports import Store
from geo_monitor.supervision.load import read_model
from geo_monitor.supervision.model import SupervisionModel
from tests.fakes import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
CENTRE = LonLat(91.1, 29.65)
PER_LON, PER_LAT = metres_per_degree(CENTRE.lat)
#: A Monday; the past of the tests begins here, and everything is loaded long after it.
MONDAY = datetime(2026, 6, 1, tzinfo=ZONE)
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
FIRST = MONDAY.date()
LOADED = datetime(2026, 11, 1, tzinfo=UTC)

NUMBERS = {
    "near": "50 m",
    "wide": "200 m",
    "side": "300 m",
    "day": "1 d",
    "days": "3 d",
    "month": "30 d",
    "one": "1",
    "two": "2",
    "half": "50 %",
    "term": "1 mo",
}
DUMPS = {"where": "[{nearest: {of: rivers, at_most: near}}]", "group": "{by: rivers, any: [{count: one}]}"}


def model(id_: str = "RIV-900", **parts: str) -> SupervisionModel:
    """A model of which some parts are said (as YAML text), the others being the plainest there are."""
    text = {
        "id": id_,
        "version": "1",
        "status": "draft",
        "title": "{zh: 疑似试验, en: Suspected test}",
        "track": "public_interest",
        "domain": "river",
        "urgency": "low",
        "watch": "{category: [dumping]}",
        "lead": "{legal_basis: [river-24, code-282], agencies: [water], guide: {zh: 先看, en: look first}}",
        "cases": "{hit: [], miss: [], edge: []}",
        **DUMPS,
        **parts,
    }
    used = set(re.findall(r"\w+", text["where"] + text["group"]))
    numbers = {n: q for n, q in NUMBERS.items() if n in used}
    text.setdefault(
        "numbers", "{" + ", ".join(f"{n}: {{value: {q}, basis: proposal}}" for n, q in numbers.items()) + "}"
    )
    made = read_model("\n".join(f"{k}: {v}" for k, v in text.items()).encode(), f"{id_}.yaml")
    return replace(made, file="")  # it stands in no file


def at(east: float, north: float) -> tuple[float, float]:
    return CENTRE.lon + east / PER_LON, CENTRE.lat + north / PER_LAT


def after(days: float) -> datetime:
    """So many days after the first Monday."""
    return MONDAY + timedelta(days=days)


def report(
    name: str,
    day: float,
    east: float = 100.0,
    *,
    told: float | None = None,
    who: str | None = None,
    category: str = "dumping",
    evidence: Sequence[str] = (),
    **attributes: Any,
) -> Incident:
    """Something that happened so many days after the first Monday, reported then or (``told``) later."""
    lon, lat = at(east, 20)
    happened = after(day)
    return Incident(
        feed="t",
        source_id=name,
        source="hotline",
        category=category,
        text=f"合成 {name}",
        occurred=happened,
        reported=happened if told is None else after(told),
        lon=lon,
        lat=lat,
        accuracy_m=10,
        datum=Datum.WGS84,
        origin=Origin("synthetic.csv", "h", 2),
        reporter=who,
        evidence=frozenset(evidence),
        attributes=attributes,
    )


def layer(name: str, *fields: Field) -> Layer:
    return Layer(name, Words(name, name), ("point",), fields, "id", "id", Style("#000000"))


def load(store: Store, name: str, features: Sequence[Feature], loaded: datetime = LOADED, file_hash: str = "h") -> None:
    with store.writing() as records:
        records.add_layer(LayerVersion(name, "f", file_hash, "", "", loaded, "WGS84", len(features)), features)


def feature(
    layer: str,
    id_: str,
    east: float,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
    **properties: Any,
) -> Feature:
    place = shapely.Point(*at(east, 20))
    return Feature(
        layer, id_, Words(id_, id_), place, {"id": id_, **properties}, valid_from=valid_from, valid_to=valid_to
    )


def river_city(reaches: int = 3) -> MemoryStore:
    """Reaches of a kilometre from west to east, R0 first, and one district around all."""
    store = MemoryStore()
    lines = [
        Feature(
            "rivers",
            f"R{k}",
            Words(f"河段{k}", f"reach {k}"),
            shapely.LineString([at(k * 1000, 0), at(k * 1000 + 1000, 0)]),
        )
        for k in range(reaches)
    ]
    load(store, "rivers", lines)
    area = shapely.box(90.9, 29.5, 92.5, 29.8)
    load(store, "districts", [Feature("districts", "540102", Words("城关区", "Chengguan"), area)])
    return store


def add(store: Store, *reports: Incident) -> None:
    with store.writing() as records:
        records.add_incidents(reports)


def overlay(store: Store, *models: SupervisionModel, layers: Mapping[str, Layer] | None = None) -> Overlay:
    return Overlay(store, {m.id: m for m in models}, read_register(), layers or {}, centre=CENTRE, zone=ZONE)


def replayed(
    store: Store,
    model: SupervisionModel,
    weeks: int = 8,
    *,
    layers: Mapping[str, Layer] | None = None,
    first: date = FIRST,
    **options: Any,
) -> Backtest:
    """Back-tested over so many weeks from the first Monday on."""
    last = first + timedelta(days=7 * weeks - 1)
    options = {"sensitivity": False, "now": NOW, **options}
    with store.reading() as records:
        return backtest(records, model, first, last, layers=layers or {}, centre=CENTRE, zone=ZONE, **options)


def by_week(found: Backtest) -> dict[str, list[str]]:
    """Week number → subjects of its leads."""
    out: dict[str, list[str]] = {}
    for lead in found.leads:
        out.setdefault(lead.week[-3:], []).append(lead.subject.id)
    return out
