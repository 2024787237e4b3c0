"""What becomes of a report that is only known within hundreds of metres: it may raise a lead, and never silently."""

from __future__ import annotations

import pytest
import shapely

from geo_monitor.domain.layer import Feature
from geo_monitor.domain.words import Words
from geo_monitor.supervision.model import PlaceCondition
from tests.services.test_incremental import WASTE, founded, model
from tests.services.test_of_the_hour import ALONE, NOW, RIVERS, ago, leads, only_lead, put, told
from tests.services.test_overlay import at, overlay

ZONE = Feature("zones", "Z", Words("Z", "Z"), shapely.box(*at(-50, -50), *at(50, 50)))
IN_ZONE = model(998, WASTE, [PlaceCondition("where[0]", "within", "zones")], ALONE)


@pytest.mark.parametrize("radius_m", [200.0, 800.0, 2000.0])
def test_a_wide_report_at_a_small_zone_is_a_lead_that_says_how_little_holds(radius_m: float) -> None:
    lead = only_lead(IN_ZONE, [told("w", "waste", ago(20), accuracy_m=radius_m)], ("zones", [ZONE]))
    (share,) = lead.grounds.shares.values()
    assert share == pytest.approx(100 * 100 / (3.1416 * radius_m**2), abs=0.03)
    (clause,) = [c for c in lead.grounds.clauses if c.kind == "accuracy"]
    assert clause.value == share and clause.limit == 1.0
    within = next(c for c in lead.grounds.clauses if c.kind != "accuracy" and c.uncertainty_m)
    assert within.uncertainty_m >= radius_m


def test_a_wide_report_beside_a_small_zone_is_none_although_its_circle_covers_it() -> None:
    store = founded([RIVERS, ("zones", [ZONE])])
    put(store, [told("w", "waste", ago(20), 120, accuracy_m=800.0)])
    overlay(store, IN_ZONE).run(NOW, full=True)
    assert leads(store) == []
