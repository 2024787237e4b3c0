"""For every test: the fixtures of the database and the browser, and no silent skipping where CI runs."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Generator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

# `from tests.fakes import …` works although the repository's folder is not on sys.path (it must not be: the
# packages in it would hide the installed ones).
_spec = ModuleSpec("tests", None, is_package=True)
_spec.submodule_search_locations = [str(HERE)]
if list(getattr(sys.modules.get("tests"), "__path__", [])) != [str(HERE)]:
    sys.modules["tests"] = importlib.util.module_from_spec(_spec)

from tests.browser import browser, new_page, page  # noqa: E402
from tests.databases import migrated_database, migrated_postgis, migrated_sqlite, template_file  # noqa: E402
from tests.postgis import postgis_cluster, postgis_url  # noqa: E402

__all__ = [
    "browser",
    "migrated_database",
    "migrated_postgis",
    "migrated_sqlite",
    "new_page",
    "page",
    "postgis_cluster",
    "postgis_url",
    "template_file",
]

IN_CI = os.environ.get("CI", "").lower() == "true"
ALLOWED = "allowed:"


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Where CI runs everything a test needs can be had, so a skip is a fault, unless its reason says `allowed:`."""
    if not (IN_CI and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"skipped where it could have run (CI=true): {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is marked by what it asks for, so that `-m postgis` and `-m browser` find them all."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"migrated_postgis", "postgis_cluster", "postgis_url"}:
            item.add_marker(pytest.mark.postgis)
        if names & {"browser", "new_page", "page"}:
            item.add_marker(pytest.mark.browser)
