"""Traces on a made-up country with known connections, beside Bellman and Ford on what was planted."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import pytest

from geo_monitor.rivers.network import Network, build_network
from geo_monitor.rivers.trace import Trace, reached, trace
from tests.rivers.planted import Country, planted

SAMPLES = np.array([0.001, 0.25, 0.5, 0.75, 0.999])
LIMITS_M = (400.0, 5_000.0, 20_000.0, 60_000.0)


@dataclass
class Compared:
    """``places`` found by both; in how many traces there was a lake, a canal that flows both ways, a place at which the
    water divides; ``circles``: how many came back to the reach on which they began."""

    traces: int = 0
    places: int = 0
    greatest_m: float = 0.0
    lakes: int = 0
    canals: int = 0
    divergences: int = 0
    circles: int = 0


def compared(country: Country, network: Network, points: int, seed: int) -> Compared:
    """Traces up- and downstream from random points (every fourth on a circle or canal), on every reach of the country
    at five places each. Fails where one is found that the other does not have."""
    rng = np.random.default_rng(seed)
    real = [k for k, link in enumerate(country.links) if link.name in country.length]
    row = {name: r for r, name in enumerate(network.lines.id.tolist())}
    # Each sampled place, as it was planted and as the network has it.
    at = np.repeat(real, len(SAMPLES))
    q = np.tile(SAMPLES, len(real)) * country.metres[at]
    begin = np.array([country.links[k].begin for k in at])
    reach = np.array([row[country.links[k].name] for k in at])
    # Canals that flow both ways were planted from west to east, as the network turns them.
    chainage = begin + q
    edge, along = network.places(reach, chainage)
    said = Compared(points)
    apart = np.flatnonzero([country.links[k].name in country.planted_on_top for k in at])
    for point in range(points):
        k = int(rng.choice(apart if point % 4 == 3 else len(at)))
        limit = float(LIMITS_M[point // 4 % len(LIMITS_M)])
        upstream = bool(rng.random() < 0.5)
        wanted = country.metres_to(int(at[k]), float(q[k]), at, q, limit, upstream=upstream)
        found = reached(network, int(edge[k]), float(along[k]), limit, upstream=upstream).metres(edge, along)
        # What lies at the limit to a millimetre may fall on either side of it.
        clear = ~(np.minimum(wanted, found) > limit - 1e-3) | np.isinf(np.minimum(wanted, found))
        assert (np.isfinite(found) == np.isfinite(wanted))[clear].all()
        both = np.isfinite(found) & np.isfinite(wanted)
        said.greatest_m = max(said.greatest_m, float(np.abs(found[both] - wanted[both]).max(initial=0.0)))
        rows = trace(network, int(edge[k]), float(along[k]), limit, upstream=upstream)
        told = told_by(rows, edge, network.edges.begin[edge] + along)
        assert (np.isfinite(told) == np.isfinite(found))[clear].all()
        both &= np.isfinite(told)
        assert np.abs(told[both] - found[both]).max(initial=0.0) < 1e-6
        said.places += int(both.sum())
        said.lakes += bool((rows.lake >= 0).any())
        said.canals += bool(network.edges.both[rows.edge].any())
        said.divergences += bool(rows.divergences())
        said.circles += bool(((rows.edge == edge[k]) & (rows.begin_m > 0)).any())
    return said


def told_by(rows: Trace, edge: np.ndarray, chainage: np.ndarray) -> np.ndarray:
    """Metres to each place as the rows of the trace tell them, infinite where no row holds it. Fails if two rows hold
    the same stretch: nothing is ever passed twice."""
    lo, hi = np.minimum(rows.begin, rows.end), np.maximum(rows.begin, rows.end)
    order = np.lexsort((lo, rows.edge))
    e, lo, hi = rows.edge[order], lo[order], hi[order]
    assert (lo[1:] >= hi[:-1] - 1e-9)[e[1:] == e[:-1]].all(), "a stretch is passed twice"
    assert (rows.end_m >= rows.begin_m).all() and (rows.begin_m[1:] >= rows.begin_m[:-1]).all()
    start = np.searchsorted(e, edge, "left")
    out = np.full(len(edge), np.inf)
    for step in range(int(np.bincount(e).max(initial=0))):
        k = np.minimum(start + step, len(e) - 1)
        here = (start + step < len(e)) & (e[k] == edge) & (lo[k] - 1e-9 <= chainage) & (chainage <= hi[k] + 1e-9)
        metres = rows.begin_m[order][k] + np.abs(chainage - rows.begin[order][k])
        out = np.where(here, np.minimum(out, metres), out)
    return out


def test_traces_equal_the_plain_reference_and_never_run_in_circles() -> None:
    country = planted(60, seed=20261123, circles=15, canals=15, lakes=25)
    network = build_network(country.courses, lakes=country.lakes)
    assert {d.kind for d in network.doubts} <= {"all_leave", "all_arrive", "gap"}
    said = compared(country, network, points=60, seed=1)
    assert said.places > 5_000 and said.greatest_m < 1e-6
    assert min(said.lakes, said.canals, said.divergences, said.circles) > 0


@pytest.mark.prove
def test_a_thousand_traces_on_twenty_thousand_reaches_equal_the_plain_reference() -> None:
    country = planted(140, seed=20261123, circles=60, canals=60, lakes=120)
    network = build_network(country.courses, lakes=country.lakes)
    begun = time.perf_counter()
    said = compared(country, network, points=1000, seed=2)
    print(
        f"\n{len(network.lines.id)} reaches, {len(country.lakes.id)} lakes, {int(network.lines.both.sum())} canals "
        f"that flow both ways, {len(network.divergences)} divergences: {said}, {time.perf_counter() - begun:.0f} s"
    )
    assert len(network.lines.id) >= 20_000 and said.traces == 1000
    assert said.places > 100_000 and said.greatest_m < 1e-6
    assert min(said.lakes, said.canals, said.divergences, said.circles) > 10
