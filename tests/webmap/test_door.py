"""Who comes in, and what every answer carries."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor import errors
from geo_monitor.wiring import House
from tests.webmap.conftest import token_of
from tests.webmap.seed import PASSWORD
from webmap import create_app
from webmap._security import HEADERS, safe_next, status_of

SignIn = Callable[[str], FlaskClient]


def enter(client: FlaskClient, name: str, password: str, **more: str) -> tuple[int, str]:
    form = {"name": name, "password": password, "csrf_token": token_of(client), **more}
    answer = client.post("/signin", data=form)
    return answer.status_code, answer.text or answer.headers.get("Location", "")


def test_a_stranger_is_sent_to_the_sign_in_page_and_comes_back_where_he_wanted_to_go(client: FlaskClient) -> None:
    sent = client.get("/models?lang=en")
    assert sent.status_code == 302
    assert sent.headers["Location"] == "/signin?next=/models?lang%3Den"
    form = {"name": "zhao", "password": PASSWORD, "csrf_token": token_of(client), "next": "/models?lang=en"}
    assert client.post("/signin", data=form).headers["Location"] == "/models?lang=en"


def test_data_is_refused_to_a_stranger_without_a_page(client: FlaskClient) -> None:
    for path in ("/api/cells?z=9&b=90,29,92,31", "/api/leads.geojson", "/api/layers/rivers.geojson", "/api/histogram"):
        assert client.get(path).status_code == 401
    fragment = client.get("/", headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"].startswith("/signin")


def test_only_the_sign_in_page_health_static_files_and_open311_are_open(app: Flask, client: FlaskClient) -> None:
    """Walks all routes, so that a page added later is closed unless it says otherwise."""
    opened = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "open_to_all", False)
    }
    # Programs of others have keys instead (tests/webmap/test_open311.py).
    offered = {"discovery", "services", "definition", "nothing"}
    by_key = {"create", "one", "listed"}
    assert opened == {"signin.form", "signin.sign_in", "health.health"} | {f"open311.{v}" for v in offered | by_key}
    assert client.get("/healthz").json == {"status": "ok"}


def test_a_wrong_password_an_unknown_name_and_a_closed_account_are_answered_alike(client: FlaskClient) -> None:
    answers = {
        enter(client, name, password)[0]
        for name, password in (("zhao", "wrong-password"), ("nobody-here", PASSWORD), ("gone", PASSWORD))
    }
    assert answers == {401}
    texts = {re.sub(r'value="[^"]*"', "", enter(client, name, "wrong-password")[1]) for name in ("zhao", "nobody-here")}
    assert len(texts) == 1


def test_guessing_a_password_is_stopped_even_when_the_last_guess_is_right(app: Flask, client: FlaskClient) -> None:
    for _ in range(10):
        assert enter(client, "zhao", "wrong-password")[0] == 401
    assert enter(client, "zhao", PASSWORD)[0] == 429
    assert enter(app.test_client(), "ZHAO", PASSWORD)[0] == 429, "another browser and other capitals do not help"
    assert enter(client, "smith", PASSWORD)[0] == 303, "another account is not locked with it"


def test_signing_in_often_is_no_guessing(client: FlaskClient) -> None:
    for _ in range(15):
        assert enter(client, "zhao", PASSWORD)[0] == 303
        client.post("/signout", data={"csrf_token": token_of(client, "/models")})


@pytest.mark.parametrize(
    "address",
    ["/desk?feed=a%00b", "/desk/q%00", "/occurrences?after=%00", "/leads/L%00", "/?text=%00", "/signin?next=%00"],
)
def test_an_address_with_a_nul_is_the_askers_fault_not_the_databases(address: str, procurator: FlaskClient) -> None:
    assert procurator.get(address).status_code == 400


def test_a_nul_in_a_form_is_refused_before_anything_is_looked_up(client: FlaskClient) -> None:
    assert enter(client, "zh\0ao", PASSWORD)[0] == 400
    assert client.get("/open311/v2/requests.json?api_key=%00").status_code == 400


def test_a_form_without_its_token_changes_nothing(house: House, procurator: FlaskClient) -> None:
    lead = first_lead(procurator)
    refused = procurator.post(f"/leads/{lead}/take-up")
    assert refused.status_code == 400
    assert "页面已过期" in refused.text
    assert procurator.post("/signout").status_code == 400
    with house.store.reading() as records:
        found = records.lead(lead)
        assert found is not None
        assert found.status.value == "open"


def first_lead(client: FlaskClient) -> str:
    found = re.search(r'data-id="(L\w+)"', client.get("/?status=open").text)
    assert found
    return found[1]


def test_signing_out_ends_the_session(procurator: FlaskClient) -> None:
    answer = procurator.post("/signout", data={"csrf_token": token_of(procurator, "/models")})
    assert answer.status_code == 303
    assert procurator.get("/").status_code == 302


def test_a_changed_password_or_a_closed_account_ends_sessions_that_are_open(house: House, sign_in: SignIn) -> None:
    client = sign_in("smith")
    with house.store.writing() as records:
        user = records.user("smith")
        assert user is not None
        records.put_user(replace(user, password_hash=user.password_hash + "x"))
    assert client.get("/").status_code == 302
    client = sign_in("zhao")
    with house.store.writing() as records:
        user = records.user("zhao")
        assert user is not None
        records.put_user(replace(user, active=False))
    assert client.get("/").status_code == 302


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client: FlaskClient) -> None:
    token = token_of(client)
    answer = client.post("/signin", data={"name": "zhao", "password": PASSWORD, "csrf_token": token})
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("geo_monitor="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_asks_for_https(house: House) -> None:
    web = replace(house.settings.web, secure_cookies=True)
    app = create_app(replace(house, settings=replace(house.settings, web=web)))
    answer = app.test_client().get("/signin?lang=en")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in c for c in cookies)


def test_every_answer_carries_the_headers(procurator: FlaskClient, client: FlaskClient) -> None:
    assert HEADERS["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "worker-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    for who, path in (
        (client, "/signin"),
        (client, "/nothing"),
        (client, "/static/css/geo-monitor.css"),
        (procurator, "/"),
        (procurator, "/api/histogram"),
        (procurator, "/map/script.js"),
        (procurator, "/leads/none"),
    ):
        answer = who.get(path)
        assert {k: answer.headers.get(k) for k in HEADERS} == HEADERS, path


def test_pages_about_matters_are_kept_by_no_browser(procurator: FlaskClient) -> None:
    for path in ("/", "/models", "/jobs", "/api/leads.geojson", "/api/cells?z=9&b=90,29,92,31"):
        assert procurator.get(path).headers["Cache-Control"] == "no-store", path
    assert "HX-Request" in procurator.get("/").headers["Vary"]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.invalid/",
        "https://evil.invalid/",
        "/\\evil.invalid",
        "/\t/evil.invalid",
        "\n//evil.invalid",
        "javascript:alert(1)",
        "evil.invalid",
        "",
        "/ /evil",
        "/\x00",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert safe_next(target) == "/"


@settings(deadline=None)
@given(st.text(max_size=40))
def test_the_way_back_always_stays_on_this_site(target: str) -> None:
    with Flask("webmap").test_request_context() as context:
        context.app.add_url_rule("/", "leads.bench")
        went = safe_next(target)
    assert went.startswith("/")
    assert not went.startswith(("//", "/\\"))


def test_patrol_may_look_but_not_decide_nor_see_the_letters(patrol: FlaskClient) -> None:
    lead = first_lead(patrol)
    page = patrol.get(f"/leads/{lead}")
    assert page.status_code == 200
    assert "/dismiss" not in page.text
    token = token_of(patrol, "/models")
    for path in (f"/leads/{lead}/take-up", f"/leads/{lead}/dismiss"):
        assert patrol.post(path, data={"csrf_token": token, "reason": "合成理由"}).status_code == 403
    assert patrol.get("/jobs").status_code == patrol.get("/desk").status_code == 403
    assert 'href="/jobs"' not in patrol.get("/").text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFoundError("lead", "L1"), 404),
        (errors.RefusedError("no"), 409),
        (errors.CallError("no"), 400),
        (errors.ModelError(errors.Flaw("x", "y")), 500),
        (errors.StoreError("no"), 503),
        (errors.FaultError("no"), 500),
        (errors.DeliveryError("no"), 500),
    ],
)
def test_each_error_has_its_status(error: errors.GeoMonitorError, status: int) -> None:
    assert status_of(error) == status


def test_every_error_of_the_tree_has_a_status() -> None:
    def family(kind: type[errors.GeoMonitorError]) -> list[type[errors.GeoMonitorError]]:
        return [kind, *(k for below in kind.__subclasses__() for k in family(below))]

    for kind in family(errors.GeoMonitorError):
        assert 400 <= status_of(kind.__new__(kind)) < 600, kind


def test_a_fault_of_the_database_is_said_calmly_and_without_its_inside(house: House) -> None:
    class Broken:
        def reading(self) -> None:
            raise errors.StoreError("disk at /secret/path is full")

    app = create_app(replace(house, store=Broken()))  # type: ignore[arg-type]
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_the_secret_is_kept_in_the_workspace_for_its_owner_only(tmp_path: Path, house: House) -> None:
    secret = replace(house, settings=replace(house.settings, secret_key="", workspace=tmp_path / "w"))
    first = create_app(secret).config["SECRET_KEY"]
    assert len(first) >= 32
    assert create_app(secret).config["SECRET_KEY"] == first, "a restart signs nobody out"
    (path,) = (tmp_path / "w" / "files").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
