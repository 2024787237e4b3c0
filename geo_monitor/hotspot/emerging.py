"""Emerging hotspots: how the Gi* of each place went over time, in seventeen words.

The classes are those of Emerging Hot Spot Analysis as ArcGIS Pro 3.2 (2023) documents them: sixteen patterns and none.
Where that text leaves a choice, ``DEFINITION`` names ours:

- a bin is hot or cold by the two-sided p of ``hotspots`` over all bins together, Benjamini-Hochberg adjusted; its
  neighbourhood is that of the place in the same and in ``back`` earlier time units; expected by the whole of the cube;
- the trend is Mann-Kendall on z, two-sided at ``alpha``, a place at a time;
- of patterns that fit at once the first of the list counts, so that a place hot for the first time is *new* even if it
  was cold before; 90 % in time but not in the last unit is always *historical*, never *persistent*; and what is so now
  goes before what was (hot nine times and cold the tenth is a *new* cold spot, no *historical* hot one);
- units without effort are neither hot nor cold and not counted; if the last is one, the place has no pattern.

Nothing here is drawn at random: every seed gives the same classes. What a figure close to the limit could tip is marked
instead: ``unstable`` where the class is another one with limits of 0.8 or 1.25 times ``alpha``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, dia_array, kron

from geo_monitor.domain.words import Words
from geo_monitor.errors import CallError
from geo_monitor.hotspot.gi_star import COLD, DENSE, HOT, MIN_COUNT, UNMEASURED, Hotspots, hotspots
from geo_monitor.hotspot.near import Ints
from geo_monitor.hotspot.trend import Trend, mann_kendall

DEFINITION = "ArcGIS Pro 3.2 / geo-monitor 1"
#: The rules speak of 90 per cent of the units: with fewer than ten there is no such share but all.
FEWEST_UNITS = 10
OFTEN = 0.9
#: z that differ by less are the same: a sum in another order is no rise.
DIGITS = 9
NUDGES = (0.8, 1.25)

PATTERNS = ("new", "consecutive", "intensifying", "persistent", "diminishing", "historical", "oscillating", "sporadic")
NONE = "none"
_ZH = ("新增", "连续", "增强", "持续", "减弱", "历史", "振荡", "零星")
CLASSES: dict[str, Words] = {
    NONE: Words("未见规律", "no pattern"),
    **{f"{en}_hot": Words(f"{zh}热点", f"{en} hot spot") for en, zh in zip(PATTERNS, _ZH, strict=True)},
    **{f"{en}_cold": Words(f"{zh}冷点", f"{en} cold spot") for en, zh in zip(PATTERNS, _ZH, strict=True)},
}
REASONS = {
    NONE: Words("不符合任何一类", "fits none of the patterns"),
    "new": Words("最近时段首次显著", "significant in the last unit for the first time"),
    "consecutive": Words("最近连续两个以上时段显著,此前从未", "significant in an unbroken final run, never before"),
    "intensifying": Words("九成以上时段显著,且强度显著上升", "significant in 90 % of the units, and growing stronger"),
    "persistent": Words("九成以上时段显著,强度无趋势", "significant in 90 % of the units, without a trend"),
    "diminishing": Words("九成以上时段显著,强度显著下降", "significant in 90 % of the units, and growing weaker"),
    "historical": Words("九成以上时段显著,但最近时段不显著", "significant in 90 % of the units, but not in the last"),
    "oscillating": Words("最近时段显著,此前曾为相反一类", "significant in the last unit, and the opposite before"),
    "sporadic": Words("最近时段显著,此前时断时续", "significant in the last unit, and on and off before"),
}


@dataclass(frozen=True)
class Course:
    """One place as a page or a letter shows it; ``units`` how many were hot (cold, for a cold class) of ``known``."""

    place: int
    name: str
    units: int
    known: int
    trend_z: float
    trend_p: float
    unstable: bool

    @property
    def words(self) -> Words:
        return CLASSES[self.name]

    def reason(self) -> Words:
        why = REASONS[self.name.partition("_")[0]]
        shaky_zh, shaky_en = ("(接近界限,不稳定)", " (close to the limit: unstable)") if self.unstable else ("", "")
        return Words(
            f"{why.zh}:{self.known} 个时段中 {self.units} 个显著,趋势 z = {self.trend_z:.1f}{shaky_zh}",
            f"{why.en}: {self.units} of {self.known} units, trend z = {self.trend_z:.1f}{shaky_en}",
        )


@dataclass(frozen=True)
class Emerging:
    """``names``: the class of each place. ``bins``: verdicts and figures of all bins, places by units, flattened."""

    names: tuple[str, ...]
    unstable: npt.NDArray[np.bool_]
    verdicts: Ints
    trend: Trend
    bins: Hotspots
    definition: str
    alpha: float

    def at(self, place: int) -> Course:
        side = COLD if self.names[place].endswith("_cold") else HOT
        return Course(
            place,
            self.names[place],
            int((self.verdicts[place] == side).sum()),
            int((self.verdicts[place] != UNMEASURED).sum()),
            float(self.trend.z[place]),
            float(self.trend.p[place]),
            bool(self.unstable[place]),
        )


def emerging(
    counts: npt.ArrayLike,
    neighbours: csr_array,
    exposure: npt.ArrayLike | None = None,
    *,
    back: int = 1,
    alpha: float = 0.05,
    min_count: int = MIN_COUNT,
    dense: float = DENSE,
) -> Emerging:
    """``counts`` (and ``exposure``, effort): (places, time units), the last unit last. ``neighbours``: (places, places)
    with self. CallError if there are fewer than ten units."""
    cube = np.asarray(counts, float)
    if cube.ndim != 2 or cube.shape[1] < FEWEST_UNITS:
        raise CallError(f"hotspots: expected (places, units) with at least {FEWEST_UNITS} units, found {cube.shape}")
    units = cube.shape[1]
    band = dia_array((np.ones((back + 1, units)), -np.arange(back + 1)), shape=(units, units))
    near = csr_array(kron(neighbours, band, format="csr"))
    spent = None if exposure is None else np.asarray(exposure, float).ravel()
    bins = hotspots(cube.ravel(), near, spent, alpha=alpha, min_count=min_count, dense=dense)
    z = np.where(bins.verdict == UNMEASURED, np.nan, np.nan_to_num(bins.z)).reshape(cube.shape)
    trend = mann_kendall(np.round(z, DIGITS))
    verdicts = bins.verdict.reshape(cube.shape)
    names = classified(verdicts, trend, alpha)
    unstable = np.zeros(len(cube), dtype=bool)
    for nudge in NUDGES:
        nudged = classified(_judged_at(bins, alpha * nudge).reshape(cube.shape), trend, alpha * nudge)
        unstable |= names != nudged
    return Emerging(tuple(names.tolist()), unstable, verdicts, trend, bins, DEFINITION, alpha)


def classified(verdicts: Ints, trend: Trend, alpha: float) -> npt.NDArray[np.str_]:
    """The class of each place from the verdicts of its bins (places, units) and the trend of its z."""
    known = verdicts != UNMEASURED
    rising = np.where(trend.p <= alpha, np.sign(trend.s), 0)
    hot = _side(verdicts == HOT, verdicts == COLD, known, rising)
    cold = _side(verdicts == COLD, verdicts == HOT, known, -rising)
    # Both fit only where the last unit turned over after a long time; what is so now goes before what was.
    names = np.where((hot != "") & ((cold == "") | (hot != "historical")), np.char.add(hot, "_hot"), NONE)
    return np.where((cold != "") & ((hot == "") | (cold != "historical")), np.char.add(cold, "_cold"), names)


def _side(hit: npt.NDArray, opposite: npt.NDArray, known: npt.NDArray, stronger: Ints) -> npt.NDArray[np.str_]:
    """The pattern of one side, empty where none fits; in the order of ``PATTERNS``."""
    total, final = hit.sum(axis=1), hit[:, -1]
    # At least 9 of 10 in whole numbers, so that 0.9 has no last digit to argue about.
    often = (total > 0) & (10 * total >= round(10 * OFTEN) * known.sum(axis=1))
    # The run at the end: how many units after the last one that is no hit. Units without effort do not break it.
    broken = known & ~hit
    after = np.where(broken.any(axis=1), broken[:, ::-1].argmax(axis=1), hit.shape[1])
    inside = np.arange(hit.shape[1]) >= (hit.shape[1] - after)[:, None]
    run = (hit & inside).sum(axis=1)
    fits = [
        final & (total == 1),
        final & (run >= 2) & (run == total) & ~often,
        final & often & (stronger > 0),
        final & often & (stronger == 0),
        final & often & (stronger < 0),
        ~final & known[:, -1] & often,
        final & opposite.any(axis=1),
        final,
    ]
    return np.select(fits, [np.full(len(hit), name) for name in PATTERNS], default="")


def _judged_at(bins: Hotspots, alpha: float) -> Ints:
    with np.errstate(invalid="ignore"):
        found = np.where(bins.q <= alpha, np.sign(bins.count - bins.expected), 0).astype(np.int64)
    found[(found == HOT) & (bins.count < bins.min_count)] = 0
    found[bins.verdict == UNMEASURED] = UNMEASURED
    return found
