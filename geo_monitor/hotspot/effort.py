"""Does a hotspot follow from looking more? The same counts judged as they are, and by what was spent on finding them.

Reports need somebody who looks: where patrols drive three times the way, they find three times as much of the same. The
expectation is then put in proportion to the effort (kilometres, campaign days, businesses, residents), as an indirectly
standardised ratio has it (Breslow & Day, Statistical Methods in Cancer Research II, IARC 1987, section 2.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geo_monitor.domain.words import Words
from geo_monitor.errors import CallError
from geo_monitor.hotspot.gi_star import DENSE, HOT, MIN_COUNT, UNMEASURED, Hotspots, hotspots
from geo_monitor.hotspot.near import Floats, Ints

STANDS, LOOKING_MORE, LOOKING_LESS, NOTHING, NOT_KNOWN = (
    "stands",
    "looking_more",
    "looking_less",
    "nothing",
    "not_known",
)
WORDS = {
    STANDS: Words("热点成立:按投入校正后仍显著", "hot also for the effort spent"),
    LOOKING_MORE: Words("因查得多:按投入校正后不显著", "follows from looking more: not hot for the effort spent"),
    LOOKING_LESS: Words(
        "查得少而发现多:按件数不显著,按投入显著", "few looks, many finds: hot only for the effort spent"
    ),
    NOTHING: Words("无显著聚集", "no hot spot"),
    NOT_KNOWN: Words("投入未知,无法校正", "effort not known: cannot be adjusted"),
}


@dataclass(frozen=True)
class EffortVerdict:
    """Naive and adjusted side by side, for one place. ``effort_ratio``: the neighbourhood's effort per place by the
    mean of all."""

    place: int
    verdict: str
    count: int
    expected_naive: float
    expected_adjusted: float
    q_naive: float
    q_adjusted: float
    effort_ratio: float

    @property
    def words(self) -> Words:
        return WORDS[self.verdict]

    def reason(self) -> Words:
        return Words(
            f"{self.words.zh}。邻域内 {self.count} 件;按面积应有 {self.expected_naive:.1f} 件(q = {self.q_naive:.2g}),"
            f"投入为平均的 {self.effort_ratio:.1f} 倍,按投入应有 {self.expected_adjusted:.1f} 件"
            f"(q = {self.q_adjusted:.2g})",
            f"{self.words.en}. {self.count} in the neighbourhood; by area {self.expected_naive:.1f} are expected "
            f"(q = {self.q_naive:.2g}); effort is {self.effort_ratio:.1f} times the mean, and by effort "
            f"{self.expected_adjusted:.1f} are expected (q = {self.q_adjusted:.2g})",
        )


@dataclass(frozen=True)
class Effort:
    """``verdict``: one word of ``WORDS`` a place."""

    naive: Hotspots
    adjusted: Hotspots
    verdict: tuple[str, ...]
    effort_ratio: Floats

    def at(self, place: int) -> EffortVerdict:
        return EffortVerdict(
            place,
            self.verdict[place],
            int(self.naive.count[place]),
            float(self.naive.expected[place]),
            float(self.adjusted.expected[place]),
            float(self.naive.q[place]),
            float(self.adjusted.q[place]),
            float(self.effort_ratio[place]),
        )


def weigh(
    counts: npt.ArrayLike,
    neighbours: csr_array,
    effort: npt.ArrayLike,
    *,
    alpha: float = 0.05,
    min_count: int = MIN_COUNT,
    dense: float = DENSE,
) -> Effort:
    """Both readings of one map. ``effort``: (n,) patrol kilometres, days, businesses ...; 0 or NaN where not known."""
    spent = np.asarray(effort, float)
    if spent.ndim != 1 or not (np.nan_to_num(spent) > 0).any():
        raise CallError("hotspots: no place has an effort above 0; expected kilometres, days or numbers of businesses")
    naive = hotspots(counts, neighbours, alpha=alpha, min_count=min_count, dense=dense)
    adjusted = hotspots(counts, neighbours, spent, alpha=alpha, min_count=min_count, dense=dense)
    verdict = tuple(_word(n, a) for n, a in zip(naive.verdict.tolist(), adjusted.verdict.tolist(), strict=True))
    places: Ints = np.asarray(neighbours.sum(axis=1)).ravel()
    filled = np.nan_to_num(spent)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(places > 0, (neighbours @ filled) / places / filled.mean(), np.nan)
    return Effort(naive, adjusted, verdict, ratio)


def _word(naive: int, adjusted: int) -> str:
    if adjusted == UNMEASURED:
        return NOT_KNOWN
    if adjusted == HOT:
        return STANDS if naive == HOT else LOOKING_LESS
    return LOOKING_MORE if naive == HOT else NOTHING
