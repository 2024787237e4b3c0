"""Coverage 覆盖: which model rests on which article, and in which districts it can see anything.

A model can run in a district if the layers that it asks about hold something there. A layer that only stands under
``without`` or ``outside`` need only be loaded: with no permit in a district, nothing is permitted there. The same goes
for what is found by its identifier or along the river, wherever it lies, and for rows of a register without a place.
A model that asks about no such layer can run where reports of a kind that it watches came in from.

What lies just across a border is counted for the district that it lies in, although a model may find it from next door.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.law.register import Provision, Register
from geo_monitor.services.ports import Records, Wanted
from geo_monitor.services.waiting import waiting_for
from geo_monitor.supervision.model import ON_NETWORK, SupervisionModel

DISTRICTS = "districts"
#: Found wherever they lie: by identifier or by name, or along the river.
ANYWHERE = ("matching", *ON_NETWORK)
RUNNING = ("active", "trial")


@dataclass(frozen=True, slots=True)
class Article:
    """A provision as it stands on the day. ``standing``: in_force, not_in_force, not_verified. ``begins``: its first
    day, if that is yet to come; ``until_then``: the predecessor that holds on the day in its place ("": none)."""

    id: str
    law: Words
    article: str
    verified: bool
    standing: str
    begins: date | None = None
    until_then: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "law": self.law.as_dict(),
            "article": self.article,
            "verified": self.verified,
            "standing": self.standing,
            "begins": self.begins.isoformat() if self.begins else None,
            "until_then": self.until_then or None,
        }


@dataclass(frozen=True, slots=True)
class ModelCover:
    """``waits``: layers and kinds of records that the whole city lacks. ``missing``: district id → what of that is
    missing there, nothing if the model can run; empty where it waits."""

    id: str
    title: Words
    status: str
    basis: tuple[Article, ...]
    waits: tuple[str, ...]
    missing: Mapping[str, tuple[str, ...]]

    @property
    def verified(self) -> bool:
        """Whether somebody read every article that it rests on."""
        return all(a.verified for a in self.basis)

    @property
    def running(self) -> bool:
        return self.status in RUNNING

    def lacks(self, district: str) -> tuple[str, ...]:
        return self.waits + self.missing.get(district, ())

    def watches(self, district: str) -> bool:
        """Whether it would flag something there today: it is in force or on trial, and has its data."""
        return self.running and not self.lacks(district)


@dataclass(frozen=True)
class Coverage:
    """``districts``: id → title. ``unused``: articles of the register on which no model rests."""

    day: date
    districts: Mapping[str, Words]
    models: tuple[ModelCover, ...]
    unused: tuple[Article, ...]

    @cached_property
    def by_article(self) -> Mapping[str, tuple[Article, tuple[str, ...]]]:
        """Article id → the article and the models that rest on it, by id."""
        found: dict[str, tuple[Article, tuple[str, ...]]] = {}
        for model in self.models:
            for article in model.basis:
                found[article.id] = (article, (*found.get(article.id, (article, ()))[1], model.id))
        return dict(sorted(found.items()))

    @property
    def unverified(self) -> list[str]:
        """Models of which an article was not read."""
        return [m.id for m in self.models if not m.verified]

    @property
    def unwatched(self) -> list[str]:
        """Districts in which no model would flag anything."""
        return [d for d in self.districts if not any(m.watches(d) for m in self.models)]

    def watching(self, district: str) -> int:
        return sum(m.watches(district) for m in self.models)

    def as_dict(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat(),
            "districts": [
                {"id": d, "title": title.as_dict(), "models": self.watching(d)} for d, title in self.districts.items()
            ],
            "models": [
                {
                    "id": m.id,
                    "title": m.title.as_dict(),
                    "status": m.status,
                    "basis": [a.as_dict() for a in m.basis],
                    "verified": m.verified,
                    "waiting_for": list(m.waits),
                    "districts": {d: {"runs": m.watches(d), "lacks": list(m.lacks(d))} for d in self.districts},
                }
                for m in self.models
            ],
            "articles": {a: list(models) for a, (_, models) in self.by_article.items()},
            "unused": [a.as_dict() for a in self.unused],
            "unverified": self.unverified,
            "unwatched": self.unwatched,
        }

    def rows(self) -> list[dict[str, str]]:
        """One row for each model, article and district, for a spreadsheet; of a city without districts one for each
        model and article."""
        return [
            {
                "model": m.id,
                "status": m.status,
                "article": a.id,
                "law": a.law.zh,
                "verified": "yes" if a.verified else "no",
                "standing": a.standing,
                "begins": a.begins.isoformat() if a.begins else "",
                "district": d,
                "district_title": title.zh,
                "runs": "yes" if m.watches(d) else "no",
                "lacks": " ".join(m.lacks(d)),
            }
            for m in self.models
            for a in m.basis
            for d, title in (self.districts or {"": Words("", "")}).items()
        ]


def coverage(
    records: Records, models: Mapping[str, SupervisionModel], law: Register, district_layer: str, day: date
) -> Coverage:
    """The matrix as of a day (of the city). ``models``: with the status that they have in this city. Without a layer of
    districts there are none, and the models are told with their articles alone."""
    areas = records.layer_columns(district_layer)
    ids = [str(i) for i in areas.ids] if areas is not None else []
    # Shapely prepares the shapes that ask, so each district is one quick question to a layer's tree.
    shapes = areas.geometry if areas is not None else np.zeros(0, object)
    waits = waiting_for(records, models.values())
    asked = {m.id: _asked(m) for m in models.values()}
    held: dict[str, frozenset[int]] = {}
    for name in sorted({n for names in asked.values() for n in names}):
        columns = records.layer_columns(name)
        held[name] = _districts_of(columns, shapes) if columns is not None else frozenset()
    heard = _heard_in(records, {c for m in models.values() if not asked[m.id] for c in m.watch.category}, shapes)
    covers = []
    for model in sorted(models.values(), key=lambda m: m.id):
        missing = {d: _missing(model, asked[model.id], held, heard, k, waits) for k, d in enumerate(ids)}
        basis = tuple(_article(law, i, day) for i in model.lead.legal_basis)
        covers.append(ModelCover(model.id, model.title, model.status, basis, waits.get(model.id, ()), missing))
    used = {a.id for m in covers for a in m.basis}
    unused = tuple(_article(law, i, day) for i in sorted(law.provisions) if i not in used)
    titles = dict(zip(ids, areas.titles.tolist(), strict=True)) if areas is not None else {}
    return Coverage(day, titles, tuple(covers), unused)


def _asked(model: SupervisionModel) -> tuple[str, ...]:
    """Layers that must hold something in a district for the model to find anything there."""
    anywhere = {c.layer for c in model.places() if c.relation in ANYWHERE}
    near = {c.layer for c in model.places() if c.relation not in ANYWHERE} | {model.watch.layer, model.group.by}
    return tuple(n for n in model.layers if n not in model.only_without and (n in near or n not in anywhere))


def _missing(
    model: SupervisionModel,
    asked: Iterable[str],
    held: Mapping[str, frozenset[int]],
    heard: Mapping[str, frozenset[int]],
    district: int,
    waits: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    known = waits.get(model.id, ())
    layers = tuple(asked)
    if layers:
        return tuple(n for n in layers if n not in known and district not in held[n])
    if model.watch.layer or any(district in heard[c] for c in model.watch.category):
        return ()
    return tuple(c for c in model.watch.category if c not in known)


def _districts_of(columns: LayerColumns, shapes: Any) -> frozenset[int]:
    """Positions of the districts in which the layer holds something; all of them, if a row has no place."""
    if len(columns) and shapely.is_missing(columns.geometry).any():
        return frozenset(range(len(shapes)))
    return _touched(columns.geometry, shapes)


def _heard_in(records: Records, categories: set[str], shapes: Any) -> dict[str, frozenset[int]]:
    """Category → districts from which reports of it came in."""
    out: dict[str, frozenset[int]] = dict.fromkeys(categories, frozenset())
    if not categories:
        return out
    reports = records.incident_columns(wanted=[Wanted(tuple(sorted(categories)))])
    for code in np.unique(reports.category).tolist():
        mine = reports.category == code
        out[reports.categories[code]] = _touched(shapely.points(reports.lon[mine], reports.lat[mine]), shapes)
    return out


def _touched(geometry: Any, shapes: Any) -> frozenset[int]:
    if not len(geometry) or not len(shapes):
        return frozenset()
    asking, _ = shapely.STRtree(geometry).query(shapes, predicate="intersects")
    return frozenset(np.unique(asking).tolist())


def _article(law: Register, provision_id: str, day: date) -> Article:
    provision = law[provision_id]
    standing = provision.standing(day)
    begins = provision.effective if provision.effective is not None and provision.effective > day else None
    named, _ = law.at(provision_id, day)
    return Article(
        provision.id,
        provision.law,
        provision.article,
        provision.verified,
        standing,
        begins,
        until_then=_older(provision, named),
    )


def _older(asked: Provision, named: Provision) -> str:
    return named.id if named.id != asked.id else ""
