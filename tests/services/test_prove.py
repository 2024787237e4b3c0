"""Cases are proved on the engine, in metres that are metres."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo_monitor.services.prove import place, prove, prove_case, shape_of
from geo_monitor.supervision.load import load_model

MODEL = load_model(Path(__file__).parents[1] / "data" / "models" / "base.yaml")
METRES = st.floats(min_value=-3000, max_value=3000, allow_nan=False)
GEOD = Geod(ellps="WGS84")


@given(st.tuples(METRES, METRES), st.tuples(METRES, METRES))
def test_a_metre_in_a_case_is_a_metre_on_the_ground(a: tuple[float, float], b: tuple[float, float]) -> None:
    (lon_a, lat_a), (lon_b, lat_b) = place([a, b])
    measured = GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2]
    assert abs(measured - np.hypot(a[0] - b[0], a[1] - b[1])) < 1e-3


def test_a_long_edge_does_not_bulge() -> None:
    line = shape_of({"line": ((-1000.0, 0.0), (1000.0, 0.0))})
    assert line is not None
    middle = line.interpolate(0.5, normalized=True)
    assert GEOD.inv(91.10, 29.65, middle.x, middle.y)[2] < 1e-3


def test_the_cases_of_a_sound_model_hold() -> None:
    results = prove([MODEL])
    assert [(r.kind, r.expected, r.found, r.ok) for r in results] == [
        ("hit", ("R1",), ("R1",), True),
        ("miss", (), (), True),
        ("edge", (), (), True),
    ]


def test_only_the_model_asked_for_is_proved() -> None:
    other = replace(MODEL, id="TST-002")
    assert {r.id for r in prove([other, MODEL], only="TST-002")} == {"TST-002"}
    assert [r.id for r in prove([other, MODEL])] == ["TST-001"] * 3 + ["TST-002"] * 3


def test_a_case_that_expects_the_wrong_lead_fails_and_says_what_was_found() -> None:
    result = prove_case(MODEL, replace(MODEL.cases[0], leads=("R2",)))
    assert (result.ok, result.expected, result.found) == (False, ("R2",), ("R1",))


def test_a_miss_without_the_data_to_decide_on_proves_nothing() -> None:
    result = prove_case(MODEL, replace(MODEL.cases[1], layers={}))
    assert not result.ok
    assert result.found == ("waiting: rivers",)


def test_drafts_and_retired_models_are_proved_too() -> None:
    for status in ("draft", "trial", "retired"):
        assert all(r.ok for r in prove([replace(MODEL, status=status)]))


def test_a_record_goes_by_its_name_in_the_case() -> None:
    group = replace(MODEL.group, by="record", any=(replace(MODEL.group.any[0], count="one", distinct="", window=""),))
    number = replace(MODEL.numbers["reports"], name="one", value=1.0)
    model = replace(MODEL, group=group, numbers=dict(MODEL.numbers) | {"one": number})
    first, second = MODEL.cases[0].incidents
    case = replace(MODEL.cases[0], incidents=({**first, "name": "first"}, second), leads=("#2", "first"))
    assert prove_case(model, case).ok
