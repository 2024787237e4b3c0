"""Reports of one event: what is proposed, the reports side by side with why, and what a person decides about them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from flask import Blueprint, current_app, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from geo_monitor.domain.incident import Incident
from geo_monitor.domain.occurrence import STANDINGS, Occurrence, OccurrenceEvent
from geo_monitor.domain.place import Box
from geo_monitor.engine.metres import metres_per_degree
from geo_monitor.errors import MovedOnError, NotFoundError, RefusedError
from geo_monitor.services import occurrences
from geo_monitor.services.decide import SHORTEST_REASON
from geo_monitor.services.likeness_weights import PART_WORDS, PROPOSED
from geo_monitor.services.occurrence_book import in_force
from geo_monitor.services.occurrences import Shown
from geo_monitor.services.ports import Records
from geo_monitor.services.why_same import Reason
from webmap._folium import MapParts, draw_members, drawn_layers
from webmap._security import needs
from webmap._shared import current_versions, house, person

page = Blueprint("occurrences", __name__)

STANDING = ("proposed", "confirmed", "joining")
ROWS = 50
#: Of the newest decisions, whatever became of their occurrences: from here they are taken back.
LINES = 15
LONGEST_REASON = 4000
#: At least so much is seen around the reports.
AROUND_M = 150.0


@dataclass(frozen=True, slots=True)
class Member:
    """A report on the page. ``who`` tells reporters apart and nothing else: 1, 2 … in the order in which they first
    appear, 0 for whoever was not named. ``beside`` is the number of the report that ``reason`` speaks of."""

    n: int
    incident: Incident
    confirmed: bool
    who: int
    reason: Reason | None
    beside: int


@dataclass(frozen=True, slots=True)
class Line:
    """A decision. ``report``: which was separated, by its number if it is still on the page; ``undoes``: the decision
    that was taken back; ``counts``: nobody took this one back."""

    seq: int
    occurrence: str
    at: datetime
    who: str
    kind: str
    reason: str
    report: str
    undoes: int
    counts: bool


@page.get("/occurrences")
@needs("house")
def listed() -> ResponseReturnValue:
    standing = request.args.get("standing", "")
    standing = standing if standing in STANDING else ""
    after = request.args.get("after", "")[:20]
    with house().store.reading() as records:
        found = records.occurrences(standing=standing, limit=ROWS + 1, after=after)
        rows = occurrences.shown(records, found[:ROWS])
        counts = records.occurrence_counts()
        book = records.occurrence_events()
        lines = _lines(records, book[-LINES:][::-1], book, {})
    last = found[ROWS - 1].id if len(found) > ROWS else ""
    return render_template(
        "occurrences.html",
        rows=rows,
        counts=counts,
        standing=standing,
        standings=STANDING,
        standing_words=STANDINGS,
        lines=lines,
        more=url_for("occurrences.listed", standing=standing or None, after=last) if last else "",
    )


@page.get("/occurrences/<occurrence_id>")
@needs("house")
def shown(occurrence_id: str) -> ResponseReturnValue:
    return _page(occurrence_id)


@page.get("/occurrences/<occurrence_id>.geojson")
@needs("house")
def places(occurrence_id: str) -> ResponseReturnValue:
    """Where its reports lie, numbered as on the page; no words."""
    with house().store.reading() as records:
        one = occurrences.occurrence(records, occurrence_id)
        incidents = records.incidents(one.reports)
    features = [
        {
            "type": "Feature",
            "properties": {"n": n, "accuracy": round(i.accuracy_m), "confirmed": i.id in one.confirmed},
            "geometry": {"type": "Point", "coordinates": [round(i.lon, 6), round(i.lat, 6)]},
        }
        for n, i in enumerate(incidents, 1)
    ]
    response = jsonify(type="FeatureCollection", features=features)
    response.mimetype = "application/geo+json"
    return response


@page.get("/occurrences/<occurrence_id>/map.js")
@needs("house")
def script(occurrence_id: str) -> ResponseReturnValue:
    with house().store.reading() as records:
        one = occurrences.occurrence(records, occurrence_id)
        text = _map(records, one, records.incidents(one.reports)).script
    response = make_response(text)
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:20])
    return response.make_conditional(request)


@page.post("/occurrences/<occurrence_id>/confirm")
@needs("decide")
def confirm(occurrence_id: str) -> ResponseReturnValue:
    try:
        occurrences.confirm(house().store, occurrence_id, *_who_when_where(), _typed("note"), _seen())
    except RefusedError as e:
        return _refused(occurrence_id, e)
    return _done("confirmed", occurrence_id)


@page.post("/occurrences/<occurrence_id>/separate")
@needs("decide")
def separate(occurrence_id: str) -> ResponseReturnValue:
    report, reason = request.form.get("report", "")[:40], _typed("reason")
    if len(reason) < SHORTEST_REASON:
        return _page(occurrence_id, problem="reason_missing", at=report), 422
    try:
        left = occurrences.separate(house().store, occurrence_id, report, *_who_when_where(), reason, _seen())
    except RefusedError as e:
        return _refused(occurrence_id, e)
    return _done("separated", left)


@page.post("/occurrences/<occurrence_id>/dissolve")
@needs("decide")
def dissolve(occurrence_id: str) -> ResponseReturnValue:
    reason = _typed("reason")
    if len(reason) < SHORTEST_REASON:
        return _page(occurrence_id, problem="reason_missing", at="dissolve"), 422
    try:
        occurrences.dissolve(house().store, occurrence_id, *_who_when_where(), reason, _seen())
    except RefusedError as e:
        return _refused(occurrence_id, e)
    return _done("dissolved", "")


@page.post("/occurrences/<occurrence_id>/undo/<int:seq>")
@needs("decide")
def undo(occurrence_id: str, seq: int) -> ResponseReturnValue:
    reason = _typed("reason")
    if len(reason) < SHORTEST_REASON:
        return _page(occurrence_id, problem="reason_missing", at=str(seq)), 422
    try:
        stand = occurrences.undo(house().store, seq, *_who_when_where(), reason)
    except RefusedError as e:
        current_app.logger.info("refused: %s", e)
        return _page(occurrence_id, problem="cannot_undo"), 409
    return _done("undone", stand)


def _who_when_where() -> tuple[str, datetime, tzinfo]:
    return person().name, house().clock.now(), house().settings.city.zone


def _typed(field: str) -> str:
    return request.form.get(field, "").strip()[:LONGEST_REASON]


def _seen() -> str:
    """What the form showed; one that showed nothing decides about nothing."""
    return request.form.get("seen", "")[:40] or "nothing"


def _done(what: str, occurrence_id: str) -> ResponseReturnValue:
    flash(what)
    if occurrence_id:
        return redirect(url_for("occurrences.shown", occurrence_id=occurrence_id), 303)
    return redirect(url_for("occurrences.listed"), 303)


def _refused(occurrence_id: str, error: RefusedError) -> ResponseReturnValue:
    current_app.logger.info("refused: %s", error)
    return _page(occurrence_id, problem="others_now" if isinstance(error, MovedOnError) else "state_changed"), 409


# ---- what is shown --------------------------------------------------------------------------------------------------


def _page(occurrence_id: str, problem: str = "", at: str = "") -> str:
    """``at``: the form that lacked a reason. An occurrence that no longer stands shows what was decided about it."""
    one: Shown | None = None
    drawn: MapParts | None = None
    with house().store.reading() as records:
        if records.occurrences([occurrence_id]):
            one = occurrences.shown_with_reasons(records, occurrence_id, house().settings.city.zone)
            drawn = _map(records, one.occurrence, one.incidents)
        events = occurrences.history(records, occurrence_id, one.occurrence.reports if one is not None else ())
        if one is None and not events:
            raise NotFoundError("occurrence", occurrence_id)
        members = _members(one) if one is not None else []
        numbers = {m.incident.id: m.n for m in members}
        lines = _lines(records, events, records.occurrence_events(), numbers)
        holding = records.leads_holding(list(numbers))
    return render_template(
        "occurrence.html",
        occurrence_id=occurrence_id,
        one=one,
        members=members,
        lines=lines,
        leads=sorted({lead for found in holding.values() for lead in found}),
        drawn={"parts": drawn} if drawn is not None else None,
        problem=problem,
        at=at,
        typed=_typed("reason") if request.method == "POST" else "",
        standing_words=STANDINGS,
        part_words=PART_WORDS,
        proposed_from=PROPOSED,
        feed_titles={name: feed.title for name, feed in house().feeds.items()},
    )


def _members(one: Shown) -> list[Member]:
    number = {i.id: n for n, i in enumerate(one.incidents, 1)}
    who: dict[str, int] = {}
    why = {r.report: r for r in one.reasons}
    members: list[Member] = []
    for i in one.incidents:
        known = who.setdefault(i.reporter, len(who) + 1) if i.reporter is not None else 0
        reason = why.get(i.id)
        beside = number[reason.other] if reason is not None else 0
        members.append(Member(number[i.id], i, i.id in one.occurrence.confirmed, known, reason, beside))
    return members


def _lines(
    records: Records, lines: Sequence[OccurrenceEvent], book: Sequence[OccurrenceEvent], numbers: Mapping[str, int]
) -> list[Line]:
    names = {u.name: u.display for u in records.users()}
    counts = {e.seq for e in (*in_force(book), *occurrences.standing_undoings(book))}
    return [
        Line(
            e.seq,
            e.occurrence,
            e.at,
            names.get(e.actor, e.actor),
            e.kind,
            e.reason,
            str(numbers.get(str(e.data.get("report", "")), e.data.get("report", ""))),
            int(e.data.get("undoes", 0)),
            e.seq in counts,
        )
        for e in lines
    ]


def _map(records: Records, one: Occurrence, incidents: Sequence[Incident]) -> MapParts:
    layers = [layer for layer in drawn_layers(house().layers, current_versions(records)) if not layer.register]
    addresses = {
        "members": url_for("occurrences.places", occurrence_id=one.id),
        "layer": url_for("api_layers.layer", name="NAME"),
    }
    lon, lat = [i.lon for i in incidents], [i.lat for i in incidents]
    per_lon, per_lat = metres_per_degree(sum(lat) / len(lat))
    dx, dy = AROUND_M / per_lon, AROUND_M / per_lat
    return draw_members(layers, Box(min(lon) - dx, min(lat) - dy, max(lon) + dx, max(lat) + dy), addresses)
