"""For the machine that watches the machine: does this process answer, and does its database?"""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from webmap._security import open_to_all
from webmap._shared import house

page = Blueprint("health", __name__)


@page.get("/healthz")
@open_to_all
def health() -> ResponseReturnValue:
    """200 if the database answers; a StoreError of it becomes 503 at the door. Says nothing about matters."""
    with house().store.reading() as records:
        records.fact("health")
    return jsonify(status="ok")
