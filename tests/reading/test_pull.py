"""Feeds pulled over HTTP from a server that may misbehave: nothing lost, nothing doubled, nothing told to strangers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.place import Box
from geo_monitor.errors import FileError, NotFoundError
from geo_monitor.reading import pull as pulling
from geo_monitor.reading.feeds import import_file
from geo_monitor.reading.fetch import Ask, PullError, fetch, tls_context
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.reading.pull import Cursor, PullReport, pull_feed, without_secrets
from tests.fakes import MemoryStore
from tests.reading.fake_hotline import SECRET, T0, Hotline, hotline_server, record

LHASA = Box(89.5, 29.2, 92.8, 31.1)
KEY = b"only for tests"

MAPPING = """
feed: hotline
title: {{zh: 热线（合成）, en: Hotline (synthetic)}}
source: hotline
datum: WGS84
id: [order.no]
columns:
  occurred: happened
  text: text
  category: {{column: order.kind, map: {{采砂: sand_mining}}}}
  lon: place.lon
  lat: place.lat
  evidence: {{column: photos, separator: ";", map: {{照片: photo}}}}
pull:
  url: {url}
  {more}
"""
QUERY = {
    "page": 'query: {since: "{since}", page: "{page}", size: "{size}"}\n  paging: {kind: page}\n  records: data.list',
    "offset": 'query: {since: "{since}", offset: "{offset}"}\n  paging: {kind: offset}\n  records: data.list',
    "next": 'query: {since: "{since}"}\n  paging: {kind: next, link: next}\n  records: data.list',
    "header": 'query: {since: "{since}"}\n  paging: next\n  records: data.list',
    "cursor": 'query: {since: "{since}", cursor: "{cursor}"}\n  paging: {kind: cursor, field: next}\n'
    "  records: data.list",
    "keep": 'query: {cursor: "{cursor}"}\n  paging: {kind: cursor, field: next, keep: true}\n  records: data.list',
    "split": 'query: {since: "{since}", until: "{until}"}\n  paging: split\n  page_size: 10',
}
PATHS = {
    "page": "/pages",
    "offset": "/offsets",
    "next": "/links",
    "header": "/linked",
    "cursor": "/cursors",
    "keep": "/cursors",
    "split": "/spans",
}
SINCE = "\n  since: {field: updated, time_zone: UTC, first: 365 d, overlap: 10 min}"
QUICK = "\n  timeout: 0.3 s\n  retries: 4"


def mapping_of(hotline: Hotline, folder: Path, kind: str = "page", more: str = "") -> FeedMapping:
    feeds = folder / "feeds"
    feeds.mkdir(exist_ok=True)
    # Spans are asked up to the moment of the pull, and these orders are two days old when they come.
    spans = SINCE.replace("field: updated, ", "").replace("10 min", "3 d")
    since = spans if kind == "split" else SINCE
    said = QUERY[kind] + since + QUICK + more
    text = MAPPING.format(url=hotline.url + PATHS[kind], more=said)
    (feeds / "hotline.yaml").write_text(text, encoding="utf-8")
    return read_feed_mappings(feeds)["hotline"]


class House:
    """A store, a clock and a workspace; ``pull`` fetches without waiting."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store, self.clock = folder, MemoryStore(), FixedClock(T0 + timedelta(days=2))
        self.slept: list[float] = []

    def pull(self, mapping: FeedMapping, **more: Any) -> PullReport:
        self.clock.moment += timedelta(minutes=10)
        return pull_feed(
            self.store,
            mapping,
            workspace=self.folder,
            box=LHASA,
            key=KEY,
            clock=self.clock,
            environ={"HOTLINE_KEY": SECRET},
            sleep=self.slept.append,
            **more,
        )

    @property
    def known(self) -> list[str]:
        with self.store.reading() as records:
            columns = records.incident_columns()
            return sorted(i.source_id for i in records.incidents(list(columns.ids)))

    @property
    def quarantined(self) -> int:
        with self.store.reading() as records:
            return sum(records.quarantine_counts().values())

    @property
    def originals(self) -> list[Path]:
        return sorted((self.folder / "files/originals").rglob("*.json"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def hotline() -> Iterator[Hotline]:
    with hotline_server(records=[record(n) for n in range(35)]) as server:
        yield server


def numbers(hotline: Hotline) -> list[str]:
    return sorted(r["order"]["no"] for r in hotline.records)


# ---- all pages


@pytest.mark.parametrize("kind", list(QUERY))
def test_every_record_of_every_page_comes_in_once(house: House, hotline: Hotline, kind: str) -> None:
    report = house.pull(mapping_of(hotline, house.folder, kind))
    assert (report.outcome, report.error) == ("done", "")
    assert house.known == numbers(hotline)
    assert report.stored == 35


@pytest.mark.parametrize("kind", list(QUERY))
def test_a_second_pull_brings_only_what_came_since(house: House, hotline: Hotline, kind: str) -> None:
    mapping = mapping_of(hotline, house.folder, kind)
    house.pull(mapping)
    asked = len(hotline.asked)
    hotline.records += [record(n) for n in range(35, 38)]
    report = house.pull(mapping)
    assert (report.outcome, report.stored, house.quarantined) == ("done", 3, 0)
    assert house.known == numbers(hotline)
    assert len(hotline.asked) - asked <= 4 or kind == "split"  # three days of them, ten at a time


def test_nested_values_are_columns_and_numbers_keep_their_digits(house: House, hotline: Hotline) -> None:
    hotline.records = [record(1)]
    house.pull(mapping_of(hotline, house.folder, more="\nattributes: {digits: place.lon}"))
    with house.store.reading() as records:
        (incident,) = records.incidents(list(records.incident_columns().ids))
    assert (incident.lon, incident.attributes["digits"]) == (91.001, "91.001")
    assert incident.evidence == {"photo"}


def test_a_row_that_came_late_with_an_older_time_is_not_missed(house: House, hotline: Hotline) -> None:
    mapping = mapping_of(hotline, house.folder)
    house.pull(mapping)
    hotline.records.append(record(100, updated=T0 + timedelta(minutes=26)))  # the newest so far: minute 34
    assert house.pull(mapping).stored == 1


def test_a_record_from_the_future_does_not_make_the_next_pull_begin_there(house: House, hotline: Hotline) -> None:
    mapping = mapping_of(hotline, house.folder)
    hotline.records.append(record(100, updated=T0 + timedelta(days=3000)))
    assert house.pull(mapping).cursor.since == T0 + timedelta(minutes=34)
    hotline.records.append(record(101))
    assert house.pull(mapping).stored == 1


def test_a_server_that_gives_less_than_was_asked_is_read_to_its_end(house: House, hotline: Hotline) -> None:
    hotline.most = 3
    house.pull(mapping_of(hotline, house.folder))
    assert house.known == numbers(hotline)


def test_a_server_that_answers_beyond_its_end_with_its_last_page_is_left_after_two_of_them(
    house: House, hotline: Hotline
) -> None:
    hotline.reasonable = True
    report = house.pull(mapping_of(hotline, house.folder))
    assert (report.outcome, len(hotline.asked), house.known) == ("done", 6, numbers(hotline))


def test_a_server_that_gives_some_records_twice_by_itself_is_believed_when_it_does_so_again(
    house: House, hotline: Hotline
) -> None:
    hotline.records = [r for r in hotline.records for _ in range(2)]
    hotline.most = 7
    report = house.pull(mapping_of(hotline, house.folder))
    assert (report.outcome, house.known) == ("done", sorted({*numbers(hotline)}))
    assert len(hotline.asked) == 2 * 11


def test_a_total_that_was_reached_spares_the_empty_page(house: House, hotline: Hotline) -> None:
    house.pull(mapping_of(hotline, house.folder, more="\n  total: data.total"))
    assert len(hotline.asked) == 4


def test_where_fewer_come_than_the_server_counts_the_cursor_stays_and_it_is_told(
    house: House, hotline: Hotline
) -> None:
    mapping = mapping_of(hotline, house.folder, more="\n  total: count")
    hotline.envelope = lambda: {"count": 40}
    report = house.pull(mapping)
    assert (report.outcome, report.cursor.since) == ("partial", None)
    assert "counts 40 records, 35 came" in report.error


def test_more_pages_than_allowed_fail_loudly_and_keep_what_came(house: House, hotline: Hotline) -> None:
    report = house.pull(mapping_of(hotline, house.folder, more="\n  max_pages: 2"))
    assert (report.outcome, report.stored, report.cursor.since) == ("failed", 20, None)
    assert "max_pages" in report.error


def test_a_post_sends_numbers_as_numbers(house: House, hotline: Hotline) -> None:
    more = QUERY["page"].replace("query:", "body:") + SINCE
    text = MAPPING.format(url=f"{hotline.url}/pages", more=more)
    (house.folder / "feeds").mkdir()
    (house.folder / "feeds/hotline.yaml").write_text(text, encoding="utf-8")
    assert house.pull(read_feed_mappings(house.folder / "feeds")["hotline"]).stored == 35
    assert (hotline.bodies[0]["page"], hotline.bodies[0]["size"]) == (1, 100)


def test_a_span_with_more_records_than_can_be_asked_for_in_a_second_is_told(house: House, hotline: Hotline) -> None:
    hotline.records = [record(n, updated=T0) for n in range(30)]
    report = house.pull(mapping_of(hotline, house.folder, "split"))
    assert report.outcome == "failed"
    assert "a smaller span cannot be asked" in report.error


# ---- kept before it is read


def test_every_page_is_kept_byte_for_byte_under_its_hash(house: House, hotline: Hotline) -> None:
    house.pull(mapping_of(hotline, house.folder))
    assert {p.read_bytes() for p in house.originals} == set(hotline.sent)
    assert all(hashlib.sha256(p.read_bytes()).hexdigest() == p.stem for p in house.originals)
    assert {p.stat().st_mode & 0o77 for p in house.originals} == {0}


def test_half_a_page_is_kept_and_asked_for_again(house: House, hotline: Hotline) -> None:
    faults = iter(["half"])
    hotline.fault = lambda: next(faults, None)
    house.pull(mapping_of(hotline, house.folder))
    assert house.known == numbers(hotline)
    assert len(house.originals) == len(set(hotline.sent)) + 1


def test_a_kept_page_can_be_imported_by_hand(house: House, hotline: Hotline) -> None:
    mapping = mapping_of(hotline, house.folder)
    house.pull(mapping)
    path = house.originals[0]
    report = import_file(MemoryStore(), path, mapping, box=LHASA, key=KEY, at=house.clock.now())
    assert report.stored == len(json.loads(path.read_bytes())["data"]["list"])


def test_a_dry_run_says_what_would_come_and_leaves_nothing_behind(house: House, hotline: Hotline) -> None:
    report = house.pull(mapping_of(hotline, house.folder), dry_run=True)
    assert (report.outcome, report.stored) == ("done", 35)
    assert (house.known, house.originals) == ([], [])
    with house.store.reading() as records:
        assert (records.pulls(), records.feeds()) == ([], [])


# ---- rows that cannot be trusted, and rows that change


def test_a_bad_row_is_quarantined_once_although_every_answer_has_other_bytes(house: House, hotline: Hotline) -> None:
    hotline.envelope = lambda: {"request": len(hotline.asked)}
    hotline.records = [record(1), record(2, place={"lon": "?", "lat": 29.65}), "no object", {"text": "no id"}]  # type: ignore[list-item]
    hotline.answer = lambda *_: ({"data": {"list": hotline.records}, **hotline.envelope()}, {})  # type: ignore[method-assign]
    mapping = mapping_of(hotline, house.folder, "next")
    for _ in range(5):
        house.pull(mapping)
    assert (house.known, house.quarantined) == (["GD00001"], 3)
    assert len(house.originals) == 5


def test_a_row_that_was_changed_there_and_back_is_read_each_time(house: House, hotline: Hotline) -> None:
    mapping = mapping_of(hotline, house.folder)
    before, after = record(1), record(1, place={"lon": "?", "lat": 29.65})
    unchanged = []
    for now in (before, after, before, before):
        hotline.records = [now]
        unchanged.append(house.pull(mapping).unchanged)
    assert unchanged == [0, 0, 0, 1]


# ---- troubles


@pytest.mark.parametrize("fault", ["500", "503", "429", "slow", "half", "short", "cut", "busy", "drip"])
def test_a_passing_trouble_is_tried_again(house: House, hotline: Hotline, fault: str) -> None:
    faults = iter([None, fault, fault])
    hotline.fault = lambda: next(faults, None)
    report = house.pull(mapping_of(hotline, house.folder, more='\n  accept: {code: ["200"]}'))
    assert (report.outcome, report.error, house.known) == ("done", "", numbers(hotline))


def test_waits_grow_and_a_server_that_names_its_wait_is_obeyed(house: House, hotline: Hotline) -> None:
    faults = iter(["500", "500", "500", "429:17"])
    hotline.fault = lambda: next(faults, None)
    house.pull(mapping_of(hotline, house.folder))
    first, second, third, named = house.slept
    assert 0.75 <= first <= 1.25 and 1.5 <= second <= 2.5 and 3.0 <= third <= 5.0
    assert named == 17.0


def test_a_server_that_wants_to_be_left_alone_for_an_hour_is(house: House, hotline: Hotline) -> None:
    faults = iter([None, "429:3600"])
    hotline.fault = lambda: next(faults, None)
    mapping = mapping_of(hotline, house.folder)
    assert house.pull(mapping).outcome == "failed"
    asked = len(hotline.asked)
    assert [house.pull(mapping).outcome for _ in range(5)] == ["waiting"] * 5
    assert len(hotline.asked) == asked
    house.clock.moment += timedelta(minutes=20)
    assert house.pull(mapping).outcome == "done"
    assert house.known == numbers(hotline)


def test_what_is_refused_for_good_is_not_asked_for_again(house: House, hotline: Hotline) -> None:
    hotline.fault = lambda: "401"
    report = house.pull(mapping_of(hotline, house.folder))
    assert (report.outcome, len(hotline.asked)) == ("failed", 1)
    assert "401" in report.error


def test_a_failure_keeps_the_cursor_and_stands_in_the_history(house: House, hotline: Hotline) -> None:
    mapping = mapping_of(hotline, house.folder)
    good = house.pull(mapping)
    hotline.fault = lambda: "500"
    failed = house.pull(mapping)
    house.pull(mapping)
    assert failed.cursor.since == good.cursor.since
    with house.store.reading() as records:
        history = records.pull_histories()["hotline"]
        kept = records.pulls("hotline")
    assert (history.failures, history.newest_good.outcome if history.newest_good else "") == (2, "done")
    assert [p.outcome for p in kept] == ["failed", "failed", "done"]
    assert Cursor.of(kept[0].cursor).since == good.cursor.since


def test_an_empty_answer_is_heard_all_the_same(house: House, hotline: Hotline) -> None:
    hotline.records = []
    report = house.pull(mapping_of(hotline, house.folder))
    assert (report.outcome, report.rows) == ("done", 0)
    with house.store.reading() as records:
        assert [(h.feed, h.read) for h in records.feeds()] == [("hotline", 0)]
        assert records.pulls()[0].outcome == "done"


def test_a_wrong_path_to_the_records_is_told_with_what_is_there_instead(house: House, hotline: Hotline) -> None:
    mapping = mapping_of(hotline, house.folder, more="")
    text = (house.folder / "feeds/hotline.yaml").read_text(encoding="utf-8").replace("data.list", "data.rows")
    (house.folder / "feeds/hotline.yaml").write_text(text, encoding="utf-8")
    mapping = read_feed_mappings(house.folder / "feeds")["hotline"]
    report = house.pull(mapping)
    assert report.outcome == "failed"
    assert "data.rows" in report.error
    assert "合成工单" not in report.error


# ---- secrets and strangers


def test_a_secret_is_sent_and_told_to_nobody(house: House, hotline: Hotline) -> None:
    header = "\n  headers: {X-Api-Key: {environment: HOTLINE_KEY}}"
    mapping = mapping_of(hotline, house.folder, more=header)
    house.pull(mapping)
    assert set(hotline.keys) == {SECRET}
    hotline.fault = lambda: "401"  # its answer repeats the key
    report = house.pull(mapping)
    assert SECRET not in report.error and "***" in report.error
    with house.store.reading() as records:
        assert SECRET not in repr(records.pulls())


def test_a_secret_may_stand_in_a_file_and_in_the_query(house: House, hotline: Hotline) -> None:
    (house.folder / "files").mkdir()
    (house.folder / "files/token").write_text("t{page}k\n", encoding="utf-8")
    text = "\n  headers: {X-Api-Key: {file: files/token, before: 'Bearer '}}"
    mapping = mapping_of(hotline, house.folder, more=text)
    house.pull(mapping)
    assert set(hotline.keys) == {"Bearer t{page}k"}


def test_a_secret_that_is_missing_is_named_and_nothing_is_asked(house: House, hotline: Hotline) -> None:
    header = "\n  headers: {X-Api-Key: {environment: NOT_SET}, X-Other: {file: files/none}}"
    report = house.pull(mapping_of(hotline, house.folder, more=header))
    assert (report.outcome, hotline.asked) == ("failed", [])
    assert "NOT_SET" in report.error and "files/none" in report.error


def test_no_other_host_is_asked_whoever_names_it(house: House, hotline: Hotline) -> None:
    with hotline_server(records=[record(1)]) as stranger:
        for lead in (
            f"{stranger.url}/pages?page=1",
            f"http://localhost:{hotline.port}/pages",
            "//169.254.1.1/",
            "ftp:x",
        ):
            faults = iter([f"to:{lead}"])
            hotline.fault = lambda faults=faults: next(faults, None)  # type: ignore[misc]
            report = house.pull(mapping_of(hotline, house.folder))
            assert (report.outcome, "another host" in report.error) == ("failed", True), lead
        hotline.fault = lambda: None
        hotline.envelope = lambda: {"next": f"{stranger.url}/links?from=10"}
        report = house.pull(mapping_of(hotline, house.folder, "next"))
        assert stranger.asked == []


def test_a_redirect_on_the_same_host_is_followed(house: House, hotline: Hotline) -> None:
    faults = iter(["to:/pages?page=1&size=100"])
    hotline.fault = lambda: next(faults, None)
    assert house.pull(mapping_of(hotline, house.folder)).stored == 35


def test_a_proxy_of_the_environment_is_not_asked(
    house: House, hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hotline_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert house.pull(mapping_of(hotline, house.folder)).stored == 35
        assert proxy.asked == []


def test_an_answer_larger_than_a_page_may_be_is_left(
    house: House, hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "__kwdefaults__", {"context": None, "most": 2000})
    report = house.pull(mapping_of(hotline, house.folder))
    assert report.outcome == "failed"
    assert "more than 2,000 bytes" in report.error


def test_an_answer_that_drips_is_left_in_its_body_and_in_its_head(hotline: Hotline) -> None:
    hotline.fault = lambda: "drip"  # a byte every 50 ms: never silent, never at its end
    began = time.monotonic()
    with pytest.raises(PullError, match="not at its end") as told:
        fetch(Ask(f"{hotline.url}/pages?page=1"), timeout_s=0.1)
    assert told.value.passing
    head = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500
    with (
        _answering(lambda guest: _drip(guest, head)) as port,
        pytest.raises(PullError, match="not at its end"),
    ):
        fetch(Ask(f"http://127.0.0.1:{port}/"), timeout_s=0.1)
    assert time.monotonic() - began < 8


def test_only_a_server_with_a_trusted_certificate_is_believed(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)

    def greet(guest: socket.socket) -> None:
        with server.wrap_socket(guest, server_side=True) as inside:
            inside.recv(1000)
            inside.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    with _answering(greet) as port:
        with pytest.raises(PullError, match="certificate cannot be trusted") as told:
            fetch(Ask(f"https://127.0.0.1:{port}/"), timeout_s=5.0)
        assert not told.value.passing
        answer = fetch(Ask(f"https://127.0.0.1:{port}/"), timeout_s=5.0, context=tls_context(str(certificate)))
        assert answer.content == b"[]"


@contextlib.contextmanager
def _answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port of this machine behind which each guest is answered so."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                guest, _ = door.accept()
                with guest, contextlib.suppress(OSError):
                    answer(guest)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield door.getsockname()[1]
    finally:
        door.close()


def _drip(guest: socket.socket, words: bytes) -> None:
    guest.recv(1000)
    for n in range(len(words)):
        guest.sendall(words[n : n + 1])
        time.sleep(0.05)


# ---- broken off


class Crash(Exception):
    """The machine stops here."""


def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    steps = 0
    for crash_at in range(1, 200):
        folder = tmp_path / str(crash_at)
        folder.mkdir()
        made = [record(n) if n % 7 else record(n, place={"lon": "?", "lat": 1}) for n in range(25)]
        with hotline_server(records=made) as hotline:
            hotline.envelope = lambda hotline=hotline: {"request": len(hotline.asked)}  # type: ignore[misc]
            house = House(folder)
            mapping = mapping_of(hotline, folder)
            done = _crash_in_writing(house, crash_at, lambda house=house, mapping=mapping: house.pull(mapping))
            steps = crash_at
            report = house.pull(mapping)
            assert report.outcome == "done"
            assert len(house.known) == 21 and house.quarantined == 4, crash_at
            if done:
                break
    assert steps > 8


def _crash_in_writing(house: House, at: int, work: Callable[[], object]) -> bool:
    """Runs the work and stops it at its n-th transaction, before or after it is written; True if it got to its end."""
    from contextlib import contextmanager

    real, seen = house.store.writing, 0

    @contextmanager
    def writing() -> Iterator[Any]:
        nonlocal seen
        seen += 1
        if seen * 2 - 1 == at:
            raise Crash
        with real() as records:
            yield records
        if seen * 2 == at:
            raise Crash

    house.store.writing = writing  # type: ignore[method-assign]
    try:
        work()
    except Crash:
        return False
    finally:
        house.store.writing = real  # type: ignore[method-assign]
    return True


@pytest.mark.parametrize("seed", range(40))
def test_whatever_goes_wrong_all_comes_in_at_last_and_nothing_twice(seed: int, tmp_path: Path) -> None:
    """Random faults, orders, changes and crashes in every way of paging; when the server has come to rest, one or two
    more pulls and everything is there once."""
    chance = random.Random(seed)
    kind = chance.choice(list(QUERY))
    bad = {n for n in range(400) if chance.random() < 0.05}

    def made(n: int) -> dict[str, Any]:
        return record(n, place={"lon": "?", "lat": 29.65}) if n in bad else record(n)

    with hotline_server(
        records=[made(n) for n in range(chance.randrange(60))], most=chance.choice([3, 7, 10])
    ) as hotline:
        house = House(tmp_path)
        mapping = mapping_of(hotline, tmp_path, kind, '\n  accept: {code: ["200"]}' if kind != "split" else "")
        if kind == "split":
            hotline.most = 10
        hotline.envelope = lambda: {"request": len(hotline.asked)}
        faults = ["500", "503", "429", "half", "short", "cut", *(["busy"] if kind != "split" else [])]
        hotline.slow_s = 0.4

        def fault() -> str | None:
            return chance.choice(faults) if chance.random() < 0.25 else None

        hotline.fault = fault
        if kind in ("page", "offset", "next", "header", "cursor"):
            hotline.shuffle = random.Random(seed)
        following = len(hotline.records)
        for _ in range(6):
            if chance.random() < 0.3:
                _crash_in_writing(house, chance.randrange(1, 30), lambda: house.pull(mapping))
            else:
                house.pull(mapping)
            for _ in range(chance.randrange(5)):
                hotline.records.append(made(following))
                following += 1
            assert len(house.known) == len(set(house.known))
        hotline.fault, hotline.shuffle = lambda: None, None
        for _ in range(2):
            report = house.pull(mapping)
        assert report.outcome == "done", report.error
        assert set(house.known) == {f"GD{n:05d}" for n in range(following) if n not in bad}
        assert house.quarantined == len([n for n in bad if n < following])
        for page in house.originals:
            assert hashlib.sha256(page.read_bytes()).hexdigest() == page.stem


# ---- the mapping


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("url: http://hotline.example/api", "not_encrypted"),
        ("url: https://user:word@hotline.example/api", "not_a_url"),
        ("url: https://hotline.example/api?key=1", "not_a_url"),
        ("url: file:///etc/passwd", "not_a_url"),
        ("url: https://h.example/\n  headers: {A: {environment: X, file: y}}", "no_secret"),
        ("url: https://h.example/\n  headers: {A: {file: /etc/passwd}}", "not_relative"),
        ("url: https://h.example/\n  ca_file: ../x.pem", "not_relative"),
        ("url: https://h.example/\n  paging: page", "missing_placeholder"),
        ('url: https://h.example/\n  query: {a: "{sinse}"}', "unknown_placeholder"),
        ("url: https://h.example/\n  paging: {kind: cursor}", "missing_key"),
        ("url: https://h.example/\n  timeout: soon", "not_a_span"),
        ("url: https://h.example/\n  max_pages: 0", "not_a_number"),
        ("url: https://h.example/\n  since: {format: yesterday}", "not_a_format"),
        ("url: https://h.example/\n  since: {time_zone: Mars}", "unknown_time_zone"),
        ("url: https://h.example/\n  method: DELETE", "unknown_word"),
        ("url: https://h.example/\n  method: GET\n  body: {a: b}", "not_with_get"),
        ("url: https://h.example/\n  kind: soap", "unknown_word"),
        ("url: https://h.example/\n  secret: 1", "unknown_key"),
    ],
)
def test_a_wrong_pull_section_is_told_with_its_line(tmp_path: Path, said: str, reason: str) -> None:
    text = MAPPING.format(url="", more="").split("pull:")[0] + f"pull:\n  {said}\n"
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as told:
        read_feed_mappings(tmp_path)
    assert reason in [f.reason for f in told.value.flaws]
    assert "word@" not in str(told.value)


def test_a_feed_without_a_pull_section_cannot_be_pulled(house: House, tmp_path: Path) -> None:
    text = MAPPING.format(url="", more="").split("pull:")[0]
    (tmp_path / "f.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(NotFoundError):
        house.pull(read_feed_mappings(tmp_path)["hotline"])


OPEN311 = """
feed: city
title: {{zh: 市民热线（合成）, en: City line (synthetic)}}
source: hotline
columns:
  category: {{column: service_code, map: {{"006": waste_dumping}}}}
pull: {{kind: open311, url: {url}/open311/v2}}
"""


def test_a_georeport_server_is_pulled_with_two_lines(house: House, hotline: Hotline) -> None:
    requests = [
        {
            "service_request_id": f"{n}",
            "status": "open",
            "service_name": "Dumping (synthetic)",
            "service_code": "006",
            "description": f"synthetic {n}",
            "requested_datetime": (T0 + timedelta(hours=n % 40)).isoformat(),
            "address": "",
            "lat": 29.65,
            "long": 91.1,
        }
        for n in range(2500)
    ]

    def answer(path: str, asked: dict[str, str]) -> tuple[Any, dict[str, str]]:
        assert path == "/open311/v2/requests.json"
        first, last = (datetime.fromisoformat(asked[name]) for name in ("start_date", "end_date"))
        assert last - first <= timedelta(days=90)
        found = [r for r in requests if first <= datetime.fromisoformat(str(r["requested_datetime"])) <= last]
        return found[:1000], {}

    hotline.answer = answer  # type: ignore[method-assign]
    (house.folder / "feeds").mkdir()
    (house.folder / "feeds/city.yaml").write_text(OPEN311.format(url=hotline.url), encoding="utf-8")
    mapping = read_feed_mappings(house.folder / "feeds")["city"]
    report = house.pull(mapping)
    assert (report.outcome, report.stored, len(house.known)) == ("done", 2500, 2500)
    again = house.pull(mapping)
    assert (again.outcome, again.stored, again.quarantined) == ("done", 0, 0)
    assert re.search(r"start_date=2026-1[01]-..T", hotline.asked[-1])


def test_the_moments_of_a_page_are_written_as_the_server_wants_them() -> None:
    from geo_monitor.reading.pull_settings import Since

    moment = datetime(2026, 11, 1, 4, 5, 6, tzinfo=UTC)
    said = [Since(format=f).written(moment) for f in ("iso", "unix", "unix_ms", "%Y%m%d%H%M%S")]
    assert said == ["2026-11-01T12:05:06+08:00", "1793505906", "1793505906000", "20261101120506"]
    for form, text in zip(("iso", "unix", "unix_ms", "%Y%m%d%H%M%S"), said, strict=True):
        assert pulling._moment(text, form, Since().zone) == moment


@pytest.mark.parametrize(
    "said",
    [
        "401 (no such token: s3cr+et/abc-DEF)",
        "401 (no such token: s3cr+et/abc",
        "no /orders?key=s3cr%2Bet%2Fabc-DEF",
    ],
)
def test_what_a_server_repeats_of_a_secret_is_not_shown_not_even_its_beginning(said: str) -> None:
    told = without_secrets(said, ["s3cr+et/abc-DEF"])
    assert "***" in told
    assert "s3cr" not in told and "abc" not in told


def test_words_that_are_no_secret_stay() -> None:
    assert without_secrets("the server answers 401", ["abcdefgh"]) == "the server answers 401"
