"""The smallest single change that would have let a lead pass.

The changes that are compared: one number of the model moved alone, in the direction that asks for more; or one report
the less. A number's change is measured as a share of the number, a report as a share of the lead's reports, so that
metres, days and counts can stand beside each other. Left out are numbers that draw a grid (the side of a cell, the
length of a stretch) and the length of a baseline: moving them may raise other leads as well as let this one pass.

In the direction that asks for more, fewer and fewer records count, so the turn can be found by halving; the result is
exact to the step of the number's kind (``STEP``). What "asks for more" means for each word of the grammar stands in
``_uses``. A test moves every number in small steps, and takes out every report, to show that nothing smaller will do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.hit import Change, Subject
from geo_monitor.engine.evaluate import ModelHits, Rerun, clustered
from geo_monitor.engine.fewest import Fewest
from geo_monitor.engine.thresholds import Counted, reached, shortest_window
from geo_monitor.supervision.model import (
    ON_NETWORK,
    AnotherCondition,
    ClockCondition,
    Having,
    Number,
    PlaceCondition,
    SupervisionModel,
    UnusualCondition,
    ValueCondition,
)

Ints = npt.NDArray[np.int64]
Stands = Callable[[Mapping[str, Number]], bool]

#: The finest step of each kind of number, in its base unit (of calendars: in their own).
STEP = {"length": 1e-4, "time": 1.0, "area": 0.01, "share": 1e-4, "speed": 1e-3, "calendar": 1.0}
#: A change of more than the number itself is not looked for: by then a single report weighs less.
FARTHEST = 1.0
#: In a model that looks around, so many reports are taken out one by one with all that follows from it.
MOST_LOOKED_AT = 12
#: Of so many records all pairs are looked at.
MOST_IN_PAIRS = 60


@dataclass(frozen=True)
class _Use:
    """Where a number stands: whether it must grow (``up``) to ask for more, whether only thresholds speak of it, the
    layer whose distances it limits, the condition whose way along the ``water`` or bank it limits, whether a lead that
    fell may stand again farther on (``uneven``: a shorter window may hold a greater share), and whether it is the
    ``window`` of a threshold."""

    number: str
    up: bool
    counted: bool = False
    whole: bool = False
    layer: str = ""
    water: PlaceCondition | None = None
    uneven: bool = False
    window: bool = False


def numbers_moved(model: SupervisionModel) -> dict[str, list[_Use]]:
    """Every number whose single change is looked at, with its uses; a number used in both directions is left out."""
    uses: dict[str, list[_Use]] = {}
    for use in _uses(model):
        if use.number:
            uses.setdefault(use.number, []).append(use)
    grid = {model.group.size if model.group.by != "cluster" else "", *(t.baseline for t in model.group.any)}
    # To ask for two where one is enough is no more than to take the one away, and that is told of the reports.
    once = {t.count for t in model.group.any if model.numbers[t.count].base <= 1}
    return {n: u for n, u in uses.items() if len({x.up for x in u}) == 1 and n not in grid | once}


def _uses(model: SupervisionModel) -> Iterator[_Use]:
    for c in model.where:
        if isinstance(c, PlaceCondition):
            near = c.layer if c.relation in ("within_distance", "nearest") and not c.without else ""
            water = c if c.relation in ON_NETWORK and not c.without else None
            yield _Use(c.at_most, c.without, layer=near, water=water)
            yield _Use(c.at_least, not c.without)
            yield _Use(c.bank, c.without, water=water)
            if c.alike:
                yield _Use(c.alike.at_least, not c.without)
            if c.dated:
                yield from (_Use(n, c.without) for n in (c.dated.before, c.dated.after) if n != "any")
        elif isinstance(c, ValueCondition):
            yield _Use(c.number, (c.op in (">=", ">")) != c.without)
        elif isinstance(c, UnusualCondition):
            # "below" a share of the median asks for more the smaller it is; a deviation the larger.
            yield _Use(c.number, (c.side == "above" or c.of == "peers") != c.without)
        elif isinstance(c, ClockCondition):
            yield _Use(c.passed, not c.without)
        elif isinstance(c, AnotherCondition):
            yield from (_Use(n, c.without) for n in (c.at_most, c.before, c.after) if n != "any")
            yield _Use(c.count, not c.without, whole=True)
            yield _Use(c.faster_than, not c.without)
    group = model.group
    yield _Use(group.reach, False, layer="" if group.of else group.by)
    yield _Use(group.apart, False)
    yield _Use(group.size if group.by == "cluster" else "", False)
    for t in group.any:
        yield _Use(t.count, True, counted=True, whole=True)
        # A window that is set against the usual of such a window moves both sides: it is left out.
        yield from () if t.times else (_Use(t.window, False, counted=True, uneven=bool(t.share or t.few), window=True),)
        yield _Use(t.sum, True, counted=True)
        yield _Use(t.share, True, counted=True)
        yield _Use(t.few, False, counted=True, whole=True)
        yield _Use(t.times, True, counted=True)
        yield from _of_having(t.having)
        yield from _of_having(t.share_having)


def _of_having(having: Having) -> Iterator[_Use]:
    yield _Use(having.number, having.op in (">=", ">"), counted=True)


class Lead:
    """One lead's records, asked whether they would still make it under other numbers."""

    def __init__(self, rerun: Rerun, hits: ModelHits, subject: Subject, keep: Ints, zone: tzinfo) -> None:
        """``keep``: positions of the lead's hits; the other hits of the subject, which are no part of it, may still
        weigh in a share or a usual count."""
        self.rerun, self.model, self.subject, self.zone = rerun, hits.model, subject, zone
        every = np.flatnonzero(hits.subject == hits.subjects.index(subject))
        self.rows = np.unique(hits.rows[every])
        counted = replace(hits.counted().take(every), subject=np.zeros(len(every), np.int64))
        self.counted = counted.coded(self.model, zone)
        self.members = np.searchsorted(every, keep)

    def stands(self, numbers: Mapping[str, Number]) -> bool:
        hits = clustered(self.rerun.again(numbers, self.rows), numbers)
        if hits.model.group.by == "cluster":
            return bool(reached(self.model, hits.counted(), self.zone, numbers).supports.any())
        if self.subject not in hits.subjects:
            return False
        mine = np.flatnonzero(hits.subject == hits.subjects.index(self.subject))
        return self._counts(hits.counted().take(mine), numbers)

    def counts(self, numbers: Mapping[str, Number]) -> bool:
        """The same when only thresholds are moved: the hits stay what they are."""
        return self._counts(self.counted, numbers)

    def _counts(self, counted: Counted, numbers: Mapping[str, Number]) -> bool:
        return bool(reached(self.model, counted, self.zone, numbers).supports.any())

    def smallest(self) -> Change:
        """The smallest single change, and the fewest reports without which the lead falls."""
        model = self.model
        n = len(self.members)
        if not self.counts(model.numbers):
            return Change()  # it stands on what was known once and is not so now: nothing need be less
        fewer, exact = (0, True) if model.watch.layer else self._fewest()
        best = Change(size=fewer / n if fewer == 1 else np.inf, fewer=fewer, exact=exact)
        moved = numbers_moved(model)
        # Thresholds first: they cost next to nothing, and what they find narrows the search among places.
        for name in sorted(moved, key=lambda k: not all(u.counted for u in moved[k])):
            found = self._turn(model.numbers[name], moved[name], min(best.size, FARTHEST))
            if found is not None and found[1] < best.size:
                best = Change(name, round(found[0], 7), round(found[1], 9), fewer, exact)
        return best if np.isfinite(best.size) else Change(fewer=fewer, exact=exact)

    def _turn(self, number: Number, uses: list[_Use], farthest: float) -> tuple[float, float] | None:
        """The value nearest to the number's own at which the lead would not stand, and how far that is, as a share."""
        own = number.value if number.kind == "calendar" else number.base
        if own <= 0:
            return None
        ask = self.counts if all(u.counted for u in uses) else self.stands
        step = 1.0 if any(u.whole for u in uses) else STEP.get(number.kind, 10.0 ** np.floor(np.log10(own) - 4))
        up = uses[0].up

        def falls(k: int) -> bool:
            value = own + k * step if up else own - k * step
            moved = replace(number, value=value) if number.kind == "calendar" else number.at(max(value, 0.0))
            return not ask({**self.model.numbers, number.name: moved})

        most = int(np.floor(farthest * own / step + 1e-9))
        if not up:
            most = min(most, int(np.ceil(own / step - 1e-9)) - 1)  # a number of nothing is none
        if any(u.uneven for u in uses):
            found = self._by_gaps(number, most)
            return None if found is None else (found, abs(found - own) / own)
        turn = self._by_moments(number, uses, most, falls) or self._by_distances(own, step, uses, most, falls)
        turn = turn or _halved(falls, most)
        if turn is None:
            return None
        return (own + turn * step if up else max(own - turn * step, 0.0)), turn * step / own

    def _by_gaps(self, number: Number, most: int) -> float | None:
        """A window can only turn just below, or at, the time between two records: all of these are tried, on both sides
        (a longer window may hold a smaller share), nearest first."""
        own, occurred = number.base, self.counted.occurred[-MOST_IN_PAIRS:]
        gaps = np.unique(np.abs(occurred[:, None] - occurred[None, :]))
        tried = np.concatenate([gaps[(gaps > 0) & (gaps <= own)] - 1, gaps[gaps > own]]).astype(float)
        for value in tried[np.argsort(np.abs(tried - own), kind="stable")].tolist():
            if abs(value - own) > most:
                return None
            if not self.counts({**self.model.numbers, number.name: number.at(value)}):
                return float(value)
        return None

    def _by_moments(self, number: Number, uses: list[_Use], most: int, falls: Callable[[int], bool]) -> int | None:
        """A window of a threshold can only turn just below the time between two records; of one that only counts, just
        below the shortest in which there is enough."""
        own = number.base
        if not all(u.window for u in uses) or own % 1:
            return None
        numbers, mine = self.model.numbers, [t for t in self.model.group.any if t.window == number.name]
        needed = [shortest_window(t, self.counted, numbers, self.zone) for t in mine]
        turn = int(own) - min((n for n in needed if n is not None), default=0) + 1
        if 1 <= turn <= most and falls(turn) and (turn == 1 or not falls(turn - 1)):
            return turn
        if len(self.counted) > MOST_IN_PAIRS:
            return None
        occurred = self.counted.occurred
        steps = np.unique(int(own) - np.abs(occurred[:, None] - occurred[None, :]) + 1)
        return _halved_among(steps, most, falls)

    def _by_distances(
        self, own: float, step: float, uses: list[_Use], most: int, falls: Callable[[int], bool]
    ) -> int | None:
        """A limit of distance can only turn just below a distance that was found: far fewer to try than steps."""
        use = uses[0]
        if len(uses) != 1 or use.up or not (use.layer or use.water):
            return None
        if use.water:
            metres = self.rerun.metres_by_water(use.water, self.rows, bank=use.number == use.water.bank)
        else:
            metres = self.rerun.metres(use.layer, self.rows)
        steps = np.unique(np.floor((own - metres[metres <= own]) / step + 1e-6).astype(np.int64) + 1)
        return _halved_among(steps, most, falls)

    def _fewest(self) -> tuple[int, bool]:
        """How many reports must go before no threshold is met (0: more than anybody wants to hear of), and whether
        fewer were shown not to do."""
        found, exact = Fewest(self.model, self.counted, self.members, self.zone).find()
        if found > 1 and (self.model.looks_around or self.model.group.by == "cluster"):
            # A report may also be another's companion, or the link between two: what goes with it is looked at too.
            return (1, True) if self._one_is_needed() else (found, found == 2)
        return found, exact

    def _one_is_needed(self) -> bool:
        ids = self.rerun.hits.records.ids[self.rows[self.members]]
        return any(
            not Lead.again(self.rerun.without(str(i)), self).stands(self.model.numbers) for i in ids[:MOST_LOOKED_AT]
        )

    @classmethod
    def again(cls, rerun: Rerun, lead: Lead) -> Lead:
        """The same lead, asked over other reports."""
        new = cls.__new__(cls)
        new.rerun, new.model, new.subject, new.zone = rerun, lead.model, lead.subject, lead.zone
        ids = lead.rerun.hits.records.ids[lead.rows]
        new.rows = np.flatnonzero(np.isin(rerun.hits.records.ids.astype(str), ids.astype(str)))
        new.members, new.counted = lead.members, lead.counted
        return new


def _halved_among(steps: Ints, most: int, falls: Callable[[int], bool]) -> int | None:
    """The same when it can only fall at some of them (ascending)."""
    steps = steps[(steps >= 1) & (steps <= most)]
    at = _halved(lambda k: falls(int(steps[k - 1])), len(steps)) if len(steps) else None
    return None if at is None else int(steps[at - 1])


def _halved(falls: Callable[[int], bool], most: int) -> int | None:
    """The least k from 1 to ``most`` at which it falls, given that it stands at 0 and, once fallen, stays so."""
    if most < 1 or not falls(most):
        return None
    stands, fallen = 0, most
    while fallen - stands > 1:
        middle = (stands + fallen) // 2
        if falls(middle):
            fallen = middle
        else:
            stands = middle
    return fallen
