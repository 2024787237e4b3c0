"""A PostgreSQL cluster with PostGIS of the tests' own: a temporary folder, a free loopback port, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Cluster:
    """A running server; every database in it is the tests' to make and drop."""

    binaries: Path
    folder: Path
    port: int
    account: str | None  # the system account it runs as, where we are root; None when it is our own

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://tests@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="tests", dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


def find_binaries() -> Path | None:
    """The newest PostgreSQL here that has PostGIS beside it."""
    candidates = [library.parent.parent / "bin" for library in Path("/usr/lib/postgresql").glob("*/lib/postgis-3.so")]
    candidates = [folder for folder in candidates if (folder / "initdb").exists()]
    return max(candidates, key=lambda folder: int(folder.parent.name), default=None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(cluster: Cluster, program: str, *arguments: str | Path) -> None:
    extra: dict[str, object] = {}
    if cluster.account:
        entry = pwd.getpwnam(cluster.account)
        extra = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    done = subprocess.run(
        [cluster.binaries / program, *arguments],
        cwd=cluster.folder,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **extra,  # type: ignore[call-overload]
    )
    if done.returncode != 0:
        log = cluster.folder / "log"
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.exists() else ""
        raise RuntimeError(f"{program} failed:\n{done.stdout}{done.stderr}{said}")


# Nothing here need survive a power cut.
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = on
max_connections = 60
shared_buffers = 128MB
timezone = 'UTC'
"""


@contextlib.contextmanager
def running_cluster(binaries: Path) -> Iterator[Cluster]:
    """Started fresh, stopped and removed after. As root, PostgreSQL refuses to run: the postgres account does."""
    folder = Path(tempfile.mkdtemp(prefix="geo-monitor-postgis-"))
    account = "postgres" if os.geteuid() == 0 else None
    if account:
        entry = pwd.getpwnam(account)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data = folder / "data"
    cluster = Cluster(binaries, folder, 0, account)
    try:
        _run(cluster, "initdb", "-D", data, "-U", "tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS)
        for attempt in range(5):  # between asking for a free port and taking it, another process may have it
            cluster = Cluster(binaries, folder, _free_port(), account)
            try:
                # pg_ctl leaves its server holding our output pipes unless the log goes to a file
                _run(
                    cluster, "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log",
                    "-o", f"-p {cluster.port}", "start",
                )  # fmt: skip
                break
            except RuntimeError:
                if attempt == 4:
                    raise
                time.sleep(0.2)
        cluster.sql("create database template_postgis is_template true")
        cluster.sql("create extension postgis", "template_postgis")
        yield cluster
    finally:
        if (data / "postmaster.pid").exists():
            with contextlib.suppress(RuntimeError):
                _run(cluster, "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgis_cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL with PostGIS is not installed: apt-get install postgresql-15 postgresql-15-postgis-3")
    with running_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def postgis_url(postgis_cluster: Cluster) -> Iterator[str]:
    """The address of a new empty database with the postgis extension, dropped after the test."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    postgis_cluster.sql(f"create database {name} template template_postgis")
    yield postgis_cluster.url(name)
    postgis_cluster.sql(f"drop database {name} with (force)")
