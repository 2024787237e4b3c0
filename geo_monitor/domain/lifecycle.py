"""What becomes of a model in a city: who put it into force, back on trial, or out of use, and on which figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from geo_monitor.domain.lead import chain_hash


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """One line of the book of models. ``kind``: promoted, demoted, retired, restored; ``status`` is the one that the
    model has from then on; ``data`` are the measures that justified it. ``hash`` binds the line to the one before."""

    model: str
    version: int
    seq: int
    at: datetime
    actor: str
    kind: str
    status: str
    reason: str
    data: Mapping[str, Any] = field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""


def model_event_hash(
    previous_hash: str,
    model: str,
    version: int,
    at: datetime,
    actor: str,
    kind: str,
    status: str,
    reason: str,
    data: Mapping[str, Any],
) -> str:
    """As the book of leads is bound, with model and version in the place of the lead."""
    return chain_hash(previous_hash, f"{model}@{version}", at, actor, kind, reason, {"status": status, "data": data})


@dataclass(frozen=True, slots=True)
class BacktestRecord:
    """That a version of a model was tested on the past, from ``from_day`` to ``to_day`` (both included): how many leads
    it would have raised, how many of those a person has decided on, and how many of these were upheld."""

    model: str
    version: int
    from_day: date
    to_day: date
    leads: int
    decided: int
    upheld: int
    at: datetime
