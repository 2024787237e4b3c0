"""The stores under contract: in memory, SQLite, PostGIS; each empty and at the newest version."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_monitor.services.ports import Store
from geo_monitor.store.sql import open_store
from tests.fakes import MemoryStore
from tests.postgis import Cluster


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'geo-monitor.db'}"
    return str(request.getfixturevalue("postgis_url"))


@pytest.fixture(scope="session")
def migrated_template(postgis_cluster: Cluster) -> str:
    """A database at the newest version; copying it takes a tenth of the time of the migration."""
    name = "template_geo_monitor"
    postgis_cluster.sql(f"create database {name} template template_postgis")
    open_store(postgis_cluster.url(name)).close()
    return name


@pytest.fixture
def migrated_postgis(postgis_cluster: Cluster, migrated_template: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgis_cluster.sql(f"create database {name} template {migrated_template}")
    yield postgis_cluster.url(name)
    postgis_cluster.sql(f"drop database {name} with (force)")


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same tests run over each of them, so that the fake cannot lie."""
    if request.param == "memory":
        yield MemoryStore()
        return
    if request.param == "sqlite":
        opened = open_store(f"sqlite:///{tmp_path / 'geo-monitor.db'}")
    else:
        opened = open_store(request.getfixturevalue("migrated_postgis"))
    yield opened
    opened.close()
