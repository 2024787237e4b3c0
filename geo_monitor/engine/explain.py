"""Grounds: clause by clause what a model asked and what was found, in words that a procurator can check.

Pure: from the hits of one subject (with the details of their conditions) to sentences and figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.hit import Clause, Grounds, Subject
from geo_monitor.domain.incident import EVIDENCE
from geo_monitor.domain.words import Words
from geo_monitor.engine.columns import LayerColumns
from geo_monitor.engine.evaluate import ModelHits
from geo_monitor.engine.thresholds import reached
from geo_monitor.supervision.model import (
    Group,
    HoursCondition,
    Number,
    PlaceCondition,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    ValueCondition,
)
from geo_monitor.supervision.vocabulary import category_words

Rows = npt.NDArray[np.int64]

EVIDENCE_WORDS = {
    "photo": Words("照片", "photo"),
    "video": Words("视频", "video"),
    "document": Words("书面材料", "document"),
    "sample": Words("样品", "sample"),
    "measurement": Words("监测数据", "measurement"),
    "inspection": Words("现场检查记录", "inspection record"),
}
UNIT_WORDS = {
    "m": Words("米", "m"),
    "km": Words("公里", "km"),
    "d": Words("日", "days"),
    "h": Words("小时", "hours"),
    "min": Words("分钟", "minutes"),
    "": Words("", ""),
}


@dataclass(frozen=True)
class Wording:
    """What the sentences need beside the figures: titles of the layers and of their fields, and the city's time
    zone."""

    layers: Mapping[str, Words]
    zone: tzinfo
    fields: Mapping[tuple[str, str], Words] = field(default_factory=dict)

    def layer(self, name: str) -> Words:
        return self.layers.get(name, Words(name, name))

    def day(self, second: int) -> str:
        return datetime.fromtimestamp(second, UTC).astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def quantity(number: Number) -> Words:
    """``30 d`` as 30日 / 30 days."""
    unit, shown = UNIT_WORDS[number.unit], f"{number.value:g}"
    en = unit.en[:-1] if number.value == 1 and unit.en.endswith("s") else unit.en
    return Words(f"{shown}{unit.zh}", f"{shown} {en}".strip())


def explain(
    hits: ModelHits, subject: Subject, keep: Rows, layers: Mapping[str, LayerColumns], about: Words, wording: Wording
) -> Grounds:
    """Grounds of the lead of ``subject`` from the hits at positions ``keep`` (sorted by time) of a model's hits that
    were
    evaluated with details."""
    model = hits.model
    rows = hits.rows[keep]
    clauses = [_watched(model, hits, rows, wording)]
    for k, condition in enumerate(model.where):
        path = condition.path or f"where[{k}]"
        if isinstance(condition, PlaceCondition):
            clauses.append(_placed(path, model, condition, hits, rows, layers, wording))
        elif isinstance(condition, SeasonCondition | HoursCondition):
            clauses.append(_timed(path, condition, hits, rows, wording))
        else:
            clauses.append(_valued(path, model, condition, hits, rows))
    counted, pass_if = _counted(model, hits, keep, wording)
    clauses.append(counted)
    versions = {name: layers[name].version for name in model.layers if name in layers}
    return Grounds(
        model.id,
        model.version,
        model.hash,
        versions,
        tuple(clauses),
        _sentence(model, clauses, about),
        pass_if.as_dict(),
    )


def _watched(model: SupervisionModel, hits: ModelHits, rows: Rows, wording: Wording) -> Clause:
    rec, watch = hits.records, model.watch
    if watch.layer:
        title = wording.layer(watch.layer)
        kind = {"expired_on_day": Words("有效期已过的", "expired "), "on_day": Words("有效期内的", "valid ")}.get(
            watch.valid, Words("", "")
        )
        asked = Words(f"检视{kind.zh}{title.zh}", f"look at {kind.en}{title.en.lower()}")
        found = Words(f"{len(rows)}个{kind.zh}{title.zh}", f"{kind.en}{title.en.lower()}: {len(rows)}")
        if watch.valid == "expired_on_day" and len(rows):
            last = min(int(rec.attributes["@valid_to"][r]) for r in rows)
            ended = np.datetime64(last, "D").astype(str)
            found = Words(f"{found.zh}，许可于{ended}到期", f"{found.en}, valid until {ended}")
    else:
        asked_words = [category_words(c) for c in watch.category]
        asked = (
            Words("类别：" + "、".join(w.zh for w in asked_words), "category: " + ", ".join(w.en for w in asked_words))
            if asked_words
            else Words("任何类别的事件", "incidents of any category")
        )
        names, counts = np.unique(rec.category[rows], return_counts=True)
        parts = [(category_words(rec.categories[c]), n) for c, n in zip(names.tolist(), counts.tolist(), strict=True)]
        found = Words("、".join(f"{w.zh}{n}件" for w, n in parts), ", ".join(f"{n} × {w.en}" for w, n in parts))
    return Clause("watch", "watch", asked.as_dict(), found.as_dict(), value=float(len(rows)))


def _placed(
    path: str,
    model: SupervisionModel,
    condition: PlaceCondition,
    hits: ModelHits,
    rows: Rows,
    layers: Mapping[str, LayerColumns],
    wording: Wording,
) -> Clause:
    layer, title = layers[condition.layer], wording.layer(condition.layer)
    limit = model.numbers[condition.at_most] if condition.at_most else None
    what = _asked_features(condition, title, wording)
    if condition.relation == "within":
        asked = Words(f"位于{what.zh}内", f"inside {what.en}")
    else:
        assert limit is not None
        q = quantity(limit)
        asked = Words(f"距{what.zh}不超过{q.zh}", f"within {q.en} of {what.en}")
    accuracy = float(hits.records.accuracy_m[rows].max()) if len(rows) else 0.0
    if condition.without:
        checked = Words(f"（已核对{len(layer)}条记录）", f" (checked against {len(layer)} records)")
        if limit is not None:
            q = quantity(limit)
            found = Words(f"{q.zh}内未发现{what.zh}{checked.zh}", f"no {what.en} within {q.en}{checked.en}")
        elif condition.valid:
            found = Words(f"此处没有{what.zh}{checked.zh}", f"covered by no {what.en}{checked.en}")
        else:
            found = Words(f"不在{what.zh}内{checked.zh}", f"outside all {what.en}{checked.en}")
        return Clause(
            path,
            "without",
            Words(f"没有：{asked.zh}", f"not: {asked.en}").as_dict(),
            found.as_dict(),
            limit=limit.base if limit else None,
            unit="m" if limit else "",
            uncertainty_m=accuracy,
            layer_version=layer.version,
        )
    at = hits.found[condition.path]
    mine = np.isin(at.rows, rows)
    features, metres = at.feature[mine], at.metres[mine]
    names = [layer.titles[f] for f in dict.fromkeys(features.tolist())]
    shown = Words(
        "、".join(t.zh for t in names[:3]) + ("等" if len(names) > 3 else ""),
        ", ".join(t.en for t in names[:3]) + (" and others" if len(names) > 3 else ""),
    )
    uncertainty = accuracy + float(layer.accuracy_m[features].max()) if len(features) else accuracy
    feature = str(layer.ids[features[0]]) if len(features) else ""
    if limit is None:
        found = Words(f"位于{shown.zh}内", f"inside {shown.en}")
        return Clause(
            path,
            "within",
            asked.as_dict(),
            found.as_dict(),
            uncertainty_m=uncertainty,
            layer_version=layer.version,
            feature=feature,
        )
    near, far = float(metres.min()), float(metres.max())
    span = f"{far:.1f}" if len(metres) == 1 or far - near < 0.05 else f"{near:.1f}–{far:.1f}"
    found = Words(f"距{shown.zh} {span} 米", f"{span} m from {shown.en}")
    margin = limit.base - far
    if uncertainty > margin:
        found = Words(
            f"{found.zh}（位置误差约{uncertainty:.0f}米，可能超出）",
            f"{found.en} (place known to about {uncertainty:.0f} m: it may lie beyond)",
        )
    return Clause(
        path,
        condition.relation,
        asked.as_dict(),
        found.as_dict(),
        value=far,
        limit=limit.base,
        unit="m",
        uncertainty_m=uncertainty,
        margin=round(margin, 4),
        layer_version=layer.version,
        feature=feature,
    )


def _asked_features(condition: PlaceCondition, title: Words, wording: Wording) -> Words:
    """The features that a condition speaks of: 当日有效的采砂许可 / sand extraction permits valid on the day."""
    valid = {
        "on_occurrence": Words("当日有效的", " valid on the day"),
        "expired_on_occurrence": Words("当日已过期的", " that had expired on the day"),
        "": Words("", ""),
    }[condition.valid]
    named = [
        (wording.fields.get((condition.layer, name), Words(name, name)), words)
        for name, words in condition.where.items()
    ]
    zh = "".join(f"（{n.zh}：{'、'.join(v)}）" for n, v in named)
    en = "".join(f" ({n.en.lower()}: {', '.join(v)})" for n, v in named)
    return Words(f"{valid.zh}{title.zh}{zh}", f"{title.en.lower()}{en}{valid.en}")


def _timed(
    path: str, condition: SeasonCondition | HoursCondition, hits: ModelHits, rows: Rows, wording: Wording
) -> Clause:
    if isinstance(condition, SeasonCondition):
        span = "{:02d}-{:02d}".format(*condition.start), "{:02d}-{:02d}".format(*condition.end)
        asked = Words(f"发生在每年{span[0]}至{span[1]}", f"between {span[0]} and {span[1]} of a year")
    else:
        spans = ["{:02d}:{:02d}–{:02d}:{:02d}".format(*divmod(a, 60), *divmod(b, 60)) for a, b in condition.spans]
        asked = Words("发生在" + "、".join(spans), "between " + " or ".join(spans))
    if condition.without:
        asked = Words(f"不{asked.zh}", f"not {asked.en}")
    times = [wording.day(int(t)) for t in hits.records.occurred[rows][[0, -1]]]
    found = Words(
        times[0] if times[0] == times[1] else f"{times[0]} 至 {times[1]}",
        times[0] if times[0] == times[1] else f"{times[0]} to {times[1]}",
    )
    return Clause(path, "time", asked.as_dict(), found.as_dict())


def _valued(path: str, model: SupervisionModel, condition: ValueCondition, hits: ModelHits, rows: Rows) -> Clause:
    column = hits.records.attributes.get(condition.field)
    values = [] if column is None else [str(column[r]) for r in rows if column[r] is not None]
    wanted = (
        "、".join(condition.words) if condition.op == "one_of" else f"{condition.op} {model.numbers[condition.number]}"
    )
    asked = Words(f"{condition.field} {wanted}", f"{condition.field} {wanted}")
    if condition.without:
        asked = Words(f"不满足 {asked.zh}", f"not {asked.en}")
    shown = ", ".join(dict.fromkeys(values)) or "—"
    return Clause(path, "value", asked.as_dict(), Words(shown, shown).as_dict())


def threshold_words(threshold: Threshold, group: Group, numbers: Mapping[str, Number]) -> Words:
    """What a threshold asks, e.g. 30日内至少2名不同举报人 / at least 2 different reporters within 30 days."""
    n = numbers[threshold.count]
    zh = f"至少{n}名不同举报人" if threshold.distinct else f"至少{n}件"
    en = (
        f"at least {n} different reporters"
        if threshold.distinct
        else f"at least {n} report{'' if n.base == 1 else 's'}"
    )
    if threshold.window:
        q = quantity(numbers[threshold.window])
        zh, en = f"{q.zh}内{zh}", f"{en} within {q.en}"
    if threshold.having_evidence:
        kinds = [EVIDENCE_WORDS[e] for e in threshold.having_evidence]
        zh += f"（须有{'或'.join(k.zh for k in kinds)}）"
        en += f" (with {' or '.join(k.en for k in kinds)})"
    return Words(zh, en)


def _counted(model: SupervisionModel, hits: ModelHits, keep: Rows, wording: Wording) -> tuple[Clause, Words]:
    """The threshold that was met, and the smallest number of reports fewer with which it would not have been."""
    rec, rows = hits.records, hits.rows[keep]
    occurred, reporter, evidence = rec.occurred[rows], rec.reporter[rows], rec.evidence[rows]
    ok = reached(model, np.zeros(len(rows), np.int64), occurred, reporter, evidence)
    k = int(ok.by[ok.supports].min()) if ok.supports.any() else 0
    threshold = model.group.any[k]
    asked = threshold_words(threshold, model.group, model.numbers)
    first, last = wording.day(int(occurred[0])), wording.day(int(occurred[-1]))
    n = len(rows)
    if model.watch.layer:
        found = Words("此为图层检视所得，非举报", "found by looking at the layer, not from a report")
    elif n == 1:
        found = Words(f"1件报告，{first}", f"1 report, {first}")
    else:
        found = Words(f"{n}件报告，{first} 至 {last}", f"{n} reports, {first} to {last}")
    if threshold.distinct and not model.watch.layer:
        people = len(set(reporter.tolist()))
        found = Words(
            f"{found.zh}，不同举报人{people}名", f"{found.en}, from {people} reporter{'' if people == 1 else 's'}"
        )
    if threshold.having_evidence:
        held = [
            EVIDENCE_WORDS[e]
            for i, e in enumerate(EVIDENCE)
            if (evidence & (1 << i)).any() and e in threshold.having_evidence
        ]
        found = Words(
            f"{found.zh}，有{'、'.join(w.zh for w in held)}", f"{found.en}, with {', '.join(w.en for w in held)}"
        )
    need = int(model.numbers[threshold.count].base)
    fewer = _fewer(model, occurred, reporter, evidence)
    clause = Clause(
        f"group.any[{k}]",
        "group",
        asked.as_dict(),
        found.as_dict(),
        value=float(n),
        limit=float(need),
        unit="reports",
    )
    if model.watch.layer:
        return clause, Words(
            "若该许可仍在有效期内或其位置不在上述范围，则不会提示",
            "not if the licence were still valid or the place outside the range",
        )
    return clause, Words(f"若少{fewer}件报告，则不会提示", f"not with {fewer} report{'' if fewer == 1 else 's'} fewer")


def _fewer(model: SupervisionModel, occurred: Rows, reporter: Rows, evidence: npt.NDArray[np.int32]) -> int:
    """How many reports must go before no threshold is met, taking away the newest one each time that still supports."""
    rows = np.arange(len(occurred))
    for gone in range(len(rows)):
        ok = reached(model, np.zeros(len(rows), np.int64), occurred[rows], reporter[rows], evidence[rows])
        if not ok.supports.any():
            return gone
        rows = np.delete(rows, np.flatnonzero(ok.supports)[-1])
    return len(occurred)


def _sentence(model: SupervisionModel, clauses: Sequence[Clause], about: Words) -> dict[str, str]:
    """One sentence per language that carries the whole reason. Flags say "suspected", never more."""
    watch, group = clauses[0], clauses[-1]
    placed = [c for c in clauses if c.kind in ("within", "within_distance", "nearest")]
    absent = [c for c in clauses if c.kind == "without"]
    title_zh = model.title.zh if any(w in model.title.zh for w in ("疑似", "涉嫌")) else f"疑似{model.title.zh}"
    title_en = model.title.en if "suspected" in model.title.en.lower() else f"Suspected: {model.title.en}"
    if model.watch.layer:
        what_zh, what_en = [watch.found["zh"]], [watch.found["en"]]
    else:
        what_zh = [f"{group.found['zh']}（{watch.found['zh']}）"]
        what_en = [f"{group.found['en']} ({watch.found['en']})"]
    zh = "；".join([*what_zh, *(c.found["zh"] for c in (*placed, *absent))])
    en = "; ".join([*what_en, *(c.found["en"] for c in (*placed, *absent))])
    return {"zh": f"{about.zh}，{title_zh}：{zh}。", "en": f"{title_en}, {about.en}: {en}."}
