"""Databases at the newest version, migrated once a run: a SQLite file is copied for each test, the one of PostGIS is
emptied. How a database is opened for the first time and brought forward has its own tests
(``tests/store/test_sql.py``), which start from nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geo_monitor.store.sql import open_store
from geo_monitor.store.tables import metadata
from tests.postgis import Cluster


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "geo-monitor.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def migrated_sqlite(template_file: Path, tmp_path: Path) -> str:
    """The address of an empty SQLite file at the newest version."""
    path = tmp_path / "geo-monitor.db"
    shutil.copyfile(template_file, path)
    return f"sqlite:///{path}"


#: Everybody else out, every row gone, numbers from one again. The roles of a replica: foreign keys ask for no order.
EMPTY = "\n".join(
    [
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity",
        "where datname = current_database() and pid <> pg_backend_pid();",
        "set session_replication_role = replica;",
        *(f"delete from {table.name};" for table in metadata.sorted_tables),
        "do $$ declare s record; begin for s in select sequencename from pg_sequences where schemaname = 'public' loop",
        "execute format('alter sequence %I restart', s.sequencename); end loop; end $$",
    ]
)


@pytest.fixture(scope="session")
def migrated_database(postgis_cluster: Cluster) -> str:
    name = "migrated"
    postgis_cluster.sql(f"create database {name} template template_postgis")
    open_store(postgis_cluster.url(name)).close()
    return name


@pytest.fixture
def migrated_postgis(postgis_cluster: Cluster, migrated_database: str) -> str:
    """The address of an empty PostGIS database at the newest version: one and the same, emptied for each test, which
    takes a tenth of the time of a new one."""
    postgis_cluster.sql(EMPTY, migrated_database)
    return postgis_cluster.url(migrated_database)
