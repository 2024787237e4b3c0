"""What each record must meet: the entries of ``where:``, and the records that a model or a condition speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Literal, cast

from geo_monitor.supervision import grammar
from geo_monitor.supervision.model import (
    Alike,
    AnotherCondition,
    ClockCondition,
    Condition,
    Dated,
    DatesCondition,
    HoursCondition,
    Number,
    Op,
    PlaceCondition,
    Records,
    Relation,
    SeasonCondition,
    UnusualCondition,
    Validity,
    ValueCondition,
    Watch,
)
from geo_monitor.supervision.nodes import At
from geo_monitor.supervision.numbers import named

_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def read_watch(at: At) -> Watch:
    parts = at.fields(grammar.WATCH_KEYS)
    if "layer" in parts:
        for name in grammar.RECORDS_KEYS:
            if name in parts:
                parts[name].flaw("not_both", "either incidents (category, source, evidence) or a layer", value=name)
        return Watch(
            layer=parts["layer"].text(),
            where=_filter(parts),
            valid=parts["valid"].choice(grammar.WATCH_VALIDITIES) if "valid" in parts else "",
            dated=_text(parts, "dated"),
        )
    for name in grammar.WATCHED_LAYER_KEYS:
        if name in parts:
            parts[name].flaw("not_both", "only with `layer:`", value=name)
    return Watch(*_records(parts))


def read_conditions(
    at: At, numbers: dict[str, Number], known: Sequence[str] = grammar.CONDITIONS
) -> tuple[Condition, ...]:
    """A list of conditions; those that cannot be read are faults and left out."""
    read = (_condition(entry, numbers, known) for entry in at.entries())
    return tuple(c for c in read if c is not None)


def _condition(at: At, numbers: dict[str, Number], known: Sequence[str], without: bool = False) -> Condition | None:
    """A mapping with one word of the grammar, perhaps under ``without:``."""
    path = at.path.removesuffix(".without")
    told = len(at.book.flaws)
    parts = at.fields(("without", *known, *grammar.PLACE_KEYS))
    heads = [k for k in parts if k not in grammar.PLACE_KEYS]
    if len(heads) != 1:
        if heads or len(at.book.flaws) == told:  # a misspelt word was told already
            expected = f"one condition of {', '.join(known)}, or without: one of them"
            at.flaw("not_one_condition", expected, value=", ".join(heads))
        return None
    head = heads[0]
    body = parts[head]
    if head in grammar.RELATIONS:
        return _place(head, parts, path, numbers, without)
    for name, part in parts.items():
        if name != head:
            expected = "beside the relation, inside `without:`" if head == "without" else f"not beside `{head}:`"
            part.flaw("not_here", expected, value=name)
    if head == "without":
        if without:
            body.flaw("twice_without", "`without` once")
            return None
        return _condition(body, numbers, known, without=True)
    if head == "season":
        return _season(body, path, without)
    if head == "dates":
        return DatesCondition(path, tuple(_days(entry) for entry in body.entries()), without)
    if head == "hours":
        return HoursCondition(path, tuple(_hours(entry) for entry in body.entries()), without)
    if head == "value":
        return _value(body, path, numbers, without)
    if head == "unusual":
        return _unusual(body, path, numbers, without)
    if head == "clock":
        return _clock(body, path, numbers, without)
    return _another(body, path, numbers, without)


# ---- place ---------------------------------------------------------------------------------------------------


def _place(
    relation: Relation, parts: dict[str, At], path: str, numbers: dict[str, Number], without: bool
) -> PlaceCondition:
    """``within: zones``, ``within: {of: zones, where: {…}}`` or ``{within: zones, where: {…}}``: the same."""
    body, asked = parts[relation], dict(parts)
    if body.is_mapping:
        inner = body.fields(("of", *grammar.PLACE_KEYS), required=("of",))
        for name in grammar.PLACE_KEYS:
            if name in parts:
                parts[name].flaw("not_here", "all of it inside the word, or all beside it", value=name)
        asked |= inner
        layer = _text(inner, "of")
    else:
        layer = body.text()
    needed = grammar.RELATION_ASKS[relation]
    for name in grammar.PLACE_KEYS:
        if name in asked and name not in needed and name not in grammar.FEATURE_KEYS:
            with_it = [r for r, asks in grammar.RELATION_ASKS.items() if name in asks]
            asked[name].flaw("not_here", f"`{relation}` has no `{name}`; {', '.join(with_it)} have it")
        if name in needed and name not in asked:
            body.flaw("missing_key", f"`{relation}` needs `{name}:` beside it", value="")
    if relation == "matching" and not {"same", "alike"} & set(asked):
        body.flaw("missing_key", "`matching` needs `same:` or `alike:` beside it", value="")
    return PlaceCondition(
        path=path,
        relation=relation,
        layer=layer,
        at_most=named(asked, "at_most", numbers),
        at_least=named(asked, "at_least", numbers),
        bank=named(asked, "bank", numbers),
        side=cast(Literal["left", "right"], asked["side"].choice(grammar.SIDES)) if "side" in asked else "",
        where=_filter(asked),
        valid=cast(Validity, asked["valid"].choice(grammar.VALIDITIES)) if "valid" in asked else "",
        dated=_dated(asked["dated"], numbers) if "dated" in asked else None,
        same=read_pairs(asked["same"]) if "same" in asked else {},
        alike=_alike(asked["alike"], numbers) if "alike" in asked else None,
        compare=_compare(asked["compare"]) if "compare" in asked else (),
        without=without,
    )


def _filter(parts: dict[str, At]) -> dict[str, tuple[str, ...]]:
    """``where: {grade: ["1"], status: [active, suspended]}``: field → words, one of which it must be."""
    if "where" not in parts:
        return {}
    return {name: (value.texts() if value.is_list else (value.text(),)) for name, value in parts["where"].items()}


def read_pairs(at: At) -> dict[str, str]:
    """``{credit_code: code}``: field of the record → field of the feature."""
    pairs = {name: value.text() for name, value in at.items()}
    if at.is_mapping and not pairs:
        at.flaw("empty", "at least one `field of the record: field of the feature`")
    return pairs


def _dated(at: At, numbers: dict[str, Number]) -> Dated:
    parts = at.fields(grammar.DATED_KEYS, required=("field",))
    _one_side(at, parts)
    return Dated(
        _text(parts, "field"),
        before=named(parts, "before", numbers, ever=True),
        after=named(parts, "after", numbers, ever=True),
    )


def _alike(at: At, numbers: dict[str, Number]) -> Alike:
    parts = at.fields(grammar.ALIKE_KEYS, required=grammar.ALIKE_KEYS)
    return Alike(read_pairs(parts["fields"]) if "fields" in parts else {}, named(parts, "at_least", numbers))


def _compare(at: At) -> tuple[tuple[str, Op, str], ...]:
    """``{flow: {less_than: approved_flow}}``."""
    found: list[tuple[str, Op, str]] = []
    for name, value in at.items():
        asked = value.fields(tuple(grammar.COMPARISONS))
        if value.is_mapping and not asked:
            value.flaw("not_one_comparison", f"one of {', '.join(grammar.COMPARISONS)}", value="")
        found += [(name, grammar.COMPARISONS[word], other.text()) for word, other in asked.items()]
    return tuple(found)


# ---- time ----------------------------------------------------------------------------------------------------


def _season(at: At, path: str, without: bool) -> SeasonCondition:
    parts = at.fields(grammar.SEASON_KEYS, required=grammar.SEASON_KEYS)
    start = _day_of_year(parts["from"]) if "from" in parts else (1, 1)
    end = _day_of_year(parts["to"]) if "to" in parts else (12, 31)
    return SeasonCondition(path, start, end, without)


def _day_of_year(at: At) -> tuple[int, int]:
    match = re.fullmatch(grammar.DAY_OF_YEAR, at.text())
    if match:
        month, day = int(match.group(1)), int(match.group(2))
        if 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]:
            return month, day
    at.flaw("not_a_day", "month and day, like 03-01")
    return 1, 1


def _days(at: At) -> tuple[str, str]:
    match = re.fullmatch(grammar.DAYS_SPAN, at.text())
    if match:
        start, end = match[1], match[2] or match[1]
        try:
            date.fromisoformat(start), date.fromisoformat(end)
            return start, end
        except ValueError:
            pass
    at.flaw("not_days", "a day or a span of days, like 2026-02-17 or 2026-02-20/2026-02-24")
    return "2026-01-01", "2026-01-01"


def _hours(at: At) -> tuple[int, int]:
    match = re.fullmatch(grammar.HOURS_SPAN, at.text())
    if match and int(match[2]) < 60 and int(match[4]) < 60:
        start, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
        if start < 1440 and end <= 1440 and start != end:
            return start, end
    at.flaw("not_hours", "a span of the day, like 11:00-13:00 (all of it: 00:00-24:00)")
    return 0, 1440


def _clock(at: At, path: str, numbers: dict[str, Number], without: bool) -> ClockCondition:
    parts = at.fields(grammar.CLOCK_KEYS, required=grammar.CLOCK_KEYS)
    return ClockCondition(path, _text(parts, "since"), named(parts, "passed", numbers), without)


# ---- values --------------------------------------------------------------------------------------------------


def _value(at: At, path: str, numbers: dict[str, Number], without: bool) -> ValueCondition | None:
    parts = at.fields(grammar.VALUE_KEYS, required=("field",))
    asked = [k for k in parts if k != "field"]
    if len(asked) != 1:
        if at.is_mapping:
            at.flaw("not_one_comparison", f"one of {', '.join(grammar.VALUE_TESTS)}", value=", ".join(asked))
        return None
    name, word = _text(parts, "field"), asked[0]
    if word == "one_of":
        return ValueCondition(path, name, "one_of", words=parts[word].texts(), without=without)
    if word == "present":
        parts[word].yes()
        return ValueCondition(path, name, "present", without=without)
    op = grammar.COMPARISONS[word]
    return ValueCondition(path, name, op, number=named(parts, word, numbers), without=without)


def _unusual(at: At, path: str, numbers: dict[str, Number], without: bool) -> UnusualCondition | None:
    parts = at.fields(grammar.UNUSUAL_KEYS, required=("field", "of"))
    sides = [k for k in ("below", "above") if k in parts]
    if len(sides) != 1:
        if at.is_mapping:
            at.flaw("not_one_comparison", "one of below, above", value=", ".join(sides))
        return None
    of = parts["of"].choice(grammar.USUAL_OF) if "of" in parts else "peers"
    if of == "same_month" and "period" in parts:
        parts["period"].flaw("not_here", "only `of: peers` has a period; the same month is one already")
    return UnusualCondition(
        path,
        _text(parts, "field"),
        sides[0],
        named(parts, sides[0], numbers),
        cast(Literal["same_month", "peers"], of),
        per=_text(parts, "per"),
        period=(
            cast(Literal["month", "quarter", "year"], parts["period"].choice(grammar.USUAL_PERIODS))
            if "period" in parts
            else ""
        ),
        without=without,
    )


# ---- other records -------------------------------------------------------------------------------------------


def _records(parts: dict[str, At]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Category, source, evidence."""
    category, source, evidence = (parts[k].texts() if k in parts else () for k in grammar.RECORDS_KEYS)
    return category, source, evidence


def read_records(parts: dict[str, At]) -> Records:
    return Records(*_records(parts))


def _another(at: At, path: str, numbers: dict[str, Number], without: bool) -> AnotherCondition:
    parts = at.fields(grammar.ANOTHER_KEYS, required=("category",))
    _one_side(at, parts)
    between: dict[str, At] = {}
    if "without_between" in parts:
        between = parts["without_between"].fields(grammar.BETWEEN_KEYS, required=("category",))
    if "independent" in parts:
        parts["independent"].yes()
    return AnotherCondition(
        path=path,
        records=read_records(parts),
        at_most=named(parts, "at_most", numbers),
        before=named(parts, "before", numbers, ever=True),
        after=named(parts, "after", numbers, ever=True),
        same=parts["same"].texts() if "same" in parts else (),
        independent="independent" in parts,
        faster_than=named(parts, "faster_than", numbers),
        count=named(parts, "count", numbers),
        where=read_conditions(parts["where"], numbers, grammar.OF_ONE_RECORD) if "where" in parts else (),
        between=read_records(between) if "without_between" in parts else None,
        between_where=read_conditions(between["where"], numbers, grammar.OF_ONE_RECORD) if "where" in between else (),
        without=without,
    )


def _one_side(at: At, parts: dict[str, At]) -> None:
    if at.is_mapping and not {"before", "after"} & set(parts):
        at.flaw("missing_key", "`before:` or `after:`, with the name of a time or `any`", value="")


def _text(parts: dict[str, At], key: str) -> str:
    return parts[key].text() if key in parts else ""
