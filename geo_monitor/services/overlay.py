"""The overlay: incidents × layers → hits → leads, full or only for what is new. Reads, computes, then writes once."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Protocol

import numpy as np

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.hit import Hit, LeadKey, Subject
from geo_monitor.domain.layer import Layer
from geo_monitor.domain.lead import BasisOnDay, Lead, LeadStatus
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.evaluate import ModelHits
from geo_monitor.engine.explain import Examined, examine, explain
from geo_monitor.engine.join import IndexShelf
from geo_monitor.engine.plan import compile_plan
from geo_monitor.engine.sieve import World
from geo_monitor.engine.thresholds import reached
from geo_monitor.engine.wording import Wording
from geo_monitor.errors import StoreError
from geo_monitor.services.assign import Duty
from geo_monitor.services.clusters import Clusters, counted, hits_by_key
from geo_monitor.services.corrected import spent_with_corrections
from geo_monitor.services.leads import LeadIntent, decide_lead
from geo_monitor.services.lifecycle import effective
from geo_monitor.services.look import Look, Looked
from geo_monitor.services.ports import Records, Store
from geo_monitor.supervision.load import text_of
from geo_monitor.supervision.model import SupervisionModel
from geo_monitor.supervision.vocabulary import attribute_words

SYSTEM = "system"
FACT_FINGERPRINT, FACT_SEQ, FACT_ROSTER = "overlay.fingerprint", "overlay.seq", "overlay.roster"
FACT_HEARD, FACT_AS_OF, FACT_COUNTS = "overlay.heard", "overlay.as_of", "overlay.counts"
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
    """``incidents`` in the store, ``new_incidents`` since the last run; ``full`` tells whether all were looked at;
    ``hits``: model id → hits in the store, ``waiting``: what it waits for, ``opened_by``: leads that it opened."""

    incidents: int
    new_incidents: int
    full: bool
    hits: Mapping[str, int]
    waiting: Mapping[str, tuple[str, ...]]
    seconds: dict[str, float]
    opened: list[str] = field(default_factory=list)
    opened_by: Counter[str] = field(default_factory=Counter)
    joined: list[str] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "incidents": self.incidents,
            "new_incidents": self.new_incidents,
            "full": self.full,
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
        #: The models with the status that they have in this city, as of the last run.
        self.current: Mapping[str, SupervisionModel] = models
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
        with self.store.reading() as records:
            self.current = effective(self.models, records.model_events())
            active = [m for m in self.current.values() if m.status in ("active", "trial")]
            attributes = sorted({f for m in active for f in m.fields})
            columns = self._layer_columns(records, active)
            exempt = self._exemptions(records)
            before = records.fact(FACT_FINGERPRINT), records.fact(FACT_SEQ)
            seq, last = records.latest_incident_seq(), int(before[1] or 0)
            incidents = records.incident_columns(after_seq=last, attributes=attributes)
            heard = {*incidents.categories, *json.loads(records.fact(FACT_HEARD) or "[]")}
            # A model that need wait no longer has everything before it that came in while it did.
            waiting = compile_plan(active, columns, heard).waiting
            fingerprint = self._fingerprint(active, columns, exempt, waiting)
            known = json.loads(records.fact(FACT_COUNTS) or "{}")
            # A correction takes away what earlier answers may rest on, anywhere: all is looked at again.
            corrected = records.superseded_count()
            full = full or before[0] != fingerprint or not known or known.get("corrected", 0) != corrected
            if full and last:
                incidents = records.incident_columns(attributes=attributes)
            # Counting a table is reading it: an incremental run adds to what the last one counted.
            total = records.incident_count() if full else known["incidents"] + len(incidents)
            postings = records.postings()
            duty = Duty(postings, columns, self.centre, self.shelf)
            world = World(columns, self.centre, self.zone, now, self.shelf)
            look = Look(active, incidents, world, exempt, frozenset(heard), seq, attributes)
            loaded = time.perf_counter()
            looked = look.at_all() if full else look.at_new(records, self._last_run(records))
        roster = hashlib.sha256(repr(sorted(postings, key=repr)).encode()).hexdigest()
        evaluated = time.perf_counter()
        report = OverlayReport(
            total, len(incidents) if not full or last == 0 else max(0, seq - last), full, {}, looked.waiting, {}
        )
        with self.store.writing() as records:
            if (records.fact(FACT_FINGERPRINT), records.fact(FACT_SEQ)) != before:
                return None
            changed = self._write(records, looked, look, duty, report)
            if full or records.fact(FACT_ROSTER) != roster:
                self._reassign(records, columns, duty, now, report)
            records.put_fact(FACT_FINGERPRINT, fingerprint)
            records.put_fact(FACT_SEQ, str(seq))
            records.put_fact(FACT_ROSTER, roster)
            records.put_fact(FACT_HEARD, json.dumps(sorted(heard)))
            records.put_fact(FACT_AS_OF, now.isoformat())
            report.hits = records.hit_counts() if full else dict(Counter(known["hits"]) + changed)
            records.put_fact(FACT_COUNTS, json.dumps({"incidents": total, "hits": report.hits, "corrected": corrected}))
        ended = time.perf_counter()
        report.seconds = {
            "load": round(loaded - began, 4),
            "join": round(looked.join_seconds, 4),
            "evaluate": round(evaluated - loaded - looked.join_seconds, 4),
            "store": round(ended - evaluated, 4),
            "total": round(ended - began, 4),
        }
        return report

    def _last_run(self, records: Records) -> datetime | None:
        said = records.fact(FACT_AS_OF)
        return datetime.fromisoformat(said) if said else None

    # ---- what is looked at -----------------------------------------------------------------------------

    def _layer_columns(self, records: Records, active: Sequence[SupervisionModel]) -> dict[str, LayerColumns]:
        names = {name for m in active for name in m.layers} | {"districts", "rivers"}
        found = {name: records.layer_columns(name) for name in sorted(names)}
        loaded = {name: columns for name, columns in found.items() if columns is not None}
        self.shelf.keep_only({columns.version for columns in loaded.values()})
        return loaded

    def _exemptions(self, records: Records) -> dict[str, list[Exemption]]:
        """By model; those taken back are none."""
        out: dict[str, list[Exemption]] = {}
        for exemption in records.exceptions():
            if exemption.ended is None:
                out.setdefault(exemption.model, []).append(exemption)
        return out

    def _fingerprint(
        self,
        active: Sequence[SupervisionModel],
        columns: Mapping[str, LayerColumns],
        exempt: Mapping[str, Sequence[Exemption]],
        waiting: Collection[str],
    ) -> str:
        """Of everything but the incidents that the answer depends on."""
        said = [
            *(f"waits:{name}" for name in sorted(waiting)),
            *(f"exempt:{e.id}" for name in sorted(exempt) for e in exempt[name]),
            *(f"{m.id}:{m.version}:{m.status}:{m.hash}" for m in active),
            *(f"{name}={c.version}" for name, c in sorted(columns.items())),
            repr(self.centre),
            str(self.zone),
        ]
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    # ---- what is written -------------------------------------------------------------------------------

    def _write(self, records: Records, looked: Looked, look: Look, duty: Duty, report: OverlayReport) -> Counter[str]:
        """Tells, by model, how many hits more (or fewer) an incremental run left in the store."""
        changed: Counter[str] = Counter()
        columns = look.world.layers
        found = {name: list(self._dated(records, hits, columns)) for name, hits in looked.hits.items()}
        if looked.full:
            records.replace_hits(h for hits in found.values() for h in hits)
            touched = {LeadKey(h.model, h.subject) for hits in found.values() for h in hits}
            touched |= {lead.key for lead in records.leads_of() if not lead.status.closed}
        else:
            touched = {
                key for name, hits in found.items() for key in self._change(records, name, hits, looked, changed)
            }
        linked = {k for k in touched if k.subject.layer.startswith(("near:", "cluster:"))}
        hits = hits_by_key(records.hits_of(sorted(touched - linked)))
        clusters = Clusters(records, self.current)
        clusters.look(linked, found if looked.full else None)
        hits.update(clusters.hits)
        keys = sorted((touched - linked) | clusters.keys)
        leads: dict[LeadKey, list[Lead]] = {key: [] for key in keys}
        for lead in records.leads_of(None if looked.full else keys):
            if lead.key in leads:
                leads[lead.key].append(lead)
        clusters.carry(leads)
        if records.superseded_count():
            leads = {key: spent_with_corrections(records, mine) for key, mine in leads.items()}
        intents = []
        for key in keys:
            intent = decide_lead(key, hits.get(key, []), leads.get(key, []), self._reach(self.current.get(key.model)))
            if intent is not None:
                intents.append(intent)
        self._act(records, intents, leads, look, duty, report)
        self._shown(records, report, look.now)
        return changed

    def _change(
        self, records: Records, model: str, hits: Sequence[Hit], looked: Looked, count: Counter[str]
    ) -> set[LeadKey]:
        """Stores what is new or different among the hits of one model, forgets what holds no longer, and tells whose
        hits changed: most of what is asked again gets the same answer."""
        asked = looked.asked.get(model, ())
        if not (asked or hits):
            return set()
        known = {(h.subject, h.record): h for h in records.hits_on(model, asked)} if asked else {}
        now = {(h.subject, h.record): h for h in hits}
        count[model] += len(now) - len(known)
        gone = [h for place, h in known.items() if now.get(place) != h]
        renewed = {h.record for h in gone}
        if gone:
            records.forget_hits(model, sorted(renewed))
        new = [h for place, h in now.items() if place not in known or h.record in renewed]
        if new:
            records.add_hits(new)
        changed = [*gone, *(h for place, h in now.items() if known.get(place) != h)]
        return {LeadKey(model, h.subject) for h in changed}

    def _shown(self, records: Records, report: OverlayReport, now: datetime) -> None:
        """Leads of a model that was promoted come out of the shadow."""
        if not report.full:
            return
        for lead in records.leads_of():
            model = self.current.get(lead.model)
            if lead.trial and not lead.status.closed and model is not None and model.status == "active":
                records.put_lead(replace(lead, trial=False))
                records.add_event(lead.id, now, SYSTEM, "promoted", "the model is no longer on trial", {})

    def _dated(self, records: Records, hits: ModelHits, columns: Mapping[str, LayerColumns]) -> Iterator[Hit]:
        """A hit on a watched layer happened on the day its model names, or when the validity ended, or when it was
        first seen; not at each run anew."""
        model = hits.model
        if not model.watch.layer or model.watch.dated:
            yield from hits.hits()
            return
        new = list(hits.hits())
        if model.watch.valid == "expired_on_day":
            layer = columns[model.watch.layer]
            for hit in new:
                at = self._row(layer, hit.record.split("/", 1)[1])
                ended = date(1970, 1, 1) + timedelta(days=int(layer.valid_to[at]) + 1)
                moment = datetime(ended.year, ended.month, ended.day, tzinfo=self.zone).astimezone(UTC)
                yield replace(hit, occurred=moment)
            return
        keys = sorted({LeadKey(h.model, h.subject) for h in new})
        known = {(h.subject, h.record): h.occurred for h in records.hits_of(keys)}
        for hit in new:
            yield replace(hit, occurred=known.get((hit.subject, hit.record), hit.occurred))

    def _reach(self, model: SupervisionModel | None) -> Any:
        def reach(hits: Sequence[Hit]) -> list[bool]:
            if model is None or model.status not in ("active", "trial"):
                return [False] * len(hits)  # the model was withdrawn: its open leads lapse
            return [bool(s) for s in reached(model, counted(model, hits), self.zone).supports]

        return reach

    def _act(
        self,
        records: Records,
        intents: Sequence[LeadIntent],
        leads: Mapping[LeadKey, Sequence[Lead]],
        look: Look,
        duty: Duty,
        report: OverlayReport,
    ) -> None:
        now = look.now
        raised = [i for i in intents if i.kind in ("opened", "reopened", "joined")]
        details = self._details(records, raised, look)
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
                    self._lapsed(intent, report.waiting),
                    {"lost": list(intent.lost)},
                )
                report.superseded.append(intent.lead)
                continue
            lead = self._lead(intent, current, details[intent.key.model], look, duty)
            if lead is None:
                continue  # what is stored of it holds no longer, looked at today; a full run takes it back
            records.put_lead(lead)
            data: dict[str, Any] = {"added": list(intent.added)}
            if intent.lost:
                data["lost"] = list(intent.lost)
            if intent.previous:
                data["previous"] = intent.previous
            records.add_event(lead.id, now, SYSTEM, intent.kind, "", data)
            if intent.kind == "joined":
                report.joined.append(lead.id)
            else:
                report.opened.append(lead.id)
                report.opened_by[lead.model] += 1

    def _lapsed(self, intent: LeadIntent, waiting: Mapping[str, Sequence[str]]) -> str:
        model = self.current.get(intent.key.model)
        if model is None or model.status not in ("active", "trial"):
            return "the model is no longer active"
        if intent.key.model in waiting:
            return f"the model waits for data: {', '.join(waiting[intent.key.model])}"
        return "the hits no longer reach the model's threshold"

    def _details(self, records: Records, raised: Sequence[LeadIntent], look: Look) -> dict[str, Examined]:
        """The hits of the leads looked at once more, model by model, this time keeping what each condition found."""
        wanted: dict[str, set[str]] = {}
        for intent in raised:
            wanted.setdefault(intent.key.model, set()).update(h.record for h in intent.known)
        reports = {i for name, ids in wanted.items() if not self.current[name].watch.layer for i in ids}
        read = records.incident_columns(ids=sorted(reports), attributes=look.attributes)
        found = {}
        for name, ids in wanted.items():
            model = self.current[name]
            if model.file and records.model_text(model.hash) is None:
                records.put_model_text(model.hash, text_of(model), look.now)
            incidents, pool = look.around(records, model, sorted(ids), read)
            found[name] = examine(model, incidents, look.world, pool=pool, exemptions=look.exempt.get(name, ()))
        return found

    def _lead(
        self, intent: LeadIntent, current: Lead | None, examined: Examined, look: Look, duty: Duty
    ) -> Lead | None:
        """The lead as it stands now; None if none of its records is a hit any more (a register's day was taken back, a
        clock was set back)."""
        model, subject, now, columns = self.current[intent.key.model], intent.key.subject, look.now, look.world.layers
        members = examined.members(subject, [h.record for h in intent.hits])
        if not len(members):
            return None
        place, parent = self._place(intent, columns)
        where = duty.whereabouts(place)
        about = self._about(subject, columns, where.district, intent)
        first, last = intent.hits[0].occurred, intent.hits[-1].occurred
        days = sorted({h.occurred.astimezone(self.zone).date() for h in intent.hits})
        trio = duty.trio(place, now.astimezone(self.zone).date(), subject, parent, where)
        joined = current is not None and intent.kind == "joined"
        return Lead(
            id=intent.lead,
            key=intent.key,
            model_version=model.version,
            domain=model.domain,
            title=model.title,
            about=about,
            status=current.status if current is not None and joined else LeadStatus.OPEN,
            urgency=model.urgency,
            lon=place.lon,
            lat=place.lat,
            district=where.district,
            opened=current.opened if current is not None else now,
            first=first,
            last=last,
            records=tuple(h.record for h in intent.hits),
            grounds=explain(examined, subject, members, about, self.wording, look.seq),
            legal_basis=self.register.basis(model.lead.legal_basis, days),
            trio=trio,
            agencies=model.lead.agencies,
            previous=intent.previous,
            synthetic=self.synthetic or any(c.synthetic for c in columns.values()),
            # What was once shown stays shown: a model that is put back on trial does not take leads from a desk.
            trial=model.status == "trial" and not (current is not None and joined and not current.trial),
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
        of = f", {area.en}" if area.en else ""
        if subject.layer.startswith("segment:"):
            return self._stretch(subject, columns)
        if subject.layer.startswith("field:"):
            named = attribute_words(subject.layer.removeprefix("field:"))
            return Words(f"{named.zh}{subject.id}", f"{named.en} {subject.id}")
        when = intent.hits[0].occurred.astimezone(self.zone).strftime("%Y-%m-%d")
        if subject.layer.startswith("cluster:"):
            return Words(f"{area.zh}自{when}起的聚集", f"cluster since {when}{of}")
        return Words(f"{area.zh}{when}事件", f"incident of {when}{of}")

    def _stretch(self, subject: Subject, columns: Mapping[str, LayerColumns]) -> Words:
        """The title of a line and the metres of the stretch along it."""
        _, size, line = subject.layer.split(":")
        feature, k = subject.id.rsplit(":", 1)
        title: Words = columns[line].titles[self._row(columns[line], feature)]
        step = float(size.removesuffix("m"))
        span = f"{int(k) * step:g}–{(int(k) + 1) * step:g}"
        return Words(f"{title.zh}{span}米段", f"{title.en}, {span} m from its start")

    def counts(self, report: OverlayReport) -> list[ModelCount]:
        """What each model has found, for those who want to read it: the leads are counted, which a run need not do."""
        open_leads: Counter[str] = Counter()
        with self.store.reading() as records:
            for (model, _district, status), n in records.lead_counts(trial=None).items():
                open_leads[model] += 0 if LeadStatus(status).closed else n
        return [
            ModelCount(
                m.id,
                m.version,
                m.status,
                report.hits.get(m.id, 0),
                report.opened_by[m.id],
                open_leads[m.id],
                tuple(report.waiting.get(m.id, ())),
            )
            for m in sorted(self.current.values(), key=lambda m: m.id)
        ]
