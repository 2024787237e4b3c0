"""The clockwork. APScheduler only ticks, in the memory of each process; the truth is one row a job in the database.

A run is *taken* by compare-and-set on the row's fencing number, which rises by one, for the length of a lease. A
heartbeat renews the lease while the job works. When the holder dies the lease runs out and another process takes the
same slot over. A holder that was only asleep and wakes later finds a greater number on the row: from then on it
can write nothing, neither its result nor anything else through the store it was given (``_FencedStore``).

Tried before: several APSchedulers on one shared job store ran two of three slots twice; with this row, none.
"""

from __future__ import annotations

import os
import socket
import threading
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from geo_monitor.config import SETTINGS_FILE
from geo_monitor.errors import ConfigError, FaultError, Flaw, NotFoundError, RefusedError
from geo_monitor.services.ports import JobRow, JobRun, Records, Store
from jobs import Job, find

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

    from geo_monitor.wiring import House

#: How long a holder may be silent before it counts as dead. The heart beats three times in it.
LEASE = timedelta(minutes=2)
#: How late a slot may begin and still count as in time; later ones are *missed* (see ``Job.catch_up``).
GRACE = timedelta(minutes=1)
#: A slot whose holder died this often is given up as lost: a job that kills its process must not kill them all for
#: ever.
MOST_TRIES = 3
TICK_S = 5.0
OFF = "off"


class LostLeaseError(FaultError):
    """Another process holds the job by now; nothing of this run may be written any more."""


# ---- when ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timing:
    """Slots of a cron line in a time zone. ``next`` is the first slot after a moment, ``latest`` the last not after
    it."""

    trigger: CronTrigger
    line: str

    def next(self, after: datetime) -> datetime:
        found = self.trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
        # A cron line whose day never comes (31 February) is refused when it is read.
        return found.astimezone(after.tzinfo)

    def latest(self, first: datetime, now: datetime) -> datetime:
        """The last slot not after ``now``, ``first`` being one. Looked for in steps that double, because a house that
        was off for a month has missed forty thousand slots of a job that runs each minute."""
        back = timedelta(minutes=1)
        while now - back > first:
            slot = self.next(now - back)
            if slot <= now:
                while (later := self.next(slot)) <= now:
                    slot = later
                return slot
            back *= 2
        slot = first
        while (later := self.next(slot)) <= now:
            slot = later
        return slot


def read_cron(line: str, zone: tzinfo) -> Timing:
    """A cron line of five fields (minute hour day month weekday; 0 and 7 are Sunday, as everywhere but in
    APScheduler, where 0 is Monday). Raises ValueError with what is wrong."""
    from apscheduler.triggers.cron import CronTrigger

    fields = line.split()
    if len(fields) != 5:
        raise ValueError("five fields: minute hour day month weekday")
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        # Cron would run on either, APScheduler on both together: nobody would guess right.
        raise ValueError("a day of the month or a day of the week, not both")
    trigger = CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=_weekdays(weekday), timezone=zone)
    if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=zone)) is None:
        raise ValueError("a day that comes")
    return Timing(trigger, f"{line} {zone}")


_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def _weekdays(said: str) -> str:
    """The days of a weekday field, each by name, so that no numbering is left to misread."""
    if said == "*":
        return "*"
    days: set[int] = set()
    for part in said.lower().split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = 0, 6
        else:
            low = _weekday(first)
            high = _weekday(last) if dash else (6 if slash else low)
        if dash and high < low:
            high += 7  # fri-mon
        if slash and (not step.isdigit() or int(step) < 1):
            raise ValueError(f"a step like */2, not {part!r}")
        days |= {d % 7 for d in range(low, high + 1, int(step) if slash else 1)}
    return ",".join(_DAYS[d] for d in sorted(days))


def _weekday(said: str) -> int:
    if said in _DAYS:
        return _DAYS.index(said)
    if said.isdigit() and int(said) <= 7:
        return int(said)
    raise ValueError(f"a weekday 0-7 or sun-sat, not {said!r}")


def timings(house: House, jobs: Mapping[str, Job]) -> dict[str, Timing]:
    """Name → timing of every job that is not switched off; the workspace's line goes before the job's own.

    Raises ConfigError with every line that cannot be read, and for a job that does not exist.
    """
    file, zone = str(house.settings.workspace / SETTINGS_FILE), house.settings.city.zone
    flaws = [
        Flaw(
            "unknown_job",
            f"one of {', '.join(sorted(jobs))}",
            file=file,
            field=f"jobs.{name}",
            value=house.settings.jobs[name],
        )
        for name in sorted(set(house.settings.jobs) - set(jobs))
    ]
    found: dict[str, Timing] = {}
    for name, job in jobs.items():
        line = house.settings.jobs.get(name, job.when)
        if line.strip().lower() == OFF:
            continue
        try:
            found[name] = read_cron(line, zone)
        except ValueError as e:
            own = name not in house.settings.jobs
            flaws.append(
                Flaw(
                    "not_a_cron_line",
                    f'a cron line or "{OFF}": {e}',
                    value=line,
                    file=f"jobs/{name}.py" if own else file,
                    field="WHEN" if own else f"jobs.{name}",
                )
            )
    if flaws:
        raise ConfigError(flaws)
    return found


# ---- one tick --------------------------------------------------------------------------------------------------


def tick(
    house: House,
    jobs: Mapping[str, Job],
    owner: str,
    now: datetime | None = None,
    *,
    times: Mapping[str, Timing] | None = None,
    lease: timedelta = LEASE,
) -> list[JobRun]:
    """Runs those of ``jobs`` that are due and that nobody else runs, one after the other; their runs as they ended.

    ``owner`` names this process in the rows, ``now`` defaults to the house's clock. Any number of processes
    may tick at once.
    """
    times = timings(house, jobs) if times is None else times
    done = []
    for name in sorted(set(jobs) & set(times)):
        claim = _take_due(house, jobs[name], times[name], owner, now or house.clock.now(), lease)
        if claim is not None:
            done.append(_work(house, jobs[name], claim, lease))
    return done


def run_job(house: House, name: str, *, owner: str | None = None, lease: timedelta = LEASE) -> JobRun:
    """Runs a job by hand, now, under the same row as the clockwork; its next slot stays as it was.

    Raises NotFoundError, and RefusedError while another process runs it. A slot that a dead process left behind is the
    one that is run.
    """
    jobs = find()
    if name not in jobs:
        raise NotFoundError("job", name, sorted(jobs))
    job, now, owner = jobs[name], house.clock.now(), owner or this_process()
    timing = timings(house, jobs).get(name) or read_cron(job.when, house.settings.city.zone)
    with house.store.writing() as records:
        row = _row(records, name, timing, now)
        if _held(row, now):
            raise RefusedError(f"{name} is being run by {row.owner} (its lease ends {row.lease_until})")
        claim = _take(records, row, row.slot or now, row.next_at, owner, now, lease)
        if claim is None:
            raise RefusedError(f"{name} was taken by another process this very moment")
    return _work(house, job, claim, lease)


@dataclass(frozen=True, slots=True)
class _Claim:
    row: JobRow
    run: JobRun


def _row(records: Records, name: str, timing: Timing, now: datetime) -> JobRow:
    """The job's row; a job never seen is due at its next slot, not at once. When the cron line was changed since
    the row was written, a slot that lay ahead is set anew."""
    row = records.job_row(name)
    if row is None:
        row = JobRow(name, timing.next(now))
        records.add_job_row(row)
    elif records.fact(_LINE + name) not in (None, timing.line) and row.slot is None and row.next_at > now:
        changed = replace(row, next_at=timing.next(now), fence=row.fence + 1)
        if records.take_job(row, changed):
            row = changed
    if records.fact(_LINE + name) != timing.line:
        records.put_fact(_LINE + name, timing.line)
    return row


#: The cron line that a job's row was written under. Whether ``next_at`` fits the line cannot be told from the two
#: alone: a process whose clock is a second behind would set back a slot that another has taken already.
_LINE = "job/line/"


def _held(row: JobRow, now: datetime) -> bool:
    return row.slot is not None and row.lease_until is not None and row.lease_until > now


def _take_due(house: House, job: Job, timing: Timing, owner: str, now: datetime, lease: timedelta) -> _Claim | None:
    with house.store.reading() as records:  # the usual case: nothing to do, and no writer is disturbed
        row = records.job_row(job.name)
        at_rest = row is not None and (_held(row, now) or (row.slot is None and row.next_at > now))
        if at_rest and records.fact(_LINE + job.name) == timing.line:
            return None
    with house.store.writing() as records:
        row = _row(records, job.name, timing, now)
        if _held(row, now):
            return None
        if row.slot is not None:
            return _take_over(records, row, timing, owner, now, lease)
        if row.next_at > now:
            return None
        slot = timing.latest(row.next_at, now)
        if now - slot > GRACE and not job.catch_up:
            records.take_job(row, replace(row, next_at=timing.next(now), fence=row.fence + 1))
            return None
        return _take(records, row, slot, timing.next(now), owner, now, lease)


def _take_over(
    records: Records, row: JobRow, timing: Timing, owner: str, now: datetime, lease: timedelta
) -> _Claim | None:
    """The holder died: its slot is run once more, unless it took too many holders with it."""
    assert row.slot is not None
    before = _run_of(records, row)
    if before is not None and before.outcome == "running" and _tries(before) >= MOST_TRIES:
        gone = replace(
            row, next_at=max(row.next_at, timing.next(now)), fence=row.fence + 1, owner="", lease_until=None, slot=None
        )
        if records.take_job(row, gone):
            records.put_run(
                replace(
                    before,
                    finished=now,
                    outcome="lost",
                    fence=row.fence + 1,
                    error=f"its process died {_tries(before)} times; last {before.owner}",
                )
            )
        return None
    return _take(records, row, row.slot, row.next_at, owner, now, lease)


def _take(
    records: Records, row: JobRow, slot: datetime, next_at: datetime, owner: str, now: datetime, lease: timedelta
) -> _Claim | None:
    after = replace(row, next_at=next_at, fence=row.fence + 1, owner=owner, lease_until=now + lease, slot=slot)
    if not records.take_job(row, after):
        return None
    before = _run_of(records, row) if row.slot is not None else None
    counts = {"tries": _tries(before) + 1} if before is not None else {}
    run = JobRun(row.name, slot, after.fence, owner, now, counts=counts)
    records.put_run(run)
    return _Claim(after, run)


def _run_of(records: Records, row: JobRow) -> JobRun | None:
    """The run that the row's slot belongs to: the newest of the job, since a job has one slot at a time."""
    return next((r for r in records.runs(row.name, limit=20) if r.slot == row.slot), None)


def _tries(run: JobRun) -> int:
    return int(run.counts.get("tries", 1))


# ---- the work --------------------------------------------------------------------------------------------------


def _work(house: House, job: Job, claim: _Claim, lease: timedelta) -> JobRun:
    """Runs the job and writes what came of it, if the row is still ours. A run that lost its row comes back
    with the outcome ``lost`` and leaves no trace: the row of the slot belongs to who took it over."""
    fence = claim.row.fence
    error, counts = "", dict[str, object]()
    with _heart(house, claim, lease):
        try:
            # A house of its own: what it reads at first use (models, feeds) is read afresh, so that a changed file
            # counts from the next run on, and its store knows the fence.
            counts = dict(job.run(replace(house, store=_FencedStore(house.store, job.name, fence))))
        except LostLeaseError as e:
            return replace(claim.run, finished=house.clock.now(), outcome="lost", error=str(e))
        except Exception as e:
            error = traceback.format_exception_only(e)[-1].strip()[:500]
    ended = replace(
        claim.run,
        finished=house.clock.now(),
        outcome="failed" if error else "done",
        error=error,
        counts={**claim.run.counts, **counts},
    )
    with house.store.writing() as records:
        row = records.job_row(job.name)
        if (
            row is None
            or row.fence != fence
            or not records.take_job(row, replace(row, owner="", lease_until=None, slot=None))
        ):
            return replace(ended, outcome="lost", error="another process had taken the slot over")
        records.put_run(ended)
    return ended


@contextmanager
def _heart(house: House, claim: _Claim, lease: timedelta) -> Iterator[None]:
    """Renews the lease from a thread until the work ends or the row is another's."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(lease.total_seconds() / 3):
            try:
                with house.store.writing() as records:
                    row = records.job_row(claim.row.name)
                    if row is None or row.fence != claim.row.fence or stop.is_set():
                        return
                    records.take_job(row, replace(row, lease_until=house.clock.now() + lease))
            except FaultError:
                # The database may be busy with this very job's writing; the next beat tries again, and should all
                # fail, the lease runs out and the fence decides.
                continue

    thread = threading.Thread(target=beat, name=f"heart of {claim.row.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class _FencedStore:
    """The house's store, whose transactions for writing begin by asking whether the job is still ours. Writers wait
    for each other, so nobody can take the job over between the question and the commit."""

    def __init__(self, store: Store, job: str, fence: int) -> None:
        self._store, self._job, self._fence = store, job, fence

    def reading(self) -> AbstractContextManager[Records]:
        return self._store.reading()

    @contextmanager
    def writing(self) -> Iterator[Records]:
        with self._store.writing() as records:
            row = records.job_row(self._job)
            if row is None or row.fence != self._fence:
                raise LostLeaseError(f"{self._job} was taken over by another process; this run writes nothing more")
            yield records

    def close(self) -> None:
        """The store belongs to the house, which closes it."""


# ---- ticking -----------------------------------------------------------------------------------------------------


class Scheduler:
    """The ticking of one process. Each job has a ticker of its own, so that a long one keeps no other waiting."""

    def __init__(self, house: House, *, tick_s: float = TICK_S, lease: timedelta = LEASE) -> None:
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        jobs = find()
        times = timings(house, jobs)
        self._ended = threading.Event()
        self._clock = BackgroundScheduler(
            timezone=house.settings.city.zone, executors={"default": ThreadPoolExecutor(max(1, len(times)))}
        )
        owner = this_process()
        for name in times:
            self._clock.add_job(
                tick,
                IntervalTrigger(seconds=tick_s),
                id=name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
                next_run_time=datetime.now(house.settings.city.zone),
                args=(house, {name: jobs[name]}, owner),
                kwargs={"times": times, "lease": lease},
            )
        self._clock.start()

    def stop(self) -> None:
        """Takes up nothing new, waits for what runs, and ends a ``wait``."""
        self._clock.shutdown(wait=True)
        self._ended.set()

    def wait(self) -> None:
        self._ended.wait()


def start(house: House, *, block: bool = False, tick_s: float = TICK_S, lease: timedelta = LEASE) -> Scheduler:
    """Begins to tick in this process. With ``block`` it returns only when interrupted (Ctrl-C), after stopping.

    Raises ConfigError for cron lines that cannot be read, before anything runs.
    """
    scheduler = Scheduler(house, tick_s=tick_s, lease=lease)
    if block:
        try:
            scheduler.wait()
        except KeyboardInterrupt:
            scheduler.stop()
    return scheduler


def this_process() -> str:
    """Names a process among all that may share the database, also two that get one number one after the other."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
