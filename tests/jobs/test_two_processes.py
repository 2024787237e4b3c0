"""Processes that tick against each other on one database, SQLite and PostGIS: many at once, one asleep, one slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from geo_monitor.services.ports import JobRow, JobRun, Store
from geo_monitor.store.sql import open_store

ROOT = Path(__file__).resolve().parents[2]
NAME = "due_job"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(params=["sqlite", "postgis"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"migrated_{request.param}"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = open_store(url)
    yield made
    made.close()


@pytest.fixture
def start(url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker and waits until it stands at the line; ``go`` in the folder lets all run."""
    running: list[subprocess.Popen[str]] = []

    def begin(owner: str, *how: str, lease_s: float = 1.5, seconds: float = 3.0) -> subprocess.Popen[str]:
        worker = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), url, str(tmp_path), owner,
             str(lease_s), str(seconds), *how],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(worker)
        until(lambda: (tmp_path / f"{owner}.ready").exists() or worker.poll() is not None)
        assert worker.poll() is None, worker.stderr.read() if worker.stderr else ""
        return worker

    yield begin
    for worker in running:
        if worker.poll() is None:
            worker.send_signal(signal.SIGCONT)
            worker.kill()
        worker.communicate()


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def due_now(store: Store) -> datetime:
    """Makes the job due; returns the slot, the last New Year's midnight of the city."""
    zone = ZoneInfo("Asia/Shanghai")
    slot = datetime(datetime.now(zone).year, 1, 1, tzinfo=zone).astimezone(UTC)
    with store.writing() as records:
        assert records.add_job_row(JobRow(NAME, slot))
    return slot


def runs(store: Store) -> list[JobRun]:
    with store.reading() as records:
        return records.runs(NAME)


def written_by(store: Store) -> list[str]:
    with store.reading() as records:
        return sorted(letter.key.partition("/")[0] for letter in records.letters())


def said(worker: subprocess.Popen[str]) -> str:
    out, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    return out


def test_a_due_job_runs_once_however_many_schedulers_tick(store: Store, start: Start, tmp_path: Path) -> None:
    workers = [start(owner) for owner in ("first", "second", "third")]
    slot = due_now(store)
    (tmp_path / "go").touch()
    spoken = "".join(said(w) for w in workers)
    assert spoken.count(" done ") == 1
    (run,) = runs(store)
    assert (run.slot, run.outcome) == (slot, "done")
    assert written_by(store) == [run.owner]
    with store.reading() as records:
        row = records.job_row(NAME)
    assert row is not None
    assert (row.slot, row.lease_until) == (None, None)
    assert row.next_at > slot + timedelta(days=360)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="allowed: no SIGSTOP on this system")
def test_a_holder_that_slept_through_its_lease_writes_nothing_when_it_wakes(
    store: Store, start: Start, tmp_path: Path
) -> None:
    sleeper = start("sleeper", "hold", seconds=6)
    slot = due_now(store)
    (tmp_path / "go").touch()
    until((tmp_path / "sleeper.holds").exists)
    os.kill(sleeper.pid, signal.SIGSTOP)
    heir = start("heir", seconds=5)
    assert " done " in said(heir)
    os.kill(sleeper.pid, signal.SIGCONT)
    assert f"sleeper lost {slot.isoformat()}" in said(sleeper)
    (run,) = [r for r in runs(store) if r.slot == slot]
    assert (run.owner, run.outcome) == ("heir", "done")
    assert written_by(store).count("sleeper") == 0


def test_the_heart_keeps_a_long_job_from_being_taken(store: Store, start: Start, tmp_path: Path) -> None:
    """The job works for four seconds under a lease of one; without the heart the second would take it over."""
    long = start("long", "hold", lease_s=1.0, seconds=1.0)
    other = start("other", lease_s=1.0, seconds=4.0)
    due_now(store)
    # The other begins only when the first holds the job.
    os.kill(other.pid, signal.SIGSTOP)
    (tmp_path / "go").touch()
    until((tmp_path / "long.holds").exists)
    os.kill(other.pid, signal.SIGCONT)
    assert "long done" in said(long)
    assert said(other) == ""
    assert written_by(store) == ["long"]
