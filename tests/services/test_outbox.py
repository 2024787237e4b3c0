"""The outbox: once per person, sent once, tried again, and never forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from geo_monitor.domain.clock import FixedClock
from geo_monitor.errors import ConfigError, DeliveryError, Flaw
from geo_monitor.services.outbox import LEASE, LONGEST_WAIT, deliver, wait_after, write_weekly
from geo_monitor.services.ports import Letter, Store, User
from geo_monitor.services.report import Week, WeeklyReport, issued, read_material, weekly
from geo_monitor.store.sql import open_store
from tests.fakes import FakePost, MemoryStore
from tests.weekly_world import CITY, NOW, furnish, incident

W46 = Week(2026, 46)


@pytest.fixture(params=["memory", "sqlite", "postgis"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        made: Store = MemoryStore()
    else:
        made = open_store(request.getfixturevalue(f"migrated_{request.param}"))
    yield made
    made.close()


def report_of(store: Store) -> WeeklyReport:
    with store.reading() as records:
        return weekly(read_material(records, W46, CITY.zone), W46, now=NOW, city=CITY)


def plain(user: User, report: WeeklyReport, key: str) -> tuple[str, bytes]:
    return f"{report.week}", f"{key}\n{user.name}\n{report.incidents}".encode()


def put(store: Store, *keys: str, at: datetime = NOW) -> None:
    with store.writing() as records:
        for key in keys:
            assert records.enqueue(Letter(key, f"{key}@office.example", "s", key.encode(), at, next_try=at))


def letter(store: Store, key: str) -> Letter:
    with store.reading() as records:
        found = records.letter(key)
    assert found is not None
    return found


# ---- written once


def test_however_often_it_is_written_each_person_gets_one_letter(store: Store) -> None:
    furnish(store, leads=3, incidents=20)
    done = [write_weekly(store, report_of(store), plain, NOW) for _ in range(3)]
    assert [(d.recipients, d.written, d.already_written) for d in done] == [(2, 2, 0), (2, 0, 2), (2, 0, 2)]
    with store.reading() as records:
        assert sorted(x.to for x in records.letters()) == ["chief@office.example", "deputy@office.example"]


def test_who_comes_later_reads_what_the_others_read(store: Store) -> None:
    furnish(store, leads=3, incidents=20)
    write_weekly(store, report_of(store), plain, NOW)
    with store.writing() as records:
        records.add_incidents([incident(7000)])
        records.put_user(User("newcomer", "N", "patrol", "x", "new@office.example"))
    later = report_of(store)
    assert write_weekly(store, later, plain, NOW + timedelta(days=1)).written == 1
    with store.reading() as records:
        first = issued(records, W46)
    assert first is not None
    assert first.incidents == later.incidents - 1
    assert letter(store, "weekly/2026-W46/new@office.example").body.decode().endswith(f"\n{first.incidents}")


def test_two_accounts_of_one_address_are_one_person(store: Store) -> None:
    with store.writing() as records:
        records.put_user(User("a", "A", "patrol", "x", "Same@office.example"))
        records.put_user(User("b", "B", "admin", "x", " same@office.example "))
    assert write_weekly(store, report_of(store), plain, NOW).written == 1


def test_when_one_letter_cannot_be_put_together_none_is_written(store: Store) -> None:
    furnish(store, leads=1, incidents=5)

    def fails_at_the_second(user: User, report: WeeklyReport, key: str) -> tuple[str, bytes]:
        if user.name == "deputy":
            raise ValueError("synthetic")
        return plain(user, report, key)

    with pytest.raises(ValueError, match="synthetic"):
        write_weekly(store, report_of(store), fails_at_the_second, NOW)
    with store.reading() as records:
        assert records.letters() == []
        assert issued(records, W46) is None


def test_a_second_account_of_one_address_brings_no_second_letter(store: Store) -> None:
    furnish(store, leads=1, incidents=5)
    write_weekly(store, report_of(store), plain, NOW)
    with store.writing() as records:
        records.put_user(User("a-first-by-name", "A", "patrol", "x", "Chief@Office.example"))
    assert write_weekly(store, report_of(store), plain, NOW + timedelta(days=1)).written == 0


def test_one_misspelt_address_shows_as_refused_and_costs_nobody_else_a_letter(store: Store) -> None:
    furnish(store, leads=1, incidents=5)

    def misspelt(user: User, report: WeeklyReport, key: str) -> tuple[str, bytes]:
        if user.name == "deputy":
            raise ConfigError(Flaw("not_an_address", "a mail address", field="email", value=user.email))
        return plain(user, report, key)

    write_weekly(store, report_of(store), misspelt, NOW)
    assert letter(store, "weekly/2026-W46/deputy@office.example").status == "refused"
    assert "not_an_address" in letter(store, "weekly/2026-W46/deputy@office.example").last_error
    assert deliver(store, FakePost(), FixedClock(NOW)).sent == 1


# ---- sent once


def test_a_letter_is_sent_once_and_only_then_marked(store: Store) -> None:
    put(store, "a", "b", "c")
    post, clock = FakePost(), FixedClock(NOW)
    assert deliver(store, post, clock).as_dict() == {"sent": 3, "deferred": 0, "refused": 0}
    assert deliver(store, post, clock).sent == 0
    assert sorted(to for to, _ in post.sent) == ["a@office.example", "b@office.example", "c@office.example"]
    assert {letter(store, k).status for k in "abc"} == {"sent"}
    assert letter(store, "a").sent_at == NOW


def test_no_more_than_the_limit_leave_at_once(store: Store) -> None:
    put(store, "a", "b", "c")
    assert deliver(store, FakePost(), FixedClock(NOW), limit=2).sent == 2


def test_a_passing_trouble_is_tried_again_at_growing_distances(store: Store) -> None:
    put(store, "a")
    post, clock = FakePost(), FixedClock(NOW)
    waits = []
    for n in range(1, 13):
        post.refuse = [DeliveryError(f"synthetic {n}")]
        assert deliver(store, post, clock).deferred == 1
        stuck = letter(store, "a")
        assert (stuck.status, stuck.tries, stuck.last_error) == ("waiting", n, f"synthetic {n}")
        assert stuck.next_try is not None
        waits.append(stuck.next_try - clock.now())
        clock.moment = stuck.next_try - timedelta(seconds=1)
        assert deliver(store, post, clock).as_dict() == {"sent": 0, "deferred": 0, "refused": 0}
        clock.moment = stuck.next_try
    minutes = [w.total_seconds() / 60 for w in waits]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    assert deliver(store, post, clock).sent == 1
    assert letter(store, "a").last_error == ""


def test_the_wait_never_grows_beyond_six_hours() -> None:
    assert wait_after(10_000) == LONGEST_WAIT == timedelta(hours=6)


def test_a_refused_letter_is_kept_with_its_reason_and_not_tried_again(store: Store) -> None:
    put(store, "a", "b")
    post, clock = FakePost(), FixedClock(NOW)
    post.refuse = [DeliveryError("550 no such person", permanent=True)]
    assert deliver(store, post, clock).as_dict() == {"sent": 1, "deferred": 0, "refused": 1}
    assert (letter(store, "a").status, letter(store, "a").last_error) == ("refused", "550 no such person")
    clock.moment += timedelta(days=30)
    assert deliver(store, post, clock).sent == 0


class DiesAfterAcceptance(FakePost):
    """The server has the letter; the process never learns of it."""

    def send(self, to: str, message: bytes) -> str:
        super().send(to, message)
        raise KeyboardInterrupt


def test_after_a_crash_between_acceptance_and_note_the_same_letter_goes_again_after_the_lease(store: Store) -> None:
    put(store, "a")
    dying, clock = DiesAfterAcceptance(), FixedClock(NOW)
    with pytest.raises(KeyboardInterrupt):
        deliver(store, dying, clock)
    post = FakePost()
    clock.moment += LEASE - timedelta(seconds=1)
    assert deliver(store, post, clock).sent == 0
    clock.moment += timedelta(seconds=1)
    assert deliver(store, post, clock).sent == 1
    assert post.sent == dying.sent  # to the byte, Message-ID and all
    assert (letter(store, "a").tries, letter(store, "a").status) == (2, "sent")


class SleepsPastItsLease(FakePost):
    def __init__(self, meanwhile: Callable[[], object], ends_in: DeliveryError | None) -> None:
        super().__init__()
        self.meanwhile, self.ends_in = meanwhile, ends_in

    def send(self, to: str, message: bytes) -> str:
        self.meanwhile()
        if self.ends_in is not None:
            raise self.ends_in
        return super().send(to, message)


@pytest.mark.parametrize("permanent", [False, True])
def test_who_slept_past_the_lease_cannot_undo_that_another_has_sent_it(store: Store, permanent: bool) -> None:
    put(store, "a")
    clock, second = FixedClock(NOW), FakePost()

    def meanwhile() -> None:
        clock.moment += LEASE
        assert deliver(store, second, clock).sent == 1

    deliver(store, SleepsPastItsLease(meanwhile, DeliveryError("too late", permanent=permanent)), clock, limit=1)
    assert (letter(store, "a").status, letter(store, "a").last_error) == ("sent", "")


def test_two_deliverers_at_once_send_no_letter_twice(store: Store) -> None:
    keys = [f"k{n:02d}" for n in range(24)]
    put(store, *keys)
    posts = [FakePost() for _ in range(3)]
    together = threading.Barrier(3)

    def run(post: FakePost) -> None:
        together.wait()
        deliver(store, post, FixedClock(NOW))

    threads = [threading.Thread(target=run, args=(p,)) for p in posts]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(to for p in posts for to, _ in p.sent) == [f"{k}@office.example" for k in keys]
    assert {replace(letter(store, k), body=b"").status for k in keys} == {"sent"}
