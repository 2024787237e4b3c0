"""The weekly letter through a real mail server: once per person, whole, and never lost."""

from __future__ import annotations

import email
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from geo_monitor.config import Mail
from geo_monitor.domain.clock import FixedClock
from geo_monitor.mail.post import choose_post
from geo_monitor.mail.weekly import issue, weekly_of
from geo_monitor.services.outbox import deliver
from tests.fakes import MemoryStore
from tests.weekly_world import NOW, REPORTER_NAME, REPORTER_PHONE, SmallHouse, furnish, settings


class Inbox:
    """Keeps what arrives. ``answers`` are given in place of an acceptance, one a letter."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, bytes]] = []
        self.answers: list[str] = []
        self.loses_voice_after_data = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.arrived.append((envelope.rcpt_tos[0], envelope.content))
        if self.loses_voice_after_data:
            self.loses_voice_after_data = False
            server.transport.close()
        return "250 accepted"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Inbox()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    yield handler, port
    server.stop()


@pytest.fixture
def house(inbox: tuple[Inbox, int], tmp_path: Path) -> SmallHouse:
    store = MemoryStore()
    furnish(store)
    ours = settings(tmp_path)
    mail = Mail(smtp_url=f"smtp://127.0.0.1:{inbox[1]}", sender=ours.mail.sender)
    return SmallHouse(store, choose_post(mail, tmp_path), replace(ours, mail=mail))


def write_and_deliver(house: SmallHouse, times: int = 1) -> None:
    for _ in range(times):
        issue(house, weekly_of(house))
        deliver(house.store, house.post, house.clock)


def parts(raw: bytes) -> tuple[EmailMessage, str, str]:
    letter = email.message_from_bytes(raw, policy=default)
    assert isinstance(letter, EmailMessage)
    plain, rich = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None and rich is not None
    return letter, plain.get_content(), rich.get_content()


def test_the_letter_arrives_once_per_person_however_often_the_job_runs(
    house: SmallHouse, inbox: tuple[Inbox, int]
) -> None:
    write_and_deliver(house, times=3)
    # The third account is closed, the fourth has no address.
    assert sorted(to for to, _ in inbox[0].arrived) == ["chief@office.example", "deputy@office.example"]


def test_each_person_reads_it_in_their_own_language_with_a_map_and_a_text_twin(
    house: SmallHouse, inbox: tuple[Inbox, int]
) -> None:
    write_and_deliver(house)
    by_person = dict(inbox[0].arrived)
    for person, word in (("chief@office.example", "周报"), ("deputy@office.example", "eekly")):
        letter, plain, rich = parts(by_person[person])
        assert word in str(letter["Subject"]) and "2026-W46" in plain and "2026-W46" in rich
        assert letter["Auto-Submitted"] == "auto-generated" and letter["List-Unsubscribe"] and letter["Message-ID"]
        pictures = [p for p in letter.walk() if p.get_content_type() == "image/png"]
        assert len(pictures) == 1 and f"cid:{str(pictures[0]['Content-ID']).strip('<>')}" in rich
        assert len(by_person[person]) < 300_000
        # The figures of the picture letter stand in the text one too.
        numbers = set(re.findall(r"\b\d{2,}\b", re.sub(r"<[^>]+>", " ", rich.split("<body", 1)[1])))
        assert len(numbers - set(re.findall(r"\b\d{2,}\b", plain))) <= 2, numbers


def test_no_letter_names_a_reporter(house: SmallHouse, inbox: tuple[Inbox, int]) -> None:
    write_and_deliver(house)
    for _, raw in inbox[0].arrived:
        _, plain, rich = parts(raw)
        for told in (plain, rich):
            assert REPORTER_NAME not in told and REPORTER_PHONE not in told


def test_a_server_that_is_busy_gets_the_letter_later_with_the_same_message_id(
    house: SmallHouse, inbox: tuple[Inbox, int]
) -> None:
    inbox[0].answers = ["451 come back later", "451 come back later"]
    write_and_deliver(house)
    assert inbox[0].arrived == []
    with house.store.reading() as records:
        waiting = [x for x in records.letters() if x.status == "waiting"]
    assert len(waiting) == 2 and all("451" in x.last_error and x.tries == 1 for x in waiting)
    deliver(house.store, house.post, house.clock)  # too early: nothing is tried
    assert inbox[0].arrived == []
    deliver(house.store, house.post, FixedClock(NOW + timedelta(hours=7)))
    assert len(inbox[0].arrived) == 2


def test_a_refused_letter_is_kept_with_the_servers_words_and_not_tried_again(
    house: SmallHouse, inbox: tuple[Inbox, int]
) -> None:
    inbox[0].answers = ["550 no such person"]
    write_and_deliver(house)
    deliver(house.store, house.post, FixedClock(NOW + timedelta(days=2)))
    assert len(inbox[0].arrived) == 1
    with house.store.reading() as records:
        refused = [x for x in records.letters() if x.status == "refused"]
    assert len(refused) == 1 and "550" in refused[0].last_error


def test_a_letter_whose_acceptance_was_never_heard_is_sent_again_under_its_old_name(
    house: SmallHouse, inbox: tuple[Inbox, int]
) -> None:
    inbox[0].loses_voice_after_data = True
    write_and_deliver(house)
    deliver(house.store, house.post, FixedClock(NOW + timedelta(hours=7)))
    by_person: dict[str, list[str]] = {}
    for to, raw in inbox[0].arrived:
        by_person.setdefault(to, []).append(str(parts(raw)[0]["Message-ID"]))
    assert sorted(len(v) for v in by_person.values()) == [1, 2]
    assert all(len(set(v)) == 1 for v in by_person.values())
    with house.store.reading() as records:
        assert {x.status for x in records.letters()} == {"sent"} and max(x.tries for x in records.letters()) == 2


def test_without_a_mail_server_letters_are_files_that_a_mail_program_opens(tmp_path: Path) -> None:
    store = MemoryStore()
    furnish(store)
    ours = settings(tmp_path)
    house = SmallHouse(store, choose_post(ours.mail, tmp_path), ours)
    write_and_deliver(house, times=2)
    files = sorted((tmp_path / ours.mail.folder).glob("*.eml"))
    assert len(files) == 2
    for file in files:
        parts(file.read_bytes())
