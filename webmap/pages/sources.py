"""Whether the sources speak: each feed with its state, since when, and what went wrong last."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from geo_monitor.mail.source import span_words
from geo_monitor.services.feed_health import STATE_WORDS, STATES, read_health
from webmap._security import needs
from webmap._shared import house

page = Blueprint("sources", __name__)

#: The worst first: a reader on a phone sees the top of the list.
ORDER = ("silent", "failing", "never", "late", "heard_but_empty", "heard")
TONES = {"heard": "ok", "heard_but_empty": "ok", "silent": "warn", "failing": "warn", "never": "warn", "late": "warn"}


@page.get("/sources")
@needs("house")
def listed() -> ResponseReturnValue:
    """Every feed with a mapping, and those heard without one."""
    here, now = house(), house().clock.now()
    with here.store.reading() as records:
        found = read_health(records, here.feeds, now)
        histories = records.pull_histories()
    return render_template(
        "sources.html",
        feeds=sorted(found, key=lambda h: (ORDER.index(h.state), h.feed)),
        counts={s: n for s in STATES if (n := sum(h.state == s for h in found))},
        pulls={name: h.newest for name, h in histories.items()},
        mappings=here.feeds,
        words=STATE_WORDS,
        tones=TONES,
        spans={h.feed: span_words(h.expected) for h in found if h.expected},
        now=now,
    )
