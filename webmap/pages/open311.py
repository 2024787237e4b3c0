"""Open311 GeoReport v2: programs of others ask which reports we take, post them, and ask how they stand.

What a caller may see of a report depends on who posted it: its own words, place and media go back to the key that
posted it; others learn its service, its state and its place to about a kilometre (docs/decisions). Nobody is told who
reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, abort, current_app, g, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import HTTPException

from geo_monitor.config import SETTINGS_FILE
from geo_monitor.domain.receipt import ids_begin
from geo_monitor.domain.words import Words
from geo_monitor.errors import CallError, GeoMonitorError, NotFoundError
from geo_monitor.reading.open311 import Attribute, attributes_of, read_form, receive, services_of
from geo_monitor.services.api_keys import holder
from geo_monitor.services.dates import read_moment
from geo_monitor.services.ports import Records
from geo_monitor.services.receipts import OPEN311, STATE_WORDS, Receipt, State, find_receipts, receipts_of
from geo_monitor.supervision.vocabulary import category_words
from geo_monitor.wiring import workspace_secret
from webmap import _georeport
from webmap._georeport import JSON, XML
from webmap._security import View, open_to_all, status_of, within_limit
from webmap._shared import house
from webmap._words import in_language, site_title

page = Blueprint("open311", __name__, url_prefix="/open311/v2")

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
#: The span that the specification allows, and how many requests it gives at once.
SPAN = timedelta(days=90)
MOST = 1000
#: How many reports are asked about at once while those of one status are looked for.
BLOCK = 2000
LARGEST_POST = 64 * 1024
#: Places are given to strangers in hundredths of a degree, about a kilometre.
DECIMALS = 2
OWN_DECIMALS = 6
#: Reports of other feeds whose state may be asked by number: those that people made. What a patrol, the police or a
#: sensor noted is not spoken of.
OF_THE_PUBLIC = frozenset({"hotline", "market_hotline", "volunteer", "platform"})

_NOTICE = Words("请保存回执号，以便查询办理情况。", "Keep the number: with it the state of the report can be asked.")


# ---- the door ----------------------------------------------------------------------------------------------------


@page.record_once
def _no_token(state: BlueprintSetupState) -> None:
    """A post carries a key and no session, so no page of a stranger can make a browser send it: nothing to forge."""
    state.app.extensions["csrf"].exempt(create)


@page.before_request
def _measure() -> None:
    request.max_content_length = LARGEST_POST
    ours, asked = house().settings.open311.jurisdiction, _said("jurisdiction_id")
    if ours and asked and asked != ours:
        abort(404, "jurisdiction_id was not found")


def with_key(view: View) -> View:
    """The view is for who shows a key (``api_key`` in the address or the form, or the header ``X-Api-Key``), or for all
    where the city serves its reports in public. ``g.sender`` is whose key it is, or ""."""

    @wraps(view)
    def checked(*args: Any, **values: Any) -> Any:
        with house().store.reading() as records:
            g.sender = holder(records, request.headers.get("X-Api-Key", "") or _said("api_key"))
        if not g.sender and (request.method == "POST" or not house().settings.open311.public):
            abort(403, "api_key is missing or does not count")
        if not within_limit(house().settings.open311.requests_per_minute, g.sender or get_remote_address()):
            abort(429, "too many requests: wait a minute")
        return view(*args, **values)

    return open_to_all(cast(View, checked))


def _said(name: str) -> str:
    """A field of the address or, posted, of the form. The body is read as it came: it will be kept so."""
    if name in request.args or request.method != "POST":
        return request.args.get(name, "")
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(400, "a report is posted as application/x-www-form-urlencoded")
    return read_form(request.get_data()).get(name, "").strip()


# ---- what is offered ---------------------------------------------------------------------------------------------


@page.get("/discovery.<any(json, xml):form>")
@open_to_all
def discovery(form: str) -> ResponseReturnValue:
    # Not from the request: its Host header says what the caller likes.
    here = house().settings.mail.link.rstrip("/") + str(page.url_prefix)
    offered = _feed_version()
    return _georeport.answer(
        "discovery",
        {
            "changeset": offered,
            "contact": house().settings.open311.contact or site_title(),
            "key_service": house().settings.open311.contact or site_title(),
            "endpoints": [
                {
                    "specification": SPECIFICATION,
                    "url": here,
                    "changeset": offered,
                    "type": "test" if house().settings.city.synthetic else "production",
                    "formats": ["text/xml", "application/json"],
                }
            ],
        },
        form,
    )


def _feed_version() -> str:
    """Since when the offer is as it is: the day of the mapping's file."""
    mapping = house().feeds.get(OPEN311)
    path = Path(mapping.file) if mapping else house().path(SETTINGS_FILE)
    return _moment(datetime.fromtimestamp(path.stat().st_mtime if path.is_file() else 0.0, UTC))


@page.get("/services.<any(json, xml):form>")
@open_to_all
def services(form: str) -> ResponseReturnValue:
    offered = services_of(house().feeds)
    return _georeport.answer("services", [_service(code, name) for code, name in offered.items()], form)


def _service(code: str, name: Words) -> dict[str, Any]:
    return {
        "service_code": code,
        "service_name": in_language(name),
        "description": in_language(name),
        "metadata": True,
        "type": "realtime",
        "keywords": f"{name.zh}, {name.en}",
        "group": "",
    }


@page.get("/services/<code>.<any(json, xml):form>")
@open_to_all
def definition(code: str, form: str) -> ResponseReturnValue:
    if code not in services_of(house().feeds):
        abort(404, "service_code was not found")
    asked = attributes_of(house().feeds[OPEN311])
    found = {"service_code": code, "attributes": [_attribute(k, a) for k, a in enumerate(asked, start=1)]}
    return _georeport.answer("service_definition", found, form)


def _attribute(order: int, attribute: Attribute) -> dict[str, Any]:
    return {
        "variable": True,
        "code": attribute.code,
        "datatype": attribute.datatype,
        "required": False,
        "datatype_description": _DATATYPES.get(attribute.datatype, ""),
        "order": order,
        "description": in_language(attribute.description),
    }


_DATATYPES = {"datetime": "2026-01-31T08:15:30+08:00", "number": "12.5"}


# ---- what comes in -----------------------------------------------------------------------------------------------


@page.post("/requests.<any(json, xml):form>")
@with_key
def create(form: str) -> ResponseReturnValue:
    received = receive(
        house().store,
        house().feeds,
        request.get_data(),
        g.sender,
        workspace=house().settings.workspace,
        box=house().box,
        key=workspace_secret(house().settings).encode(),
        at=house().clock.now(),
    )
    with house().store.reading() as records:
        stands = receipts_of(records, [received.id])[0]
    words = [stands.notes, _NOTICE]
    if received.reasons and stands.state is not State.WAITING:
        # The number names another report, which stands; what came now under it waits for a person.
        words.insert(1, STATE_WORDS[State.WAITING])
    notice = " ".join(in_language(w) for w in words)
    answer = {"service_request_id": received.number, "service_notice": notice, "account_id": None}
    return _georeport.answer("service_requests", [answer], form)


# ---- what is told ------------------------------------------------------------------------------------------------


@page.get("/requests/<number>.<any(json, xml):form>")
@with_key
def one(number: str, form: str) -> ResponseReturnValue:
    with house().store.reading() as records:
        found = _told(records, [number])
    if not found:
        abort(404, "service_request_id was not found")
    return _georeport.answer("service_requests", [_request(r) for r in found], form)


@page.get("/requests.<any(json, xml):form>")
@with_key
def listed(form: str) -> ResponseReturnValue:
    """Without ``service_request_id``: what was posted here, newest first. ``page`` (from 1) and ``page_size`` are the
    extension that servers of other cities have too."""
    with house().store.reading() as records:
        if asked := _listed("service_request_id"):
            found = _told(records, asked[:MOST])
        else:
            found = _posted(records)
    return _georeport.answer("service_requests", [_request(r) for r in found], form)


def _told(records: Records, numbers: list[str]) -> list[Receipt]:
    """What is said by number: of whatever was posted here, and of other reports that people made."""
    found: list[Receipt] = []
    for number in numbers:
        try:
            ids_begin(number)
        except CallError:
            continue  # a number that cannot be one was given to nobody
        found += find_receipts(records, number)
    return [r for r in found if r.posted or (r.report and r.report.source in OF_THE_PUBLIC)]


def _posted(records: Records) -> list[Receipt]:
    start, end = _span()
    statuses = set(_listed("status"))
    if statuses - {"open", "closed"}:
        abort(400, "status is open, closed, or both")
    size, number = _whole("page_size", MOST), _whole("page", 1)
    ids = [p.id for p in records.posted(None, start, end, _listed("service_code"))]
    first, last = (number - 1) * size, number * size
    if len(statuses) != 1:
        return receipts_of(records, ids[first:last])
    # How a report stands follows from its leads: those of one status are found by looking at all that came before.
    found: list[Receipt] = []
    for begin in range(0, len(ids), BLOCK):
        found += [r for r in receipts_of(records, ids[begin : begin + BLOCK]) if _status(r) in statuses]
        if len(found) >= last:
            break
    return found[first:last]


def _span() -> tuple[datetime, datetime]:
    now = house().clock.now()
    start, end = _date("start_date"), _date("end_date")
    if start and end and not timedelta(0) <= end - start <= SPAN:
        abort(400, f"start_date comes before end_date, by {SPAN.days} days at most")
    try:
        if start is not None:
            return start, end or start + SPAN
        return (end or now) - SPAN, end or now
    except OverflowError:
        abort(400, "no such span of days")


def _date(name: str) -> datetime | None:
    said = request.args.get(name, "").strip()
    if not said:
        return None
    try:
        # In an address a "+" that nobody wrote as %2B arrives as a space.
        return read_moment(said.replace(" ", "+") if "T" in said else said, house().settings.city.zone)[0]
    except (ValueError, OverflowError):
        abort(400, f"{name} is a moment such as 2026-01-31T00:00:00Z")


def _whole(name: str, default: int) -> int:
    said = request.args.get(name, "").strip()
    if not said:
        return default
    if not (said.isascii() and said.isdigit() and 1 <= len(said) <= 9 and int(said)):
        abort(400, f"{name} is a whole number, at least 1")
    return min(int(said), MOST) if name == "page_size" else int(said)


def _listed(name: str) -> list[str]:
    return [part.strip() for part in request.args.get(name, "").split(",") if part.strip()]


def _status(receipt: Receipt) -> str:
    return "closed" if receipt.state.settled else "open"


def _request(receipt: Receipt) -> dict[str, Any]:
    report, posted = receipt.report, receipt.posted
    own = posted is not None and bool(g.sender) and posted.sender == g.sender
    # What waits in quarantine is not to be trusted, and its words may name people: it is not given out at all.
    decimals = OWN_DECIMALS if own else DECIMALS
    code = posted.service_code if posted else report.category if report else ""
    said: Mapping[str, Any] = report.attributes if report is not None and own else {}
    offered = services_of(house().feeds)
    return {
        "service_request_id": receipt.number,
        "status": _status(receipt),
        "status_notes": in_language(receipt.notes),
        "service_name": in_language(offered[code] if code in offered else category_words(code)),
        "service_code": code,
        "description": report.text if report is not None and own else None,
        "agency_responsible": None,
        "service_notice": in_language(STATE_WORDS[State.WAITING]) if receipt.state is State.WAITING else None,
        "requested_datetime": _moment(receipt.received),
        "updated_datetime": _moment(receipt.since),
        "expected_datetime": None,
        "address": said.get("address"),
        "address_id": None,
        "zipcode": None,
        "lat": round(report.lat, decimals) if report else None,
        "long": round(report.lon, decimals) if report else None,
        "media_url": said.get("media_url"),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(house().settings.city.zone).isoformat(timespec="seconds")


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


# ---- what goes wrong ---------------------------------------------------------------------------------------------


@page.route("/", defaults={"rest": ""}, methods=METHODS)
@page.route("/<path:rest>", methods=METHODS)
@open_to_all
def nothing(rest: str) -> ResponseReturnValue:
    del rest
    abort(404, "there is no such resource, or not in this format")


@page.errorhandler(HTTPException)
def _refused(error: HTTPException) -> ResponseReturnValue:
    return _georeport.errors(error.code or 500, error.description or error.name, _form())


@page.errorhandler(GeoMonitorError)
def _own_error(error: GeoMonitorError) -> ResponseReturnValue:
    status = status_of(error)
    if status >= 500:
        current_app.logger.error("%s: %s", type(error).__name__, error, exc_info=error)
        return _georeport.errors(status, "a fault of this server; it was noted", _form())
    told = f"{error.kind} was not found" if isinstance(error, NotFoundError) else str(error)
    return _georeport.errors(status, told, _form())


def _form() -> str:
    return JSON if request.path.endswith(f".{JSON}") else XML
