"""Occurrences: which stored reports tell of one event. The search keeps the proposals, people decide about them, and a
decision is looked after at once. What is decided is appended to a book and never overwritten; what stands in the tables
of occurrences follows from the reports, the weights and the book alone, whatever was searched when."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from geo_monitor.domain.incident import Incident
from geo_monitor.domain.occurrence import (
    CONFIRM,
    CONFIRMED,
    DISSOLVE,
    PROPOSED,
    SEPARATE,
    UNDO,
    Occurrence,
    OccurrenceEvent,
    occurrence_id,
)
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.errors import MovedOnError, NotFoundError, RefusedError
from geo_monitor.services import likeness_weights as w
from geo_monitor.services.decide import SHORTEST_REASON
from geo_monitor.services.duplicates import Decided, Neighbourhood, alike_pairs, propose
from geo_monitor.services.occurrence_book import contradiction, decided, named_in
from geo_monitor.services.ports import Records, Store, Wanted
from geo_monitor.services.touched import boxes_around
from geo_monitor.services.why_same import Reason, reasons

#: What the tables follow from, as the last search left it.
STATE = "occurrences"
#: From this share of new reports on, looking at everything costs less than looking around each.
NEARLY_ALL = 0.2
#: A search that others overtook is begun again so often; after that they wait for it.
TRIES = 3
#: New reports are looked around in slices of time and in squares of so many degrees, each once.
SLICE = timedelta(days=7)
SQUARE = 0.005


@dataclass(frozen=True, slots=True)
class Search:
    """What a search did. ``looked_at``: the reports that were compared; ``made`` and ``gone``: occurrences that were
    stored anew (or changed), and those that no longer stand as they were."""

    full: bool
    new_reports: int
    looked_at: int
    made: int
    gone: int
    proposed: int
    confirmed: int
    joining: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


# ---- the search -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    """``generation`` counts whatever changed the tables: who finds another one than before has been overtaken."""

    seq: int = 0
    follows: str = ""
    generation: int = 0


def find_occurrences(store: Store, zone: tzinfo, full: bool = False) -> Search:
    """Proposes occurrences among the stored reports. Looks at what came in since the last search and at what chains of
    likely pairs connect with it; at everything with ``full``, after the weights or the city's ``zone`` were changed,
    and when a great part is new. The result is the same, and a second search changes nothing."""
    begun = time.monotonic()
    for left in reversed(range(TRIES)):
        if left:
            with store.reading() as records:
                work = _work(records, zone, full)
            with store.writing() as records:
                if _state(records) == work.before:
                    return _keep(records, work, begun)
        else:
            with store.writing() as records:
                return _keep(records, _work(records, zone, full), begun)
    raise AssertionError("the last try always ends")


@dataclass(frozen=True, slots=True)
class _Work:
    before: _State
    after: _State
    full: bool
    new_reports: int
    looked_at: int
    gone: list[str]
    made: list[Occurrence]


def _work(records: Records, zone: tzinfo, full: bool) -> _Work:
    before = _state(records)
    follows = f"{w.fingerprint()} {zone}"
    seq = records.latest_incident_seq()
    said = _decided(records)
    full = full or not before.seq or before.follows != follows
    new = records.incident_columns(after_seq=0 if full else before.seq, upto_seq=seq)
    full = full or len(new) > NEARLY_ALL * records.incident_count()
    if full:
        columns = _spoken_of(records.incident_columns(upto_seq=seq))
        gone, made = _regrouped(records, zone, said, columns, records.occurrences())
    else:
        # What stood near a version that was superseded may stand otherwise without it.
        former = records.earlier_versions(new.ids.tolist())
        left = (
            _near(records, IncidentColumns.of(records.incidents(former))) if former else new.take(np.zeros(0, np.int64))
        )
        start = [*_spoken_of(new).ids.tolist(), *left.ids.tolist()]
        columns, gone, made = _around(records, zone, said, start, former)
    return _Work(before, _State(seq, follows, before.generation), full, len(new), len(columns), gone, made)


def _keep(records: Records, work: _Work, begun: float) -> Search:
    _store(records, work.gone, work.made, work.after)
    counts = records.occurrence_counts()
    return Search(
        full=work.full,
        new_reports=work.new_reports,
        looked_at=work.looked_at,
        made=len(work.made),
        gone=len(work.gone),
        proposed=counts.get(PROPOSED, 0),
        confirmed=counts.get(CONFIRMED, 0),
        joining=counts.get("joining", 0),
        seconds=round(time.monotonic() - begun, 3),
    )


def _store(records: Records, gone: list[str], made: list[Occurrence], state: _State) -> None:
    if gone or made:
        records.replace_occurrences(gone, made)
        state = _State(state.seq, state.follows, state.generation + 1)
    if state != _state(records):
        records.put_fact(STATE, json.dumps(asdict(state)))


def _state(records: Records) -> _State:
    return _State(**json.loads(records.fact(STATE) or "{}"))


def _decided(records: Records, more: Sequence[OccurrenceEvent] = ()) -> Decided:
    events = [*records.occurrence_events(), *more]
    return decided(events, newest_versions(records, named_in(events)))


def newest_versions(records: Records, ids: Sequence[str]) -> dict[str, str]:
    """id → id of the version of the same report that counts, for those of ``ids`` that were superseded."""
    newest = records.superseded(ids)
    while step := records.superseded(sorted(set(newest.values()))):
        newest = {id_: step.get(by, by) for id_, by in newest.items()}
    return newest


def _spoken_of(columns: IncidentColumns) -> IncidentColumns:
    """Without what machines and offices note row by row, which is never compared."""
    never = np.array([c in w.NEVER for c in columns.categories], bool)
    return columns.take(np.flatnonzero(~never[columns.category])) if never.any() else columns


def _around(
    records: Records, zone: tzinfo, said: Decided, start: Sequence[str], former: Sequence[str] = ()
) -> tuple[IncidentColumns, list[str], list[Occurrence]]:
    """Regroups what chains of likely pairs connect with ``start``. ``former``: reports that count no more, whose
    occurrences are not what they were."""
    confirmed = {report: members for members in said.groups.values() for report in members}

    def bound(ids: Sequence[str]) -> list[str]:
        stand = records.occurrences(sorted(set(records.occurrences_of(ids).values())))
        return [r for o in stand for r in o.reports] + [r for i in ids for r in confirmed.get(i, ())]

    def columns_of(ids: Iterable[str]) -> IncidentColumns:
        return _spoken_of(records.incident_columns(ids=sorted(ids)))

    near = Neighbourhood(zone, lambda mine: _near(records, mine), columns_of, records.incidents, bound)
    columns = near.reach([*start, *bound(former)])
    reached = sorted({*columns.ids.tolist(), *start})
    touched = records.occurrences_of([*reached, *former, *records.earlier_versions(reached)])
    stored = records.occurrences(sorted(set(touched.values())))
    return columns, *_regrouped(records, zone, said, columns, stored)


def _near(records: Records, rows: IncidentColumns) -> IncidentColumns:
    """All reports that may be comparable with any of these, and a few more."""
    if not len(rows):
        return rows
    lasting = np.array([w.pace(c) == "lasting" for c in rows.categories], bool)[rows.category]
    slices = rows.occurred // int(SLICE.total_seconds())
    wanted: list[Wanted] = []
    for slow in (False, True):
        for k in np.unique(slices[lasting == slow]).tolist():
            mine = rows.take(np.flatnonzero((lasting == slow) & (slices == k)))
            if slow:
                wanted.append(_within(mine, (), w.LONGEST_DAYS["lasting"]))
            else:
                wanted.append(_within(mine, (), w.LONGEST_DAYS["passing"]))
                wanted.append(_within(mine, tuple(sorted(w.LASTING)), w.LONGEST_DAYS["lasting"]))
    return _spoken_of(records.incident_columns(wanted=wanted))


def _within(rows: IncidentColumns, categories: tuple[str, ...], days: float) -> Wanted:
    first, last = (datetime.fromtimestamp(int(s), UTC) for s in (rows.occurred.min(), rows.occurred.max()))
    corner = np.unique(np.floor(np.column_stack([rows.lon, rows.lat]) / SQUARE), axis=0) * SQUARE
    boxes = boxes_around(np.column_stack([corner, corner + SQUARE]), w.WIDEST_M)
    about = timedelta(days=days)
    return Wanted(categories, first - about, last + about, boxes)


def _regrouped(
    records: Records, zone: tzinfo, said: Decided, columns: IncidentColumns, stored: Sequence[Occurrence]
) -> tuple[list[str], list[Occurrence]]:
    """Of the ``stored`` occurrences those that go, and those that come in their place."""
    proposals = propose(columns, alike_pairs(columns, zone, records.incidents), said)
    when = dict(zip(columns.ids.tolist(), columns.occurred.tolist(), strict=True))
    made: dict[str, Occurrence] = {}
    for p in proposals:
        if len(p.reports) < 2:
            continue
        confirmed = set(said.groups[p.confirmed]) if p.confirmed else set()
        first, last = (datetime.fromtimestamp(when[p.reports[k]], UTC) for k in (0, -1))
        name = p.confirmed or _free_name(p.reports[0], said)
        made[name] = Occurrence(name, p.reports, first, last, tuple(r for r in p.reports if r in confirmed))
    there = {o.id: o for o in stored}
    gone = [id_ for id_, o in there.items() if made.get(id_) != o]
    return gone, [o for id_, o in made.items() if there.get(id_) != o]


def _free_name(first_report: str, said: Decided) -> str:
    ordinal = 0
    while (name := occurrence_id(first_report, ordinal)) in said.groups:
        ordinal += 1
    return name


# ---- decisions ------------------------------------------------------------------------------------------------------


def occurrence(records: Records, occurrence_id: str) -> Occurrence:
    """Raises NotFoundError."""
    found = records.occurrences([occurrence_id])
    if not found:
        raise NotFoundError("occurrence", occurrence_id)
    return found[0]


def confirm(
    store: Store, occurrence_id: str, actor: str, at: datetime, zone: tzinfo, note: str = "", seen: str = ""
) -> Occurrence:
    """All reports that stand in it tell of one event. ``seen``: ``Occurrence.seen`` of what the person had before them
    ("": whatever stands there). Raises NotFoundError; MovedOnError if others stand there now; RefusedError if all are
    confirmed."""
    with store.writing() as records:
        found = _as_seen(records, occurrence_id, seen)
        if found.reports == found.confirmed:
            raise RefusedError(f"occurrence {occurrence_id} is confirmed as it stands")
        _decide(records, found.id, at, actor, CONFIRM, note.strip(), {"reports": found.reports}, zone)
        return occurrence(records, occurrence_id)


def separate(
    store: Store,
    occurrence_id: str,
    report: str,
    actor: str,
    at: datetime,
    zone: tzinfo,
    reason: str,
    seen: str = "",
) -> str:
    """One report tells of another event than all others of the occurrence; it is never proposed together with any of
    them again. Returns the id under which the others stand now ("": only one was left). Raises as ``confirm``, and
    RefusedError without a reason or for a report that does not stand there."""
    _reasoned(reason)
    with store.writing() as records:
        found = _as_seen(records, occurrence_id, seen)
        if report not in found.reports:
            raise RefusedError(f"report {report} does not stand in occurrence {occurrence_id}")
        data = {"report": report, "reports": found.reports}
        _decide(records, found.id, at, actor, SEPARATE, reason.strip(), data, zone)
        return where_they_stand(records, [r for r in found.reports if r != report])


def dissolve(
    store: Store, occurrence_id: str, actor: str, at: datetime, zone: tzinfo, reason: str, seen: str = ""
) -> None:
    """No two of its reports tell of one event, and none are proposed together again. Raises as ``separate``."""
    _reasoned(reason)
    with store.writing() as records:
        found = _as_seen(records, occurrence_id, seen)
        _decide(records, found.id, at, actor, DISSOLVE, reason.strip(), {"reports": found.reports}, zone)


def undo(store: Store, seq: int, actor: str, at: datetime, zone: tzinfo, reason: str) -> str:
    """Takes the decision with this number back (or an undoing): it stays in the book and counts no more. Returns the id
    under which the reports of that decision stand now, or "". Raises NotFoundError; RefusedError without a reason, for
    one that was taken back already, or if what was decided since could no longer hold."""
    _reasoned(reason)
    with store.writing() as records:
        events = records.occurrence_events()
        line = next((e for e in events if e.seq == seq), None)
        if line is None:
            raise NotFoundError("decision", str(seq))
        if seq in {int(e.data["undoes"]) for e in standing_undoings(events)}:
            raise RefusedError(f"decision {seq} was taken back already")
        data = {"undoes": seq, "reports": line.data["reports"]}
        after = OccurrenceEvent(line.occurrence, len(events) + 1, at, actor, UNDO, reason, data)
        if why := contradiction(_decided(records, [after])):
            raise RefusedError(f"decision {seq} cannot be taken back now: {why}; take that back first")
        _decide(records, line.occurrence, at, actor, UNDO, reason.strip(), data, zone)
        return where_they_stand(records, line.data["reports"])


def standing_undoings(events: Sequence[OccurrenceEvent]) -> list[OccurrenceEvent]:
    """Undoings that were not undone themselves. ``events``: the whole book."""
    found: list[OccurrenceEvent] = []
    taken_back: set[int] = set()
    for e in reversed(events):
        if e.kind == UNDO and e.seq not in taken_back:
            taken_back.add(int(e.data["undoes"]))
            found.append(e)
    return found


def where_they_stand(records: Records, reports: Sequence[str]) -> str:
    """The occurrence in which most of these reports stand today, "" if they stand in none."""
    newest = newest_versions(records, reports)
    stand = sorted(records.occurrences_of([newest.get(r, r) for r in reports]).values())
    return max(stand, key=stand.count, default="")


def history(records: Records, occurrence_id: str, reports: Sequence[str] = ()) -> list[OccurrenceEvent]:
    """What was decided of this occurrence, or of reports that stand in it today (or earlier versions of them), by seq:
    proposals change their names when an earlier report joins them."""
    ours = {*reports, *records.earlier_versions(reports)}
    return [e for e in records.occurrence_events() if e.occurrence == occurrence_id or ours & {*e.data["reports"]}]


def _reasoned(reason: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise RefusedError(f"this needs a reason of at least {SHORTEST_REASON} characters")


def _as_seen(records: Records, occurrence_id: str, seen: str) -> Occurrence:
    found = occurrence(records, occurrence_id)
    if seen and seen != found.seen:
        raise MovedOnError(
            f"other reports stand in occurrence {occurrence_id} now ({len(found.reports)}); look at it again before "
            "deciding"
        )
    return found


def _decide(
    records: Records,
    occurrence_id: str,
    at: datetime,
    actor: str,
    kind: str,
    reason: str,
    data: Mapping[str, Any],
    zone: tzinfo,
) -> None:
    records.add_occurrence_event(occurrence_id, at, actor, kind, reason, data)
    newest = newest_versions(records, data["reports"])
    reports = [newest.get(r, r) for r in data["reports"]]
    _, gone, made = _around(records, zone, _decided(records), reports)
    state = _state(records)
    # A search that began before must see that it was overtaken, even by a decision that changes no row.
    _store(records, gone, made, _State(state.seq, state.follows, state.generation + 1))


# ---- how many -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tally:
    """How many reports, from how many independent reporters (``unknown`` reports name none: as in the models, they all
    count as one reporter together), by how many feeds, of how many events: what stands in one occurrence counts once,
    everything else by itself. ``proposed``: how many of these events rest on a proposal that nobody confirmed."""

    reports: int
    reporters: int
    unknown: int
    feeds: int
    events: int
    proposed: int

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def callers(self) -> Words:
        """12 件上报，来自 9 位独立举报人."""
        zh = f"{self.reports} 件上报，来自 {self.reporters} 位独立举报人"
        en = f"{_many(self.reports, 'report')} from {_many(self.reporters, 'independent reporter')}"
        if self.unknown:
            zh += f"（{self.unknown} 件未留身份，合计一位）"
            en += f" ({self.unknown} unnamed, counted as one)"
        return Words(zh, en)

    @property
    def words(self) -> Words:
        """12 件上报，来自 9 位独立举报人，归并后为 7 起."""
        zh = f"{self.callers.zh}，归并后为 {self.events} 起"
        en = f"{self.callers.en}, of {_many(self.events, 'event')}"
        if self.proposed:
            zh += f"（其中 {self.proposed} 起的归并待确认）"
            en += f" ({self.proposed} of them as proposed, not confirmed)"
        return Words(zh, en)


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def tally(incidents: Sequence[Incident], stand: Mapping[str, Occurrence]) -> Tally:
    """``stand``: report → its occurrence, for those that stand in one."""
    known = {i.reporter for i in incidents if i.reporter is not None}
    unknown = sum(i.reporter is None for i in incidents)
    several: dict[str, list[str]] = {}
    for i in incidents:
        if i.id in stand:
            several.setdefault(stand[i.id].id, []).append(i.id)
    return Tally(
        reports=len(incidents),
        reporters=len(known) + bool(unknown),
        unknown=unknown,
        feeds=len({i.feed for i in incidents}),
        events=len(incidents) - sum(len(ids) - 1 for ids in several.values()),
        proposed=sum(len(ids) > 1 and not set(ids) <= set(stand[ids[0]].confirmed) for ids in several.values()),
    )


def tally_of(records: Records, ids: Sequence[str]) -> Tally:
    """Of the reports with these ids, at today's versions of them: a correction is no second report."""
    newest = newest_versions(records, ids)
    incidents = records.incidents(sorted({newest.get(i, i) for i in ids}))
    named = records.occurrences_of([i.id for i in incidents])
    by_id = {o.id: o for o in records.occurrences(sorted(set(named.values())))}
    return tally(incidents, {report: by_id[name] for report, name in named.items()})


# ---- to be looked at ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """An occurrence with its reports, by (occurred, id), and what they count for; ``reasons`` only where asked for."""

    occurrence: Occurrence
    incidents: tuple[Incident, ...]
    tally: Tally
    reasons: tuple[Reason, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """The most frequent first."""
        return tuple(c for c, _ in Counter(i.category for i in self.incidents).most_common())

    def as_dict(self) -> dict[str, Any]:
        """Nothing of who reported but how many."""
        o = self.occurrence
        return {
            "id": o.id,
            "standing": o.standing,
            "first": o.first.isoformat(),
            "last": o.last.isoformat(),
            "categories": list(self.categories),
            **self.tally.as_dict(),
            "members": [
                {
                    "id": i.id,
                    "confirmed": i.id in o.confirmed,
                    "feed": i.feed,
                    "category": i.category,
                    "occurred": i.occurred.isoformat(),
                    "lon": i.lon,
                    "lat": i.lat,
                    "accuracy_m": i.accuracy_m,
                    "text": i.text,
                }
                for i in self.incidents
            ],
        }


def shown(records: Records, occurrences: Sequence[Occurrence]) -> list[Shown]:
    """Those with the reports that stand in them."""
    by_id = {i.id: i for i in records.incidents([r for o in occurrences for r in o.reports])}
    found: list[Shown] = []
    for o in occurrences:
        incidents = tuple(by_id[r] for r in o.reports if r in by_id)
        found.append(Shown(o, incidents, tally(incidents, dict.fromkeys(o.reports, o))))
    return found


def shown_with_reasons(records: Records, occurrence_id: str, zone: tzinfo) -> Shown:
    """Raises NotFoundError."""
    (one,) = shown(records, [occurrence(records, occurrence_id)])
    return replace(one, reasons=tuple(reasons(one.incidents, zone)))
