"""The grounds in one sentence, and in one more what would have let the lead pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from geo_monitor.domain.hit import Change, Clause
from geo_monitor.domain.words import Words
from geo_monitor.engine.days import EPOCH
from geo_monitor.engine.evaluate import ModelHits
from geo_monitor.engine.sieve import World
from geo_monitor.engine.wording import Wording, duration, figure, lowered, quantity, reports_of, several
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Number,
    PlaceCondition,
    SupervisionModel,
    UnusualCondition,
    ValueCondition,
)

Rows = npt.NDArray[np.int64]


def sentence(model: SupervisionModel, clauses: Sequence[Clause], about: Words) -> dict[str, str]:
    """One sentence per language that carries the whole reason. Flags say "suspected", never more."""
    watch = clauses[0]
    group = next(c for c in clauses if c.kind == "group")
    rest = [c for c in clauses if c.kind not in ("watch", "group", "time")]
    title_zh = model.title.zh if any(w in model.title.zh for w in ("疑似", "涉嫌")) else f"疑似{model.title.zh}"
    title_en = model.title.en if "suspected" in model.title.en.lower() else f"Suspected: {lowered(model.title.en)}"
    if model.watch.layer:
        what_zh, what_en = [watch.found["zh"]], [watch.found["en"]]
        if watch.value != 1.0 and "，" in group.found["zh"]:
            what_zh, what_en = [*what_zh, group.found["zh"]], [*what_en, group.found["en"]]
    else:
        what_zh = [f"{group.found['zh']}（{watch.found['zh']}）"]
        what_en = [f"{group.found['en']} ({watch.found['en']})"]
    # Two conditions may find the same (a figure above one limit and below another): it is said once.
    zh = "；".join(dict.fromkeys([*what_zh, *(c.found["zh"] for c in rest)]))
    en = "; ".join(dict.fromkeys([*what_en, *(c.found["en"] for c in rest)]))
    return {"zh": f"{about.zh}，{title_zh}：{zh}。", "en": f"{title_en}, {about.en}: {en}."}


def would_pass(
    change: Change, model: SupervisionModel, hits: ModelHits, rows: Rows, world: World, wording: Wording
) -> Words:
    """The smallest change, in words."""
    zh: list[str] = []
    en: list[str] = []
    if change.number:
        number = model.numbers[change.number]
        was, now = quantity(number), _moved(number, change)
        label = _label(model, change.number, wording)
        # Only a single step away is every other value on that side meant too.
        near = _near(number)
        if number.base - near <= change.value < number.base:
            zh.append(f"{label.zh}小于{was.zh}")
            en.append(f"if {label.en} were anything less than {was.en}")
        elif number.base < change.value <= number.base + near:
            zh.append(f"{label.zh}大于{was.zh}")
            en.append(f"if {label.en} were anything more than {was.en}")
        else:
            zh.append(f"{label.zh}为{now.zh}而非{was.zh}")
            en.append(f"if {label.en} were {now.en} instead of {was.en}")
    if change.fewer and (change.exact or not change.number):
        reports = f"{change.fewer} report{'' if change.fewer == 1 else 's'}"
        zh.append(f"少{change.fewer}件报告{'' if change.exact else '（可能更少即可）'}")
        en.append(f"with {reports} fewer{'' if change.exact else ' (perhaps fewer would do)'}")
    if len(rows) == 1 and change.fewer == 1:
        zh, en = zh[:-1], en[:-1]
        if not zh:
            return Words("本线索仅有这1件报告", "the lead rests on this one report")
    if len(rows) > 1 and change.fewer == len(rows) and change.exact:
        if not change.number:
            n = len(rows)
            return Words(f"这{n}件报告中任何一件单独即足以提示", f"any one of the {n} reports alone is enough")
        zh, en = zh[:-1], en[:-1]
    if zh:
        return Words(f"若{'，或'.join(zh)}，则不会提示", f"not {', nor '.join(en)}")
    if model.watch.valid == "expired_on_day" and len(rows):
        today = (world.as_of.astimezone(world.zone).date() - EPOCH).days
        late = today - int(hits.records.attributes["@valid_to"][rows].max())
        q = figure(late, "d")
        return Words(f"若有效期晚{q.zh}届满，则不会提示", f"not if the term had ended {q.en} later")
    return Words(
        "由上述记录本身提示，没有可放宽的数值", "raised by these records themselves: no number of the model decides it"
    )


def _near(number: Number) -> float:
    """How near two values of a number are when no reader of a sentence could put a third between them."""
    return {"length": 0.001, "time": 1.0, "area": 0.01}.get(number.kind, number.base * 1e-3)


def _moved(number: Number, change: Change) -> Words:
    """The new value, rounded to the side on which the lead falls."""
    if number.kind == "time":
        # In the model's own unit where that is a whole one: asking for less falls all the more.
        own = number.at(change.value).value
        whole = np.ceil(own - 1e-9) if change.value > number.base else np.floor(own + 1e-9)
        return figure(float(whole), number.unit) if whole >= 1 else duration(change.value)
    new = number.at(change.value)
    digits = {"length": 2, "area": 1, "share": 2, "speed": 1}.get(number.kind, 2 if number.value > 1 else 4)
    scale = 10.0**digits
    exact = new.value * scale
    value = (np.ceil(exact - 1e-9) if change.value > number.base else np.floor(exact + 1e-9)) / scale
    return figure(float(value), number.unit)


def _label(model: SupervisionModel, name: str, wording: Wording) -> Words:
    """What a number limits, by the first place where it stands."""
    for c in model.where:
        if isinstance(c, PlaceCondition):
            title = wording.layer(c.layer)
            if name in (c.at_most, c.at_least):
                if c.relation == "overlap":
                    return Words(f"与{title.zh}重叠的下限", f"the least overlap with {lowered(title.en)}")
                return Words(f"距{title.zh}的限值", f"the limit of the distance to {lowered(title.en)}")
            if name == c.bank:
                return Words("距河岸的限值", "the limit of the distance to the river")
            if c.alike and name == c.alike.at_least:
                return Words("名称地址相似度的下限", "the least score of names that are alike")
            if c.dated and name in (c.dated.before, c.dated.after):
                named = wording.field(c.layer, c.dated.field)
                return Words(f"与{named.zh}相隔的时限", f"the time from {lowered(named.en)}")
        elif isinstance(c, UnusualCondition) and name == c.number and c.of == "peers":
            return Words("要求偏离的标准差个数", "the number of standard deviations asked for")
        elif isinstance(c, ValueCondition | UnusualCondition) and name == c.number:
            named = wording.field(model.watch.layer, c.field)
            return Words(f"{named.zh}的限值", f"the limit of {lowered(named.en)}")
        elif isinstance(c, ClockCondition) and name == c.passed:
            return Words("期限", "the term")
        elif isinstance(c, AnotherCondition):
            what = reports_of(c.records)
            if name == c.at_most:
                return Words(f"与{what.zh}的距离限值", f"the limit of the distance to a {what.en}")
            if name in (c.before, c.after):
                return Words(f"与{what.zh}的时间间隔", f"the time to a {what.en}")
            if name == c.count:
                return Words(f"要求的{what.zh}条数", f"the number asked for of {several(what)}")
            if name == c.faster_than:
                return Words("推算速度的下限", "the speed")
    for t in model.group.any:
        if name == t.count:
            kinds = {
                "": Words("要求的件数", "the number asked for"),
                "reporter": Words("要求的举报人数", "the number of reporters asked for"),
            }
            return kinds.get(t.distinct, Words("要求的数量", "the number asked for"))
        if name == t.window:
            return Words("时间窗口", "the window")
        if name == t.sum:
            named = wording.field(model.watch.layer, t.sum_field)
            return Words(f"{named.zh}合计的下限", f"the least sum of {lowered(named.en)}")
        if name == t.few:
            named = wording.field(model.watch.layer, t.few_field)
            return Words(f"{named.zh}个数的上限", f"the most different: {lowered(named.en)}")
        if name == t.share:
            return Words("占比的下限", "the least share")
        if name == t.times:
            return Words("倍数", "the multiple of the usual")
        for having in (t.having, t.share_having):
            if name == having.number:
                named = wording.field(model.watch.layer, having.field)
                return Words(f"{named.zh}的限值", f"the limit of {lowered(named.en)}")
    if name == model.group.apart:
        return Words("聚集的时间间隔", "the time between linked reports")
    if name == model.group.size:
        return Words("聚集的间距", "the distance between linked reports")
    title = wording.layer(model.group.by if not model.group.of else model.group.of)
    return Words(f"归入{title.zh}的距离限值", f"the distance within which it counts for {lowered(title.en)}")
