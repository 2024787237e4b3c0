"""The door: headers, sessions, rights, forged requests, and which error becomes which status."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from limits import RateLimitItem, parse
from werkzeug.exceptions import HTTPException

from geo_monitor import errors
from geo_monitor.services.accounts import RIGHTS
from geo_monitor.services.ports import User
from webmap._shared import house
from webmap._words import say, speak_to

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "worker-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self)",
}

#: One table for the whole house; the nearest class in the family counts.
STATUS_OF: dict[type[errors.GeoMonitorError], int] = {
    errors.NotFoundError: 404,
    errors.RefusedError: 409,
    errors.ConfigError: 500,  # settings, files and models are mended by the keeper of the house, not by the reader
    errors.CallError: 400,
    errors.StoreError: 503,
    errors.FaultError: 500,
    errors.GeoMonitorError: 500,
}

#: Failed sign-ins within a quarter of an hour: per account against guessing one password, per address against
#: trying one password on many accounts (an office may sit behind one address, hence the larger figure).
FAILURES_PER_ACCOUNT = parse("10 per 15 minutes")
FAILURES_PER_ADDRESS = parse("50 per 15 minutes")

View = TypeVar("View", bound=Callable[..., Any])


def status_of(error: errors.GeoMonitorError) -> int:
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


# ---- the door ------------------------------------------------------------------------------------------------


def install(app: Flask) -> None:
    CSRFProtect(app)
    Limiter(get_remote_address, app=app, storage_uri="memory://", strategy="moving-window")
    app.before_request(_is_text)
    app.before_request(_who)
    app.after_request(_headers)
    app.register_error_handler(errors.GeoMonitorError, _own_error)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    app.jinja_env.globals["may"] = may


def open_to_all(view: View) -> View:
    """Marks a view that needs no sign-in. All others do: a forgotten mark closes a page, it never opens one."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def needs(right: str) -> Callable[[View], View]:
    """The view answers 403 to a person whose role has not this right."""

    def with_right(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **values: Any) -> Any:
            if not may(right):
                abort(403)
            return view(*args, **values)

        return cast(View, checked)

    return with_right


def may(right: str) -> bool:
    return g.get("user") is not None and right in RIGHTS.get(g.user.role, frozenset())


def start_session(user: User) -> None:
    """A new session for a person who has just shown the password; what the old one held is gone."""
    session.clear()
    session["user"] = user.name
    session["seal"] = _seal(user)
    session.permanent = True


def _seal(user: User) -> str:
    """Ties a session to the password it was opened with: a changed password ends all of them."""
    return hashlib.sha256(f"session\x1f{user.password_hash}".encode()).hexdigest()[:24]


def _is_text() -> None:
    """Refuses a NUL, which nobody types and PostgreSQL keeps in no text: it would be asked in vain, and the page say
    that the database is down. A body for Open311 is read as it came, and by its own rules."""
    said = request.args if request.blueprint == "open311" else request.values
    if "\0" in request.path or any("\0" in value for _, values in said.lists() for value in values):
        abort(400)


def _who() -> ResponseReturnValue | None:
    g.user = None
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint == "static":
        return None
    name = session.get("user")
    if name:
        with house().store.reading() as records:
            user = records.user(name)
        if user is not None and user.active and session.get("seal") == _seal(user):
            g.user = user
            speak_to(user.language)
        else:
            session.clear()
    if g.user is not None or view is None or getattr(view, "open_to_all", False):
        return None
    if request.path.startswith("/api/"):
        return jsonify(error="signed_out"), 401
    here = request.full_path.rstrip("?") if request.method == "GET" else url_for("leads.bench")
    door = url_for("signin.form", next=here)
    if is_fragment():
        return "", 401, {"HX-Redirect": door}
    return redirect(door)


def safe_next(target: str) -> str:
    """The address to go to after signing in: a path of this site, or else the start page. Refuses other hosts in all
    their spellings (``//host``, ``/\\host``, ``https:host``, control characters that browsers drop)."""
    start = url_for("leads.bench")
    if not target.startswith("/") or re.search(r"[\x00-\x20\x7f\\]", target) or target.startswith("//"):
        return start
    parts = urlsplit(target)
    return start if parts.scheme or parts.netloc else target


# ---- guessing ------------------------------------------------------------------------------------------------


def _counters(account: str) -> list[tuple[RateLimitItem, str, str]]:
    digest = hashlib.sha256(account.casefold().encode()).hexdigest()  # a typed password never stands in memory here
    return [(FAILURES_PER_ACCOUNT, "account", digest), (FAILURES_PER_ADDRESS, "address", get_remote_address())]


def too_many_failures(account: str) -> bool:
    """Whether this account or this address has failed so often that it must wait."""
    window = _limiter().limiter
    return not all(window.test(item, kind, key) for item, kind, key in _counters(account))


def count_failure(account: str) -> None:
    for item, kind, key in _counters(account):
        _limiter().limiter.hit(item, kind, key)


def within_limit(per_minute: int, who: str) -> bool:
    """Whether this program or address may ask once more within the minute; counts that it did."""
    return _limiter().limiter.hit(parse(f"{per_minute} per minute"), "program", who)


def _limiter() -> Limiter:
    return next(iter(cast("set[Limiter]", current_app.extensions["limiter"])))


# ---- answers -------------------------------------------------------------------------------------------------


def is_fragment() -> bool:
    """Whether a part of the page is asked for. A page restored from the history is asked for whole."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers[name] = value
    if response.mimetype == "text/html":
        response.vary.update(["HX-Request", "Cookie", "Accept-Language"])
    return response


def _own_error(error: errors.GeoMonitorError) -> ResponseReturnValue:
    status = status_of(error)
    if status >= 500:
        current_app.logger.error("%s: %s", type(error).__name__, error, exc_info=error)
    return answer(status)


def _forged(_: CSRFError) -> ResponseReturnValue:
    return answer(400, "forged")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return cast(ResponseReturnValue, error.get_response())
    return answer(error.code)


def _fault(error: Exception) -> ResponseReturnValue:
    if current_app.testing:
        raise error
    current_app.logger.error("fault at %s", request.path, exc_info=error)
    return answer(500)


_TOLD = (400, 403, 404, 405, 409, 413, 429, 500, 503)


def answer(status: int, kind: str = "") -> tuple[Response | str, int]:
    """An error as the asker can read it: JSON for ``/api/``, a notice for a fragment, else a page. The words are
    the page's own: messages of the inside are for the log and the command line."""
    kind = kind or str(status if status in _TOLD else 400 if status < 500 else 500)
    if request.path.startswith("/api/"):
        return jsonify(error=kind), status
    told = {"status": status, "title": say(f"error.{kind}.title"), "text": say(f"error.{kind}.text")}
    return render_template("_error.html" if is_fragment() else "error.html", **told), status
