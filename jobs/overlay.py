"""Lays new incidents over the layers and raises leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("叠加分析并生成线索", "Overlay incidents and raise leads")
WHEN = "5-59/10 * * * *"
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    from geo_monitor.wiring import overlay_of

    report = overlay_of(house).run(house.clock.now())
    return {
        "incidents": report.incidents,
        "new_incidents": report.new_incidents,
        "full": report.full,
        "opened": len(report.opened),
        "joined": len(report.joined),
        "superseded": len(report.superseded),
        "seconds": report.seconds["total"],
    }
