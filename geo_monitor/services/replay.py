"""A lead replayed: the very model, layers and reports that it was raised on, and whether the same grounds follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from geo_monitor.domain.hit import Grounds
from geo_monitor.domain.lead import Lead
from geo_monitor.domain.place import LonLat
from geo_monitor.engine.explain import examine, explain
from geo_monitor.engine.join import IndexShelf
from geo_monitor.engine.sieve import World
from geo_monitor.engine.wording import Wording
from geo_monitor.errors import NotFoundError
from geo_monitor.services.look import Look
from geo_monitor.services.ports import Records
from geo_monitor.supervision.load import read_model


@dataclass(frozen=True, slots=True)
class Replay:
    """``grounds`` as they follow today from what was known then; ``differences``: parts of the grounds that are not as
    they were kept (none: the lead can be stood by)."""

    lead: str
    grounds: Grounds | None
    differences: tuple[str, ...]


def replay(
    records: Records, lead: Lead, *, centre: LonLat, zone: tzinfo, wording: Wording, shelf: IndexShelf | None = None
) -> Replay:
    """Works the grounds of a lead out anew from the stored text of its model, the stored versions of its layers and the
    reports that were in the store then. Raises NotFoundError if one of these is no longer kept."""
    kept = lead.grounds
    text = records.model_text(kept.model_hash)
    if text is None:
        raise NotFoundError("model text", kept.model_hash, [])
    model = read_model(text.encode("utf-8"), f"{kept.model} version {kept.model_version}")
    layers = {}
    for name, version in kept.layer_versions.items():
        columns = records.layer_columns(name, version)
        if columns is None:
            raise NotFoundError("layer version", version, [])
        layers[name] = columns
    as_of = datetime.fromisoformat(kept.as_of)
    world = World(layers, centre, zone, as_of, shelf or IndexShelf())
    exempt = [e for e in records.exceptions(model.id) if e.created <= as_of and (e.ended is None or e.ended > as_of)]
    look = Look(
        [model], records.incident_columns(ids=[]), world, {model.id: exempt}, frozenset(), kept.seq, model.fields
    )
    incidents, pool = look.around(records, model, sorted({*lead.records, *kept.known}))
    examined = examine(model, incidents, world, pool=pool, exemptions=exempt)
    members = examined.members(lead.subject, lead.records)
    if len(members) < len(lead.records):
        return Replay(lead.id, None, ("records",))
    again = explain(examined, lead.subject, members, lead.about, wording, kept.seq)
    return Replay(lead.id, again, tuple(sorted(_differences(kept.as_dict(), again.as_dict()))))


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}
