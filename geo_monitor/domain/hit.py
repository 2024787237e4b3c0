"""Hit 命中: one record that meets all conditions of one model at one subject; and its grounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Subject(NamedTuple):
    """What a lead is about: a feature of a layer, a grid cell (layer ``cell:300m``, id ``12:-7``), a cluster
    (``cluster:200m``, the id of its earliest record), a stretch (``segment:100m:rivers``, ``R1:7``), a value of a field
    (``field:vehicle``), or a record alone (``incident``)."""

    layer: str
    id: str


class LeadKey(NamedTuple):
    """One lead per matter: model and subject."""

    model: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Hit:
    """``record`` is an incident id, or ``layer/feature-id`` for a model that watches a layer. ``day`` is not
    the day of the run but of the act. ``evidence`` is the bit field of ``incident.EVIDENCE``; ``facts`` are the
    attributes that the model's thresholds count or add up, where the record has them."""

    model: str
    version: int
    subject: Subject
    record: str
    occurred: datetime
    reporter: str | None
    evidence: int
    lon: float
    lat: float
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the grounds (命中依据): what the model asked, what was found, by how much it holds.

    ``path`` is the clause's place in the model file (``where[0]``); ``asked`` and ``found`` are sentences per
    language; ``value``/``limit``/``unit`` are the figures behind them; ``uncertainty_m`` is the radius within
    which the place was known; ``margin`` is how far the figure is from failing, in ``unit``; ``others`` are the ids
    of other reports that it rests on.
    """

    path: str
    kind: str
    asked: Mapping[str, str]
    found: Mapping[str, str]
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    uncertainty_m: float | None = None
    margin: float | None = None
    layer_version: str = ""
    feature: str = ""
    record: str = ""
    others: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        shown = {k: getattr(self, k) for k in self.__slots__}
        plain = {k: dict(v) if isinstance(v, Mapping) else list(v) if k == "others" else v for k, v in shown.items()}
        return {k: v for k, v in plain.items() if v not in (None, "", [])}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Clause:
        return cls(**{**data, "others": tuple(data.get("others", ()))})


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest single change that would have let a lead pass: one number of the model set to ``value`` (in the base
    unit of its kind: metres, seconds, …), or, where ``number`` is empty, ``fewer`` reports. ``size`` is the change as a
    share of the number, or of the lead's reports. ``fewer`` is also told beside a number: the fewest reports without
    which the lead falls (``exact``), or a figure that certainly suffices."""

    number: str = ""
    value: float = 0.0
    size: float = 0.0
    fewer: int = 0
    exact: bool = True

    def as_dict(self) -> dict[str, Any]:
        return {k: getattr(self, k) for k in self.__slots__}


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a lead was raised: replayable a year later. ``sentence`` says it in one sentence per language;
    ``would_pass_if`` tells in words the smallest ``change`` that would have let it pass. ``as_of`` is the moment
    (ISO, UTC) at which the model looked, ``seq`` the last report that was in the store then. ``shares``: record → the
    share of its circle of accuracy in which it would be a hit, for those that are not hits everywhere in it. ``known``
    are further hits of the subject that are no part of the lead but were weighed (a usual count, a share)."""

    model: str
    model_version: int
    model_hash: str
    layer_versions: Mapping[str, str]
    clauses: tuple[Clause, ...]
    sentence: Mapping[str, str]
    would_pass_if: Mapping[str, str]
    change: Change | None = None
    shares: Mapping[str, float] = field(default_factory=dict)
    as_of: str = ""
    seq: int = 0
    known: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "model_version": self.model_version,
            "model_hash": self.model_hash,
            "layer_versions": dict(self.layer_versions),
            "clauses": [c.as_dict() for c in self.clauses],
            "sentence": dict(self.sentence),
            "would_pass_if": dict(self.would_pass_if),
            "change": None if self.change is None else self.change.as_dict(),
            "shares": dict(self.shares),
            "as_of": self.as_of,
            "seq": self.seq,
            "known": list(self.known),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grounds:
        return cls(
            data["model"],
            data["model_version"],
            data["model_hash"],
            data["layer_versions"],
            tuple(Clause.from_dict(c) for c in data["clauses"]),
            data["sentence"],
            data["would_pass_if"],
            Change(**data["change"]) if data.get("change") else None,
            data.get("shares", {}),
            data.get("as_of", ""),
            data.get("seq", 0),
            tuple(data.get("known", ())),
        )
