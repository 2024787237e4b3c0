"""Databases at the newest version, made once a run and copied for each test: the copy takes a tenth of the time of the
migrations. How a database is opened for the first time and brought forward has its own tests
(``tests/store/test_sql.py``), which start from nothing."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_monitor.store.sql import open_store
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


@pytest.fixture(scope="session")
def template_database(postgis_cluster: Cluster) -> str:
    name = "template_geo_monitor"
    postgis_cluster.sql(f"create database {name} template template_postgis")
    open_store(postgis_cluster.url(name)).close()
    return name


@pytest.fixture
def migrated_postgis(postgis_cluster: Cluster, template_database: str) -> Iterator[str]:
    """The address of an empty PostGIS database at the newest version, dropped after the test."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgis_cluster.sql(f"create database {name} template {template_database} strategy file_copy")
    yield postgis_cluster.url(name)
    postgis_cluster.sql(f"drop database {name} with (force)")
