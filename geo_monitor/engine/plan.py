"""All models compiled into one plan: which can run, and which records each of them (and each companion that they ask
for) watches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo_monitor.engine.columns import IncidentColumns, evidence_bits
from geo_monitor.supervision.model import Records, SupervisionModel

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """``runnable`` models in order of id; ``waiting``: model id → what is missing: layers that were never loaded, and
    kinds of records that never came in."""

    runnable: tuple[SupervisionModel, ...]
    waiting: Mapping[str, tuple[str, ...]]

    def watching(self, layer: str, dated: str = "") -> list[SupervisionModel]:
        """Models that watch incidents (``""``) or the features of a layer, by their time."""
        return [m for m in self.runnable if (m.watch.layer, m.watch.dated) == (layer, dated)]

    @property
    def watched(self) -> list[tuple[str, str]]:
        return sorted({(m.watch.layer, m.watch.dated) for m in self.runnable})


def compile_plan(
    models: Sequence[SupervisionModel],
    layers: Mapping[str, Sized],
    heard: Collection[str] | None = None,
) -> Plan:
    """A model without the data it needs does not run: it waits. (A layer that only stands under ``without`` is needed
    too: with no permits loaded, "without a permit" would flag everything; but loaded and empty, it is an answer.)

    ``heard``: the categories of which records have ever come in; None if that is not asked."""
    runnable, waiting = [], {}
    known = frozenset(heard or ())
    filled = {name for name, layer in layers.items() if len(layer)}
    for model in sorted(models, key=lambda m: m.id):
        if model.status not in ("active", "trial"):
            continue
        if filled.issuperset(model.layers) and (heard is None or known.issuperset(model.needs.records)):
            runnable.append(model)  # nearly all: each run asks this of every model
            continue
        answer = model.only_without
        missing = [n for n in model.layers if n not in layers or (not len(layers[n]) and n not in answer)]
        if heard is not None:
            missing += [c for c in model.needs.records if c not in heard]
        if missing:
            waiting[model.id] = tuple(missing)
        else:
            runnable.append(model)
    return Plan(tuple(runnable), waiting)


class ByCategory:
    """Reports in order of category, so that what a model watches costs as much as there is of it."""

    def __init__(self, incidents: IncidentColumns) -> None:
        self.incidents = incidents
        category = incidents.category.astype(np.int16) if len(incidents.categories) < 2**15 else incidents.category
        self.order = np.argsort(category, kind="stable")
        self.start = np.searchsorted(category[self.order], np.arange(len(incidents.categories) + 1))
        self.code = {c: k for k, c in enumerate(incidents.categories)}

    def rows(self, meant: Records) -> Ints:
        """Positions (ascending) of the reports of these categories, sources and kinds of evidence."""
        if not meant.category:
            rows = np.arange(len(self.incidents))
        else:
            codes = [self.code[c] for c in dict.fromkeys(meant.category) if c in self.code]
            parts = [self.order[self.start[c] : self.start[c + 1]] for c in codes]
            rows = np.sort(np.concatenate(parts), kind="stable") if parts else np.zeros(0, np.int64)
        if meant.source:
            held = np.array([s in meant.source for s in self.incidents.sources], bool)
            rows = rows[held[self.incidents.source[rows]]] if len(held) else rows[:0]
        if meant.evidence:
            rows = rows[(self.incidents.evidence[rows] & evidence_bits(meant.evidence)) != 0]
        return rows
