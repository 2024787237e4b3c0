"""The long proofs of the engine: in full by ``make prove``, as a small seeded sample in every run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geo_monitor.domain.layer import Feature
from geo_monitor.domain.place import LonLat
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.join import LayerIndex

GEOD = Geod(ellps="WGS84")
BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


def farthest_off(points: int, seed: int) -> float:
    """Greatest difference in metres between the join's distance to a line and the least geodesic to points sampled
    ever more finely along it, for random lines and points over China, up to 2 km apart."""
    rng = np.random.default_rng(seed)
    worst = 0.0
    for k in range(points):
        lat = rng.uniform(18, 53)
        start = np.array([rng.uniform(75, 130), lat])
        line = np.cumsum(np.vstack([start, rng.normal(0, 0.002, (4, 2))]), axis=0)
        spot = line[rng.integers(len(line))] + rng.normal(0, 0.003, 2)
        columns = LayerColumns.of("lines", f"v{k}", [Feature("lines", "1", Words("", ""), shapely.LineString(line))])
        pairs = LayerIndex(columns, LonLat(*start)).pairs(spot[:1], spot[1:], 2000.0)
        if not len(pairs):
            continue
        shape, t = shapely.LineString(line), np.linspace(0, 1, 20_001)
        # Closes in on the nearest place along the line; the margin keeps a second, nearly as near place in view.
        for _ in range(3):
            xy = shapely.get_coordinates(shapely.line_interpolate_point(shape, t, normalized=True))
            metres = GEOD.inv(np.full(len(xy), spot[0]), np.full(len(xy), spot[1]), *xy.T)[2]
            at = int(np.argmin(metres))
            t = np.linspace(t[max(0, at - 50)], t[min(len(t) - 1, at + 50)], 2001)
        worst = max(worst, abs(float(np.min(metres)) - float(pairs.metres[0])))
    return worst


def test_a_distance_to_a_line_agrees_with_geodesics_to_a_millimetre_in_a_sample() -> None:
    assert farthest_off(60, seed=1) < 0.001


@pytest.mark.prove
def test_a_distance_to_a_line_agrees_with_geodesics_to_a_millimetre_over_all_china() -> None:
    worst = farthest_off(2000, seed=2)
    print(f"\npoint to line against geodesics, 2,000 random pairs within 2 km: at most {worst * 1000:.3f} mm off")
    assert worst < 0.001


@pytest.mark.prove
def test_the_shared_plan_and_a_geopandas_loop_find_the_same_on_a_million_incidents() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "overlay.py")], capture_output=True, text=True, env=os.environ, check=False
    )
    print("\n" + done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
