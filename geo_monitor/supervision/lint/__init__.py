"""What a careful reader would object to in models that can be read: findings, never exceptions.

The rules keep four promises: a model speaks only of what exists (``words``), every number can be answered for
(``figures``), what it asks can happen (``never``), and every lead it raises rests on a provision that was read and was
law on the day of the act (``law``). Each rule is a function of a ``Desk``: one model beside what there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from geo_monitor.domain.layer import Layer
from geo_monitor.errors import Flaw
from geo_monitor.law.register import Register
from geo_monitor.supervision.grammar import CASE_KINDS
from geo_monitor.supervision.lint import figures, law, never, words
from geo_monitor.supervision.lint.desk import Desk
from geo_monitor.supervision.lint.twins import twins
from geo_monitor.supervision.model import DOMAINS, STATUSES, SupervisionModel


def _cases(desk: Desk) -> Iterator[Flaw]:
    for kind in CASE_KINDS:
        if not any(c.kind == kind for c in desk.model.cases):
            yield desk.flaw("too_few_cases", "cases", kind, f"at least one case under `{kind}:`")


RULES = (
    law.title,
    words.watched,
    words.needed,
    words.conditions,
    never.conditions,
    words.grouped,
    never.thresholds,
    figures.numbers,
    law.basis,
    _cases,
)


def lint(
    models: Iterable[SupervisionModel],
    layers: Mapping[str, Layer],
    register: Register,
    *,
    today: date | None = None,
) -> list[Flaw]:
    """All findings, by model id and then in the order of RULES; each with file, line, field and value.

    ``layers`` are all layers of the house by name, zones as entries of their own. ``today`` is the last day for which a
    legal basis is asked; by default the day up to which the register speaks.
    """
    chosen = sorted(models, key=lambda m: m.id)
    desks = [Desk(model, layers, register, today or register.compiled) for model in chosen]
    return [flaw for desk in desks for rule in RULES for flaw in rule(desk)] + list(twins(chosen))


def counts(models: Iterable[SupervisionModel]) -> dict[str, Any]:
    """How many there are: ``models``, ``by_status``, ``by_domain``, ``cases`` by kind."""
    chosen = list(models)
    statuses, domains = Counter(m.status for m in chosen), Counter(m.domain for m in chosen)
    kinds = Counter(c.kind for m in chosen for c in m.cases)
    return {
        "models": len(chosen),
        "by_status": {s: statuses[s] for s in STATUSES},
        "by_domain": {d: domains[d] for d in DOMAINS},
        "cases": {k: kinds[k] for k in CASE_KINDS},
    }
