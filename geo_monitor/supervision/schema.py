"""The grammar as a JSON Schema (2020-12), for editors that check and complete while one types.

It is made from the same closed lists as the loader (``grammar.py``) and printed by ``geo-monitor models schema``; the
file ``schema.json`` beside this module is that print, kept so that an editor can be pointed at it. What the schema
cannot know (whether a number, a layer, a category exists) the loader and lint say. Numbers stand under ``numbers:``;
the schema refuses them elsewhere, as lint does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from geo_monitor.domain.lead import URGENCIES
from geo_monitor.domain.words import Words
from geo_monitor.supervision import grammar
from geo_monitor.supervision.model import DOMAINS, GROUPS, STATUSES, TRACKS, UNITS, Relation

Part = dict[str, Any]

#: What an editor shows beside a word; ``part.word`` where a word means something else in that part.
MEANINGS: Mapping[str, Words] = {
    "id": Words("编号,如 RIV-001,永不重复使用", "number, like RIV-001; never used twice"),
    "version": Words("版本,文件每次修改都要加一", "raised by one with every change of the file"),
    "status": Words("状态:草案、试运行、运行、停用", "draft, on trial, active or retired"),
    "title": Words("名称,只说疑似", "name; it says no more than suspected"),
    "track": Words("监督类型", "kind of supervision"),
    "domain": Words("领域", "field of supervision"),
    "urgency": Words("紧急程度", "how urgent its leads are"),
    "needs": Words("所需数据,缺一则等待数据", "data without which the model waits"),
    "needs.layers": Words("模型用到的全部图层", "all layers that the model speaks of"),
    "needs.records": Words("至少收到过一次的事件类别", "categories of reports that must have come in at least once"),
    "watch": Words("看什么", "which records the model looks at"),
    "numbers": Words("数值:名称、值和单位、依据", "numbers: name, value with unit, basis"),
    "where": Words("条件,须全部满足", "conditions, all of which must hold"),
    "group": Words("按什么累计、达到多少", "what the records are counted over, and how many it takes"),
    "lead": Words("线索怎样写", "what the lead says"),
    "cases": Words("用例:应当触发、不应触发、边界", "tiny worlds that must hit, must miss, or stand on an edge"),
    # numbers
    "numbers.value": Words("值和单位,如 50 m", "value with its unit, like 50 m"),
    "basis": Words("依据:法规库条文编号,或 proposal(建议值)", "id of a provision in the register, or proposal"),
    "note": Words("为何取这个值", "why this much"),
    # records
    "category": Words("事件类别,任一即可", "categories of reports, any of them"),
    "source": Words("来源,任一即可", "sources, any of them"),
    "evidence": Words("证据种类,任一即可", "kinds of evidence, any of them"),
    "layer": Words("不看事件而看图层的要素", "instead of reports: the features of a layer"),
    "watch.where": Words("只看这些要素:字段是所列值之一", "only features whose fields are among these words"),
    "watch.valid": Words("按运行当日的有效期", "by their term on the day of the run"),
    "watch.dated": Words("记载行为日期的字段", "the field that holds the day of the act"),
    # place
    "without": Words("没有:以下条件不成立", "the condition does not hold: there is none such"),
    "of": Words("图层", "layer"),
    "within": Words("在面内,边界算在内", "lies in a polygon; the border belongs to it"),
    "within_distance": Words("与要素的距离不超过 at_most", "lies at most so far from a feature"),
    "nearest": Words("同上,只取最近的要素", "the same, but only the nearest feature is meant"),
    "outside": Words("有部分距所有要素都超过 at_least", "some part lies farther than that from every feature"),
    "overlap": Words("与要素重叠达到面积或比例", "overlaps a feature by an area or a share"),
    "crosses": Words("与要素相交", "the shapes meet"),
    "same_reach": Words("与要素最近的是同一河段", "nearest to the same river reach as the feature"),
    "upstream_of": Words("在要素上游,沿河网不超过", "upstream of the feature, at most so far on the network"),
    "downstream_of": Words("在要素下游,沿河网不超过", "downstream of the feature, at most so far on the network"),
    "on_bank": Words("在河线的左岸或右岸(面向下游)", "on the left or right bank, looking downstream"),
    "matching": Words("只按编号或名称对应,不论位置", "by identifier or name alone, wherever it lies"),
    "at_most": Words("不超过(数值名称)", "at most: the name of a number"),
    "at_least": Words("不少于(数值名称)", "at least: the name of a number"),
    "more_than": Words("大于(数值名称)", "more than: the name of a number"),
    "less_than": Words("小于(数值名称)", "less than: the name of a number"),
    "bank": Words("离河段多远以内仍算在河边", "how far from its reach a record or a feature may lie"),
    "side": Words("左岸或右岸", "left or right bank"),
    "place.where": Words("只指这些要素:字段是所列值之一", "only features whose fields are among these words"),
    "valid": Words("按行为当日的有效期", "by their term on the day of the act"),
    "dated": Words("要素的日期与行为日期相比", "a date of the feature, set against the day of the act"),
    "same": Words("相同:记录字段: 要素字段", "equal: field of the record: field of the feature"),
    "alike": Words("名称、地址相近", "names and addresses that mean the same"),
    "compare": Words("与要素的数值比较", "a figure of the record compared with one of the feature"),
    "fields": Words("记录字段: 要素字段", "field of the record: field of the feature"),
    "field": Words("字段", "field"),
    "before": Words("最多早这么久;any 为不限", "at most so much earlier; any: ever"),
    "after": Words("最多晚这么久;any 为不限", "at most so much later; any: ever"),
    # time, values
    "season": Words("一年中的日期段,含首尾", "days of the year, both ends included"),
    "from": Words("起,月-日", "from, month and day"),
    "to": Words("止,月-日", "to, month and day"),
    "dates": Words("日期或日期段", "days or spans of days"),
    "hours": Words("当地时间段,含起不含止", "spans of local time; the start counts, the end does not"),
    "clock": Words("期限已过", "a term has passed"),
    "since": Words("自:occurred、valid_to 或日期字段", "since: occurred, valid_to, or a field with a day"),
    "passed": Words("已过多久(数值名称)", "how much has passed: the name of a number"),
    "value": Words("记录的数值或用语", "a figure or word of the record"),
    "one_of": Words("所列用语之一", "one of these words"),
    "present": Words("有该字段", "the field is given"),
    "unusual": Words("异常:与往年同月或同类相比", "unusual beside the same month of earlier years, or beside peers"),
    "below": Words("低于", "below"),
    "above": Words("高于", "above"),
    "unusual.of": Words("同月历年,或同类", "the same month of earlier years, or peers"),
    "per": Words("该字段相同者之间比较", "compared among those with the same value of this field"),
    "period": Words("同类的时段", "the period in which peers are compared"),
    # another report
    "another": Words("另有一条事件", "another report"),
    "another.same": Words("这些字段相同", "these fields are equal"),
    "independent": Words("由另一名已知举报人报告", "by another known reporter"),
    "faster_than": Words("两处之间只有超过该速度才能到达", "nobody gets from one to the other more slowly"),
    "another.count": Words("这么多条", "that many of them"),
    "another.where": Words("它本身须满足的条件", "what the other report must itself meet"),
    "without_between": Words("两者之间的时间内没有", "in time between the two there is none of these"),
    # groups
    "by": Words("按图层,或 record、cell、cluster、segment、field", "a layer, or record, cell, cluster, segment, field"),
    "size": Words("格网边长、聚集步长或河段长度", "side of a cell, step of a cluster, length of a stretch"),
    "reach": Words("归到最近要素的最大距离", "how far the nearest feature may be"),
    "apart": Words("聚集中前后最多相隔多久", "how far apart in time what is linked may be"),
    "group.of": Words("分段的线图层", "the layer of lines that is cut into stretches"),
    "group.field": Words("该字段的值相同者为一组", "equal values of this field are one group"),
    "any": Words("阈值,满足其一即可", "thresholds; one that is met is enough"),
    "count": Words("达到多少(数值名称)", "how many: the name of a number"),
    "distinct": Words("改为计不同的人、时段、字段值或要素", "counted instead: people, periods, values, features"),
    "window": Words("在多长时间内,首尾都算", "within so long, both ends included"),
    "having": Words("只计这样的记录", "only such records count"),
    "sum": Words("字段之和达到", "the sum of a field reaches"),
    "share": Words("其中此类所占比例达到", "the share of such records reaches"),
    "few": Words("字段的不同值不超过", "the different values of a field are at most"),
    "times": Words("达到该组通常数量的几倍", "so many times the group's own usual"),
    "baseline": Words("此前多长时间为通常", "over how long before the usual is taken"),
    # lead
    "about": Words("线索说的是什么;默认为累计对象", "what the lead is about; by default what is counted over"),
    "legal_basis": Words("法律依据,法规库条文编号", "ids of the legal register"),
    "agencies": Words("主管机关", "agencies in charge"),
    "criminal_screen": Words("查明事实后供比对的刑事条文", "provisions to compare with when facts are known"),
    "guide": Words("首先核对什么、常见误报", "first checks and known false positives"),
    "zh": Words("中文", "Chinese"),
    "en": Words("英文", "English"),
    "bo": Words("藏文", "Tibetan"),
    # cases
    "hit": Words("应当产生线索", "makes leads"),
    "miss": Words("不应产生线索", "makes none"),
    "edge": Words("边界上,须说明结果", "on the edge: says which"),
    "name": Words("名称", "name"),
    "as_of": Words("运行时刻", "the moment of the run"),
    "layers": Words("图层及其要素", "layers and their features"),
    "incidents": Words("事件", "reports"),
    "leads": Words("应有的线索对象", "the subjects of the leads expected"),
    "case.id": Words("要素编号", "id of the feature"),
    "case.title": Words("要素名称", "title of the feature"),
    "at": Words("点 [东, 北](米)", "point [east, north] in metres"),
    "line": Words("线,向下游画", "line, running downstream"),
    "polygon": Words("面", "polygon"),
    "box": Words("矩形 [西, 南, 东, 北]", "box [west, south, east, north]"),
    "properties": Words("要素字段", "fields of the feature"),
    "parent": Words("所属要素编号", "id of the feature it belongs to"),
    "valid_from": Words("有效期起日", "first day of its term"),
    "valid_to": Words("有效期止日", "last day of its term"),
    "on": Words("发生时间", "when it happened"),
    "reporter": Words("举报人代号", "who reported"),
    "accuracy_m": Words("定位误差(米)", "positional accuracy in metres"),
    "attributes": Words("事件字段", "attributes of the report"),
    "case.category": Words("类别;默认为模型所看的第一个", "category; by default the first that is watched"),
    "case.source": Words("来源;默认为模型所看的第一个", "source; by default the first that is watched"),
}  # fmt: skip


def schema() -> Part:
    """The whole schema. Every property has a description in Chinese and English."""
    root = _object(
        "",
        {
            "id": {"type": "string", "pattern": f"^{grammar.MODEL_ID}$"},
            "version": {"type": "integer", "minimum": 1},
            "status": {"enum": list(STATUSES)},
            "title": _ref("words"),
            "track": {"enum": list(TRACKS)},
            "domain": {"enum": list(DOMAINS)},
            "urgency": {"enum": list(URGENCIES)},
            "needs": _object("needs", dict.fromkeys(grammar.NEEDS_KEYS, _ref("texts"))),
            "watch": _watch(),
            "numbers": {
                "type": "object",
                "propertyNames": _ref("number"),
                "additionalProperties": _number(),
            },
            "where": {"type": "array", "items": _ref("condition")},
            "group": _group(),
            "lead": _lead(),
            "cases": _object("cases", {k: {"type": "array", "items": _case(k)} for k in grammar.CASE_KINDS}),
        },
        grammar.MODEL_REQUIRED,
    )
    feature, incident = _rows()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "监督模型 · supervision model",
        "description": "docs/grammar.md",
        **root,
        "$defs": {
            "scalar": {"type": ["string", "number", "boolean"]},
            "texts": {"type": "array", "items": _ref("scalar")},
            "words": _object("", {k: {"type": "string", "minLength": 1} for k in ("zh", "en", "bo")}, ("zh", "en")),
            "number": {"type": "string", "pattern": f"^{grammar.NUMBER_NAME}$", "not": {"const": grammar.EVER}},
            "ever": {"anyOf": [_ref("number"), {"const": grammar.EVER}]},
            "filter": {
                "type": "object",
                "additionalProperties": {"anyOf": [_ref("scalar"), _ref("texts")]},
            },
            "pairs": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
            "yes": {"enum": [True, "yes"]},
            "moment": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$"},
            "having": _having(),
            "feature": feature,
            "incident": incident,
            "any_condition": _any_condition(),
            "condition": _condition((), _ref("bare")),
            "bare": _condition(("without",)),
            "of_one_record": _condition(_of_many, _ref("bare_of_one_record")),
            "bare_of_one_record": _condition(("without", *_of_many)),
            "inside": _object("place", {"of": {"type": "string"}, **_beside()}, ("of",)),
            "dated": _dated(),
            "alike": _alike(),
            "compare": _compare(),
        },
    }


# ---- building stones -----------------------------------------------------------------------------------------


def _ref(name: str) -> Part:
    return {"$ref": f"#/$defs/{name}"}


def _object(part: str, properties: Mapping[str, Part], required: Iterable[str] = (), **more: Any) -> Part:
    """A closed mapping; ``part`` is where its words are looked up first."""
    made: Part = {
        "type": "object",
        "properties": {k: {"description": _meaning(part, k), **v} for k, v in properties.items()},
        "additionalProperties": False,
    }
    needed = list(required)
    return made | ({"required": needed} if needed else {}) | more


def _meaning(part: str, word: str) -> str:
    words = MEANINGS.get(f"{part}.{word}") or MEANINGS[word]
    return f"{words.zh} · {words.en}"


def _one_of(words: Iterable[str]) -> list[Part]:
    """Exactly one of these words stands there."""
    return [{"required": [w]} for w in words]


def _if(condition: Part, then: Part, otherwise: Part | None = None) -> Part:
    return {"if": condition, "then": then} | ({"else": otherwise} if otherwise else {})


def _none_of(words: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {"properties": dict.fromkeys(words, False)}


def _texts(*words: str) -> dict[str, Part]:
    return {w: _ref("texts") for w in words}


# ---- the parts of a model ------------------------------------------------------------------------------------


def _watch() -> Part:
    parts = _texts(*grammar.RECORDS_KEYS) | {
        "layer": {"type": "string"},
        "where": _ref("filter"),
        "valid": {"enum": list(grammar.WATCH_VALIDITIES)},
        "dated": {"type": "string"},
    }
    layer_only = [k for k in grammar.WATCHED_LAYER_KEYS if k != "layer"]
    return _object(
        "watch",
        parts,
        **_if({"required": ["layer"]}, _none_of(grammar.RECORDS_KEYS), _none_of(layer_only)),
    )


def _number() -> Part:
    units = "|".join(u for u in UNITS if u)
    quantity = {"type": "string", "pattern": rf"^-?\d+(\.\d+)?\s*({units})?$"}
    value = {"anyOf": [{"type": "number"}, quantity]}
    said = {"type": "string"}
    return _object("numbers", dict(zip(grammar.NUMBER_KEYS, (value, said, said), strict=True)), ("value",))


_of_many = tuple(w for w in grammar.CONDITIONS if w not in grammar.OF_ONE_RECORD)


def _condition(never: Sequence[str], without: Part | None = None) -> Part:
    """A condition without some of the words; ``without`` is what may stand under that word."""
    parts: Part = dict.fromkeys(never, False) | ({"without": without} if without else {})
    return {"allOf": [_ref("any_condition"), {"properties": parts}]}


def _any_condition() -> Part:
    """One word of the grammar, with what belongs beside it."""
    heads: dict[str, Part] = {
        "without": {"type": "object"},
        **{r: {} for r in grammar.RELATIONS},
        "season": _season(),
        "dates": {"type": "array", "items": {"type": "string", "pattern": f"^{grammar.DAYS_SPAN}$"}},
        "hours": {"type": "array", "items": {"type": "string", "pattern": f"^{grammar.HOURS_SPAN}$"}},
        "value": _value(),
        "clock": _object("clock", {"since": {"type": "string"}, "passed": _ref("number")}, grammar.CLOCK_KEYS),
        "unusual": _unusual(),
        "another": _another(),
    }
    alone = [w for w in heads if w not in grammar.RELATIONS]
    return _object(
        "place",
        heads | _beside(),
        oneOf=_one_of(heads),
        allOf=[
            *(_if({"required": [r]}, _place(r)) for r in grammar.RELATIONS),
            _if({"anyOf": _one_of(alone)}, _none_of(grammar.PLACE_KEYS)),
        ],
    )


def _beside() -> dict[str, Part]:
    """All that may stand beside a relation; which of it, each relation says."""
    numbers = {k: _ref("number") for k in ("at_most", "at_least", "bank")}
    features = {
        "where": _ref("filter"),
        "valid": {"enum": list(grammar.VALIDITIES)},
        "dated": _ref("dated"),
        "same": _ref("pairs"),
        "alike": _ref("alike"),
        "compare": _ref("compare"),
    }
    return {**numbers, "side": {"enum": list(grammar.SIDES)}, **features}


def _place(relation: Relation) -> Part:
    """What the relation asks for beside itself, or all of it inside."""
    asks = grammar.RELATION_ASKS[relation]
    others = [k for k in grammar.PLACE_KEYS if k not in (*asks, *grammar.FEATURE_KEYS)]
    rest: Part = {"anyOf": _one_of(("same", "alike"))} if relation == "matching" else {}
    rest |= {"required": list(asks)} if asks else {}
    inside = {"allOf": [_ref("inside"), {**rest, **_none_of(others)}]}
    beside = _none_of(others)
    beside["properties"] |= {relation: {"type": "string"}}
    return {
        "if": {"properties": {relation: {"type": "object"}}},
        "then": {"properties": {relation: inside, **dict.fromkeys(grammar.PLACE_KEYS, False)}},
        "else": {**rest, **beside},
    }


def _alike() -> Part:
    return _object("alike", {"fields": _ref("pairs"), "at_least": _ref("number")}, grammar.ALIKE_KEYS)


def _compare() -> Part:
    field = _object("compare", {k: {"type": "string"} for k in grammar.COMPARISONS}, minProperties=1)
    return {"type": "object", "additionalProperties": field}


def _dated() -> Part:
    parts = {"field": {"type": "string"}, "before": _ref("ever"), "after": _ref("ever")}
    return _object("dated", parts, ("field",), anyOf=_one_of(("before", "after")))


def _season() -> Part:
    day = {"type": "string", "pattern": r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"}
    return _object("season", dict.fromkeys(grammar.SEASON_KEYS, day), grammar.SEASON_KEYS)


def _value() -> Part:
    tests = dict.fromkeys(grammar.COMPARISONS, _ref("number")) | {"one_of": _ref("texts"), "present": _ref("yes")}
    return _object("value", {"field": {"type": "string"}, **tests}, ("field",), oneOf=_one_of(grammar.VALUE_TESTS))


def _unusual() -> Part:
    parts = {
        "field": {"type": "string"},
        "below": _ref("number"),
        "above": _ref("number"),
        "of": {"enum": list(grammar.USUAL_OF)},
        "per": {"type": "string"},
        "period": {"enum": list(grammar.USUAL_PERIODS)},
    }
    same_month = _if({"properties": {"of": {"const": "same_month"}}}, _none_of(["period"]))
    return _object("unusual", parts, ("field", "of"), oneOf=_one_of(("below", "above")), **same_month)


def _another() -> Part:
    conditions = {"type": "array", "items": _ref("of_one_record")}
    between = _object("another", {**_texts(*grammar.RECORDS_KEYS), "where": conditions}, ("category",))
    parts = {
        **_texts(*grammar.RECORDS_KEYS),
        **dict.fromkeys(("at_most", "faster_than", "count"), _ref("number")),
        **dict.fromkeys(("before", "after"), _ref("ever")),
        "same": _ref("texts"),
        "independent": _ref("yes"),
        "where": conditions,
        "without_between": between,
    }
    return _object("another", parts, ("category",), anyOf=_one_of(("before", "after")))


def _group() -> Part:
    parts = {
        "by": {"type": "string"},
        **dict.fromkeys(("size", "reach", "apart"), _ref("number")),
        "of": {"type": "string"},
        "same": _ref("pairs"),
        "field": {"type": "string"},
        "any": {"type": "array", "minItems": 1, "items": _threshold()},
    }

    def kind(name: str) -> Part:
        allowed = grammar.GROUP_ALLOWS[name]
        by = {"const": name} if name in GROUPS else {"not": {"enum": list(GROUPS)}}
        others = [k for k in grammar.GROUP_KEYS if k not in ("by", "any", *allowed)]
        return _if(
            {"required": ["by"], "properties": {"by": by}},
            {"required": list(grammar.GROUP_ASKS[name]), **_none_of(others)},
        )

    return _object("group", parts, ("by", "any"), allOf=[kind(name) for name in grammar.GROUP_ASKS])


def _threshold() -> Part:
    field = {"type": "string"}
    inner = {
        "sum": {"field": field, "at_least": _ref("number")},
        "share": {"at_least": _ref("number"), "having": _ref("having")},
        "few": {"field": field, "at_most": _ref("number")},
    }
    parts = {
        **dict.fromkeys(("count", "window", "times", "baseline"), _ref("number")),
        "distinct": {"type": "string", "pattern": f"^({grammar.DISTINCT_FORM})$"},
        "having": _ref("having"),
        **{k: _object(k, v, tuple(v)) for k, v in inner.items()},
    }
    together = {"times": ["baseline"], "baseline": ["times"]}
    return _object("threshold", parts, ("count",), dependentRequired=together)


def _having() -> Part:
    parts = _texts(*grammar.RECORDS_KEYS) | {"field": {"type": "string"}}
    parts |= dict.fromkeys(grammar.COMPARISONS, _ref("number"))
    figure = _if({"required": ["field"]}, {"oneOf": _one_of(grammar.COMPARISONS)}, _none_of(grammar.COMPARISONS))
    return _object("having", parts, minProperties=1, **figure)


def _lead() -> Part:
    parts: dict[str, Part] = {"about": {"type": "string"}, "guide": _ref("words")}
    parts |= _texts("legal_basis", "agencies", "criminal_screen")
    return _object("lead", parts, grammar.LEAD_REQUIRED)


def _case(kind: str) -> Part:
    leads: Part = {**_ref("texts"), **{"hit": {"minItems": 1}, "miss": {"maxItems": 0}}.get(kind, {})}
    return _object(
        "case",
        {
            "name": _ref("scalar"),
            "as_of": _ref("moment"),
            "layers": {"type": "object", "additionalProperties": {"type": "array", "items": _ref("feature")}},
            "incidents": {"type": "array", "items": _ref("incident")},
            "leads": leads,
        },
        ("name",) if kind == "miss" else ("name", "leads"),
    )


def _rows() -> tuple[Part, Part]:
    """Features and incidents of cases."""
    figure = {"type": "number"}
    point = {"type": "array", "items": figure, "minItems": 2, "maxItems": 2}
    free = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
    said: dict[str, Part] = {
        "at": point,
        "line": {"type": "array", "items": point, "minItems": 2},
        "polygon": {"type": "array", "items": point, "minItems": 3},
        "box": {"type": "array", "items": figure, "minItems": 4, "maxItems": 4},
        **dict.fromkeys(("id", "title", "parent", "name", "category", "source", "reporter"), _ref("scalar")),
        **dict.fromkeys(("properties", "attributes"), free),
        **dict.fromkeys(("valid_from", "valid_to", "on"), _ref("moment")),
        "evidence": _ref("texts"),
        "accuracy_m": figure,
    }
    one_shape = [{"not": {"required": list(pair)}} for pair in combinations(grammar.SHAPES, 2)]
    feature = _object("case", {k: said[k] for k in grammar.CASE_FEATURE_KEYS}, ("id",), allOf=one_shape)
    incident = _object("case", {k: said[k] for k in grammar.CASE_INCIDENT_KEYS}, ("at", "on"))
    return feature, incident
