"""Once a night the overlay looks at everything: what a watched layer no longer says is taken back then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("夜间全量叠加分析", "Overlay everything, at night")
WHEN = "20 2 * * *"
CATCH_UP = False


def run(house: House) -> dict[str, Any]:
    from geo_monitor.wiring import overlay_of

    report = overlay_of(house).run(house.clock.now(), full=True)
    return {
        "incidents": report.incidents,
        "opened": len(report.opened),
        "joined": len(report.joined),
        "superseded": len(report.superseded),
        "seconds": report.seconds["total"],
    }
