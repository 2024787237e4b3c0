"""Hits of cluster models: kept in squares of a grid, linked into clusters when a lead is decided.

A cluster is named by its earliest record, so the same hits make the same clusters in whatever order they came. When an
earlier report joins one, or a new one links two, the name changes; a lead that a procurator has taken up keeps its name
all the same, because its papers carry it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from geo_monitor.domain.hit import Hit, LeadKey, Subject
from geo_monitor.domain.lead import Lead, LeadStatus
from geo_monitor.engine.evaluate import cluster_subject
from geo_monitor.engine.groups import around, linked
from geo_monitor.engine.thresholds import Counted
from geo_monitor.services.ports import Records
from geo_monitor.supervision.model import SupervisionModel


def hits_by_key(hits: Iterable[Hit]) -> dict[LeadKey, list[Hit]]:
    out: dict[LeadKey, list[Hit]] = {}
    for hit in hits:
        out.setdefault(LeadKey(hit.model, hit.subject), []).append(hit)
    return out


def counted(model: SupervisionModel, hits: Sequence[Hit]) -> Counted:
    """Hits of one subject, in order of time, as the thresholds look at them."""
    people = {r: k for k, r in enumerate(sorted({h.reporter for h in hits if h.reporter is not None}))}
    facts = {}
    for name in model.facts:
        facts[name] = np.empty(len(hits), dtype=object)
        facts[name][:] = [h.facts.get(name) for h in hits]
    return Counted(
        np.zeros(len(hits), np.int64),
        np.array([int(h.occurred.timestamp()) for h in hits], np.int64),
        np.array([-1 if h.reporter is None else people[h.reporter] for h in hits], np.int64),
        np.array([h.evidence for h in hits], np.int32),
        facts,
    )


class Clusters:
    """The clusters that hits in some squares belong to, and the keys of leads that may be about them."""

    def __init__(self, records: Records, models: Mapping[str, SupervisionModel]) -> None:
        self.records, self.models = records, models
        self.hits: dict[LeadKey, list[Hit]] = {}
        self.keys: set[LeadKey] = set()

    def look(self, touched: Collection[LeadKey], every: Mapping[str, Sequence[Hit]] | None) -> None:
        """``touched``: squares in which hits came or went, and subjects of clusters that have open leads; ``every``:
        all hits by model, if they are at hand."""
        for name in sorted({k.model for k in touched}):
            model = self.models.get(name)
            mine = {k.subject for k in touched if k.model == name}
            self.keys |= {LeadKey(name, s) for s in mine if s.layer.startswith("cluster:")}
            if model is None or model.group.by != "cluster":
                continue
            squares = {s for s in mine if s.layer.startswith("near:")}
            hits = self._near(model, squares) if every is None else list(every.get(name, ()))
            for members in _linked(model, hits):
                if every is None and not any(h.subject in squares for h in members):
                    continue
                key = LeadKey(name, cluster_subject(model, members[0].record))
                self.hits[key] = members
                self.keys |= {LeadKey(name, cluster_subject(model, h.record)) for h in members}

    def _near(self, model: SupervisionModel, squares: set[Subject]) -> list[Hit]:
        """All hits of the clusters that have a hit in one of these squares: outward from square to square, as long as a
        link may lead on."""
        known: dict[str, Hit] = {}
        asked: set[Subject] = set()
        ahead = set(squares)
        while ahead:
            wanted = around(sorted(ahead)) - asked
            asked |= wanted
            for hit in self.records.hits_of([LeadKey(model.id, s) for s in sorted(wanted)]):
                known[hit.record] = hit
            reached = {h.subject for members in _linked(model, list(known.values())) for h in _of(members, squares)}
            ahead = {s for s in reached if not around([s]) <= asked}
        return list(known.values())

    def carry(self, leads: dict[LeadKey, list[Lead]]) -> None:
        """A cluster answers for all its records: leads under a former name of it that were dismissed have spent their
        records, and one that was taken up goes on under the name it has."""
        for key, members in list(self.hits.items()):
            former = [
                lead
                for h in members[1:]
                for lead in leads.get(LeadKey(key.model, cluster_subject(self.models[key.model], h.record)), ())
            ]
            kept = [lead for lead in former if lead.status is LeadStatus.TAKEN_UP]
            spent = [lead for lead in former if lead.status is LeadStatus.DISMISSED]
            if kept and not any(not lead.status.closed for lead in leads.get(key, ())):
                del self.hits[key]
                key = kept[0].key
                self.hits[key] = members
            leads.setdefault(key, [])
            leads[key] = list({lead.id: lead for lead in (*leads[key], *spent)}.values())


def _of(members: Sequence[Hit], squares: Collection[Subject]) -> Sequence[Hit]:
    """The members, if one of them lies in one of the squares."""
    return members if any(h.subject in squares for h in members) else ()


def _linked(model: SupervisionModel, hits: Sequence[Hit]) -> list[list[Hit]]:
    """The hits by cluster, each in order of time."""
    ordered = sorted(hits, key=lambda h: (h.occurred, h.record))
    apart = model.numbers[model.group.apart].base if model.group.apart else None
    codes = linked(
        np.array([h.lon for h in ordered]),
        np.array([h.lat for h in ordered]),
        np.array([int(h.occurred.timestamp()) for h in ordered], dtype=np.int64),
        model.numbers[model.group.size].base,
        apart,
    )
    out: dict[int, list[Hit]] = {}
    for code, hit in zip(codes.tolist(), ordered, strict=True):
        out.setdefault(code, []).append(hit)
    return list(out.values())
