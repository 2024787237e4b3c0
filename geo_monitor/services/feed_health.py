"""Whether the feeds speak: a feed with nothing to report is told apart from one that is not heard.

``health_of`` judges, ``news_of`` decides what is worth a letter; both are pure. A feed is *heard* when a file of it was
read, or a pull of it ended well, whatever was in it. How often it should be is said in its mapping
(``expected_every``); of a feed without it nobody can say that it is late.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from geo_monitor.domain.words import Words
from geo_monitor.services.ports import FeedHeard, PullHistory, Records

HEARD, EMPTY, LATE, SILENT, NEVER, FAILING = "heard", "heard_but_empty", "late", "silent", "never", "failing"
STATES = (HEARD, EMPTY, LATE, SILENT, NEVER, FAILING)
STATE_WORDS: Mapping[str, Words] = {
    HEARD: Words("正常", "heard"),
    EMPTY: Words("有联系，无新事件", "heard, nothing new"),
    LATE: Words("迟到", "late"),
    SILENT: Words("中断", "silent"),
    NEVER: Words("从未收到", "never heard"),
    FAILING: Words("拉取失败", "pull fails"),
}
#: So many times what is expected must pass before a late feed is a silent one, of which letters tell.
SILENT_AFTER = 2
#: Without an expectation: how far back a report still counts as new, and how long a pull may fail before it is told.
USUAL = timedelta(days=7)
PATIENCE = timedelta(days=1)
#: Where the store keeps that letters told of a silence.
TOLD = "source/told/"


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """``last_heard``: a file read, or a pull that ended well; ``last_report``: the last reading that brought a new one.
    ``since``: heard but empty, since the last report; late, since it was due; silent, since it was last heard (if ever,
    else since pulls fail); failing, since the first failure in a row of ``failures``. ``error`` is that of the newest
    pull. ``alarm``: letters tell of it."""

    feed: str
    state: str
    last_heard: datetime | None = None
    last_report: datetime | None = None
    expected: timedelta | None = None
    since: datetime | None = None
    error: str = ""
    failures: int = 0
    alarm: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The contract of ``feeds health --format json``; moments in ISO 8601, the expectation in seconds."""
        return {
            "feed": self.feed,
            "state": self.state,
            "last_heard": _iso(self.last_heard),
            "last_report": _iso(self.last_report),
            "expected_every_s": self.expected.total_seconds() if self.expected else None,
            "since": _iso(self.since),
            "error": self.error,
            "failures": self.failures,
            "alarm": self.alarm,
        }


class MappingLike(Protocol):
    """The part of a feed's mapping that its health needs."""

    @property
    def expected_every(self) -> timedelta | None: ...


def read_health(records: Records, feeds: Mapping[str, MappingLike], now: datetime) -> tuple[FeedHealth, ...]:
    """Of every feed with a mapping, and of those that were heard without one; by name."""
    heard = {h.feed: h for h in records.feeds()}
    reports, histories = records.latest_reports(), records.pull_histories()
    return tuple(
        health_of(
            name,
            feeds[name].expected_every if name in feeds else None,
            heard.get(name),
            reports.get(name),
            histories.get(name),
            now,
        )
        for name in sorted({*feeds, *heard, *histories})
    )


def health_of(
    feed: str,
    expected: timedelta | None,
    heard: FeedHeard | None,
    last_report: datetime | None,
    pulls: PullHistory | None,
    now: datetime,
) -> FeedHealth:
    good = pulls.newest_good if pulls else None
    moments = [m for m in (heard.at if heard else None, good.at if good else None) if m is not None]
    last = max(moments, default=None)
    fails = pulls is not None and pulls.newest.outcome == "failed"
    error = pulls.newest.error if pulls else ""
    since: datetime | None
    if last is None:
        begun = pulls.failing_since if pulls else None
        patience = expected * SILENT_AFTER if expected else PATIENCE
        silent = begun is not None and now - begun > patience
        state, since = (SILENT if silent else FAILING if fails else NEVER), begun
    else:
        silent = expected is not None and now - last > expected * SILENT_AFTER
        if silent:
            state, since = SILENT, last
        elif fails and pulls is not None:
            state, since = FAILING, pulls.failing_since
            silent = expected is None and since is not None and now - since > PATIENCE
        elif expected is not None and now - last > expected:
            state, since = LATE, last + expected
        elif last_report is not None and now - last_report <= (expected or USUAL):
            state, since = HEARD, last_report
        else:
            state, since = EMPTY, last_report
    return FeedHealth(
        feed, state, last, last_report, expected, since, error, pulls.failures if pulls else 0, alarm=silent
    )


# ---- what is worth a letter


@dataclass(frozen=True, slots=True)
class Told:
    """A silence that letters told of: when it began (the name of the occasion) and when the feed was last heard."""

    began: datetime
    last_heard: datetime | None

    def text(self) -> str:
        return json.dumps({"began": self.began.isoformat(), "last_heard": _iso(self.last_heard)})

    @classmethod
    def of(cls, text: str | None) -> Told | None:
        if not text:
            return None
        said = json.loads(text)
        last = said["last_heard"]
        return cls(datetime.fromisoformat(said["began"]), datetime.fromisoformat(last) if last else None)


@dataclass(frozen=True, slots=True)
class News:
    """``kind``: silent, speaks, or over (nobody waits for the feed any more: no letter). ``began`` names the silence;
    ``after`` is what letters have told once this is written."""

    kind: str
    health: FeedHealth
    began: datetime
    after: Told | None


def news_of(healths: Sequence[FeedHealth], told: Mapping[str, Told], known: Iterable[str]) -> list[News]:
    """What changed since letters last told of it. A feed that spoke and fell silent again between two looks is told as
    silent anew; one whose expectation was lengthened, or whose mapping was taken away, is let go."""
    news, mapped = [], set(known)
    for health in healths:
        before = told.get(health.feed)
        alarm = health.alarm and health.feed in mapped
        if alarm and health.since is not None and (before is None or _heard_after(health, before)):
            news.append(News("silent", health, health.since, Told(health.since, health.last_heard)))
        elif before is not None and not alarm:
            kind = "speaks" if _heard_after(health, before) else "over"
            news.append(News(kind, health, before.began, None))
    return news


def _heard_after(health: FeedHealth, before: Told) -> bool:
    return health.last_heard is not None and (before.last_heard is None or health.last_heard > before.last_heard)


def read_told(records: Records, feeds: Iterable[str]) -> dict[str, Told]:
    found = {feed: Told.of(records.fact(f"{TOLD}{feed}")) for feed in feeds}
    return {feed: told for feed, told in found.items() if told is not None}


def keep_told(records: Records, feed: str, told: Told | None) -> None:
    records.put_fact(f"{TOLD}{feed}", told.text() if told else "")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
