"""The running of the house: what ran, what is stuck, what was last heard. Silence is never success."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from geo_monitor.services.ports import Letter
from webmap._security import needs
from webmap._shared import house

page = Blueprint("jobs", __name__)

RUNS = 30


@page.get("/jobs")
@needs("house")
def running() -> ResponseReturnValue:
    """Next and last runs, letters that are not out, feeds and layers with their age, rows in quarantine."""
    with house().store.reading() as records:
        quarantine: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for (feed, reason), n in sorted(records.quarantine_counts().items()):
            quarantine[feed].append((reason, n))
        return render_template(
            "jobs.html",
            due=sorted(records.job_rows(), key=lambda row: row.next_at),
            runs=records.runs(limit=RUNS),
            stuck=[letter for letter in records.letters() if is_stuck(letter)],
            feeds=records.feeds(),
            quarantine=dict(quarantine),
            layers=records.layer_versions(),
            layer_of=house().layers,
            feed_titles={name: feed.title for name, feed in house().feeds.items()},
            now=house().clock.now(),
        )


def is_stuck(letter: Letter) -> bool:
    """Refused for good, or tried at least once and still here."""
    return letter.status == "refused" or (letter.status == "waiting" and letter.tries > 0)
