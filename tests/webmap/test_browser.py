"""The pages as a person meets them, in Chromium, served by ``geo-monitor serve`` over SQLite.

The fixtures ``page`` and ``new_page`` fail a test if anything left the host, broke the content security policy,
threw, or opened a dialog.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from geo_monitor.domain.lead import Lead
from geo_monitor.services.occurrences import find_occurrences
from geo_monitor.services.ports import LeadQuery, Store
from geo_monitor.store.sql import open_store
from tests.browser import PHONE
from tests.webmap.seed import CENTRE, EAST, HOSTILE, NORTH, PASSWORD, SOUTH, WEST, fill
from tests.webmap.test_occurrences import call

if TYPE_CHECKING:
    from playwright.sync_api import Page

MORE_LAYER = f"""
name: more_places
title: {{zh: {json.dumps(HOSTILE)}, en: {json.dumps(HOSTILE)}}}
geometry: [polygon]
id: place_id
label: place
fields: [{{name: place_id, title: {{zh: 合成, en: synthetic}}}}, {{name: place, title: {{zh: 合成, en: synthetic}}}}]
"""


class Site:
    """A served workspace: its address, and its store for looking at what was written."""

    def __init__(self, address: str, store: Store) -> None:
        self.address, self.store = address, store

    def leads(self, **asked: Any) -> list[Lead]:
        with self.store.reading() as records:
            return list(records.leads(LeadQuery(limit=1000, **asked)).leads)

    def sign_in(self, page: Page, name: str = "zhao", path: str = "/", language: str = "zh") -> None:
        page.goto(f"{self.address}/signin?lang={language}&next={path}")
        page.fill("[name=name]", name)
        page.fill("[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_load_state("networkidle")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "geo-monitor.toml").write_text(
        f'[city]\nname_zh = "合成市"\nname_en = "Synthetic City"\nbox = [{WEST}, {SOUTH}, {EAST}, {NORTH}]\n'
        f"centre = [{CENTRE[0]}, {CENTRE[1]}]\nsynthetic = true\n",
        encoding="utf-8",
    )
    (folder / "layers").mkdir()
    (folder / "layers" / "more_places.yaml").write_text(MORE_LAYER, encoding="utf-8")
    store = open_store(f"sqlite:///{folder / 'geo-monitor.db'}")
    fill(store)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GEO_MONITOR_")}
    command = [sys.executable, "-m", "geo_monitor", "serve", "--port", "0", "--no-jobs", "--workspace", str(folder)]
    with open_log(folder) as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
        try:
            yield Site(address_of(server, folder / "serve.log"), store)
        finally:
            server.terminate()
            server.wait(timeout=20)
            store.close()


def open_log(folder: Path) -> Any:
    return (folder / "serve.log").open("wb")


def address_of(server: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(300):
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := re.search(r"http://127\.0\.0\.1:\d+", said):
            return found[0]
        assert server.poll() is None, said
        time.sleep(0.1)
    raise AssertionError(f"the server does not answer: {log.read_text(encoding='utf-8')}")


def titles(page: Page) -> list[str]:
    return page.locator(".row-title").all_text_contents()


def markers(page: Page) -> set[str]:
    found = page.locator(".leaflet-marker-pane .lead-marker").evaluate_all("all => all.map(e => e.dataset.id)")
    return set(found)


# ---- the path that must run ----------------------------------------------------------------------------------


def test_a_procurator_filters_opens_sees_and_dismisses_a_lead(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page)
    waiting = site.leads(statuses=("open", "taken_up"))
    expect(page.locator(".count strong")).to_have_text(str(len(waiting)))

    page.locator(".chip", has_text="紧急").click()
    page.select_option("[name=status]", "open")
    wanted = site.leads(statuses=("open",), urgencies=("high",))
    expect(page.locator(".count strong")).to_have_text(str(len(wanted)))
    expect(page).to_have_url(re.compile(r"/\?urgency=high&status=open$"))
    expect(page.locator(".leaflet-marker-pane .lead-marker")).to_have_count(len(wanted))
    assert markers(page) == {lead.id for lead in wanted}, "the map shows what the list shows"

    lead = wanted[1]
    page.locator(f'.row[data-id="{lead.id}"] a').click()
    expect(page.locator("#lead h1")).to_have_text(lead.title.zh)
    expect(page).to_have_url(re.compile(rf"/leads/{lead.id}\?urgency=high&status=open$"))
    expect(page).to_have_title(re.compile(re.escape(lead.title.zh)))
    expect(page.locator("#lead")).to_contain_text(lead.grounds.sentence["zh"])
    expect(page.locator(f'.row[data-id="{lead.id}"] a')).to_have_attribute("aria-current", "true")

    expect(page.locator(".chosen-ring")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)  # the map slides there
    ring, marker = (
        page.locator(s).bounding_box() for s in (".chosen-ring", f'.leaflet-marker-pane [data-id="{lead.id}"]')
    )
    assert ring is not None
    assert marker is not None
    for at, side in (("x", "width"), ("y", "height")):
        assert abs(ring[at] + ring[side] / 2 - marker[at] - marker[side] / 2) < 2, "the ring is around its marker"  # type: ignore[literal-required]

    page.click("[data-unfold=dismiss]")
    page.click("text=确认排除")
    assert site.leads(text=lead.id)[0].status.value == "open", "the browser asks for the reason first"
    page.select_option("[name=why]", "lawful")
    page.select_option("[name=clause]", "where[0]")
    page.fill("[name=reason]", f"合成：现场核查有许可 {HOSTILE}")
    page.click("text=确认排除")
    expect(page.locator("#lead .notice.good")).to_have_text("已排除这条线索，理由已记录。")
    expect(page.locator(f'.row[data-id="{lead.id}"]')).to_have_count(0)
    expect(page.locator(f'.leaflet-marker-pane [data-id="{lead.id}"]')).to_have_count(0)
    expect(page.locator(".count strong")).to_have_text(str(len(wanted) - 1))
    expect(page.locator(".history-reason")).to_have_text(f"合成：现场核查有许可 {HOSTILE}")
    with site.store.reading() as records:
        last = records.events(lead.id)[-1]
    assert (last.actor, last.kind, last.data) == ("zhao", "dismissed", {"clause": "where[0]", "why": "lawful"})
    assert HOSTILE in last.reason

    page.reload()
    expect(page.locator("#lead")).to_contain_text("已排除")
    expect(page.locator("#lead .decide")).to_have_count(0)


def test_what_people_typed_is_shown_as_typed_everywhere(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    with site.store.writing() as records:
        version = next(v for v in records.layer_versions() if v.layer == "lakes_wetlands")
        lakes = records.features("lakes_wetlands")
        changed = {s: getattr(version, s) for s in version.__slots__} | {"layer": "more_places", "features": 1}
        records.add_layer(
            type(version)(**changed), [type(lakes[0])("more_places", "1", lakes[0].title, lakes[0].geometry)]
        )
    site.sign_in(page, "root")
    expect(page.locator(".who")).to_have_text(f"管理 {HOSTILE}")
    page.fill("#text", HOSTILE[:20])
    expect(page.locator(".count strong")).to_have_text("1")
    expect(page.locator(".row-title")).to_have_text(HOSTILE)
    expect(page.locator(".row-meta")).to_contain_text(HOSTILE)

    page.locator(".row a").click()
    expect(page.locator("#lead h1")).to_have_text(HOSTILE)
    expect(page.locator(".report-text", has_text="{{7*7}}")).to_have_text(HOSTILE)
    expect(page).to_have_title(re.compile(re.escape("{{7*7}} {% raw %} ${7*7}")))

    expect(page.locator(".leaflet-marker-pane .lead-marker")).to_have_count(1)
    page.wait_for_timeout(600)
    marker = page.locator(".leaflet-marker-pane .lead-marker")
    expect(marker).to_have_attribute("aria-label", f"紧急 · {HOSTILE}")
    marker.hover()
    expect(page.locator(".leaflet-tooltip")).to_have_text(f"紧急 · {HOSTILE}")

    page.click(".legend-more summary")
    expect(page.locator(".legend-layers .part-title", has_text="{{7*7}}")).to_have_text(HOSTILE)
    page.hover(".leaflet-control-layers")
    expect(page.locator(".leaflet-control-layers .part-title", has_text="{{7*7}}")).to_have_text(HOSTILE)
    page.click(".legend-more summary")

    # The title of a feature, where the mouse rests on it.
    page.click("[data-close]")
    page.fill("#text", "")
    page.wait_for_load_state("networkidle")
    spots = page.evaluate(
        """async () => {
        const answer = await (await fetch('/api/layers/rivers.geojson')).json();
        const reach = answer.features.find(f => f.properties.id === 'R-03');
        const frame = document.querySelector('.folium-map').getBoundingClientRect();
        return reach.geometry.coordinates.map(([lon, lat]) => {
            const at = plain_map_000.latLngToContainerPoint([lat, lon]);
            return [frame.left + at.x, frame.top + at.y];
        });
    }"""
    )
    seen = []
    for x, y in spots:
        page.mouse.move(x - 3, y - 3)
        page.mouse.move(x, y)
        page.wait_for_timeout(60)
        seen += page.locator(".leaflet-tooltip").all_text_contents()
    assert HOSTILE in seen
    assert page.locator("img[src='x']").count() == 0


# ---- at the desk ---------------------------------------------------------------------------------------------


def test_a_marker_can_be_opened_with_the_keyboard_and_escape_goes_back(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page, path="/?urgency=low")
    expect(page.locator(".leaflet-marker-pane .lead-marker").first).to_be_visible()
    marker = page.locator(".leaflet-marker-pane .lead-marker").first
    name = marker.get_attribute("data-id")
    marker.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#lead article")).to_have_attribute("data-lead", name or "")
    expect(page.locator("#lead h1")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#lead article")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/\?urgency=low$"))
    expect(page.locator(f'.row[data-id="{name}"] a')).to_be_focused()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.row') !== null")


def test_going_back_shows_what_was_there_before(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page)
    page.locator(".chip", has_text="较低").click()
    expect(page).to_have_url(re.compile(r"urgency=low$"))
    page.locator(".row a").first.click()
    expect(page).to_have_url(re.compile(r"/leads/L\w+\?urgency=low$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/\?urgency=low$"))
    expect(page.locator("#lead article")).to_have_count(0)
    expect(page.locator(".chip input[value=low]")).to_be_checked()


def test_more_leads_come_below_the_first_ones(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page, path="/?status=all")
    expect(page.locator(".row")).to_have_count(30)
    page.click("text=显示更多")
    expect(page.locator(".row")).to_have_count(40)
    assert len(set(page.locator(".row").evaluate_all("all => all.map(e => e.dataset.id)"))) == 40


def test_the_two_thumbs_choose_the_days_of_the_incidents(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page)
    expect(page.locator("#map-count")).to_contain_text("事件 3,000 起")
    early = page.locator(".thumb[data-end=from]")
    early.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?from=\d{4}-\d\d-\d\d$"))
    expect(page.locator("#map-count")).not_to_contain_text("3,000")
    first = re.findall(r"事件 ([\d,]+) 起", page.locator("#map-count").text_content() or "")
    assert 0 < int(first[0].replace(",", "")) < 3000
    late = page.locator(".thumb[data-end=to]")
    for _ in range(3):
        late.press("Home")  # the thumbs never cross
    assert int(late.input_value()) > int(early.input_value())
    chosen = [thumb.input_value() for thumb in (early, late)]
    page.reload()
    for thumb, value in zip((early, late), chosen, strict=True):
        expect(thumb).to_have_value(value)  # the address holds the days
    page.click("text=显示全部")
    expect(page.locator("#map-count")).to_contain_text("事件 3,000 起")
    expect(page).to_have_url(re.compile(r"/$"))


def test_names_of_districts_give_way_to_markers_and_controls(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.wait_for_timeout(800)
    clashes = page.evaluate(
        """() => {
        const box = e => e.getBoundingClientRect();
        const names = [...document.querySelectorAll('.district-name span')].map(box);
        const inTheWay = '.lead-marker, .map .legend, .map .brush, .map .leaflet-control';
        const others = [...document.querySelectorAll(inTheWay)].map(box);
        const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        return [names.length, names.filter(n => others.some(o => meets(n, o))).length];
    }"""
    )
    assert clashes[0] >= 8
    assert clashes[1] == 0


def test_a_position_outside_the_city_is_said_on_the_page(site: Site, new_page: Callable[..., Page]) -> None:
    from playwright.sync_api import expect

    far = new_page(geolocation={"longitude": 0.0, "latitude": 0.0}, permissions=["geolocation"])
    site.sign_in(far)
    far.click(".leaflet-control-locate a")
    expect(far.locator("#map-notice")).to_have_text("当前位置不在本市范围内。")
    here = new_page(geolocation={"longitude": CENTRE[0], "latitude": CENTRE[1]}, permissions=["geolocation"])
    site.sign_in(here)
    here.click(".leaflet-control-locate a")
    expect(here.locator(".leaflet-control-locate-location")).to_be_visible()
    refused = new_page()
    site.sign_in(refused)
    refused.click(".leaflet-control-locate a")
    expect(refused.locator("#map-notice")).to_have_text("无法获取当前位置。")


def test_a_session_that_has_ended_leads_to_the_sign_in_page(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page)
    page.context.clear_cookies(name="geo_monitor")
    page.locator(".row a").first.click()
    expect(page).to_have_url(re.compile(r"/signin\?next="))


def test_the_language_changes_in_place(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    site.sign_in(page)
    page.locator(".chip", has_text="较低").click()
    expect(page).to_have_url(re.compile(r"urgency=low$"))
    page.locator(".row a").first.click()
    expect(page.locator("#lead h1")).to_be_visible()
    page.click(".languages >> text=EN")
    expect(page.locator("#lead h2").first).to_have_text("Why flagged")
    expect(page.locator(".chip input[value=low]")).to_be_checked()
    expect(page.locator(".leaflet-control-zoom-in")).to_have_attribute("title", "Zoom in")


def test_everything_that_matters_works_without_scripts(site: Site, new_page: Callable[..., Page]) -> None:
    from playwright.sync_api import expect

    page = new_page(java_script_enabled=False)
    site.sign_in(page)
    page.check(".chip input[value=medium]", force=True)
    page.click("text=查询")
    expect(page.locator(".chip input[value=medium]")).to_be_checked()
    expect(page.locator(".row .b-medium")).to_have_count(page.locator(".row").count())
    page.locator(".row a").last.click()
    title = page.locator("#lead h1").text_content()
    page.select_option("[name=why]", "duplicate")
    page.select_option("[name=clause]", "none")
    page.fill("[name=reason]", "合成：没有脚本也能排除")
    page.click("text=确认排除")
    expect(page.locator("#lead h1")).to_have_text(title or "")
    expect(page.locator(".notice.good")).to_be_visible()
    expect(page.locator(".history-reason")).to_have_text("合成：没有脚本也能排除")


# ---- on a phone ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_a_phone_list_map_and_lead_are_three_tabs(site: Site, new_page: Callable[..., Page], language: str) -> None:
    from playwright.sync_api import expect

    page = new_page(viewport=PHONE, has_touch=True)
    site.sign_in(page, language=language)
    expect(page.locator(".queue")).to_be_visible()
    expect(page.locator(".folium-map")).not_to_be_visible()
    page.click(".tabs [data-tab=map]")
    expect(page.locator(".folium-map")).to_be_visible()
    expect(page.locator(".queue")).not_to_be_visible()
    expect(page.locator(".leaflet-marker-pane .lead-marker").first).to_be_visible()
    page.click(".tabs [data-tab=list]")
    page.locator(".row a").nth(2).click()
    expect(page.locator("#lead h1")).to_be_visible()
    bar = page.locator(".decide").bounding_box()
    assert bar is not None
    assert bar["height"] < PHONE["height"] / 10, "the decision takes no more than it needs"
    page.click("[data-show-map]")
    expect(page.locator(".chosen-ring")).to_be_visible()
    for path in ("/", "/models", "/jobs", "/desk", "/signin", "/nothing"):
        page.goto(site.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], (
            f"{path} is wider than the phone"
        )


def test_the_reports_of_one_event_stand_as_numbers_on_their_map(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    with site.store.writing() as records:
        records.add_incidents([call(n) for n in range(3)])
    find_occurrences(site.store, UTC)
    with site.store.reading() as records:
        (name,) = set(records.occurrences_of([call(n).id for n in range(3)]).values())
    site.sign_in(page, path=f"/occurrences/{name}")
    marks = page.locator(".member-map .member-marker")
    # Ten metres apart: numbers that would cover each other share a mark.
    expect(marks.first).to_be_visible()
    shown = {
        int(n)
        for text in marks.all_text_contents()
        for a in re.findall(r"\d+(?:–\d+)?", text)
        for n in range(int(a.split("–")[0]), int(a.split("–")[-1]) + 1)
    }
    assert shown == {1, 2, 3}
    marks.first.click()
    expect(page.locator(".member:focus")).to_have_count(1)
