"""Open311 GeoReport v2 as programs of others meet it. All reports are synthetic (合成)."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator

from geo_monitor.config import Open311, read_settings
from geo_monitor.domain.clock import FixedClock
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.receipt import incident_id, receipt_number
from geo_monitor.domain.repair import Repair
from geo_monitor.reading.open311 import ORIGINALS, put_mapping
from geo_monitor.services.api_keys import add_key, revoke_key
from geo_monitor.services.decide import dismiss
from geo_monitor.services.desk import reject_row, repair_row
from geo_monitor.services.ports import LeadQuery, User
from geo_monitor.supervision.vocabulary import CATEGORIES
from geo_monitor.wiring import House, open_house, overlay_of, reader_of_quarantine
from tests.webmap import georeport
from tests.webmap.georeport import both, valid
from tests.webmap.seed import HOSTILE
from webmap import create_app

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
V2 = "/open311/v2"
NAME, PHONE, MAIL = "合成举报人", "13900000000", "synthetic@example.invalid"


class City:
    """A workspace with one reach of a river, its clock, and the programs that report to it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "geo-monitor.toml").write_text("[city]\nbox = [89.5, 29.2, 92.8, 31.1]\n", encoding="utf-8")
        put_mapping(folder / "feeds")
        self.settings = replace(read_settings(folder, {}), open311=Open311(requests_per_minute=1_000_000, **settings))
        self.house = open_house(settings=self.settings, clock=FixedClock(NOW))
        self.key = add_key(self.house.store, "app", NOW)
        self.other = add_key(self.house.store, "other", NOW)
        self.client = create_app(self.house).test_client()
        self.client.application.testing = True

    def at(self, moment: datetime) -> City:
        """The same city at another time."""
        self.house = replace(self.house, clock=FixedClock(moment))
        self.client = create_app(self.house).test_client()
        self.client.application.testing = True
        return self

    def post(self, form: str = "json", **changes: str | None) -> Any:
        return self.client.post(f"{V2}/requests.{form}", data=self.form(**changes))

    def form(self, **changes: str | None) -> dict[str, str]:
        said: dict[str, str | None] = {
            "api_key": self.key,
            "service_code": "sand_mining",
            "lat": "29.6501",
            "long": "91.1001",
            "description": "合成：夜间挖沙",
            "last_name": "合成",
            "first_name": "举报人",
            "phone": PHONE,
            "email": MAIL,
        }
        return {
            k.replace("__", "[") + ("]" if "__" in k else ""): v for k, v in (said | changes).items() if v is not None
        }

    def number(self, **changes: str | None) -> str:
        return str(valid(self.post(**changes), georeport.POSTED)[0]["service_request_id"])

    def told(self, number: str, key: str | None = None) -> Any:
        answer = self.client.get(f"{V2}/requests/{number}.json?api_key={key or self.key}")
        return valid(answer, georeport.REQUESTS)[0]

    def listed(self, **asked: str) -> list[str]:
        query = urlencode({"api_key": self.key} | asked)
        answer = valid(self.client.get(f"{V2}/requests.json?{query}"), georeport.REQUESTS)
        return [r["service_request_id"] for r in answer]

    def stored(self) -> int:
        with self.house.store.reading() as records:
            return records.incident_count()

    def waiting(self) -> list[tuple[str, str]]:
        with self.house.store.reading() as records:
            return [(q.row.reason, q.row.id) for q in records.quarantined(feed="open311")]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path / "city")
    yield made
    made.house.close()


# ---- what is offered ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [v for k, v in vars(georeport).items() if k.isupper() and not k.startswith("_")])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def test_the_services_are_the_categories_of_the_mapping_named_in_both_languages(city: City) -> None:
    chinese = both(city.client, f"{V2}/services.{{form}}?lang=zh", georeport.SERVICES)
    english = both(city.client, f"{V2}/services.{{form}}?lang=en", georeport.SERVICES)
    assert [s["service_code"] for s in chinese] == list(city.house.feeds["open311"].category.map)
    for zh, en in zip(chinese, english, strict=True):
        words = CATEGORIES[zh["service_code"]]
        assert (zh["service_name"], en["service_name"]) == (words.zh, words.en)
        assert zh["keywords"] == f"{words.zh}, {words.en}"


def test_a_definition_names_what_may_be_said_beside(city: City) -> None:
    found = both(city.client, f"{V2}/services/sand_mining.{{form}}", georeport.DEFINITION)
    assert [(a["code"], a["datatype"]) for a in found["attributes"]] == [
        ("occurred", "datetime"),
        ("accuracy_m", "number"),
    ]


def test_a_city_that_wants_other_questions_writes_them_into_its_mapping(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    put_mapping(folder / "feeds")
    path = folder / "feeds" / "open311.yaml"
    path.write_text(path.read_text(encoding="utf-8") + '  vehicle: "attribute[vehicle]"\n', encoding="utf-8")
    city = City(folder)
    asked = both(city.client, f"{V2}/services/dumping.{{form}}?lang=zh", georeport.DEFINITION)["attributes"]
    assert (asked[-1]["code"], asked[-1]["description"]) == ("vehicle", "车辆")
    city.number(attribute__vehicle="藏A00000")
    with city.house.store.reading() as records:
        (report,) = records.incidents([p.id for p in records.posted()])
    assert report.attributes["vehicle"] == "藏A00000"


def test_the_discovery_document_names_this_endpoint_as_the_city_says_it_not_as_the_caller_does(city: City) -> None:
    found = both(city.client, f"{V2}/discovery.{{form}}", georeport.DISCOVERY, headers={"Host": "evil.example"})
    assert found["endpoints"][0]["url"] == "http://127.0.0.1:8765/open311/v2"


@pytest.mark.parametrize(
    "path", ["/services/nothing", "/requests/1234567890123456", "/requests/x", "/tokens/1", "/nothing", "/services/"]
)
def test_what_is_not_there_is_a_404_in_the_words_of_the_specification(city: City, path: str) -> None:
    found = both(city.client, f"{V2}{path}.{{form}}?api_key={city.key}", georeport.ERRORS, 404)
    assert found[0]["code"] == 404


def test_another_jurisdiction_is_a_404(tmp_path: Path) -> None:
    city = City(tmp_path / "city", jurisdiction="lhasa.example")
    both(city.client, f"{V2}/services.{{form}}?jurisdiction_id=elsewhere", georeport.ERRORS, 404)
    both(city.client, f"{V2}/services.{{form}}?jurisdiction_id=lhasa.example", georeport.SERVICES)
    valid(city.post(jurisdiction_id="elsewhere"), georeport.ERRORS, 404)
    city.number(jurisdiction_id="lhasa.example")


# ---- what comes in -----------------------------------------------------------------------------------------------


def test_a_report_comes_in_as_any_other_and_its_body_is_kept_byte_for_byte(city: City) -> None:
    body = urlencode(city.form(attribute__occurred="2026-11-21T22:15:00+08:00", media_url="https://e.invalid/1.JPG"))
    answer = city.client.post(
        f"{V2}/requests.json", data=body.encode(), content_type="application/x-www-form-urlencoded"
    )
    number = valid(answer, georeport.POSTED)[0]["service_request_id"]
    with city.house.store.reading() as records:
        (posted,) = records.posted()
        (report,) = records.incidents([posted.id])
    assert receipt_number(report.id) == number
    assert (report.lon, report.lat, report.datum) == (91.1001, 29.6501, "WGS84")
    assert (report.category, report.source, report.text) == ("sand_mining", "hotline", "合成：夜间挖沙")
    assert report.occurred == datetime(2026, 11, 21, 14, 15, tzinfo=UTC)
    assert report.reported == NOW
    assert report.evidence == {"photo"}
    assert report.origin.row == 1
    kept = city.folder / "files" / report.origin.file
    assert kept == city.folder / ORIGINALS / report.origin.file_hash
    assert kept.read_bytes() == body.encode()
    assert kept.stat().st_mode & 0o077 == 0
    assert [p.name for p in kept.parent.iterdir()] == [report.origin.file_hash]


def test_an_answer_to_a_post_follows_the_specification_in_both_formats(city: City) -> None:
    both(city.client, f"{V2}/requests.{{form}}", georeport.POSTED, method="POST", data=city.form())
    assert city.stored() == 1


def test_a_report_is_on_the_map_after_the_next_run_raises_a_lead_and_its_sender_learns_the_outcome(city: City) -> None:
    _river(city)
    first = city.number(description="合成：一")
    second = city.number(description="合成：二", phone="13911111111")
    overlay_of(city.house).run(NOW)
    with city.house.store.writing() as records:
        records.put_user(User("zhao", "合成检察官", "procurator", "x"))
        (lead,) = records.leads(LeadQuery()).leads
        mine = {p.id for p in records.posted()}
    assert set(lead.records) == mine
    signed_in = city.client.application.test_client()
    with signed_in.session_transaction() as session:
        session |= _session(city.house, "zhao")
    cells = signed_in.get("/api/cells?z=12&b=91.0,29.6,91.2,29.7").get_json()
    assert {c[4] for c in cells["cells"]} == mine
    leads = signed_in.get("/api/leads.geojson").get_json()
    assert [f["properties"]["id"] for f in leads["features"]] == [lead.id]

    assert city.told(first)["status"] == "open"
    assert "审查" in city.told(first)["status_notes"]
    later = NOW + timedelta(days=3)
    dismiss(city.house.store, lead.id, "zhao", later, f"现场核查，联系 {NAME} {PHONE}", why="lawful")
    for number in (first, second):
        told = city.told(number)
        assert (told["status"], told["updated_datetime"]) == ("closed", "2026-11-25T14:30:00+08:00")
        assert told["status_notes"] == "经审查，未发现违法情形，事项已办结。"
    assert city.at(later).listed(status="closed") == city.listed(status="open,closed")
    assert city.listed(status="open") == []


def _session(house: House, name: str) -> dict[str, str]:
    from webmap._security import _seal

    with house.store.reading() as records:
        user = records.user(name)
    assert user is not None
    return {"user": name, "seal": _seal(user)}


def _river(city: City) -> None:
    import shapely

    from geo_monitor.domain.layer import Feature, LayerVersion
    from geo_monitor.domain.words import Words

    reach = Feature(
        "rivers", "R1", Words("合成河段", "synthetic reach"), shapely.LineString([(91.09, 29.65), (91.11, 29.65)])
    )
    area = shapely.box(91.09, 29.649, 91.11, 29.651)
    zone = replace(reach, layer="river_management_zones", id="Z1", parent="R1", geometry=area)
    with city.house.store.writing() as records:
        for layer, features in (("rivers", [reach]), ("river_management_zones", [zone]), ("sand_permits", [])):
            records.add_layer(LayerVersion(layer, "f", "h", "合成", "CC0", NOW, "WGS84", len(features)), features)


def test_what_cannot_be_trusted_waits_in_quarantine_with_a_number_that_stays(city: City) -> None:
    nowhere = city.number(lat=None, long=None, address_string="合成路 1 号")
    abroad = city.number(lat="48.85", long="2.35")
    swapped = city.number(lat="91.1001", long="29.6501")
    garbled = city.number(lat="29,65x")
    early = city.number(attribute__occurred="2027-11-21T22:15:00+08:00")
    never = city.number(attribute__occurred="last night")
    assert city.stored() == 0
    reasons = {"impossible_coordinates", "no_coordinates", "outside_city", "swapped_axes"}
    reasons |= {"reported_before_occurred", "unreadable_date"}
    assert sorted(reason for reason, _ in city.waiting()) == sorted(reasons)
    for number in (nowhere, abroad, swapped, garbled, early, never):
        told = city.told(number)
        assert (told["status"], told["lat"], told["description"]) == ("open", None, None)
        assert told["service_notice"] == "已收到，经人工核对后登记。"
    rows = dict(city.waiting())
    read_again = reader_of_quarantine(city.house)
    repair = Repair(place=LonLat(91.11, 29.66), accuracy_m=50.0)
    repair_row(city.house.store, rows["no_coordinates"], repair, "zhao", "电话核实了地点", NOW, read_again)
    assert city.told(nowhere)["lat"] == 29.66
    assert city.told(nowhere)["service_notice"] is None
    reject_row(city.house.store, rows["outside_city"], "zhao", "不在本市", NOW)
    assert city.told(abroad)["status"] == "closed"
    assert city.told(abroad)["status_notes"] == "经人工核对，未能登记。"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"service_code": None}, 400),
        ({"service_code": "nothing"}, 404),
        ({"lat": None, "long": None}, 400),
        ({"lat": None}, 400),
        ({"client_request_id": "x" * 201}, 400),
        ({"api_key": None}, 403),
        ({"api_key": ""}, 403),
        ({"api_key": "wrong"}, 403),
        ({"api_key": "\ud800"}, 403),
    ],
)
def test_a_post_that_is_refused_is_told_so_and_keeps_nothing(
    city: City, changes: dict[str, str | None], status: int
) -> None:
    form = {k: v for k, v in (city.form() | changes).items() if v is not None}
    body = urlencode(form, errors="surrogatepass").encode()
    how = {"method": "POST", "data": body, "content_type": "application/x-www-form-urlencoded"}
    found = both(city.client, f"{V2}/requests.{{form}}", georeport.ERRORS, status, **how)
    assert found[0]["code"] == status
    assert city.stored() == 0 and city.waiting() == []
    assert not (city.folder / ORIGINALS).exists()


def test_a_field_that_stands_twice_is_refused(city: City) -> None:
    body = urlencode([*city.form().items(), ("lat", "29.7")]).encode()
    answer = city.client.post(f"{V2}/requests.json", data=body, content_type="application/x-www-form-urlencoded")
    valid(answer, georeport.ERRORS, 400)
    assert city.stored() == 0


@pytest.mark.parametrize("content_type", ["application/json", "text/xml", "multipart/form-data", ""])
def test_only_forms_are_taken_so_no_xml_is_ever_read(city: City, content_type: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    answer = city.client.post(f"{V2}/requests.json?api_key={city.key}", data=bomb, content_type=content_type)
    valid(answer, georeport.ERRORS, 400)


def test_more_than_a_report_can_be_is_not_read(city: City) -> None:
    valid(city.post(description="x" * 70_000), georeport.ERRORS, 413)
    valid(city.post(**{f"f{k}": "" for k in range(100)}), georeport.ERRORS, 400)
    assert city.stored() == 0


def test_hostile_text_comes_back_as_the_text_it_is(city: City) -> None:
    texts = [HOSTILE, "]]><x/>&lt;", "'; DROP TABLE incidents; --", "\ufffe\uffff￿ 末", "a\r\nSet-Cookie: x=1"]
    for text in texts:
        number = city.number(description=text)
        assert city.told(number)["description"] == text.strip()
        answer = city.client.get(f"{V2}/requests/{number}.xml?api_key={city.key}")
        _, said = georeport.read_xml(answer)
        assert said[0]["description"] == re.sub("[\ufffe\uffff]", "\ufffd", text.strip()).replace("\r\n", "\n")
    assert city.stored() == len(texts)


def test_bytes_that_are_no_text_wait_in_quarantine_and_stay_in_the_kept_body(city: City) -> None:
    body = urlencode(city.form(description=None)).encode() + b"&description=%ff%fe\xff&attribute[x]=%00"
    answer = city.client.post(f"{V2}/requests.json", data=body, content_type="application/x-www-form-urlencoded")
    valid(answer, georeport.POSTED)
    assert [reason for reason, _ in city.waiting()] == ["not_text"]
    (kept,) = (city.folder / ORIGINALS).iterdir()
    assert kept.read_bytes() == body


def test_no_field_of_a_form_stands_in_the_place_of_ours(city: City) -> None:
    number = city.number(
        source_id="mine", received="1999-01-01", occurred="1999-01-01", reporter_id="r1", media="photo"
    )
    with city.house.store.reading() as records:
        (report,) = records.incidents([p.id for p in records.posted()])
    assert receipt_number(report.id) == number
    assert (report.occurred, report.reported, report.evidence) == (NOW, NOW, frozenset())
    assert report.source_id.startswith("app/body/")


# ---- resends -----------------------------------------------------------------------------------------------------


def test_the_same_post_again_later_has_the_same_number_and_the_moment_when_it_came_first(city: City) -> None:
    number = city.number()
    nowhere = city.number(lat="0", long="0")
    for days in (0, 1, 100):
        city.at(NOW + timedelta(days=days))
        assert city.number() == number
        assert city.number(lat="0", long="0") == nowhere
    assert city.stored() == 1
    assert len(city.waiting()) == 1
    assert city.told(number)["requested_datetime"] == "2026-11-22T14:30:00+08:00"


def test_a_clients_own_number_is_the_report_however_the_rest_is_spelled(city: City) -> None:
    number = city.number(client_request_id="c-1")
    form = dict(reversed(city.form(client_request_id="c-1").items()))  # the same fields in another order
    answer = city.client.post(f"{V2}/requests.json", data=form)
    assert valid(answer, georeport.POSTED)[0]["service_request_id"] == number
    assert (city.stored(), city.waiting()) == (1, [])
    assert city.number(client_request_id="c-2") != number
    assert city.number(client_request_id="c-1", api_key=city.other) != number
    # What says something else under the same number does not overwrite, and is not lost.
    answer = city.post(client_request_id="c-1", description="合成：另一件事")
    said = valid(answer, georeport.POSTED)[0]
    assert said["service_request_id"] == number
    assert "人工核对" in said["service_notice"]
    assert [reason for reason, _ in city.waiting()] == ["id_reused"]
    assert city.told(number)["description"] == "合成：夜间挖沙"


def test_hundreds_of_posts_of_ten_reports_in_any_order_give_ten_rows(city: City) -> None:
    chance = random.Random(20261122)
    forms = [urlencode(city.form(description=f"合成 {k}", lat="29.66" if k % 3 else "0")).encode() for k in range(10)]
    order = [k for k in range(10) for _ in range(30)]
    chance.shuffle(order)
    numbers: dict[int, set[str]] = {k: set() for k in range(10)}
    for n, k in enumerate(order):
        if n % 75 == 0:
            city.at(NOW + timedelta(hours=n))
        answer = city.client.post(
            f"{V2}/requests.json", data=forms[k], content_type="application/x-www-form-urlencoded"
        )
        numbers[k].add(json.loads(answer.data)[0]["service_request_id"])
    assert all(len(found) == 1 for found in numbers.values())
    assert len(set.union(*numbers.values())) == 10
    assert (city.stored(), len(city.waiting())) == (6, 4)
    assert len(list((city.folder / ORIGINALS).iterdir())) == 10


# ---- what is told ------------------------------------------------------------------------------------------------


def test_requests_follow_the_specification_in_both_formats(city: City) -> None:
    city.number()
    city.number(lat="0", long="0")
    found = both(city.client, f"{V2}/requests.{{form}}?api_key={city.key}", georeport.REQUESTS)
    assert len(found) == 2
    for request in found:
        path = f"{V2}/requests/{request['service_request_id']}.{{form}}?api_key={city.key}"
        assert both(city.client, path, georeport.REQUESTS) == [request]


def test_nobody_learns_who_reported_nor_strangers_the_words_or_the_place(city: City) -> None:
    number = city.number(
        address_string="合成路 1 号", media_url="https://e.invalid/1.jpg", device_id="device-7", account_id="account-7"
    )
    city.number(lat="0", long="0", description=f"{NAME} {PHONE}")
    own = city.client.get(f"{V2}/requests.json?api_key={city.key}").text
    foreign = city.client.get(f"{V2}/requests.json?api_key={city.other}").text
    for secret in (NAME, PHONE, MAIL, "举报人", "device-7", "account-7", city.key):
        assert secret not in own + foreign
    mine, theirs = city.told(number), city.told(number, city.other)
    assert (mine["description"], mine["lat"], mine["long"]) == ("合成：夜间挖沙", 29.6501, 91.1001)
    assert (mine["address"], mine["media_url"]) == ("合成路 1 号", "https://e.invalid/1.jpg")
    assert (theirs["description"], theirs["lat"], theirs["long"]) == (None, 29.65, 91.1)
    assert (theirs["address"], theirs["media_url"]) == (None, None)
    with city.house.store.reading() as records:
        raw = json.dumps([dict(q.row.raw) for q in records.quarantined(feed="open311")], ensure_ascii=False)
    for secret in (MAIL, "举报人", "合成举报人 ", city.key):
        assert secret not in raw.replace(f"{NAME} {PHONE}", "")


def test_requests_need_a_key_unless_the_city_serves_them_in_public(city: City, tmp_path: Path) -> None:
    number = city.number()
    for path in ("requests", f"requests/{number}"):
        both(city.client, f"{V2}/{path}.{{form}}", georeport.ERRORS, 403)
        both(city.client, f"{V2}/{path}.{{form}}?api_key=wrong", georeport.ERRORS, 403)
        both(city.client, f"{V2}/{path}.{{form}}", georeport.REQUESTS, headers={"X-Api-Key": city.key})
    open_city = City(tmp_path / "open", public=True)
    number = open_city.number()
    (found,) = both(open_city.client, f"{V2}/requests/{number}.{{form}}", georeport.REQUESTS)
    assert (found["description"], found["lat"]) == (None, 29.65)
    valid(open_city.client.post(f"{V2}/requests.json", data=open_city.form(api_key=None)), georeport.ERRORS, 403)


def test_a_revoked_key_opens_nothing(city: City) -> None:
    number = city.number()
    revoke_key(city.house.store, "app", NOW)
    valid(city.post(description="x"), georeport.ERRORS, 403)
    assert city.told(number, city.other)["status"] == "open"
    # The office that lost its key gets a new one, and a resend is a resend still.
    city.key = add_key(city.house.store, "app", NOW)
    assert city.number(client_request_id="c") == city.number(client_request_id="c")


def test_a_program_that_asks_too_often_waits(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    city.house = replace(city.house, settings=replace(city.settings, open311=Open311(requests_per_minute=3)))
    city.at(NOW)
    for _ in range(3):
        city.number()
    valid(city.post(), georeport.ERRORS, 429)
    assert city.client.get(f"{V2}/requests.json?api_key={city.other}").status_code == 200


def test_a_session_of_a_person_opens_nothing_here_and_a_form_of_a_page_still_needs_its_token(city: City) -> None:
    with city.house.store.writing() as records:
        records.put_user(User("zhao", "合成检察官", "procurator", "x"))
    with city.client.session_transaction() as session:
        session |= _session(city.house, "zhao")
    valid(city.post(api_key=None), georeport.ERRORS, 403)
    assert city.client.post("/signout").status_code == 400


def test_the_list_is_newest_first_by_span_service_and_page(city: City) -> None:
    days = (0, 1, 50, 100)
    numbers = []
    for k, day in enumerate(days):
        city.at(NOW + timedelta(days=day))
        numbers.append(city.number(description=f"合成 {k}", service_code="dumping" if k % 2 else "sand_mining"))
    assert city.listed() == [numbers[3], numbers[2]]  # ninety days back
    assert city.listed(start_date="2026-11-01T00:00:00Z") == [numbers[2], numbers[1], numbers[0]]
    assert city.listed(end_date="2026-11-24T00:00:00+08:00") == [numbers[1], numbers[0]]
    assert city.listed(start_date="2026-11-22T06:30:00Z", end_date="2026-11-22T06:30:00Z") == [numbers[0]]
    assert city.listed(service_code="dumping") == [numbers[3]]
    assert city.listed(service_code="dumping,sand_mining") == [numbers[3], numbers[2]]
    assert city.listed(service_code="nothing") == []
    assert city.listed(page_size="1") == [numbers[3]]
    assert city.listed(page_size="1", page="2") == [numbers[2]]
    assert city.listed(page_size="1", page="3") == []
    assert city.listed(status="open", page_size="1", page="2") == [numbers[2]]
    # Numbers go before everything else, also those that are nobody's.
    assert sorted(city.listed(service_request_id=f"{numbers[0]},x,{numbers[1]}", status="closed")) == sorted(
        numbers[:2]
    )


@pytest.mark.parametrize(
    "query",
    [
        "start_date=yesterday",
        "end_date=2026-13-01T00:00:00Z",
        "start_date=2026-01-01T00:00:00Z&end_date=2026-12-01T00:00:00Z",
        "start_date=2026-02-01T00:00:00Z&end_date=2026-01-01T00:00:00Z",
        "start_date=9999-12-31T23:59:59Z",
        "end_date=0001-01-01T00:00:00Z",
        "status=done",
        "page=0",
        "page=x",
        "page_size=-1",
    ],
)
def test_a_question_without_sense_is_a_400(city: City, query: str) -> None:
    both(city.client, f"{V2}/requests.{{form}}?api_key={city.key}&{query}", georeport.ERRORS, 400)


def test_a_report_of_another_feed_is_told_by_its_number_if_a_person_made_it(city: City) -> None:
    from tests.store import made

    with city.house.store.writing() as records:
        records.add_incidents([made.incident(1, reporter="r"), made.incident(2, source="police")])
    told = city.told(receipt_number(incident_id("hotline", "1")))
    assert (told["status"], told["description"], told["lat"]) == ("open", None, 29.65)
    answer = city.client.get(f"{V2}/requests/{receipt_number(incident_id('hotline', '2'))}.json?api_key={city.key}")
    valid(answer, georeport.ERRORS, 404)
    assert city.listed() == []


def test_a_city_without_the_mapping_offers_nothing_and_takes_nothing(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    (city.folder / "feeds" / "open311.yaml").unlink()
    city.house = replace(city.house)
    city.house = House(city.settings, city.house.store, city.house.post, city.house.clock)
    city.at(NOW)
    assert both(city.client, f"{V2}/services.{{form}}", georeport.SERVICES) == []
    valid(city.post(), georeport.ERRORS, 404)


def test_nobody_is_stored_in_plain_by_writing_as_the_quarantine_does(tmp_path: Path) -> None:
    city = City(tmp_path / "city")
    for phone in (f"(kept apart) {PHONE}", "(kept apart) ralice"):
        assert city.post(phone=phone).status_code == 200
    with city.house.store.reading() as records:
        stored = records.incidents(records.incident_columns().ids.tolist())
    assert len(stored) == 2
    assert all(re.fullmatch("r[0-9a-f]{24}", i.reporter or "") for i in stored)


@pytest.mark.parametrize("field", ["phone", "last_name"])
def test_what_is_wrong_with_a_name_or_a_number_is_said_without_it(tmp_path: Path, field: str) -> None:
    city = City(tmp_path / "city")
    assert city.post(**{field: f"合成{PHONE}\x01"}).status_code == 200
    with city.house.store.reading() as records:
        (row,) = records.quarantined()
    assert [f.reason for f in row.row.flaws] == ["not_text"]
    assert PHONE not in repr(row)
