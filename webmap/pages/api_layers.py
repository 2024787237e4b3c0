"""The layers as the map draws them."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue

from geo_monitor.services.ports import Records
from webmap._display import collection
from webmap._query import read_box
from webmap._security import answer
from webmap._shared import DISTRICTS, current_versions, house, kept

page = Blueprint("api_layers", __name__)

#: More features than this in one view cannot be told apart; the answer then says ``"partial": true``.
MOST_FEATURES = 4000


@page.get("/api/layers/<name>.geojson")
def layer(name: str) -> ResponseReturnValue:
    """``b`` a box: the features that touch it, finely; without: the whole layer, coarsely. The ETag follows from the
    version of the layer, so a browser asks again for nothing that has not changed. 404 for a layer that is not
    known, not loaded, or has no place."""
    if name not in house().layers or not house().layers[name].geometry:
        return answer(404)
    box_text = request.args.get("b", "")
    with house().store.reading() as records:
        version = current_versions(records).get(name)
        if version is None:
            return answer(404)
        response = Response(mimetype="application/geo+json")
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(f"{version}/{box_text}")
        if request.if_none_match.contains(response.get_etag()[0] or ""):
            return make_response(response).make_conditional(request)
        if box_text:
            body = _text(records, name, box_text)
        else:
            body = kept(f"layer {name}", version, lambda: _text(records, name, ""))
    response.set_data(body)
    return response


def _text(records: Records, name: str, box_text: str) -> str:
    found = records.features(name, box=read_box(box_text) if box_text else None)
    return collection(
        found[:MOST_FEATURES],
        "fine" if box_text else "coarse",
        labels=name == DISTRICTS,
        partial=len(found) > MOST_FEATURES,
    )
