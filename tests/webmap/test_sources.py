"""The page of the sources: who speaks, who does not, since when and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient

from geo_monitor.services.ports import FeedHeard, FeedPull
from geo_monitor.wiring import House
from tests.webmap.seed import HOSTILE, NOW

MAPPING = """
feed: {name}
title: {{zh: {zh}（合成）, en: {en} (synthetic)}}
source: hotline
expected_every: {every}
datum: WGS84
id: [id]
columns: {{occurred: day, category: {{column: kind}}, lon: lon, lat: lat}}
"""
FEEDS = (
    ("hotline", "热线", "Hotline", "1 d"),
    ("market", "市场热线", "Market hotline", "1 h"),
    ("patrol", "巡查", "Patrol", "7 d"),
    ("drone", "无人机", "Drone", "7 d"),
    ("volunteer", "志愿者", "Volunteers", "12 h"),
)


def furnish(house: House) -> None:
    """A feed in each state."""
    folder = house.settings.workspace / "feeds"
    folder.mkdir(exist_ok=True)
    for name, zh, en, every in FEEDS:
        (folder / f"{name}.yaml").write_text(MAPPING.format(name=name, zh=zh, en=en, every=every), encoding="utf-8")
    with house.store.writing() as records:
        for feed, ago, stored in (("patrol", 10, 4), ("volunteer", 0, 0), ("market", 1, 7)):
            at = NOW - timedelta(days=ago, hours=1)
            records.feed_heard(FeedHeard(feed, at, "synthetic.csv", "h", 7, stored, 7 - stored, 0))
        records.add_pull(FeedPull("market", NOW - timedelta(days=1), "done", "{}", "", 3, 250, 7))
        for hours in (20, 2, 1):
            error = f"https://hotline.example/api: the server answers 503 {HOSTILE}"
            records.add_pull(FeedPull("market", NOW - timedelta(hours=hours), "failed", "{}", error))
        records.add_pull(FeedPull("volunteer", NOW - timedelta(minutes=8), "done", "{}", "", 1, 0, 0))


def test_each_source_stands_there_with_its_state_the_worst_first(
    house: House, sign_in: Callable[[str], FlaskClient]
) -> None:
    furnish(house)
    page = sign_in("zhao").get("/sources?lang=en").text
    order = ["Market hotline", "Drone", "Patrol", "Volunteers", "Hotline"]
    assert sorted(order, key=page.index) == order
    for words in ("silent 1", "never heard 1", "late 1", "heard, nothing new 1", "heard 1", "(3 failures in a row)"):
        assert words in page, words
    assert "<img src=x" not in page and "503" in page
    chinese = sign_in("zhao").get("/sources?lang=zh").text
    assert "有联系，无新事件" in chinese and "中断" in chinese and "从未收到" in chinese


def test_the_page_of_the_sources_is_for_those_who_may_see_how_the_system_runs(
    house: House, client: FlaskClient, patrol: FlaskClient
) -> None:
    assert client.get("/sources").status_code in (302, 303, 401)
    assert patrol.get("/sources").status_code == 403
    assert "/sources" not in patrol.get("/").text


def test_the_page_of_the_system_leads_to_the_sources(procurator: FlaskClient) -> None:
    assert 'href="/sources"' in procurator.get("/jobs").text


def test_a_house_without_sources_says_so(house: House, procurator: FlaskClient) -> None:
    assert procurator.get("/sources").status_code == 200  # one heard without a mapping
    assert "无映射" in procurator.get("/sources?lang=zh").text
