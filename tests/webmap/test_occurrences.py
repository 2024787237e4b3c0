"""Reports of one event on the web: a person compares them, confirms, separates, takes apart, takes back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from geo_monitor.domain.incident import Incident, Origin
from geo_monitor.domain.occurrence import Occurrence
from geo_monitor.domain.place import Datum
from geo_monitor.services.occurrences import find_occurrences
from geo_monitor.wiring import House
from tests.webmap.conftest import token_of
from tests.webmap.seed import CENTRE, HOSTILE, NOW

WHY = "两处相隔一条街（合成）"
WHO = "reporter-hash-of-the-event"


def call(number: int, **changes: object) -> Incident:
    said = Incident(
        feed=("hotline", "volunteer")[number % 2],
        source_id=f"合成-同一事件-{number}",
        source="hotline",
        category="dumping",
        text=f"合成柳林桥下有人往河里倒渣土，大车两辆。{HOSTILE if number == 1 else ''}",
        occurred=NOW - timedelta(days=3, minutes=-10 * number),
        reported=NOW - timedelta(days=3, minutes=-10 * number - 5),
        lon=CENTRE[0] + 0.21 + 0.0001 * number,
        lat=CENTRE[1] + 0.17,
        accuracy_m=20.0,
        datum=Datum.WGS84,
        origin=Origin("event.csv", "e" * 64, number),
        reporter=WHO if number < 2 else None,
    )
    return replace(said, **changes)


@pytest.fixture
def event(house: House) -> Occurrence:
    with house.store.writing() as records:
        records.add_incidents([call(n) for n in range(3)])
    find_occurrences(house.store, house.settings.city.zone)
    return now(house)


def now(house: House) -> Occurrence:
    ids = [call(n).id for n in range(3)]
    with house.store.reading() as records:
        (name,) = set(records.occurrences_of(ids).values())
        return records.occurrences([name])[0]


def send(client: FlaskClient, event: Occurrence, step: str, seen: str | None = None, **said: str):
    token = token_of(client, f"/occurrences/{event.id}")
    data = {"csrf_token": token, "seen": event.seen if seen is None else seen, **said}
    return client.post(f"/occurrences/{event.id}/{step}", data=data)


def test_reports_stand_side_by_side_as_they_were_written_and_nobody_is_named(
    event: Occurrence, procurator: FlaskClient
) -> None:
    page = procurator.get(f"/occurrences/{event.id}").text
    assert page.count('class="member ') == 3
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert "<img" not in page and WHO not in page
    assert "3 件上报，来自 2 位独立举报人（1 件未留身份，合计一位）" in page
    assert page.count("举报人 1") == 2
    assert "同为倾倒垃圾渣土" in page
    english = procurator.get(f"/occurrences/{event.id}?lang=en").text
    assert "3 reports from 2 independent reporters" in english and "both dumping of waste or spoil" in english


def test_the_list_counts_reports_reporters_and_feeds_and_is_filtered_by_standing(
    event: Occurrence, procurator: FlaskClient
) -> None:
    assert event.id in procurator.get("/occurrences").text
    assert event.id in procurator.get("/occurrences?standing=proposed").text
    assert event.id not in procurator.get("/occurrences?standing=confirmed").text
    assert procurator.get("/occurrences?standing=%7B%7B&after=nothing").status_code == 200


def test_the_map_has_numbers_and_addresses_and_no_words(event: Occurrence, procurator: FlaskClient) -> None:
    places = procurator.get(f"/occurrences/{event.id}.geojson").json
    assert places is not None
    assert [f["properties"]["n"] for f in places["features"]] == [1, 2, 3]
    assert set(places["features"][0]["properties"]) == {"n", "accuracy", "confirmed"}
    script = procurator.get(f"/occurrences/{event.id}/map.js")
    assert script.mimetype == "text/javascript"
    assert f"/occurrences/{event.id}.geojson" in script.text
    assert "渣土" not in script.text


def test_a_procurator_confirms_and_separates_and_takes_back(
    house: House, event: Occurrence, procurator: FlaskClient
) -> None:
    assert send(procurator, event, "confirm", note="同一辆车").status_code == 303
    assert now(house).confirmed == event.reports
    page = procurator.get(f"/occurrences/{event.id}").text
    assert "已确认为同一事件" in page and "同一辆车" in page
    assert "确认以上" not in page
    assert send(procurator, event, "separate", report=event.reports[2], reason=WHY).status_code == 303
    with house.store.reading() as records:
        assert records.occurrences([event.id])[0].reports == event.reports[:2]
    assert send(procurator, event, "undo/2", reason="看错了一行").status_code == 303
    assert now(house).confirmed == event.reports


def test_what_was_taken_apart_keeps_its_page_and_comes_back_from_there(
    house: House, event: Occurrence, procurator: FlaskClient
) -> None:
    answer = send(procurator, event, "dissolve", reason=WHY)
    assert answer.headers["Location"].endswith("/occurrences")
    listed = procurator.get("/occurrences").text
    assert f'href="/occurrences/{event.id}"' in listed
    page = procurator.get(f"/occurrences/{event.id}")
    assert page.status_code == 200 and "已不存在" in page.text and WHY in page.text
    assert send(procurator, event, "undo/1", reason="看错了一行").status_code == 303
    assert now(house).id == event.id
    again = send(procurator, event, "undo/1", reason="看错了一行")
    assert again.status_code == 409 and "未作更改" in again.text


def test_a_decision_without_grounds_or_about_other_reports_changes_nothing(
    house: House, event: Occurrence, procurator: FlaskClient
) -> None:
    short = send(procurator, event, "separate", report=event.reports[0], reason="不")
    assert short.status_code == 422 and "至少四个字" in short.text
    assert send(procurator, event, "dissolve", reason=" ").status_code == 422
    other = send(procurator, event, "confirm", seen=replace(event, reports=event.reports[:2]).seen)
    assert other.status_code == 409 and "请重新核对" in other.text
    assert send(procurator, event, "confirm", seen="").status_code == 409
    assert now(house) == event


def test_a_page_of_many_reports_grows_with_their_number_not_with_its_square(
    house: House, procurator: FlaskClient
) -> None:
    sizes = []
    for many in (20, 80):
        with house.store.writing() as records:
            known = records.incident_contents([call(n).id for n in range(many)])
            records.add_incidents([c for n in range(many) if (c := call(n, lon=call(0).lon)).id not in known])
        find_occurrences(house.store, house.settings.city.zone)
        with house.store.reading() as records:
            (one,) = records.occurrences([records.occurrences_of([call(0).id])[call(0).id]])
        assert len(one.reports) == many
        sizes.append(len(procurator.get(f"/occurrences/{one.id}").data))
    assert sizes[1] < 4.5 * sizes[0]


def test_only_who_may_decide_decides_and_only_with_the_token(
    house: House, event: Occurrence, procurator: FlaskClient, patrol: FlaskClient
) -> None:
    assert patrol.get("/occurrences").status_code == 403
    assert patrol.get(f"/occurrences/{event.id}").status_code == 403
    token = token_of(patrol, "/")
    for step in ("confirm", "separate", "dissolve", "undo/1"):
        said = {"csrf_token": token, "reason": WHY, "report": event.reports[0], "seen": event.seen}
        assert patrol.post(f"/occurrences/{event.id}/{step}", data=said).status_code == 403
        assert procurator.post(f"/occurrences/{event.id}/{step}", data={"reason": WHY}).status_code == 400
    assert now(house) == event
    assert procurator.get("/occurrences/S0").status_code == 404
    assert procurator.get("/occurrences/S0.geojson").status_code == 404


def test_the_lead_page_tells_calls_from_reporters_and_events(
    house: House, event: Occurrence, sign_in: Callable[[str], FlaskClient]
) -> None:
    with house.store.writing() as records:
        found = re.search(r'data-id="(L\w+)"', sign_in("zhao").get("/?status=open").text)
        assert found
        lead = records.lead(found[1])
        assert lead is not None
        records.put_lead(replace(lead, records=event.reports))
    page = sign_in("zhao").get(f"/leads/{lead.id}").text
    assert "3 件上报，来自 2 位独立举报人（1 件未留身份，合计一位），归并后为 1 起（其中 1 起的归并待确认）" in page
    assert f'href="/occurrences/{event.id}"' in page
    seen_by_patrol = sign_in("tashi").get(f"/leads/{lead.id}").text
    assert "归并后为 1 起" in seen_by_patrol and f'href="/occurrences/{event.id}"' not in seen_by_patrol
