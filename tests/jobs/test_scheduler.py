"""The clockwork in one process, with a clock of the tests': slots, leases, catching up, failing, running by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jobs
from geo_monitor.config import City, Settings
from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, NotFoundError, RefusedError
from geo_monitor.services.ports import JobRow, JobRun
from geo_monitor.wiring import House
from jobs import Job, _scheduler, find
from jobs._scheduler import LEASE, MOST_TRIES, read_cron, run_job, start, tick, timings
from tests.fakes import FakePost, MemoryStore
from tests.weekly_world import settings as settings_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: Sunday 2026-11-15 09:30:20 in the city.
NOW = datetime(2026, 11, 15, 1, 30, 20, tzinfo=UTC)


def house_at(moment: datetime = NOW, **more: Any) -> House:
    given = Settings(workspace=Path("unused"), city=City(time_zone="Asia/Shanghai"), **more)
    return House(given, MemoryStore(), FakePost(), FixedClock(moment))


def job(run: Callable[[House], Mapping[str, Any]], when: str = "0 * * * *", catch_up: bool = True) -> dict[str, Job]:
    return {"due_job": Job("due_job", Words("测试", "test"), when, catch_up, run)}


def counting() -> tuple[list[datetime], Callable[[House], Mapping[str, Any]]]:
    ran: list[datetime] = []

    def run(house: House) -> Mapping[str, Any]:
        ran.append(house.clock.now())
        return {"n": len(ran)}

    return ran, run


def at(house: House, moment: datetime) -> House:
    house.clock.moment = moment  # type: ignore[attr-defined]
    return house


def row(house: House) -> JobRow:
    with house.store.reading() as records:
        found = records.job_row("due_job")
    assert found is not None
    return found


def runs(house: House) -> list[JobRun]:
    with house.store.reading() as records:
        return records.runs("due_job")


# ---- cron lines


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 7 * * 1", "2026-11-16 07:00"),  # Monday is 1, as in every crontab
        ("0 7 * * 0", "2026-11-22 07:00"),  # Sunday 07:00 of this week is over
        ("0 7 * * 7", "2026-11-22 07:00"),
        ("0 12 * * sun", "2026-11-15 12:00"),
        ("0 7 * * 1-5", "2026-11-16 07:00"),
        ("0 7 * * 6,2", "2026-11-17 07:00"),
        ("0 7 * * fri-mon", "2026-11-16 07:00"),
        ("0 7 * * */3", "2026-11-18 07:00"),  # Sunday, Wednesday, Saturday
        ("*/10 * * * *", "2026-11-15 09:40"),
        ("5-59/10 * * * *", "2026-11-15 09:35"),
        ("0 0 1 1 *", "2027-01-01 00:00"),
    ],
)
def test_a_cron_line_means_what_it_means_everywhere_in_the_citys_time(line: str, expected: str) -> None:
    assert f"{read_cron(line, SHANGHAI).next(NOW).astimezone(SHANGHAI):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    "line",
    ["", "* * * *", "* * * * * *", "61 * * * *", "0 7 1 * 1", "0 0 31 2 *", "0 7 * * 8", "0 7 * * mon/0", "soon"],
)
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        read_cron(line, SHANGHAI)


@given(
    st.sampled_from(["* * * * *", "*/7 3 * * *", "0 7 * * 1", "0 0 1 1 *", "30 2 * * *"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=3)),
)
@settings(max_examples=60, deadline=None)
def test_the_latest_slot_is_the_last_that_is_not_ahead(line: str, first: datetime, later: timedelta) -> None:
    timing = read_cron(line, ZoneInfo("America/Chicago"))
    slot = timing.next(first)
    now = slot + later
    latest = timing.latest(slot, now)
    assert slot <= latest <= now < timing.next(latest)
    assert timing.next(latest - timedelta(seconds=1)) == latest


def test_the_settings_win_over_the_job_and_may_switch_it_off() -> None:
    shipped = find()
    changed = timings(house_at(jobs={"overlay": "0 3 * * *", "import_feeds": "OFF"}), shipped)
    assert set(changed) == set(shipped) - {"import_feeds"}
    assert changed["overlay"].next(NOW).astimezone(SHANGHAI).hour == 3


def test_wrong_lines_of_the_settings_are_told_all_at_once() -> None:
    with pytest.raises(ConfigError) as told:
        timings(house_at(jobs={"overlay": "hourly", "overly": "* * * * *"}), find())
    assert {f.field for f in told.value.flaws} == {"jobs.overlay", "jobs.overly"}
    assert all(f.file.endswith("geo-monitor.toml") for f in told.value.flaws)
    with pytest.raises(ConfigError, match="overly"):
        start(house_at(jobs={"overly": "off"}))


# ---- due


def test_a_job_seen_for_the_first_time_waits_for_its_next_slot() -> None:
    ran, run = counting()
    house = house_at()
    assert tick(house, job(run), "me") == []
    assert row(house).next_at == datetime(2026, 11, 15, 2, 0, tzinfo=UTC)
    assert ran == []


def test_a_due_job_runs_once_and_leaves_its_run() -> None:
    _ran, run = counting()
    house = house_at()
    tick(house, job(run), "me")
    at(house, datetime(2026, 11, 15, 2, 0, 3, tzinfo=UTC))
    (done,) = tick(house, job(run), "me")
    assert tick(house, job(run), "me") == tick(house, job(run), "you") == []
    assert runs(house) == [done]
    assert (done.slot, done.outcome, done.owner) == (datetime(2026, 11, 15, 2, 0, tzinfo=UTC), "done", "me")
    assert dict(done.counts) == {"n": 1}
    assert done.finished == house.clock.now()
    after = row(house)
    assert (after.owner, after.lease_until, after.slot) == ("", None, None)
    assert after.next_at == datetime(2026, 11, 15, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("catch_up", [True, False])
def test_missed_slots_become_one_run_or_none(catch_up: bool) -> None:
    ran, run = counting()
    house = house_at()
    known = job(run, catch_up=catch_up)
    tick(house, known, "me")
    at(house, NOW + timedelta(days=40))
    assert len(tick(house, known, "me")) == len(ran) == catch_up
    assert tick(house, known, "me") == []
    assert row(house).next_at == datetime(2026, 12, 25, 2, 0, tzinfo=UTC)
    if catch_up:
        assert runs(house)[0].slot == datetime(2026, 12, 25, 1, 0, tzinfo=UTC)


def test_a_slot_in_its_first_minute_is_not_missed() -> None:
    ran, run = counting()
    house = house_at()
    known = job(run, catch_up=False)
    tick(house, known, "me")
    tick(at(house, datetime(2026, 11, 15, 2, 0, 59, tzinfo=UTC)), known, "me")
    assert len(ran) == 1


def test_a_changed_cron_line_counts_from_now() -> None:
    ran, run = counting()
    house = house_at()
    tick(house, job(run, when="0 0 1 1 *"), "me")
    tick(house, job(run, when="*/10 * * * *"), "me")
    assert row(house).next_at == datetime(2026, 11, 15, 1, 40, tzinfo=UTC)
    assert ran == []


def test_a_slot_missed_under_the_old_line_is_still_caught_up() -> None:
    ran, run = counting()
    house = house_at()
    tick(house, job(run), "me")
    tick(at(house, NOW + timedelta(days=1)), job(run, when="0 0 1 1 *"), "me")
    assert len(ran) == 1
    assert row(house).next_at == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)


def test_a_process_whose_clock_is_behind_does_not_set_a_taken_slot_back() -> None:
    ran, run = counting()
    house = house_at()
    tick(house, job(run), "me")
    hour = datetime(2026, 11, 15, 2, 0, tzinfo=UTC)
    tick(at(house, hour), job(run), "ahead")
    tick(at(house, hour - timedelta(seconds=2)), job(run), "behind")
    tick(at(house, hour + timedelta(seconds=2)), job(run), "behind")
    assert len(ran) == 1


def test_a_failing_job_says_why_and_runs_again_at_its_next_slot() -> None:
    def run(house: House) -> Mapping[str, Any]:
        raise ValueError("synthetic trouble")

    house = house_at()
    tick(house, job(run), "me")
    (failed,) = tick(at(house, NOW + timedelta(hours=1)), job(run), "me")
    assert (failed.outcome, failed.error) == ("failed", "ValueError: synthetic trouble")
    assert tick(house, job(run), "me") == []
    assert len(tick(at(house, NOW + timedelta(hours=2)), job(run), "me")) == 1
    assert [r.outcome for r in runs(house)] == ["failed", "failed"]


def test_one_job_that_fails_keeps_no_other_from_running() -> None:
    ran, run = counting()

    def bad(house: House) -> Mapping[str, Any]:
        raise RuntimeError("synthetic")

    both = {"a": replace(job(bad)["due_job"], name="a"), "b": replace(job(run)["due_job"], name="b")}
    house = house_at()
    tick(house, both, "me")
    assert [r.outcome for r in tick(at(house, NOW + timedelta(hours=1)), both, "me")] == ["failed", "done"]
    assert len(ran) == 1


# ---- the lease


class Dies(BaseException):
    """As when the process is killed: nothing after it runs."""


def dying(house: House) -> Mapping[str, Any]:
    raise Dies


def held_by_the_dead(house: House) -> None:
    tick(house, job(dying), "dead")
    with pytest.raises(Dies):
        tick(at(house, NOW + timedelta(hours=1)), job(dying), "dead")


def test_while_the_lease_lasts_nobody_else_runs_the_job() -> None:
    ran, run = counting()
    house = house_at()
    held_by_the_dead(house)
    at(house, house.clock.now() + LEASE - timedelta(seconds=1))
    assert tick(house, job(run), "heir") == []
    with pytest.raises(RefusedError, match="dead"):
        _by_hand(house, run)
    assert ran == []


def test_after_the_lease_the_same_slot_is_run_by_another() -> None:
    ran, run = counting()
    house = house_at()
    held_by_the_dead(house)
    (before,) = runs(house)
    assert before.outcome == "running"
    (done,) = tick(at(house, house.clock.now() + LEASE), job(run), "heir")
    assert (done.slot, done.owner, done.outcome) == (before.slot, "heir", "done")
    assert done.fence == before.fence + 1
    assert dict(done.counts) == {"tries": 2, "n": 1}
    assert runs(house) == [done]
    assert len(ran) == 1


def test_a_job_that_kills_every_holder_is_given_up_and_its_next_slot_kept() -> None:
    ran, run = counting()
    house = house_at()
    held_by_the_dead(house)
    for _ in range(MOST_TRIES - 1):
        with pytest.raises(Dies):
            tick(at(house, house.clock.now() + LEASE), job(dying), "dead")
    assert tick(at(house, house.clock.now() + LEASE), job(run), "heir") == []
    (lost,) = runs(house)
    assert lost.outcome == "lost"
    assert "3 times" in lost.error
    assert ran == []
    assert len(tick(at(house, NOW + timedelta(hours=2)), job(run), "heir")) == 1


def test_who_lost_the_lease_can_write_nothing_more_through_its_house() -> None:
    """While the job works, its lease runs out and another takes the slot and ends it."""
    house = house_at()
    ran, quick = counting()

    def slow(mine: House) -> Mapping[str, Any]:
        with mine.store.writing() as records:
            records.put_fact("before", "allowed")
        at(house, house.clock.now() + LEASE)
        assert len(tick(house, job(quick), "heir")) == 1
        with mine.store.writing() as records:
            records.put_fact("after", "forbidden")
        raise AssertionError("the fenced store let it through")

    tick(house, job(slow), "slow")
    (told,) = tick(at(house, NOW + timedelta(hours=1)), job(slow), "slow")
    assert told.outcome == "lost"
    with house.store.reading() as records:
        assert (records.fact("before"), records.fact("after")) == ("allowed", None)
    (kept,) = runs(house)
    assert (kept.owner, kept.outcome) == ("heir", "done")
    assert len(ran) == 1


def test_the_result_of_who_lost_the_lease_is_not_committed_either() -> None:
    house = house_at()
    _, quick = counting()

    def slow(mine: House) -> Mapping[str, Any]:
        at(house, house.clock.now() + LEASE)
        tick(house, job(quick), "heir")
        return {"stale": 1}

    tick(house, job(slow), "slow")
    (told,) = tick(at(house, NOW + timedelta(hours=1)), job(slow), "slow")
    assert told.outcome == "lost"
    assert [(r.owner, dict(r.counts)) for r in runs(house)] == [("heir", {"tries": 2, "n": 1})]


# ---- by hand


def _by_hand(house: House, run: Callable[[House], Mapping[str, Any]]) -> JobRun:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_scheduler, "find", lambda: job(run))
        return run_job(house, "due_job")


def test_a_job_run_by_hand_leaves_its_next_slot_alone() -> None:
    ran, run = counting()
    house = house_at()
    done = _by_hand(house, run)
    assert (done.outcome, done.slot, len(ran)) == ("done", NOW, 1)
    assert row(house).next_at == datetime(2026, 11, 15, 2, 0, tzinfo=UTC)
    assert len(tick(at(house, NOW + timedelta(hours=1)), job(run), "me")) == 1


def test_a_slot_left_by_the_dead_is_the_one_that_is_run_by_hand() -> None:
    _, run = counting()
    house = house_at()
    held_by_the_dead(house)
    done = _by_hand(at(house, house.clock.now() + LEASE), run)
    assert [r.slot for r in runs(house)] == [done.slot] == [datetime(2026, 11, 15, 2, 0, tzinfo=UTC)]


def test_an_unknown_job_is_told_with_those_there_are() -> None:
    with pytest.raises(NotFoundError, match="weekly_report"):
        run_job(house_at(), "monthly_report")


def test_a_job_that_is_switched_off_can_still_be_run_by_hand() -> None:
    house = House(
        settings_of(Path("unused"), jobs={"deliver_letters": "off"}), MemoryStore(), FakePost(), FixedClock(NOW)
    )
    assert run_job(house, "deliver_letters").outcome == "done"


# ---- found by itself


def test_every_shipped_job_is_whole_and_has_a_cron_line_that_can_be_read() -> None:
    shipped = find()
    assert {"refresh_layers", "import_feeds", "overlay", "weekly_report", "deliver_letters"} <= set(shipped)
    for name, found in shipped.items():
        assert found.name == name
        assert read_cron(found.when, SHANGHAI).next(NOW) > NOW


def test_a_new_job_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "synthetic_chore.py").write_text(
        "from geo_monitor.domain.words import Words\n"
        "TITLE = Words('合成', 'synthetic')\nWHEN = '0 5 * * *'\nCATCH_UP = False\n"
        "def run(house):\n    return {'done': 1}\n",
        encoding="utf-8",
    )
    (tmp_path / "_no_job.py").write_text("raise AssertionError\n", encoding="utf-8")
    monkeypatch.setattr(jobs, "__path__", [*jobs.__path__, str(tmp_path)])
    assert find()["synthetic_chore"].title.en == "synthetic"
    house = house_at()
    assert dict(run_job(house, "synthetic_chore").counts) == {"done": 1}


def test_a_file_that_is_no_job_is_told_with_all_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "half_a_chore.py").write_text("WHEN = 5\nCATCH_UP = 'yes'\n", encoding="utf-8")
    monkeypatch.setattr(jobs, "__path__", [*jobs.__path__, str(tmp_path)])
    with pytest.raises(ConfigError) as told:
        find()
    assert {f.field for f in told.value.flaws} == {"TITLE", "WHEN", "CATCH_UP", "run"}
    assert {f.file for f in told.value.flaws} == {"jobs/half_a_chore.py"}


# ---- ticking


def test_the_ticking_of_one_process_runs_what_is_due_and_stops(tmp_path: Path) -> None:
    import time

    from geo_monitor.domain.clock import WallClock

    house = House(
        Settings(tmp_path, jobs={"overlay": "off", "refresh_layers": "off"}), MemoryStore(), FakePost(), WallClock()
    )
    with house.store.writing() as records:
        records.add_job_row(JobRow("import_feeds", datetime.now(UTC) - timedelta(hours=1)))
    scheduler = start(house, tick_s=0.1)
    try:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with house.store.reading() as records:
                (*found,) = records.runs("import_feeds")
            if found and found[0].outcome != "running":
                break
            time.sleep(0.05)
    finally:
        scheduler.stop()
    assert [r.outcome for r in found] == ["done"]
    with house.store.reading() as records:
        assert {"deliver_letters", "weekly_report"} <= {r.name for r in records.job_rows()}
        assert "overlay" not in {r.name for r in records.job_rows()}


def test_jobs_see_files_as_they_are_now_not_as_they_were_when_the_house_was_opened(tmp_path: Path) -> None:
    """A feed mapping that somebody adds counts from the next run on, in a process that runs for months."""
    (tmp_path / "feeds").mkdir()
    house = House(Settings(tmp_path), MemoryStore(), FakePost(), FixedClock(NOW))
    seen: list[int] = []

    def run(mine: House) -> Mapping[str, Any]:
        seen.append(len(mine.feeds))
        return {}

    assert house.feeds == {}
    _by_hand(house, run)
    (tmp_path / "feeds" / "broken.yaml").write_text("name: [", encoding="utf-8")
    assert _by_hand(house, run).outcome == "failed"
    assert seen == [0]
