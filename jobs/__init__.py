"""Scheduled work, one file a job, found by itself.

A job is a module with ``TITLE`` (Words), ``WHEN`` (a cron line in the city's time zone), ``CATCH_UP`` (whether a missed
run is made up for) and ``run(house) -> dict`` of counts. Its name is that of the file. Running it twice adds nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, Flaw

if TYPE_CHECKING:
    from geo_monitor.wiring import House


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    title: Words
    when: str
    catch_up: bool
    run: Callable[[House], Mapping[str, Any]]


def find() -> dict[str, Job]:
    """Name → job, in order of name. Raises ConfigError naming every file that is not a job."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    flaws: list[Flaw] = []
    found = {name: _job(importlib.import_module(f"{__name__}.{name}"), name, flaws) for name in names}
    if flaws:
        raise ConfigError(flaws)
    return {name: job for name, job in found.items() if job is not None}


def _job(module: ModuleType, name: str, flaws: list[Flaw]) -> Job | None:
    fits: dict[str, tuple[Callable[[object], bool], str]] = {
        "TITLE": (lambda value: isinstance(value, Words), "Words(zh, en)"),
        "WHEN": (lambda value: isinstance(value, str), "a cron line of five fields"),
        "CATCH_UP": (lambda value: isinstance(value, bool), "True or False"),
        "run": (callable, "run(house) -> dict"),
    }
    wrong = [
        Flaw("not_a_job", f"a job has {expected}", file=f"jobs/{name}.py", field=key)
        for key, (holds, expected) in fits.items()
        if not holds(getattr(module, key, None))
    ]
    flaws += wrong
    return None if wrong else Job(name, module.TITLE, module.WHEN, module.CATCH_UP, module.run)
