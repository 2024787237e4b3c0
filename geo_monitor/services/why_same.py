"""Why two reports are proposed as one event, in words for whoever has to decide: part by part, with the points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import numpy as np

from geo_monitor.domain.incident import Incident
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import IncidentColumns
from geo_monitor.services import likeness_weights as w
from geo_monitor.services.likeness import DECIMALS, Outline, Parts, Wording, compare
from geo_monitor.services.report_words import Named
from geo_monitor.supervision.vocabulary import category_words

#: These are said even where they count nothing: whoever decides looks for them first.
ALWAYS = ("place", "time", "category", "text")


@dataclass(frozen=True, slots=True)
class Part:
    """``code``: of ``likeness_weights.PART_WORDS``; ``found``: what was compared, in words; ``points`` for (or, below
    zero, against) one event."""

    code: str
    found: Words
    points: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why ``report`` stands with ``other``, the likeliest of those that stand before it. ``points`` is None for two
    that lie beyond the bounds within which reports are compared: a person put them together, or a correction moved
    one."""

    report: str
    other: str
    points: float | None
    parts: tuple[Part, ...] = ()

    @property
    def sentence(self) -> Words:
        """相距 38 米、相隔 2 小时、同为采砂取土、文字 71% 相同."""
        said = [p.found for p in self.parts if p.code != "before"]
        return Words("、".join(s.zh for s in said), ", ".join(s.en for s in said))

    def as_dict(self) -> dict[str, Any]:
        parts = [{"part": p.code, "found": p.found.as_dict(), "points": p.points} for p in self.parts]
        return {
            "report": self.report,
            "other": self.other,
            "points": self.points,
            "sentence": self.sentence.as_dict(),
            "parts": parts,
        }


def reasons(incidents: Sequence[Incident], zone: tzinfo) -> list[Reason]:
    """One for each report but the first, by (occurred, id). ``zone``: the city's, in which a day is a day."""
    columns = IncidentColumns.of(incidents)
    ordered = sorted(incidents, key=lambda i: (i.occurred, i.id))
    if len(ordered) < 2:
        return []
    outline, wording = Outline.of(columns, zone), Wording.of(ordered)
    i, j = np.triu_indices(len(ordered), 1)
    i, j = i.astype(np.int64), j.astype(np.int64)
    fits = outline.comparable(i, j)
    i, j = i[fits], j[fits]
    parts = compare(outline, wording, i, j)
    total = parts.total
    found: list[Reason] = []
    for late in range(1, len(ordered)):
        pairs = np.flatnonzero(j == late)
        if not len(pairs):
            found.append(Reason(ordered[late].id, ordered[0].id, None))
            continue
        best = int(pairs[np.argmax(total[pairs])])
        early = int(i[best])
        said = tuple(_said(parts, best, ordered[early], ordered[late], outline, wording, early, late))
        found.append(Reason(ordered[late].id, ordered[early].id, float(total[best]), said))
    return found


def _said(
    parts: Parts, k: int, one: Incident, other: Incident, outline: Outline, wording: Wording, early: int, late: int
) -> Iterator[Part]:
    day_only = bool(outline.day_only[early] or outline.day_only[late])
    a, b = wording.named[early], wording.named[late]
    for code in w.PART_WORDS:
        points = round(float(parts.points[code][k]), DECIMALS)
        if code == "place":
            found = _distance(float(parts.metres[k]), float(parts.within[k]))
        elif code == "time":
            found = _gap(float(parts.hours[k]), day_only)
        elif code == "category":
            found = _categories(one.category, other.category)
        elif code == "text":
            found = _text(float(parts.alike[k]))
        elif code == "before":
            found = w.PART_WORDS[code]
        elif code == "reporter":
            found = Words("同一举报人", "the same reporter")
        else:
            found = _named(code, a, b, points)
        if points or code in ALWAYS:
            yield Part(code, found, points)


def _distance(metres: float, within: float) -> Words:
    sure = round(2.45 * within)
    return Words(
        f"相距 {metres:.0f} 米（定位误差约 {sure} 米）", f"{metres:.0f} m apart (places known to about {sure} m)"
    )


def _gap(hours: float, day_only: bool) -> Words:
    if day_only and hours == 0:
        return Words("同一天（仅知日期）", "on the same day (only the day is known)")
    if hours < 1:
        minutes = round(hours * 60)
        return Words(f"相隔 {minutes} 分钟", f"{minutes} min apart")
    if hours < 48:
        return Words(f"相隔 {hours:.0f} 小时", f"{hours:.0f} h apart")
    days = f"{hours / 24:.1f}".removesuffix(".0")
    return Words(f"相隔 {days} 天", f"{days} days apart")


def _categories(one: str, other: str) -> Words:
    a, b = category_words(one), category_words(other)
    if one == other:
        return Words(f"同为{a.zh}", f"both {a.en}")
    if "other" in (one, other):
        named = b if one == "other" else a
        return Words(f"一为{named.zh}，一未归类", f"one {named.en}, one not filed")
    return Words(f"{a.zh}与{b.zh}，类别相近", f"{a.en} and {b.en}, which go together")


def _text(alike: float) -> Words:
    if np.isnan(alike):
        return Words("文字过短，未作比较", "wording too short to compare")
    percent = round(100 * alike)
    return Words(f"文字 {percent}% 相同", f"{percent}% of the wording in common")


def _named(code: str, a: Named, b: Named, points: float) -> Words:
    """Of numbers, names and places: what both name, or that they differ."""
    what = w.PART_WORDS[code]
    if points < 0:
        return Words(f"{what.zh}不同", f"another {what.en}")
    common = _common(a.things, b.things, tuple(w.SITES) if code == "site" else (code,))
    zh, en = f"{what.zh}相同", f"the same {what.en}"
    return Words(f"{zh}（{'、'.join(common)}）", f"{en} ({', '.join(common)})") if common else Words(zh, en)


def _common(
    ours: Mapping[str, frozenset[str]], theirs: Mapping[str, frozenset[str]], kinds: Sequence[str]
) -> list[str]:
    return sorted({thing for kind in kinds for thing in ours.get(kind, frozenset()) & theirs.get(kind, frozenset())})
