"""All models compiled into one plan: which can run, and which records each of them (and each companion that they ask
for) watches, as one bit each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Sized
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.incident import EVIDENCE
from geo_monitor.engine.columns import IncidentColumns, evidence_bits
from geo_monitor.supervision.model import Records, SupervisionModel

WORD = 64


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
    for model in sorted(models, key=lambda m: m.id):
        if model.status not in ("active", "trial"):
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


def watch_bits(watches: Sequence[Records], incidents: IncidentColumns) -> npt.NDArray[np.uint64]:
    """(n, words) bit field: bit k of a row says that the k-th watch means this incident. The cost is one gather a
    column and word, whatever the number of models."""
    words = max(1, -(-len(watches) // WORD))
    by_category = np.zeros((max(1, len(incidents.categories)), words), np.uint64)
    by_source = np.zeros((max(1, len(incidents.sources)), words), np.uint64)
    by_evidence = np.zeros((1 << len(EVIDENCE), words), np.uint64)
    held = np.arange(1 << len(EVIDENCE))
    tables = (
        (by_category, {c: k for k, c in enumerate(incidents.categories)}, "category"),
        (by_source, {c: k for k, c in enumerate(incidents.sources)}, "source"),
    )
    for k, watch in enumerate(watches):
        word, bit = k // WORD, np.uint64(1 << (k % WORD))
        for table, codes, name in tables:
            asked = getattr(watch, name)
            rows = [codes[c] for c in asked if c in codes] if asked else slice(None)
            table[rows, word] |= bit
        wanted = evidence_bits(watch.evidence)
        by_evidence[(held & wanted) != 0 if wanted else slice(None), word] |= bit
    if not len(incidents):
        return np.zeros((0, words), np.uint64)
    return by_category[incidents.category] & by_source[incidents.source] & by_evidence[incidents.evidence]


def rows_of(bits: npt.NDArray[np.uint64], k: int) -> npt.NDArray[np.int64]:
    """Positions of the incidents that the k-th watch means."""
    return np.flatnonzero(bits[:, k // WORD] & np.uint64(1 << (k % WORD)))
