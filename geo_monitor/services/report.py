"""The weekly report: what is getting worse, where, what is overdue, and whether the silence means anything.

``read_material`` takes from the store what one week needs, ``weekly`` turns it into the report without store or clock.
Everything that can be told as of the end of the week is told so: which leads were open is read from the book of
their events, so a decision of next Tuesday does not change last week. What the house did not keep over time (when a
feed was last heard from, what waits in quarantine) is told as of ``generated``; therefore the report that went out
is kept (``issued``) and shown again when its week is asked for.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.lead import URGENCIES, Lead, LeadEvent, LeadStatus
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.errors import ConfigError, Flaw
from geo_monitor.services.feed_health import FAILING, SILENT, FeedHealth, MappingLike, read_health
from geo_monitor.services.ports import FeedHeard, JobRun, Records

CELL_M = 1000.0
DENSEST = 10
LISTED = 10
#: A rise or fall of a cell is called one only if chance alone (two weeks of equal rate) would bring so great a
#: difference at most once in twenty reports; a report tests ten cells, hence 0.05 / 10 (Bonferroni).
TREND_P = 0.005
ISSUED = "report/weekly/"


# ---- weeks -------------------------------------------------------------------------------------------------------


class Week(NamedTuple):
    """An ISO week, Monday to Sunday, of the city's calendar."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    @property
    def before(self) -> Week:
        return week_of(self.monday - timedelta(days=1))

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """First moment, and first moment of the next week, in UTC. Where clocks change it is not 168 hours long."""
        return (
            datetime.combine(self.monday, time(), zone).astimezone(UTC),
            datetime.combine(self.monday + timedelta(days=7), time(), zone).astimezone(UTC),
        )


def week_of(day: date) -> Week:
    year, number, _ = day.isocalendar()
    return Week(year, number)


def parse_week(said: str) -> Week:
    """``2026-W46``. Raises ConfigError for anything else, also for a week 53 that the year does not have."""
    match = re.fullmatch(r"(\d{4})-W(\d{2})", said.strip())
    if match:
        week = Week(int(match[1]), int(match[2]))
        try:
            if week.monday:
                return week
        except ValueError:
            pass
    raise ConfigError(Flaw("not_a_week", "an ISO week like 2026-W46", field="week", value=said))


def last_whole_week(now: datetime, zone: tzinfo) -> Week:
    return week_of(now.astimezone(zone).date()).before


# ---- the report --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """New suspected leads of one model in one district."""

    district: str
    district_title: Words
    model: str
    model_title: Words
    leads: int


@dataclass(frozen=True, slots=True)
class UrgencyLine:
    """``open`` waits at the end of the week, ``overdue`` are those of them with a term that had run out by then."""

    urgency: str
    new: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class DenseCell:
    """A square of one kilometre, ``column`` and ``row`` counted from the city's centre to the east and north.
    ``corners`` are five lon-lat pairs, closed. ``trend``: up or down where chance does not explain it, else even."""

    rank: int
    column: int
    row: int
    lon: float
    lat: float
    corners: tuple[tuple[float, float], ...]
    district_title: Words
    count: int
    before: int
    trend: str


@dataclass(frozen=True, slots=True)
class LeadLine:
    id: str
    title: Words
    about: Words
    model: str
    urgency: str
    district_title: Words
    lon: float
    lat: float
    opened: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class FeedLine:
    """``state``: heard (since the week began, ``read`` and ``stored`` of its newest reading), silent (heard before,
    not since the week began), never (configured, not once heard). Heard with nothing new is not silence. ``now`` is its
    state when the letter was written (``feed_health.STATES``), held against how often it should be heard."""

    feed: str
    state: str
    last: datetime | None
    read: int = 0
    stored: int = 0
    quarantined: int = 0
    now: str = ""

    @property
    def is_silent(self) -> bool:
        return self.state != "heard" or self.now in (SILENT, FAILING)


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """``open`` now waits for someone to look at it, ``new`` of all came in during the week."""

    feed: str
    reason: str
    new: int
    open: int


@dataclass(frozen=True, slots=True)
class JobLine:
    """``failed`` runs of the week, ``lost`` those whose holder died. What the error said stays on the page of
    the jobs: it may quote a row, and a letter never names a reporter."""

    job: str
    runs: int
    failed: int
    lost: int
    last_failure: datetime


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    week: str
    monday: date
    sunday: date
    generated: datetime
    time_zone: str
    city: Words
    synthetic: bool
    whole: bool
    incidents: int
    incidents_before: int
    leads_new: int
    leads_new_before: int
    leads_open: int
    leads_overdue: int
    leads_with_term: int
    oldest_open_days: int | None
    decided: Mapping[str, int]
    by_urgency: tuple[UrgencyLine, ...]
    by_district_and_model: tuple[Count, ...]
    newest: tuple[LeadLine, ...]
    cells: tuple[DenseCell, ...]
    feeds: tuple[FeedLine, ...]
    quarantine: tuple[QuarantineLine, ...]
    jobs: tuple[JobLine, ...]
    jobs_run: int
    markers: tuple[tuple[float, float, str], ...] = field(default=())
    """lon, lat, urgency of every new lead: what the picture shows."""
    # What is added here later needs a default as these have, so that a report in the book from before is still read.
    leads_since: int = 0
    """Raised between the end of the week and ``generated``; they belong to the next report."""
    overdue: tuple[LeadLine, ...] = ()

    @property
    def silent(self) -> tuple[FeedLine, ...]:
        return tuple(f for f in self.feeds if f.is_silent)

    def lines(self) -> list[str]:
        """For a terminal; the letter says it at length."""
        return [
            f"{self.week} ({self.monday} to {self.sunday}, {self.time_zone}){'' if self.whole else ', not over yet'}"
            f"{', synthetic' if self.synthetic else ''}",
            f"suspected leads: {self.leads_new} new (before: {self.leads_new_before}), {self.leads_open} open, "
            f"{self.leads_overdue} overdue of {self.leads_with_term} with a term",
            f"incidents: {self.incidents} (before: {self.incidents_before})",
            *(f"  {c.district_title.en} · {c.model} {c.model_title.en}: {c.leads}" for c in self.by_district_and_model),
            *(
                f"  {c.rank}. {c.lon:.4f}, {c.lat:.4f} {c.district_title.en}: {c.count} (before: {c.before}, {c.trend})"
                for c in self.cells
            ),
            *(
                f"feed {f.feed}: {f.state}, last {f.last.isoformat() if f.last else 'never'}"
                f"{f', now {f.now}' if f.now else ''}"
                for f in self.feeds
            ),
            *(f"quarantine {q.feed} {q.reason}: {q.new} new, {q.open} open" for q in self.quarantine),
            *(f"job {j.job}: {j.failed} failed, {j.lost} lost of {j.runs}" for j in self.jobs),
        ]

    def as_dict(self) -> dict[str, Any]:
        """JSON view: dates and moments in ISO 8601, moments in UTC."""
        return dict(_plain(asdict(self)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> WeeklyReport:
        """The inverse of ``as_dict``."""
        known = {f.name for f in fields(cls)}
        values = {k: v for k, v in data.items() if k in known}
        values |= {
            "monday": date.fromisoformat(data["monday"]),
            "sunday": date.fromisoformat(data["sunday"]),
            "generated": datetime.fromisoformat(data["generated"]),
            "city": Words.of(data["city"]),
        }
        for name, kind in (
            ("by_urgency", UrgencyLine),
            ("by_district_and_model", Count),
            ("overdue", LeadLine),
            ("newest", LeadLine),
            ("cells", DenseCell),
            ("feeds", FeedLine),
            ("quarantine", QuarantineLine),
            ("jobs", JobLine),
        ):
            values[name] = tuple(kind(**_typed(row)) for row in data.get(name, ()))
        values["markers"] = tuple((m[0], m[1], m[2]) for m in data["markers"])
        return cls(**values)


_MOMENTS = ("opened", "last", "last_failure")


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            typed[key] = Words.of(value)
        elif key in _MOMENTS and value is not None:
            typed[key] = datetime.fromisoformat(value)
        elif key == "corners":
            typed[key] = tuple((x, y) for x, y in value)
        else:
            typed[key] = value
    return typed


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if not (k == "bo" and v is None)}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


# ---- what it is made from ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Material:
    """All leads and events; ``occurred`` (Unix seconds), ``lon``, ``lat`` of the incidents of the week and of the one
    before; ``quarantined_new`` is (feed, reason) → rows that came in within the week."""

    leads: Sequence[Lead]
    events: Sequence[LeadEvent]
    occurred: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    feeds: Sequence[FeedHeard]
    quarantined_new: Mapping[tuple[str, str], int]
    quarantined_open: Mapping[tuple[str, str], int]
    runs: Sequence[JobRun]
    districts: LayerColumns | None
    health: Sequence[FeedHealth] = ()


class CityLike(Protocol):
    """The part of ``config.City`` that a report needs."""

    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def zone(self) -> tzinfo: ...
    @property
    def synthetic(self) -> bool: ...
    @property
    def origin(self) -> tuple[float, float]: ...


def read_material(
    records: Records,
    week: Week,
    zone: tzinfo,
    feeds: Mapping[str, MappingLike] | None = None,
    now: datetime | None = None,
) -> Material:
    """With the mappings of the feeds and the present moment it also holds how the feeds are now."""
    start, end = week.span(zone)
    before, _ = week.before.span(zone)
    columns: IncidentColumns = records.incident_columns()
    first, last = np.searchsorted(columns.occurred, [int(before.timestamp()), int(end.timestamp())])
    leads, events = _of_models_in_force(records.leads_of(), records.events())
    return Material(
        leads=leads,
        events=events,
        occurred=columns.occurred[first:last],
        lon=columns.lon[first:last],
        lat=columns.lat[first:last],
        feeds=records.feeds(),
        quarantined_new=_quarantined_within(records, start, end),
        quarantined_open=records.quarantine_counts(),
        runs=[run for row in records.job_rows() for run in _runs_since(records, row.name, start)],
        districts=records.layer_columns("districts"),
        health=read_health(records, feeds, now) if feeds is not None and now is not None else (),
    )


def _of_models_in_force(leads: Sequence[Lead], events: Sequence[LeadEvent]) -> tuple[list[Lead], list[LeadEvent]]:
    """Without the leads of models on trial, which no letter tells of. A lead whose model was put into force since is
    told of as if it had been opened then: before, nobody but the reviewers could know it."""
    shown = {e.lead: e.at for e in events if e.kind == "promoted"}
    told = [replace(lead, opened=shown.get(lead.id, lead.opened)) for lead in leads if not lead.trial]
    known = {lead.id for lead in told}
    return told, [e for e in events if e.lead in known]


def _quarantined_within(records: Records, start: datetime, end: datetime) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for status in ("open", "retried", "rejected"):
        after = ""
        while page := records.quarantined(status=status, limit=1000, after=after):
            found.update((q.row.feed, q.row.reason) for q in page if start <= q.at < end)
            after = page[-1].row.id
    return dict(found)


def _runs_since(records: Records, job: str, start: datetime) -> list[JobRun]:
    """The newest runs back to ``start``: the list is asked for in ever longer pieces until it reaches far enough."""
    limit = 500
    while True:
        runs = records.runs(job, limit=limit)
        if len(runs) < limit or min(r.started for r in runs) < start:
            return [r for r in runs if r.started >= start]
        limit *= 4


# ---- the pure part -----------------------------------------------------------------------------------------------


def weekly(
    material: Material,
    week: Week,
    *,
    now: datetime,
    city: CityLike,
    known_feeds: Collection[str] = (),
    model_titles: Mapping[str, Words] | None = None,
) -> WeeklyReport:
    """The report of ``week``. ``known_feeds`` are those the workspace has a mapping for, so that one which was never
    heard from is missed; feeds heard from without a mapping are listed as well."""
    zone = city.zone
    start, end = week.span(zone)
    before_start, _ = week.before.span(zone)
    places = _Districts(material.districts)
    status = _status_at(material.events, end)
    known = [lead for lead in material.leads if lead.opened < end]
    new = [lead for lead in known if lead.opened >= start]
    waiting = [lead for lead in known if not status.get(lead.id, LeadStatus.OPEN).closed]
    until = min(end, now)  # of a week that is not over, what can be said now
    overdue = {lead.id for lead in waiting if _overdue(lead, until, zone)}
    inside = material.occurred >= int(start.timestamp())
    return WeeklyReport(
        week=str(week),
        monday=week.monday,
        sunday=week.sunday,
        generated=now.astimezone(UTC),
        time_zone=city.time_zone,
        city=Words(city.name_zh or city.name_en, city.name_en or city.name_zh),
        synthetic=city.synthetic or any(lead.synthetic for lead in new),
        whole=end <= now,
        incidents=int(inside.sum()),
        incidents_before=int((~inside).sum()),
        leads_new=len(new),
        leads_new_before=sum(before_start <= lead.opened < start for lead in known),
        leads_since=sum(end <= lead.opened <= now for lead in material.leads),
        leads_open=len(waiting),
        leads_overdue=len(overdue),
        leads_with_term=sum(bool(_terms(lead, zone)) for lead in waiting),
        oldest_open_days=max(((until - lead.opened).days for lead in waiting), default=None),
        decided=_decided(material.events, start, end),
        by_urgency=tuple(
            UrgencyLine(
                u,
                sum(x.urgency == u for x in new),
                sum(x.urgency == u for x in waiting),
                sum(x.urgency == u for x in waiting if x.id in overdue),
            )
            for u in URGENCIES
        ),
        by_district_and_model=_counts(new, places, model_titles or {}),
        overdue=tuple(
            _line(lead, places, True)
            for lead in sorted((x for x in waiting if x.id in overdue), key=_by_weight)[:LISTED]
        ),
        newest=tuple(_line(lead, places, lead.id in overdue) for lead in sorted(new, key=_by_weight)[:LISTED]),
        cells=densest_cells(
            material.lon[inside],
            material.lat[inside],
            material.lon[~inside],
            material.lat[~inside],
            LonLat(*city.origin),
            places,
        ),
        feeds=_feed_lines(material.feeds, known_feeds, start, {h.feed: h.state for h in material.health}),
        quarantine=tuple(
            QuarantineLine(f, r, material.quarantined_new.get((f, r), 0), material.quarantined_open.get((f, r), 0))
            for f, r in sorted(set(material.quarantined_new) | set(material.quarantined_open))
        ),
        jobs=_job_lines([r for r in material.runs if start <= r.started < end]),
        jobs_run=sum(start <= r.started < end for r in material.runs),
        markers=tuple((x.lon, x.lat, x.urgency) for x in sorted(new, key=_by_weight, reverse=True)),
    )


def _status_at(events: Iterable[LeadEvent], moment: datetime) -> dict[str, LeadStatus]:
    """Lead id → status as the book stood at that moment; leads without a line yet are not in it."""
    kinds = {s.value: s for s in LeadStatus} | {"opened": LeadStatus.OPEN}
    status: dict[str, LeadStatus] = {}
    for event in sorted(events, key=lambda e: e.seq):
        if event.at < moment and event.kind in kinds:
            status[event.lead] = kinds[event.kind]
    return status


def _decided(events: Iterable[LeadEvent], start: datetime, end: datetime) -> dict[str, int]:
    found = Counter(e.kind for e in events if start <= e.at < end)
    return {s.value: found[s.value] for s in (LeadStatus.TAKEN_UP, LeadStatus.DISMISSED, LeadStatus.SUPERSEDED)}


def _terms(lead: Lead, zone: tzinfo) -> list[datetime]:
    """The moments by which something is due. A term that is given as a day ends when that day ends in the city."""
    ends: list[datetime] = []
    for value in lead.due.values():
        said = value.get("by") if isinstance(value, Mapping) else value
        if isinstance(said, str):
            try:
                said = date.fromisoformat(said) if len(said) == 10 else datetime.fromisoformat(said)
            except ValueError:
                continue
        if isinstance(said, datetime):
            ends.append(said if said.tzinfo else said.replace(tzinfo=zone))
        elif isinstance(said, date):
            ends.append(datetime.combine(said + timedelta(days=1), time(), zone))
    return ends


def _overdue(lead: Lead, moment: datetime, zone: tzinfo) -> bool:
    return any(end < moment for end in _terms(lead, zone))


def _by_weight(lead: Lead) -> tuple[int, float, str]:
    """The order of the queue: urgency, then the newest act, then id."""
    rank = URGENCIES.index(lead.urgency) if lead.urgency in URGENCIES else len(URGENCIES)
    return rank, -lead.last.timestamp(), lead.id


def _line(lead: Lead, places: _Districts, overdue: bool) -> LeadLine:
    return LeadLine(
        lead.id,
        lead.title,
        lead.about,
        lead.model,
        lead.urgency,
        places.title(lead.district),
        lead.lon,
        lead.lat,
        lead.opened,
        overdue,
    )


def _counts(new: Sequence[Lead], places: _Districts, titles: Mapping[str, Words]) -> tuple[Count, ...]:
    found = Counter((lead.district, lead.model) for lead in new)
    named = {lead.model: lead.title for lead in new} | dict(titles)
    rows = [Count(d, places.title(d), m, named[m], n) for (d, m), n in found.items()]
    total = Counter({d: 0 for d, _ in found})
    for (district, _), n in found.items():
        total[district] += n
    return tuple(sorted(rows, key=lambda c: (-total[c.district], c.district, -c.leads, c.model)))


def _feed_lines(
    heard: Sequence[FeedHeard], known: Collection[str], start: datetime, now: Mapping[str, str]
) -> tuple[FeedLine, ...]:
    last = {h.feed: h for h in heard}
    lines = []
    for name in sorted(set(known) | set(last)):
        h = last.get(name)
        if h is None:
            lines.append(FeedLine(name, "never", None, now=now.get(name, "")))
        else:
            state = "heard" if h.at >= start else "silent"
            lines.append(FeedLine(name, state, h.at, h.read, h.stored, h.quarantined, now.get(name, "")))
    return tuple(lines)


def _job_lines(runs: Sequence[JobRun]) -> tuple[JobLine, ...]:
    lines = []
    for name in sorted({r.job for r in runs}):
        mine = [r for r in runs if r.job == name]
        bad = [r for r in mine if r.outcome in ("failed", "lost")]
        if bad:
            lines.append(
                JobLine(
                    name,
                    len(mine),
                    sum(r.outcome == "failed" for r in bad),
                    sum(r.outcome == "lost" for r in bad),
                    max(r.started for r in bad),
                )
            )
    return tuple(lines)


class _Districts:
    """Names of districts by id and by place. Outside all of them the answer says so instead of being empty."""

    NOWHERE = Words("区划外", "outside the districts")

    def __init__(self, columns: LayerColumns | None) -> None:
        self._columns = columns
        self._titles = {} if columns is None else dict(zip(columns.ids.tolist(), columns.titles.tolist(), strict=True))

    def title(self, district: str) -> Words:
        if not district:
            return self.NOWHERE
        return Words.of(self._titles.get(district, district))

    def at(self, lon: float, lat: float) -> Words:
        """The lowest id of those that hold the point, border included."""
        if self._columns is None:
            return Words("", "")
        from shapely import Point

        point = Point(lon, lat)
        for title, shape in zip(self._columns.titles, self._columns.geometry, strict=True):
            if shape is not None and shape.covers(point):
                return Words.of(title)
        return self.NOWHERE


# ---- density -----------------------------------------------------------------------------------------------------


def densest_cells(
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
    lon_before: npt.NDArray[np.float64],
    lat_before: npt.NDArray[np.float64],
    centre: LonLat,
    places: _Districts | None = None,
    size_m: float = CELL_M,
    most: int = DENSEST,
) -> tuple[DenseCell, ...]:
    """The squares with most points, most first; ties: the more southern, then the more western.

    Squares are laid on the equal-area plane around ``centre`` (Lambert azimuthal, WGS 84), so that each holds the
    same ground wherever it lies: counts are densities. A point on a border belongs to the square to its north or east.
    """
    from pyproj import Transformer

    frame = f"+proj=laea +lat_0={centre.lat!r} +lon_0={centre.lon!r} +datum=WGS84 +units=m +no_defs"
    there = Transformer.from_crs("EPSG:4326", frame, always_xy=True)
    back = Transformer.from_crs(frame, "EPSG:4326", always_xy=True)

    def count(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> Counter[tuple[int, int]]:
        if not len(x):
            return Counter()
        east, north = there.transform(x, y)
        cells = np.column_stack([np.floor(np.asarray(east) / size_m), np.floor(np.asarray(north) / size_m)])
        unique, n = np.unique(cells.astype(np.int64), axis=0, return_counts=True)
        return Counter({(int(c), int(r)): int(k) for (c, r), k in zip(unique, n, strict=True)})

    now, then = count(lon, lat), count(lon_before, lat_before)
    best = sorted(now, key=lambda cell: (-now[cell], cell[1], cell[0]))[:most]
    found = []
    for rank, (c, r) in enumerate(best, start=1):
        xs = np.array([c, c + 1, c + 1, c, c, c + 0.5]) * size_m
        ys = np.array([r, r, r + 1, r + 1, r, r + 0.5]) * size_m
        lons, lats = (np.round(v, 6).tolist() for v in back.transform(xs, ys))
        found.append(
            DenseCell(
                rank,
                c,
                r,
                lons[5],
                lats[5],
                tuple(zip(lons[:5], lats[:5], strict=True)),
                places.at(lons[5], lats[5]) if places else Words("", ""),
                now[c, r],
                then[c, r],
                trend(now[c, r], then[c, r]),
            )
        )
    return tuple(found)


def trend(now: int, before: int) -> str:
    """``up``, ``down``, or ``even`` where two weeks of equal rate would differ as much by chance alone.

    The exact conditional test of two Poisson counts: given their sum each point falls into either week with
    probability one half; two-sided, at ``TREND_P``.
    """
    total, more = now + before, max(now, before)
    if total > 2000:  # the sum below grows long, and the normal curve (with continuity) is within 2 % of it at TREND_P
        tail = math.erfc((more - 0.5 - total / 2) / math.sqrt(total / 2)) / 2
    else:
        tail = sum(math.comb(total, k) for k in range(more, total + 1)) / 2**total
    if now == before or min(1.0, 2 * tail) > TREND_P:
        return "even"
    return "up" if now > before else "down"


# ---- kept ----------------------------------------------------------------------------------------------------------


def issued(records: Records, week: Week) -> WeeklyReport | None:
    """The report as it was sent, or None if none was."""
    said = records.fact(f"{ISSUED}{week}")
    return None if said is None else WeeklyReport.from_dict(json.loads(said))


def keep_issued(records: Records, report: WeeklyReport) -> None:
    records.put_fact(f"{ISSUED}{report.week}", json.dumps(report.as_dict(), ensure_ascii=False, sort_keys=True))
