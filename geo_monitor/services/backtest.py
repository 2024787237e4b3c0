"""Back-test 回溯检验: what a model would have raised on the stored past, and what people decided on the same matters.

The past is walked through week by week. At the end of each week the model sees only what was known by then
(``services/past.py``), and what it would have raised is a lead of that week. Decisions that people took on real leads
take effect when they were taken: a dismissal spends the records of its lead, and later ones open a new lead, as in the
overlay.

A model must not see the future. Refused is a model

* that asks for a state as of today (``services/hindsight.py``), unless the version of that layer that was loaded by
  then is stored and used;
* of which a lead stands, or does not stand, because of a report that came in later, although it says of itself that it
  looks at each report alone. To see this, its answers week by week are compared with one look over all stored reports,
  those reported later included; where they differ, the first clause that differs is named.

Not refused, only dated later, are leads of models that do look around or wait for time ("another report within three
days after", "nothing followed within a month", a register in which the deed was entered afterwards): such a lead is of
the week in which the last thing that it needs was known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

from geo_monitor.domain.layer import Layer
from geo_monitor.domain.lead import LeadStatus
from geo_monitor.domain.lifecycle import BacktestRecord
from geo_monitor.domain.place import LonLat
from geo_monitor.errors import RefusedError
from geo_monitor.services.hindsight import hindsight
from geo_monitor.services.looks import TOLD_LATER, looks, weeks_between
from geo_monitor.services.moved import counted_only, variations, with_numbers
from geo_monitor.services.past import Past
from geo_monitor.services.ports import Records
from geo_monitor.services.precision import Precision
from geo_monitor.services.raised import Raised, decisions_on, replay_leads
from geo_monitor.supervision.model import SupervisionModel

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """How many leads there would be with one number set to another ``value``."""

    number: str
    change: str
    value: str
    leads: int

    def as_dict(self) -> dict[str, Any]:
        return {"number": self.number, "change": self.change, "value": self.value, "leads": self.leads}


@dataclass(frozen=True)
class Backtest:
    """``weeks``: leads by week, in order. ``before``: matters that stood when the first week began, which do not count.
    ``late``: leads that came in a later week than the last act they rest on, because something was reported later or
    time had to pass. ``lapsed``: leads that no longer stood at the end. ``waited``: weeks in which the model had no
    data, by what was missing. ``as_they_stand``: layers of which no version of that time is stored. ``overlap``: share
    of the leads that have a record in common with a lead of another model."""

    model: SupervisionModel
    first: date
    last: date
    numbers: Mapping[str, str]
    weeks: Mapping[str, int]
    leads: tuple[Raised, ...]
    before: int
    late: int
    lapsed: int
    waited: Mapping[str, int]
    as_they_stand: tuple[str, ...]
    overlap: Mapping[str, float]
    sensitivity: tuple[Moved, ...]

    @property
    def precision(self) -> Precision:
        said = Counter(lead.decided for lead in self.leads)
        return Precision(said["taken_up"], said["dismissed"])

    def record(self, at: datetime) -> BacktestRecord:
        p = self.precision
        return BacktestRecord(
            self.model.id, self.model.version, self.first, self.last, len(self.leads), p.decided, p.upheld, at
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.id,
            "version": self.model.version,
            "status": self.model.status,
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "set": dict(self.numbers),
            "weeks": [{"week": w, "leads": n} for w, n in self.weeks.items()],
            "leads": [lead.as_dict() for lead in self.leads],
            "before": self.before,
            "late": self.late,
            "lapsed": self.lapsed,
            "waited": dict(self.waited),
            "as_they_stand": list(self.as_they_stand),
            **self.precision.as_dict(),
            "overlap": {m: round(s, 4) for m, s in self.overlap.items()},
            "sensitivity": [m.as_dict() for m in self.sensitivity],
        }


def backtest(
    records: Records,
    model: SupervisionModel,
    first: date,
    last: date,
    *,
    layers: Mapping[str, Layer],
    centre: LonLat,
    zone: tzinfo,
    now: datetime,
    settings: Mapping[str, str] | None = None,
    sensitivity: bool = True,
    progress: Progress = lambda _: None,
) -> Backtest:
    """Replays a model, whatever its status, from ``first`` to ``last`` (days of the city, both included). ``layers``
    are all layers of the house by name; ``settings`` are numbers to be changed (``{"near": "80 m"}``).

    Raises CallError for days that are none or have not come yet and for settings that the model does not have or that
    are of another kind; RefusedError if the model would look at what was known only later, or has nothing to look at
    in the whole time."""
    weeks = weeks_between(first, last, zone, now)
    model = with_numbers(model, settings or {})
    states = hindsight(model, layers)
    past = Past(
        records, model, layers, centre=centre, zone=zone, dated_only=frozenset(s.layer for s in states if s.layer)
    )
    blind = [s for s in states if not s.layer or not past.covered(s.layer, weeks[0].as_of)]
    if blind:
        raise RefusedError("\n".join([TOLD_LATER.format(model.id), *(f"  {s}{_since(past, s.layer)}" for s in blind)]))
    decisions = decisions_on(records, model)
    progress(f"{model.id}: {len(past.reports)} reports, {len(weeks)} weeks")
    seen = list(looks(past, model, weeks, check=True))
    waited = Counter(", ".join(look.missing) for look in seen[1:] if look.missing)
    if sum(waited.values()) == len(weeks):
        raise RefusedError(f"model {model.id} waits for {', '.join(waited)}: there is nothing to test it on")
    lines = replay_leads(past, model, seen, decisions)
    mine = [line for line in lines if line.week is not None]
    leads = tuple(sorted((line.raised() for line in mine), key=lambda r: (r.week, r.subject, r.records)))
    counts = Counter(lead.week for lead in leads)
    moved: list[Moved] = []
    if sensitivity:
        for number, change, value in variations(model):
            other = replace(model, numbers={**model.numbers, value.name: value})
            again = seen if counted_only(model, number) else list(looks(past, other, weeks, check=False))
            n = sum(line.week is not None for line in replay_leads(past, other, again, decisions))
            moved.append(Moved(number, change, str(value), n))
            progress(f"{number} {change}: {n} leads")
    return Backtest(
        model,
        first,
        last,
        dict(settings or {}),
        {w.name: counts[w.name] for w in weeks},
        leads,
        before=sum(line.week is None for line in lines),
        late=sum(line.late for line in mine),
        lapsed=sum(line.lapsed for line in mine),
        waited=dict(waited),
        as_they_stand=tuple(past.as_they_stand(weeks[0].as_of)),
        overlap=_overlap(records, model, leads),
        sensitivity=tuple(moved),
    )


def _since(past: Past, layer: str) -> str:
    """From when on it could be tested."""
    if not layer:
        return ""
    loaded = past.first_loaded(layer)
    if loaded is None:
        return "; no version of it was ever loaded"
    return f"; the first version that is stored was loaded on {loaded.astimezone(past.zone):%Y-%m-%d}"


def _overlap(records: Records, model: SupervisionModel, leads: Sequence[Raised]) -> dict[str, float]:
    """Other model → share of the leads with which it has a lead with a record in common (superseded ones left out);
    greatest first."""
    model_of: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for lead in leads:
        others = set()
        for record in lead.records:
            for other in records.leads_of_record(record):
                if other not in model_of:
                    found = records.lead(other)
                    gone = found is None or found.status is LeadStatus.SUPERSEDED
                    model_of[other] = "" if found is None or gone else found.model
                others.add(model_of[other])
        counts.update(others - {"", model.id})
    return {name: n / len(leads) for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))}
