"""What the lead page shows, gathered once: plain values for the template, and nothing about who reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from geo_monitor.domain.duty import ROLE_WORDS
from geo_monitor.domain.incident import PLACED_BY, Incident
from geo_monitor.domain.lead import Lead, LeadEvent
from geo_monitor.domain.words import Words
from geo_monitor.errors import NotFoundError
from geo_monitor.services.occurrences import Tally, tally_of
from geo_monitor.services.ports import Records
from webmap._security import may
from webmap._shared import district_titles, house, model_title
from webmap._words import in_language, say

#: Reports shown before the reader asks for all of them.
FIRST_REPORTS = 8
#: Other reports shown under one clause: enough to see what it rests on.
MOST_OTHERS = 8


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the page shows it. There is no field for the reporter, so no template can print one.
    ``share``: at how much of its circle of accuracy it would still be a hit, None if everywhere. ``placed_by``: name
    and level of the place by which it was placed, ("", "") if it came with coordinates. ``version``: when its office
    last changed it, None if the office tells no versions apart; ``corrected``: a later version counts instead.
    ``occurrence``: the id of the occurrence in which it stands with others, or ""."""

    id: str
    category: str
    source: str
    text: str
    occurred: datetime
    reported: datetime
    accuracy_m: float
    evidence: tuple[str, ...]
    file: str
    row: int
    datum: str
    datum_known: str
    share: float | None = None
    placed_by: tuple[str, str] = ("", "")
    version: datetime | None = None
    corrected: bool = False
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class OtherReport:
    """A report that a clause rests on. ``here``: it also stands behind this lead; ``leads``: others that it stands
    behind, as far as the reader may see them."""

    report: Report
    here: bool
    leads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Others:
    """The reports that one clause rests on, the latest first; ``count`` of them, of which some may be left out."""

    reports: tuple[OtherReport, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a layer (a licence, a site) that a lead rests on instead of a report."""

    id: str
    title: Words
    layer: Words


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """``why`` is the code of a dismissal, ``clause`` the clause that misled, in its own words; older lines have
    neither."""

    at: datetime
    who: str
    kind: str
    reason: str
    clause: str
    why: str


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """A criminal provision to be checked; a screen is a reminder, never a finding."""

    id: str
    law: Words | None
    article: str


@dataclass(frozen=True, slots=True)
class LeadView:
    lead: Lead
    previous: str
    model_title: Words
    model_known: bool
    guide: Words | None
    district: Words | None
    seats: tuple[tuple[Words, Mapping[str, str]], ...]
    reports: tuple[Report, ...]
    listed: tuple[Listed, ...]
    report_count: int
    screen: tuple[ScreenLine, ...]
    history: tuple[HistoryLine, ...]
    #: How many reports, independent reporters and events stand behind it.
    tally: Tally
    #: By the path of the clause.
    others: Mapping[str, Others]

    @property
    def folded(self) -> int:
        return self.report_count - len(self.reports)

    @property
    def closed(self) -> bool:
        return self.lead.status.closed


def visible_lead(records: Records, lead_id: str) -> Lead:
    """The lead with this id. For whoever does not review models on trial, what those flag does not exist:
    NotFoundError, as for a lead that never was."""
    lead = records.lead(lead_id)
    if lead is None or (lead.trial and not may("trials")):
        raise NotFoundError("lead", lead_id)
    return lead


def _visible(records: Records, lead_id: str) -> bool:
    try:
        return bool(lead_id and visible_lead(records, lead_id))
    except NotFoundError:
        return False


def view_lead(records: Records, lead: Lead, all_reports: bool = False) -> LeadView:
    model = house().models.get(lead.model)
    incidents = records.incidents([r for r in lead.records if "/" not in r])
    shown = incidents if all_reports else incidents[-FIRST_REPORTS:]
    corrected = records.superseded([i.id for i in shown])
    stand = records.occurrences_of([i.id for i in shown])
    return LeadView(
        lead=lead,
        previous=lead.previous if _visible(records, lead.previous) else "",
        model_title=model_title(lead.model),
        model_known=model is not None,
        guide=model.lead.guide if model is not None else None,
        district=district_titles(records).get(lead.district),
        seats=tuple((ROLE_WORDS[s.role], s.as_dict() | {"why": _vacancy(s.vacant)}) for s in lead.trio.seats()),
        reports=tuple(
            _report(i, lead.grounds.shares.get(i.id), i.id in corrected, stand.get(i.id, "")) for i in reversed(shown)
        ),
        tally=tally_of(records, [i.id for i in incidents]),
        report_count=len(incidents),
        listed=tuple(_listed(records, lead.records)),
        screen=tuple(_screen(id_) for id_ in (model.lead.criminal_screen if model is not None else ())),
        history=tuple(_line(records, lead, event) for event in records.events(lead.id)),
        others={c.path: _others(records, lead, c.others) for c in lead.grounds.clauses if c.others},
    )


def _vacancy(reason: str) -> str:
    """Why a seat is vacant, in the language of the page: the roster's own sentence is English only."""
    if reason.startswith("no posting on "):
        return say("vacancy.lapsed")
    if reason.startswith("the roster names nobody"):
        return say("vacancy.nobody")
    return reason


def _others(records: Records, lead: Lead, ids: Sequence[str]) -> Others:
    found = records.incidents(list(ids))
    latest = found[-MOST_OTHERS:][::-1]
    return Others(tuple(_other(records, lead, incident) for incident in latest), len(found))


def _other(records: Records, lead: Lead, incident: Incident) -> OtherReport:
    elsewhere = (name for name in records.leads_of_record(incident.id) if name != lead.id and _visible(records, name))
    return OtherReport(_report(incident), incident.id in lead.records, tuple(elsewhere))


def _report(i: Incident, share: float | None = None, corrected: bool = False, occurrence: str = "") -> Report:
    return Report(
        i.id,
        i.category,
        i.source,
        i.text,
        i.occurred,
        i.reported,
        i.accuracy_m,
        tuple(sorted(i.evidence)),
        i.origin.file,
        i.origin.row,
        str(i.datum),
        i.datum_known,
        share,
        _placed_by(i),
        datetime.fromisoformat(i.revision) if i.revision else None,
        corrected,
        occurrence,
    )


def _placed_by(i: Incident) -> tuple[str, str]:
    said = i.attributes.get(PLACED_BY)
    return (str(said.get("name", "")), str(said.get("level", ""))) if isinstance(said, dict) else ("", "")


def _listed(records: Records, ids: Sequence[str]) -> list[Listed]:
    out: list[Listed] = []
    for id_ in ids:
        layer, slash, feature = id_.partition("/")
        if not slash or layer not in house().layers:
            continue
        found = records.features(layer, ids=[feature])
        out += [Listed(f.id, f.title, house().layers[layer].title) for f in found] or [
            Listed(feature, Words.of(feature), house().layers[layer].title)
        ]
    return out


def _screen(provision: str) -> ScreenLine:
    law = house().law
    if provision not in law:
        return ScreenLine(provision, None, "")
    return ScreenLine(provision, law[provision].law, law[provision].article)


def _line(records: Records, lead: Lead, event: LeadEvent) -> HistoryLine:
    user = None if event.actor == "system" else records.user(event.actor)
    who = say("history.system") if event.actor == "system" else user.display if user else event.actor
    path = str(event.data.get("clause", ""))
    clause = next((in_language(c.found) for c in lead.grounds.clauses if path and c.path == path), path)
    return HistoryLine(event.at, who, event.kind, event.reason, clause, str(event.data.get("why", "")))
