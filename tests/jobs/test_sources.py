"""Files that grow or fail, servers that fail, and the letters about sources that fall silent."""

from __future__ import annotations

import email
import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from openpyxl import Workbook

from geo_monitor.config import City, Mail, Settings
from geo_monitor.domain.clock import FixedClock
from geo_monitor.mail.post import choose_post
from geo_monitor.services.ports import User
from geo_monitor.store.sql import open_store
from geo_monitor.wiring import House
from jobs._scheduler import run_job
from tests.reading.fake_hotline import hotline_server, record
from tests.reading.test_pull import MAPPING, QUERY, SINCE
from tests.smtp import Mailbox, mail_server

NOW = datetime(2026, 11, 3, tzinfo=UTC)
PATROL = """
feed: patrol
title: {zh: 巡查（合成）, en: Patrol (synthetic)}
source: patrol
files: files/feeds/*.csv
expected_every: 1 d
datum: WGS84
id: [id]
columns: {occurred: day, category: {column: kind}, lon: lon, lat: lat}
"""
HEAD = "id,day,kind,lon,lat\n"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def house(tmp_path: Path, mailbox: Mailbox) -> Iterator[House]:
    (tmp_path / "files/feeds").mkdir(parents=True)
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds/patrol.yaml").write_text(PATROL, encoding="utf-8")
    mail = Mail(smtp_url=f"smtp://127.0.0.1:{mailbox.port}", sender="geo-monitor@office.example")
    city = City("合成市", "Synthetic City", (89.5, 29.2, 92.8, 31.1), synthetic=True)
    settings = Settings(tmp_path, city, secret_key="only for tests", mail=mail)
    store = open_store(f"sqlite:///{tmp_path / 'w.db'}")
    with store.writing() as records:
        records.put_user(User("chief", "Chief", "procurator", "x", "chief@office.example"))
        records.put_user(User("deputy", "Deputy", "admin", "x", "deputy@office.example", "en"))
        records.put_user(User("team", "Team", "patrol", "x", "team@office.example"))
    yield House(settings, store, choose_post(mail, tmp_path), FixedClock(NOW))
    store.close()


def fresh(house: House) -> House:
    """As the next process opens it: with what its mappings say now."""
    return House(house.settings, house.store, house.post, house.clock)


def put(house: House, name: str, text: str, age_s: float = 3600.0) -> Path:
    path = house.path("files/feeds") / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def row(n: int) -> str:
    return f"P{n},2026-11-01 08:{n:02d},sand_mining,91.1,29.65\n"


# ---- files


def test_a_file_that_may_be_growing_waits_until_it_is_quiet(house: House) -> None:
    put(house, "a.csv", HEAD + row(1) + "P2,2026-11-0", age_s=1.0)
    assert run_job(house, "import_feeds").counts["growing"] == 1
    put(house, "a.csv", HEAD + row(1) + row(2))
    run = run_job(house, "import_feeds")
    assert (run.counts["growing"], run.counts["stored"], run.counts["quarantined"]) == (0, 2, 0)


def test_a_file_stamped_in_the_future_is_read_once_it_has_stayed_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, "a.csv", HEAD + row(1), age_s=-86400.0)
    assert [run_job(house, "import_feeds").counts["growing"] for _ in range(2)] == [1, 1]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    assert run_job(house, "import_feeds").counts["stored"] == 1


@pytest.mark.parametrize("name", ["a.csv.part", ".a.csv", "~$a.csv", "a.csv~"])
def test_what_a_program_has_not_finished_or_has_locked_is_left_alone(house: House, name: str) -> None:
    text = PATROL.replace("*.csv", "*")
    house.path("feeds/patrol.yaml").write_text(text, encoding="utf-8")
    put(house, name, "half")
    run = run_job(house, "import_feeds")
    assert (run.outcome, run.counts["files"]) == ("done", 0)


def test_a_file_that_fails_is_named_at_each_run_and_tried_again_only_when_something_changed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from geo_monitor.reading import feeds

    tried = []
    real = feeds.read_incidents
    monkeypatch.setattr(feeds, "read_incidents", lambda *a, **k: (tried.append(a[0].name), real(*a, **k))[1])
    put(house, "bad.csv", "id,day\n1,2\n")
    put(house, "good.csv", HEAD + row(1))
    errors = [run_job(fresh(house), "import_feeds") for _ in range(3)]
    assert [(r.outcome, "bad.csv" in r.error, "kind" in r.error) for r in errors] == [("failed", True, True)] * 3
    assert sorted(tried) == ["bad.csv", "good.csv"]
    text = PATROL.replace("column: kind", "value: dumping")
    house.path("feeds/patrol.yaml").write_text(text, encoding="utf-8")
    run_job(fresh(house), "import_feeds")
    assert tried.count("bad.csv") == 2
    put(house, "bad.csv", HEAD + row(2))
    assert run_job(fresh(house), "import_feeds").outcome == "done"
    assert tried.count("bad.csv") == 3
    assert run_job(fresh(house), "import_feeds").outcome == "done"


def test_every_file_is_kept_before_it_is_read_also_one_that_cannot_be(house: House) -> None:
    good, bad = put(house, "a.csv", HEAD + row(1)), put(house, "b.csv", "no table")
    for _ in range(2):
        run_job(house, "import_feeds")
    kept = {p.name: p.read_bytes() for p in house.path("files/originals/patrol").glob("*")}
    assert kept == {f"{hashlib.sha256(p.read_bytes()).hexdigest()}.csv": p.read_bytes() for p in (good, bad)}


def test_a_run_counts_the_sheets_that_hold_something_and_were_not_read(house: House) -> None:
    text = PATROL.replace("*.csv", "*.xlsx")
    house.path("feeds/patrol.yaml").write_text(text, encoding="utf-8")
    book = Workbook()
    for sheet, head in ((book.active, HEAD), (book.create_sheet("later"), HEAD.replace("lon", "x"))):
        sheet.append(head.strip().split(","))
        sheet.append(row(1).strip().split(","))
    path = put(house, "a.xlsx", "")
    book.save(path)
    os.utime(path, (time.time() - 3600,) * 2)
    counts = run_job(house, "import_feeds").counts
    assert (counts["stored"], counts["sheets_not_read"]) == (1, 1)


def shapefile(house: House, ids: list[str], age_s: float = 3600.0) -> None:
    n = len(ids)
    columns = [np.array(v, dtype=object) for v in (ids, ["2026-11-01 08:00"] * n, ["sand_mining"] * n)]
    points = shapely.to_wkb(shapely.points([[91.1 + k / 100, 29.65] for k in range(n)]))
    path = house.path("files/feeds/a.shp")
    pyogrio.raw.write(path, points, columns, ["id", "day", "kind"], geometry_type="Point", crs="EPSG:4326")
    for part in path.parent.glob("a.*"):
        os.utime(part, (time.time() - age_s,) * 2)


def test_a_shapefile_is_read_again_when_only_its_attributes_were_changed(house: House) -> None:
    text = PATROL.replace("*.csv", "*.shp").replace(", lon: lon, lat: lat", "")
    house.path("feeds/patrol.yaml").write_text(text, encoding="utf-8")
    shapefile(house, ["S1", "S2"])
    assert [run_job(house, "import_feeds").counts["stored"] for _ in range(2)] == [2, 0]
    shapefile(house, ["S1", "S3"])
    counts = [run_job(house, "import_feeds").counts for _ in range(2)]
    assert [(c["files"], c["stored"]) for c in counts] == [(1, 1), (0, 0)]


def test_a_shapefile_waits_while_one_of_its_parts_may_be_growing(house: House) -> None:
    text = PATROL.replace("*.csv", "*.shp").replace(", lon: lon, lat: lat", "")
    house.path("feeds/patrol.yaml").write_text(text, encoding="utf-8")
    shapefile(house, ["S1"])
    os.utime(house.path("files/feeds/a.dbf"))
    assert run_job(house, "import_feeds").counts["growing"] == 1


# ---- servers


def test_a_feed_that_fails_does_not_keep_the_others_from_being_pulled(house: House) -> None:
    with hotline_server(records=[record(n) for n in range(12)]) as well, hotline_server(fault=lambda: "401") as ill:
        for name, server in (("a-ill", ill), ("b-well", well)):
            text = MAPPING.format(url=f"{server.url}/pages", more=QUERY["page"] + SINCE)
            text = text.replace("feed: hotline", f"feed: {name}")
            house.path(f"feeds/{name}.yaml").write_text(text, encoding="utf-8")
        run = run_job(house, "pull_feeds")
    assert run.outcome == "failed"
    assert "401" in run.error and "a-ill" in run.error and "b-well" not in run.error
    with house.store.reading() as records:
        assert records.incident_count() == 12
        assert {f: h.newest.outcome for f, h in records.pull_histories().items()} == {
            "a-ill": "failed",
            "b-well": "done",
        }


def test_a_feed_is_not_asked_oftener_than_its_mapping_says(house: House) -> None:
    with hotline_server(records=[record(1)]) as server:
        text = MAPPING.format(url=f"{server.url}/pages", more=QUERY["page"] + SINCE + "\n  every: 1 h")
        house.path("feeds/hotline.yaml").write_text(text, encoding="utf-8")
        asked = []
        for _ in range(8):
            run_job(house, "pull_feeds")
            asked.append(len(server.asked))
            house.clock.moment += timedelta(minutes=10)  # type: ignore[attr-defined]
    assert asked == [2] * 6 + [4] * 2


# ---- letters


def letters_in(mailbox: Mailbox) -> list[tuple[str, str, str]]:
    found = []
    for _, (to,), content in mailbox.letters:
        letter = email.message_from_bytes(content, policy=policy.default)
        text = next(p for p in letter.walk() if p.get_content_type() == "text/plain").get_content()
        found.append((to, str(letter["Subject"]), text))
    return sorted(found)


def test_a_silence_is_told_once_and_its_end_once_to_those_who_may_look(house: House, mailbox: Mailbox) -> None:
    put(house, "a.csv", HEAD + row(1))
    run_job(house, "import_feeds")

    def pass_time(hours: int) -> None:
        for _ in range(hours):
            house.clock.moment += timedelta(hours=1)  # type: ignore[attr-defined]
            for _ in range(2):
                assert run_job(house, "source_health").outcome == "done"
            run_job(house, "deliver_letters")

    pass_time(48)
    assert mailbox.letters == []
    pass_time(30)
    first = letters_in(mailbox)
    assert [to for to, _, _ in first] == ["chief@office.example", "deputy@office.example"]
    assert "数据来源中断：巡查（合成）" in first[0][1] and "fallen silent: Patrol" in first[1][1]
    assert "2 天" in first[0][2] and "这不等于没有事件" in first[0][2]
    put(house, "b.csv", HEAD + row(2))
    run_job(house, "import_feeds")
    pass_time(5)
    told = letters_in(mailbox)
    assert len(told) == 4
    assert sum("已恢复" in s for _, s, _ in told) == 1 and sum("speaks again" in s for _, s, _ in told) == 1
    pass_time(60)
    assert len(letters_in(mailbox)) == 6  # another silence, another letter


def test_the_letter_of_a_server_that_fails_names_the_error_and_no_secret(house: House, mailbox: Mailbox) -> None:
    with hotline_server(fault=lambda: "401") as server:
        more = QUERY["page"] + SINCE + "\n  headers: {X-Api-Key: {file: files/key}}"
        text = MAPPING.format(url=f"{server.url}/pages", more=more)
        house.path("feeds/hotline.yaml").write_text(text, encoding="utf-8")
        house.path("files/key").write_text("synthetic-secret", encoding="utf-8")
        for _ in range(50):
            run_job(house, "pull_feeds")
            run_job(house, "source_health")
            house.clock.moment += timedelta(hours=1)  # type: ignore[attr-defined]
        run_job(house, "deliver_letters")
    chief, deputy = letters_in(mailbox)
    assert "401" in chief[2] and "401" in deputy[2]
    assert "synthetic-secret" not in chief[2] + deputy[2]
