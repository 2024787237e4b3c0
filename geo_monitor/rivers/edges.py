"""The pieces of reaches between nodes, and the straight ways across lakes."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from geo_monitor.rivers.arrays import Flags, Floats, Ints
from geo_monitor.rivers.joints import Cuts, Nodes
from geo_monitor.rivers.lines import Lines

#: No way is shorter: a length of nothing would be no connection to a sparse matrix.
LEAST_M = 1e-6


@dataclass(frozen=True)
class Edges:
    """One row an edge, by part and place along it; those across lakes stand last. ``reach`` and ``part`` are -1 across
    a lake, ``lake`` is -1 elsewhere. ``begin``, ``end``: chainage on the reach in metres (across a lake 0 and the
    length). ``upper``, ``lower``: nodes; where ``both`` the water also runs up. ``section``: number within the reach,
    counted from 0 at its upper end, of the piece between two places where the duty changes."""

    reach: Ints
    part: Ints
    lake: Ints
    begin: Floats
    end: Floats
    length: Floats
    upper: Ints
    lower: Ints
    both: Flags
    section: Ints

    def __len__(self) -> int:
        return len(self.reach)

    def and_lakes(self, lake: Ints, upper: Ints, lower: Ints, length: Floats) -> Edges:
        n = len(lake)
        none, zero = np.full(n, -1, np.int64), np.zeros(n)
        length = np.maximum(length, LEAST_M)
        more = Edges(none, none, lake, zero, length, length, upper, lower, np.zeros(n, bool), none)
        return Edges(**{f.name: np.concatenate([getattr(self, f.name), getattr(more, f.name)]) for f in fields(Edges)})


def edges_of(lines: Lines, nodes: Nodes, cuts: Cuts) -> Edges:
    """Each part from its head over its cuts to its tail."""
    n = lines.parts
    part = np.concatenate([np.arange(n), cuts.part, np.arange(n)])
    rank = np.repeat([0, 1, 2], [n, len(cuts.part), n])
    true = np.concatenate([np.zeros(n), cuts.true, lines.part_length])
    node = np.concatenate([nodes.head, cuts.node, nodes.tail])
    duty = np.concatenate([np.zeros(n, bool), cuts.duty, np.zeros(n, bool)])
    for ended, end in cuts.duty_at_end:
        # Where the next part of the same reach begins its duty begins.
        begins, of = ended + end, lines.part_reach[ended]
        if begins < n and lines.part_reach[begins] == of and begins != lines.first_part[of]:
            duty[begins] = True
    order = np.lexsort((node, true, rank, part))
    part, true, node, duty = part[order], true[order], node[order], duty[order]
    a = np.flatnonzero(part[1:] == part[:-1]) if n else np.zeros(0, np.int64)
    p = part[a]
    reach = lines.part_reach[p]
    count = np.cumsum(duty[a])
    first = np.searchsorted(reach, np.arange(len(lines.id)))
    section = count - np.append(count, 0)[first][reach] if len(a) else count
    return Edges(
        reach=reach,
        part=p,
        lake=np.full(len(a), -1, np.int64),
        begin=lines.begin[p] + true[a],
        end=lines.begin[p] + true[a + 1],
        length=np.maximum(true[a + 1] - true[a], LEAST_M),
        upper=node[a],
        lower=node[a + 1],
        both=lines.both[reach],
        section=section.astype(np.int64),
    )
