"""The desk: rows that could not be trusted, what is wrong with each, and what a person does with it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from geo_monitor.domain.incident import QuarantinedRow
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.repair import FARTHEST_M, Repair
from geo_monitor.errors import ConfigError, RefusedError
from geo_monitor.reading.feed_rows import KEPT_APART
from geo_monitor.reading.place_search import Candidate
from geo_monitor.services import desk
from geo_monitor.services.decide import SHORTEST_REASON
from geo_monitor.wiring import places_of_row, reader_of_quarantine
from webmap._security import needs
from webmap._shared import house, person

page = Blueprint("desk", __name__)

STATUSES = ("open", "retried", "rejected")
#: What a person may say the numbers of a row are meant in.
DATUMS = ("WGS84", "CGCS2000", "GCJ02", "BD09")
HOW = ("swap_axes", "datum", "place")
ROWS = 50
LONGEST_REASON = 4000


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood in the form, as it was typed."""

    how: str = ""
    datum: str = ""
    lon: str = ""
    lat: str = ""
    accuracy_m: str = ""
    reason: str = ""


@page.get("/desk")
@needs("house")
def listed() -> ResponseReturnValue:
    asked = {name: request.args.get(name, "").strip() for name in ("feed", "reason", "status", "after")}
    asked["status"] = asked["status"] if asked["status"] in STATUSES else "open"
    with house().store.reading() as records:
        rows = records.quarantined(**asked, limit=ROWS + 1)
        counts = records.quarantine_counts()
    more = rows[ROWS - 1].row.id if len(rows) > ROWS else ""
    kept = urlencode({k: v for k, v in (asked | {"after": more}).items() if v})
    return render_template(
        "desk.html",
        rows=rows[:ROWS],
        counts=counts,
        asked=asked,
        statuses=STATUSES,
        feeds=sorted({feed for feed, _ in counts} | ({asked["feed"]} - {""})),
        reasons=sorted({reason for _, reason in counts} | ({asked["reason"]} - {""})),
        feed_titles={name: feed.title for name, feed in house().feeds.items()},
        more=f"{url_for('desk.listed')}?{kept}" if more else "",
    )


@page.get("/desk/<row_id>")
@needs("house")
def row(row_id: str) -> ResponseReturnValue:
    """``lon``, ``lat`` and ``accuracy_m`` fill the form in advance: a place that was chosen among the candidates."""
    chosen = {name: request.args.get(name, "").strip()[:20] for name in ("lon", "lat", "accuracy_m")}
    return _shown(row_id, Typed(how="place" if all(chosen.values()) else "", **chosen))


@page.post("/desk/<row_id>/repair")
@needs("house")
def repair(row_id: str) -> ResponseReturnValue:
    typed = Typed(**{name: request.form.get(name, "").strip()[:LONGEST_REASON] for name in Typed.__slots__})
    meant = _meant(typed)
    if isinstance(meant, str):
        return _shown(row_id, typed, meant), 422
    try:
        now, read_again = house().clock.now(), reader_of_quarantine(house())
        report = desk.repair_row(house().store, row_id, meant, person().name, typed.reason, now, read_again)
    except RefusedError as e:
        return _refused(row_id, typed, e)
    flash("still" if report.still else "stored")
    return redirect(url_for("desk.listed"), 303)


@page.post("/desk/<row_id>/<any(reject, reopen):step>")
@needs("house")
def settle(row_id: str, step: str) -> ResponseReturnValue:
    typed = Typed(reason=request.form.get("reason", "").strip()[:LONGEST_REASON])
    if len(typed.reason) < SHORTEST_REASON:
        return _shown(row_id, typed, "reason_missing"), 422
    try:
        act = desk.reject_row if step == "reject" else desk.reopen_row
        act(house().store, row_id, person().name, typed.reason, house().clock.now())
    except RefusedError as e:
        return _refused(row_id, typed, e)
    flash("rejected" if step == "reject" else "reopened")
    return redirect(url_for("desk.listed"), 303)


def _refused(row_id: str, typed: Typed, error: RefusedError) -> ResponseReturnValue:
    """Somebody else was quicker: what could be done with the row when the form was shown no longer can."""
    current_app.logger.info("refused: %s", error)
    return _shown(row_id, typed, "state_changed"), 409


def _meant(typed: Typed) -> Repair | str:
    """The repair that was typed, or which word says what it lacks."""
    if typed.how not in HOW:
        return "how_missing"
    if len(typed.reason) < SHORTEST_REASON:
        return "reason_missing"
    if typed.how == "swap_axes":
        return Repair(swap_axes=True)
    if typed.how == "datum":
        return Repair(datum=typed.datum) if typed.datum in DATUMS else "datum_missing"
    lon, lat, accuracy = (_number(said) for said in (typed.lon, typed.lat, typed.accuracy_m))
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):  # also of what is no number
        return "place_missing"
    return Repair(place=LonLat(lon, lat), accuracy_m=accuracy) if 0.0 < accuracy <= FARTHEST_M else "accuracy_missing"


def _number(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        return math.nan


def _places(row: QuarantinedRow) -> tuple[Candidate, ...]:
    """A faulty list of names keeps nobody from the row: whoever runs ``geo-monitor check`` or an import is told."""
    try:
        return places_of_row(house(), row)
    except ConfigError as e:
        current_app.logger.error("no gazetteer: %s", e)
        return ()


def _shown(row_id: str, typed: Typed, problem: str = "") -> str:
    with house().store.reading() as records:
        found, events = desk.row_at_desk(records, row_id)
        names = {u.name: u.display for u in records.users()}
    return render_template(
        "desk_row.html",
        found=found,
        row=found.row,
        events=events,
        names=names,
        typed=typed,
        problem=problem,
        datums=DATUMS,
        farthest_m=FARTHEST_M,
        places=_places(found.row) if found.status == "open" else (),
        kept_apart=KEPT_APART.strip(),
        feed_titles={name: feed.title for name, feed in house().feeds.items()},
    )
