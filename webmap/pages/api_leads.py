"""Leads as the map draws them: those of the queue's own question that lie in the view, and the places of one lead."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from geo_monitor.domain.incident import Incident
from webmap._display import thin
from webmap._lead_view import visible_lead
from webmap._query import read_box, read_question
from webmap._security import may
from webmap._shared import house
from webmap._words import in_language

page = Blueprint("api_leads", __name__)

#: Markers that a person can still tell apart; the map says how many more there are.
MOST_MARKERS = 200


@page.get("/api/leads.geojson")
def in_view() -> ResponseReturnValue:
    """The question of the queue, within the box ``b``: at most ``MOST_MARKERS`` leads, ``total`` says how many."""
    question = read_question(request.args, trials=may("trials")).without_page().leads
    box = read_box(request.args["b"]) if request.args.get("b") else None
    with house().store.reading() as records:
        found = records.leads(replace(question, box=box, limit=MOST_MARKERS))
    return _geojson(
        [
            _point(
                lead.lon,
                lead.lat,
                id=lead.id,
                title=in_language(lead.title),
                urgency=lead.urgency,
                status=lead.status.value,
            )
            for lead in found.leads
        ],
        total=found.total,
    )


@page.get("/api/leads/<lead_id>.geojson")
def places(lead_id: str) -> ResponseReturnValue:
    """Where one lead's reports lie, in order of time, and the thing it is about."""
    with house().store.reading() as records:
        lead = visible_lead(records, lead_id)
        incidents = records.incidents([r for r in lead.records if "/" not in r])
        about = (
            records.features(lead.subject.layer, ids=[lead.subject.id]) if lead.subject.layer in house().layers else []
        )
    shapes = [
        {"type": "Feature", "properties": {"part": "about"}, "geometry": thin(f.geometry, "fine")}
        for f in about
        if f.geometry is not None
    ]
    return _geojson([*shapes, *(_report(i) for i in incidents)])


def _report(incident: Incident) -> dict[str, Any]:
    return _point(incident.lon, incident.lat, part="incident", accuracy=round(incident.accuracy_m))


def _point(lon: float, lat: float, **said: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": said,
        "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
    }


def _geojson(features: list[dict[str, Any]], **more: Any) -> Response:
    response = jsonify(type="FeatureCollection", features=features, **more)
    response.mimetype = "application/geo+json"
    return response
