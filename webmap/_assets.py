"""Static files: an address that changes with the content, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, request, url_for
from flask.wrappers import Response

STATIC = Path(__file__).parent / "static"
_KEEP = "public, max-age=31536000, immutable"


def asset(path: str) -> str:
    """The address of a file under ``static/``, with the start of its hash. FileNotFoundError tells which file
    is missing (third-party ones come with ``make vendor``), before a page is sent without it."""
    file = STATIC / path
    return url_for("static", filename=path, v=_mark(str(file), file.stat().st_mtime_ns))


_MARKS: dict[tuple[str, int], str] = {}


def _mark(file: str, changed: int) -> str:
    key = (file, changed)
    if key not in _MARKS:
        _MARKS[key] = hashlib.sha256(Path(file).read_bytes()).hexdigest()[:10]
    return _MARKS[key]


def install(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset
    app.after_request(_cache_rule)


def _cache_rule(response: Response) -> Response:
    """Marked static files stay; everything else is about people and matters and is kept nowhere unless its page
    said otherwise (an ETag and ``no-cache``)."""
    if request.endpoint == "static" and response.status_code < 400:
        response.headers["Cache-Control"] = _KEEP if request.args.get("v") else "no-cache"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response
