"""The life of a model in a city: draft → trial → active → retired. The file says where a version begins; people say
with reasons how it goes on, and that stands in the book of models (docs/decisions/0005)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from geo_monitor.domain.lead import FALSE_ALARMS, Lead, LeadEvent, LeadStatus
from geo_monitor.domain.lifecycle import BacktestRecord, ModelEvent
from geo_monitor.errors import NotFoundError, RefusedError
from geo_monitor.services.decide import SHORTEST_REASON
from geo_monitor.services.ports import Records, Store
from geo_monitor.supervision.model import SupervisionModel


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of step: from which statuses it may be taken, and to which it leads."""

    before: tuple[str, ...]
    after: str


STEPS: Mapping[str, Step] = {
    "promoted": Step(("trial",), "active"),
    "demoted": Step(("active",), "trial"),
    "retired": Step(("draft", "trial", "active"), "retired"),
    "restored": Step(("retired",), "trial"),
}
#: How the person calls the step.
VERBS = {"promoted": "promote", "demoted": "demote", "retired": "retire", "restored": "restore"}


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


@dataclass(frozen=True, slots=True)
class TrialPeriod:
    """What became of the leads that a version raised on trial: how many by outcome, and which of them a person
    dismissed as a false alarm."""

    outcomes: Mapping[str, int]
    false_alarms: tuple[str, ...]


def trial_period(model: SupervisionModel, leads: Iterable[Lead], events: Iterable[LeadEvent]) -> TrialPeriod:
    """Of the leads of this very version. ``events`` are those of the leads, by seq."""
    mine = {lead.id: lead for lead in leads if _on_trial(lead, model)}
    why = {e.lead: e.data.get("why", "") for e in events if e.lead in mine and e.kind == LeadStatus.DISMISSED}
    wrong = [i for i, lead in mine.items() if lead.status is LeadStatus.DISMISSED and why.get(i, "") in FALSE_ALARMS]
    counts = Counter(lead.status.value for lead in mine.values())
    return TrialPeriod(dict(sorted(counts.items())), tuple(sorted(wrong)))


def _on_trial(lead: Lead, model: SupervisionModel) -> bool:
    return lead.trial and lead.model == model.id and lead.model_version == model.version


def grounds_for_promotion(
    model: SupervisionModel, backtests: Sequence[BacktestRecord], trial: TrialPeriod
) -> dict[str, Any]:
    """The measures on which a model is put into force, as they go into the book. ``backtests``: newest first.

    Raises RefusedError without a back-test of this version, or with a trial lead that was a false alarm."""
    tested = next((b for b in backtests if (b.model, b.version) == (model.id, model.version)), None)
    if tested is None:
        raise RefusedError(
            f"model {model.id} version {model.version} has no back-test; "
            f"run: geo-monitor models backtest {model.id} --from DATE --to DATE"
        )
    if trial.false_alarms:
        raise RefusedError(
            f"model {model.id} version {model.version} raised false alarms on trial: {', '.join(trial.false_alarms)}; "
            "mend it, give it a new version, and let that one prove itself"
        )
    return {
        "backtest": {
            "from": tested.from_day,
            "to": tested.to_day,
            "leads": tested.leads,
            "decided": tested.decided,
            "upheld": tested.upheld,
            "at": tested.at,
        },
        "trial": dict(trial.outcomes),
    }


def take_step(
    store: Store,
    models: Mapping[str, SupervisionModel],
    model_id: str,
    kind: str,
    actor: str,
    at: datetime,
    reason: str,
) -> ModelEvent:
    """Takes one of the ``STEPS`` with a model and writes it into the book of models, with its reason and, for a
    promotion, its measures. ``models`` are those of the files.

    Raises NotFoundError for an unknown model, RefusedError without a reason, from a status from which the step does not
    lead, or when a promotion is not justified."""
    if model_id not in models:
        raise NotFoundError("model", model_id, sorted(models))
    if len(reason.strip()) < SHORTEST_REASON:
        raise RefusedError(f"a reason of at least {SHORTEST_REASON} characters is needed: it stands in the book")
    with store.writing() as records:
        model = effective({model_id: models[model_id]}, records.model_events(model_id))[model_id]
        _refuse_wrong_step(model, models[model_id].status, kind)
        data = _measures(records, model) if kind == "promoted" else {}
        return records.add_model_event(
            model.id, model.version, kind, STEPS[kind].after, at, actor, reason.strip(), data
        )


def _refuse_wrong_step(model: SupervisionModel, in_file: str, kind: str) -> None:
    step = STEPS[kind]
    if model.status not in step.before:
        raise RefusedError(
            f"model {model.id} is {model.status}; to {VERBS[kind]} it, it must be {' or '.join(step.before)}"
        )
    if kind == "restored" and in_file == "retired":
        raise RefusedError(f"model {model.id} is retired by its own file: its author withdrew it, not this office")


def _measures(records: Records, model: SupervisionModel) -> dict[str, Any]:
    leads = [lead for lead in records.leads_of() if _on_trial(lead, model)]
    events = [event for lead in leads for event in records.events(lead.id)]
    return grounds_for_promotion(model, records.backtests(model.id), trial_period(model, leads, events))
