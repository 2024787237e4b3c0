"""All models compiled into one plan: which records each watches (one bit a model), and for each layer one join at the
largest distance that any model asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.incident import EVIDENCE
from geo_monitor.engine.columns import IncidentColumns, LayerColumns, evidence_bits
from geo_monitor.supervision.model import PlaceCondition, SupervisionModel

WORD = 64


@dataclass(frozen=True)
class Plan:
    """``runnable`` models in order of id; ``waiting``: model id → layers that were never loaded;
    ``reach_m``: (watched layer or "" for incidents, layer) → greatest distance asked for."""

    runnable: tuple[SupervisionModel, ...]
    waiting: Mapping[str, tuple[str, ...]]
    reach_m: Mapping[tuple[str, str], float]

    def watching(self, layer: str) -> list[SupervisionModel]:
        """Models that watch incidents (``""``) or the features of a layer."""
        return [m for m in self.runnable if m.watch.layer == layer]

    @property
    def watched(self) -> list[str]:
        return sorted({m.watch.layer for m in self.runnable})


def compile_plan(models: Sequence[SupervisionModel], layers: Mapping[str, LayerColumns]) -> Plan:
    """A model without the data it needs does not run: it waits. (A layer that only stands under ``without`` is needed
    too: with no permits loaded, "without a permit" would flag everything.)"""
    runnable, waiting = [], {}
    reach: dict[tuple[str, str], float] = {}
    for model in sorted(models, key=lambda m: m.id):
        if model.status not in ("active", "trial"):
            continue
        missing = tuple(name for name in model.layers if name not in layers or not len(layers[name]))
        missing = tuple(name for name in missing if not (name in layers and _only_without(model, name)))
        if missing:
            waiting[model.id] = missing
            continue
        runnable.append(model)
        for name, metres in reaches(model):
            key = (model.watch.layer, name)
            reach[key] = max(reach.get(key, 0.0), metres)
    return Plan(tuple(runnable), waiting, reach)


def reaches(model: SupervisionModel) -> list[tuple[str, float]]:
    """(layer, metres) for every join that the model asks for."""
    asked = [
        (c.layer, model.numbers[c.at_most].base if c.at_most else 0.0)
        for c in model.where
        if isinstance(c, PlaceCondition)
    ]
    if model.group.reach:
        asked.append((model.group.by, model.numbers[model.group.reach].base))
    return asked


def _only_without(model: SupervisionModel, layer: str) -> bool:
    """An empty but loaded register of permits is an answer: nothing is permitted."""
    return layer not in model.needs


def watch_bits(models: Sequence[SupervisionModel], incidents: IncidentColumns) -> npt.NDArray[np.uint64]:
    """(n, words) bit field: bit k of a row says that model k watches this incident. The cost is one gather a column and
    word, whatever the number of models."""
    words = max(1, -(-len(models) // WORD))
    by_category = np.zeros((max(1, len(incidents.categories)), words), np.uint64)
    by_source = np.zeros((max(1, len(incidents.sources)), words), np.uint64)
    by_evidence = np.zeros((1 << len(EVIDENCE), words), np.uint64)
    for k, model in enumerate(models):
        word, bit = k // WORD, np.uint64(1 << (k % WORD))
        watch = model.watch
        for code, name in enumerate(incidents.categories):
            if not watch.category or name in watch.category:
                by_category[code, word] |= bit
        for code, name in enumerate(incidents.sources):
            if not watch.source or name in watch.source:
                by_source[code, word] |= bit
        wanted = evidence_bits(watch.evidence)
        for held in range(1 << len(EVIDENCE)):
            if not wanted or held & wanted:
                by_evidence[held, word] |= bit
    if not len(incidents):
        return np.zeros((0, words), np.uint64)
    return by_category[incidents.category] & by_source[incidents.source] & by_evidence[incidents.evidence]


def rows_of(bits: npt.NDArray[np.uint64], k: int) -> npt.NDArray[np.int64]:
    """Positions of the incidents that model k watches."""
    return np.flatnonzero(bits[:, k // WORD] & np.uint64(1 << (k % WORD)))
