"""Which way the water runs in each line, and how that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from geo_monitor.domain.words import Words
from geo_monitor.rivers.arrays import Floats, Ints, Texts
from geo_monitor.rivers.courses import ALONG, BOTH, UNSAID, Courses
from geo_monitor.rivers.doubts import Doubt

#: Ends whose heights differ by less say nothing of a direction: elevation grids of 30 m are off by some metres.
LEVEL_M = 5.0

#: How the direction of a reach is known.
BY = ("attribute", "order", "elevation", "unknown")
_ZH = {"attribute": "字段", "order": "绘制顺序", "elevation": "高程"}


@dataclass(frozen=True)
class Flow:
    """``turn``: the line must be reversed to run with the water; ``both``: the water runs both ways; ``by``: one of
    ``BY``."""

    turn: np.ndarray
    both: np.ndarray
    by: Texts
    doubts: tuple[Doubt, ...]


def flow_of(courses: Courses, level_m: float = LEVEL_M) -> Flow:
    """The attribute decides; without one the order of the vertices, where the layer is drawn downstream; else the
    heights of the ends. What has none of these is taken to run both ways, so that no possible source is lost, and is
    doubted; so is what climbs. A line that runs both ways is turned so that it begins at its western (then southern)
    end: what is told of it does not depend on who drew it."""
    rise = courses.last_m - courses.first_m
    said = courses.flow != UNSAID
    drawn = ~said & courses.drawn_downstream
    tilted = ~said & ~drawn & (np.abs(np.nan_to_num(rise)) >= level_m)
    way = np.where(said, courses.flow, np.where(drawn, ALONG, np.where(tilted, -np.sign(np.nan_to_num(rise)), BOTH)))
    by = np.array(BY, dtype=object)[np.select([said, drawn, tilted], [0, 1, 2], 3)]
    both = way == BOTH
    turn = np.where(both, _begins_east(courses), way < 0).astype(bool)
    return Flow(turn, both, by, tuple(_doubts(courses, by, np.where(both, 0.0, way * rise), level_m)))


def _begins_east(courses: Courses) -> np.ndarray:
    coords, of = shapely.get_coordinates(courses.line, return_index=True)
    if not len(courses):
        return np.zeros(0, bool)
    first = coords[np.searchsorted(of, np.arange(len(courses)), "left")]
    last = coords[np.searchsorted(of, np.arange(len(courses)), "right") - 1]
    return (last[:, 0] < first[:, 0]) | ((last[:, 0] == first[:, 0]) & (last[:, 1] < first[:, 1]))


def _doubts(courses: Courses, by: Texts, climb: Floats, level_m: float) -> list[Doubt]:
    found: list[tuple[Ints, str, list[Words]]] = []
    up = np.flatnonzero(np.nan_to_num(climb) >= level_m)
    found.append(
        (
            up,
            "climbs",
            [
                Words(
                    f"按{_ZH[by[r]]}确定的流向升高 {climb[r]:.1f} 米，仍按此流向",
                    f"climbs by {climb[r]:.1f} m in its direction by {by[r]}, which was kept",
                )
                for r in up
            ],
        )
    )
    lost = np.flatnonzero(by == "unknown")
    said = Words("流向不明，按双向计", "no direction known; taken to flow both ways")
    found.append((lost, "direction_unknown", [said] * len(lost)))
    out = []
    for rows, kind, words in found:
        for r, what in zip(rows.tolist(), words, strict=True):
            x, y = shapely.get_coordinates(courses.line[r])[0]
            out.append(Doubt(kind, courses.layer[r], courses.id[r], what, float(x), float(y)))
    return out
