"""Numbers of a model set anew, to see what would follow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from geo_monitor.errors import CallError, NotFoundError
from geo_monitor.supervision.grammar import QUANTITY
from geo_monitor.supervision.lint.figures import uses
from geo_monitor.supervision.model import UNITS, Number, SupervisionModel
from geo_monitor.supervision.nodes import hint

SHARES = (-0.2, -0.1, 0.1, 0.2)
STEPS = (-1.0, 1.0)


def with_numbers(model: SupervisionModel, settings: Mapping[str, str]) -> SupervisionModel:
    """The model with some of its numbers set anew, as texts like ``80 m``. Raises NotFoundError for a number that it
    does not have, CallError for a text that is no quantity of the same kind."""
    numbers = dict(model.numbers)
    for name, said in settings.items():
        if name not in numbers:
            raise NotFoundError("number of this model", name, [f"{n} ({numbers[n]})" for n in sorted(numbers)])
        numbers[name] = _set(model, numbers[name], said)
    return replace(model, numbers=numbers)


def _set(model: SupervisionModel, number: Number, said: str) -> Number:
    match = re.fullmatch(QUANTITY, said.strip())
    unit = (match.group(2) or "") if match else ""
    of_kind = [u for u, (kind, _) in UNITS.items() if kind == number.kind]
    wanted = f"a value like {number}" + (f" (units: {', '.join(of_kind)})" if of_kind != [""] else " without a unit")
    if match is None or unit not in of_kind:
        known = hint(unit, [u for u in UNITS if u]) if unit else ""
        raise CallError(f"{number.name}={said}: {wanted} is expected{known}")
    value = float(match.group(1))
    if number.kind != "count" and value < 0:
        raise CallError(f"{number.name}={said}: {wanted} is expected, not less than nothing")
    if number.name in _counts(model) and (value < 1 or value % 1):
        raise CallError(f"{number.name}={said}: a whole number from 1 on is expected: it counts")
    if replace(number, value=value, unit=unit).base > 1.0 and (
        number.kind == "share" or number.name in scores_of(model)
    ):
        raise CallError(f"{number.name}={said}: at most the whole is expected")
    if number.kind == "calendar" and value % 1:
        raise CallError(f"{number.name}={said}: whole days, months or years are expected")
    return replace(number, value=value, unit=unit)


def scores_of(model: SupervisionModel) -> set[str]:
    """Numbers from 0 to 1 that say how much alike two names are."""
    return {c.alike.at_least for c in model.places() if c.alike is not None}


def counted_only(model: SupervisionModel, name: str) -> bool:
    """Whether only thresholds speak of a number, so that the hits stay what they are when it is moved."""
    return all(use.path.startswith("group.any") for use in uses(model) if use.name == name)


def _counts(model: SupervisionModel) -> set[str]:
    """Numbers that count something: reports, people, days."""
    return {u.name for u in uses(model) if u.word in ("count", "few") and u.name}


def variations(model: SupervisionModel) -> Iterator[tuple[str, str, Number]]:
    """(number, change, the number changed): 10 and 20 % less and more, of what counts one less and one more; calendar
    days, months and years are rounded. A change that changes nothing is left out, and so is a count of none."""
    counted = _counts(model)
    for name, number in sorted(model.numbers.items()):
        seen = {number.value}
        for step in STEPS if name in counted else SHARES:
            value = number.value + step if name in counted else number.value * (1 + step)
            if number.kind == "calendar":
                value = float(np.floor(value + 0.5))
            value = round(value, 6)
            if value in seen or (value < 1 and name in counted):
                continue
            seen.add(value)
            yield name, f"{step:+.0f}" if name in counted else f"{100 * step:+.0f} %", replace(number, value=value)
