"""A lead replayed: the very model, layers and reports that it was raised on, and whether the same grounds follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

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
class Difference:
    """A part of the grounds (``clauses[1].value``, ``sentence.zh``) as it was kept, and as it follows today; None where
    there is no such part."""

    part: str
    kept: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """``grounds`` as they follow today from what was known then, None if they do not follow at all;
    ``differences``: what of them is not as it was kept (none: the lead can be stood by)."""

    lead: str
    grounds: Grounds | None
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        return {
            "lead": self.lead,
            "same": self.same,
            "differences": [{"part": d.part, "kept": d.kept, "now": d.now} for d in self.differences],
            "grounds": None if self.grounds is None else self.grounds.as_dict(),
        }


def replay(
    records: Records, lead: Lead, *, centre: LonLat, zone: tzinfo, wording: Wording, shelf: IndexShelf | None = None
) -> Replay:
    """Works the grounds of a lead out anew from the stored text of its model, the stored versions of its layers and the
    reports that were in the store then. Raises NotFoundError if one of these is no longer kept."""
    kept = lead.grounds
    named = f"{kept.model} version {kept.model_version}"
    text = records.model_text(kept.model_hash)
    if text is None:
        raise NotFoundError("kept text of a model", f"{named}, sha256 {kept.model_hash}")
    model = read_model(text.encode("utf-8"), named)
    layers = {}
    for name, version in kept.layer_versions.items():
        columns = records.layer_columns(name, version)
        if columns is None:
            raise NotFoundError(f"kept version of the layer {name}", version)
        layers[name] = columns
    as_of = datetime.fromisoformat(kept.as_of)
    world = World(layers, centre, zone, as_of, shelf or IndexShelf())
    exempt = [e for e in records.exceptions(model.id) if e.created <= as_of and (e.ended is None or e.ended > as_of)]
    look = Look(
        [model],
        records.incident_columns(ids=[]),
        world,
        {model.id: exempt},
        frozenset(),
        kept.seq,
        model.fields,
    )
    supporting = _supporting(records, lead)
    incidents, pool = look.around(records, model, sorted({*supporting, *kept.known}))
    examined = examine(model, incidents, world, pool=pool, exemptions=exempt)
    members = examined.members(lead.subject, supporting)
    found = {str(examined.hits.records.ids[row]) for row in examined.hits.rows[members]}
    if found != set(supporting):
        return Replay(lead.id, None, (Difference("records", sorted(supporting), sorted(found)),))
    again = explain(examined, lead.subject, members, lead.about, wording, kept.seq)
    return Replay(lead.id, again, tuple(_differences("", kept.as_dict(), again.as_dict())))


def _supporting(records: Records, lead: Lead) -> list[str]:
    """The records on which the grounds were worked out: those that a decided lead has lost since still count."""
    lost: list[str] = []
    for event in records.events(lead.id):
        if event.kind == "grounds_gone":
            lost += event.data.get("lost", [])
        elif event.kind in ("opened", "reopened", "joined"):
            lost = []
    return list(dict.fromkeys([*lead.records, *lost]))


def _differences(part: str, kept: Any, now: Any) -> Iterator[Difference]:
    """The smallest parts that differ, in the order of the grounds."""
    if isinstance(kept, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys([*kept, *now]):
            yield from _differences(f"{part}.{name}" if part else str(name), kept.get(name), now.get(name))
    elif _listed(kept) and _listed(now) and len(kept) == len(now):
        for k, (before, after) in enumerate(zip(kept, now, strict=True)):
            yield from _differences(f"{part}[{k}]", before, after)
    elif kept != now:
        yield Difference(part, kept, now)


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
