"""A posted form as a file of one row."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.domain.place import Box
from geo_monitor.errors import CallError, GeoMonitorError
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.reading.open311 import (
    MOST_FIELDS,
    ORIGINALS,
    Received,
    put_mapping,
    read_form,
    receive,
    services_of,
)
from geo_monitor.services.ports import Store
from geo_monitor.store.sql import open_store
from geo_monitor.supervision.vocabulary import CATEGORIES
from tests.fakes import MemoryStore

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
BOX = Box(89.5, 29.2, 92.8, 31.1)
FORM = {"service_code": "dumping", "lat": "29.65", "long": "91.12", "description": "合成"}


ODD = [b"NaN", b"1e400", b"-0", b"\xef\xbf\xbe", b"91.12", b"29.65", b"2026-11-22T06:00:00Z", b"9999-12-31"]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, FeedMapping]:
    folder = tmp_path_factory.mktemp("feeds")
    assert put_mapping(folder)
    return read_feed_mappings(folder)


def take(
    store: Store,
    feeds: Mapping[str, FeedMapping],
    folder: Path,
    body: bytes | Mapping[str, str],
    at: datetime = NOW,
    sender: str = "app",
) -> Received:
    sent = body if isinstance(body, bytes) else urlencode(body).encode()
    return receive(store, feeds, sent, sender, workspace=folder, box=BOX, key=b"k", at=at)


def counts(store: Store) -> tuple[int, int]:
    with store.reading() as records:
        return records.incident_count(), sum(records.quarantine_counts().values())


def test_the_mapping_that_comes_with_the_program_offers_only_known_categories(
    feeds: Mapping[str, FeedMapping],
) -> None:
    assert set(feeds["open311"].category.map.values()) <= set(CATEGORIES)
    assert all(words.zh and words.en for words in services_of(feeds).values())


def test_a_mapping_of_the_citys_own_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "open311.yaml"
    path.write_text("feed: open311\n", encoding="utf-8")
    assert not put_mapping(tmp_path)
    assert path.read_text(encoding="utf-8") == "feed: open311\n"


def test_a_form_is_read_as_browsers_and_programs_write_it() -> None:
    body = "a=1+2&b=%E5%90%88成&attribute%5Bx%5D[]=p&attribute[x][]=q&empty=&c=%26%3D".encode()
    assert read_form(body) == {"a": "1 2", "b": "合成", "attribute[x]": "p;q", "empty": "", "c": "&="}


@pytest.mark.parametrize("body", [b"a=1&a=2", b"attribute[x]=1&attribute[x]=2", b"a&" * (MOST_FIELDS + 1)])
def test_a_form_that_says_two_things_or_too_many_is_refused(body: bytes) -> None:
    with pytest.raises(CallError):
        read_form(body)


@settings(max_examples=300, deadline=None)
@given(body=st.one_of(st.binary(max_size=300), st.lists(st.binary(max_size=20), max_size=8).map(b"&".join)))
def test_whatever_is_posted_is_taken_or_refused_and_never_breaks(
    tmp_path_factory: pytest.TempPathFactory, feeds: Mapping[str, FeedMapping], body: bytes
) -> None:
    store, folder = MemoryStore(), tmp_path_factory.getbasetemp()
    for sent in (body, urlencode(FORM).encode() + b"&" + body):
        try:
            take(store, feeds, folder, sent)
        except GeoMonitorError:
            continue
        assert (folder / ORIGINALS / hashlib.sha256(sent).hexdigest()).read_bytes() == sent


@settings(max_examples=150, deadline=None)
@given(
    fields=st.dictionaries(
        st.sampled_from([*FORM, "attribute[occurred]", "attribute[accuracy_m]", "phone", "media_url", "account_id"]),
        st.one_of(
            st.binary(max_size=40), st.sampled_from([b"NaN", b"1e400", b"-0", b"\xef\xbf\xbe", b"91.12", b"29.65"])
        ),
    )
)
def test_a_row_is_stored_or_waits_whatever_its_fields_hold_and_a_resend_adds_nothing(
    tmp_path_factory: pytest.TempPathFactory, feeds: Mapping[str, FeedMapping], fields: dict[str, bytes]
) -> None:
    said = {k: v.encode() for k, v in FORM.items()} | fields | {"service_code": b"dumping", "address_string": b"x"}
    body = "&".join(f"{quote_from_bytes(k.encode())}={quote_from_bytes(v)}" for k, v in said.items()).encode()
    store, folder = MemoryStore(), tmp_path_factory.getbasetemp()
    first = take(store, feeds, folder, body)
    assert sum(counts(store)) == 1
    again = take(store, feeds, folder, body, at=NOW + timedelta(days=40))
    assert (again.number, again.new, sum(counts(store))) == (first.number, False, 1)


@settings(max_examples=40, deadline=None)
@given(order=st.permutations([0, 0, 0, 1, 1, 2, 2, 2, 3, 3]))
def test_in_whatever_order_reports_are_sent_again_each_is_one_row(
    tmp_path_factory: pytest.TempPathFactory, feeds: Mapping[str, FeedMapping], order: list[int]
) -> None:
    store, folder = MemoryStore(), tmp_path_factory.getbasetemp()
    forms = [FORM | {"description": f"合成 {n}", "lat": "0" if n == 3 else "29.65"} for n in range(4)]
    numbers = {(n, take(store, feeds, folder, forms[n], NOW + timedelta(hours=k)).number) for k, n in enumerate(order)}
    assert len(numbers) == len({number for _, number in numbers}) == 4
    assert counts(store) == (3, 1)


def test_a_thousand_resends_at_once_from_many_sides_are_one_row(
    tmp_path: Path, feeds: Mapping[str, FeedMapping]
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'geo-monitor.db'}")
    numbers: list[str] = []

    def send(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(250):
            at = NOW + timedelta(seconds=chance.randrange(1000))
            numbers.append(take(store, feeds, tmp_path, FORM, at).number)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(numbers), len(set(numbers)), counts(store)) == (1000, 1, (1, 0))
    assert len(list((tmp_path / ORIGINALS).iterdir())) == 1
    store.close()


def test_a_post_whose_storing_fails_leaves_its_body_and_comes_in_when_it_is_sent_again(
    tmp_path: Path, feeds: Mapping[str, FeedMapping], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    with monkeypatch.context() as patch:
        patch.setattr("geo_monitor.reading.open311.import_incidents", _the_power_goes)
        with pytest.raises(KeyError):
            take(store, feeds, tmp_path, FORM)
    assert counts(store) == (0, 0)
    with store.reading() as records:
        assert records.posted() == []
    assert len(list((tmp_path / ORIGINALS).iterdir())) == 1
    assert take(store, feeds, tmp_path, FORM).new
    assert counts(store) == (1, 0)


def _the_power_goes(*_: object) -> None:
    raise KeyError("the power went")


def test_people_are_told_apart_without_being_named(tmp_path: Path, feeds: Mapping[str, FeedMapping]) -> None:
    people = [
        {"phone": "139 0000 0000", "last_name": "合成", "first_name": "甲"},
        {"phone": "+8613900000000", "email": "a@example.invalid"},
        {"account_id": "7"},
        {"device_id": "7"},
        {"email": "a@example.invalid"},
        {"first_name": "Synthetic", "last_name": "Person"},
        {},
    ]
    store = MemoryStore()
    for n, person in enumerate(people):
        take(store, feeds, tmp_path, FORM | person | {"client_request_id": str(n)})
    with store.reading() as records:
        by_id = {i.source_id: i.reporter for i in records.incidents([p.id for p in records.posted()])}
    keys = [by_id[f"app/id/{n}"] for n in range(len(people))]
    assert keys[0] == keys[1]
    assert len({*keys[1:]}) == len(people) - 1
    assert keys[6] is None
    names = {r.name for r in store._tables.reporters.values()}
    assert names == {"合成甲", "Synthetic Person"}
