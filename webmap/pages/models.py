"""How each supervision model has fared: what it flagged, and what people made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from geo_monitor.domain.lead import URGENCY_WORDS
from geo_monitor.domain.words import Words
from geo_monitor.supervision.model import DOMAINS
from webmap._shared import current_versions, house, model_title

page = Blueprint("models", __name__)


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
        hits, loaded = records.hit_counts(), current_versions(records)
        counts: Counter[tuple[str, str]] = Counter()
        for (model, _, status), n in records.lead_counts().items():
            counts[model, status] += n
    gone = {model for model, _ in counts} - set(house().models)
    lines = [_line(m, hits, counts, loaded) for m in [*house().models, *gone]]
    lines.sort(key=lambda m: (DOMAINS.index(m.domain) if m.domain in DOMAINS else len(DOMAINS), m.id))
    return render_template("models.html", lines=lines, urgency_words=URGENCY_WORDS)


def _line(id_: str, hits: dict[str, int], counts: Counter[tuple[str, str]], loaded: dict[str, str]) -> ModelLine:
    model = house().models.get(id_)
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
    )
