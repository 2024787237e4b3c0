"""A model asked at the end of each week of the past, with what was known by then; and whether it saw the future.

A model that looks at each report alone is asked once about each: at the end of the week in which it came in. All others
(those that look around, wait for time, or watch a register) are asked anew each week about everything known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.hit import Subject
from geo_monitor.engine.evaluate import ModelHits
from geo_monitor.errors import CallError, RefusedError
from geo_monitor.services.past import Ints, Past, Standing, moment_of
from geo_monitor.supervision.model import Group, Number, SupervisionModel, Threshold

TOLD_LATER = "model {} cannot be tested on that time: it would look at what was known only later"


@dataclass(frozen=True, slots=True)
class Week:
    """A week, or what of it lies between the days that were asked for: its ISO name, its first moment and its last
    second."""

    name: str
    begin: datetime
    as_of: datetime


def weeks_between(first: date, last: date, zone: tzinfo, now: datetime) -> list[Week]:
    """The ISO weeks from ``first`` to ``last``; the first and the last one may be cut. Raises CallError."""
    if last < first:
        raise CallError(f"from {first} to {last}: the first day comes before the last")
    if last > now.astimezone(zone).date():
        raise CallError(f"{last} has not come yet: only the past can be replayed")
    if first.year < 1900:
        raise CallError(f"a first day from 1900 on is expected, not {first}")
    weeks, begin = [], first
    while begin <= last:
        end = min(begin + timedelta(days=7 - begin.weekday()), last + timedelta(days=1))
        year, week, _ = begin.isocalendar()
        weeks.append(Week(f"{year}-W{week:02d}", _midnight(begin, zone), _midnight(end, zone) - timedelta(seconds=1)))
        begin = end
    return weeks


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """The hits that stand at the end of a week (None: the model waits for what is ``missing``). ``week`` is None for
    the look before the first week."""

    week: Week | None
    as_of: datetime
    hits: ModelHits | None
    missing: tuple[str, ...]


def looks(past: Past, model: SupervisionModel, weeks: Sequence[Week], *, check: bool) -> Iterator[Look]:
    eve = weeks[0].begin - timedelta(seconds=1)
    moments: list[tuple[Week | None, datetime]] = [(None, eve), *((w, w.as_of) for w in weeks)]
    if model.watch.layer or model.looks_around or model.waits_for_time or past.days_in_reports:
        seen: dict[str, int] = {}
        for week, as_of in moments:
            hits, missing = past.look(model, past.standing(as_of), np.flatnonzero(past.known_by(as_of)))
            yield Look(week, as_of, None if hits is None else _first_seen(hits, past.zone, seen), missing)
        return
    held, before = _Held(past, model), None
    for week, as_of in moments:
        standing, known = past.standing(as_of), past.known_by(as_of)
        if before is not None and standing.like(before):
            fresh = known & ~past.known_by(before.as_of)
        else:
            if check and before is not None:
                held.check(before)
            held, fresh = _Held(past, model), known
        hits, missing = past.look(model, standing, np.flatnonzero(fresh))
        before = standing if hits is not None else None
        if hits is None:
            held = _Held(past, model)
            yield Look(week, as_of, None, missing)
        else:
            held.add(hits)
            yield Look(week, as_of, held.hits(), ())
    if check and before is not None:
        held.check(before)


class _Held:
    """Hits of a model that looks at each report alone: what was found of a report when it came in holds on, as long as
    layers and exceptions stay the same."""

    def __init__(self, past: Past, model: SupervisionModel) -> None:
        self.past, self.model = past, model
        self.codes: dict[Subject, int] = {}
        self.rows: list[Ints] = []
        self.subject: list[Ints] = []
        self.facts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in model.facts}

    def add(self, hits: ModelHits) -> None:
        code = np.array([self.codes.setdefault(s, len(self.codes)) for s in hits.subjects], dtype=np.int64)
        self.rows.append(hits.rows)
        self.subject.append(code[hits.subject] if len(hits) else np.zeros(0, np.int64))
        for name, column in hits.facts.items():
            self.facts[name].append(column)

    def hits(self) -> ModelHits:
        rows, subject = np.concatenate(self.rows), np.concatenate(self.subject)
        order = np.lexsort((rows, subject))
        facts = {name: np.concatenate(parts)[order] for name, parts in self.facts.items()}
        return ModelHits(self.model, self.past.reports, rows[order], subject[order], list(self.codes), facts)

    def check(self, standing: Standing) -> None:
        """Raises RefusedError if one look over all reports, those that came in later included, says something else
        about the reports that were known."""
        everything = np.arange(len(self.past.reports))
        whole, _ = self.past.look(self.model, standing, everything)
        assert whole is not None
        known = self.past.known_by(standing.as_of)
        seen = _pairs(self.hits())
        later = {pair for pair in _pairs(whole) if known[pair[0]]}
        if seen == later:
            return
        row = min(pair[0] for pair in seen ^ later)
        raise RefusedError(
            f"{TOLD_LATER.format(self.model.id)}\n  {self._culprit(standing, row)}: whether report "
            f"{self.past.reports.ids[row]} meets it depends on reports that came in after it was known "
            f"({moment_of(int(self.past.known[row])).astimezone(self.past.zone):%Y-%m-%d %H:%M})"
        )

    def _culprit(self, standing: Standing, row: int) -> str:
        """The first clause of which the answer about a report changes when later ones are known."""
        one = Number("one", 1.0, "", "")
        alone = Group("record", (Threshold("group.any[0]", "one"),))
        known = np.flatnonzero(self.past.known <= self.past.known[row])
        for k, condition in enumerate(self.model.where):
            part = replace(
                self.model, where=self.model.where[: k + 1], group=alone, numbers={**self.model.numbers, "one": one}
            )
            then, _ = self.past.look(part, standing, known)
            now, _ = self.past.look(part, standing, np.arange(len(self.past.reports)))
            assert then is not None
            assert now is not None
            if (row in then.rows) != (row in now.rows):
                return condition.path
        return "group"


def _pairs(hits: ModelHits) -> set[tuple[int, Subject]]:
    return {(r, hits.subjects[s]) for r, s in zip(hits.rows.tolist(), hits.subject.tolist(), strict=True)}


def _first_seen(hits: ModelHits, zone: tzinfo, seen: dict[str, int]) -> ModelHits:
    """As the overlay dates them: a feature that is watched without a day of its own is of the day after its term, or of
    the moment at which it was first seen. ``seen`` is kept from week to week."""
    watch, records = hits.model.watch, hits.records
    if not watch.layer or watch.dated:
        return hits
    occurred = records.occurred.copy()
    for row in np.unique(hits.rows).tolist():
        if watch.valid == "expired_on_day":
            after = date(1970, 1, 1) + timedelta(days=int(records.attributes["@valid_to"][row]) + 1)
            occurred[row] = int(_midnight(after, zone).timestamp())
        else:
            occurred[row] = seen.setdefault(str(records.ids[row]), int(occurred[row]))
    order = np.lexsort((hits.rows, occurred[hits.rows], hits.subject))
    return replace(
        hits,
        records=replace(records, occurred=occurred),
        rows=hits.rows[order],
        subject=hits.subject[order],
        facts={name: column[order] for name, column in hits.facts.items()},
    )
