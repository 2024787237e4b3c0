"""The tiny worlds that a model carries with it, and what it must say about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from geo_monitor.supervision import grammar
from geo_monitor.supervision.model import Case
from geo_monitor.supervision.nodes import At


def read_cases(at: At) -> tuple[Case, ...]:
    cases: list[Case] = []
    for kind, group in at.fields(grammar.CASE_KINDS).items():
        for one in group.entries():
            case = _case(kind, one)
            if any(case.name == c.name for c in cases):
                one.flaw("repeated_name", "each case has a name of its own", value=case.name)
            cases.append(case)
    return tuple(cases)


def _case(kind: str, at: At) -> Case:
    required = ("name", "leads") if kind == "edge" else ("name",)
    parts = at.fields(grammar.CASE_KEYS, required=required)
    layers: dict[str, tuple[Mapping[str, Any], ...]] = {}
    if "layers" in parts:
        layers = {
            name: tuple(_row(f, grammar.CASE_FEATURE_KEYS, ("id",)) for f in v.entries())
            for name, v in parts["layers"].items()
        }
    incidents: tuple[Mapping[str, Any], ...] = ()
    if "incidents" in parts:
        incidents = tuple(_row(i, grammar.CASE_INCIDENT_KEYS, ("at", "on")) for i in parts["incidents"].entries())
    leads = parts["leads"].texts() if "leads" in parts else ()
    if kind == "hit" and not leads and at.is_mapping:
        at.flaw("no_leads", "a hit says which leads it makes: `leads: [id, …]`", value="")
    if kind == "miss" and leads:
        parts["leads"].flaw("leads", "a miss makes no leads")
    as_of = _moment(parts["as_of"]) if "as_of" in parts else ""
    return Case(
        kind=kind,
        name=parts["name"].text() if "name" in parts else "",
        layers=layers,
        incidents=incidents,
        leads=leads,
        as_of=as_of,
        line=at.line,
    )


def _row(at: At, keys: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
    """A feature or an incident of a case, its values read; times stay as written but are known to be
    times."""
    row: dict[str, Any] = {}
    for name, value in at.fields(keys, required).items():
        if name in grammar.SHAPES:
            row[name] = _shape(name, value)
        elif name in ("properties", "attributes"):
            row[name] = {k: v.value() for k, v in value.items()}
        elif name == "evidence":
            row[name] = value.texts()
        elif name in ("on", "valid_from", "valid_to"):
            row[name] = _moment(value)
        elif name == "accuracy_m":
            row[name] = value.number()
        else:
            row[name] = value.text()
    if sum(name in grammar.SHAPES for name in row) > 1:
        at.flaw("two_shapes", f"one of {', '.join(grammar.SHAPES)}")
    return row


def _moment(at: At) -> str:
    """ISO day or local time, kept as written."""
    said = at.text()
    try:
        if datetime.fromisoformat(said).tzinfo is None:
            return said
    except ValueError:
        pass
    at.flaw("not_a_time", "a day or a local time, like 2026-09-01 or 2026-09-01 10:00")
    return "2026-01-01"


def _shape(name: str, at: At) -> tuple[Any, ...]:
    """Metres: a point, a box, or the points of a line or polygon."""
    before = len(at.book.flaws)
    if name in ("at", "box"):
        numbers: tuple[Any, ...] = tuple(v.number() for v in at.entries())
        good = len(numbers) == (2 if name == "at" else 4)
        if good and name == "box":
            good = numbers[0] < numbers[2] and numbers[1] < numbers[3]
    else:
        numbers = tuple(tuple(v.number() for v in p.entries()) for p in at.entries())
        good = len(numbers) >= (2 if name == "line" else 3) and all(len(p) == 2 for p in numbers)
    if not good and len(at.book.flaws) == before:
        at.flaw("not_a_shape", f"{grammar.SHAPES[name]} in metres east and north of the origin")
    return numbers
