"""What a model asks, in words a lawyer would use: numbers with their units, features, other reports, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from geo_monitor.domain.words import Words
from geo_monitor.supervision.choices import choice_words
from geo_monitor.supervision.model import (
    AnotherCondition,
    ClockCondition,
    Condition,
    DatesCondition,
    Group,
    Having,
    HoursCondition,
    Number,
    PlaceCondition,
    Records,
    SeasonCondition,
    SupervisionModel,
    Threshold,
    UnusualCondition,
    ValueCondition,
)
from geo_monitor.supervision.vocabulary import SOURCE_WORDS, attribute_words, category_words

EVIDENCE_WORDS = {
    "photo": Words("照片", "a photo"),
    "video": Words("视频", "a video"),
    "document": Words("书面材料", "a document"),
    "sample": Words("样品", "a sample"),
    "measurement": Words("监测数据", "a measurement"),
    "inspection": Words("现场检查记录", "an inspection record"),
}
#: Written after a figure: Chinese as it is, English one and many.
UNIT_WORDS = {
    "m": ("米", "m", "m"),
    "km": ("公里", "km", "km"),
    "min": ("分钟", "minute", "minutes"),
    "h": ("小时", "hour", "hours"),
    "d": ("日", "day", "days"),
    "wd": ("个工作日", "working day", "working days"),
    "mo": ("个月", "month", "months"),
    "y": ("年", "year", "years"),
    "m2": ("平方米", "m²", "m²"),
    "mu": ("亩", "mu", "mu"),
    "ha": ("公顷", "ha", "ha"),
    "%": ("%", "%", "%"),
    "km/h": ("公里/小时", "km/h", "km/h"),
    "": ("", "", ""),
}
PERIOD_WORDS = {
    "day": ("日", "day", "days"),
    "week": ("周", "week", "weeks"),
    "month": ("个月", "month", "months"),
    "quarter": ("个季度", "quarter", "quarters"),
    "year": ("年", "year", "years"),
}
OP_WORDS = {
    ">=": Words("不低于", "at least"),
    ">": Words("超过", "more than"),
    "<=": Words("不超过", "at most"),
    "<": Words("低于", "less than"),
}
NONE = Words("", "")


@dataclass(frozen=True)
class Wording:
    """What the sentences need beside the figures: titles of the layers and of their fields, and the city's time
    zone."""

    layers: Mapping[str, Words]
    zone: tzinfo
    fields: Mapping[tuple[str, str], Words] = field(default_factory=dict)

    def layer(self, name: str) -> Words:
        return self.layers.get(name, Words(name, name))

    def field(self, layer: str, name: str) -> Words:
        """The title of an attribute: of a watched layer's field, else of a report's."""
        found = self.fields.get((layer, name))
        return found if found is not None else attribute_words(name)

    def moment(self, second: int) -> str:
        return datetime.fromtimestamp(second, UTC).astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def figure(value: float, unit: str) -> Words:
    """``30 d`` as 30日 / 30 days."""
    shown = f"{round(value, 4):g}" if abs(value) < 1e6 else f"{value:,.0f}"
    zh, one, many = UNIT_WORDS[unit]
    if unit == "%":
        return Words(f"{shown}%", f"{shown}%")
    return Words(f"{shown}{zh}", f"{shown} {one if value == 1 else many}".strip())


def quantity(number: Number) -> Words:
    return figure(number.value, number.unit)


def duration(seconds: float) -> Words:
    """A length of time in its two greatest units: 3日4小时 / 3 days 4 hours."""
    left, parts = round(abs(seconds)), []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        n, left = divmod(left, size)
        if n:
            parts.append(figure(n, unit))
    parts = parts[:2] or [Words("不到1分钟", "less than a minute")]
    return Words("".join(p.zh for p in parts), " ".join(p.en for p in parts))


def listed(words: Sequence[Words], most: int = 3) -> Words:
    """甲、乙、丙等 / a, b, c and others."""
    more = len(words) > most
    return Words(
        "、".join(w.zh for w in words[:most]) + ("等" if more else ""),
        ", ".join(w.en for w in words[:most]) + (" and others" if more else ""),
    )


def either(words: Sequence[Words]) -> Words:
    return Words("或".join(w.zh for w in words), " or ".join(w.en for w in words))


def reports_of(records: Records) -> Words:
    """巡查、志愿者的倾倒垃圾渣土记录 / record “dumping of waste or spoil” from patrol or volunteer."""
    what = either([category_words(c) for c in records.category])
    source = either([SOURCE_WORDS.get(s, Words(s, s)) for s in records.source])
    evidence = either([EVIDENCE_WORDS[e] for e in records.evidence])
    zh = f"{source.zh}的" * bool(records.source) + f"{what.zh}记录" + f"（有{evidence.zh}）" * bool(records.evidence)
    en = f"record “{what.en}”" + f" from {source.en}" * bool(records.source)
    return Words(zh, en + f" with {evidence.en}" * bool(records.evidence))


def another_of(c: AnotherCondition, model: SupervisionModel, wording: Wording) -> Words:
    """The other records that a condition speaks of, with what they must themselves meet and share."""
    what = reports_of(c.records)
    zh, en = what.zh, what.en
    for inner in c.where:
        said = asked(inner, model, wording)
        zh, en = f"{zh}（{said.zh}）", f"{en} ({said.en})"
    same = [attribute_words(f) if f not in ("category", "source") else _SELF[f] for f in c.same]
    if same:
        zh = f"{'、'.join(f'同一{w.zh}' for w in same)}的{zh}"
        en = f"{en} of the same {' and '.join(lowered(w.en) for w in same)}"
    if c.independent:
        zh, en = f"其他举报人的{zh}", f"{en} by someone else"
    return Words(zh, en)


def several(words: Words) -> str:
    """``record “x” …`` as ``records “x” …``."""
    return f"records{words.en.removeprefix('record')}"


def features_of(condition: PlaceCondition, model: SupervisionModel, wording: Wording) -> Words:
    """The features that a condition speaks of: 当日有效的采砂许可 / sand extraction permits valid on the day."""
    title = wording.layer(condition.layer)
    valid = {
        "on_occurrence": Words("当日有效的", " valid on the day"),
        "expired_on_occurrence": Words("当日已过期的", " that had expired on the day"),
        "not_yet_on_occurrence": Words("当日尚未生效的", " not yet valid on the day"),
        "": NONE,
    }[condition.valid]
    parts = []
    for name, codes in condition.where.items():
        named, meant = wording.field(condition.layer, name), either([choice_words(name, code) for code in codes])
        parts.append(Words(f"{named.zh}：{meant.zh}", f"{lowered(named.en)}: {meant.en}"))
    parts += _links(condition, model, wording)
    zh = f"（{'；'.join(p.zh for p in parts)}）" * bool(parts)
    en = f" ({'; '.join(p.en for p in parts)})" * bool(parts)
    return Words(f"{valid.zh}{title.zh}{zh}", f"{lowered(title.en)}{en}{valid.en}")


def _links(condition: PlaceCondition, model: SupervisionModel, wording: Wording) -> list[Words]:
    parts = []
    numbers, watched = model.numbers, model.watch.layer
    if condition.dated:
        named = wording.field(condition.layer, condition.dated.field)
        spans = []
        for said, zh, en in (
            (condition.dated.before, "此前", "before"),
            (condition.dated.after, "此后", "after"),
        ):
            if said == "any":
                spans.append(Words(zh, f"{en} the act"))
            elif said:
                q = quantity(numbers[said])
                spans.append(Words(f"{zh}{q.zh}内", f"within {q.en} {en} the act"))
        span = either(spans)
        if (condition.dated.before, condition.dated.after) == ("any", "any"):
            parts.append(Words(f"载有{named.zh}", f"with a {lowered(named.en)}"))
        else:
            parts.append(Words(f"{named.zh}在{span.zh}", f"{lowered(named.en)}: {span.en}"))
    for mine, theirs in condition.same.items():
        a, b = wording.field(watched, mine), wording.field(condition.layer, theirs)
        same = Words(f"{a.zh}相同", f"same {lowered(a.en)}")
        parts.append(
            same if a == b else Words(f"{a.zh}与其{b.zh}相同", f"{lowered(a.en)} equal to its {lowered(b.en)}")
        )
    if condition.alike:
        names = [wording.field(watched, f) for f in condition.alike.fields]
        least = numbers[condition.alike.at_least].value
        zh, en = "、".join(n.zh for n in names), " and ".join(lowered(n.en) for n in names)
        parts.append(Words(f"{zh}相似度不低于{least:g}", f"{en} alike, score at least {least:g}"))
    for mine, op, theirs in condition.compare:
        a, b, w = wording.field(watched, mine), wording.field(condition.layer, theirs), OP_WORDS[op]
        parts.append(Words(f"{a.zh}{w.zh}其{b.zh}", f"{lowered(a.en)} {w.en} its {lowered(b.en)}"))
    return parts


def lowered(title: str) -> str:
    """A title inside a sentence: its first letter small, unless it begins with an abbreviation (GPS)."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def asked(condition: Condition, model: SupervisionModel, wording: Wording) -> Words:
    """What one condition asks."""
    said = _asked(condition, model, wording)
    return Words(f"没有：{said.zh}", f"not: {said.en}") if condition.without else said


def _asked(c: Condition, model: SupervisionModel, wording: Wording) -> Words:
    numbers = model.numbers
    if isinstance(c, PlaceCondition):
        return _place_asked(c, model, wording)
    if isinstance(c, SeasonCondition):
        first, last = "{:02d}-{:02d}".format(*c.start), "{:02d}-{:02d}".format(*c.end)
        return Words(f"发生在每年{first}至{last}", f"between {first} and {last} of a year")
    if isinstance(c, DatesCondition):
        spans = [a if a == b else f"{a}/{b}" for a, b in c.spans]
        return Words("发生在" + "、".join(spans), "on " + ", ".join(spans))
    if isinstance(c, HoursCondition):
        spans = ["{:02d}:{:02d}–{:02d}:{:02d}".format(*divmod(a, 60), *divmod(b, 60)) for a, b in c.spans]
        return Words("发生在" + "、".join(spans), "between " + " or ".join(spans))
    if isinstance(c, ValueCondition):
        named = wording.field(model.watch.layer, c.field)
        if c.op == "present":
            return Words(f"载有{named.zh}", f"{lowered(named.en)} is given")
        if c.op == "one_of":
            meant = either([choice_words(c.field, code) for code in c.words])
            return Words(f"{named.zh}为{meant.zh}", f"{lowered(named.en)} is {meant.en}")
        q, w = quantity(numbers[c.number]), OP_WORDS[c.op]
        return Words(f"{named.zh}{w.zh}{q.zh}", f"{lowered(named.en)} {w.en} {q.en}")
    if isinstance(c, UnusualCondition):
        named, q = wording.field(model.watch.layer, c.field), quantity(numbers[c.number])
        if c.of == "same_month":
            zh, en = ("低于", "below") if c.side == "below" else ("高于", "above")
            return Words(
                f"{named.zh}{zh}往年同月中位数的{q.zh}", f"{lowered(named.en)} {en} {q.en} of the usual for the month"
            )
        zh, en = ("低于", "below") if c.side == "below" else ("高于", "above")
        return Words(
            f"{named.zh}{zh}同类均值{q.zh}个标准差以上",
            f"{lowered(named.en)} more than {q.en} standard deviations {en} its peers",
        )
    if isinstance(c, ClockCondition):
        q, since = quantity(numbers[c.passed]), since_words(c, model, wording)
        return Words(f"自{since.zh}起已超过{q.zh}", f"more than {q.en} since {since.en}")
    return _another_asked(c, model, wording)


def since_words(c: ClockCondition, model: SupervisionModel, wording: Wording) -> Words:
    if c.since == "occurred":
        return Words("发生之日", "it happened")
    if c.since == "valid_to":
        return Words("到期之日", "the term ended")
    named = wording.field(model.watch.layer, c.since)
    return Words(named.zh, lowered(named.en))


def _place_asked(c: PlaceCondition, model: SupervisionModel, wording: Wording) -> Words:
    what, numbers = features_of(c, model, wording), model.numbers
    far = quantity(numbers[c.at_most]) if c.at_most else NONE
    least = quantity(numbers[c.at_least]) if c.at_least else NONE
    if c.relation == "within":
        return Words(f"位于{what.zh}内", f"inside {what.en}")
    if c.relation == "outside":
        return Words(f"超出{what.zh}范围{least.zh}以上", f"more than {least.en} outside {what.en}")
    if c.relation == "overlap":
        return Words(f"与{what.zh}重叠不少于{least.zh}", f"overlapping {what.en} by at least {least.en}")
    if c.relation == "crosses":
        return Words(f"与{what.zh}相交", f"crossing {what.en}")
    if c.relation == "same_reach":
        return Words(f"与{what.zh}同一河段", f"on the same reach as {what.en}")
    if c.relation == "upstream_of":
        return Words(f"位于{what.zh}上游{far.zh}以内", f"upstream of {what.en} by at most {far.en}")
    if c.relation == "downstream_of":
        return Words(f"位于{what.zh}下游{far.zh}以内", f"downstream of {what.en} by at most {far.en}")
    if c.relation == "on_bank":
        side = Words("左岸", "left bank") if c.side == "left" else Words("右岸", "right bank")
        return Words(f"在{what.zh}{side.zh}{far.zh}以内", f"on the {side.en} of {what.en}, within {far.en}")
    if c.relation == "matching":
        return Words(f"对应{what.zh}", f"matching {what.en}")
    return Words(f"距{what.zh}不超过{far.zh}", f"within {far.en} of {what.en}")


def _another_asked(c: AnotherCondition, model: SupervisionModel, wording: Wording) -> Words:
    numbers, what = model.numbers, another_of(c, model, wording)
    n = int(numbers[c.count].base) if c.count else 1
    near = quantity(numbers[c.at_most]) if c.at_most else NONE
    spans = []
    for said, zh, en in ((c.before, "此前", "before"), (c.after, "此后", "after")):
        if said == "any":
            spans.append(Words(zh, en))
        elif said:
            q = quantity(numbers[said])
            spans.append(Words(f"{zh}{q.zh}内", f"within {q.en} {en}"))
    span = either(spans)
    zh = f"{span.zh}{near.zh + '范围内' if c.at_most else ''}另有{f'{n}条以上' if n > 1 else ''}{what.zh}"
    en = f"at least {n} other {several(what)}" if n > 1 else f"another {what.en}"
    en += f", within {near.en}" * bool(c.at_most) + f", {span.en}"
    if c.faster_than:
        q = quantity(numbers[c.faster_than])
        zh, en = f"{zh}（两地往返须超过{q.zh}）", f"{en}, reached only at more than {q.en}"
    between = between_of(c, model, wording)
    return (
        Words(f"{zh}（其间无{between.zh}）", f"{en}, with no {between.en} in between") if between.zh else Words(zh, en)
    )


def between_of(c: AnotherCondition, model: SupervisionModel, wording: Wording) -> Words:
    """What may not lie between the two; empty words for nothing."""
    if c.between is None:
        return NONE
    what = reports_of(c.between)
    zh, en = what.zh, what.en
    for inner in c.between_where:
        said = asked(inner, model, wording)
        zh, en = f"{zh}（{said.zh}）", f"{en} ({said.en})"
    return Words(zh, en)


_SELF = {"category": Words("类别", "category"), "source": Words("来源", "source")}


def having_words(having: Having, model: SupervisionModel, wording: Wording) -> Words:
    """What each counted record must carry; empty words for nothing."""
    parts = []
    if having.category:
        parts.append(either([category_words(c) for c in having.category]))
    if having.source:
        parts.append(either([SOURCE_WORDS.get(s, Words(s, s)) for s in having.source]))
    if having.evidence:
        kinds = either([EVIDENCE_WORDS[e] for e in having.evidence])
        parts.append(Words(f"有{kinds.zh}", f"with {kinds.en}"))
    if having.field:
        named, q = wording.field(model.watch.layer, having.field), quantity(model.numbers[having.number])
        w = OP_WORDS[having.op or ">="]
        parts.append(Words(f"{named.zh}{w.zh}{q.zh}", f"{lowered(named.en)} {w.en} {q.en}"))
    return Words("，".join(p.zh for p in parts), ", ".join(p.en for p in parts))


def threshold_words(threshold: Threshold, model: SupervisionModel, wording: Wording) -> Words:
    """What a threshold asks, e.g. 30日内至少2名不同举报人 / at least 2 different reporters within 30 days."""
    numbers, n = model.numbers, model.numbers[threshold.count]
    kind = threshold.distinct
    what = "条记录" if model.watch.layer else "件"
    thing = "record" if model.watch.layer else "report"
    zh, en = f"至少{n}{what}", f"at least {n} {thing}{'' if n.base == 1 else 's'}"
    if kind == "reporter":
        zh, en = f"至少{n}名不同举报人", f"at least {n} different reporters"
    elif kind in PERIOD_WORDS:
        unit, one, many = PERIOD_WORDS[kind]
        zh, en = (
            f"至少{n}个不同的{unit.removeprefix('个')}",
            f"on at least {n} different {many if n.base != 1 else one}",
        )
    elif kind:
        named = (
            wording.layer(kind.removeprefix("layer:"))
            if kind.startswith("layer:")
            else wording.field(model.watch.layer, kind.removeprefix("field:"))
        )
        zh, en = f"至少涉及{n}个不同的{named.zh}", f"at least {n} different entries for “{lowered(named.en)}”"
        if kind.startswith("layer:"):
            en = f"in at least {n} different {lowered(named.en)}"
    if threshold.window:
        q = quantity(numbers[threshold.window])
        zh, en = f"{q.zh}内{zh}", f"{en} within {q.en}"
    having = having_words(threshold.having, model, wording)
    if having.zh:
        zh, en = f"{zh}（{having.zh}）", f"{en} ({having.en})"
    if threshold.sum:
        named, q = wording.field(model.watch.layer, threshold.sum_field), quantity(numbers[threshold.sum])
        zh, en = f"{zh}，{named.zh}合计不低于{q.zh}", f"{en}, {lowered(named.en)} {q.en} or more in all"
    if threshold.share:
        of, q = having_words(threshold.share_having, model, wording), quantity(numbers[threshold.share])
        zh, en = f"{zh}，其中不少于{q.zh}{of.zh}", f"{en}, at least {q.en} of them: {of.en}"
    if threshold.few:
        named, q = wording.field(model.watch.layer, threshold.few_field), quantity(numbers[threshold.few])
        zh, en = (
            f"{zh}，而{named.zh}不超过{q.zh}个",
            f"{en}, with at most {q.en} different entries for “{lowered(named.en)}”",
        )
    if threshold.times:
        q, b = quantity(numbers[threshold.times]), quantity(numbers[threshold.baseline])
        zh, en = f"{zh}，且达到其此前{b.zh}平均水平的{q.zh}倍", f"{en}, and {q.en} times its usual over {b.en} before"
    return Words(zh, en)


def group_words(group: Group, model: SupervisionModel, wording: Wording) -> Words:
    """What the records are counted over."""
    size = quantity(model.numbers[group.size]) if group.size else NONE
    if group.by == "record":
        return Words("逐条", "each record alone")
    if group.by == "cell":
        return Words(f"每{size.zh}网格", f"each cell of {size.en}")
    if group.by == "cluster":
        return Words(f"彼此相距{size.zh}以内的聚集", f"clusters linked over {size.en}")
    if group.by == "segment":
        line = wording.layer(group.of)
        return Words(f"每{size.zh}{line.zh}", f"each stretch of {size.en} along {lowered(line.en)}")
    if group.by == "field":
        named = wording.field(model.watch.layer, group.field)
        return Words(f"同一{named.zh}", f"the same {lowered(named.en)}")
    layer = wording.layer(group.by)
    return Words(f"每个{layer.zh}", f"each of {lowered(layer.en)}")
