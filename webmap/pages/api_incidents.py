"""Incidents as the map draws them: cells or points of the view, and how many fell into each slice of time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from geo_monitor.errors import CallError
from geo_monitor.services.ports import Records
from webmap._query import read_box, read_question
from webmap._shared import house, kept

page = Blueprint("api_incidents", __name__)

#: Before this day no report is looked for when the span of the time brush is sought.
EARLIEST = date(1990, 1, 1)
BARS = 60


@page.get("/api/cells")
def cells() -> ResponseReturnValue:
    """``z`` zoom, ``b`` box, ``from``/``to`` days → ``{"points": bool, "total": n, "cells": [[lon, lat, n,
    with_evidence, sample id], …]}``: points when few lie in the view, else cells at the centroid of their members."""
    occurred_from, occurred_to = read_question(request.args).occurred(house().settings.city.zone)
    box, zoom = read_box(request.args.get("b", "")), _zoom(request.args.get("z", ""))
    with house().store.reading() as records:
        found, points = records.incident_cells(box, zoom, occurred_from, occurred_to)
    return jsonify(
        points=points,
        total=sum(c.count for c in found),
        cells=[[round(c.lon, 6), round(c.lat, 6), c.count, c.with_evidence, c.sample] for c in found],
    )


@page.get("/api/histogram")
def histogram() -> ResponseReturnValue:
    """``{"days": [d0, …, dn], "counts": [c1, …, cn]}``: counts between neighbouring days, over the whole span in
    which incidents are known; both empty if there are none."""
    zone, now = house().settings.city.zone, house().clock.now()
    with house().store.reading() as records:
        version = f"{records.latest_incident_seq()} {now.astimezone(zone).date()}"
        return jsonify(kept("histogram", version, lambda: _bars(records, zone, now)))


def _bars(records: Records, zone: tzinfo, now: datetime) -> dict[str, list[Any]]:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    months = max(1, (tomorrow - EARLIEST).days // 30)
    rough = _counts(records, zone, EARLIEST, EARLIEST + timedelta(days=months * 30), months)
    rough += _counts(records, zone, EARLIEST + timedelta(days=months * 30), tomorrow, 1)
    filled = [k for k, n in enumerate(rough) if n]
    if not filled:
        return {"days": [], "counts": []}
    first = EARLIEST + timedelta(days=30 * filled[0])
    last = min(EARLIEST + timedelta(days=30 * (filled[-1] + 1)), tomorrow)
    step = max(1, -(-(last - first).days // BARS))
    bars = -(-(last - first).days // step)
    first = last - timedelta(days=step * bars)  # whole slices back from the last day: none ends in the future
    counts = _counts(records, zone, first, last, bars)
    return {"days": [(first + timedelta(days=step * k)).isoformat() for k in range(bars + 1)], "counts": counts}


def _counts(records: Records, zone: tzinfo, first: date, end: date, bars: int) -> list[int]:
    if first >= end:
        return [0]
    return records.incident_histogram(
        datetime.combine(first, time.min, zone), datetime.combine(end, time.min, zone), bars
    )


def _zoom(text: str) -> int:
    try:
        return max(0, min(22, round(float(text))))
    except ValueError as e:
        raise CallError(f"z: found {text!r}: a zoom between 0 and 22") from e
