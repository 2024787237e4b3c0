"""The closed words of a model file, mapping by mapping: what the loader reads, what the JSON Schema says to editors,
and what ``docs/grammar.md`` explains. What the words mean stands with the types in ``model.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from geo_monitor.supervision.model import ON_NETWORK, PERIODS, Op, Relation, Validity

RELATIONS: tuple[Relation, ...] = get_args(Relation)
VALIDITIES = tuple(v for v in get_args(Validity) if v)
WATCH_VALIDITIES = ("on_day", "expired_on_day")
SIDES = ("left", "right")
USUAL_OF = ("same_month", "peers")
USUAL_PERIODS = ("month", "quarter", "year")
COMPARISONS: Mapping[str, Op] = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<"}
CASE_KINDS = ("hit", "miss", "edge")
#: Written instead of a number where no limit is meant.
EVER = "any"

MODEL_KEYS = (
    "id",
    "version",
    "status",
    "title",
    "track",
    "domain",
    "urgency",
    "needs",
    "watch",
    "numbers",
    "where",
    "group",
    "lead",
    "cases",
)
#: What a model file cannot do without; ``needs`` is asked for by ``lint``.
MODEL_REQUIRED = tuple(k for k in MODEL_KEYS if k not in ("needs", "numbers", "where"))
NEEDS_KEYS = ("layers", "records")
NUMBER_KEYS = ("value", "basis", "note")
RECORDS_KEYS = ("category", "source", "evidence")
WATCHED_LAYER_KEYS = ("layer", "where", "valid", "dated")
WATCH_KEYS = (*RECORDS_KEYS, *WATCHED_LAYER_KEYS)

#: What each relation asks for beside itself, all of it.
RELATION_ASKS: Mapping[Relation, tuple[str, ...]] = {
    "within": (),
    "within_distance": ("at_most",),
    "nearest": ("at_most",),
    "outside": ("at_least",),
    "overlap": ("at_least",),
    "crosses": (),
    "same_reach": ("bank",),
    "upstream_of": ("at_most", "bank"),
    "downstream_of": ("at_most", "bank"),
    "on_bank": ("side", "at_most"),
    "matching": (),
}
#: Which features are meant, beside any relation.
FEATURE_KEYS = ("where", "valid", "dated", "same", "alike", "compare")
PLACE_KEYS = ("at_most", "at_least", "bank", "side", *FEATURE_KEYS)
DATED_KEYS = ("field", "before", "after")
ALIKE_KEYS = ("fields", "at_least")

#: Conditions that another report may have to meet itself: those that look at one record alone.
OF_ONE_RECORD = (*RELATIONS, "season", "dates", "hours", "value")
CONDITIONS = (*OF_ONE_RECORD, "clock", "unusual", "another")
SEASON_KEYS = ("from", "to")
VALUE_TESTS = (*COMPARISONS, "one_of", "present")
VALUE_KEYS = ("field", *VALUE_TESTS)
UNUSUAL_KEYS = ("field", "below", "above", "of", "per", "period")
CLOCK_KEYS = ("since", "passed")
BETWEEN_KEYS = (*RECORDS_KEYS, "where")
ANOTHER_KEYS = (
    *RECORDS_KEYS,
    "at_most",
    "before",
    "after",
    "same",
    "independent",
    "faster_than",
    "count",
    "where",
    "without_between",
)

#: What each kind of group asks for, and what it may have beside ``by`` and ``any``; a layer is any other name.
GROUP_ASKS: Mapping[str, tuple[str, ...]] = {
    "record": (),
    "cell": ("size",),
    "cluster": ("size",),
    "segment": ("of", "size", "reach"),
    "field": ("field",),
    "layer": (),
}
GROUP_ALLOWS: Mapping[str, tuple[str, ...]] = {**GROUP_ASKS, "cluster": ("size", "apart"), "layer": ("reach", "same")}
GROUP_KEYS = ("by", "size", "reach", "apart", "of", "same", "field", "any")
THRESHOLD_KEYS = ("count", "distinct", "window", "having", "sum", "share", "few", "times", "baseline")
#: Counted instead of records; besides ``field:<name>`` and ``layer:<name>``.
DISTINCT = ("reporter", *PERIODS)
DISTINCT_OF = ("field:", "layer:")
HAVING_KEYS = (*RECORDS_KEYS, "field", *COMPARISONS)
SUM_KEYS = ("field", "at_least")
SHARE_KEYS = ("at_least", "having")
FEW_KEYS = ("field", "at_most")

LEAD_KEYS = ("about", "legal_basis", "agencies", "criminal_screen", "guide")
LEAD_REQUIRED = ("legal_basis", "agencies", "guide")

CASE_KEYS = ("name", "as_of", "layers", "incidents", "leads")
#: How a case says where something is: metres east and north of its origin.
SHAPES: Mapping[str, str] = {
    "at": "[x, y]",
    "line": "[[x, y], …]",
    "polygon": "[[x, y], …]",
    "box": "[west, south, east, north]",
}
CASE_FEATURE_KEYS = ("id", "title", *SHAPES, "properties", "parent", "valid_from", "valid_to")
CASE_INCIDENT_KEYS = ("name", "at", "on", "category", "source", "reporter", "evidence", "accuracy_m", "attributes")

#: Forms of what is written, as regular expressions of the whole value.
MODEL_ID = r"[A-Z]{2,4}-\d{3}[A-Z]?"
NUMBER_NAME = r"[a-z][a-z0-9_]*"
QUANTITY = r"(-?\d+(?:\.\d+)?)\s*([a-z%][a-z0-9/]*)?"
DAY_OF_YEAR = r"(\d{2})-(\d{2})"
HOURS_SPAN = r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})"
DAYS_SPAN = r"(\d{4}-\d{2}-\d{2})(?:/(\d{4}-\d{2}-\d{2}))?"
DISTINCT_FORM = rf"{'|'.join(DISTINCT)}|(?:field|layer):\S+"

assert set(RELATION_ASKS) == set(RELATIONS) and set(ON_NETWORK) <= set(RELATIONS)
