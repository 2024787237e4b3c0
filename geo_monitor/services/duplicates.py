"""Which reports tell of one event: from reports, and what people decided of them, to proposed occurrences. No database.

Pairs are compared only within the bounds of ``likeness_weights``. Two groups of reports become one, the likeliest pair
first, if no report of the one is rather another event than any report of the other (complete linkage; D. Defays, *The
Computer Journal* 20, 1977), so that occurrences do not chain along a street: all members of one lie within the bounds
of each other. The answer does not depend on the order of the reports, and is settled by those that a chain of proposed
pairs connects: a run over what is new looks at such chains alone (``Neighbourhood``) and finds what a run over
everything would find.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo_monitor.domain.incident import Incident
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.engine.metres import ROUNDING_M, Frame
from geo_monitor.services import likeness_weights as w
from geo_monitor.services.likeness import BLOCK, DAY_S, WORDS_BEST, Floats, Ints, Outline, Wording, compare

#: Reports whose words are looked at together: of more the texts would fill the memory.
READ_AT_ONCE = 50_000

#: The reports with these ids, in any order.
ReadReports = Callable[[Sequence[str]], Sequence[Incident]]


@dataclass(frozen=True, slots=True)
class Alike:
    """Pairs of rows (``i`` < ``j``) that may stand in one occurrence, with their points."""

    i: Ints
    j: Ints
    points: Floats


@dataclass(frozen=True)
class Decided:
    """What people decided. ``groups``: id of an occurrence → ids of its reports that were confirmed; ``apart``: pairs
    of ids that were separated, each in either order."""

    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    apart: frozenset[tuple[str, str]] = frozenset()

    def separated(self, one: str, other: str) -> bool:
        return (one, other) in self.apart or (other, one) in self.apart


@dataclass(frozen=True, slots=True)
class Proposal:
    """Reports proposed as one event, by (occurred, id). ``confirmed``: the occurrence whose confirmed members are among
    them, or ""."""

    reports: tuple[str, ...]
    confirmed: str = ""


# ---- pairs ----------------------------------------------------------------------------------------------------------


def near_pairs(outline: Outline) -> tuple[Ints, Ints]:
    """Rows (i < j) of pairs that are comparable, sorted."""
    lasting, passing = np.flatnonzero(outline.lasting), np.flatnonzero(~outline.lasting)
    every = np.arange(len(outline.lasting))
    long, short = (int(w.LONGEST_DAYS[pace] * DAY_S) for pace in ("lasting", "passing"))
    found = [
        *_near_pairs(outline, passing, passing, short),
        *_near_pairs(outline, every, lasting, long),
        *_near_pairs(outline, lasting, passing, long),
    ]
    none = np.zeros(0, np.int64)
    i, j = (np.concatenate(side) for side in zip(*found, strict=True)) if found else (none, none)
    order = np.lexsort((j, i))
    return i[order], j[order]


def _near_pairs(outline: Outline, askers: Ints, asked: Ints, span_s: int) -> Iterator[tuple[Ints, Ints]]:
    """Comparable pairs of one of each. Places are cut into layers of time as thick as the longest span, so that what is
    near in place and time lies in one layer or in two that touch; each report finds those that are known no worse than
    itself, so that a badly placed one widens its own search only."""
    if not (len(askers) and len(asked)):
        return
    c = outline.columns
    frame = Frame(float(np.mean(c.lon)), float(np.mean(c.lat)))
    _, most = frame.distortion(float(c.lat.min()) - 0.1, float(c.lat.max()) + 0.1)
    every = np.arange(len(c))
    reach = np.minimum(w.WIDEST_M, w.FARTHEST_SIGMAS * outline.sigma_m(every, every))
    wide = (reach + 0.1 + ROUNDING_M) * most  # metres are rounded to a tenth when they are compared
    x, y = frame.to_xy(c.lon, c.lat)
    layer = c.occurred // span_s
    apart = 4.0 * w.WIDEST_M * most
    tree = cKDTree(np.column_stack([x, y, layer * apart])[asked])
    for start in range(0, len(askers), READ_AT_ONCE):
        mine = askers[start : start + READ_AT_ONCE]
        for step in (-1, 0, 1):
            at = np.column_stack([x[mine], y[mine], (layer[mine] + step) * apart])
            lists = tree.query_ball_point(at, wide[mine], workers=2)
            sizes = np.fromiter(map(len, lists), np.int64, len(lists))
            other = asked[np.fromiter(chain.from_iterable(lists), np.int64, int(sizes.sum()))]
            one = np.repeat(mine, sizes)
            first = np.where(reach[one] == reach[other], one < other, reach[one] > reach[other])  # each pair once
            one, other = one[first], other[first]
            for block in range(0, len(one), BLOCK):
                i, j = one[block : block + BLOCK], other[block : block + BLOCK]
                fits = outline.comparable(i, j)
                yield np.minimum(i, j)[fits], np.maximum(i, j)[fits]


def alike_pairs(
    columns: IncidentColumns, zone: tzinfo, read: ReadReports, ours: npt.NDArray[np.bool_] | None = None
) -> Alike:
    """All pairs that may stand in one occurrence (``TOGETHER`` points or more); with ``ours`` those that have one of
    these rows."""
    outline = Outline.of(columns, zone)
    i, j = near_pairs(outline)
    if ours is not None:
        i, j = i[ours[i] | ours[j]], j[ours[i] | ours[j]]
    parts = []
    for start in range(0, len(i), BLOCK):
        a, b = i[start : start + BLOCK], j[start : start + BLOCK]
        points, _, _, _ = outline.points(a, b)
        maybe = np.sum([*points.values()], axis=0) + WORDS_BEST >= w.TOGETHER
        parts.append(_with_words(outline, a[maybe], b[maybe], read))
    none = np.zeros(0, np.int64)
    i, j, total = (np.concatenate(s) for s in zip(*parts, strict=True)) if parts else (none, none, np.zeros(0))
    return Alike(i, j, total)


def _with_words(outline: Outline, i: Ints, j: Ints, read: ReadReports) -> tuple[Ints, Ints, Floats]:
    rows, at = np.unique(np.concatenate([i, j]), return_inverse=True)
    ids = outline.columns.ids[rows].tolist()
    place = {id_: k for k, id_ in enumerate(ids)}
    reports: list[Incident | None] = [None] * len(ids)
    for incident in read(ids):
        reports[place[incident.id]] = incident
    wording = Wording.of([r for r in reports if r is not None])
    found = compare(outline.take(rows), wording, at[: len(i)], at[len(i) :]).total
    keep = found >= w.TOGETHER
    return i[keep], j[keep], found[keep]


# ---- occurrences ----------------------------------------------------------------------------------------------------


def propose(columns: IncidentColumns, alike: Alike, decided: Decided) -> list[Proposal]:
    """Matters of at least two reports, and every confirmed one, by (occurred, id) of the first report. Whatever lies in
    no occurrence is alone."""
    ids = columns.ids.tolist()
    groups = _Groups(ids, alike, decided)
    # The likeliest first; of equals those that stand first by (occurred, id), as the columns are sorted.
    order = np.lexsort((alike.j, alike.i, -alike.points))
    strong = order[alike.points[order] >= w.PROPOSED]
    for i, j in zip(alike.i[strong].tolist(), alike.j[strong].tolist(), strict=True):
        groups.join(i, j)
    return [Proposal(tuple(ids[k] for k in rows), name) for rows, name in groups.made()]


class _Groups:
    """Rows, grouped step by step. Of each row is known which others it may stand with."""

    def __init__(self, ids: Sequence[str], alike: Alike, decided: Decided) -> None:
        self.of = list(range(len(ids)))
        self.rows: dict[int, list[int]] = {}
        self.name: dict[int, str] = {}
        self.may: defaultdict[int, dict[int, float]] = defaultdict(dict)
        apart = {frozenset(pair) for pair in decided.apart}
        for i, j, points in zip(alike.i.tolist(), alike.j.tolist(), alike.points.tolist(), strict=True):
            if not apart or frozenset((ids[i], ids[j])) not in apart:
                self.may[i][j] = self.may[j][i] = points
        place = {id_: k for k, id_ in enumerate(ids)}
        for name, reports in decided.groups.items():
            rows = sorted(place[r] for r in reports if r in place)
            for k in rows:
                self.of[k] = rows[0]
            if rows:
                self.rows[rows[0]], self.name[rows[0]] = rows, name

    def join(self, i: int, j: int) -> None:
        a, b = self.of[i], self.of[j]
        if a == b or (a in self.name and b in self.name):  # two confirmed occurrences stay two
            return
        ours, theirs = self.rows.get(a, [a]), self.rows.get(b, [b])
        few, many = (ours, theirs) if len(ours) <= len(theirs) else (theirs, ours)
        between = [self.may[k].get(m) for k in few for m in many]
        if None in between or sum(p for p in between if p) < w.ON_AVERAGE * len(between):
            return
        kept = min(a, b)
        for k in (*ours, *theirs):
            self.of[k] = kept
        for gone in (a, b):
            self.rows.pop(gone, None)
        self.rows[kept] = sorted((*ours, *theirs))
        name = self.name.pop(a, "") or self.name.pop(b, "")
        if name:
            self.name[kept] = name

    def made(self) -> Iterator[tuple[list[int], str]]:
        for first in sorted(self.rows):
            yield self.rows[first], self.name.get(first, "")


# ---- what is new ----------------------------------------------------------------------------------------------------


@dataclass
class Neighbourhood:
    """The reports that chains of proposed pairs connect with some: found step by step, each step asking for what lies
    around what the last one reached. ``around`` gives the columns of all reports that may be comparable with these
    (more do no harm), ``read`` their words, ``bound`` the ids that a confirmed occurrence binds to these."""

    zone: tzinfo
    around: Callable[[IncidentColumns], IncidentColumns]
    columns_of: Callable[[Iterable[str]], IncidentColumns]
    read: ReadReports
    bound: Callable[[Sequence[str]], Iterable[str]]

    def reach(self, start: Iterable[str]) -> IncidentColumns:
        """Columns of all of them."""
        known: set[str] = set()
        edge = set(start)
        while edge:
            edge |= set(self.bound(sorted(edge)))
            edge -= known
            if not edge:
                break
            known |= edge
            mine = self.columns_of(sorted(edge))
            found = self.around(mine)
            edge = self._linked(found, set(mine.ids.tolist())) - known
        return self.columns_of(sorted(known))

    def _linked(self, found: IncidentColumns, mine: set[str]) -> set[str]:
        ids = found.ids
        ours = np.fromiter((i in mine for i in ids.tolist()), bool, len(ids))
        alike = alike_pairs(found, self.zone, self.read, ours)
        strong = alike.points >= w.PROPOSED
        return set(ids[alike.i[strong]].tolist()) | set(ids[alike.j[strong]].tolist())
