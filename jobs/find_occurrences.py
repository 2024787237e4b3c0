"""Proposes which of the new reports tell of one event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("归并同一事件的上报", "Find reports of one event")
WHEN = "7-59/10 * * * *"  # after the overlay: leads come first
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    """How many reports were new and compared, and what stands proposed and confirmed."""
    from geo_monitor.services.occurrences import find_occurrences

    done = find_occurrences(house.store, house.settings.city.zone)
    return {
        "new_reports": done.new_reports,
        "compared": done.looked_at,
        "full": done.full,
        "made": done.made,
        "gone": done.gone,
        "proposed": done.proposed,
        "confirmed": done.confirmed,
        "seconds": done.seconds,
    }
