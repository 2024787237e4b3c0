"""The store on SQLite or PostgreSQL: how a database is opened, brought to the newest version, read and
written.

Writers wait for each other on both (``BEGIN IMMEDIATE``; an advisory lock): the numbers of incidents then
rise in the order in which they become visible, which the incremental run relies on, and the chain of events
cannot fork. A reader never waits and sees the database as it stood when it began.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from geo_monitor.errors import ConfigError, Flaw, StoreError
from geo_monitor.services.ports import Records, Store
from geo_monitor.store.desk import DeskRows
from geo_monitor.store.feed_pulls import PullRows
from geo_monitor.store.incidents import IncidentRows
from geo_monitor.store.layers import LayerRows
from geo_monitor.store.leads import LeadRows
from geo_monitor.store.models import ModelRows
from geo_monitor.store.occurrences import OccurrenceRows
from geo_monitor.store.office import OfficeRows
from geo_monitor.store.open311 import Open311Rows
from geo_monitor.store.readings import ReadingRows
from geo_monitor.store.shelf import LayerShelf
from geo_monitor.store.tables import REVISION, VERSION_TABLE, metadata

#: How long a writer waits for another before it gives up: longer than the longest commit seen (a full
#: overlay).
PATIENCE_S = 120.0

#: So many pages of SQLite's log (64 MB) are gathered before they are written back into the file. A commit is safe on
#: disk once the log is; with the 4 MB that SQLite gathers by itself nearly every commit of an overlay wrote back too.
LOG_PAGES = 16_384

#: Any two numbers of our own: one lock for writers, held to the end of the transaction.
_WRITERS_LOCK = (0x6765, 0x6F01)


_VERSION: sa.Select[Any] = sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE))


class SqlRecords(
    IncidentRows,
    DeskRows,
    LayerRows,
    LeadRows,
    ModelRows,
    OccurrenceRows,
    OfficeRows,
    PullRows,
    ReadingRows,
    Open311Rows,
):
    """All tables within one transaction (``services.ports.Records``)."""


class SqlStore:
    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._name = engine.url.render_as_string(hide_password=True)
        if engine.dialect.name == "postgresql":
            self._readers: Any = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            # Not REPEATABLE READ: its view would be taken before the lock is granted, and be old when it is.
            self._writers: Any = engine.execution_options(isolation_level="READ COMMITTED")
        else:
            self._readers = engine
            self._writers = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._shelf = LayerShelf()
        self._here = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Records]:
        with self._telling(), self._readers.connect() as connection, connection.begin():
            # A deferred transaction takes its view with the first statement, so there has to be one now.
            connection.execute(_VERSION).close()
            records = SqlRecords(connection, self._shelf, writing=False)
            try:
                yield records
            finally:
                records.closed = True

    @contextmanager
    def writing(self) -> Iterator[Records]:
        with self._alone(), self._telling(), self._writers.connect() as connection, connection.begin():
            _lock_writers(connection)
            records = SqlRecords(connection, self._shelf, writing=True)
            try:
                yield records
                records.finish()
            finally:
                records.closed = True

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A thread that writes within its own writing would wait for itself for ever."""
        if getattr(self._here, "writing", False):
            raise RuntimeError("Store.writing() inside Store.writing(): pass the records on instead")
        self._here.writing = True
        try:
            yield
        finally:
            self._here.writing = False

    @contextmanager
    def _telling(self) -> Iterator[None]:
        with _as_store_error(self._name):
            yield


def open_store(url: str) -> Store:
    """The store at ``sqlite:///FILE`` or ``postgresql+psycopg://…``, brought to the newest version.

    Raises ConfigError when the address is not of this kind, StoreError when the database cannot be opened, is
    not ours, or was written by a newer program. Any number of processes may open one database at once.
    """
    engine = _engine(_parse(url))
    try:
        with _as_store_error(engine.url.render_as_string(hide_password=True)):
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine)


def _parse(url: str) -> sa.URL:
    expected = "sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"
    try:
        parsed = sa.make_url(url)
    except ArgumentError as e:
        raise ConfigError(Flaw("not_a_database", expected, file="(settings)", field="database.url")) from e
    shown = parsed.render_as_string(hide_password=True)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise ConfigError(Flaw("unknown_database", expected, file="(settings)", field="database.url", value=shown))
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError(
            Flaw(
                "no_file",
                f"a file: a database in memory is a new one for each connection; {expected}",
                file="(settings)",
                field="database.url",
                value=shown,
            )
        )
    return parsed


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "sqlite":
        folder = Path(str(url.database)).absolute().parent
        if not folder.is_dir():
            raise StoreError(f"the database {url.database} cannot be opened: there is no folder {folder}")
        engine = sa.create_engine(
            url,
            connect_args={"timeout": PATIENCE_S, "check_same_thread": False},
            pool_size=16,
            max_overflow=48,
        )
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = sa.create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True)
    except (NoSuchModuleError, ImportError) as e:
        raise StoreError(f"the driver for {url.drivername} is not installed: {e}") from e
    sa.event.listen(engine, "connect", _set_up_postgres)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # the module would begin transactions by itself, deferred and late
    for pragma in (
        "foreign_keys = ON",
        f"busy_timeout = {int(PATIENCE_S * 1000)}",
        "cache_size = -65536",
        "temp_store = MEMORY",
        f"wal_autocheckpoint = {LOG_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _set_up_postgres(connection: Any, _: Any) -> None:
    from psycopg.types.string import TextLoader

    connection.adapters.register_loader("json", TextLoader)  # as it was written: see tables.py
    # Compiling a statement takes a tenth of a second, and its cost is guessed; most of ours take a few milliseconds.
    connection.execute("SET jit = off")
    connection.commit()


def _lock_writers(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(PATIENCE_S * 1000)}")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(*_WRITERS_LOCK)))


@contextmanager
def _as_store_error(database: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError as e:
        raise StoreError(f"{database}: {_said(e)}") from e
    except PoolTimeout as e:
        raise StoreError(f"{database}: too many transactions at once in this process") from e
    except Exception as e:
        # Bulk rows go to the driver past SQLAlchemy, so its errors come as they are.
        if type(e).__module__.split(".")[0] in ("sqlite3", "psycopg"):
            raise StoreError(f"{database}: {_first_line(e)}") from e
        raise


def _said(error: DBAPIError) -> str:
    said = _first_line(error.orig or error)
    if "database is locked" in said or "lock timeout" in said:
        return f"another writer has held the database for more than {PATIENCE_S:.0f} s ({said})"
    return said


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# ---- the way to the newest version
# --------------------------------------------------------------------------


def _migrate(engine: sa.Engine) -> None:
    if engine.dialect.name == "sqlite":
        _use_wal(engine)
    with engine.connect() as connection, connection.begin():
        if _revision(connection) == REVISION:
            return
    writers = engine.execution_options(begin="BEGIN IMMEDIATE") if engine.dialect.name == "sqlite" else engine
    with writers.connect() as connection, connection.begin():
        _lock_writers(connection)  # two programs that start together: the second finds the work done
        found = _revision(connection)
        if found != REVISION:
            _upgrade(connection, found)


def _use_wal(engine: sa.Engine) -> None:
    """Readers go on while one writes. The change of mode does not wait for others as other statements do,
    so two first openings at once need a loop."""
    end = time.monotonic() + PATIENCE_S
    while True:
        raw = engine.raw_connection()
        try:
            mode = raw.cursor().execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode != "wal":
                raise StoreError(
                    f"{engine.url.database}: this file system does not allow several programs on one SQLite"
                    f" file (journal mode {mode}); put the database on a local disk"
                )
            return
        except sqlite3.OperationalError as e:
            if "locked" not in str(e) or time.monotonic() > end:
                raise
            time.sleep(0.02)
        finally:
            raw.close()


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(_VERSION).scalar()
    return None if found is None else str(found)


def _upgrade(connection: sa.Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "geo_monitor.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    name = connection.engine.url.render_as_string(hide_password=True)
    if found is None:
        present = set(sa.inspect(connection).get_table_names())
        strangers = present if connection.dialect.name == "sqlite" else present & set(metadata.tables)
        if strangers:
            raise StoreError(
                f"{name} was not made by geo-monitor: it has tables ({', '.join(sorted(strangers)[:5])})"
                f" but no {VERSION_TABLE}; give a database of its own"
            )
    elif found not in known:
        raise StoreError(
            f"{name} is at version {found!r}, which this geo-monitor does not know (its newest is"
            f" {REVISION!r}): it was written by a newer geo-monitor; install that one, or restore a backup"
        )
    command.upgrade(config, "head")
