"""How long the hotspots take, and what they find in nothing. By hand: ``python tests/benchmarks/hotspots.py``.

The New York fever data is read from beside the project where it is there; it is not part of the project.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array

from geo_monitor.hotspot.cells import grid
from geo_monitor.hotspot.effort import weigh
from geo_monitor.hotspot.emerging import emerging
from geo_monitor.hotspot.gi_star import HOT, NEITHER, gi_star, hotspots
from geo_monitor.hotspot.near import along, around, earth_centred
from geo_monitor.hotspot.scan import scan
from geo_monitor.hotspot.scan_models import Permutation, Poisson
from geo_monitor.hotspot.windows import circles, reaches, spans

T = TypeVar("T")
FEVER = Path(__file__).resolve().parents[3] / "shared" / "data" / "hotspots"


def timed(what: str, do: Callable[[], T], times: int = 3) -> T:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        out = do()
        taken.append(time.perf_counter() - begin)
    print(f"{what}: {min(taken):.3f} s (best of {times})")
    return out


def hundred_thousand_cells() -> None:
    cells = grid(0, 0, 158_999, 158_000, 500)
    at, counts = cells.middles(), np.random.default_rng(1).poisson(0.3, len(cells))
    near = timed(f"neighbourhoods of {len(cells):,} cells", lambda: around(at, 710).matrix())
    timed("Gi* z", lambda: gi_star(counts, near))
    timed("Gi* with exact tails and adjustment", lambda: hotspots(counts, near))
    timed("all of it, from the middles to the verdicts", lambda: hotspots(counts, around(at, 710).matrix()))
    weekly = np.random.default_rng(2).poisson(0.05, (10_000, 26))
    small = around(grid(0, 0, 49_999, 49_999, 500).middles(), 710).matrix()
    timed("emerging, 10,000 cells by 26 weeks", lambda: emerging(weekly, small), times=1)


def false_cells(maps: int = 100) -> None:
    rng = np.random.default_rng(3)
    near = around(grid(0, 0, 49_999, 49_999, 500).middles(), 710).matrix()
    print(f"false cells a map of 10,000 over {maps} null maps: ours, exact alone, normal alone")
    for mean in (0.05, 0.3, 1.5, 5.0, 12.0, 30.0):
        found = np.zeros(3)
        for _ in range(maps):
            counts = rng.poisson(mean, near.shape[0])
            for k, verdicts in enumerate(hotspots(counts, near, **kind).verdict for kind in KINDS):
                found[k] += (verdicts != NEITHER).sum()
        print(f"  {mean:5.2f} a cell: {found[0] / maps:.2f}  {found[1] / maps:.2f}  {found[2] / maps:.2f}")


KINDS: tuple[dict[str, float], ...] = ({}, {"dense": float("inf")}, {"dense": 0.0})


def tripled_patrols(maps: int = 200) -> None:
    rng = np.random.default_rng(4)
    near = around(grid(0, 0, 19_999, 19_999, 500).middles(), 710).matrix()
    busy = np.zeros((40, 40), bool)
    busy[:10, :10] = True
    for per_km in (0.003, 0.01, 0.1, 1.0):
        hot = np.zeros((maps, 2))
        for m in range(maps):
            km = rng.gamma(4.0, 5.0, 1_600) * np.where(busy.ravel(), 3.0, 1.0)
            both = weigh(rng.poisson(per_km * km), near, km)
            hot[m] = (both.adjusted.verdict == HOT).sum(), (both.naive.verdict == HOT).sum()
        share = (hot > 0).mean(axis=0)
        print(
            f"tripled patrols, constant risk {per_km} a km: maps with a hot cell {share[0]:.1%} by effort, "
            f"{share[1]:.1%} naive; hot cells a map {hot[:, 0].mean():.2f} by effort, {hot[:, 1].mean():.1f} naive"
        )


def fever() -> None:
    if not FEVER.is_dir():
        print("New York fever: ../shared/data/hotspots is not beside the project")
        return
    with (FEVER / "rsatscan_NYCfevergeo.csv").open(encoding="utf-8", newline="") as file:
        places = {row["zip"]: (float(row["long"]), float(row["lat"])) for row in csv.DictReader(file)}
    row_of = {name: k for k, name in enumerate(places)}
    cases = np.zeros((len(places), 24), dtype=np.int64)
    with (FEVER / "rsatscan_NYCfevercas.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cases[row_of[row["zip"]], int(row["date"].split("/")[2]) - 1] += int(row["cases"])
    model = Permutation(cases)
    at = earth_centred(*np.array(list(places.values())).T)
    seen = timed(
        "New York fever, 999 replications",
        lambda: scan(model, circles(at, 3_000, model.weight), spans(24, 7), seed=1),
    )
    print("  " + ", ".join(f"{c.statistic:.6f} (p = {c.p:.3f}, Gumbel {c.p_gumbel:.3f})" for c in seen.clusters[:3]))


def river_against_circles(rivers: int = 60) -> None:
    """Two courses that wind 400 m apart; a cluster along one of them. Who finds it, and how much too much?"""
    rng = np.random.default_rng(5)
    n = 120
    along_m = np.arange(n) * 500.0
    winding = 1_500 * np.sin(along_m / 2_500)
    at = np.concatenate([np.column_stack([along_m, winding]), np.column_stack([along_m, winding + 400])])
    way = csr_array((2 * n, 2 * n)).tolil()
    for a in (*range(n - 1), *range(n, 2 * n - 1)):
        way[a, a + 1] = way[a + 1, a] = float(np.hypot(*(at[a + 1] - at[a])))
    way[n - 1, 2 * n - 1] = way[2 * n - 1, n - 1] = 400.0
    steps = way.tocsr()
    exposure = np.ones((2 * n, 12))
    zones = {
        "river": reaches(steps, 6_000, exposure.sum(axis=1)),
        "circles": circles(at, 6_000, exposure.sum(axis=1)),
    }
    score = {name: np.zeros(4) for name in zones}
    for k in range(rivers):
        start = int(rng.integers(5, n - 20))
        truth = set(range(start, start + 10))
        quiet = rng.poisson(0.15, exposure.shape)
        cases = rng.poisson(0.15, exposure.shape)
        cases[sorted(truth), -2:] += rng.poisson(0.45, (10, 2))
        for name, of in zones.items():
            top = scan(Poisson(cases, exposure), of, spans(12, 4), seed=k, replications=199).clusters[0]
            if top.p <= 0.05:
                hit = truth & set(top.points)
                score[name][:3] += 1, len(hit) / len(truth), len(hit) / len(top.points)
            none = scan(Poisson(quiet, exposure), of, spans(12, 4), seed=k, replications=199)
            score[name][3] += any(c.p <= 0.05 for c in none.clusters)
    for name, (power, covered, right, false) in score.items():
        found = max(power, 1)
        print(
            f"planted river clusters, {name}: found {power / rivers:.0%}; then {covered / found:.0%} of the cluster "
            f"covered and {right / found:.0%} of the points right; false clusters on {false / rivers:.0%} of quiet ones"
        )
    timed("along 2,000 reaches", lambda: along(_chain(2_000), 5_000), times=1)


def _chain(n: int) -> csr_array:
    a = np.arange(n - 1)
    return csr_array((np.full(n - 1, 500.0), (a, a + 1)), shape=(n, n))


ALL = {
    "cells": hundred_thousand_cells,
    "null": false_cells,
    "effort": tripled_patrols,
    "fever": fever,
    "river": river_against_circles,
}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or ALL:
        ALL[chosen]()
