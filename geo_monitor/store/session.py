"""One transaction on one connection: what all rooms of the records share, and where SQLite and PostgreSQL
differ."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.operators import custom_op

from geo_monitor.domain.hit import LeadKey
from geo_monitor.store.shelf import LayerShelf

P = ParamSpec("P")
R = TypeVar("R")

#: Rows handed to the driver at once: enough to hide its cost per call, few enough to stay small in memory.
CHUNK = 50_000
#: Up to here PostgreSQL gets single INSERTs in one pipeline; above, a temporary table and COPY are worth
#: their cost.
FEW = 200
#: From here on PostgreSQL counts its rows anew at once: until it does so by itself, a minute later, it takes a table
#: that was just filled for small, and looks for what lies around a place in seconds instead of milliseconds.
MANY = 10_000

OnConflict = Literal["fail", "ignore", "replace"]


def unindexed(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column in a condition that must not choose the index on SQLite, which takes any equality for narrower than a
    range, even one that half of the rows meet, and guesses among ranges."""
    return sa.UnaryExpression(column, operator=custom_op("+"), type_=column.type)


def one_of(column: sa.ColumnElement[Any], values: sa.BindParameter[Any], on_postgres: bool) -> sa.ColumnElement[bool]:
    """``column IN values`` for any number of values (``Session.several``): they travel as one parameter."""
    if on_postgres:
        return column == sa.any_(sa.type_coerce(values, ARRAY(column.type)))
    listed = sa.func.json_each(values).table_valued("value")
    return column.in_(sa.select(listed.c.value))


_KEY = ("key_model", "key_layer", "key_id")


def matters(table: sa.Table, on_postgres: bool) -> sa.ColumnElement[bool]:
    """(model, subject_layer, subject_id) is one of the keys that the statement is given (``Session.keys``)."""
    columns = sa.tuple_(table.c.model, table.c.subject_layer, table.c.subject_id)
    if on_postgres:
        arrays = [sa.bindparam(name, type_=ARRAY(sa.Text)) for name in _KEY]
        listed = sa.func.unnest(*arrays).table_valued("model", "layer", "id").render_derived()
        return columns.in_(sa.select(listed.c.model, listed.c.layer, listed.c.id))
    each = sa.func.json_each(sa.bindparam("keys", type_=sa.Text)).table_valued("value")
    return columns.in_(sa.select(*(sa.func.json_extract(each.c.value, f"$[{n}]") for n in range(3))))


def writes(method: Callable[P, R]) -> Callable[P, R]:
    """Marks a method that changes the database: outside ``Store.writing()`` it raises RuntimeError."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kw: P.kwargs) -> R:
        session: Any = args[0]
        session.must_write(method.__name__)
        return method(*args, **kw)

    return guarded


class Session:
    """``connection`` stands inside a transaction that ``sql.SqlStore`` begins and ends."""

    def __init__(self, connection: sa.Connection, shelf: LayerShelf, *, writing: bool) -> None:
        self.connection = connection
        self.shelf = shelf
        self.writing = writing
        self.closed = False
        self._current: dict[str, tuple[str, int]] | None = None  # current layer versions, once asked for
        self.on_postgres = connection.dialect.name == "postgresql"

    def must_write(self, what: str) -> None:
        if self.closed:
            raise RuntimeError(f"{what}: the transaction has ended")
        if not self.writing:
            raise RuntimeError(f"{what} writes; call it inside Store.writing()")

    def flush(self) -> None:
        """Writes what was held back to be written in one go. Called before it is read and before the
        commit."""

    def finish(self) -> None:
        """The last thing before the commit."""
        self.flush()

    # ---- reading

    def rows(
        self, statement: sa.Select[Any] | sa.CompoundSelect[Any], values: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows as the driver gives them: no wrapping, no conversion. To put a statement together costs as much as
        to have a few rows answered: one that each run asks many times is made once and given its ``values``."""
        return list(itertools.chain.from_iterable(self.chunks(statement, values)))

    def chunks(
        self, statement: sa.Select[Any] | sa.CompoundSelect[Any], values: Mapping[str, Any] | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        result = self.connection.execute(statement, values)
        try:
            cursor: Any = result.cursor
            while chunk := cursor.fetchmany(CHUNK):
                yield chunk
        finally:
            result.close()

    def number(self, statement: sa.Select[Any], values: Mapping[str, Any] | None = None) -> int:
        """The single number a statement asks for; nothing counts as 0."""
        return int(self.connection.execute(statement, values).scalar() or 0)

    def among(self, column: sa.ColumnElement[str], values: Sequence[str]) -> sa.ColumnElement[bool]:
        """``column IN values`` for any number of values: they travel as one parameter."""
        return one_of(column, sa.bindparam(None, self.several(values)), self.on_postgres)

    def several(self, values: Sequence[Any]) -> Any:
        """Values as ``one_of`` takes them."""
        return list(values) if self.on_postgres else json.dumps(list(values))

    def by_the_way(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """The column in a condition that must not choose the index."""
        return column if self.on_postgres else unindexed(column)

    def keys(self, keys: Sequence[LeadKey]) -> dict[str, Any]:
        """Keys as a statement with ``matters`` takes them."""
        triples = [(k.model, k.subject.layer, k.subject.id) for k in keys]
        if self.on_postgres:
            return {name: [t[n] for t in triples] for n, name in enumerate(_KEY)}
        return {"keys": json.dumps(triples)}

    # ---- writing

    def bulk(
        self,
        table: sa.Table,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        on_conflict: OnConflict = "fail",
    ) -> int:
        """Stores rows whose primary key is new; a known key fails, is ignored, or is replaced. Returns how
        many rows were stored or replaced. Values go to the driver as they are."""
        # Every name below comes from tables.py and is quoted; no value becomes part of a statement (S608).
        quote = self.connection.dialect.identifier_preparer.quote
        name = quote(table.name)
        names = ", ".join(quote(c) for c in columns)
        tail = ""
        if on_conflict == "ignore":
            tail = " ON CONFLICT DO NOTHING"
        elif on_conflict == "replace":
            key = {c.name for c in table.primary_key}
            told = ", ".join(f"{quote(c)} = excluded.{quote(c)}" for c in columns if c not in key)
            tail = f" ON CONFLICT ({', '.join(quote(c.name) for c in table.primary_key)}) DO UPDATE SET {told}"
        source = iter(rows)
        if not self.on_postgres:  # the driver takes them one after the other
            return self._insert(name, names, len(columns), source, tail)
        stored = 0
        while chunk := list(itertools.islice(source, CHUNK)):
            if len(chunk) > FEW:
                stored += self._copy(name, names, chunk, tail)
            else:
                stored += self._insert(name, names, len(columns), chunk, tail)
        if stored >= MANY:
            self.connection.exec_driver_sql(f"ANALYZE {name}")
        return stored

    def _insert(self, name: str, names: str, width: int, rows: Iterable[Sequence[Any]], tail: str) -> int:
        marks = ", ".join(["%s" if self.on_postgres else "?"] * width)
        cursor = self._cursor()
        cursor.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks}){tail}", rows)  # noqa: S608
        stored = max(cursor.rowcount, 0)
        cursor.close()
        return int(stored)

    def _copy(self, name: str, names: str, rows: Sequence[Sequence[Any]], tail: str) -> int:
        cursor = self._cursor()
        target = name
        if tail:  # COPY knows no conflicts, so the rows land beside the table first
            target = "arriving"
            cursor.execute(
                f"CREATE TEMPORARY TABLE {target} ON COMMIT DROP AS SELECT {names} FROM {name} WITH NO DATA"  # noqa: S608
            )
        with cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        stored = int(cursor.rowcount)
        if tail:
            cursor.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM {target}{tail}")  # noqa: S608
            stored = int(cursor.rowcount)
            cursor.execute(f"DROP TABLE {target}")
        cursor.close()
        return stored

    def _cursor(self) -> Any:
        return self.connection.connection.cursor()
