"""The stores under contract: in memory, SQLite, PostGIS; each empty and at the newest version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from geo_monitor.services.ports import Store
from geo_monitor.store.sql import open_store
from tests.fakes import MemoryStore


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nobody has opened yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'geo-monitor.db'}"
    return str(request.getfixturevalue("postgis_url"))


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The same tests run over each of them, so that the fake cannot lie."""
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = open_store(request.getfixturevalue(f"migrated_{request.param}"))
    yield opened
    opened.close()
