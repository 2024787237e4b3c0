"""What the records of a model are counted over, and how many it takes."""

from __future__ import annotations

import re

from geo_monitor.supervision import grammar
from geo_monitor.supervision.conditions import read_pairs, read_records
from geo_monitor.supervision.model import GROUPS, Group, Having, Number, Threshold
from geo_monitor.supervision.nodes import At, hint
from geo_monitor.supervision.numbers import named


def read_group(at: At, numbers: dict[str, Number]) -> Group:
    parts = at.fields(grammar.GROUP_KEYS, required=("by", "any"))
    by = parts["by"].text() if "by" in parts else "record"
    kind = by if by in GROUPS else "layer"
    for name in grammar.GROUP_KEYS:
        if name in parts and name not in ("by", "any", *grammar.GROUP_ALLOWS[kind]):
            with_it = [k for k, allowed in grammar.GROUP_ALLOWS.items() if name in allowed]
            parts[name].flaw("not_here", f"only with by: {', '.join(with_it).replace('layer', 'a layer')}")
    for name in grammar.GROUP_ASKS[kind]:
        if name not in parts:
            at.flaw("missing_key", f"`by: {by}` needs `{name}:` beside it", value="")
    thresholds = tuple(_threshold(t, numbers) for t in parts["any"].entries()) if "any" in parts else ()
    if "any" in parts and parts["any"].is_list and not thresholds:
        parts["any"].flaw("empty", "at least one threshold")
    return Group(
        by,
        thresholds,
        size=named(parts, "size", numbers),
        reach=named(parts, "reach", numbers),
        apart=named(parts, "apart", numbers),
        of=parts["of"].text() if "of" in parts else "",
        same=read_pairs(parts["same"]) if "same" in parts else {},
        field=parts["field"].text() if "field" in parts else "",
    )


def _threshold(at: At, numbers: dict[str, Number]) -> Threshold:
    parts = at.fields(grammar.THRESHOLD_KEYS, required=("count",))
    for one, other in (("times", "baseline"), ("baseline", "times")):
        if one in parts and other not in parts:
            at.flaw("missing_key", f"`{one}` needs `{other}:` beside it", value="")
    sums = _inner(parts, "sum", grammar.SUM_KEYS)
    share = _inner(parts, "share", grammar.SHARE_KEYS)
    few = _inner(parts, "few", grammar.FEW_KEYS)
    return Threshold(
        path=at.path,
        count=named(parts, "count", numbers),
        distinct=_distinct(parts["distinct"]) if "distinct" in parts else "",
        window=named(parts, "window", numbers),
        having=_having(parts["having"], numbers) if "having" in parts else Having(),
        sum_field=sums["field"].text() if "field" in sums else "",
        sum=named(sums, "at_least", numbers),
        share=named(share, "at_least", numbers),
        share_having=_having(share["having"], numbers) if "having" in share else Having(),
        few_field=few["field"].text() if "field" in few else "",
        few=named(few, "at_most", numbers),
        times=named(parts, "times", numbers),
        baseline=named(parts, "baseline", numbers),
    )


def _inner(parts: dict[str, At], key: str, known: tuple[str, ...]) -> dict[str, At]:
    return parts[key].fields(known, required=known) if key in parts else {}


def _distinct(at: At) -> str:
    said = at.text()
    if re.fullmatch(grammar.DISTINCT_FORM, said):
        return said
    choices = (*grammar.DISTINCT, *(f"{of}<name>" for of in grammar.DISTINCT_OF))
    at.flaw("unknown_word", f"one of {', '.join(choices)}{hint(said, grammar.DISTINCT)}")
    return ""


def _having(at: At, numbers: dict[str, Number]) -> Having:
    parts = at.fields(grammar.HAVING_KEYS)
    tests = [k for k in parts if k in grammar.COMPARISONS]
    if at.is_mapping and not parts:
        at.flaw("empty", f"at least one of {', '.join(grammar.HAVING_KEYS)}")
    if ("field" in parts) != (len(tests) == 1) or len(tests) > 1:
        expected = f"`field:` and one of {', '.join(grammar.COMPARISONS)}, together"
        at.flaw("not_one_comparison", expected, value=", ".join(k for k in parts if k == "field" or k in tests))
        tests = []
    records = read_records(parts)
    return Having(
        records.category,
        records.source,
        records.evidence,
        field=parts["field"].text() if tests else "",
        op=grammar.COMPARISONS[tests[0]] if tests else "",
        number=named(parts, tests[0], numbers) if tests else "",
    )
