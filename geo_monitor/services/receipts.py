"""What is said of a report to whoever has its receipt number: how it stands, in words that name nobody and tell nothing
of how a matter is looked into. Leads on trial are not spoken of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from geo_monitor.domain.incident import Incident
from geo_monitor.domain.lead import LeadEvent, LeadStatus
from geo_monitor.domain.receipt import ids_begin, incident_id, receipt_number
from geo_monitor.domain.words import Words
from geo_monitor.services.ports import PostedReport, Records, StoredQuarantine

#: The feed of what is posted.
OPEN311 = "open311"


class State(StrEnum):
    """``waiting``: in quarantine; ``unusable``: a person rejected it there; ``recorded``: no model flags it;
    ``review``: part of a lead that is open; ``closed``: every lead that held it is closed."""

    WAITING = "waiting"
    UNUSABLE = "unusable"
    RECORDED = "recorded"
    REVIEW = "review"
    CLOSED = "closed"

    @property
    def settled(self) -> bool:
        return self in (State.UNUSABLE, State.CLOSED)


STATE_WORDS: Mapping[State, Words] = {
    State.WAITING: Words("已收到，经人工核对后登记。", "Received; a person checks it before it is recorded."),
    State.UNUSABLE: Words("经人工核对，未能登记。", "Checked by a person; it could not be recorded."),
    State.RECORDED: Words("已登记。", "Recorded."),
    State.REVIEW: Words("已登记，相关事项正在审查。", "Recorded; part of a matter under review."),
    State.CLOSED: Words("相关事项已审查完毕。", "The matter was looked into and is closed."),
}
#: What is said of a dismissal, by its code (``domain.lead.DISMISSAL_WORDS``). A person's own reason is never given out:
#: it may name people.
OUTCOME_WORDS: Mapping[str, Words] = {
    "lawful": Words(
        "经审查，未发现违法情形，事项已办结。", "The matter was looked into; no breach was found; it is closed."
    ),
    "wrong_place": Words(
        "经审查，地点与情况不符，事项已办结。", "The matter was looked into; the place did not fit; it is closed."
    ),
    "wrong_time": Words(
        "经审查，时间与情况不符，事项已办结。", "The matter was looked into; the time did not fit; it is closed."
    ),
    "duplicate": Words("该事项已并入另案办理。", "The matter is in hand together with another one."),
    "trivial": Words(
        "经审查，情节轻微，事项已办结。",
        "The matter was looked into; it is slight; it is closed without further steps.",
    ),
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A report and how it stands. ``report`` is None while it waits in quarantine; ``posted`` is there if it came over
    Open311. ``received`` is when it reached us or the office it came from, ``since`` when it came to stand so."""

    id: str
    state: State
    notes: Words
    received: datetime
    since: datetime
    report: Incident | None = None
    posted: PostedReport | None = None

    @property
    def number(self) -> str:
        return receipt_number(self.id)

    def as_dict(self) -> dict[str, Any]:
        """For whoever answers the telephone: nothing of the text, the place or the person."""
        return {
            "number": self.number,
            "state": self.state.value,
            "notes": self.notes.as_dict(),
            "category": self.report.category if self.report else self.posted.service_code if self.posted else None,
            "received": self.received.isoformat(),
            "since": self.since.isoformat(),
        }


def find_receipts(records: Records, number: str) -> list[Receipt]:
    """The reports of this number: none, one, or hardly ever two. Raises CallError for a number that cannot be one."""
    begin = ids_begin(number)
    return receipts_of(records, [*records.incidents_beginning(begin), *records.posted_beginning(begin)])


def receipts_of(records: Records, ids: Sequence[str]) -> list[Receipt]:
    """How these reports stand, in the order of the ids; one that is neither stored nor was posted is left out."""
    wanted = list(dict.fromkeys(ids))
    # Who has the number of a report hears of the version that counts by now, and of leads that rest on any.
    newest = _newest(records, wanted)
    found = {i.id: i for i in records.incidents([*newest.values()])}
    reports = {id_: found[now] for id_, now in newest.items() if now in found}
    posted = {p.id: p for p in records.posted(ids=wanted)}
    kept: dict[str, list[StoredQuarantine]] = {}
    missing = [p.file_hash for id_, p in posted.items() if id_ not in reports]
    for row in records.quarantined_from(OPEN311, missing) if missing else []:
        kept.setdefault(incident_id(OPEN311, row.row.raw.get("source_id", "")), []).append(row)
    held = records.leads_holding([*reports, *(newest[id_] for id_ in reports)])
    holding = {id_: held.get(id_, {}) | held.get(newest[id_], {}) for id_ in reports}
    histories = {lead: records.events(lead) for lead in {lead for leads in holding.values() for lead in leads}}
    out = []
    for id_ in wanted:
        if id_ in reports:
            report = reports[id_]
            received = posted[id_].received if id_ in posted else report.reported
            state, notes, since = _looked_into(received, holding.get(id_, {}), histories)
            out.append(Receipt(id_, state, notes, received, since, report, posted.get(id_)))
        elif id_ in posted:
            out.append(_quarantined(posted[id_], kept.get(id_, [])))
    return out


def _newest(records: Records, ids: Sequence[str]) -> dict[str, str]:
    """Id → id of the version that counts; its own where no correction superseded it."""
    newest = {id_: id_ for id_ in ids}
    while by := records.superseded(sorted(set(newest.values()))):
        newest = {id_: by.get(now, now) for id_, now in newest.items()}
    return newest


def in_quarantine(id_: str, kept: StoredQuarantine) -> Receipt:
    """The receipt of a report of a file, whose row waits in quarantine."""
    state = State.UNUSABLE if kept.status == "rejected" else State.WAITING
    return Receipt(id_, state, STATE_WORDS[state], kept.at, kept.at)


def _quarantined(posted: PostedReport, rows: Sequence[StoredQuarantine]) -> Receipt:
    states = {r.status for r in rows}
    state = State.UNUSABLE if "rejected" in states and "open" not in states else State.WAITING
    return Receipt(posted.id, state, STATE_WORDS[state], posted.received, posted.received, None, posted)


def _looked_into(
    received: datetime, leads: Mapping[str, LeadStatus], histories: Mapping[str, Sequence[LeadEvent]]
) -> tuple[State, Words, datetime]:
    # A superseded lead lost its ground to a correction: nobody looked into the matter, so nothing came of it.
    counted = {lead: status for lead, status in leads.items() if status is not LeadStatus.SUPERSEDED}
    if not counted:
        return State.RECORDED, STATE_WORDS[State.RECORDED], received
    under_review = [lead for lead, status in counted.items() if not status.closed]
    if under_review:
        # When a matter was taken up is the office's own affair: said is since when there is one.
        opened = [histories[lead][0].at for lead in under_review if histories[lead]]
        return State.REVIEW, STATE_WORDS[State.REVIEW], max([received, *opened[:1]])
    endings = [e for lead, status in counted.items() for e in histories[lead] if e.kind == status.value]
    last = max(endings, key=lambda e: e.seq, default=None)
    why = str(last.data.get("why", "")) if last is not None else ""
    return State.CLOSED, OUTCOME_WORDS.get(why, STATE_WORDS[State.CLOSED]), last.at if last else received
