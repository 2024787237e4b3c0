"""Sends the letters of the outbox that are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo_monitor.domain.words import Words
from geo_monitor.services.outbox import deliver

if TYPE_CHECKING:
    from geo_monitor.wiring import House

TITLE = Words("投递信件", "Deliver letters")
WHEN = "* * * * *"
CATCH_UP = False  # the next minute comes anyway


def run(house: House) -> dict[str, Any]:
    return deliver(house.store, house.post, house.clock).as_dict()
