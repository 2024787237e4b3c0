"""The fewest records of a lead that must go before no threshold is met.

Which records to take away is a covering problem, hard in general. Here it is closed in between: a bound that nothing
less can do (``at_least``: windows that share no record each lose their own), and choices that are tried (the rarest
first, the newest first). Where the two meet the answer is known; where they do not, every choice between them is looked
at, if those are not too many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from geo_monitor.engine.thresholds import FOREVER, Counted, has, reached
from geo_monitor.supervision.model import SupervisionModel, Threshold

Ints = npt.NDArray[np.int64]

#: So many choices of records are tried to show that fewer would not do.
TRIED = 3000
#: More records than these are not taken away one after the other, to see when a lead falls.
MOST_GONE = 20
#: Of so many records each is taken away alone, and windows are looked at one by one.
MOST_ALONE = 400
#: Rows of all choices together that the thresholds look at at once.
AT_ONCE = 200_000


@dataclass(frozen=True)
class Fewest:
    """``counted``: the rows of one subject, coded; ``members``: positions of those that belong to the lead. The others
    may still weigh in a share or a usual count."""

    model: SupervisionModel
    counted: Counted
    members: Ints
    zone: tzinfo

    def find(self) -> tuple[int, bool]:
        """How many must go (0: more than anybody wants to hear of), and whether fewer were shown not to do."""
        if self._alone.all() and self._is_member.all():
            return (len(self.counted), True) if len(self.counted) <= MOST_GONE else (0, False)
        least = self.at_least()
        if least > MOST_GONE:
            return 0, False
        found = self._rarest_first()
        if not found or found > least:
            found = min((n for n in (found, self._newest_first()) if n), default=0)
        if not found:
            alone = len(self.members) <= MOST_ALONE and self._any_choice(1)
            return (1, True) if alone else (0, False)
        if found <= max(least, 1):
            return found, True
        sizes = range(max(least, 1), found)
        if sum(comb(len(self.members), size) for size in sizes) > TRIED:
            return found, False
        return next((size for size in sizes if self._any_choice(size)), found), True

    def at_least(self) -> int:
        """No fewer will do. 0 where nothing is known: thresholds that add up, or set against something, may be broken
        by less than their count."""
        if len(self.counted) > MOST_ALONE:
            return 0
        rows = np.flatnonzero(~self._alone)
        return int(self._alone.sum()) + max((self._apart(t, rows) for t in self._plain), default=0)

    def _apart(self, threshold: Threshold, rows: Ints) -> int:
        """The most that windows without a common row must lose together."""
        here = rows[self._seen[threshold.path][rows]]
        best = [0] * (len(here) + 1)
        done = 0
        for begin, end in self._windows(threshold, here):
            best[done + 1 : end + 1] = [best[done]] * (end - done)
            best[end] = max(best[done], best[begin] + len(self._too_many(threshold, here[begin:end])))
            done = end
        return best[done]

    @cached_property
    def _plain(self) -> list[Threshold]:
        return [t for t in self.model.group.any if not (t.sum or t.share or t.few or t.times)]

    @cached_property
    def _alone(self) -> npt.NDArray[np.bool_]:
        """Rows of which each by itself meets a threshold: all of these must go."""
        numbers = self.model.numbers
        alone = np.zeros(len(self.counted), bool)
        for t in self._plain:
            if numbers[t.count].base <= 1:
                alone |= self._seen[t.path]
        return alone

    @cached_property
    def _seen(self) -> dict[str, npt.NDArray[np.bool_]]:
        """By the path of each threshold: the rows that it looks at."""
        return {t.path: has(t.having, self.counted, self.model.numbers) for t in self._plain}

    def _windows(self, threshold: Threshold, rows: Ints) -> Iterator[tuple[int, int]]:
        """From and up to which of the rows, for each moment with which a window may end."""
        window = np.int64(self.model.numbers[threshold.window].base) if threshold.window else FOREVER
        at = self.counted.occurred[rows]
        ends = np.flatnonzero(np.append(at[1:] != at[:-1], True)) if len(at) else at
        begins = np.searchsorted(at, at[ends] - window, "left")
        return zip(begins.tolist(), (ends + 1).tolist(), strict=True)

    def _too_many(self, threshold: Threshold, rows: Ints) -> list[int]:
        """The fewest rows of a window without which it holds too little: those of what it holds least often."""
        excess = -int(self.model.numbers[threshold.count].base) + 1
        if not threshold.distinct:
            excess += len(rows)
            return sorted(rows.tolist(), key=self._last_taken)[-excess:] if excess > 0 else []
        codes = self.counted.codes[threshold.distinct][rows].tolist()
        often = Counter(codes)
        excess += len(often)
        if excess <= 0:
            return []
        gone = set(sorted(often, key=lambda c: (often[c], c))[:excess])
        return [row for row, code in zip(rows.tolist(), codes, strict=True) if code in gone]

    def _last_taken(self, row: int) -> tuple[bool, int]:
        return bool(self._is_member[row]), row

    @cached_property
    def _is_member(self) -> npt.NDArray[np.bool_]:
        return np.asarray(np.isin(np.arange(len(self.counted)), self.members))

    def _rarest_first(self) -> int:
        """What each window holds least often is taken out of it, the fullest window first; 0 if that is not over soon,
        or would take what is not the lead's."""
        rows = np.flatnonzero(~self._alone)
        gone = np.flatnonzero(self._alone).tolist()
        while len(self.counted) <= MOST_ALONE and len(gone) <= MOST_GONE and self._is_member[gone].all():
            fullest: list[int] = []
            for t in self._plain:
                here = rows[self._seen[t.path][rows]]
                for begin, end in self._windows(t, here):
                    fullest = max(fullest, self._too_many(t, here[begin:end]), key=len)
            if not fullest:
                return 0 if reached(self.model, self.counted.take(rows), self.zone).supports.any() else len(gone)
            gone += fullest
            rows = np.setdiff1d(rows, fullest)
        return 0

    def _newest_first(self) -> int:
        """Taking away, each time, the newest record of the lead that still supports; 0 if that is not over soon."""
        rows = np.arange(len(self.counted))
        held = np.flatnonzero(reached(self.model, self.counted, self.zone).supports)
        mine = held[np.isin(held, self.members)]
        if len(mine) > MOST_GONE:
            # Without the newest that support it, it either falls or stands for long.
            left = np.setdiff1d(rows, mine[-MOST_GONE:])
            if reached(self.model, self.counted.take(left), self.zone).supports.any():
                return 0
        for gone in range(min(len(self.members), MOST_GONE + 1)):
            ok = rows[reached(self.model, self.counted.take(rows), self.zone).supports]
            if not len(ok):
                return gone
            mine = ok[np.isin(ok, self.members)]
            rows = rows[rows != (mine if len(mine) else ok)[-1]]
        return len(self.members) if len(self.members) <= MOST_GONE else 0

    def _any_choice(self, size: int) -> bool:
        """Whether the lead falls without some ``size`` of its records: every choice stands as a group of its own, and
        the thresholds look at all of them at once."""
        n = len(self.counted)
        every = np.array(list(combinations(self.members.tolist(), size)), dtype=np.int64)
        for chosen in np.array_split(every, max(1, len(every) * n // AT_ONCE)):
            left = np.ones((len(chosen), n), bool)
            left[np.arange(len(chosen))[:, None], chosen] = False
            choice, row = np.nonzero(left)
            counted = replace(self.counted.take(row), subject=choice)
            supports = reached(self.model, counted, self.zone).supports
            if len(np.unique(choice[supports])) < len(chosen):
                return True
        return False
