"""Which models wait, and for what: layers that a city has not loaded, kinds of records that never came in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from geo_monitor.engine.plan import compile_plan
from geo_monitor.services.overlay import FACT_HEARD
from geo_monitor.services.ports import Records
from geo_monitor.supervision.model import SupervisionModel


def waiting_for(records: Records, models: Iterable[SupervisionModel]) -> Mapping[str, tuple[str, ...]]:
    """Model id → names of layers and categories that are missing; models that have all they need are left out. Asked
    of every model, also of one that does not run: a draft that waits cannot be tried either. Which categories ever
    came in is what the last overlay heard; before the first one nothing was."""
    loaded = {v.layer: range(v.features) for v in records.layer_versions()}
    heard = set(json.loads(records.fact(FACT_HEARD) or "[]"))
    return compile_plan([replace(m, status="active") for m in models], loaded, heard).waiting
