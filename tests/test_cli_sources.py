"""`feeds list`, `feeds health` and `feeds pull` as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from geo_monitor.cli import main
from tests.reading.fake_hotline import Hotline, hotline_server, record
from tests.reading.test_pull import MAPPING, QUERY, SINCE

SETTINGS = '[city]\nname_zh = "合成市"\nname_en = "Synthetic City"\nbox = [89.5, 29.2, 92.8, 31.1]\nsynthetic = true\n'


@pytest.fixture
def server() -> Iterator[Hotline]:
    with hotline_server(records=[record(n) for n in range(12)]) as hotline:
        yield hotline


@pytest.fixture
def workspace(tmp_path: Path, server: Hotline) -> Path:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "geo-monitor.toml").write_text(SETTINGS, encoding="utf-8")
    more = QUERY["page"] + SINCE.replace("365 d", "3650 d") + "\n  retries: 0"
    text = MAPPING.format(url=f"{server.url}/pages", more=more)
    (tmp_path / "feeds/hotline.yaml").write_text(text + "expected_every: 1 h\n", encoding="utf-8")
    return tmp_path


def run(workspace: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, [*words, "--workspace", str(workspace)])
    return done.exit_code, done.output


def as_json(workspace: Path, *words: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    code, said = run(workspace, *words, "--format", "json")
    return code, json.loads(said)


def test_a_feed_is_pulled_by_hand_and_its_health_is_shown(workspace: Path, server: Hotline) -> None:
    assert as_json(workspace, "feeds", "health")[1]["feeds"][0]["state"] == "never"
    code, tried = as_json(workspace, "feeds", "pull", "hotline", "--dry-run")
    assert (code, tried["outcome"], tried["stored"]) == (0, "done", 12)
    assert as_json(workspace, "feeds", "health")[1]["feeds"][0]["state"] == "never"
    code, pulled = as_json(workspace, "feeds", "pull", "hotline")
    assert (code, pulled["stored"], pulled["next_since"]) == (0, 12, "2026-11-01T00:11:00+00:00")
    code, health = as_json(workspace, "feeds", "health")
    assert (code, health["feeds"][0]["state"], health["feeds"][0]["expected_every_s"]) == (0, "heard", 3600.0)
    code, listed = run(workspace, "feeds", "list")
    assert code == 0 and "热线（合成）" in listed and server.url in listed


def test_a_pull_that_fails_is_a_fault_and_shows_in_the_health(workspace: Path, server: Hotline) -> None:
    server.fault = lambda: "503"
    code, said = run(workspace, "feeds", "pull", "hotline")
    assert code == 3 and "503" in said
    code, health = as_json(workspace, "feeds", "health")
    assert (code, health["feeds"][0]["state"]) == (1, "failing")
    assert "503" in run(workspace, "feeds", "health")[1]


def test_a_later_beginning_does_not_leave_a_gap_behind(workspace: Path, server: Hotline) -> None:
    run(workspace, "feeds", "pull", "hotline")
    server.records += [record(n) for n in range(12, 5000, 10)]
    code, pulled = as_json(workspace, "feeds", "pull", "hotline", "--since", "2026-11-03")
    assert code == 0 and 0 < pulled["stored"] < 499
    assert pulled["next_since"] == "2026-11-01T00:11:00+00:00"
    as_json(workspace, "feeds", "pull", "hotline")
    assert as_json(workspace, "feeds", "pull", "hotline")[1]["stored"] == 0


def test_a_feed_that_is_not_there_is_named_with_those_that_are(workspace: Path) -> None:
    code, said = run(workspace, "feeds", "pull", "hotlin")
    assert code == 2 and "hotline" in said
