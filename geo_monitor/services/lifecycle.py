"""The life of a model in a city: draft → trial → active → retired. The file says where a version begins; people say
with reasons how it goes on, and that stands in the book of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from geo_monitor.domain.lifecycle import ModelEvent
from geo_monitor.supervision.model import SupervisionModel


def effective(models: Mapping[str, SupervisionModel], events: Sequence[ModelEvent]) -> dict[str, SupervisionModel]:
    """The models with the status that they have in this city: what the last event of a model said, if it was about the
    version that the file has now; else what the file says. ``events`` are by seq."""
    last = {e.model: e for e in events}
    return {
        name: replace(model, status=last[name].status)
        if name in last and last[name].version == model.version
        else model
        for name, model in models.items()
    }
