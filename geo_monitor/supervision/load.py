"""Reads model files. All faults of all files are collected and told together: file, line, field, value,
expected.

The file is read as YAML *nodes*, not as Python values, for two reasons: every fault can name its line, and
nothing is guessed on the way (``11:00`` would become 660, ``03-01`` a date, ``no`` a falsehood).

What this module refuses is what cannot be read as a model. What can be read but should not run (an unknown
layer, a number without a basis, a repealed law) is for ``lint``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

import yaml

from geo_monitor.domain.lead import URGENCIES
from geo_monitor.domain.words import Words
from geo_monitor.errors import Flaw, ModelError
from geo_monitor.supervision.model import (
    DOMAINS,
    STATUSES,
    TRACKS,
    UNITS,
    Case,
    Condition,
    Group,
    HoursCondition,
    LeadTemplate,
    Number,
    PlaceCondition,
    Relation,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    Validity,
    ValueCondition,
    Watch,
)

#: The models shipped with the package.
LIBRARY = Path(__file__).parent / "library"

RELATIONS = get_args(Relation)
VALIDITIES = tuple(v for v in get_args(Validity) if v)
WATCH_VALIDITIES = ("on_day", "expired_on_day")
CONDITIONS = (*RELATIONS, "season", "hours", "value")
COMPARISONS: Mapping[str, Literal[">=", ">", "<=", "<"]] = {
    "at_least": ">=",
    "more_than": ">",
    "at_most": "<=",
    "less_than": "<",
}
CASE_KINDS = ("hit", "miss", "edge")
#: How a case says where something is: metres east and north of its origin.
SHAPES = {
    "at": "[x, y]",
    "line": "[[x, y], …]",
    "polygon": "[[x, y], …]",
    "box": "[west, south, east, north]",
}
#: Numbers written where they are used, instead of under ``numbers``, get names that begin so; ``lint``
#: refuses them.
INLINE = "inline:"

_ID = re.compile(r"[A-Z]{2,4}-\d{3}[A-Z]?")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)\s*([a-z]*)")
_DAY_OF_YEAR = re.compile(r"(\d{2})-(\d{2})")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def load_models(folders: Sequence[Path]) -> dict[str, SupervisionModel]:
    """Every ``*.yaml`` below the folders, id → model, sorted by id. A folder that does not exist holds no
    models.

    Raises ModelError with the faults of all files together; an id that two files claim is a fault of the
    second.
    """
    models: dict[str, SupervisionModel] = {}
    flaws: list[Flaw] = []
    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            try:
                model = load_model(path)
            except ModelError as e:
                flaws += e.flaws
                continue
            if model.id in models:
                expected = f"an id of its own; {models[model.id].file} has this one"
                line = line_of(path, "id")
                flaws.append(Flaw("repeated_id", expected, file=str(path), row=line, field="id", value=model.id))
            models.setdefault(model.id, model)
    if flaws:
        raise ModelError(flaws)
    return dict(sorted(models.items()))


def load_model(path: Path) -> SupervisionModel:
    """One model. Raises ModelError with every fault of the file."""
    book = _Book(str(path))
    try:
        raw = path.read_bytes()
    except OSError as e:
        raise ModelError(Flaw("not_readable", f"a file that can be read ({e.strerror})", file=str(path))) from e
    root = book.root(raw)
    model = None if root is None else _model(root, str(path), hashlib.sha256(raw).hexdigest())
    if book.flaws or model is None:
        raise ModelError(sorted(book.flaws, key=lambda f: f.row or 0))
    return model


def line_of(file: Path | str, path: str) -> int | None:
    """The line on which the part of the file with this path (``where[0]``, ``lead.legal_basis``) stands, or
    of the nearest part around it; None if the file cannot be read."""
    try:
        root = yaml.compose(Path(file).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    node, line = root, 1
    for step in re.findall(r"[^.\[\]]+", path):
        found = None
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if getattr(k, "value", None) == step), None)
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            found = (node.value[int(step)], node.value[int(step)])
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


# ---- nodes that know where they stand ------------------------------------------------------------------


class _Book:
    """The faults of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.flaws: list[Flaw] = []

    def root(self, raw: bytes) -> _At | None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            node = yaml.compose(raw.decode("utf-8-sig"), Loader=loader)
        except UnicodeDecodeError as e:
            self.flaws.append(Flaw("not_utf8", f"a file in UTF-8 ({e.reason} at byte {e.start})", file=self.file))
            return None
        except yaml.YAMLError as e:
            mark = getattr(e, "problem_mark", None)
            line = mark.line + 1 if mark else None
            said = getattr(e, "problem", None) or str(e)
            self.flaws.append(Flaw("not_yaml", f"YAML that can be read ({said})", file=self.file, row=line))
            return None
        if not isinstance(node, yaml.MappingNode):
            self.flaws.append(Flaw("not_a_model", "a model is a mapping that begins with `id:`", file=self.file, row=1))
            return None
        return _At(self, node, "")


@dataclass(frozen=True)
class _At:
    """A node, its path in the file, and the book in which faults are written. Reading methods return a value
    of the right kind also after a fault, so that the rest of the file is read as well."""

    book: _Book
    node: yaml.Node
    path: str

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def raw(self) -> str:
        """What stands there, shortened, for a message."""
        if isinstance(self.node, yaml.ScalarNode):
            return str(self.node.value)[:80]
        return "a mapping" if isinstance(self.node, yaml.MappingNode) else "a list"

    def flaw(self, reason: str, expected: str, value: str | None = None) -> None:
        shown = self.raw if value is None else value
        self.book.flaws.append(Flaw(reason, expected, file=self.book.file, row=self.line, field=self.path, value=shown))

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def items(self) -> Iterator[tuple[str, _At]]:
        """Key and value of a mapping; a repeated key is a fault (the second would silently win)."""
        if not isinstance(self.node, yaml.MappingNode):
            self.flaw("not_a_mapping", "`key: value` pairs")
            return
        seen: set[str] = set()
        for key, value in self.node.value:
            name = str(getattr(key, "value", ""))
            at = _At(self.book, value, f"{self.path}.{name}".lstrip("."))
            if name in seen:
                _At(self.book, key, at.path).flaw("repeated_key", "each key once")
                continue
            seen.add(name)
            yield name, at

    def fields(self, known: Sequence[str], required: Sequence[str] = ()) -> dict[str, _At]:
        """The values of a mapping with a closed set of keys."""
        found: dict[str, _At] = {}
        for name, at in self.items():
            if name in known:
                found[name] = at
            else:
                expected = f"one of {', '.join(known)}{_hint(name, known)}"
                at.flaw("unknown_word", expected, value=name)
        if self.is_mapping:
            for name in required:
                if name not in found:
                    field = f"{self.path}.{name}".lstrip(".")
                    flaw = Flaw("missing_key", f"`{name}:` is needed here", self.book.file, self.line, field)
                    self.book.flaws.append(flaw)
        return found

    def entries(self) -> list[_At]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.flaw("not_a_list", "a list: [a, b] or lines that begin with `- `")
            return []
        return [_At(self.book, n, f"{self.path}[{k}]") for k, n in enumerate(self.node.value)]

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self.flaw("not_a_text", "a text")
            return ""
        return str(self.node.value)

    def texts(self) -> tuple[str, ...]:
        return tuple(at.text() for at in self.entries())

    def choice(self, choices: Sequence[str]) -> str:
        said = self.text()
        if said not in choices:
            self.flaw("unknown_word", f"one of {', '.join(choices)}{_hint(said, choices)}")
            return choices[0]
        return said

    def number(self) -> float:
        try:
            return float(self.text())
        except ValueError:
            self.flaw("not_a_number", "a number")
            return 0.0

    def words(self) -> Words:
        """``{zh: …, en: …}``: both, because half of the office reads the one and the auditors the other."""
        at = self.fields(("zh", "en", "bo"), required=("zh", "en"))
        said = {k: v.text().strip() for k, v in at.items()}
        for key, value in said.items():
            if not value:
                at[key].flaw("empty", "words")
        return Words(said.get("zh", ""), said.get("en", ""), said.get("bo"))

    def value(self) -> Any:
        """A free value: number, flag, nothing, else the text as it is written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.flaw("not_a_value", "a text or a number")
            return None
        kind = self.node.tag.rsplit(":", 1)[-1]
        if kind == "null":
            return None
        if kind == "bool":
            return self.node.value.lower() in ("true", "yes", "on")
        if kind in ("int", "float"):
            try:
                number = float(self.node.value)
            except ValueError:
                return str(self.node.value)
            return int(number) if kind == "int" else number
        return str(self.node.value)


def _hint(said: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(said, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


# ---- the parts of a model --------------------------------------------------------------------------------

_MODEL_KEYS = (
    "id",
    "version",
    "status",
    "title",
    "track",
    "domain",
    "urgency",
    "watch",
    "numbers",
    "where",
    "group",
    "lead",
    "cases",
)


def _model(root: _At, file: str, digest: str) -> SupervisionModel:
    at = root.fields(_MODEL_KEYS, required=[k for k in _MODEL_KEYS if k not in ("numbers", "where")])
    numbers = _numbers(at["numbers"]) if "numbers" in at else {}
    model_id = at["id"].text() if "id" in at else ""
    if "id" in at and not _ID.fullmatch(model_id):
        at["id"].flaw("not_an_id", "letters, a dash and three digits, like RIV-001")
    version = 1
    if "version" in at:
        said = at["version"].text()
        if said.isdigit() and int(said) >= 1:
            version = int(said)
        else:
            at["version"].flaw("not_a_version", "a whole number from 1 on")
    watch = _watch(at["watch"]) if "watch" in at else Watch()
    conditions = [_condition(entry, numbers) for entry in at["where"].entries()] if "where" in at else []
    where = tuple(c for c in conditions if c is not None)
    group = _group(at["group"], numbers) if "group" in at else Group("record", ())
    return SupervisionModel(
        id=model_id,
        version=version,
        status=at["status"].choice(STATUSES) if "status" in at else "draft",
        title=at["title"].words() if "title" in at else Words("", ""),
        track=at["track"].choice(TRACKS) if "track" in at else TRACKS[0],
        domain=at["domain"].choice(DOMAINS) if "domain" in at else DOMAINS[0],
        urgency=at["urgency"].choice(URGENCIES) if "urgency" in at else URGENCIES[0],
        watch=watch,
        where=where,
        group=group,
        numbers=numbers,
        lead=_lead(at["lead"], group, watch) if "lead" in at else LeadTemplate("", (), (), (), Words("", "")),
        cases=_cases(at["cases"]) if "cases" in at else (),
        file=file,
        hash=digest,
    )


def _numbers(at: _At) -> dict[str, Number]:
    numbers: dict[str, Number] = {}
    for name, entry in at.items():
        if not _NAME.fullmatch(name):
            entry.flaw("not_a_name", "small letters, digits and _, like bank_m", value=name)
            continue
        parts = entry.fields(("value", "basis", "note"), required=("value",))
        value, unit = _quantity(parts["value"]) if "value" in parts else (1.0, "")
        numbers[name] = Number(
            name,
            value,
            unit,
            parts["basis"].text() if "basis" in parts else "",
            parts["note"].text() if "note" in parts else "",
        )
    return numbers


def _quantity(at: _At) -> tuple[float, str]:
    """``50 m``, ``30 d``, ``2``."""
    match = _QUANTITY.fullmatch(at.text().strip())
    if not match or match.group(2) not in UNITS:
        at.flaw("not_a_quantity", f"a number with a unit ({', '.join(u for u in UNITS if u)}) or a plain count")
        return 1.0, ""
    return float(match.group(1)), match.group(2)


def _named(at: _At, numbers: dict[str, Number]) -> str:
    """The name of a number; a number written in place is read under a name that ``lint`` knows and
    refuses."""
    said = at.text().strip()
    if said in numbers:
        return said
    if _QUANTITY.fullmatch(said):
        value, unit = _quantity(at)
        name = f"{INLINE}{at.path}"
        numbers[name] = Number(name, value, unit, "")
        return name
    known = [n for n in numbers if not n.startswith(INLINE)]
    at.flaw("unknown_number", f"a name that stands under `numbers:` (there are: {', '.join(known) or 'none'})")
    return ""


def _filter(at: _At) -> dict[str, tuple[str, ...]]:
    """``{grade: ["1"], status: [active, suspended]}``: field → words, one of which it must be."""
    return {name: (value.texts() if value.is_list else (value.text(),)) for name, value in at.items()}


def _watch(at: _At) -> Watch:
    parts = at.fields(("category", "source", "evidence", "layer", "where", "valid"))
    if "layer" in parts:
        for name in ("category", "source", "evidence"):
            if name in parts:
                parts[name].flaw("not_both", "either incidents (category, source, evidence) or a layer", value=name)
        return Watch(
            layer=parts["layer"].text(),
            where=_filter(parts["where"]) if "where" in parts else {},
            valid=parts["valid"].choice(WATCH_VALIDITIES) if "valid" in parts else "",
        )
    for name in ("where", "valid"):
        if name in parts:
            parts[name].flaw("not_both", "only with `layer:`", value=name)
    read = {k: parts[k].texts() if k in parts else () for k in ("category", "source", "evidence")}
    return Watch(read["category"], read["source"], read["evidence"])


def _condition(at: _At, numbers: dict[str, Number], without: bool = False) -> Condition | None:
    """A mapping with one word of the grammar, perhaps under ``without:``."""
    path = at.path.removesuffix(".without")
    parts = at.fields(("without", *CONDITIONS, "at_most", "where", "valid"))
    heads = [k for k in parts if k in ("without", *CONDITIONS)]
    if len(heads) != 1:
        if at.is_mapping:
            at.flaw(
                "not_one_condition",
                f"one condition of {', '.join(CONDITIONS)}, or without: one of them",
                value=", ".join(heads),
            )
        return None
    head = heads[0]
    if head not in RELATIONS:
        for extra in ("at_most", "where", "valid"):
            if extra in parts:
                parts[extra].flaw("unknown_word", f"only beside {', '.join(RELATIONS)}", value=extra)
    if head == "without":
        if without:
            parts[head].flaw("twice_without", "`without` once")
            return None
        return _condition(parts[head], numbers, without=True)
    if head == "season":
        return _season(parts[head], path, without)
    if head == "hours":
        return _hours(parts[head], path, without)
    if head == "value":
        return _value(parts[head], path, numbers, without)
    return _place(head, parts, path, numbers, without)


def _place(head: str, parts: dict[str, _At], path: str, numbers: dict[str, Number], without: bool) -> PlaceCondition:
    """``within: zones``, ``within: {of: zones, where: {…}}`` or ``{within: zones, where: {…}}``: the same."""
    body, asked = parts[head], dict(parts)
    if body.is_mapping:
        inner = body.fields(("of", "at_most", "where", "valid"), required=("of",))
        for name in set(inner) & {"at_most", "where", "valid"} & set(parts):
            inner[name].flaw("repeated_key", "each key once")
        asked |= inner
        layer = inner["of"].text() if "of" in inner else ""
    else:
        layer = body.text()
    at_most = _named(asked["at_most"], numbers) if "at_most" in asked else ""
    if head == "within" and "at_most" in asked:
        asked["at_most"].flaw("not_here", "`within` has no distance; use within_distance")
    elif head != "within" and "at_most" not in asked:
        body.flaw("missing_key", f"{head} needs `at_most:` with the name of a distance", value="")
    return PlaceCondition(
        path=path,
        relation=cast(Relation, head),
        layer=layer,
        at_most=at_most,
        where=_filter(asked["where"]) if "where" in asked else {},
        valid=cast(Validity, asked["valid"].choice(VALIDITIES)) if "valid" in asked else "",
        without=without,
    )


def _season(at: _At, path: str, without: bool) -> SeasonCondition:
    parts = at.fields(("from", "to"), required=("from", "to"))
    start = _day_of_year(parts["from"]) if "from" in parts else (1, 1)
    end = _day_of_year(parts["to"]) if "to" in parts else (12, 31)
    return SeasonCondition(path, start, end, without)


def _day_of_year(at: _At) -> tuple[int, int]:
    match = _DAY_OF_YEAR.fullmatch(at.text())
    if match:
        month, day = int(match.group(1)), int(match.group(2))
        if 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]:
            return month, day
    at.flaw("not_a_day", "month and day, like 03-01")
    return 1, 1


def _hours(at: _At, path: str, without: bool) -> HoursCondition:
    spans = []
    for part in at.entries():
        match = _SPAN.fullmatch(part.text())
        start, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (-1, -1)
        if match and int(match[2]) < 60 and int(match[4]) < 60 and 0 <= start < 1440 and 0 <= end <= 1440:
            spans.append((start, end))
        else:
            part.flaw("not_hours", "a span of the day, like 11:00-13:00")
    return HoursCondition(path, tuple(spans), without)


def _value(at: _At, path: str, numbers: dict[str, Number], without: bool) -> ValueCondition | None:
    parts = at.fields(("field", *COMPARISONS, "one_of"), required=("field",))
    asked = [k for k in parts if k != "field"]
    if len(asked) != 1:
        at.flaw("not_one_comparison", f"one of {', '.join((*COMPARISONS, 'one_of'))}", value=", ".join(asked))
        return None
    name = parts["field"].text() if "field" in parts else ""
    if asked[0] == "one_of":
        return ValueCondition(path, name, "one_of", words=parts["one_of"].texts(), without=without)
    return ValueCondition(path, name, COMPARISONS[asked[0]], number=_named(parts[asked[0]], numbers), without=without)


def _group(at: _At, numbers: dict[str, Number]) -> Group:
    parts = at.fields(("by", "size", "reach", "any"), required=("by", "any"))
    by = parts["by"].text() if "by" in parts else ""
    if by == "cell" and "size" not in parts:
        at.flaw("missing_key", "a cell needs `size:` with the name of a length", value="")
    if by != "cell" and "size" in parts:
        parts["size"].flaw("not_here", "only a cell has a size")
    if by in ("cell", "record") and "reach" in parts:
        parts["reach"].flaw("not_here", "only a layer has a reach")
    thresholds = tuple(_threshold(t, numbers) for t in parts["any"].entries()) if "any" in parts else ()
    if "any" in parts and parts["any"].is_list and not thresholds:
        parts["any"].flaw("empty", "at least one threshold")
    return Group(
        by,
        thresholds,
        size=_named(parts["size"], numbers) if "size" in parts else "",
        reach=_named(parts["reach"], numbers) if "reach" in parts else "",
    )


def _threshold(at: _At, numbers: dict[str, Number]) -> Threshold:
    parts = at.fields(("count", "distinct", "window", "having"), required=("count",))
    having: tuple[str, ...] = ()
    if "having" in parts:
        inner = parts["having"].fields(("evidence",), required=("evidence",))
        having = inner["evidence"].texts() if "evidence" in inner else ()
    return Threshold(
        path=at.path,
        count=_named(parts["count"], numbers) if "count" in parts else "",
        distinct=cast(Literal["reporter"], parts["distinct"].choice(("reporter",))) if "distinct" in parts else "",
        window=_named(parts["window"], numbers) if "window" in parts else "",
        having_evidence=having,
    )


def _lead(at: _At, group: Group, watch: Watch) -> LeadTemplate:
    """``about`` is by default what the hits are counted over; of single records the incident, or the watched
    layer."""
    parts = at.fields(
        ("about", "legal_basis", "agencies", "criminal_screen", "guide"),
        required=("legal_basis", "agencies", "guide"),
    )
    usual = group.by if group.by != "record" else watch.layer or "incident"
    return LeadTemplate(
        about=parts["about"].text() if "about" in parts else usual,
        legal_basis=parts["legal_basis"].texts() if "legal_basis" in parts else (),
        agencies=parts["agencies"].texts() if "agencies" in parts else (),
        criminal_screen=parts["criminal_screen"].texts() if "criminal_screen" in parts else (),
        guide=parts["guide"].words() if "guide" in parts else Words("", ""),
    )


# ---- cases -----------------------------------------------------------------------------------------------

_FEATURE_KEYS = ("id", *SHAPES, "properties", "parent", "valid_from", "valid_to")
_INCIDENT_KEYS = (
    "name",
    "at",
    "on",
    "category",
    "source",
    "reporter",
    "evidence",
    "accuracy_m",
    "attributes",
)


def _cases(at: _At) -> tuple[Case, ...]:
    cases: list[Case] = []
    for kind, group in at.fields(CASE_KINDS).items():
        for one in group.entries():
            case = _case(kind, one)
            if any(case.name == c.name for c in cases):
                one.flaw("repeated_name", "each case has a name of its own", value=case.name)
            cases.append(case)
    return tuple(cases)


def _case(kind: str, at: _At) -> Case:
    required = ("name", "leads") if kind == "edge" else ("name",)
    parts = at.fields(("name", "as_of", "layers", "incidents", "leads"), required=required)
    layers: dict[str, tuple[Mapping[str, Any], ...]] = {}
    if "layers" in parts:
        layers = {
            name: tuple(_row(f, _FEATURE_KEYS, ("id",)) for f in v.entries()) for name, v in parts["layers"].items()
        }
    incidents: tuple[Mapping[str, Any], ...] = ()
    if "incidents" in parts:
        incidents = tuple(_row(i, _INCIDENT_KEYS, ("at", "on")) for i in parts["incidents"].entries())
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


def _row(at: _At, keys: Sequence[str], required: Sequence[str]) -> Mapping[str, Any]:
    """A feature or an incident of a case, its values read; times stay as written but are known to be
    times."""
    row: dict[str, Any] = {}
    for name, value in at.fields(keys, required).items():
        if name in SHAPES:
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
    if sum(name in SHAPES for name in row) > 1:
        at.flaw("two_shapes", f"one of {', '.join(SHAPES)}")
    return row


def _moment(at: _At) -> str:
    """ISO day or local time, kept as written."""
    said = at.text()
    try:
        if datetime.fromisoformat(said).tzinfo is None:
            return said
    except ValueError:
        pass
    at.flaw("not_a_time", "a day or a local time, like 2026-09-01 or 2026-09-01 10:00")
    return "2026-01-01"


def _shape(name: str, at: _At) -> tuple[Any, ...]:
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
        at.flaw("not_a_shape", f"{SHAPES[name]} in metres east and north of the origin")
    return numbers
