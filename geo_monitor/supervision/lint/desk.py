"""One model laid on the desk of a careful reader, beside what there is: layers, register of law, vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from geo_monitor.domain.layer import Field, Layer
from geo_monitor.errors import Flaw
from geo_monitor.law.register import Register
from geo_monitor.supervision.load import line_of
from geo_monitor.supervision.model import SupervisionModel
from geo_monitor.supervision.nodes import hint
from geo_monitor.supervision.vocabulary import ATTRIBUTES


@dataclass(frozen=True)
class Desk:
    """``layers`` are all layers of the house by name, zones as entries of their own; ``today`` is the last day for
    which a legal basis is asked."""

    model: SupervisionModel
    layers: Mapping[str, Layer]
    register: Register
    today: date

    def flaw(self, reason: str, path: str, value: object, expected: str) -> Flaw:
        return Flaw(reason, expected, self.model.file, line_of(self.model.file, path), path, str(value))

    def unknown(self, kind: str, path: str, said: str, known: Iterable[str]) -> Flaw:
        """A word that does not exist, with all that do and the one that is nearest."""
        choices = list(known)
        return self.flaw(f"unknown_{kind}", path, said, f"one of {', '.join(choices)}{hint(said, choices)}")

    def base(self, number: str) -> float | None:
        """The value of a number in the base unit of its kind; None for no number, or for ``any``."""
        found = self.model.numbers.get(number)
        return found.base if found else None

    @property
    def watched(self) -> Layer | None:
        return self.layers.get(self.model.watch.layer)

    @property
    def shapes_watched(self) -> bool:
        """Whether a watched record may be more than a point."""
        return self.watched is not None and bool({"line", "polygon"} & set(self.watched.geometry))

    def fields_of(self, layer: str) -> dict[str, Field]:
        return {f.name: f for f in self.layers[layer].fields} if layer in self.layers else {}

    def record_fields(self, reports: bool = False) -> dict[str, Field | None]:
        """What a watched record may carry: the fields of the watched layer, or (of reports) the attributes that feeds
        know. ``reports``: that of another report, whatever is watched."""
        if self.model.watch.layer and not reports:
            return dict(self.fields_of(self.model.watch.layer))
        return dict.fromkeys(ATTRIBUTES)
