"""Models that ask the same and differ only in their numbers: they would raise every matter twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass

from geo_monitor.errors import Flaw
from geo_monitor.supervision.load import line_of
from geo_monitor.supervision.model import Number, SupervisionModel

#: Parts of conditions, groups and thresholds that hold the name of a number; ``needs`` follows from the rest.
NUMBERED = (
    *("at_most", "at_least", "bank", "before", "after", "passed", "number", "faster_than", "count"),
    *("window", "sum", "share", "few", "times", "baseline", "size", "reach", "apart"),
)


def twins(models: Iterable[SupervisionModel]) -> Iterator[Flaw]:
    """Of models in order of their ids, those that an earlier one has said already; retired ones may be succeeded."""
    first: dict[object, SupervisionModel] = {}
    for model in models:
        if model.status == "retired":
            continue
        key = tuple(_asked(part, model.numbers) for part in (model.watch, model.where, model.group))
        if key in first:
            expected = f"something that {first[key].id} does not ask already; they differ only in numbers"
            yield Flaw("twin", expected, model.file, line_of(model.file, "id"), "id", model.id)
        first.setdefault(key, model)


def _asked(part: object, numbers: Mapping[str, Number]) -> object:
    """The part without names and sizes of numbers (their kind stays), and without an order that means nothing."""
    if is_dataclass(part):
        said = {f.name: getattr(part, f.name) for f in fields(part) if f.name != "path"}
        return (
            type(part).__name__,
            *(
                (k, numbers[v].kind if k in NUMBERED and v in numbers else _asked(v, numbers))
                for k, v in sorted(said.items())
            ),
        )
    if isinstance(part, Mapping):
        return frozenset((k, _asked(v, numbers)) for k, v in part.items())
    if isinstance(part, tuple):
        return frozenset(_asked(v, numbers) for v in part) if not _ordered(part) else part
    return part


def _ordered(part: tuple[object, ...]) -> bool:
    """A pair of days or minutes, or a comparison: there the order means something."""
    return bool(part) and (isinstance(part[0], int) or (len(part) == 3 and part[1] in (">=", ">", "<=", "<")))
