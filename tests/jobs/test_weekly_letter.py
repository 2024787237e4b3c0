"""From the week's matters to a letter in somebody's mailbox: job, outbox, SMTP."""

from __future__ import annotations

import email
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from pathlib import Path

import pytest

from geo_monitor.config import Mail
from geo_monitor.domain.clock import FixedClock
from geo_monitor.mail.post import choose_post
from geo_monitor.services.ports import Store, User
from geo_monitor.store.sql import open_store
from geo_monitor.wiring import House
from jobs._scheduler import run_job
from tests.smtp import Mailbox, mail_server
from tests.weekly_world import NOW, furnish
from tests.weekly_world import settings as settings_of


@pytest.fixture(params=["sqlite", "postgis"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made = open_store(request.getfixturevalue(f"migrated_{request.param}"))
    furnish(made)
    yield made
    made.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def house_of(store: Store, folder: Path, mailbox: Mailbox | None) -> House:
    given = settings_of(folder)
    mail = Mail(smtp_url=f"smtp://127.0.0.1:{mailbox.port}" if mailbox else "", sender=given.mail.sender)
    return House(given, store, choose_post(mail, folder), FixedClock(NOW))


def test_the_weekly_letter_arrives_once_per_person_although_the_job_runs_three_times(
    store: Store, mailbox: Mailbox, tmp_path: Path
) -> None:
    house = house_of(store, tmp_path, mailbox)
    counts = []
    for _ in range(3):
        run = run_job(house, "weekly_report")
        assert run.outcome == "done", run.error
        counts.append((run.counts["written"], run.counts["already_written"]))
        assert run_job(house, "deliver_letters").outcome == "done"
        house.clock.moment += timedelta(hours=7)  # type: ignore[attr-defined]
    assert counts == [(2, 0), (0, 2), (0, 2)]
    assert sorted(to for _, (to,), _ in mailbox.letters) == ["chief@office.example", "deputy@office.example"]
    for _, (to,), content in mailbox.letters:
        letter = email.message_from_bytes(content, policy=policy.default)
        assert letter["To"] == to
        assert "2026-W46" in letter["Subject"]
        assert ("线索周报" in letter["Subject"]) is (to == "chief@office.example")
        assert letter["X-MailFrom"] is None or letter["X-MailFrom"] == "geo-monitor@office.example"


def test_the_next_week_brings_the_next_letter(store: Store, mailbox: Mailbox, tmp_path: Path) -> None:
    house = house_of(store, tmp_path, mailbox)
    for _ in range(2):
        run_job(house, "weekly_report")
        run_job(house, "deliver_letters")
        house.clock.moment += timedelta(days=7)  # type: ignore[attr-defined]
    subjects = [email.message_from_bytes(c, policy=policy.default)["Subject"] for _, _, c in mailbox.letters]
    assert sorted("2026-W46" in s for s in subjects) == [False, False, True, True]


def test_a_server_that_is_down_gets_the_letter_when_it_is_back(store: Store, tmp_path: Path) -> None:
    with mail_server() as gone:
        house = house_of(store, tmp_path, gone)
    run_job(house, "weekly_report")
    assert run_job(house, "deliver_letters").counts["deferred"] == 2
    with mail_server() as back:
        house = House(house.settings, store, choose_post(
            Mail(smtp_url=f"smtp://127.0.0.1:{back.port}", sender="geo-monitor@office.example"), tmp_path),
            FixedClock(NOW + timedelta(minutes=1)))  # fmt: skip
        assert run_job(house, "deliver_letters").counts["sent"] == 2
    assert len(back.letters) == 2


def test_who_has_no_address_or_is_gone_gets_none(store: Store, mailbox: Mailbox, tmp_path: Path) -> None:
    with store.writing() as records:
        records.put_user(User("patrol", "P", "patrol", "x", "patrol@office.example", active=False))
    house = house_of(store, tmp_path, mailbox)
    run_job(house, "weekly_report")
    run_job(house, "deliver_letters")
    assert {to for _, (to,), _ in mailbox.letters} == {"chief@office.example", "deputy@office.example"}
