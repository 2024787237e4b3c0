"""The engine and a plain GeoPandas loop, written apart from it, give one answer over the whole library: every hit,
every matter, and the records that support it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import pytest

from geo_monitor.engine.evaluate import evaluate
from geo_monitor.supervision.load import LIBRARY, load_models
from geo_monitor.supervision.model import SupervisionModel
from tests.benchmarks.agree import Agreement, compared
from tests.benchmarks.plain import PlainLoop
from tests.benchmarks.world import AS_OF, CENTRE, ZONE, Size, build_world

LIBRARY_MODELS = list(load_models([LIBRARY]).values())


def both(models: Sequence[SupervisionModel], size: Size, seed: int) -> tuple[Agreement, set[str]]:
    """How the two agree on a world, and which models raised something in it."""
    world = build_world(models, size, seed)
    found = evaluate(models, world.incidents, world.layers, as_of=AS_OF, centre=CENTRE, zone=ZONE)
    assert not found.waiting
    loop = PlainLoop(world.layers, as_of=AS_OF, centre=CENTRE, zone=ZONE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop.tell(world.incidents)
        answers = {m.id: loop.answer(m) for m in models}
        agreement = compared(world, models, found, answers, as_of=AS_OF, zone=ZONE, centre=CENTRE)
    return agreement, {m.model for m in found.matters}


@pytest.mark.parametrize("seed", [1])
def test_the_whole_library_finds_what_a_plain_loop_finds(seed: int) -> None:
    agreement, raised = both(LIBRARY_MODELS, Size.small(3000), seed)
    assert agreement.whole, (agreement.unexplained[:5], agreement.matters_unexplained[:5])
    assert len(agreement.explained) <= 3
    assert len(raised) >= 0.6 * len(LIBRARY_MODELS)


@pytest.mark.prove
def test_the_whole_library_finds_what_a_plain_loop_finds_in_forty_worlds() -> None:
    raised: set[str] = set()
    hits = matters = explained = 0
    for seed in range(100, 140):
        agreement, named = both(LIBRARY_MODELS, Size.small(3000 + 300 * (seed - 100)), seed)
        assert agreement.whole, (seed, agreement.unexplained[:5], agreement.matters_unexplained[:5])
        raised |= named
        hits, matters = hits + agreement.hits[0], matters + agreement.matters[0]
        explained += len(agreement.explained) + len(agreement.matters_explained)
    silent = sorted({m.id for m in LIBRARY_MODELS} - raised)
    print(f"\n40 worlds: {hits:,} hits and {matters:,} matters equal, {explained} within the frame's error of a limit")
    print(f"models that raised nothing in any of them: {', '.join(silent) or 'none'}")
    assert (
        len(silent) <= 25
    )  # their own cases prove them; a city crowded by chance does not bring together all they ask
