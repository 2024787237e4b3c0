"""The desk on the web: a person finds a row, says how it is meant, rejects it, takes it back."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from geo_monitor.domain.incident import Origin, QuarantinedRow
from geo_monitor.errors import Flaw
from geo_monitor.wiring import House
from tests.webmap.conftest import token_of
from tests.webmap.seed import HOSTILE, NOW

MAPPING = """
feed: hotline
title: {zh: 热线（合成）, en: Hotline (synthetic)}
source: hotline
datum: WGS84
id: [编号]
columns: {occurred: 时间, text: [内容], category: {value: dumping}, lon: 经度, lat: 纬度}
"""
WHY = "回访来电人核实（合成）"


@pytest.fixture
def row(house: House) -> QuarantinedRow:
    """One whose two numbers stand the wrong way round, with words that somebody wrote to harm."""
    feeds = house.settings.workspace / "feeds"
    feeds.mkdir(exist_ok=True)
    (feeds / "hotline.yaml").write_text(MAPPING, encoding="utf-8")
    said = {"编号": "D-1", "时间": "2026-11-01 10:00", "内容": HOSTILE, "经度": "29.6578", "纬度": "91.117"}
    flaw = Flaw("swapped_axes", "east before north", "desk.csv", 7, "经度/纬度", "29.6578 91.117")
    made = QuarantinedRow("hotline", Origin("desk.csv", "f" * 64, 7), (flaw,), said)
    with house.store.writing() as records:
        records.quarantine([made], NOW + timedelta(hours=1))
    return made


def send(client: FlaskClient, row: QuarantinedRow, step: str, **said: str):
    token = token_of(client, f"/desk/{row.id}")
    return client.post(f"/desk/{row.id}/{step}", data={"csrf_token": token, **said})


def status(house: House, row: QuarantinedRow) -> str:
    with house.store.reading() as records:
        return records.quarantined(status="", row_id=row.id)[0].status


def test_a_row_is_found_by_its_reason_and_shown_as_it_was_written(
    house: House, row: QuarantinedRow, procurator: FlaskClient
) -> None:
    listed = procurator.get("/desk?reason=swapped_axes").text
    assert listed.count("/desk/q") == 1
    assert row.id in listed
    page = procurator.get(f"/desk/{row.id}").text
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert "<img" not in page
    assert procurator.get("/desk/q0").status_code == 404
    assert "/desk/q" in procurator.get("/desk?feed=hotline&reason=outside_city").text


def test_a_long_list_goes_on_where_it_stopped(house: House, procurator: FlaskClient) -> None:
    flaw = (Flaw("missing_id", "an id"),)
    with house.store.writing() as records:
        records.quarantine(
            [QuarantinedRow("hotline", Origin("many.csv", "e" * 64, k), flaw, {"k": str(k)}) for k in range(60)], NOW
        )
    first = procurator.get("/desk?reason=missing_id").text
    more = html.unescape(first.split('<a class="button" href="')[1].split('"')[0])
    assert first.count("/desk/q") == 50
    assert procurator.get(more).text.count("/desk/q") == 10


def test_swapped_axes_are_repaired_and_the_report_is_stored(
    house: House, row: QuarantinedRow, procurator: FlaskClient
) -> None:
    answer = send(procurator, row, "repair", how="swap_axes", reason=WHY)
    assert (answer.status_code, answer.location) == (303, "/desk")
    assert "已重新读取并入库" in procurator.get("/desk").text
    with house.store.reading() as records:
        (event,) = records.desk_events()
        (incident,) = [i for i in records.incidents(records.incident_columns().ids.tolist()) if i.source_id == "D-1"]
    assert (event.actor, event.reason, event.data) == ("zhao", WHY, {"swap_axes": True})
    assert (incident.lon, incident.lat, incident.datum_known) == (91.117, 29.6578, "repaired")
    page = procurator.get(f"/desk/{row.id}").text
    assert WHY in page
    assert 'name="how"' not in page


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "请说明应如何理解"),
        ({"how": "swap_axes", "reason": "x"}, "至少四个字"),
        ({"how": "datum", "reason": WHY, "datum": "Mercator"}, "请选择数字所属的坐标系"),
        ({"how": "place", "reason": WHY, "lon": "91.1", "lat": "north"}, "请填写经度和纬度"),
        ({"how": "place", "reason": WHY, "lon": "91.1", "lat": "29.6", "accuracy_m": "nan"}, "至多2,000米"),
    ],
)
def test_what_is_lacking_is_said_and_nothing_changes(
    house: House, row: QuarantinedRow, procurator: FlaskClient, said: dict[str, str], told: str
) -> None:
    answer = send(procurator, row, "repair", **said)
    assert answer.status_code == 422
    assert told in answer.text
    assert status(house, row) == "open"
    with house.store.reading() as records:
        assert records.desk_events() == []


def test_a_row_is_rejected_and_taken_back_and_nobody_settles_it_twice(
    house: House, row: QuarantinedRow, procurator: FlaskClient
) -> None:
    assert send(procurator, row, "reject").status_code == 422
    token = token_of(procurator, f"/desk/{row.id}")
    assert send(procurator, row, "reject", reason=WHY).status_code == 303
    assert status(house, row) == "rejected"
    late = procurator.post(f"/desk/{row.id}/reject", data={"csrf_token": token, "reason": WHY})
    assert late.status_code == 409
    assert "已由他人处理" in late.text
    assert row.id in procurator.get("/desk?status=rejected").text
    assert send(procurator, row, "reopen", reason=WHY).status_code == 303
    assert status(house, row) == "open"


def test_those_who_only_patrol_have_no_desk(row: QuarantinedRow, patrol: FlaskClient) -> None:
    token = token_of(patrol, "/models")
    assert patrol.get(f"/desk/{row.id}").status_code == 403
    for step in ("repair", "reject", "reopen"):
        said = {"csrf_token": token, "how": "swap_axes", "reason": WHY}
        assert patrol.post(f"/desk/{row.id}/{step}", data=said).status_code == 403
    assert 'href="/desk"' not in patrol.get("/").text


# ---- rows that were to be placed by a name ------------------------------------------------------------------------


@pytest.fixture
def nameless(house: House) -> QuarantinedRow:
    """One whose name is that of two villages."""
    (house.path("feeds")).mkdir(exist_ok=True)
    text = MAPPING.replace("lon: 经度, lat: 纬度", "place: {text: [地址]}").replace("feed: hotline", "feed: petitions")
    (house.path("feeds") / "petitions.yaml").write_text(text, encoding="utf-8")
    house.path("gazetteer").mkdir(exist_ok=True)
    (house.path("gazetteer") / "a.csv").write_text(
        "name,level,lon,lat,datum,radius_m,district\n"
        "白泉村,village,91.2,29.7,WGS84,800,540102\n白泉村,village,91.5,29.7,WGS84,900,540104\n"
        "白泉村地区,township,91.3,29.7,WGS84,9000,540102\n",
        encoding="utf-8",
    )
    said = {"编号": "P-1", "时间": "2026-11-01 10:00", "内容": HOSTILE, "地址": "白泉村"}
    flaw = Flaw("place_ambiguous", "one place", "p.csv", 2, "地址", "白泉村")
    made = QuarantinedRow("petitions", Origin("p.csv", "d" * 64, 2), (flaw,), said)
    with house.store.writing() as records:
        records.quarantine([made], NOW + timedelta(hours=1))
    return made


def test_the_places_that_a_row_may_mean_are_listed_and_one_is_chosen(
    house: House, nameless: QuarantinedRow, procurator: FlaskClient
) -> None:
    page = procurator.get(f"/desk/{nameless.id}").text
    assert "可能的地点" in page and "地名有歧义" in page
    links = [html.unescape(part.split('"')[0]) for part in page.split('class="button" href="')[1:]]
    chosen = next(link for link in links if "lon=91.500000" in link)
    filled = procurator.get(chosen.split("#")[0]).text
    for name, value in (("lon", "91.500000"), ("lat", "29.700000"), ("accuracy_m", "900")):
        assert f'name="{name}" inputmode="decimal" value="{value}"' in filled
    assert 'value="place" checked' in filled
    send(procurator, nameless, "repair", how="place", lon="91.5", lat="29.7", accuracy_m="900", reason=WHY)
    assert status(house, nameless) == "retried"
    assert "可能的地点" not in procurator.get(f"/desk/{nameless.id}").text


def test_what_stands_in_the_address_of_the_page_cannot_harm_it(
    nameless: QuarantinedRow, procurator: FlaskClient
) -> None:
    page = procurator.get(f"/desk/{nameless.id}", query_string={"lon": HOSTILE, "lat": "x", "accuracy_m": "1"}).text
    assert "<img" not in page


def test_a_faulty_list_of_names_keeps_nobody_from_the_row(
    house: House, nameless: QuarantinedRow, procurator: FlaskClient
) -> None:
    (house.path("gazetteer") / "b.csv").write_text("name\n白泉村\n", encoding="utf-8")
    page = procurator.get(f"/desk/{nameless.id}")
    assert page.status_code == 200
    assert "可能的地点" not in page.text
