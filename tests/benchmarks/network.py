"""How long a network of rivers takes to build, and a trace on it.

    python tests/benchmarks/network.py [--reaches 100000] [--traces 200]

The country is that of ``tests/rivers/planted.py``: reaches of some 500 m that gather as trees, with arms, circles,
canals that flow both ways, and lakes. Traces begin at places drawn at random from the tenth of the reaches farthest
from their source (for traces up), or from all (down). Told is wall time, the median and the worst of all traces, and
how many stretches were found; beside it the same search by other means: one by scipy over the whole network (what is
used), one over the nodes that lie no farther through the air, cut out first, and a bounded search of Dijkstra's in
plain Python.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from heapq import heappop, heappush

import numpy as np
from scipy.sparse.csgraph import dijkstra

from geo_monitor.rivers.chainage import chainage_of
from geo_monitor.rivers.network import Network, build_network
from geo_monitor.rivers.spots import spots
from geo_monitor.rivers.trace import reached, trace
from geo_monitor.rivers.travel import along_the_water, window
from geo_monitor.rivers.velocity import Velocities
from tests.rivers.planted import planted


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--reaches", type=int, default=100_000)
    asked.add_argument("--traces", type=int, default=200)
    asked.add_argument("--seed", type=int, default=20261123)
    given = asked.parse_args()
    rng = np.random.default_rng(given.seed)

    country = planted(int(np.ceil(given.reaches**0.5)), given.seed, circles=200, canals=200, lakes=500)
    begun = time.perf_counter()
    network = build_network(country.courses, lakes=country.lakes)
    built = time.perf_counter() - begun
    begun = time.perf_counter()
    far = chainage_of(network)
    print(
        f"{len(network.lines.id)} reaches, {len(network.edges)} edges, {network.nodes} nodes, "
        f"{int((network.edges.lake >= 0).sum())} ways across lakes: built in {built:.2f} s, "
        f"chainage {time.perf_counter() - begun:.2f} s, longest way to a mouth {np.nanmax(far.to_mouth) / 1000:.0f} km"
    )
    begun = time.perf_counter()
    x, y = (rng.uniform(0, v.max(), given.reaches) for v in (network.x, network.y))
    found = spots(network, x, y, 200.0, 10.0)
    print(f"{given.reaches} points, {len(found)} of them within 200 m: {time.perf_counter() - begun:.2f} s")
    begun = time.perf_counter()
    _ = network.up, network.down, network.divergences
    print(f"steps and divergences {time.perf_counter() - begun:.2f} s")

    water = far.from_source[network.edges.upper]
    rich = np.argsort(-np.nan_to_num(water))[: len(water) // 10]
    for km in (20, 100):
        for upstream in (True, False):
            edges = rng.choice(rich if upstream else len(network.edges), given.traces)
            named = f"{km} km {'up' if upstream else 'down'}"
            limit = km * 1000.0
            told(named, edges, lambda e: len(trace(network, e, 0.0, limit, upstream=upstream).edge))  # noqa: B023
            if upstream:
                told(
                    "  with travel times",
                    edges,
                    lambda e: len(window(trace(network, e, 0.0, limit, upstream=True), Velocities())[0]),  # noqa: B023
                )
                told(
                    "  which of all points",
                    edges,
                    lambda e: len(
                        along_the_water(reached(network, e, 0.0, limit, upstream=True), found, Velocities()).spot  # noqa: B023
                    ),
                )
                told("  scipy over the whole", edges, lambda e: whole(network, e, limit))  # noqa: B023
                told("  scipy over a cut-out", edges, lambda e: cut_out(network, e, limit))  # noqa: B023
                told("  plain Python", edges, lambda e: plain(network, e, limit))  # noqa: B023


def told(name: str, edges: np.ndarray, search: Callable[[int], int]) -> None:
    search(int(edges[0]))
    seconds, found = [], []
    for edge in edges.tolist():
        begun = time.perf_counter()
        found.append(search(edge))
        seconds.append(time.perf_counter() - begun)
    ms = np.array(seconds) * 1000
    print(
        f"{name:30} median {np.median(ms):7.3f} ms, 9 of 10 below {np.quantile(ms, 0.9):7.3f}, worst {ms.max():7.3f}"
        f"; found {int(np.median(found))} at the median, {max(found)} at most"
    )


def whole(network: Network, edge: int, limit: float) -> int:
    far = dijkstra(network.up.matrix, indices=int(network.edges.upper[edge]), limit=limit)
    return int(np.isfinite(far).sum())


def cut_out(network: Network, edge: int, limit: float) -> int:
    matrix, source = network.up.matrix, int(network.edges.upper[edge])
    square = (network.x - network.x[source]) ** 2 + (network.y - network.y[source]) ** 2
    nodes = np.flatnonzero(square <= limit**2)
    inner = matrix[nodes][:, nodes]
    at = int(np.searchsorted(nodes, source))
    return int(np.isfinite(dijkstra(inner, indices=at, limit=limit)).sum())


def plain(network: Network, edge: int, limit: float) -> int:
    matrix = network.up.matrix
    start, to, length = matrix.indptr, matrix.indices, matrix.data
    source = int(network.edges.upper[edge])
    far, ahead = {source: 0.0}, [(0.0, source)]
    while ahead:
        metres, here = heappop(ahead)
        if metres > far[here]:
            continue
        for row in range(start[here], start[here + 1]):
            n, next_m = int(to[row]), metres + float(length[row])
            if next_m <= limit and next_m < far.get(n, np.inf):
                far[n] = next_m
                heappush(ahead, (next_m, n))
    return len(far)


if __name__ == "__main__":
    main()
