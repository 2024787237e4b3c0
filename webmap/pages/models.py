"""How each supervision model has fared: what it flagged, and what people made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.lead import URGENCY_WORDS
from geo_monitor.domain.lifecycle import ModelEvent
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.services.exceptions import area_m2
from geo_monitor.supervision.model import DOMAINS, SupervisionModel
from webmap._security import may
from webmap._shared import current_models, current_versions, house, model_title

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
    """``upheld`` were taken up by a person; ``decided`` are those a person has spoken on at all."""

    id: str
    title: Words
    version: int | None
    domain: str
    urgency: str
    status: str
    hits: int
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


@page.get("/models")
def listed() -> ResponseReturnValue:
    with house().store.reading() as records:
        hits, loaded, models = records.hit_counts(), current_versions(records), current_models(records)
        counts: Counter[tuple[str, str]] = Counter()
        for (model, _, status), n in records.lead_counts(trial=None if may("trials") else False).items():
            counts[model, status] += n
        names = {u.name: u.display for u in records.users()}
        steps = {e.model: e for e in records.model_events()}
        exceptions = records.exceptions()
    gone = {model for model, _ in counts} - set(models)
    lines = [
        replace(
            _line(m, models.get(m), hits, counts, loaded),
            step=_step(models.get(m), steps.get(m), names),
            exceptions=tuple(_exception(e, names) for e in exceptions if e.model == m and _counts_yet(e)),
        )
        for m in [*models, *gone]
    ]
    lines.sort(key=lambda m: (DOMAINS.index(m.domain) if m.domain in DOMAINS else len(DOMAINS), m.id))
    return render_template("models.html", lines=lines, urgency_words=URGENCY_WORDS)


def _line(
    id_: str,
    model: SupervisionModel | None,
    hits: dict[str, int],
    counts: Counter[tuple[str, str]],
    loaded: dict[str, str],
) -> ModelLine:
    by = {status: counts[id_, status] for status in ("open", "taken_up", "dismissed", "superseded")}
    missing = [n for n in (model.layers if model else ()) if n not in loaded]
    titles = tuple(house().layers[n].title if n in house().layers else Words.of(n) for n in missing)
    return ModelLine(
        id=id_,
        title=model_title(id_),
        version=model.version if model else None,
        domain=model.domain if model else "",
        urgency=model.urgency if model else "",
        status=model.status if model else "gone",
        hits=hits.get(id_, 0),
        leads=sum(by.values()),
        open=by["open"],
        upheld=by["taken_up"],
        dismissed=by["dismissed"],
        missing=titles,
        step=None,
        exceptions=(),
    )


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
