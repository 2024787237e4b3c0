"""Grounds: clause by clause what a model asked and what was found, in words that a procurator can check.

Pure: from a model's hits, kept with what each condition found, to sentences and figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.exemption import Exemption
from geo_monitor.domain.hit import Clause, Grounds, Subject
from geo_monitor.domain.incident import EVIDENCE
from geo_monitor.domain.words import Words
from geo_monitor.engine import accuracy
from geo_monitor.engine.columns import DAY_OPEN_TO, IncidentColumns
from geo_monitor.engine.counterfactual import Lead
from geo_monitor.engine.days import EPOCH, NO_DAY, days_of
from geo_monitor.engine.evaluate import Found, ModelHits, Rerun, clustered
from geo_monitor.engine.sentences import sentence, would_pass
from geo_monitor.engine.sieve import World, figures
from geo_monitor.engine.thresholds import reached
from geo_monitor.engine.wording import (
    EVIDENCE_WORDS,
    PERIOD_WORDS,
    Wording,
    another_of,
    asked,
    between_of,
    duration,
    features_of,
    figure,
    listed,
    lowered,
    quantity,
    several,
    since_words,
    threshold_words,
)
from geo_monitor.supervision.choices import choice_words
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Condition,
    DatesCondition,
    HoursCondition,
    Number,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.supervision.vocabulary import PSEUDONYMS, SOURCE_WORDS, category_words

Rows = npt.NDArray[np.int64]


@dataclass
class Examined:
    """One model over the records of its leads, with what was found; clusters are linked."""

    rerun: Rerun
    hits: ModelHits
    shares: Mapping[tuple[str, Subject], float]

    def members(self, subject: Subject, records: Sequence[str]) -> Rows:
        """Positions of the hits of these records for a subject, in order of time."""
        if subject not in self.hits.subjects:
            return np.zeros(0, np.int64)
        wanted = set(records)
        at = np.flatnonzero(self.hits.subject == self.hits.subjects.index(subject))
        return at[np.array([str(self.hits.records.ids[r]) in wanted for r in self.hits.rows[at]], bool)]


def examine(
    model: SupervisionModel,
    incidents: IncidentColumns,
    world: World,
    *,
    pool: IncidentColumns,
    exemptions: Sequence[Exemption] = (),
) -> Examined:
    """A model over the given incidents (or its watched layer), ready for the grounds of any of its leads. ``pool`` must
    hold all reports that may matter to them as companions or as what is usual."""
    rerun = Rerun(model, incidents, world, pool=pool, exemptions=exemptions)
    return Examined(rerun, clustered(rerun.hits), accuracy.shares(model, incidents, world, pool, exemptions))


def explain(
    examined: Examined, subject: Subject, members: Rows, about: Words, wording: Wording, seq: int = 0
) -> Grounds:
    """Grounds of the lead of ``subject`` from the hits at the positions ``members`` (sorted by time)."""
    hits, world = examined.hits, examined.rerun.world
    model, rows = hits.model, hits.rows[members]
    clauses = [_watched(model, hits, rows, wording)]
    clauses += [_clause(condition, hits, rows, world, wording) for condition in model.where]
    clauses.append(_counted(model, hits, members, wording))
    shares = _shares(examined, members)
    if shares:
        clauses.append(_accuracy(shares, len(members)))
    change = Lead(examined.rerun, hits, subject, members, wording.zone).smallest()
    return Grounds(
        model.id,
        model.version,
        model.hash,
        {name: world.layers[name].version for name in model.layers if name in world.layers},
        tuple(clauses),
        sentence(model, clauses, about),
        would_pass(change, model, hits, rows, world, wording).as_dict(),
        change,
        shares,
        world.as_of.astimezone(UTC).isoformat(),
        seq,
        _known(hits, subject, members),
    )


def _known(hits: ModelHits, subject: Subject, members: Rows) -> tuple[str, ...]:
    every = np.flatnonzero(hits.subject == hits.subjects.index(subject))
    return tuple(str(hits.records.ids[hits.rows[k]]) for k in np.setdiff1d(every, members))


# ---- clauses -----------------------------------------------------------------------------------------------


def _watched(model: SupervisionModel, hits: ModelHits, rows: Rows, wording: Wording) -> Clause:
    rec, watch = hits.records, model.watch
    if watch.layer:
        title = wording.layer(watch.layer)
        kind = {"expired_on_day": Words("有效期已过的", "expired "), "on_day": Words("有效期内的", "valid ")}.get(
            watch.valid, Words("", "")
        )
        asks = Words(f"检视{kind.zh}{title.zh}", f"look at {kind.en}{lowered(title.en)}")
        found = Words(f"{len(rows)}条{kind.zh}{title.zh}", f"{kind.en}{lowered(title.en)}: {len(rows)}")
        if watch.valid == "expired_on_day" and len(rows):
            ended = np.datetime64(min(int(rec.attributes["@valid_to"][r]) for r in rows), "D").astype(str)
            found = Words(f"{found.zh}，有效期至{ended}", f"{found.en}, valid until {ended}")
        elif watch.dated and len(rows) and not any(_runs_from(c, watch.dated) for c in model.where):
            named, day = wording.field(watch.layer, watch.dated), wording.moment(int(rec.occurred[rows[-1]]))[:10]
            found = Words(f"{found.zh}，{named.zh}{day}", f"{found.en}, {lowered(named.en)} {day}")
    else:
        what = [category_words(c) for c in watch.category]
        asks = Words("类别：" + "、".join(w.zh for w in what), "category: " + ", ".join(w.en for w in what))
        names, counts = np.unique(rec.category[rows], return_counts=True)
        parts = [(category_words(rec.categories[c]), n) for c, n in zip(names.tolist(), counts.tolist(), strict=True)]
        found = Words("、".join(f"{w.zh}{n}件" for w, n in parts), ", ".join(f"{n} × {w.en}" for w, n in parts))
    return Clause("watch", "watch", asks.as_dict(), found.as_dict(), value=float(len(rows)))


def _runs_from(condition: Condition, field: str) -> bool:
    """Whether a clock runs from this day: it then tells the day itself."""
    return isinstance(condition, ClockCondition) and condition.since == field


def _clause(condition: Condition, hits: ModelHits, rows: Rows, world: World, wording: Wording) -> Clause:
    model, asks = hits.model, asked(condition, hits.model, wording)
    if isinstance(condition, PlaceCondition):
        return _placed(condition, asks, hits, rows, world, wording)
    if isinstance(condition, AnotherCondition):
        return _another(condition, asks, hits, rows, wording)
    if isinstance(condition, SeasonCondition | DatesCondition | HoursCondition):
        times = [wording.moment(int(t)) for t in hits.records.occurred[rows][[0, -1]]]
        one = times[0] == times[1]
        zh, en = (times[0], times[0]) if one else (f"{times[0]} 至 {times[1]}", f"{times[0]} to {times[1]}")
        return Clause(condition.path, "time", asks.as_dict(), Words(zh, en).as_dict())
    if isinstance(condition, ValueCondition):
        return _valued(condition, asks, model, hits, rows, wording)
    if isinstance(condition, UnusualCondition):
        return _unusual(condition, asks, model, hits, rows, wording)
    return _clock(condition, asks, hits, rows, world, wording)


def _placed(c: PlaceCondition, asks: Words, hits: ModelHits, rows: Rows, world: World, wording: Wording) -> Clause:
    model, layer = hits.model, world.layers[c.layer]
    limit = model.numbers.get(c.at_most or c.at_least)
    accuracy_m = float(hits.records.accuracy_m[rows].max()) if len(rows) else 0.0
    what = features_of(c, model, wording)
    unit = {"length": "m", "area": "m2", "share": "share"}.get(limit.kind, "") if limit else ""
    if c.without or c.relation == "outside":
        found = _absent(c, what, limit, len(layer))
        return Clause(
            c.path,
            "without",
            asks.as_dict(),
            found.as_dict(),
            limit=limit.base if limit else None,
            unit=unit,
            uncertainty_m=accuracy_m,
            layer_version=layer.version,
        )
    at = hits.found.get(c.path, Found(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)))
    mine = np.isin(at.rows, rows)
    features, figures = at.feature[mine], at.figure[mine]
    shown = listed([layer.titles[f] for f in dict.fromkeys(features.tolist())])
    uncertainty = accuracy_m + (float(layer.accuracy_m[features].max()) if len(features) else 0.0)
    value = float(figures.max()) if len(figures) and limit is not None else None
    margin: float | None = None
    span = _span(figures)
    if c.relation in ("within_distance", "nearest", "on_bank"):
        assert limit is not None
        found = Words(f"距{shown.zh} {span} 米", f"{span} m from {shown.en}")
        if not figures.any():
            areal = len(features) and all(layer.geometry[f].area for f in features)
            found = (
                Words(f"位于{shown.zh}内", f"inside {shown.en}")
                if areal
                else Words(f"就在{shown.zh}", f"at {shown.en}")
            )
        if c.relation == "on_bank":
            side = Words("左岸", "left bank") if c.side == "left" else Words("右岸", "right bank")
            found = Words(f"在{shown.zh}{side.zh}，相距 {span} 米", f"on the {side.en} of {shown.en}, {span} m off")
        margin = round(limit.base - float(figures.max()), 4) if len(figures) else None
        if margin is not None and uncertainty > margin:
            known = _known_to(accuracy_m, uncertainty - accuracy_m)
            found = Words(f"{found.zh}（{known.zh}，可能超出）", f"{found.en} ({known.en}: it may lie beyond)")
    elif c.relation in ("upstream_of", "downstream_of"):
        zh, en = ("上游", "upstream of") if c.relation == "upstream_of" else ("下游", "downstream of")
        found = Words(f"在{shown.zh}{zh}，沿河 {span} 米", f"{en} {shown.en}, {span} m along the water")
    elif c.relation == "same_reach":
        found = Words(f"与{shown.zh}在同一河段", f"on the same reach as {shown.en}")
    elif c.relation == "overlap":
        assert limit is not None
        most = float(figures.max()) if len(figures) else 0.0
        part = figure(round(limit.at(most).value, 2), limit.unit)
        found = Words(f"与{shown.zh}重叠{part.zh}", f"overlaps {shown.en} by {part.en}")
        margin = round(most - limit.base, 4)
    elif c.relation == "crosses":
        found = Words(f"与{shown.zh}相交", f"meets {shown.en}")
    elif c.relation == "matching":
        found = Words(f"对应{shown.zh}", f"matches {shown.en}")
    else:
        found = Words(f"位于{shown.zh}内", f"inside {shown.en}")
    found = _linked(c, found, model, hits, rows, world, features, wording)
    return Clause(
        c.path,
        c.relation,
        asks.as_dict(),
        found.as_dict(),
        value=value,
        limit=limit.base if limit else None,
        unit=unit,
        uncertainty_m=uncertainty,
        margin=margin,
        layer_version=layer.version,
        feature=str(layer.ids[features[0]]) if len(features) else "",
    )


def _known_to(report_m: float, feature_m: float) -> Words:
    """How well the report and the feature are placed, told apart: nobody should take one for the other."""
    parts = []
    if report_m > 0:
        parts.append(Words(f"报告定位误差约{report_m:.0f}米", f"report placed to about {report_m:.0f} m"))
    if feature_m > 0:
        parts.append(Words(f"图层点位误差约{feature_m:.0f}米", f"the place on the layer to about {feature_m:.0f} m"))
    return Words("，".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def _span(figures: npt.NDArray[np.float64]) -> str:
    if not len(figures):
        return "—"
    near, far = float(figures.min()), float(figures.max())
    return f"{far:.1f}" if len(figures) == 1 or far - near < 0.05 else f"{near:.1f}–{far:.1f}"


def _absent(c: PlaceCondition, what: Words, limit: Number | None, n: int) -> Words:
    """What a ``without`` (or an ``outside``) found: that there is none, among so many."""
    checked = Words(f"（已核对{n}条记录）", f" (checked against {n} record{'' if n == 1 else 's'})")
    if not n:
        checked = Words(
            "（登记中目前没有记录，请先核实是否完整）",
            " (the register holds no record: check first whether it is complete)",
        )
    if c.relation == "outside" and limit is not None:
        q = quantity(limit)
        zh, en = f"超出{what.zh}范围{q.zh}以上", f"more than {q.en} outside {what.en}"
        if c.without:
            zh, en = f"未超出{what.zh}范围{q.zh}", f"nowhere more than {q.en} outside {what.en}"
    elif c.relation == "overlap" and limit is not None:
        q = quantity(limit)
        zh, en = f"与{what.zh}的重叠均不足{q.zh}", f"none of the {what.en} overlaps it by {q.en} or more"
    elif c.relation == "crosses":
        zh, en = f"不与{what.zh}相交", f"crossing no {what.en}"
    elif c.relation == "matching":
        zh, en = f"无对应的{what.zh}", f"none of the {what.en} matches"
    elif c.relation in ("within_distance", "nearest", "on_bank") and limit is not None:
        q = quantity(limit)
        zh, en = f"{q.zh}内未发现{what.zh}", f"no {what.en} within {q.en}"
    elif c.relation in ("upstream_of", "downstream_of", "same_reach"):
        # The record upstream of none of them means: none of them lies downstream.
        side = {
            "upstream_of": Words("下游", "downstream"),
            "downstream_of": Words("上游", "upstream"),
            "same_reach": Words("同一河段", "on the same reach"),
        }
        q = quantity(limit) if limit is not None else Words("", "")
        zh = f"{side[c.relation].zh}{q.zh}{'内' if q.zh else ''}未发现{what.zh}"
        en = f"no {what.en} {side[c.relation].en}" + (f" within {q.en}" if q.en else "")
    elif c.valid or c.dated or c.where or c.same or c.alike or c.compare:
        zh, en = f"此处没有{what.zh}", f"no {what.en} here"
    else:
        zh, en = f"不在{what.zh}内", f"outside all {what.en}"
    return Words(f"{zh}{checked.zh}", f"{en}{checked.en}")


def _linked(
    c: PlaceCondition,
    found: Words,
    model: SupervisionModel,
    hits: ModelHits,
    rows: Rows,
    world: World,
    features: Rows,
    wording: Wording,
) -> Words:
    """By which date, identifier, name or figure of the feature it was meant."""
    said: list[Words] = []
    if c.dated and len(features):
        days = world.days(c.layer, c.dated.field)[features]
        days = days[days != NO_DAY]
        if len(days):
            named, day = wording.field(c.layer, c.dated.field), np.datetime64(int(days.max()), "D").astype(str)
            said.append(Words(f"{named.zh}{day}", f"{lowered(named.en)} {day}"))
    for mine in c.same:
        values = _values(hits, rows, mine)
        named = wording.field(model.watch.layer, mine)
        said.append(Words(f"{named.zh}{values.zh}", f"{lowered(named.en)} {values.en}"))
    if c.alike and len(features):
        at = hits.found[c.path]
        if c.relation == "matching":
            score = float(at.figure[np.isin(at.rows, rows)].min())
            said.append(Words(f"相似度{score:.2f}", f"score {score:.2f}"))
    for mine, _, theirs in c.compare:
        a = wording.field(model.watch.layer, mine)
        b, limit = wording.field(c.layer, theirs), world.figures(c.layer, theirs)[features]
        values = _values(hits, rows, mine)
        most = f"{float(np.nanmin(limit)):g}" if len(limit) else "—"
        said.append(Words(f"{a.zh}{values.zh}，{b.zh}{most}", f"{lowered(a.en)} {values.en}, {lowered(b.en)} {most}"))
    if not said:
        return found
    return Words(f"{found.zh}（{'；'.join(w.zh for w in said)}）", f"{found.en} ({'; '.join(w.en for w in said)})")


def _values(hits: ModelHits, rows: Rows, name: str) -> Words:
    """What the records say under a name (empty words for nothing); of a person's pseudonym only that it is there."""
    column = hits.records.attributes.get(name)
    if name in PSEUDONYMS and column is not None:
        return Words("（已隐去）", "(withheld)")
    values = [] if column is None else [_shown(column[r]) for r in rows if column[r] is not None]
    return listed([choice_words(name, v) for v in dict.fromkeys(values)])


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _another(c: AnotherCondition, asks: Words, hits: ModelHits, rows: Rows, wording: Wording) -> Clause:
    what = another_of(c, hits.model, wording)
    limit = hits.model.numbers.get(c.at_most)
    near = quantity(limit) if limit else None
    between = between_of(c, hits.model, wording)
    if c.without:
        where = (f"{near.zh}范围内", f" within {near.en}") if near else ("", "")
        spans = []
        for said, zh, en in ((c.before, "此前", "before"), (c.after, "此后", "after")):
            if said == "any":
                spans.append((zh, f" {en} it"))
            elif said:
                q = quantity(hits.model.numbers[said])
                spans.append((f"{zh}{q.zh}内", f" in the {q.en} {en}"))
        zh = f"{'及'.join(s[0] for s in spans)}{where[0]}没有{what.zh}"
        en = f"no {what.en}{where[1]}{' or'.join(s[1] for s in spans)}"
        return Clause(c.path, "without", asks.as_dict(), Words(zh, en).as_dict())
    found = hits.companions[c.path]
    found = found.take(np.isin(found.row, rows))
    assert hits.pool is not None
    own = {str(i) for i in hits.records.ids[rows]}
    names = [i for i in dict.fromkeys(str(i) for i in hits.pool.ids[found.other]) if i not in own]
    closest = float(found.metres.min()) if len(found) else 0.0
    gap = duration(float(np.abs(found.seconds).min())) if len(found) else Words("—", "—")
    zh = f"另有{what.zh}{len(names)}条"
    en = f"{len(names)} other {what.en if len(names) == 1 else several(what)}"
    if not names:
        zh, en = "各件之间互为佐证", "each is borne out by another of them"
    if c.at_most:
        zh, en = f"{zh}，最近相距 {closest:.1f} 米", f"{en}, the nearest {closest:.1f} m away"
    if bool(c.before) == bool(c.after) or not names:
        zh, en = f"{zh}，相隔最短{gap.zh}", f"{en}, the closest in time {gap.en} apart"
    else:
        side = Words("此前", "before") if c.before else Words("此后", "after")
        zh, en = f"{zh}，时间最近的在{side.zh}{gap.zh}", f"{en}, the closest in time {gap.en} {side.en}"
    if c.faster_than and len(found):
        seconds = np.maximum(np.abs(found.seconds), 1)
        speed = float((found.metres / seconds).max()) * 3.6
        zh, en = f"{zh}，推算时速{speed:.0f}公里", f"{en}, at {speed:.0f} km/h or more"
    if between.zh:
        zh, en = f"{zh}，其间没有{between.zh}", f"{en}, with no {between.en} in between"
    return Clause(
        c.path,
        "another",
        asks.as_dict(),
        Words(zh, en).as_dict(),
        value=closest if c.at_most else None,
        limit=limit.base if limit else None,
        unit="m" if limit else "",
        others=tuple(names),
    )


def _valued(
    c: ValueCondition, asks: Words, model: SupervisionModel, hits: ModelHits, rows: Rows, wording: Wording
) -> Clause:
    named, shown = wording.field(model.watch.layer, c.field), _values(hits, rows, c.field)
    number = model.numbers.get(c.number)
    found = Words(f"{named.zh}：{shown.zh}", f"{lowered(named.en)}: {shown.en}")
    if c.field in PSEUDONYMS and shown.zh:
        found = Words(f"载有{named.zh}（已隐去）", f"{lowered(named.en)} on record (withheld)")
    elif not shown.zh:
        found = Words(f"未载有{named.zh}", f"no {lowered(named.en)} on record")
    return Clause(
        c.path,
        "value",
        asks.as_dict(),
        found.as_dict(),
        limit=number.base if number else None,
    )


def _unusual(
    c: UnusualCondition, asks: Words, model: SupervisionModel, hits: ModelHits, rows: Rows, wording: Wording
) -> Clause:
    at = hits.found[c.path]
    figures = at.figure[np.isin(at.rows, rows)]
    worst = float(figures.min() if c.side == "below" else figures.max()) if len(figures) else 0.0
    named, shown = wording.field(model.watch.layer, c.field), _values(hits, rows, c.field)
    if c.of == "same_month":
        part = figure(round(100.0 * worst, 1), "%")
        zh, en = f"为往年同月中位数的{part.zh}", f"{part.en} of the usual for the month"
    else:
        side = Words("低于", "below") if worst < 0 else Words("高于", "above")
        zh = f"{side.zh}同类均值{abs(worst):.1f}个标准差"
        en = f"{abs(worst):.1f} standard deviations {side.en} its peers' mean"
    return Clause(
        c.path,
        "unusual",
        asks.as_dict(),
        Words(f"{named.zh}{shown.zh}，{zh}", f"{lowered(named.en)} {shown.en}, {en}").as_dict(),
        value=round(worst, 4),
        limit=model.numbers[c.number].base,
    )


def _clock(c: ClockCondition, asks: Words, hits: ModelHits, rows: Rows, world: World, wording: Wording) -> Clause:
    since = since_words(c, hits.model, wording)
    if c.since == "occurred":
        begin = wording.moment(int(hits.records.occurred[rows].min()))[:10]
    else:
        name = "@valid_to" if c.since == "valid_to" else c.since
        column = hits.records.attributes[name][rows]
        days = column.astype(np.int64) if c.since == "valid_to" else days_of(column)
        days = days[(days != NO_DAY) & (np.abs(days) < int(DAY_OPEN_TO))]
        if not len(days):
            # Turned round, a clock also holds for what names no such day, or ends on none.
            none = Words(f"{since.zh}没有记载或未定期限", f"{since.en}: no day on record, or open-ended")
            return Clause(c.path, "clock", asks.as_dict(), none.as_dict())
        begin = np.datetime64(int(days.min()), "D").astype(str)
    today = world.as_of.astimezone(world.zone).date()
    passed = (today - EPOCH).days - int(days_of([begin])[0])
    zh = f"{since.zh}{begin}，至{today.isoformat()}已{passed}日"
    en = f"{since.en} {begin}, {passed} days before {today.isoformat()}"
    return Clause(c.path, "clock", asks.as_dict(), Words(zh, en).as_dict(), value=float(passed), unit="d")


def _counted(model: SupervisionModel, hits: ModelHits, members: Rows, wording: Wording) -> Clause:
    """The first threshold that was met, and what was counted."""
    counted = hits.counted().take(members)
    ok = reached(model, counted, wording.zone)
    k = int(ok.by[ok.supports].min()) if ok.supports.any() else 0
    threshold = model.group.any[k]
    first, last = (wording.moment(int(t)) for t in counted.occurred[[0, -1]])
    n = len(members)
    if model.watch.layer:
        found = Words(f"共{n}条记录", f"{n} record{'' if n == 1 else 's'}")
    elif n == 1:
        found = Words(f"1件报告，{first}", f"1 report, {first}")
    else:
        found = Words(f"{n}件报告，{first} 至 {last}", f"{n} reports, {first} to {last}")
    at = hits.found.get("group")
    if at is not None and at.figure[np.isin(at.rows, hits.rows[members])].any():
        span = _span(at.figure[np.isin(at.rows, hits.rows[members])])
        found = Words(f"{found.zh}，距其 {span} 米", f"{found.en}, {span} m from it")
    found = _different(threshold, found, model, hits, members, wording)
    if threshold.having.field:
        named = wording.field(model.watch.layer, threshold.having.field)
        shown = _values(hits, hits.rows[members], threshold.having.field)
        found = Words(f"{found.zh}，{named.zh}：{shown.zh}", f"{found.en}, {lowered(named.en)}: {shown.en}")
    if threshold.having.source:
        codes = np.unique(hits.records.source[hits.rows[members]]).tolist()
        sources = [SOURCE_WORDS.get(s, Words(s, s)) for s in (hits.records.sources[k] for k in codes)]
        came = listed(sources)
        found = Words(f"{found.zh}，来源：{came.zh}", f"{found.en}, from {came.en}")
    if threshold.having.evidence:
        held = [
            EVIDENCE_WORDS[e]
            for i, e in enumerate(EVIDENCE)
            if (counted.evidence & (1 << i)).any() and e in threshold.having.evidence
        ]
        # A report or two may carry none: of several it is said that these are among them.
        zh, en = "、".join(w.zh for w in held), " and ".join(w.en for w in held)
        if n == 1:
            found = Words(f"{found.zh}，有{zh}", f"{found.en}, with {en}")
        else:
            found = Words(f"{found.zh}，其中有{zh}", f"{found.en}, with {en} among them")
    return Clause(
        f"group.any[{k}]",
        "group",
        threshold_words(threshold, model, wording).as_dict(),
        found.as_dict(),
        value=float(n),
        limit=float(model.numbers[threshold.count].base),
        unit="reports",
    )


def _different(
    t: Threshold, found: Words, model: SupervisionModel, hits: ModelHits, members: Rows, wording: Wording
) -> Words:
    """How many different reporters, days or values there are, and what they add up to."""
    zh, en = found.zh, found.en
    if t.distinct == "reporter" and not model.watch.layer:
        people = len(set(hits.records.reporter[hits.rows[members]].tolist()))
        zh, en = f"{zh}，不同举报人{people}名", f"{en}, from {people} reporter{'' if people == 1 else 's'}"
    elif t.distinct in PERIOD_WORDS:
        seconds = hits.records.occurred[hits.rows[members]]
        if t.distinct == "day":
            n = len({wording.moment(int(s))[:10] for s in seconds})
            zh, en = f"{zh}，分布在{n}天", f"{en}, on {n} different day{'' if n == 1 else 's'}"
    elif t.distinct:
        n = len({str(v) for v in hits.facts[t.distinct.removeprefix("field:")][members]})
        named = (
            wording.layer(t.distinct.removeprefix("layer:"))
            if t.distinct.startswith("layer:")
            else wording.field(model.watch.layer, t.distinct.removeprefix("field:"))
        )
        zh, en = f"{zh}，涉及{n}个不同的{named.zh}", f"{en}, with {n} different entries for “{lowered(named.en)}”"
    if t.sum:
        # As the threshold adds them up: what is no number counts nothing.
        total = float(np.nansum(figures(hits.facts[t.sum_field][members])))
        named = wording.field(model.watch.layer, t.sum_field)
        zh, en = f"{zh}，{named.zh}合计{total:g}", f"{en}, {lowered(named.en)} {total:g} in all"
    if t.few:
        n, named = (
            len({str(v) for v in hits.facts[t.few_field][members]}),
            wording.field(model.watch.layer, t.few_field),
        )
        zh, en = f"{zh}，{named.zh}仅{n}个", f"{en}, only {n} different entries for “{lowered(named.en)}”"
    return Words(zh, en)


def _shares(examined: Examined, members: Rows) -> dict[str, float]:
    """Record → share of its circle of accuracy in which it is a hit, for those not hits everywhere in it."""
    hits, plain = examined.hits, examined.rerun.hits
    out: dict[str, float] = {}
    if hits.model.watch.layer or not hits.records.accuracy_m[hits.rows[members]].any():
        return out  # all places are exact
    of_row = {int(r): plain.subjects[int(s)] for r, s in zip(plain.rows, plain.subject, strict=True)}
    for k in members.tolist():
        row = int(hits.rows[k])
        subject = of_row[row] if hits.model.group.by == "cluster" else hits.subjects[int(hits.subject[k])]
        share = examined.shares.get((str(hits.records.ids[row]), subject))
        if share is None and hits.records.accuracy_m[row] > 0:
            share = 0.0
        if share is not None and share < 1.0:
            out[str(hits.records.ids[row])] = share
    return out


def _accuracy(shares: Mapping[str, float], n: int) -> Clause:
    least = min(shares.values())
    percent = f"{100 * least:.0f}%"
    zh = f"在报告定位误差范围内，仅约{percent}的位置符合"
    en = f"within the report's own accuracy it holds at only {percent} of the places"
    if n > 1:
        zh = f"其中{len(shares)}件报告，在其定位误差范围内仅约{percent}的位置符合"
        en = f"within its own accuracy {len(shares)} of the reports holds at only {percent} of the places"
    if len(shares) > 1:
        zh = f"其中{len(shares)}件报告，在其定位误差范围内仅部分位置符合（最低约{percent}）"
        en = f"within their own accuracy {len(shares)} of the reports hold only at some places (least {percent})"
    asks = Words("在报告定位误差范围内处处符合", "it holds wherever within the report's own accuracy the place may be")
    return Clause("accuracy", "accuracy", asks.as_dict(), Words(zh, en).as_dict(), value=least, limit=1.0, unit="share")
