"""Fetches what is new of every feed that is pulled from a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words
from geo_monitor.errors import ConfigError, Flaw

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("拉取数据来源", "Pull feeds")
WHEN = "2-59/10 * * * *"
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    """Counts over all feeds. One that fails does not keep the others from being pulled; it is told at the end, and what
    it got is kept."""
    from geo_monitor.reading.pull import pull_feed
    from geo_monitor.wiring import workspace_secret

    counts = {"feeds": 0, "pages": 0, "rows": 0, "stored": 0, "already_known": 0, "quarantined": 0}
    flaws: list[Flaw] = []
    key = workspace_secret(house.settings).encode()
    for name, mapping in house.feeds.items():
        if mapping.pull is None:
            continue
        report = pull_feed(
            house.store,
            mapping,
            workspace=house.settings.workspace,
            box=house.box,
            key=key,
            clock=house.clock,
            unhurried=True,
        )
        counts["feeds"] += report.outcome != "waiting"
        for what in ("pages", "rows", "stored", "already_known", "quarantined"):
            counts[what] += getattr(report, what)
        if report.error:
            flaws.append(Flaw(report.outcome, report.error, file=mapping.file or name, field="pull"))
    if flaws:
        raise ConfigError(flaws)
    return counts
