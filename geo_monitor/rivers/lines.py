"""The lines of a network turned downstream, as columns of vertices, with true lengths along them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from geo_monitor.domain.words import Words
from geo_monitor.rivers.arrays import Flags, Floats, Ints, Shapes, Texts
from geo_monitor.rivers.courses import Courses
from geo_monitor.rivers.doubts import Doubt
from geo_monitor.rivers.flow import LEVEL_M, flow_of
from geo_monitor.rivers.plane import Plane


def usable(courses: Courses) -> tuple[Courses, list[Doubt]]:
    """Those lines of which a network can be made, by layer and id, and a doubt for each that was left out or whose id
    is used twice. The order of the rows handed in changes nothing."""
    doubts: list[Doubt] = []
    lined = shapely.get_dimensions(courses.line) == 1
    length = shapely.length(courses.line)
    good = lined & np.isfinite(length) & (length > 0)
    for r in np.flatnonzero(~good).tolist():
        what = "没有几何" if courses.line[r] is None else f"{courses.line[r].geom_type}，长度 {length[r]:g}"
        text = "no geometry" if courses.line[r] is None else f"{courses.line[r].geom_type} of length {length[r]:g}"
        doubts.append(
            Doubt("not_a_line", courses.layer[r], courses.id[r], Words(f"{what}，未采用", f"{text}; left out"))
        )
    rows = np.flatnonzero(good)
    content = shapely.to_wkb(courses.line[rows])
    order = sorted(range(len(rows)), key=lambda k: (courses.layer[rows[k]], courses.id[rows[k]], content[k]))
    kept = courses.take(rows[np.asarray(order, np.int64)])
    for r in range(len(kept)):
        here = kept.layer[r], kept.id[r]
        if not kept.id[r].strip():
            doubts.append(Doubt("no_id", *here, Words("编号为空，仍采用", "the id is empty; the line was taken")))
        elif r and here == (kept.layer[r - 1], kept.id[r - 1]):
            doubts.append(
                Doubt("id_twice", *here, Words("编号重复，两条线都采用", "used again; both lines were taken"))
            )
    return kept, doubts


@dataclass(frozen=True)
class Lines:
    """One row a reach in ``layer`` … ``slow_m_s`` (all running with the water), one a part (a line of a reach) in
    ``part_…``, one a vertex in ``x`` … ``true``. ``begin``: chainage (metres from the reach's upper end, the parts
    after each other) at which the part begins. ``flat`` and ``true``: metres from the part's beginning to the vertex,
    in the plane and truly."""

    layer: Texts
    id: Texts
    both: Flags
    by: Texts
    share: Floats
    fast_m_s: Floats
    slow_m_s: Floats
    length: Floats
    first_part: Ints
    part_reach: Ints
    part_first: Ints
    part_last: Ints
    begin: Floats
    part_length: Floats
    x: Floats
    y: Floats
    flat: Floats
    true: Floats
    plane: Plane

    @classmethod
    def of(cls, courses: Courses, plane: Plane, level_m: float = LEVEL_M) -> tuple[Lines, list[Doubt]]:
        kept, doubts = usable(courses)
        flow = flow_of(kept, level_m)
        doubts += flow.doubts
        parts, of_reach = shapely.get_parts(kept.line, return_index=True)
        coords, part = shapely.get_coordinates(parts, return_index=True)
        reach = of_reach[part] if len(part) else np.zeros(0, np.int64)
        rows = np.arange(len(coords))
        lo = np.searchsorted(reach, np.arange(len(kept)), "left")
        hi = np.searchsorted(reach, np.arange(len(kept)), "right")
        # Reversing all vertices of a reach reverses its parts and their order at once.
        rows = np.where(flow.turn[reach], lo[reach] + hi[reach] - 1 - rows, rows)
        coords, part = coords[rows], part[rows]
        # A vertex that repeats the one before it is no step along the line.
        stays = np.zeros(len(coords), bool)
        stays[1:] = (part[1:] == part[:-1]) & (coords[1:] == coords[:-1]).all(axis=1)
        coords, part, reach = coords[~stays], part[~stays], reach[~stays]
        new = np.r_[True, part[1:] != part[:-1]] if len(part) else np.zeros(0, bool)
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(part)) - 1 if len(first) else first
        whole = np.flatnonzero(last > first)  # a part of a single place is none
        number = np.repeat(np.arange(len(first)), last - first + 1)
        held = np.isin(number, whole)
        coords, reach, number = coords[held], reach[held], np.searchsorted(whole, number[held])
        first = np.flatnonzero(np.r_[True, number[1:] != number[:-1]]) if len(number) else np.zeros(0, np.int64)
        last = np.append(first[1:], len(number)) - 1 if len(first) else first
        x, y = np.ascontiguousarray(coords[:, 0]), np.ascontiguousarray(coords[:, 1])
        flat, true = np.zeros(len(x)), np.zeros(len(x))
        step = np.setdiff1d(np.arange(len(x)), first, assume_unique=True)
        flat[step] = np.hypot(x[step] - x[step - 1], y[step] - y[step - 1])
        true[step] = plane.metres(x[step - 1], y[step - 1], x[step], y[step])
        flat, true = (_from_start(s, first, number) for s in (flat, true))
        part_reach = reach[first]
        length = true[last]
        run = np.cumsum(length) - length
        first_part = np.searchsorted(part_reach, np.arange(len(kept) + 1)).astype(np.int64)
        begin = run - run[first_part[:-1]][part_reach] if len(run) else run
        total = np.zeros(len(kept))
        np.add.at(total, part_reach, length)
        return cls(
            layer=kept.layer,
            id=kept.id,
            both=flow.both,
            by=flow.by,
            share=kept.share,
            fast_m_s=kept.fast_m_s,
            slow_m_s=kept.slow_m_s,
            length=total,
            first_part=first_part,
            part_reach=part_reach.astype(np.int64),
            part_first=first,
            part_last=last,
            begin=begin,
            part_length=length,
            x=x,
            y=y,
            flat=flat,
            true=true,
            plane=plane,
        ), doubts

    @property
    def parts(self) -> int:
        return len(self.part_reach)

    @cached_property
    def part_line(self) -> Shapes:
        """The parts as LineStrings, running with the water."""
        part = np.repeat(np.arange(self.parts), self.part_last - self.part_first + 1)
        return np.asarray(shapely.linestrings(np.column_stack([self.x, self.y]), indices=part), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.part_line)

    @cached_property
    def _flat_key(self) -> tuple[Floats, Floats]:
        return self._key(self.flat)

    @cached_property
    def _true_key(self) -> tuple[Floats, Floats]:
        return self._key(self.true)

    def _key(self, along: Floats) -> tuple[Floats, Floats]:
        """(where each part begins, the key of each vertex) in one ascending row of all vertices of all parts."""
        room = along[self.part_last] + 1.0 if self.parts else np.zeros(0)
        base = np.cumsum(room) - room
        return base, np.repeat(base, self.part_last - self.part_first + 1) + along

    def segment(self, part: Ints, flat: Floats) -> Ints:
        """The vertex at or before the place so many metres of the plane along the part, never its last."""
        return self._before(self._flat_key, part, flat)

    def _before(self, key: tuple[Floats, Floats], part: Ints, along: Floats) -> Ints:
        base, keys = key
        k = np.searchsorted(keys, base[part] + along, "right") - 1
        return np.clip(k, self.part_first[part], self.part_last[part] - 1)

    def to_true(self, part: Ints, flat: Floats) -> Floats:
        """True metres along the part of places given in metres of the plane along it."""
        return self._turned(self.segment(part, flat), flat, self.flat, self.true)

    def to_flat(self, part: Ints, true: Floats) -> Floats:
        """The other way about."""
        return self._turned(self._before(self._true_key, part, true), true, self.true, self.flat)

    @staticmethod
    def _turned(k: Ints, value: Floats, have: Floats, want: Floats) -> Floats:
        share = (value - have[k]) / (have[k + 1] - have[k])
        return want[k] + np.clip(share, 0.0, 1.0) * (want[k + 1] - want[k])

    def point(self, part: Ints, flat: Floats) -> tuple[Floats, Floats]:
        """Where the place so many metres of the plane along the part lies."""
        k = self.segment(part, flat)
        share = np.clip((flat - self.flat[k]) / (self.flat[k + 1] - self.flat[k]), 0.0, 1.0)
        return (
            self.x[k] + share * (self.x[k + 1] - self.x[k]),
            self.y[k] + share * (self.y[k + 1] - self.y[k]),
        )


def _from_start(step: Floats, first: Ints, part: Ints) -> Floats:
    """Sums of steps from the first vertex of each part."""
    run = np.cumsum(step)
    return np.asarray(run - run[first][part])
