"""The queue, the lead page, and the two decisions."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from geo_monitor.domain.incident import revised
from geo_monitor.domain.lead import Lead
from geo_monitor.services.ports import LeadQuery
from geo_monitor.wiring import House
from tests.webmap.conftest import token_of
from tests.webmap.seed import HOSTILE, REPORTER

FRAGMENT = {"HX-Request": "true", "HX-Target": "lead"}
LIST = {"HX-Request": "true", "HX-Target": "results"}
SignIn = Callable[[str], FlaskClient]
#: A form for a dismissal that lacks nothing.
DISMISSAL = {"reason": "合成：现场核查有许可", "clause": "where[0]", "why": "lawful"}


def ids(text: str) -> list[str]:
    return re.findall(r'class="row[^>]* data-id="(L\w+)"', text)


def every(house: House) -> list[Lead]:
    with house.store.reading() as records:
        return list(records.leads(LeadQuery(limit=1000)).leads)


def one(house: House, lead_id: str) -> Lead:
    with house.store.reading() as records:
        found = records.lead(lead_id)
    assert found is not None
    return found


def hostile(house: House) -> Lead:
    return next(lead for lead in every(house) if lead.title.zh == HOSTILE)


# ---- the queue ---------------------------------------------------------------------------------------------


def test_the_queue_shows_what_waits_and_everything_when_asked(house: House, procurator: FlaskClient) -> None:
    waiting = {lead.id for lead in every(house) if lead.status.value in ("open", "taken_up")}
    assert set(walk(procurator, "/")) == waiting
    assert set(walk(procurator, "/?status=all")) == {lead.id for lead in every(house)}


def walk(client: FlaskClient, path: str) -> list[str]:
    """All ids of the queue, page by page, as "show more" brings them."""
    text = client.get(path, headers=LIST).text
    found = ids(text)
    while more := re.search(r'<a class="button" href="([^"]+)" hx-get', text):
        text = client.get(html.unescape(more[1]), headers={"HX-Request": "true", "HX-Target": "more-x"}).text
        found += ids(text)
    return found


def test_the_pages_of_the_queue_hold_every_lead_once_and_in_order(house: House, procurator: FlaskClient) -> None:
    shown = walk(procurator, "/?status=all")
    assert shown == [lead.id for lead in every(house)]
    assert len(set(shown)) == len(shown) == 40


@pytest.mark.parametrize(
    ("asked", "keeps"),
    [
        ("urgency=high", lambda lead: lead.urgency == "high"),
        ("urgency=high&urgency=low", lambda lead: lead.urgency in ("high", "low")),
        ("status=dismissed", lambda lead: lead.status.value == "dismissed"),
        ("domain=food", lambda lead: lead.domain == "food"),
        ("model=RIV-001", lambda lead: lead.model == "RIV-001"),
        ("district=990004", lambda lead: lead.district == "990004"),
        ("text=%7B%7B7*7", lambda lead: HOSTILE in lead.title.zh),
        ("model=NONE-1", lambda lead: False),
    ],
)
def test_a_filter_in_the_address_keeps_the_leads_that_meet_it(
    house: House, procurator: FlaskClient, asked: str, keeps: Callable[[Lead], bool]
) -> None:
    asked = asked if "status" in asked else f"{asked}&status=all"
    wanted = [lead.id for lead in every(house) if keeps(lead)]
    assert walk(procurator, f"/?{asked}") == wanted
    seen = procurator.get(f"/api/leads.geojson?{asked}").json
    assert seen is not None
    assert sorted(f["properties"]["id"] for f in seen["features"]) == sorted(wanted), "list and map ask the same"
    assert seen["total"] == len(wanted)


def test_the_filter_form_shows_what_the_address_asks(procurator: FlaskClient) -> None:
    page = procurator.get("/?urgency=high&text=abc&model=RIV-001&from=2026-01-01").text
    assert re.search(r'name="urgency" value="high" checked', page)
    assert not re.search(r'name="urgency" value="low" checked', page)
    assert 'name="text" value="abc"' in page
    assert '<option value="RIV-001" selected>' in page
    assert 'id="from" value="2026-01-01"' in page


@pytest.mark.parametrize("asked", ["urgency=burning", "status=gone", "domain=moon", "from=yesterday", "to=2026-13-01"])
def test_a_word_that_the_question_does_not_have_is_refused(procurator: FlaskClient, asked: str) -> None:
    assert procurator.get(f"/?{asked}").status_code == 400


def test_the_list_alone_comes_with_the_address_that_belongs_to_it(procurator: FlaskClient) -> None:
    answer = procurator.get("/?text=&urgency=low&status=&from=", headers=LIST)
    assert answer.headers["HX-Push-Url"] == "/?urgency=low"
    assert "<html" not in answer.text
    opened = {**LIST, "HX-Current-URL": "http://evil.invalid/leads/L123?urgency=high"}
    answer = procurator.get("/?urgency=low", headers=opened)
    assert answer.headers["HX-Push-Url"] == "/leads/L123?urgency=low", "the open lead stays, its host is not taken"
    for odd in ("http://x/static/a", "//", "\\", "http://[", "http://x/leads/a/b/c"):
        odd_answer = procurator.get("/?urgency=low", headers={**LIST, "HX-Current-URL": odd})
        assert odd_answer.headers["HX-Push-Url"] == "/?urgency=low"


def test_a_page_restored_from_the_history_is_whole(procurator: FlaskClient) -> None:
    answer = procurator.get("/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in answer.text


# ---- the lead page -----------------------------------------------------------------------------------------


def test_a_lead_has_an_address_that_works_without_scripts(house: House, procurator: FlaskClient) -> None:
    lead = next(lead for lead in every(house) if lead.model == "RIV-001" and lead.title.zh != HOSTILE)
    page = procurator.get(f"/leads/{lead.id}").text
    assert f"<title>{lead.title.zh}" in page
    for said in (
        lead.grounds.sentence["zh"],
        *(c.found["zh"] for c in lead.grounds.clauses),
        *(c.asked["zh"] for c in lead.grounds.clauses),
        lead.grounds.would_pass_if["zh"],
        "位置误差</span> ±20 米",
        "《水法》第39条",
        "行为当日有效",
        "条文未核实",
        "禁止在禁采区采砂。",
        "水利部门、公安机关",
        "监督模型 RIV-001 第 1 版",
        "刑事风险筛查",
        "待核查",
        "合成人员乙",
        "生成线索",
    ):
        assert said in page, said
    assert f'action="/leads/{lead.id}/dismiss"' in page
    assert "<html" not in procurator.get(f"/leads/{lead.id}", headers=FRAGMENT).text


def test_times_are_those_of_the_city(house: House, procurator: FlaskClient) -> None:
    lead = every(house)[0]
    with house.store.reading() as records:
        newest = records.incidents(lead.records)[-1]
    said = newest.occurred.astimezone(house.settings.city.zone).strftime("%Y-%m-%d %H:%M")
    assert said in procurator.get(f"/leads/{lead.id}").text
    assert said != newest.occurred.strftime("%Y-%m-%d %H:%M")


def test_a_report_says_how_its_place_was_known_and_that_its_source_has_corrected_it(
    house: House, procurator: FlaskClient
) -> None:
    lead = every(house)[0]
    with house.store.writing() as records:
        newest = records.incidents(lead.records)[-1]
    address = f"/leads/{lead.id}"
    assert f"坐标系 {newest.datum}（按来源声明）" in procurator.get(address).text
    assert "来源已更正" not in procurator.get(address).text
    later = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    with house.store.writing() as records:
        records.add_incidents([replace(newest, text="合成更正", revision=revised(later), datum_known="repaired")])
    page = procurator.get(address).text
    assert page.count("来源已更正，此为旧版本") == 1, "the lead still shows what it was raised on, and says so"
    with house.store.writing() as records:
        (by,) = records.superseded([newest.id]).values()
        records.put_lead(replace(lead, records=(*lead.records, by)))
    page = procurator.get(address).text
    assert f"坐标系 {newest.datum}（由人工修正）" in page
    assert "来源 2026-11-20 10:30 的版本" in page


def test_a_vacant_seat_is_stated(house: House, procurator: FlaskClient) -> None:
    lead = next(lead for lead in every(house) if lead.trio.river_chief.vacant)
    page = procurator.get(f"/leads/{lead.id}").text
    assert "空缺" in page
    assert "任职名册中没有登记" in page


def test_no_page_and_no_data_tells_who_reported(house: House, procurator: FlaskClient) -> None:
    lead = hostile(house)
    for path in (
        f"/leads/{lead.id}?reports=all",
        "/",
        "/api/leads.geojson",
        f"/api/leads/{lead.id}.geojson",
        "/api/cells?z=18&b=90,29,92,31",
        "/api/layers/food_businesses.geojson",
        "/models",
        "/jobs",
        "/desk",
    ):
        answer = procurator.get(path)
        assert answer.status_code == 200
        assert REPORTER not in answer.text, path
        assert "合成举报人" not in answer.text


def test_what_people_typed_is_shown_as_typed(house: House, sign_in: SignIn) -> None:
    client = sign_in("root")
    lead = hostile(house)
    page = client.get(f"/leads/{lead.id}").text
    shown = html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    assert f'<h1 tabindex="-1">{shown}</h1>' in page
    assert f'<p class="report-text" dir="auto">{shown}</p>' in page
    assert f"管理 {shown}</span>" in page, "the name of the signed-in person"
    assert "<img" not in page
    assert "49" not in re.sub(r"\d{2,}", "", page)
    assert shown in client.get("/jobs").text


def test_many_records_are_folded_until_asked_for(house: House, procurator: FlaskClient) -> None:
    lead = next(lead for lead in every(house) if len(lead.records) == 12)
    assert procurator.get(f"/leads/{lead.id}").text.count('class="report-head"') == 8
    assert procurator.get(f"/leads/{lead.id}?reports=all").text.count('class="report-head"') == 12
    assert "reports=all" not in procurator.get(f"/leads/{lead.id}", headers=FRAGMENT).headers["HX-Push-Url"]


def test_a_lead_of_a_model_that_left_the_library_can_still_be_read(house: House, procurator: FlaskClient) -> None:
    lead = every(house)[0]
    with house.store.writing() as records:
        records.put_lead(replace(lead, id="Lgone", key=lead.key._replace(model="OLD-9")))
    page = procurator.get("/leads/Lgone")
    assert page.status_code == 200
    assert "OLD-9" in page.text
    assert "已移出模型库" in procurator.get("/models").text


def test_an_unknown_lead_is_not_found(procurator: FlaskClient) -> None:
    assert procurator.get("/leads/Lnone").status_code == 404
    assert "找不到" in procurator.get("/leads/Lnone").text
    assert procurator.get("/leads/Lnone", headers=FRAGMENT).status_code == 404
    assert procurator.get("/api/leads/Lnone.geojson").json == {"error": "404"}


# ---- decisions ---------------------------------------------------------------------------------------------


def open_lead(house: House) -> Lead:
    return next(lead for lead in every(house) if lead.status.value == "open")


def test_taking_up_a_lead_is_recorded_with_person_and_time(house: House, procurator: FlaskClient) -> None:
    lead = open_lead(house)
    form = {"csrf_token": token_of(procurator, f"/leads/{lead.id}")}
    answer = procurator.post(f"/leads/{lead.id}/take-up?urgency=high", data=form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/leads/{lead.id}?urgency=high"
    page = procurator.get(answer.headers["Location"]).text
    assert "已受理这条线索" in page
    assert "合成检察官甲" in page
    assert one(house, lead.id).status.value == "taken_up"
    with house.store.reading() as records:
        last = records.events(lead.id)[-1]
    assert (last.actor, last.kind, last.at) == ("zhao", "taken_up", house.clock.now())


def test_dismissing_keeps_the_reason_and_the_misleading_clause(house: House, procurator: FlaskClient) -> None:
    lead = open_lead(house)
    page = procurator.get(f"/leads/{lead.id}").text
    for clause in lead.grounds.clauses:
        assert f'<option value="{clause.path}" >{clause.found["zh"]}</option>' in page, "in the lead's own words"
    form = {**DISMISSAL, "csrf_token": token_of(procurator, f"/leads/{lead.id}"), "reason": HOSTILE}
    answer = procurator.post(f"/leads/{lead.id}/dismiss", data=form, headers=FRAGMENT)
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "lead-changed"
    assert "已排除这条线索" in answer.text
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.text
    assert "/dismiss" not in answer.text, "a closed lead offers no decision"
    with house.store.reading() as records:
        last = records.events(lead.id)[-1]
    assert (last.kind, last.reason, last.data) == ("dismissed", HOSTILE, {"clause": "where[0]", "why": "lawful"})
    assert "排除类别： 合法：有许可、审批或其他依据" in answer.text
    assert f"造成误报的依据： {lead.grounds.clauses[1].found['zh']}" in answer.text


def test_none_of_the_grounds_may_have_misled_but_that_has_to_be_said(house: House, procurator: FlaskClient) -> None:
    lead = open_lead(house)
    form = {**DISMISSAL, "csrf_token": token_of(procurator, f"/leads/{lead.id}"), "why": "duplicate", "clause": "none"}
    assert procurator.post(f"/leads/{lead.id}/dismiss", data=form).status_code == 303
    with house.store.reading() as records:
        assert records.events(lead.id)[-1].data == {"clause": "", "why": "duplicate"}
    page = procurator.get(f"/leads/{lead.id}").text
    assert "重复：该事项已在另案办理" in page
    assert "造成误报的依据" not in page


def test_a_dismissal_from_before_the_kinds_were_asked_for_stays_readable(house: House, procurator: FlaskClient) -> None:
    lead = next(lead for lead in every(house) if lead.status.value == "dismissed")
    page = procurator.get(f"/leads/{lead.id}").text
    assert "合成：现场核查为有证作业" in page
    assert "造成误报的依据" in page
    assert "排除类别" not in page


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"why": ""}, "请选择排除类别"),
        ({"why": "boring"}, "请选择排除类别"),
        ({"clause": ""}, "请指明哪一项依据造成误报"),
    ],
)
def test_a_dismissal_says_of_which_kind_and_which_ground_misled(
    house: House, procurator: FlaskClient, lacking: dict[str, str], said: str
) -> None:
    lead = open_lead(house)
    form = {**DISMISSAL, "csrf_token": token_of(procurator, f"/leads/{lead.id}"), **lacking}
    answer = procurator.post(f"/leads/{lead.id}/dismiss", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert f">{DISMISSAL['reason']}</textarea>" in answer.text, "what was typed is still there"
    assert one(house, lead.id).status.value == "open"


@pytest.mark.parametrize("reason", ["", "   ", "no"])
def test_a_dismissal_without_a_reason_is_asked_again_and_changes_nothing(
    house: House, procurator: FlaskClient, reason: str
) -> None:
    lead = open_lead(house)
    form = {**DISMISSAL, "csrf_token": token_of(procurator, f"/leads/{lead.id}"), "reason": reason}
    for headers in ({}, FRAGMENT):
        answer = procurator.post(f"/leads/{lead.id}/dismiss", data=form, headers=headers)
        assert answer.status_code == 422
        assert "请写明理由" in answer.text
        for chosen in ("where[0]", "lawful"):
            assert f'<option value="{chosen}" selected>' in answer.text, "what was chosen is still there"
    assert one(house, lead.id).status.value == "open"


def test_a_lead_that_somebody_else_has_just_closed_is_not_decided_again(house: House, procurator: FlaskClient) -> None:
    lead = open_lead(house)
    token = token_of(procurator, f"/leads/{lead.id}")
    with house.store.writing() as records:
        records.put_lead(replace(lead, status=type(lead.status).DISMISSED))
    for path, form in ((f"/leads/{lead.id}/take-up", {}), (f"/leads/{lead.id}/dismiss", DISMISSAL)):
        answer = procurator.post(path, data={"csrf_token": token, **form})
        assert answer.status_code == 409
        assert "未作更改" in answer.text
        assert "已排除" in answer.text


def test_a_decision_on_a_lead_that_is_not_there_is_not_found(procurator: FlaskClient) -> None:
    form = {"csrf_token": token_of(procurator, "/models"), **DISMISSAL}
    assert procurator.post("/leads/Lnone/dismiss", data=form).status_code == 404


# ---- words -------------------------------------------------------------------------------------------------


def test_the_language_of_the_person_the_switch_and_the_browser(sign_in: SignIn, client: FlaskClient) -> None:
    assert 'lang="zh-CN"' in client.get("/signin").text
    assert 'lang="en"' in client.get("/signin", headers={"Accept-Language": "en-GB,en"}).text
    smith = sign_in("smith")
    assert 'lang="en"' in smith.get("/").text, "the person's own language"
    assert 'lang="zh-CN"' in smith.get("/?lang=zh").text
    assert 'lang="zh-CN"' in smith.get("/models").text, "the switch is remembered"
    assert smith.get("/?lang=xx").status_code == 200


def test_an_english_page_has_no_chinese_words_of_its_own(house: House, sign_in: SignIn) -> None:
    client = sign_in("smith")
    lead = next(lead for lead in every(house) if lead.status.value == "open" and lead.title.zh != HOSTILE)
    for path in ("/", f"/leads/{lead.id}", "/models"):
        page = client.get(f"{path}?lang=en").text
        page = re.sub(r"<title>.*?</title>|<[^>]*>", " ", page)
        strange = set(re.findall(r"[\u4e00-\u9fff]+", page)) - SEEDED - {"中文", "检"}
        assert [w for w in strange if "合成" not in w] == [], path


#: Chinese in the seeded data itself: reports are shown as they were typed.
SEEDED = {
    "有挖掘机在河边作业",
    "夜间有车辆倾倒渣土",
    "围墙外堆放建筑材料",
    "小店无证卖熟食",
    "河水发黑有异味",
    "学校门口零食没有标签",
    "法释",
    "号",  # the number of a judicial interpretation has no other spelling
    "已多次反映仍未处理",
    "现场有照片两张",
    "粗",
    "区级河湖长",
    "检察长",
    "警长",
}
