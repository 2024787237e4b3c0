"""Which stored incidents a run wants: found in the index that leads to the fewest rows, before any wide row is read.

An incremental run asks some twenty such questions within a few milliseconds, so each kind is put together once and
then only given its values."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from geo_monitor.domain.place import Box
from geo_monitor.engine.matching import same_id
from geo_monitor.services.ports import Wanted
from geo_monitor.store import tables as t
from geo_monitor.store.geometry import ranges_over_all
from geo_monitor.store.session import Session, one_of, unindexed
from geo_monitor.store.values import micros
from geo_monitor.supervision.vocabulary import NAMED

#: So many are sooner read by category and time, and compared with boxes, than looked up by place.
FEW_IN_TIME = 1000
#: So much of a name is kept to find its reports by.
NAME_LENGTH = 120

#: By what an incident is looked up; ``few`` only asks whether so few have these categories and moments.
Way = Literal["name", "few", "time", "time and place", "place"]


def meant(session: Session, wanted: Sequence[Wanted]) -> npt.NDArray[np.int64]:
    """Sequence numbers (ascending) of the incidents that any of these mean, each once."""
    found = [np.zeros(0, np.int64)]
    for one in dict.fromkeys(wanted):
        if (one.boxes is not None and not one.boxes) or (one.named is not None and not one.named[1]):
            continue
        question, values = _asked(session, one)
        for rows in session.chunks(question, values):
            found.append(_exactly(rows, one))  # noqa: PERF401
    return np.unique(np.concatenate(found))


def names_in(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a report names: attributes of ``vocabulary.NAMED`` with the beginnings of their values in the common form
    (an index holds no long texts; what begins alike is compared in full later)."""
    said = ((field, same_id(attributes[field])[:NAME_LENGTH]) for field in sorted(NAMED & attributes.keys()))
    return [(field, value) for field, value in said if value]


def _asked(session: Session, wanted: Wanted) -> tuple[sa.Select[Any], dict[str, Any]]:
    """The question for number, moment and place of what may be meant, to the second and to the cell of a grid, and its
    values."""
    on_postgres = session.on_postgres
    given = bool(wanted.categories), wanted.occurred_from is not None, wanted.occurred_to is not None
    values: dict[str, Any] = {}
    if wanted.categories:
        values["categories"] = session.several(wanted.categories)
    # A second more on each side: to which whole second a moment belongs is decided on what is found.
    if wanted.occurred_from is not None:
        values["first"] = micros(wanted.occurred_from) - 1_000_000
    if wanted.occurred_to is not None:
        values["last"] = micros(wanted.occurred_to) + 1_000_000
    if wanted.named is not None:
        field, names = wanted.named
        values |= {"field": field, "names": session.several([n[:NAME_LENGTH] for n in names])}
        return _question("name", *given, on_postgres), values
    if wanted.boxes is None:
        return _question("time", *given, on_postgres), values
    if wanted.categories:
        few = _question("few", *given, on_postgres)
        if session.number(few, values | {"few": FEW_IN_TIME + 1}) <= FEW_IN_TIME:
            return _question("time and place", *given, on_postgres), values
    low, high = ranges_over_all(wanted.boxes)
    if on_postgres:
        values |= {"low": low, "high": high}
    else:
        values["ranges"] = json.dumps(list(zip(low, high, strict=True)))
    return _question("place", *given, on_postgres), values


@functools.cache
def _question(way: Way, categories: bool, first: bool, last: bool, on_postgres: bool) -> sa.Select[Any]:
    i, n = t.incidents.c, t.incident_names.c
    asked = (i.seq, i.occurred, i.lon, i.lat)
    conditions = _conditions(categories, first, last, indexed=way not in ("name", "place"), on_postgres=on_postgres)
    if way == "few":
        some = sa.select(sa.literal(1)).select_from(t.incidents).where(*conditions)
        return sa.select(sa.func.count()).select_from(some.limit(sa.bindparam("few", type_=sa.Integer)).subquery())
    if way == "time":  # answered from the index alone
        return sa.select(i.seq, i.occurred).where(*conditions)
    if way == "time and place":
        return sa.select(*asked).where(*conditions)
    if way == "name":
        named = sa.select(*asked).join_from(t.incident_names, t.incidents, n.seq == i.seq)
        field = sa.bindparam("field", type_=sa.Text)
        return named.where(n.field == field, one_of(n.value, sa.bindparam("names"), on_postgres), *conditions)
    # The ranges are disjoint, so each incident comes once. Neither database may choose another way than range by range
    # in the index by place, for neither can guess how little lies in a range.
    if on_postgres:
        sides = [sa.bindparam(side, type_=ARRAY(sa.BigInteger)) for side in ("low", "high")]
        listed = sa.func.unnest(*sides).table_valued("low", "high").render_derived()
        # The offset keeps the planner from joining both ways at once: it takes one range after the other.
        one_range = sa.select(*asked).where(i.morton.between(listed.c.low, listed.c.high), *conditions).offset(0)
        found = one_range.lateral()
        return sa.select(*found.c).select_from(listed).join(found, sa.true())
    listed = sa.func.json_each(sa.bindparam("ranges", type_=sa.Text)).table_valued("value")
    low, high = (sa.func.json_extract(listed.c.value, f"$[{k}]") for k in range(2))
    return sa.select(*asked).select_from(listed).join(t.incidents, i.morton.between(low, high)).where(*conditions)


def _conditions(
    categories: bool, first: bool, last: bool, *, indexed: bool, on_postgres: bool
) -> list[sa.ColumnElement[bool]]:
    """On category and time; ``indexed``: by which the rows are to be looked up."""
    plain = indexed or on_postgres
    category, occurred = (c if plain else unindexed(c) for c in (t.incidents.c.category, t.incidents.c.occurred))
    said: list[sa.ColumnElement[bool]] = []
    if categories:
        said.append(one_of(category, sa.bindparam("categories"), on_postgres))
    if first:
        said.append(occurred >= sa.bindparam("first", type_=sa.BigInteger))
    if last:
        said.append(occurred <= sa.bindparam("last", type_=sa.BigInteger))
    return said


def _exactly(rows: list[tuple[Any, ...]], wanted: Wanted) -> npt.NDArray[np.int64]:
    """The numbers of the rows (number, moment, and for boxes longitude, latitude) that lie within the whole seconds and
    in one of the boxes."""
    number, micro, *place = (np.array(column) for column in zip(*rows, strict=True))
    second = whole_seconds(micro)
    keep = np.ones(len(rows), dtype=bool)
    if wanted.occurred_from is not None:
        keep &= second >= int(wanted.occurred_from.timestamp())
    if wanted.occurred_to is not None:
        keep &= second <= int(wanted.occurred_to.timestamp())
    if wanted.boxes is not None:
        keep &= inside_any(wanted.boxes, *place)
    return np.asarray(number[keep], np.int64)


def inside_any(
    boxes: Sequence[Box], lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Which of the points lie in one of the boxes; borders belong to them."""
    inside = np.zeros(len(lon), dtype=bool)
    for west, south, east, north in boxes:
        inside |= (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    return inside


def whole_seconds(micro: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Towards zero, as int() takes a time before 1970 that has a fraction."""
    return np.where(micro >= 0, micro // 1_000_000, -(-micro // 1_000_000))
