"""A made-up river country whose connections are known, because they were planted: no line had to be read for them.

Junctions stand on a lattice, 500 m apart and moved a little; each drains to its western or southern neighbour, so that
rivers gather towards one corner as trees. Planted on top: arms that divide, one-way circles, canals that flow both
ways, tributaries that end in the middle of a reach, and lakes at whose shores lines end. Ends are drawn up to a metre
off their junction, and lines in any direction: a third says by attribute which way it flows, a third is drawn
downstream, a third only has heights. All of it is synthetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from geo_monitor.rivers.courses import AGAINST, ALONG, BOTH, Courses, Lakes

SPACING_M = 500.0
LAKE_M = 60.0


@dataclass
class Link:
    """A piece of water between two planted junctions: ``begin``, ``end`` are metres from the upper end of ``name``."""

    name: str
    begin: float
    end: float
    upper: object
    lower: object
    both: bool = False


@dataclass
class Country:
    courses: Courses
    lakes: Lakes
    links: list[Link]
    length: dict[str, float]
    planted_on_top: set[str]
    number: dict[object, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for link in self.links:
            for node in (link.upper, link.lower):
                self.number.setdefault(node, len(self.number))
        self.tail = np.array([self.number[k.upper] for k in self.links])
        self.head = np.array([self.number[k.lower] for k in self.links])
        self.metres = np.array([k.end - k.begin for k in self.links])
        self.both = np.array([k.both for k in self.links])

    def far(self, seeds: list[tuple[int, float]], limit: float, *, upstream: bool) -> np.ndarray:
        """Bellman and Ford, as plainly as it can be written: every link lengthens every way, until none gets
        shorter."""
        tail, head = (self.head, self.tail) if upstream else (self.tail, self.head)
        tail, head = np.concatenate([tail, head[self.both]]), np.concatenate([head, tail[self.both]])
        metres = np.concatenate([self.metres, self.metres[self.both]])
        far = np.full(len(self.number), np.inf)
        for node, offset in seeds:
            far[node] = min(far[node], offset) if offset <= limit else far[node]
        while True:
            ways = far[tail] + metres
            shorter = far.copy()
            np.minimum.at(shorter, head, np.where(ways <= limit, ways, np.inf))
            if np.array_equal(shorter, far):
                return far
            far = shorter

    def metres_to(
        self, link: int, along: float, at: np.ndarray, q: np.ndarray, limit: float, *, upstream: bool
    ) -> np.ndarray:
        """Metres along the water between a place (``along`` metres into a link) and the places ``q`` metres into the
        links ``at``; infinite beyond the limit."""
        rest = self.metres[link] - along
        up, down = (int(self.tail[link]), along), (int(self.head[link]), rest)
        seeds = [up, down] if self.both[link] else [up] if upstream else [down]
        far = self.far(seeds, limit, upstream=upstream)
        by_upper, by_lower = far[self.tail[at]] + q, far[self.head[at]] + self.metres[at] - q
        best = by_lower if upstream else by_upper
        best = np.where(self.both[at], np.minimum(by_upper, by_lower), best)
        ahead = along - q if upstream else q - along
        own = (at == link) & (self.both[at] | (ahead >= 0))
        best = np.where(own, np.minimum(best, np.abs(ahead)), best)
        return np.where(best <= limit, best, np.inf)


def planted(
    side: int,
    seed: int,
    *,
    arms: float = 0.01,
    circles: int = 20,
    canals: int = 20,
    tributaries: float = 0.02,
    lakes: int = 40,
) -> Country:
    """A lattice of ``side`` by ``side`` junctions: about ``side``² reaches."""
    rng = np.random.default_rng(seed)
    spot = {(i, j): np.array([i, j]) * SPACING_M + rng.uniform(-80, 80, 2) for i in range(side) for j in range(side)}
    ways: list[tuple[tuple[int, int], tuple[int, int], bool]] = []
    for i, j in spot:
        choices = [(i - 1, j)] * (i > 0) + [(i, j - 1)] * (j > 0)
        if choices:
            first = int(rng.integers(len(choices)))
            ways.append(((i, j), choices[first], False))
            if len(choices) == 2 and rng.random() < arms:
                ways.append(((i, j), choices[1 - first], False))
    cells = rng.permutation((side - 1) ** 2)[: circles + canals]
    for k, cell in enumerate(cells.tolist()):
        i, j = divmod(cell, side - 1)
        if k < circles:
            ways.append(((i, j), (i + 1, j + 1), False))  # back up, across the cell
        else:
            ways.append(((i, j + 1), (i + 1, j), True))
    drowned = {
        (int(k) // (side - 2) + 1, int(k) % (side - 2) + 1) for k in rng.permutation((side - 2) ** 2)[:lakes].tolist()
    }

    lines: list[shapely.LineString] = []
    flow: list[int] = []
    heights: list[tuple[float, float]] = []
    kinds: list[str] = []
    links: list[Link] = []
    length: dict[str, float] = {}
    shore: dict[tuple[int, int], tuple[list[tuple[object, np.ndarray]], list[tuple[object, np.ndarray]]]] = {}

    def drawn(name: str, places: list[np.ndarray], kind: str, both: bool) -> None:
        line = shapely.LineString(places)
        length[name] = line.length
        high = float(1000 + sum(places[0]) / 100), float(1000 + sum(places[-1]) / 100 - 50)
        turned = bool(rng.random() < 0.5) and kind != "order"
        lines.append(line.reverse() if turned else line)
        heights.append(high[::-1] if turned else high)
        flow.append(BOTH if both else (AGAINST if turned else ALONG) if kind == "attribute" else 0)
        kinds.append(kind)

    on_top: set[str] = set()
    for number, (upper, lower, both) in enumerate(ways):
        name = f"R{number:06d}"
        if upper[0] != lower[0] and upper[1] != lower[1]:
            on_top.add(name)
        a, b = spot[upper] + rng.uniform(-0.7, 0.7, 2), spot[lower] + rng.uniform(-0.7, 0.7, 2)
        top: object = upper
        end: object = lower
        for junction, which in ((upper, 0), (lower, 1)):
            if junction not in drowned:
                continue
            # The line ends at the shore, and the end is a junction of its own.
            centre, other = spot[junction], (b if which == 0 else a)
            at = centre + (other - centre) / np.hypot(*(other - centre)) * LAKE_M
            node = (junction, name)
            a, top = (at, node) if which == 0 else (a, top)
            b, end = (at, node) if which == 1 else (b, end)
            ins, outs = shore.setdefault(junction, ([], []))
            if which == 1 or both:
                ins.append((node, at))
            if which == 0 or both:
                outs.append((node, at))
        middle = (a + b) / 2 + rng.uniform(-20, 20, 2)
        kind = "attribute" if both else ("attribute", "order", "elevation")[int(rng.integers(3))]
        drawn(name, [a, middle, b], kind, both)
        if not both and rng.random() < tributaries:
            # A tributary that ends, within a metre, a third of the way down the upper half of the reach.
            across = np.array([-(middle - a)[1], (middle - a)[0]]) / np.hypot(*(middle - a))
            foot = a + (middle - a) / 3
            mouth = foot + across * rng.uniform(-0.7, 0.7)
            cut = float(np.hypot(*(foot - a)))
            drawn(f"T{number:06d}", [foot + across * 90, mouth], "attribute", False)
            links.append(Link(f"T{number:06d}", 0.0, length[f"T{number:06d}"], ("spring", name), ("foot", name)))
            links.append(Link(name, 0.0, cut, top, ("foot", name)))
            links.append(Link(name, cut, length[name], ("foot", name), end))
        else:
            links.append(Link(name, 0.0, length[name], top, end, both))
    names = list(length)
    for junction, (ins, outs) in sorted(shore.items()):
        for inlet, p in ins:
            for outlet, q in outs:
                if inlet != outlet:
                    across_m = float(np.hypot(*(p - q)))
                    links.append(Link(f"lake {junction}", 0.0, across_m, inlet, outlet))
    kind = np.array(kinds)
    high = np.array(heights)
    layers = []
    for k in ("attribute", "order", "elevation"):
        rows = np.flatnonzero(kind == k)
        layers.append(
            Courses.of(
                "rivers",
                [names[r] for r in rows],
                [lines[r] for r in rows],
                flow=np.array(flow)[rows] if k == "attribute" else None,
                drawn_downstream=k == "order",
                first_m=high[rows, 0] if k == "elevation" else None,
                last_m=high[rows, 1] if k == "elevation" else None,
            )
        )
    water = [shapely.Point(spot[j]).buffer(LAKE_M, 32) for j in sorted(shore)]
    standing = Lakes.of("lakes", [f"lake {j}" for j in sorted(shore)], water)
    return Country(Courses.together(layers), standing, links, length, on_top)
