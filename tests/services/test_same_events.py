"""How well occurrences are proposed, on labelled reports (合成) with look-alikes strewn in."""

from __future__ import annotations

import random

import pytest

from geo_monitor.domain.incident import Incident
from tests.same_events import World, same_events
from tests.same_events_scores import proposed, scores, wrong_pairs

#: Neither seed was looked at while the weights were chosen.
SEEDS = {"town": 20261123, "crowded": 20261124}
EVENTS = 2500


@pytest.fixture(scope="module", params=sorted(SEEDS))
def world(request: pytest.FixtureRequest) -> World:
    return same_events(EVENTS, SEEDS[request.param], crowded=request.param == "crowded")


def test_of_the_pairs_proposed_most_are_one_event_and_most_of_those_are_proposed(world: World) -> None:
    found = proposed(world)
    what = scores(world, found)
    print(f"{len(set(world.event_of.values())):,} events, {len(world.incidents):,} reports; {what}")
    print(f"wrongly together: {dict(wrong_pairs(world, found).most_common())}")
    assert len(set(world.event_of.values())) >= EVENTS
    assert what.pairs_right.share >= 0.94
    assert what.pairs_found.share >= 0.72
    assert what.pure.share >= 0.93


def test_the_order_in_which_reports_came_changes_no_proposal(world: World) -> None:
    shuffled: list[Incident] = list(world.incidents)
    random.Random(3).shuffle(shuffled)
    again = World(shuffled, world.event_of, world.why)
    assert proposed(again) == proposed(world)
