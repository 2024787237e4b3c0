"""Lead 线索: a matter worth a procurator's time, and what people did about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from geo_monitor.domain.duty import ResponsibleTrio
from geo_monitor.domain.hit import Grounds, LeadKey, Subject
from geo_monitor.domain.words import Words


class LeadStatus(StrEnum):
    """``open`` waits in the queue, ``taken_up`` is with a procurator, ``dismissed`` was judged not worth
    pursuing (the reason is recorded), ``superseded`` lost its hits to a correction."""

    OPEN = "open"
    TAKEN_UP = "taken_up"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"

    @property
    def closed(self) -> bool:
        return self in (LeadStatus.DISMISSED, LeadStatus.SUPERSEDED)


URGENCIES = ("high", "medium", "low")
URGENCY_WORDS = {"high": Words("紧急", "High"), "medium": Words("一般", "Medium"), "low": Words("较低", "Low")}
STATUS_WORDS = {
    "open": Words("待处理", "Open"),
    "taken_up": Words("已受理", "Taken up"),
    "dismissed": Words("已排除", "Dismissed"),
    "superseded": Words("已失效", "Superseded"),
}

#: Why a lead was dismissed: a closed list, so that it can be counted. Dismissals from before the list have none.
DISMISSAL_WORDS = {
    "lawful": Words("合法：有许可、审批或其他依据", "Lawful: a permit, an approval or another ground existed"),
    "wrong_place": Words("地点不符", "Wrong place"),
    "wrong_time": Words("时间不符", "Wrong time"),
    "duplicate": Words("重复：该事项已在另案办理", "Duplicate: the matter is in hand elsewhere"),
    "trivial": Words("轻微，不值得跟进", "Too slight to pursue"),
    "other": Words("其他", "Other"),
}
#: Those after which the model was wrong to flag; a dismissal that names no code is taken for one as well.
FALSE_ALARMS = frozenset({*DISMISSAL_WORDS, ""} - {"duplicate"})


@dataclass(frozen=True, slots=True)
class BasisOnDay:
    """A provision of the register as it stood on the days of the acts. ``status`` is ``in_force`` or says what
    is not known (``not_verified``, ``not_in_force``); only ``in_force`` and verified ones carry a lead."""

    id: str
    law: Words
    article: str
    obligation: Words
    from_day: date
    to_day: date
    status: str
    verified: bool

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "law": self.law.as_dict(),
            "article": self.article,
            "obligation": self.obligation.as_dict(),
            "from": self.from_day.isoformat(),
            "to": self.to_day.isoformat(),
            "status": self.status,
            "verified": self.verified,
        }

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> BasisOnDay:
        return cls(
            d["id"],
            Words.of(d["law"]),
            d["article"],
            Words.of(d["obligation"]),
            date.fromisoformat(d["from"]),
            date.fromisoformat(d["to"]),
            d["status"],
            d["verified"],
        )


@dataclass(frozen=True, slots=True)
class Lead:
    """``records`` are the incident ids (or ``layer/feature-id``) that support it, in order of time; ``first``
    and ``last`` are the times of the first and last act; ``district`` is the id in the district layer or "". ``trial``:
    raised by a model on trial, and shown only to those who review such models."""

    id: str
    key: LeadKey
    model_version: int
    domain: str
    title: Words
    about: Words
    status: LeadStatus
    urgency: str
    lon: float
    lat: float
    district: str
    opened: datetime
    first: datetime
    last: datetime
    records: tuple[str, ...]
    grounds: Grounds
    legal_basis: tuple[BasisOnDay, ...]
    trio: ResponsibleTrio
    agencies: tuple[str, ...] = ()
    previous: str = ""
    synthetic: bool = False
    due: Mapping[str, Any] = field(default_factory=dict)
    trial: bool = False

    @property
    def model(self) -> str:
        return self.key.model

    @property
    def subject(self) -> Subject:
        return self.key.subject


def lead_id(key: LeadKey, ordinal: int | str = 0) -> str:
    """From model and subject, and how many leads of this key were closed before: the same matter has the same id,
    in whatever order its reports came in."""
    said = "\x1f".join((key.model, key.subject.layer, key.subject.id, str(ordinal)))
    return "L" + hashlib.sha256(said.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class LeadEvent:
    """One line of a lead's history. ``kind``: opened, joined, superseded (by the machine, ``actor`` "system"),
    taken_up, dismissed (by a person). ``data`` of a dismissal: ``why`` (a code of ``DISMISSAL_WORDS``) and ``clause``
    (the path of the clause that misled, or ""). ``hash`` binds it to the line before it in the whole book."""

    lead: str
    seq: int
    at: datetime
    actor: str
    kind: str
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""


def chain_hash(
    previous_hash: str, lead: str, at: datetime, actor: str, kind: str, reason: str, data: Mapping[str, Any]
) -> str:
    """SHA-256 over the previous hash and the event's own words; `at` is taken to the microsecond in UTC."""
    said = json.dumps(
        [previous_hash, lead, at.isoformat(), actor, kind, reason, data], ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(said.encode()).hexdigest()
