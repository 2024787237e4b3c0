"""Two schedulers, as processes of their own on one database: a due job runs once, also when its holder is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_monitor.cli import main
from geo_monitor.services.ports import JobRow
from geo_monitor.wiring import House, house_of

SCHEDULER = """
import sys
from datetime import timedelta
import jobs
jobs.__path__.append(sys.argv[2])
from geo_monitor.wiring import house_of
from jobs._scheduler import start
with house_of(sys.argv[1]) as house:
    start(house, block=True, tick_s=0.1, lease=timedelta(seconds=float(sys.argv[3])))
"""
JOB = """
import os, time
from pathlib import Path
from geo_monitor.domain.words import Words
TITLE = Words("记一笔", "Make a mark")
WHEN = "0 0 1 1 *"
CATCH_UP = True


def run(house):
    with open(Path(__file__).parent / "marks", "a") as marks:
        marks.write(f"{os.getpid()} began\\n")
    time.sleep(float(os.environ.get("JOB_TAKES", "0.5")))
    with open(Path(__file__).parent / "marks", "a") as marks:
        marks.write(f"{os.getpid()} ended\\n")
    return {"marks": 1}
"""


@pytest.fixture(params=["sqlite", "postgis"])
def city(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace in which only the marking job is switched on, and due since a minute."""
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    from jobs import find

    off = "\n[jobs]\n" + "".join(f'{name} = "off"\n' for name in find())
    toml = folder / "geo-monitor.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + off, encoding="utf-8")
    if request.param == "postgis":
        monkeypatch.setenv("GEO_MONITOR_DATABASE_URL", request.getfixturevalue("postgis_url"))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "mark.py").write_text(JOB, encoding="utf-8")
    with house_of(folder) as house, house.store.writing() as records:
        assert records.add_job_row(JobRow("mark", datetime.now(UTC) - timedelta(minutes=1)))
    return folder


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def scheduler(city: Path, lease: float, **environ: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", SCHEDULER, str(city), str(city.parent / "more"), str(lease)]
    return subprocess.Popen(words, env=os.environ | environ, cwd=city.parent)


def marks(city: Path) -> list[str]:
    file = city.parent / "more" / "marks"
    return [line.split()[1] for line in file.read_text().splitlines()] if file.exists() else []


def wait_for(city: Path, wanted: list[str], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while marks(city)[: len(wanted)] != wanted:
        assert time.monotonic() < end, marks(city)
        time.sleep(0.1)


def outcomes(house: House) -> list[str]:
    with house.store.reading() as records:
        return [run.outcome for run in records.runs("mark")]


def test_two_schedulers_on_one_database_run_a_due_job_once(
    city: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    processes += [scheduler(city, 30), scheduler(city, 30)]
    wait_for(city, ["began", "ended"])
    time.sleep(2)  # twenty ticks of both in which nothing more may happen
    assert marks(city) == ["began", "ended"]
    with house_of(city) as house:
        assert outcomes(house) == ["done"]


def test_a_job_whose_holder_was_killed_is_run_once_more_by_the_other(
    city: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    processes.append(scheduler(city, 2, JOB_TAKES="600"))
    wait_for(city, ["began"])
    processes.append(scheduler(city, 2))
    time.sleep(3)  # longer than the lease: the holder lives and renews it, so the other keeps its hands off
    assert marks(city) == ["began"]
    processes[0].send_signal(signal.SIGKILL)
    wait_for(city, ["began", "began", "ended"])
    time.sleep(1.5)
    assert marks(city) == ["began", "began", "ended"]
    with house_of(city) as house:
        assert outcomes(house).count("done") == 1 and set(outcomes(house)) <= {"done", "lost"}
