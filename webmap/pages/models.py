"""How each supervision model has fared: what it flagged, and what people made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.lead import URGENCY_WORDS
from geo_monitor.domain.lifecycle import ModelEvent
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.services.exceptions import area_m2
from geo_monitor.services.precision import Precision
from geo_monitor.services.waiting import waiting_for
from geo_monitor.supervision.model import DOMAINS, STATUSES, SupervisionModel
from geo_monitor.supervision.vocabulary import category_words
from webmap._security import may
from webmap._shared import current_models, house, model_title

page = Blueprint("models", __name__)


@dataclass(frozen=True, slots=True)
class StepLine:
    """The last step in the life of the model's present version: who took it, when, why."""

    kind: str
    at: datetime
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """An exception that is in force or yet to come. ``centre`` and ``radius_m`` of a circle, else ``hectares``."""

    id: str
    who: str
    reason: str
    from_day: date
    until_day: date
    centre: LonLat | None
    radius_m: float
    hectares: float


@dataclass(frozen=True, slots=True)
class ModelLine:
    """``upheld`` were taken up by a person; ``decided`` are those a person has spoken on at all. ``hits`` is None for a
    model on trial where the reader has no right to see what trials find."""

    id: str
    title: Words
    version: int | None
    domain: str
    urgency: str
    status: str
    hits: int | None
    leads: int
    open: int
    upheld: int
    dismissed: int
    missing: tuple[Words, ...]
    step: StepLine | None
    exceptions: tuple[ExceptionLine, ...]

    @property
    def decided(self) -> int:
        return self.upheld + self.dismissed

    @property
    def precision(self) -> float | None:
        """Of a hundred leads that people decided, how many they took up; None before the first decision."""
        return 100 * self.upheld / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares of a hundred the precision lies, with 95 % confidence."""
        found = Precision(self.upheld, self.dismissed).interval
        return (100 * found[0], 100 * found[1]) if found else None


@page.get("/models")
def listed() -> ResponseReturnValue:
    with house().store.reading() as records:
        hits, models = records.hit_counts(), current_models(records)
        waiting = waiting_for(records, models.values())
        counts: Counter[tuple[str, str]] = Counter()
        for (model, _, status), n in records.lead_counts(trial=None if may("trials") else False).items():
            counts[model, status] += n
        names = {u.name: u.display for u in records.users()}
        steps = {e.model: e for e in records.model_events()}
        exceptions = records.exceptions()
    gone = {model for model, _ in counts} - set(models)
    lines = [
        replace(
            _line(m, models.get(m), hits, counts, waiting.get(m, ())),
            step=_step(models.get(m), steps.get(m), names),
            exceptions=tuple(_exception(e, names) for e in exceptions if e.model == m and _counts_yet(e)),
        )
        for m in [*models, *gone]
    ]
    lines.sort(key=lambda m: (DOMAINS.index(m.domain) if m.domain in DOMAINS else len(DOMAINS), m.id))
    asked = {name: request.args.get(name, "").strip() for name in ("q", "domain", "state")}
    return render_template(
        "models.html",
        lines=[line for line in lines if _asked_for(line, asked)],
        every=len(lines),
        asked=asked,
        domains=[d for d in DOMAINS if any(line.domain == d for line in lines)],
        states=[s for s in STATUSES if any(line.status == s for line in lines)],
        urgency_words=URGENCY_WORDS,
    )


def _asked_for(line: ModelLine, asked: Mapping[str, str]) -> bool:
    """``q``: part of the id or of a title; ``state``: a status, ``waiting`` for data, or ``ready``."""
    text = asked["q"].casefold()
    state = {"": True, "waiting": bool(line.missing), "ready": not line.missing}.get(
        asked["state"], line.status == asked["state"]
    )
    named = any(text in said.casefold() for said in (line.id, line.title.zh, line.title.en))
    return named and state and asked["domain"] in ("", line.domain)


def _line(
    id_: str,
    model: SupervisionModel | None,
    hits: dict[str, int],
    counts: Counter[tuple[str, str]],
    missing: Sequence[str],
) -> ModelLine:
    by = {status: counts[id_, status] for status in ("open", "taken_up", "dismissed", "superseded")}
    titles = tuple(_title(n) for n in missing)
    return ModelLine(
        id=id_,
        title=model_title(id_),
        version=model.version if model else None,
        domain=model.domain if model else "",
        urgency=model.urgency if model else "",
        status=model.status if model else "gone",
        hits=None if model is not None and model.status == "trial" and not may("trials") else hits.get(id_, 0),
        leads=sum(by.values()),
        open=by["open"],
        upheld=by["taken_up"],
        dismissed=by["dismissed"],
        missing=titles,
        step=None,
        exceptions=(),
    )


def _title(name: str) -> Words:
    """Of a layer, or of a kind of records."""
    layer = house().layers.get(name)
    return layer.title if layer is not None else category_words(name)


def _step(model: SupervisionModel | None, event: ModelEvent | None, names: dict[str, str]) -> StepLine | None:
    if model is None or event is None or event.version != model.version:
        return None
    return StepLine(event.kind, event.at, names.get(event.actor, event.actor), event.reason)


def _counts_yet(exception: Exemption) -> bool:
    today = house().clock.now().astimezone(house().settings.city.zone).date()
    return exception.ended is None and today <= exception.until_day


def _exception(e: Exemption, names: dict[str, str]) -> ExceptionLine:
    hectares = round(area_m2(e.area) / 10_000, 1)
    who = names.get(e.author, e.author)
    return ExceptionLine(e.id, who, e.reason, e.from_day, e.until_day, e.centre, e.radius_m, hectares)
