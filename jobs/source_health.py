"""Tells by letter when a feed falls silent, and when it speaks again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("检查数据来源是否中断", "See whether a source fell silent")
WHEN = "8-59/10 * * * *"  # after files were read and servers asked
CATCH_UP = True


def run(house: House) -> dict[str, Any]:
    """How many feeds are in which state, and how many letters were new."""
    from geo_monitor.mail.source import tell_of_sources

    return tell_of_sources(house)
