"""A lead replayed: later versions of layers, later reports and another model file change nothing; tampering shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from geo_monitor.domain.clock import CITY_ZONE
from geo_monitor.domain.incident import Incident
from geo_monitor.domain.layer import LayerVersion
from geo_monitor.domain.lead import Lead
from geo_monitor.domain.place import Box, LonLat
from geo_monitor.errors import NotFoundError
from geo_monitor.law.register import read_register
from geo_monitor.services.decide import take_up
from geo_monitor.services.exceptions import circle, exempt
from geo_monitor.services.overlay import Overlay
from geo_monitor.services.ports import Store
from geo_monitor.services.prove import AS_OF, ORIGIN, _feature, _incident, moment
from geo_monitor.services.replay import Replay, replay
from geo_monitor.supervision.load import LIBRARY, load_model
from geo_monitor.supervision.model import SupervisionModel
from tests.fakes import MemoryStore

#: One for each way of the grammar: cells and likeness, registers, terms, what is usual, another report, none following,
#: clusters, stretches, along the river, joins by number, a field's values, districts.
WAYS = [
    "FOO-001",
    "FOO-027",
    "FOO-022",
    "AS-005",
    "FOO-015",
    "HER-008",
    "ECO-003",
    "RIV-003",
    "CS-004",
    "FOO-005",
    "AS-006B",
    "FOO-021",
    "FOO-018",
    "ECO-021",
    "AS-002",
    "DRU-004",
    "ECO-008",
    "HER-002",
]


def find(name: str) -> Path:
    [path] = LIBRARY.rglob(f"{name}.yaml")
    return path


def put_layers(store: Store, model: SupervisionModel, rows: dict[str, Sequence[dict[str, Any]]], digest: str) -> None:
    now = moment(AS_OF, CITY_ZONE)
    with store.writing() as records:
        for name in model.layers:
            features = [_feature(name, row) for row in rows.get(name, ())]
            records.add_layer(LayerVersion(name, "f", digest, "", "", now, "WGS84", len(features)), features)


class City:
    """The world of a model's first case that flags, in a store, with the model in a file of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.file = folder / f"{name}.yaml"
        self.file.write_text(find(name).read_text(encoding="utf-8"), encoding="utf-8")
        self.store = MemoryStore()
        self.model = replace(load_model(self.file), status="active")
        self.case = next(c for c in self.model.cases if c.kind == "hit" and c.leads)
        self.now = moment(self.case.as_of or AS_OF, CITY_ZONE)
        put_layers(self.store, self.model, dict(self.case.layers), "h1")
        self.reports = [
            _incident(self.model, row, str(row.get("name") or f"#{k}"), CITY_ZONE)
            for k, row in enumerate(self.case.incidents, start=1)
        ]
        self.add(*self.reports)
        self.run(self.now)

    def add(self, *reports: Incident) -> None:
        with self.store.writing() as records:
            records.add_incidents(reports)

    def overlay(self) -> Overlay:
        models = {self.model.id: self.model}
        return Overlay(self.store, models, read_register(), {}, centre=ORIGIN, zone=CITY_ZONE)

    def run(self, now: datetime) -> None:
        self.overlay().run(now, full=True)

    def leads(self) -> list[Lead]:
        with self.store.reading() as records:
            return records.leads_of()

    def replay(self, lead: Lead) -> Replay:
        run = self.overlay()
        with self.store.reading() as records:
            return replay(records, lead, centre=run.centre, zone=run.zone, wording=run.wording)


def more_of(city: City) -> list[Incident]:
    """The same matters reported again, beside the first ones and at the same times."""
    return [replace(i, source_id=f"{i.source_id}+", lon=i.lon + 1e-4, reporter="later") for i in city.reports]


@pytest.mark.parametrize("name", WAYS)
def test_the_replay_of_a_lead_is_what_was_kept_whatever_came_later(name: str, tmp_path: Path) -> None:
    city = City(name, tmp_path)
    kept = city.leads()
    assert kept
    for lead in kept:
        assert city.replay(lead).differences == ()
    put_layers(city.store, city.model, {}, "h2")
    city.add(*more_of(city))
    city.file.write_text("id: {}", encoding="utf-8")
    for lead in kept:
        found = city.replay(lead)
        assert found.differences == ()
        assert found.grounds == lead.grounds


def test_a_register_looked_at_before_any_report_came_is_replayed_without_the_later_ones(tmp_path: Path) -> None:
    city = City("FOO-018", tmp_path)
    kept = city.leads()
    assert kept and {lead.grounds.seq for lead in kept} == {len(city.reports)}
    with city.store.reading() as records:
        kitchens = records.features("food_businesses")
    stops = [
        replace(
            city.reports[0],
            source_id=f"stop {kitchen.id}",
            lon=kitchen.geometry.centroid.x,
            lat=kitchen.geometry.centroid.y,
            occurred=city.now - timedelta(days=1),
            reported=city.now - timedelta(days=1),
        )
        for kitchen in kitchens
        if kitchen.geometry is not None
    ]
    city.add(*stops)
    assert all(city.replay(replace(lead, grounds=replace(lead.grounds, seq=0))).grounds for lead in kept)
    city.run(city.now)
    assert {lead.status.value for lead in city.leads()} == {"superseded"}


def test_a_model_made_stricter_in_its_file_does_not_touch_the_leads_of_the_text_before(tmp_path: Path) -> None:
    city = City("HER-002", tmp_path)
    [lead] = city.leads()
    city.file.write_text(city.file.read_text(encoding="utf-8").replace("version: ", "version: 1"), encoding="utf-8")
    city.model = replace(load_model(city.file), status="active")
    city.add(*more_of(city))
    city.run(city.now + timedelta(days=1))
    [joined] = city.leads()
    assert joined.model_version != lead.model_version
    assert city.replay(lead).same
    assert city.replay(joined).same


def test_an_exception_granted_later_does_not_take_the_grounds_away(tmp_path: Path) -> None:
    city = City("HER-002", tmp_path)
    [lead] = city.leads()
    day, later = city.now.date(), city.now + timedelta(hours=1)
    exempt(
        city.store,
        {city.model.id: city.model},
        city.model.id,
        circle(LonLat(lead.lon, lead.lat), 500.0),
        day - timedelta(days=300),
        day + timedelta(days=60),
        author="r",
        reason="合成例外：已办理审批",
        at=later,
        today=day,
        city=Box(90, 29, 92, 31),
    )
    city.run(later)
    assert [x.status.value for x in city.leads()] == ["superseded"]
    assert city.replay(lead).same


def test_a_lead_in_hand_that_lost_its_records_is_replayed_with_those_it_was_raised_on(tmp_path: Path) -> None:
    city = City("HER-002", tmp_path)
    [lead] = city.leads()
    take_up(city.store, lead.id, "r", city.now)
    put_layers(city.store, city.model, {}, "h2")
    city.run(city.now + timedelta(days=1))
    [gone] = city.leads()
    assert gone.records == ()
    assert city.replay(gone).same


@pytest.mark.parametrize(
    ("part", "tamper"),
    [
        ("sentence.zh", lambda g: replace(g, sentence={**g.sentence, "zh": "并无此事"})),
        ("clauses[0].value", lambda g: replace(g, clauses=(replace(g.clauses[0], value=9.0), *g.clauses[1:]))),
        ("would_pass_if.en", lambda g: replace(g, would_pass_if={**g.would_pass_if, "en": "never"})),
        ("model_version", lambda g: replace(g, model_version=g.model_version + 1)),
        ("change.fewer", lambda g: replace(g, change=replace(g.change, fewer=7))),
    ],
)
def test_tampered_grounds_are_found_out_and_the_part_is_named(part: str, tamper: Any, tmp_path: Path) -> None:
    city = City("ECO-003", tmp_path)
    [lead] = city.leads()
    found = city.replay(replace(lead, grounds=tamper(lead.grounds)))
    assert [d.part for d in found.differences] == [part]
    assert not found.same


def test_a_lead_that_claims_a_report_it_never_rested_on_is_found_out(tmp_path: Path) -> None:
    city = City("ECO-003", tmp_path)
    [lead] = city.leads()
    far = replace(city.reports[0], source_id="far", lon=city.reports[0].lon + 0.2)
    city.add(far)
    found = city.replay(replace(lead, records=(*lead.records, far.id)))
    assert [d.part for d in found.differences] == ["records"]
    assert found.grounds is None
    fewer = city.replay(replace(lead, records=lead.records[1:]))
    assert not fewer.same


def test_what_is_no_longer_kept_is_named(tmp_path: Path) -> None:
    city = City("ECO-003", tmp_path)
    [lead] = city.leads()
    with pytest.raises(NotFoundError, match="ECO-003 version 1"):
        city.replay(replace(lead, grounds=replace(lead.grounds, model_hash="f" * 64)))
    with pytest.raises(NotFoundError, match="grasslands@gone"):
        city.replay(replace(lead, grounds=replace(lead.grounds, layer_versions={"grasslands": "grasslands@gone"})))
