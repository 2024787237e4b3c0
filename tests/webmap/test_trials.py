"""Models on trial: who sees what they flag, and what the models page tells of their life and their exceptions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.lead import Lead
from geo_monitor.domain.place import LonLat
from geo_monitor.services.exceptions import Place, circle, exempt
from geo_monitor.wiring import House
from tests.webmap.conftest import token_of
from tests.webmap.seed import CENTRE, HOSTILE, NOW
from tests.webmap.test_leads import DISMISSAL, FRAGMENT, SEEDED, every, ids, one, walk

SignIn = Callable[[str], FlaskClient]
OTHERS = ("zhao", "tashi", "root")


@pytest.fixture
def trial(house: House) -> Lead:
    """A lead of a model on trial, in the seeded city."""
    pattern = next(lead for lead in every(house) if lead.model == "RIV-001" and lead.title.zh != HOSTILE)
    lead = replace(pattern, id="Ltrial", key=pattern.key._replace(model="RIV-003"), trial=True)
    with house.store.writing() as records:
        records.put_lead(lead)
        records.add_event(lead.id, lead.opened, "system", "opened")
        records.add_model_event(
            "RIV-003", house.models["RIV-003"].version, "demoted", "trial", NOW, "dolma", "误报较多"
        )
    return lead


@pytest.fixture
def reviewer(sign_in: SignIn) -> FlaskClient:
    return sign_in("dolma")


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_model_on_trial_flags_does_not_exist_for_others(
    house: House, sign_in: SignIn, trial: Lead, name: str
) -> None:
    client = sign_in(name)
    for asked in ("", "&trial=only", "&trial=all", "&trial=nonsense"):
        assert walk(client, f"/?status=all{asked}") == [lead.id for lead in every(house)]
        seen = client.get(f"/api/leads.geojson?status=all{asked}").json
        assert seen is not None
        assert seen["total"] == 40
        assert "Ltrial" not in {f["properties"]["id"] for f in seen["features"]}
    assert walk(client, "/?text=Ltrial&status=all&trial=all") == []
    assert client.get("/leads/Ltrial").status_code == 404
    assert client.get("/leads/Ltrial", headers=FRAGMENT).status_code == 404
    assert client.get("/api/leads/Ltrial.geojson").status_code == 404
    # The token of the page's forms holds the second in which it was made.
    there, never = (re.sub(r'name="csrf[^>]+>', "", client.get(f"/leads/{i}").text) for i in ("Ltrial", "Lnever1"))
    assert there == never, "as if it had never been"
    page = client.get("/").text
    assert 'name="trial"' not in page
    assert "试运行" not in page


@pytest.mark.parametrize("name", ["zhao", "root"])
def test_what_a_model_on_trial_flags_cannot_be_decided_by_others(
    house: House, sign_in: SignIn, trial: Lead, name: str
) -> None:
    client = sign_in(name)
    token = token_of(client, "/models")
    for path, form in (("take-up", {}), ("dismiss", DISMISSAL), ("dismiss", {})):
        assert client.post(f"/leads/Ltrial/{path}", data={"csrf_token": token, **form}).status_code == 404
    assert one(house, "Ltrial").status.value == "open"


def test_reviewers_ask_for_what_models_on_trial_flag(house: House, reviewer: FlaskClient, trial: Lead) -> None:
    usual = [lead.id for lead in every(house)]
    assert walk(reviewer, "/?status=all") == usual
    assert walk(reviewer, "/?status=all&trial=only") == ["Ltrial"]
    assert sorted(walk(reviewer, "/?status=all&trial=all")) == sorted([*usual, "Ltrial"])
    seen = reviewer.get("/api/leads.geojson?status=all&trial=only").json
    assert seen is not None
    assert [f["properties"]["id"] for f in seen["features"]] == ["Ltrial"]
    page = reviewer.get("/?trial=only").text
    assert ids(page) == ["Ltrial"]
    assert '<span class="tag warn">试运行</span>' in page
    assert '<option value="only" selected>仅试运行</option>' in page
    assert "RIV-003" in page, "the model can be chosen in the filter"
    assert "/leads/Ltrial?trial=only" in page
    assert reviewer.get("/?trial=nonsense").status_code == 400


def test_the_page_of_a_trial_lead_says_so_plainly(reviewer: FlaskClient, trial: Lead) -> None:
    page = reviewer.get("/leads/Ltrial").text
    assert "模型试运行中。" in page
    assert "只有评审人员可见" in page
    english = re.sub(r"<title>.*?</title>|<[^>]*>", " ", reviewer.get("/leads/Ltrial?lang=en").text)
    assert "The model is on trial." in english
    strange = set(re.findall(r"[\u4e00-\u9fff]+", english)) - SEEDED - {"中文", "检"}
    assert [w for w in strange if "合成" not in w] == []
    places = reviewer.get("/api/leads/Ltrial.geojson").json
    assert places is not None
    assert places["features"]


def test_an_ordinary_lead_does_not_speak_of_trials(house: House, reviewer: FlaskClient) -> None:
    assert "试运行中" not in reviewer.get(f"/leads/{every(house)[0].id}").text


def test_reviewers_decide_trial_leads_as_they_decide_others(house: House, reviewer: FlaskClient, trial: Lead) -> None:
    form = {"csrf_token": token_of(reviewer, "/leads/Ltrial"), **DISMISSAL}
    assert reviewer.post("/leads/Ltrial/dismiss", data=form).status_code == 303
    assert one(house, "Ltrial").status.value == "dismissed"
    ordinary = next(lead for lead in every(house) if lead.status.value == "open")
    assert reviewer.post(f"/leads/{ordinary.id}/take-up", data=form).status_code == 303
    assert one(house, ordinary.id).status.value == "taken_up"
    assert reviewer.get("/jobs").status_code == 200


def test_a_lead_does_not_link_to_an_earlier_one_that_its_reader_may_not_see(
    house: House, reviewer: FlaskClient, sign_in: SignIn, trial: Lead
) -> None:
    lead = every(house)[0]
    with house.store.writing() as records:
        records.put_lead(replace(lead, previous="Ltrial"))
    assert "Ltrial" in reviewer.get(f"/leads/{lead.id}").text
    assert "Ltrial" not in sign_in("zhao").get(f"/leads/{lead.id}").text


# ---- the models page ---------------------------------------------------------------------------------------


def line_of(page: str, model: str) -> str:
    found = re.search(rf'<span class="code">{model} .*?</tr>', page, re.DOTALL)
    assert found, f"{model} is not on the page"
    return re.sub(r"\s+", " ", found[0])


def test_the_models_page_tells_the_status_in_this_city_and_who_gave_it(
    sign_in: SignIn, reviewer: FlaskClient, trial: Lead
) -> None:
    for client in (sign_in("zhao"), reviewer):
        line = line_of(client.get("/models").text, "RIV-003")
        assert '<td data-label="运行状态">试运行</td>' in line
        assert "2026-11-22 退回试运行（合成评审员）：" in line
        assert "误报较多" in line
        assert "停用" not in line_of(client.get("/models").text, "RIV-001")
    english = line_of(sign_in("smith").get("/models").text, "RIV-003")
    assert "Put back on trial on 2026-11-22 by 合成评审员:" in english


def test_the_figures_of_the_models_page_leave_trial_leads_out_for_others(
    sign_in: SignIn, reviewer: FlaskClient, trial: Lead
) -> None:
    def leads(client: FlaskClient) -> int:
        found = re.search(
            r'data-label="线索"><a href="[^"]*">(\d+)</a>', line_of(client.get("/models").text, "RIV-003")
        )
        assert found
        return int(found[1])

    assert leads(reviewer) == leads(sign_in("zhao")) + 1


def test_how_much_a_model_on_trial_finds_only_those_see_who_review_it(
    house: House, sign_in: SignIn, reviewer: FlaskClient
) -> None:
    def hits(client: FlaskClient) -> str:
        found = re.search(r'data-label="命中">([^<]*)</td>', line_of(client.get("/models").text, "RIV-003"))
        assert found
        return found[1]

    assert hits(sign_in("zhao")) == hits(reviewer) != "—"
    with house.store.writing() as records:
        records.add_model_event("RIV-003", house.models["RIV-003"].version, "demoted", "trial", NOW, "dolma", "试")
    assert hits(reviewer) != "—"
    assert hits(sign_in("zhao")) == "—"


def test_a_step_of_an_older_version_is_not_told_of_the_present_one(house: House, reviewer: FlaskClient) -> None:
    with house.store.writing() as records:
        version = house.models["RIV-003"].version - 1
        records.add_model_event("RIV-003", version, "retired", "retired", NOW, "dolma", "旧版停用")
    line = line_of(reviewer.get("/models").text, "RIV-003")
    assert "旧版停用" not in line
    assert '<td data-label="运行状态">运行</td>' in line


def an_exception(house: House, place: Place, reason: str, until: date) -> Exemption:
    return exempt(
        house.store, house.models, "RIV-003", place, NOW.date(), until,
        author="zhao", reason=reason, at=NOW, today=NOW.date(), city=house.box,
    )  # fmt: skip


def test_the_models_page_lists_the_exceptions_that_count(house: House, reviewer: FlaskClient) -> None:
    round_one = an_exception(house, circle(LonLat(*CENTRE), 150.0), HOSTILE, date(2027, 6, 30))
    ended = an_exception(house, circle(LonLat(*CENTRE), 99.0), "另一处工程", date(2027, 1, 1))
    drawn = Place(circle(LonLat(91.2, 29.7), 1000.0).area)
    an_exception(house, drawn, "渣土场已经许可", date(2027, 1, 31))
    with house.store.writing() as records:
        records.end_exception(ended.id, NOW, "zhao", "工程已经完工")
    line = line_of(reviewer.get("/models").text, "RIV-003")
    assert "例外 2 处" in line
    assert "91.12000, 29.65000 周围 150 米，2026-11-22 至 2027-06-30：" in line
    assert "所划区域（314.2 公顷），2026-11-22 至 2027-01-31：" in line
    assert f'合成检察官甲 · <span class="code">{round_one.id}</span>' in line
    assert "另一处工程" not in line
    assert "<img" not in line, "a reason is shown as it was typed"
    assert "例外" not in line_of(reviewer.get("/models").text, "RIV-001")


def test_an_exception_that_is_over_is_no_longer_listed(house: House, reviewer: FlaskClient) -> None:
    an_exception(house, circle(LonLat(*CENTRE), 150.0), "渣土场已经许可", NOW.date())
    assert "例外 1 处" in line_of(reviewer.get("/models").text, "RIV-003")
    house.clock.moment = NOW + timedelta(days=1)  # type: ignore[attr-defined]
    assert "例外" not in line_of(reviewer.get("/models").text, "RIV-003")
