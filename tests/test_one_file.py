"""One place for each new thing, found by itself: each test adds one file or folder, and nothing else."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_monitor.cli import main
from geo_monitor.domain.words import Words
from geo_monitor.services.prove import prove
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.wiring import house_of, shipped_layers


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "city"
    assert CliRunner().invoke(main, ["init", str(folder)]).exit_code == 0
    return folder


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that stands beside a package's own files for the time of a test."""
    folder = tmp_path / "beside"
    folder.mkdir()
    yield folder
    importlib.invalidate_caches()


def stand_beside(package: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(package)
    monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])
    importlib.invalidate_caches()


def test_a_new_layer_is_one_file(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (beside / "bus_stops.py").write_text(
        "from geo_monitor.domain.layer import Field, Layer, Style\nfrom geo_monitor.domain.words import Words\n"
        'TITLE = Words("公交站", "Bus stops")\nSTOP = Field("stop_id", Words("编号", "Number"))\n'
        'LAYER = Layer("bus_stops", TITLE, ("point",), (STOP,), "stop_id", "stop_id", Style("#444444"))\n',
        encoding="utf-8",
    )
    stand_beside("layers", beside, monkeypatch)
    assert "bus_stops" in {layer.name for layer in shipped_layers()}


def test_a_city_adds_a_layer_of_its_own_with_one_yaml_file(workspace: Path) -> None:
    (workspace / "layers" / "wells.yaml").write_text(
        "name: wells\ntitle: {zh: 水井, en: Wells}\ngeometry: [point]\nid: well_id\nlabel: well_id\n"
        "fields:\n  - {name: well_id, title: {zh: 编号, en: Number}, required: true}\nstyle: {colour: '#336699'}\n",
        encoding="utf-8",
    )
    with house_of(workspace) as house:
        assert house.layer("wells").title == Words("水井", "Wells")


def test_a_new_model_is_one_file(workspace: Path) -> None:
    text = (LIBRARY / "river" / "RIV-003.yaml").read_text(encoding="utf-8")
    (workspace / "models" / "CITY-003.yaml").write_text(
        text.replace("id: RIV-003", "id: CITY-003", 1), encoding="utf-8"
    )
    with house_of(workspace) as house:
        assert "CITY-003" in house.models
        results = prove([house.models["CITY-003"]])
        assert results and all(r.ok for r in results)
    assert "CITY-003" in load_models([workspace / "models"])


def test_a_new_job_is_one_file(beside: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jobs import find
    from jobs._scheduler import run_job

    (beside / "count_leads.py").write_text(
        'from geo_monitor.domain.words import Words\nTITLE = Words("数线索", "Count leads")\n'
        'WHEN = "0 6 * * *"\nCATCH_UP = False\n\n\ndef run(house):\n'
        "    with house.store.reading() as records:\n        return {'leads': len(records.leads_of())}\n",
        encoding="utf-8",
    )
    stand_beside("jobs", beside, monkeypatch)
    assert find()["count_leads"].when == "0 6 * * *"
    with house_of(workspace) as house:
        done = run_job(house, "count_leads")
        assert (done.outcome, dict(done.counts)) == ("done", {"leads": 0})


def test_a_new_page_is_one_file(beside: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from webmap import create_app

    (beside / "hello.py").write_text(
        "from flask import Blueprint\npage = Blueprint('hello', __name__)\n\n\n"
        "@page.get('/hello')\ndef hello():\n    return 'good day'\n",
        encoding="utf-8",
    )
    stand_beside("webmap.pages", beside, monkeypatch)
    with house_of(workspace) as house:
        app = create_app(house)
        assert "/hello" in {rule.rule for rule in app.url_map.iter_rules()}


def test_a_new_letter_is_one_folder(tmp_path: Path) -> None:
    from geo_monitor.domain.clock import CITY_ZONE
    from geo_monitor.mail.compose import LETTERS, letters, render

    folder = tmp_path / "letters"
    shutil.copytree(LETTERS, folder)
    new = folder / "greeting"
    new.mkdir()
    (new / "subject.txt").write_text("{{ say('您好', 'Good day') }}", encoding="utf-8")
    (new / "text.txt").write_text("{{ name }}", encoding="utf-8")
    (new / "letter.html").write_text("<html><head></head><body><p>{{ name }}</p></body></html>", encoding="utf-8")
    assert "greeting" in letters(folder)
    sent = render("greeting", "en", {"name": "<b>synthetic</b>"}, zone=CITY_ZONE, folder=folder)
    assert sent.subject == "Good day" and "&lt;b&gt;" in sent.html and "<b>synthetic</b>" in sent.text
