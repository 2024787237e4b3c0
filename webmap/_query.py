"""The question that list, map and address share: the query string ↔ ``LeadQuery`` and the span of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from geo_monitor.domain.lead import URGENCIES, LeadStatus
from geo_monitor.domain.place import Box
from geo_monitor.errors import CallError
from geo_monitor.services.ports import LeadQuery
from geo_monitor.supervision.model import DOMAINS

PAGE = 30
LONGEST_TEXT = 100
STATUSES = tuple(s.value for s in LeadStatus)
#: What the queue shows unless asked otherwise: leads that wait for somebody. ``status=all`` asks for every lead.
WAITING = (LeadStatus.OPEN.value, LeadStatus.TAKEN_UP.value)
ALL = "all"
#: What may be asked about leads of models on trial, by people who review them; unasked, such leads are left out.
TRIAL: Mapping[str, bool | None] = {"": False, "only": True, ALL: None}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the leads, and between which days (inclusive, of the city) incidents are drawn."""

    leads: LeadQuery
    first_day: date | None = None
    last_day: date | None = None

    def occurred(self, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """The first and the last moment of the days asked for, aware, in the zone of the city."""
        start = None if self.first_day is None else datetime.combine(self.first_day, time.min, zone)
        end = (
            None
            if self.last_day is None
            else (datetime.combine(self.last_day + timedelta(days=1), time.min, zone) - timedelta(microseconds=1))
        )
        return start, end

    def pairs(self) -> list[tuple[str, str]]:
        """The parts of the address, in a fixed order, empty ones left out: equal questions, equal addresses."""
        q = self.leads
        out = [("text", q.text)] if q.text else []
        statuses = () if q.statuses == WAITING else q.statuses or (ALL,)
        for name, values in (
            ("urgency", q.urgencies),
            ("status", statuses),
            ("domain", q.domains),
            ("model", q.models),
            ("district", q.districts),
        ):
            out += [(name, v) for v in values]
        out += [("trial", self.trial_choice)] if self.trial_choice else []
        out += [("from", self.first_day.isoformat())] if self.first_day else []
        out += [("to", self.last_day.isoformat())] if self.last_day else []
        return out

    def address(self, path: str, after: str = "") -> str:
        pairs = self.pairs() + ([("after", after)] if after else [])
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def status_choice(self) -> str:
        """Which line of the choice of statuses is the chosen one; "" is the queue's own (``WAITING``)."""
        if self.leads.statuses == WAITING:
            return ""
        return self.leads.statuses[0] if self.leads.statuses else ALL

    @property
    def trial_choice(self) -> str:
        return next(word for word, asked in TRIAL.items() if asked is self.leads.trial)

    @property
    def leads_narrowed(self) -> bool:
        """Whether any filter of the queue is set (the span of days is the map's)."""
        return self._all_leads().pairs() != self.pairs()

    def cleared_address(self, path: str) -> str:
        return self._all_leads().address(path)

    def _all_leads(self) -> Question:
        return Question(LeadQuery(statuses=WAITING, limit=self.leads.limit), self.first_day, self.last_day)

    def without_page(self) -> Question:
        return replace(self, leads=replace(self.leads, after=""))


def read_question(args: MultiDict[str, str], limit: int = PAGE, *, trials: bool = False) -> Question:
    """From the query string. Raises CallError on a word that this question does not have (an urgency, a status, a
    domain, a day); unknown models and districts just find nothing, as an old bookmark should. ``trials``: whether this
    person reviews models on trial; who does not is shown nothing of their leads, whatever the address asks."""
    leads = LeadQuery(
        text=args.get("text", "").strip()[:LONGEST_TEXT],
        urgencies=_choice(args, "urgency", URGENCIES),
        statuses=_statuses(args),
        domains=_choice(args, "domain", DOMAINS),
        models=_many(args, "model"),
        districts=_many(args, "district"),
        after=args.get("after", ""),
        limit=limit,
        trial=_trial(args) if trials else False,
    )
    return Question(leads, _day(args, "from"), _day(args, "to"))


def read_box(text: str) -> Box:
    """``w,s,e,n`` in degrees, cut to the world. Raises CallError if it is not a box."""
    try:
        west, south, east, north = (float(v) for v in text.split(","))
    except ValueError as e:
        raise CallError(f"b: found {text!r}: west,south,east,north in degrees") from e
    if not (west < east and south < north):  # also refuses NaN
        raise CallError(f"b: found {text!r}: west < east and south < north")
    return Box(max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0))


def _many(args: MultiDict[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v for v in args.getlist(name) if v))


def _statuses(args: MultiDict[str, str]) -> tuple[str, ...]:
    if ALL in _many(args, "status"):
        return ()
    return _choice(args, "status", STATUSES) or WAITING


def _trial(args: MultiDict[str, str]) -> bool | None:
    asked = args.get("trial", "")
    if asked not in TRIAL:
        raise CallError(f"trial: found {asked!r}: one of {', '.join(w for w in TRIAL if w)}")
    return TRIAL[asked]


def _choice(args: MultiDict[str, str], name: str, known: Sequence[str]) -> tuple[str, ...]:
    found = _many(args, name)
    if strange := [v for v in found if v not in known]:
        raise CallError(f"{name}: found {strange[0]!r}: one of {', '.join(known)}")
    return tuple(v for v in known if v in found)


def _day(args: MultiDict[str, str], name: str) -> date | None:
    text = args.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if not 1900 <= day.year <= 2200:  # the ends of the calendar cannot be moved into another time zone
            raise ValueError(text)
        return day
    except ValueError as e:
        raise CallError(f"{name}: found {text!r}: a day like 2026-11-22") from e
