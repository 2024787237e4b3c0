"""The workbench: queue, map and lead on one screen; the lead has an address of its own, and two decisions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException

from geo_monitor.domain.lead import DISMISSAL_WORDS, URGENCIES, URGENCY_WORDS
from geo_monitor.errors import MovedOnError, RefusedError
from geo_monitor.services import decide
from geo_monitor.services.ports import Records
from geo_monitor.supervision.model import DOMAINS
from webmap._lead_view import view_lead, visible_lead
from webmap._map import current_map
from webmap._query import STATUSES, TRIAL, Question, read_question
from webmap._security import is_fragment, may, needs
from webmap._shared import district_titles, house, model_title, person

page = Blueprint("leads", __name__)

VIEWS = ("list", "map", "detail")
LONGEST_REASON = 4000
#: Chosen in the form when no clause of the grounds misled; not to choose is no answer.
NO_CLAUSE = "none"


@page.get("/")
def bench() -> ResponseReturnValue:
    """The queue with its map. As a fragment (``HX-Target: results`` or ``more``): the list, or its next page."""
    question = _question()
    target = request.headers.get("HX-Target", "")
    if not is_fragment():
        return _whole(question, None)
    with house().store.reading() as records:
        template = "_rows.html" if target.startswith("more") else "_results.html"
        response = make_response(render_template(template, **_queue(records, question)))
    if not target.startswith("more"):
        # The address keeps the open lead and says the question once, without the form's empty fields.
        response.headers["HX-Push-Url"] = question.without_page().address(_open_path())
    return response


@page.get("/leads/<lead_id>")
def lead(lead_id: str) -> ResponseReturnValue:
    question = _question()
    if not is_fragment():
        return _whole(question, lead_id)
    response = make_response(_pane(question, lead_id))
    if "reports" not in request.args:
        address = question.without_page().address(url_for("leads.lead", lead_id=lead_id))
        response.headers["HX-Push-Url"] = address
    return response


@page.post("/leads/<lead_id>/take-up")
@needs("decide")
def take_up(lead_id: str) -> ResponseReturnValue:
    _must_see(lead_id)
    try:
        decide.take_up(house().store, lead_id, person().name, house().clock.now(), _typed("note"))
    except RefusedError as e:
        return _refused(lead_id, e)
    return _decided(lead_id, "taken_up")


@page.post("/leads/<lead_id>/dismiss")
@needs("decide")
def dismiss(lead_id: str) -> ResponseReturnValue:
    _must_see(lead_id)
    typed = {"reason": _typed("reason"), "chosen_clause": _chosen("clause"), "chosen_why": _chosen("why")}
    if problem := _problem(**typed):
        return _answer(lead_id, 422, problem=problem, **typed)
    clause = "" if typed["chosen_clause"] == NO_CLAUSE else typed["chosen_clause"]
    now, why = house().clock.now(), typed["chosen_why"]
    try:
        decide.dismiss(house().store, lead_id, person().name, now, typed["reason"], clause, _seen(), why=why)
    except MovedOnError as e:
        current_app.logger.info("refused: %s", e)
        return _answer(lead_id, 409, problem="more_joined", **typed)
    except RefusedError as e:
        return _refused(lead_id, e)
    return _decided(lead_id, "dismissed")


def _must_see(lead_id: str) -> None:
    with house().store.reading() as records:
        visible_lead(records, lead_id)


def _problem(reason: str, chosen_clause: str, chosen_why: str) -> str:
    """What the form for a dismissal still lacks: the first in its own order, or ""."""
    if chosen_why not in DISMISSAL_WORDS:
        return "why_missing"
    if not chosen_clause:
        return "clause_missing"
    return "reason_missing" if len(reason) < decide.SHORTEST_REASON else ""


def _seen() -> int | None:
    """How many records the lead had when the form was shown."""
    said = request.form.get("seen", "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


# ---- what is shown -------------------------------------------------------------------------------------------


def _whole(question: Question, lead_id: str | None) -> str:
    wanted = request.args.get("view", "")
    default = "list" if lead_id is None else "detail"
    with house().store.reading() as records:
        shown = _queue(records, question)
        if lead_id is not None:
            shown |= _lead(records, question, lead_id)
        return render_template(
            "bench.html",
            map=current_map(records),
            lead_id=lead_id or "",
            tab=wanted if wanted in VIEWS else default,
            **_filters(records),
            **shown,
        )


def _pane(question: Question, lead_id: str, **more: Any) -> str:
    with house().store.reading() as records:
        return render_template("_lead.html", **(_lead(records, question, lead_id) | more))


def _lead(records: Records, question: Question, lead_id: str) -> dict[str, Any]:
    found = visible_lead(records, lead_id)
    everything = request.args.get("reports") == "all"
    return {
        "view": view_lead(records, found, everything),
        "question": question.without_page(),
        "urgency_words": URGENCY_WORDS,
        "dismissal_words": DISMISSAL_WORDS,
        "no_clause": NO_CLAUSE,
    }


def _queue(records: Records, question: Question) -> dict[str, Any]:
    found = records.leads(question.leads)
    models = {lead.model: model_title(lead.model) for lead in found.leads}
    return {
        "question": question.without_page(),
        "found": found,
        "titles": models,
        "districts": district_titles(records),
        "urgency_words": URGENCY_WORDS,
        "more": question.address(url_for("leads.bench"), after=found.next) if found.next else "",
    }


def _filters(records: Records) -> dict[str, Any]:
    """The choices that can find something: models and districts that have leads, domains that have models."""
    counts = records.lead_counts(trial=None if may("trials") else False)
    models = sorted({model for model, _, _ in counts})
    known = house().models
    in_use = {m.domain for m in known.values()}
    return {
        "urgencies": URGENCIES,
        "statuses": STATUSES,
        "domains": [d for d in DOMAINS if d in in_use],
        "model_choices": [(m, model_title(m)) for m in models],
        "trial_choices": [word for word in TRIAL if word] if may("trials") else [],
    }


def _question() -> Question:
    return read_question(request.args, trials=may("trials"))


def _open_path() -> str:
    """The path that the browser shows now, if it is a lead's; else the start page. Only its shape is taken from
    the header, never a host."""
    start = url_for("leads.bench")
    try:
        path = urlsplit(request.headers.get("HX-Current-URL", "")).path
        endpoint, values = current_app.url_map.bind("").match(path)
    except (ValueError, HTTPException, RoutingException):
        return start
    return url_for("leads.lead", **values) if endpoint == "leads.lead" else start


# ---- what follows a decision -----------------------------------------------------------------------------------


def _typed(field: str) -> str:
    return request.form.get(field, "").strip()[:LONGEST_REASON]


def _chosen(field: str) -> str:
    return request.form.get(field, "")


def _decided(lead_id: str, done: str) -> ResponseReturnValue:
    if is_fragment():
        response = make_response(_pane(_question(), lead_id, done=done))
        response.headers["HX-Trigger"] = "lead-changed"
        return response
    flash(done)
    return redirect(_question().address(url_for("leads.lead", lead_id=lead_id)), 303)


def _refused(lead_id: str, error: RefusedError) -> Response:
    current_app.logger.info("refused: %s", error)
    return _answer(lead_id, 409, problem="state_changed")


def _answer(lead_id: str, status: int, **said: str) -> Response:
    """The lead again, with what was wrong and what was typed."""
    question = _question()
    if is_fragment():
        return make_response(_pane(question, lead_id, **said), status)
    with house().store.reading() as records:
        shown = _queue(records, question) | _lead(records, question, lead_id) | said
        return make_response(
            render_template(
                "bench.html", map=current_map(records), lead_id=lead_id, tab="detail", **_filters(records), **shown
            ),
            status,
        )
