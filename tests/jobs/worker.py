"""A process of its own that ticks, for the tests of the clockwork: started with a database, a name and a behaviour.

    worker.py URL FOLDER OWNER LEASE_S SECONDS [hold]

It ticks one job until SECONDS have passed. The job writes a letter into the outbox whose key tells who did: two runs
would leave two. With ``hold`` the job says so in a file and then works for a long time before it writes.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from geo_monitor.config import City, Settings
from geo_monitor.domain.clock import WallClock
from geo_monitor.domain.words import Words
from geo_monitor.mail.post import FolderPost
from geo_monitor.services.ports import Letter
from geo_monitor.store.sql import open_store
from geo_monitor.wiring import House
from jobs import Job
from jobs._scheduler import tick

NAME = "due_job"
#: Once a year, so that no second slot comes up while a test runs.
WHEN = "0 0 1 1 *"


def main(url: str, folder: str, owner: str, lease_s: str, seconds: str, *how: str) -> None:
    place = Path(folder)
    settings = Settings(workspace=place, city=City(time_zone="Asia/Shanghai"), database_url=url)
    house = House(settings, open_store(url), FolderPost(place / "out"), WallClock())

    def run(fenced: House) -> Mapping[str, Any]:
        if "hold" in how:
            (place / f"{owner}.holds").write_text(owner)
            time.sleep(4)
        with fenced.store.writing() as records:
            now = datetime.now(UTC)
            records.enqueue(Letter(f"{owner}/{uuid.uuid4().hex}", "x@y.example", "s", b"", now))
        return {"by": owner}

    job = Job(NAME, Words("测试", "test"), WHEN, True, run)
    (place / f"{owner}.ready").write_text(owner)
    while not (place / "go").exists():
        time.sleep(0.01)
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        for done in tick(house, {NAME: job}, owner, lease=timedelta(seconds=float(lease_s))):
            print(owner, done.outcome, done.slot.isoformat(), done.error, flush=True)
        time.sleep(0.05)
    house.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
