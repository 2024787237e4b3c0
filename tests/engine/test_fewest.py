"""The fewest records that must go, against trying every choice."""

from __future__ import annotations

from datetime import UTC
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_monitor.engine.columns import evidence_bits
from geo_monitor.engine.fewest import MOST_GONE, Fewest
from geo_monitor.engine.thresholds import Counted, reached
from geo_monitor.supervision.model import Having, SupervisionModel, Threshold
from tests.engine.test_thresholds import DAY, model

PHOTO = int(evidence_bits(["photo"]))
rows_of = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.booleans()), min_size=1, max_size=9).map(sorted)
thresholds = st.tuples(st.integers(1, 4), st.integers(0, 12), st.booleans(), st.booleans())


def asked(*said: tuple[int, int, bool, bool]) -> SupervisionModel:
    """(how many, within how many days, of different reporters, with a photo) for each threshold."""
    numbers: dict[str, tuple[float, str]] = {}
    made = []
    for k, (count, days, distinct, photo) in enumerate(said):
        numbers |= {f"n{k}": (count, ""), f"w{k}": (days, "d")}
        having = Having(evidence=("photo",)) if photo else Having()
        made.append(Threshold(f"group.any[{k}]", f"n{k}", "reporter" if distinct else "", f"w{k}", having=having))
    return model(*made, **numbers)


def lead_of(rows: list[tuple[int, int, bool]], m: SupervisionModel) -> Counted:
    days, who, photo = (np.array(column) for column in zip(*rows, strict=True))
    evidence = np.where(photo, PHOTO, 0).astype(np.int32)
    found = Counted(np.zeros(len(rows), np.int64), days.astype(np.int64) * DAY, who.astype(np.int64), evidence, {})
    return found.coded(m, UTC)


def by_trying(m: SupervisionModel, counted: Counted, members: list[int]) -> int | None:
    for size in range(len(members) + 1):
        for gone in combinations(members, size):
            left = np.setdiff1d(np.arange(len(counted)), gone)
            if not reached(m, counted.take(left), UTC).supports.any():
                return size
    return None


@settings(max_examples=150, deadline=None)
@given(rows_of, st.lists(thresholds, min_size=1, max_size=2))
def test_the_fewest_that_must_go_are_the_fewest(
    rows: list[tuple[int, int, bool]], said: list[tuple[int, int, bool, bool]]
) -> None:
    m = asked(*said)
    counted = lead_of(rows, m)
    if not reached(m, counted, UTC).supports.any():
        return
    truth = by_trying(m, counted, list(range(len(rows))))
    assert truth is not None
    fewest = Fewest(m, counted, np.arange(len(rows)), UTC)
    assert fewest.at_least() <= truth
    assert fewest.find() == (truth, True), "of nine records every choice can be looked at"


@settings(max_examples=75, deadline=None)
@given(rows_of, thresholds, st.data())
def test_records_beside_the_lead_make_no_claim_too_high(
    rows: list[tuple[int, int, bool]], said: tuple[int, int, bool, bool], data: st.DataObject
) -> None:
    m = asked(said)
    counted = lead_of(rows, m)
    mine = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1)))
    truth = by_trying(m, counted, mine)
    fewest = Fewest(m, counted, np.array(mine), UTC)
    found, exact = fewest.find()
    if truth:
        assert fewest.at_least() <= truth
        assert not exact or found <= truth, "fewer would have done"


def test_of_many_that_each_suffice_it_says_that_too_many_must_go() -> None:
    m = asked((1, 1, False, False))
    counted = lead_of([(k, 0, False) for k in range(MOST_GONE + 1)], m)
    assert Fewest(m, counted, np.arange(len(counted)), UTC).find() == (0, False)
