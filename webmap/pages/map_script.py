"""The script that folium wrote, from an address of its own: configuration, numbers and addresses, no words."""

from __future__ import annotations

import hashlib

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue

from webmap._map import current_map
from webmap._shared import house

page = Blueprint("map_script", __name__)


@page.get("/map/script.js")
def script() -> ResponseReturnValue:
    with house().store.reading() as records:
        text = current_map(records).parts.script
    response = make_response(text)
    response.mimetype = "text/javascript"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:20])
    return response.make_conditional(request)
