"""The synthetic city behind the pages, as a client that is signed out, and one that is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geo_monitor.wiring import House
from tests.webmap.seed import PASSWORD, seeded_house
from webmap import create_app


@pytest.fixture
def house(tmp_path: Path) -> House:
    return seeded_house(tmp_path)


@pytest.fixture
def app(house: House) -> Flask:
    app = create_app(house)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def token_of(client: FlaskClient, path: str = "/signin") -> str:
    """The CSRF token that a form on this page carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, f"no form with a token at {path}"
    return found[1]


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], FlaskClient]:
    def signed_in(name: str) -> FlaskClient:
        client = app.test_client()
        answer = client.post("/signin", data={"name": name, "password": PASSWORD, "csrf_token": token_of(client)})
        assert answer.status_code == 303
        return client

    return signed_in


@pytest.fixture
def procurator(sign_in: Callable[[str], FlaskClient]) -> FlaskClient:
    return sign_in("zhao")


@pytest.fixture
def patrol(sign_in: Callable[[str], FlaskClient]) -> FlaskClient:
    return sign_in("tashi")
