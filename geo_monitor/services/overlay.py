"""The overlay: incidents × layers → hits → leads, full or only for what is new. Reads, computes, then writes once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Protocol

import numpy as np

from geo_monitor.domain.hit import Hit, LeadKey, Subject
from geo_monitor.domain.layer import Layer
from geo_monitor.domain.lead import BasisOnDay, Lead, LeadStatus
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns, LayerColumns
from geo_monitor.engine.evaluate import Evaluation, ModelHits, evaluate
from geo_monitor.engine.explain import Wording, explain
from geo_monitor.engine.join import IndexShelf
from geo_monitor.engine.thresholds import reached
from geo_monitor.errors import StoreError
from geo_monitor.services.assign import Duty
from geo_monitor.services.leads import LeadIntent, decide_lead
from geo_monitor.services.ports import Records, Store
from geo_monitor.supervision.model import SupervisionModel, ValueCondition

SYSTEM = "system"
FACT_FINGERPRINT, FACT_SEQ, FACT_ROSTER = "overlay.fingerprint", "overlay.seq", "overlay.roster"
#: How often a run that was overtaken by another begins again.
TRIES = 5


class LegalRegister(Protocol):
    def basis(self, ids: Sequence[str], days: Sequence[date]) -> tuple[BasisOnDay, ...]: ...


@dataclass
class ModelCount:
    id: str
    version: int
    status: str
    hits: int = 0
    leads_new: int = 0
    leads_open: int = 0
    waiting: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": self.id,
            "version": self.version,
            "status": self.status,
            "hits": self.hits,
            "leads_new": self.leads_new,
            "leads_open": self.leads_open,
        }
        return shown | ({"waiting_for": list(self.waiting)} if self.waiting else {})


@dataclass
class OverlayReport:
    """``incidents`` in the store, ``new_incidents`` since the last run; ``full`` tells whether all were looked at."""

    incidents: int
    new_incidents: int
    full: bool
    models: list[ModelCount]
    seconds: dict[str, float]
    opened: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "incidents": self.incidents,
            "new_incidents": self.new_incidents,
            "full": self.full,
            "models": [m.as_dict() for m in self.models],
            "leads": {"opened": len(self.opened), "joined": len(self.joined), "superseded": len(self.superseded)},
            "seconds": self.seconds,
        }


class Overlay:
    """One city's overlay. With a ``shelf`` given, the indexes of the layers are kept from run to run."""

    def __init__(
        self,
        store: Store,
        models: Mapping[str, SupervisionModel],
        register: LegalRegister,
        layers: Mapping[str, Layer],
        *,
        centre: LonLat,
        zone: tzinfo,
        synthetic: bool = False,
        shelf: IndexShelf | None = None,
    ) -> None:
        self.store, self.models, self.register, self.definitions = store, models, register, layers
        self.centre, self.zone, self.synthetic = centre, zone, synthetic
        self.shelf = shelf or IndexShelf()
        self._positions: dict[str, dict[str, int]] = {}
        self.wording = Wording(
            {name: layer.title for name, layer in layers.items()},
            zone,
            {(name, f.name): f.title for name, layer in layers.items() for f in layer.fields},
        )

    def run(self, now: datetime, *, full: bool = False) -> OverlayReport:
        """Evaluates what is new since the last run (everything if a model, a layer or the city changed, or ``full``),
        and writes hits, leads and their history in one transaction. Twice in a row adds nothing.

        If another overlay finished while this one was computing, its answer stands on old facts and is thrown away,
        and this one begins again. Raises StoreError if that happens ``TRIES`` times."""
        for _ in range(TRIES):
            report = self._run_once(now, full)
            if report is not None:
                return report
        raise StoreError(f"another overlay finished {TRIES} times while this one was computing; nothing was written")

    def _run_once(self, now: datetime, full: bool) -> OverlayReport | None:
        began = time.perf_counter()
        active = [m for m in self.models.values() if m.status in ("active", "trial")]
        attributes = sorted(
            {c.field for m in active if not m.watch.layer for c in m.where if isinstance(c, ValueCondition)}
        )
        with self.store.reading() as records:
            columns = self._layer_columns(records, active)
            fingerprint = self._fingerprint(active, columns)
            before = records.fact(FACT_FINGERPRINT), records.fact(FACT_SEQ)
            seq, last = records.latest_incident_seq(), int(before[1] or 0)
            full = full or before[0] != fingerprint
            incidents = records.incident_columns(after_seq=0 if full else last, attributes=attributes)
            total = records.incident_count()
            postings = records.postings()
            duty = Duty(postings, columns, self.centre, self.shelf)
        roster = hashlib.sha256(repr(sorted(postings, key=repr)).encode()).hexdigest()
        loaded = time.perf_counter()
        result = evaluate(active, incidents, columns, as_of=now, centre=self.centre, zone=self.zone, shelf=self.shelf)
        evaluated = time.perf_counter()
        report = OverlayReport(total, len(incidents) if not full or last == 0 else max(0, seq - last), full, [], {})
        with self.store.writing() as records:
            if (records.fact(FACT_FINGERPRINT), records.fact(FACT_SEQ)) != before:
                return None
            self._write(records, result, incidents, columns, duty, now, full, report)
            if full or records.fact(FACT_ROSTER) != roster:
                self._reassign(records, columns, duty, now, report)
            records.put_fact(FACT_FINGERPRINT, fingerprint)
            records.put_fact(FACT_SEQ, str(seq))
            records.put_fact(FACT_ROSTER, roster)
            report.models = self._counts(records, result, report)
        ended = time.perf_counter()
        report.seconds = {
            "load": round(loaded - began, 4),
            "join": result.seconds["join"],
            "evaluate": round(evaluated - loaded - result.seconds["join"], 4),
            "store": round(ended - evaluated, 4),
            "total": round(ended - began, 4),
        }
        return report

    # ---- what is looked at -----------------------------------------------------------------------------

    def _layer_columns(self, records: Records, active: Sequence[SupervisionModel]) -> dict[str, LayerColumns]:
        names = {name for m in active for name in m.layers} | {"districts", "rivers"}
        found = {name: records.layer_columns(name) for name in sorted(names)}
        return {name: columns for name, columns in found.items() if columns is not None}

    def _fingerprint(self, active: Sequence[SupervisionModel], columns: Mapping[str, LayerColumns]) -> str:
        """Of everything but the incidents that the answer depends on."""
        said = [
            *(f"{m.id}:{m.version}:{m.status}:{m.hash}" for m in active),
            *(f"{name}={c.version}" for name, c in sorted(columns.items())),
            repr(self.centre),
            str(self.zone),
        ]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    # ---- what is written -------------------------------------------------------------------------------

    def _write(
        self,
        records: Records,
        result: Evaluation,
        incidents: IncidentColumns,
        columns: Mapping[str, LayerColumns],
        duty: Duty,
        now: datetime,
        full: bool,
        report: OverlayReport,
    ) -> None:
        static = {m.id for m in self.models.values() if m.watch.layer}
        known: dict[tuple[str, Subject, str], Hit] = {}
        if full and static:
            known = {
                (h.model, h.subject, h.record): h
                for h in records.hits_of([LeadKey(m.model, m.subject) for m in result.matters if m.model in static])
            }
        if full:
            records.replace_hits(self._dated(h, columns, known) for hits in result.hits.values() for h in hits.hits())
            touched = {LeadKey(m.model, m.subject) for m in result.matters}
            touched |= {lead.key for lead in records.leads_of() if not lead.status.closed}
        else:
            new = [self._dated(h, columns, known) for hits in result.hits.values() for h in hits.hits()]
            records.add_hits(new)
            touched = {LeadKey(h.model, h.subject) for h in new}
        keys = sorted(touched)
        hits: dict[LeadKey, list[Hit]] = {}
        for hit in records.hits_of(keys):
            hits.setdefault(LeadKey(hit.model, hit.subject), []).append(hit)
        leads: dict[LeadKey, list[Lead]] = {}
        for lead in records.leads_of(keys):
            leads.setdefault(lead.key, []).append(lead)
        intents = []
        for key in keys:
            model = self.models.get(key.model)
            if model is not None and model.status == "trial":
                continue  # runs in the shadow: measured, never shown
            intent = decide_lead(key, hits.get(key, []), leads.get(key, []), self._reach(model))
            if intent is not None:
                intents.append(intent)
        self._act(records, intents, leads, columns, duty, now, report)

    def _dated(
        self, hit: Hit, columns: Mapping[str, LayerColumns], known: Mapping[tuple[str, Subject, str], Hit]
    ) -> Hit:
        """A hit on a watched layer happened when the validity ended, or when it was first seen; not at each run
        anew."""
        model = self.models[hit.model]
        if not model.watch.layer:
            return hit
        if model.watch.valid == "expired_on_day":
            layer = columns[model.watch.layer]
            at = self._row(layer, hit.record.split("/", 1)[1])
            ended = date(1970, 1, 1) + timedelta(days=int(layer.valid_to[at]) + 1)
            return replace(hit, occurred=datetime(ended.year, ended.month, ended.day, tzinfo=self.zone).astimezone(UTC))
        before = known.get((hit.model, hit.subject, hit.record))
        return replace(hit, occurred=before.occurred) if before else hit

    def _reach(self, model: SupervisionModel | None) -> Any:
        def reach(hits: Sequence[Hit]) -> list[bool]:
            if model is None or model.status != "active":
                return [False] * len(hits)  # the model was withdrawn: its open leads lapse
            people = {r: k for k, r in enumerate(sorted({h.reporter for h in hits if h.reporter is not None}))}
            ok = reached(
                model,
                np.zeros(len(hits), np.int64),
                np.array([int(h.occurred.timestamp()) for h in hits], np.int64),
                np.array([-1 if h.reporter is None else people[h.reporter] for h in hits], np.int64),
                np.array([h.evidence for h in hits], np.int32),
            )
            return [bool(s) for s in ok.supports]

        return reach

    def _act(
        self,
        records: Records,
        intents: Sequence[LeadIntent],
        leads: Mapping[LeadKey, Sequence[Lead]],
        columns: Mapping[str, LayerColumns],
        duty: Duty,
        now: datetime,
        report: OverlayReport,
    ) -> None:
        raised = [i for i in intents if i.kind in ("opened", "reopened", "joined")]
        details = self._details(records, raised, columns, now)
        for intent in intents:
            current = next((lead for lead in leads.get(intent.key, ()) if lead.id == intent.lead), None)
            if intent.kind in ("superseded", "grounds_gone"):
                assert current is not None
                gone = set(intent.lost)
                left = tuple(r for r in current.records if r not in gone)
                status = LeadStatus.SUPERSEDED if intent.kind == "superseded" else current.status
                records.put_lead(
                    replace(current, status=status, records=left if intent.kind == "grounds_gone" else current.records)
                )
                records.add_event(
                    intent.lead,
                    now,
                    SYSTEM,
                    intent.kind,
                    self._lapsed(intent),
                    {"lost": list(intent.lost)},
                )
                report.superseded.append(intent.lead)
                continue
            lead = self._lead(intent, current, details[intent.key.model], columns, duty, now)
            records.put_lead(lead)
            data: dict[str, Any] = {"added": list(intent.added)}
            if intent.lost:
                data["lost"] = list(intent.lost)
            if intent.previous:
                data["previous"] = intent.previous
            records.add_event(lead.id, now, SYSTEM, intent.kind, "", data)
            (report.joined if intent.kind == "joined" else report.opened).append(lead.id)

    def _lapsed(self, intent: LeadIntent) -> str:
        model = self.models.get(intent.key.model)
        if model is None or model.status != "active":
            return "the model is no longer active"
        return "the hits no longer reach the model's threshold"

    def _details(
        self, records: Records, raised: Sequence[LeadIntent], columns: Mapping[str, LayerColumns], now: datetime
    ) -> dict[str, ModelHits]:
        """The members of the leads evaluated once more, model by model, this time keeping what each condition found."""
        members: dict[str, set[str]] = {}
        for intent in raised:
            members.setdefault(intent.key.model, set()).update(h.record for h in intent.hits)
        found = {}
        for name, ids in members.items():
            model = self.models[name]
            attributes = sorted({c.field for c in model.where if isinstance(c, ValueCondition)})
            incidents = records.incident_columns(ids=[] if model.watch.layer else sorted(ids), attributes=attributes)
            found[name] = evaluate(
                [model],
                incidents,
                columns,
                as_of=now,
                centre=self.centre,
                zone=self.zone,
                shelf=self.shelf,
                details=True,
            ).hits[name]
        return found

    def _lead(
        self,
        intent: LeadIntent,
        current: Lead | None,
        hits: ModelHits,
        columns: Mapping[str, LayerColumns],
        duty: Duty,
        now: datetime,
    ) -> Lead:
        model, subject = self.models[intent.key.model], intent.key.subject
        code = hits.subjects.index(subject)
        members = {h.record for h in intent.hits}
        at = np.flatnonzero(hits.subject == code)
        keep = at[np.array([str(hits.records.ids[r]) in members for r in hits.rows[at]], bool)]
        place, parent = self._place(intent, columns)
        where = duty.whereabouts(place)
        about = self._about(model, subject, columns, where.district, intent)
        first, last = intent.hits[0].occurred, intent.hits[-1].occurred
        days = sorted({h.occurred.astimezone(self.zone).date() for h in intent.hits})
        trio = duty.trio(place, now.astimezone(self.zone).date(), subject, parent, where)
        return Lead(
            id=intent.lead,
            key=intent.key,
            model_version=model.version,
            domain=model.domain,
            title=model.title,
            about=about,
            status=current.status if current and intent.kind == "joined" else LeadStatus.OPEN,
            urgency=model.urgency,
            lon=place.lon,
            lat=place.lat,
            district=where.district,
            opened=current.opened if current else now,
            first=first,
            last=last,
            records=tuple(h.record for h in intent.hits),
            grounds=explain(hits, subject, keep, columns, about, self.wording),
            legal_basis=self.register.basis(model.lead.legal_basis, days),
            trio=trio,
            agencies=model.lead.agencies,
            previous=intent.previous,
            synthetic=self.synthetic or any(c.synthetic for c in columns.values()),
        )

    def _reassign(
        self, records: Records, columns: Mapping[str, LayerColumns], duty: Duty, now: datetime, report: OverlayReport
    ) -> None:
        """Leads that are not closed get the trio of today: the roster may have come, or changed, after them."""
        today, fresh = now.astimezone(self.zone).date(), {*report.opened, *report.joined}
        for lead in records.leads_of():
            if lead.status.closed or lead.id in fresh:
                continue
            place = LonLat(lead.lon, lead.lat)
            trio = duty.trio(place, today, lead.subject, self._parent(lead.subject, columns))
            if trio != lead.trio:
                records.put_lead(replace(lead, trio=trio))
                records.add_event(lead.id, now, SYSTEM, "reassigned", "", {"before": lead.trio.as_dict()})

    def _row(self, layer: LayerColumns, feature: str) -> int:
        """Position of a feature in its layer; the table is made once a layer version."""
        if layer.version not in self._positions:
            self._positions[layer.version] = {str(i): k for k, i in enumerate(layer.ids)}
        return self._positions[layer.version][feature]

    def _parent(self, subject: Subject, columns: Mapping[str, LayerColumns]) -> str:
        """``layer/feature`` of the parent of a zone's feature, or ""."""
        layer, definition = columns.get(subject.layer), self.definitions.get(subject.layer)
        if layer is None or definition is None or not definition.parent:
            return ""
        at = self._row(layer, subject.id) if subject.id in set(layer.ids) else -1
        return f"{definition.parent}/{layer.parent[at]}" if at >= 0 and layer.parent[at] else ""

    def _place(self, intent: LeadIntent, columns: Mapping[str, LayerColumns]) -> tuple[LonLat, str]:
        """Where the lead stands on the map: at the subject if that is a point, else amid its hits; and the subject's
        parent."""
        subject = intent.key.subject
        mean = LonLat(float(np.mean([h.lon for h in intent.hits])), float(np.mean([h.lat for h in intent.hits])))
        layer = columns.get(subject.layer)
        if layer is None:
            return mean, ""
        row = self._row(layer, subject.id)
        shape = layer.geometry[row]
        parent = self._parent(subject, columns)
        if shape is not None and shape.geom_type == "Point":
            return LonLat(shape.x, shape.y), parent
        return mean, parent

    def _about(
        self,
        model: SupervisionModel,
        subject: Subject,
        columns: Mapping[str, LayerColumns],
        district: str,
        intent: LeadIntent,
    ) -> Words:
        layer = columns.get(subject.layer)
        if layer is not None:
            title: Words = layer.titles[self._row(layer, subject.id)]
            return title
        area = Words("", "")
        districts = columns.get("districts")
        if district and districts is not None:
            area = districts.titles[self._row(districts, district)]
        if subject.layer.startswith("cell:"):
            size = subject.layer.removeprefix("cell:").removesuffix("m")
            return Words(
                f"{area.zh}{size}米网格 {subject.id}", f"{size} m cell {subject.id}{', ' + area.en if area.en else ''}"
            )
        when = intent.hits[0].occurred.astimezone(self.zone).strftime("%Y-%m-%d")
        return Words(f"{area.zh}{when}事件", f"incident of {when}{', ' + area.en if area.en else ''}")

    def _counts(self, records: Records, result: Evaluation, report: OverlayReport) -> list[ModelCount]:
        hits = records.hit_counts()
        open_leads: dict[str, int] = {}
        for (model, _district, status), n in records.lead_counts().items():
            if not LeadStatus(status).closed:
                open_leads[model] = open_leads.get(model, 0) + n
        opened: dict[str, int] = {}
        for lead_id in report.opened:
            lead = records.lead(lead_id)
            if lead is not None:
                opened[lead.model] = opened.get(lead.model, 0) + 1
        return [
            ModelCount(
                m.id,
                m.version,
                m.status,
                hits.get(m.id, 0),
                opened.get(m.id, 0),
                open_leads.get(m.id, 0),
                tuple(result.waiting.get(m.id, ())),
            )
            for m in sorted(self.models.values(), key=lambda m: m.id)
        ]
