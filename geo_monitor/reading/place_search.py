"""Which place a text names, how sure that is, and within how many metres: or why nobody can tell.

Names are looked for longest first, so that 柳梧大桥 is never the village 柳梧; the nearest level that is named is the
answer, the wider ones (county, township, river) must agree with it. No point is made up: a text that says "200 m below
the bridge" gives the bridge, with a radius that reaches that far. Two places between which nothing decides are no
answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz

from geo_monitor.domain.place import PLACE_LEVELS, LonLat
from geo_monitor.domain.repair import FARTHEST_M
from geo_monitor.reading.gazetteer import ENDINGS, Gazetteer, NamedPlace, grams_of, level_order, metres
from geo_monitor.reading.place_names import PART, Letters, is_chinese, letters_of

#: Scores nearer to each other than this decide nothing.
CLOSE = 0.05
#: What a name counts that only stands in the name of another thing (纳金路 is no part of 纳金), that is where somebody
#: goes or comes from, or with which the rest of the text does not agree.
NOT_MEANT = 0.4
#: What a name counts behind which the text goes on with letters that are neither a place nor a deed: what follows may
#: make it another name (南木 in 南木林县), so by itself it places nothing.
DOUBTFUL = 0.75
#: A name that is alike but not the same, at most; with a Chinese character that is another, at most.
ALIKE, OTHER_CHARACTER = 0.95, 0.75
#: Below this likeness (hundredths) a name is not worth showing.
LEAST_ALIKE = 66.0
#: Letters that tell names of one pattern apart: a likeness never bridges them.
TELLING = frozenset("东西南北中上下前后左右内外新旧老大小一二三四五六七八九十百0123456789第")
#: Posting lists longer than this name nothing in particular (合成, 商户).
COMMON = 200
SHOWN = 5
#: People round: a distance that is said may well be a quarter longer.
ROUNDED = 1.25
#: Farther than a place may be known: a direction without a distance.
NOWHERE_M = 2 * FARTHEST_M
#: How far from the outline of a wider place one may lie that it is said to be in, by its level.
AGREES_M: Mapping[str, float] = {
    "premises": 500.0,
    "site": 1000.0,
    "reach": 2000.0,
    "village": 1500.0,
    "township": 1500.0,
    "river": 3000.0,
    "district": 1000.0,
    "city": math.inf,
}

_ROAD = "大道|路(?!边|旁)|街|巷(?!子)|胡同"
_THING = (
    "加油站|派出所|火车站|汽车站|客运站|货运站|收费站|检查站|水电站|电站|大桥|桥(?![头下面墩上底边旁])|隧道|机场|小区|花园|家园|新村|大厦|酒店|宾馆|饭店|饭庄|餐厅|餐馆|茶馆|茶园|"
    "甜茶馆|超市|商场|商城|商店|市场|公司|集团|中学|小学|学校|幼儿园|医院|诊所|药店|水库|沟|湖|山(?!脚)|工业园|藏餐|火锅|烤肉|烧烤|牧场|"
    "藏家乐|农家乐|流觞"
)
_THING_EN = re.compile(
    r"(?:north|south|east|west|middle)?(?:road|street|lane|avenue|bridge|hotel|hostel|guesthouse|restaurant|cafe|teahouse|"
    r"school|hospital|clinic|station|market|mall|shop|company)"
)
#: Generic ends of names of shops and houses that stand for themselves, after a few letters of a name of their own.
_HOUSE = "店|坊|馆|厅|铺|楼盘|公寓|广告|基地"
#: Words that say where, not what: a name that is followed by one of them is over.
_WHERE = "[旁边对附周门前后内里外的脚东西南北上下侧景以往向到约距离与和及、至是有在处一某院山桥广公停正入出路]|[0-9]"
_BRANCH = "[一二三四五六七八九十]?分店|旗舰店|连锁店|加盟店|直营店|分公司|分号|[二三四五六七八九]店|[2-9]店|号店"
#: What may follow a name and makes it part of another name.
_ROADS = f"[东西南北中前后一二三四五六七八九十0-9]{{0,2}}(?:{_ROAD}|道)"
_OWN_NAME = f"(?!{_WHERE})[^|]{{1,6}}?(?:{_ROAD}|{_THING}|{_HOUSE}|{_BRANCH})"
_AFTER_AREA = re.compile(rf"(?:{_ROADS}|{_THING}|寺|新区|开发区|园区|工业|经济|{_OWN_NAME})")
_AFTER_VILLAGE = re.compile(
    rf"(?:{_ROADS}|{_THING}|寺|新区|开发区|园区|工业|经济|乡|镇|街道|县|区(?!域)|市|{_OWN_NAME})"
)
_AFTER_SITE = re.compile(rf"(?:{_ROADS}|{_THING}|{_BRANCH}|社区|居委会|村|宾|{_OWN_NAME})")
_AFTER_PREMISES = re.compile(rf"(?:{_BRANCH})")
#: A name that ends in a number is over only where the number is.
_AFTER_NUMBER = re.compile(r"(?:号|栋|幢|单元|室|班|年级|次|路公交)")
#: How a text may go on behind a name without making it another one: where it was, beside it, or what happened there.
_DIGITS_SAID = "[0-9一二两三四五六七八九十百千几数]"
_SIDE = (
    "旁|边|对面|斜对面|附近|周边|周围|门口|门前|门外|大门|正门|后门|前门|[东西南北]门|前(?!进)|后(?!勤)|内|里|外(?!贸|卖|围墙厂)|的|"
    "脚下|山脚|山下|后山|上(?!海)|下(?!关)|左岸|右岸|两岸|岸|上游|下游|桥|背后|背面|隔壁|侧|一带|沿线|沿途|沿河|处|段|河段|"
    f"路段|入口|出口|路口|村口|{_DIGITS_SAID}+(?:楼|层|组|队|户|号|米|公里|千米|多米|余米|km|m)|{_DIGITS_SAID}百|"
    "[东西南北]{1,2}(?:侧|面|边|方|部|角|头|岸|口|约|$|[|]|[0-9一二两三四五六七八九十百几])|"
    "[往向以朝][东西南北上下]|距|离|约|大约|不远|广场|公园|停车场|公交站|售票处|景区|景点|观景台|河|江|水面|水域|滩|院|楼上|楼下|"
    "原址|之间|中间|范围|区域|辖区|境内|片区|以|地段"
)
_DEED = (
    "在|有|被|发现|存在|出现|发生|涉嫌|疑似|违|私|乱|非法|偷|盗|采|挖|倒|倾倒|排|堆|卖|售|买|使用|出售|销售|经营|占|破坏|污染|"
    "垃圾|污水|废水|噪|油烟|异味|过期|无证|未|没|不|施工|建设|工地|正在|拆|修|烧|焚|放|养|钓|捕|电鱼|刻|涂|食|吃|用餐|就餐|拒|强|"
    "欺|虚|保护牌|围栏|墙|与|及|跟|和(?!平|谐)|或|也|都|是|因|为|且"
)
_IN_AREA = (
    "村(?![一-龥]{1,2}[县镇乡])|村委会|办事处|居委会|村民|社区|政府|卫生院|小学|中学|幼儿园|超市|市场|农贸市场|某|各|全|境|"
    "委会|一户|草场|牧区|农田|耕地"
)
_GOES_ON = re.compile(f"$|[|]|{_SIDE}|{_DEED}")
_GOES_ON_AREA = re.compile(f"$|[|]|{_SIDE}|{_DEED}|{_IN_AREA}")
_GOES_ON_EN = re.compile(
    r"$|[|]|[^a-z]|square|gate|entrance|carpark|parking|area|grounds|district|county|town|village|lhasa|tibet|and|in|on|at|"
    r"near|next|opposite|behind|north|south|east|west|up|down|side|is|was|where|has|of|to|from|with"
)
_GOES_ON_BO = re.compile(r"$|[|]|འི|འ|གི|ཀྱི|གྱི|ཡི|ལ|ན|ར|དང|འགྲམ|ཉེ|མདུན|རྒྱབ|སྒོ|[^\u0f00-\u0fff]")
#: What may stand before a name of two Chinese characters, which others may end in.
_BEGINS = re.compile(r"(?:^|[|]|[^\u3400-\u9fff]|[在到于位自的近距离村乡镇县区市省沿经往从由去至是,])$")
#: Between two names: the ends of a way, on which nobody knows where.
_WAY_BETWEEN = re.compile(r"^(?:前往|开往|驶往|通往|去往|到|至|去|往|赴|to|-)$")
_BEFORE = re.compile(r"(?:新|老|旧|小|原)$")
_WAY = re.compile(
    r"(?:开往|前往|通往|去往|驶往|发往|往返|往|去|赴|家住|住在|来自|户籍|籍贯|原籍|老家|运往|运到|送往|送到)(?:在|是|地|为)?$"
)
_TOWARDS = re.compile(r"^(?:方向|人(?![民工])|籍|户籍|来的)")
_NUMBER = r"([0-9]+(?:\.[0-9]+)?|[一二两三四五六七八九十百千]+|几|数)"
_FAR = re.compile(rf"{_NUMBER}(?:[多余来]|几)?(百|千|十)?(公里|千米|km|里(?!面)|米|m(?![a-z]))(半)?")
_FAR_EN = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)(kilometres?|kilometers?|km|metres?|meters?|m)"
    r"(?=(?:to|in|the|due)?(?:east|west|north|south|up|down|from|of|off|away|before|after|behind|below|above)|\||$)"
)
#: Words beside a name and how much farther they reach. Proposals of ours; the first that is found counts.
BESIDE: Sequence[tuple[re.Pattern[str], float]] = (
    (re.compile(r"方向|以[东西南北]|[往向][东西南北]|上游|下游|沿河|沿江|沿线"), NOWHERE_M),
    (
        re.compile(r"附近|周边|周围|一带|外围|广场|公园|停车场|公交站|不远|片区|nearby|near|around|vicinity|ཉེའགྲམ|ཉེའཁོར"),
        400.0,
    ),
    (re.compile(r"对面|旁|隔壁|边|侧|背后|后面|前面|脚下|opposite|behind|nextto|beside|front|འགྲམ|མདུན|རྒྱབ"), 150.0),
    (re.compile(r"门|入口|出口|路口|gate|entrance|སྒོ"), 100.0),
)
_UP_OR_DOWN_EN = re.compile(r"upstream|downstream|northof|southof|eastof|westof")
_FILLERS = re.compile(
    r"西藏自治区|西藏|自治区|位于|附近|旁边|对面|境内|辖区|一带|周边|处|内|的|在|里|于|市民|反映|地址|地点|路段|[|.]"
)
_DIGITS = {c: k for k, c in enumerate("零一二三四五六七八九")} | {"两": 2, "几": 9, "数": 9}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a text may mean. ``radius_m`` is from the place's point to the farthest spot that the words allow.
    ``words`` are the letters that were matched, ``why`` says how."""

    place: NamedPlace
    score: float
    radius_m: float
    words: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        p = self.place
        return {
            "name": p.name,
            "level": p.level,
            "score": round(self.score, 3),
            "lon": p.point.lon,
            "lat": p.point.lat,
            "radius_m": self.radius_m,
            "layer": p.layer,
            "id": p.id,
            "district": p.district,
            "words": self.words,
            "why": self.why,
        }

    def __str__(self) -> str:
        p = self.place
        return (
            f"{p.name} ({p.level}, {p.layer} {p.id}, {p.point.lon:.6f} {p.point.lat:.6f}, "
            f"{self.radius_m:g} m around, score {self.score:.2f})"
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """``reason`` is "" where ``place`` is the answer, else place_unknown, place_ambiguous or place_too_vague;
    ``candidates`` are what was looked at, best first; ``why`` is a sentence."""

    reason: str
    candidates: tuple[Candidate, ...] = ()
    why: str = ""

    @property
    def place(self) -> Candidate | None:
        return self.candidates[0] if not self.reason else None

    def as_dict(self) -> dict[str, Any]:
        return {
            "place": self.place.as_dict() if self.place else None,
            "reason": self.reason,
            "why": self.why,
            "candidates": [c.as_dict() for c in self.candidates],
        }


@dataclass(frozen=True, slots=True)
class _Mention:
    """One name in a text. ``places``: those of that name with what it counts; ``apart``: why it is not what is
    meant."""

    start: int
    end: int
    places: tuple[tuple[NamedPlace, float], ...]
    why: str
    apart: str = ""

    @property
    def order(self) -> int:
        best = max(score for _, score in self.places)
        return min(level_order(p.level) for p, score in self.places if score >= best - CLOSE)


def find_place(
    gazetteer: Gazetteer,
    *parts: str,
    at_least: str = "village",
    score: float = 0.8,
    within_m: float = FARTHEST_M,
) -> Finding:
    """The place that the parts of a report name (its address, then its words). The first part that says anything
    decides; a later one is asked only where that one names nothing but a wider place, or one of several of a name.

    An answer is at ``at_least`` this level or nearer, scores ``score`` at least, and is known within ``within_m``
    metres."""
    said = [letters_of(p) for p in parts]
    said = [s for s in said if s.text]
    if not said:
        return Finding("place_unknown", (), "a text that names a place; there is none")
    first, plain = _look(gazetteer, said[0])
    answer = _judged(first, at_least, score, within_m)
    if not answer.reason or len(said) == 1:
        return answer
    both, _ = _look(gazetteer, letters_of(PART.join(s.text for s in said)))
    second = _judged(both, at_least, score, within_m)
    known = {(c.place.layer, c.place.id) for c in first.candidates if c.score >= score}
    decides = answer.reason == "place_ambiguous" and (c := second.place) and (c.place.layer, c.place.id) in known
    if decides or (answer.reason == "place_too_vague" and plain):
        return second
    more = [c for c in both.candidates if (c.place.layer, c.place.id) not in known]
    return replace(answer, candidates=_shown([*answer.candidates, *more]))


def _judged(found: Finding, at_least: str, score: float, within_m: float) -> Finding:
    if found.reason:
        return found
    best = found.candidates[0]
    if best.score < score:
        expected = f"a name of the gazetteer; alike: {_listed(found.candidates)}"
        return Finding("place_unknown", found.candidates, expected)
    if level_order(best.place.level) > level_order(at_least) or best.radius_m > within_m:
        expected = f"a {at_least} or nearer, known within {within_m:g} m; all that is named is {best}"
        return Finding("place_too_vague", found.candidates, expected)
    return found


def _look(gazetteer: Gazetteer, said: Letters) -> tuple[Finding, bool]:
    """What the text names, whatever its level; and whether it says nothing besides names of wider places."""
    exact = _exact(gazetteer, said)
    starts, ends = {m.start for m in exact}, {m.end for m in exact}
    mentions = _off_the_way([_weighed(m, said.text, starts, ends) for m in exact], said.text)
    meant = [m for m in mentions if not m.apart]
    plain = not _rest(said.text, mentions) and bool(meant) and all(m.order > level_order("village") for m in mentions)
    if not meant or all(m.order > level_order("village") for m in meant):
        alike = [_weighed(m, said.text) for m in _alike(gazetteer, said, mentions)]
        mentions += alike
        meant += [m for m in alike if not m.apart and max(s for _, s in m.places) > OTHER_CHARACTER]
    if not meant:
        shown = _shown([c for m in mentions for c in _candidates(m, said.text, NOT_MEANT if m.apart else 1.0)])
        alike_words = f"; alike: {_listed(shown)}" if shown else ", and none is alike"
        return Finding("place_unknown", shown, f"a name of the gazetteer{alike_words}"), plain
    target = min(meant, key=lambda m: (m.order, -max(s for _, s in m.places), m.start, m.end))
    others = [m for m in meant if m is not target]
    candidates = _candidates(target, said.text)
    agreeing = [c for c in candidates if all(_agrees(c.place, m, gazetteer) for m in others)]
    if not agreeing:
        odd = next(m for m in others if not any(_agrees(c.place, m, gazetteer) for c in candidates))
        shown = _shown([*candidates, *_candidates(odd, said.text)])
        return Finding("place_ambiguous", shown, f"names that agree; these do not: {_listed(shown)}"), plain
    best = max(c.score for c in agreeing)
    close = [c for c in agreeing if c.score >= best - CLOSE]
    widest = max(close, key=lambda c: (c.radius_m, level_order(c.place.level), c.place.layer, c.place.id))
    if any(metres(widest.place.point, c.place.point) > widest.radius_m for c in close):
        return Finding("place_ambiguous", _shown(close), f"one place; this may be {_listed(_shown(close))}"), plain
    beside = [m for m in others if m.order == target.order]
    answer = replace(widest, radius_m=_covering(widest, beside))
    rest = [c for c in agreeing if c is not widest]
    rest += [c for m in mentions if m is not target for c in _candidates(m, said.text, NOT_MEANT if m.apart else 1.0)]
    return Finding("", (answer, *[c for c in _shown(rest) if c.place is not answer.place]), answer.why), plain


# ---- names in the text ------------------------------------------------------------------------------------------


def _exact(gazetteer: Gazetteer, said: Letters) -> list[_Mention]:
    """Names that stand in the text, longest first, none within or across another."""
    text = said.text
    found = [
        (start, start + length)
        for start in range(len(text))
        for length in gazetteer.lengths.get(text[start : start + 2], ())
        if start + length <= len(text)
        and text[start : start + length] in gazetteer.index
        and said.whole(start, start + length)
    ]
    taken: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda s: (s[0] - s[1], s[0])):
        if all(end <= a or start >= b for a, b in taken):
            taken.append((start, end))
    return [
        _Mention(a, b, tuple((gazetteer.places[k], score) for k, score in gazetteer.index[text[a:b]]), "named")
        for a, b in sorted(taken)
    ]


def _weighed(m: _Mention, text: str, starts: Container[int] = (), ends: Container[int] = ()) -> _Mention:
    """The mention, with why it is not what is meant, if its neighbours say so."""
    before, after, word = text[: m.start], text[m.end :], text[m.start : m.end]
    if not is_chinese(word):
        if found := _THING_EN.match(after):
            return replace(m, apart=f"part of another name ({word} {found.group()})")
        return m if (_GOES_ON_EN if word.isascii() else _GOES_ON_BO).match(after) else _doubtful(m, after)
    level = PLACE_LEVELS[m.order]
    written_out = any(word.endswith(e) for endings in ENDINGS.values() for e in endings)
    if _WAY.search(before) or _TOWARDS.match(after):
        return replace(m, apart="where somebody goes or comes from")
    if level in ("premises", "site") and _BEFORE.search(before):
        return replace(m, apart="part of another name")
    pattern = {
        "premises": _AFTER_PREMISES,
        "site": _AFTER_SITE,
        "reach": None,
        "village": None if written_out else _AFTER_VILLAGE,
        "river": re.compile("(?:路|大桥|桥|小区|酒店|宾馆|大厦)"),
    }.get(level, None if written_out else _AFTER_AREA)
    if word[-1].isdecimal() and (found := _AFTER_NUMBER.match(after)):
        return replace(m, apart=f"part of another name ({word}{found.group()})")
    if pattern is not None and (found := pattern.match(after)):
        return replace(m, apart=f"part of another name ({word}{found.group()})")
    if m.order > level_order("village"):
        return m  # whatever stands in a county is in it
    if m.end in starts or (_GOES_ON_AREA if m.order >= level_order("village") else _GOES_ON).match(after):
        short = len(word) == 2 and m.start not in ends and not _BEGINS.search(before)
        return _doubtful(m, before[-4:]) if short else m
    return _doubtful(m, after)


def _doubtful(m: _Mention, more: str) -> _Mention:
    places = tuple((place, round(score * DOUBTFUL, 4)) for place, score in m.places)
    return replace(m, places=places, why=f"{m.why}, beside {more.split(PART)[0][:8]}")


def _off_the_way(mentions: Sequence[_Mention], text: str) -> list[_Mention]:
    """From one name to another: neither is where it was."""
    out = list(mentions)
    for k in range(len(out) - 1):
        if _WAY_BETWEEN.match(text[out[k].end : out[k + 1].start]):
            out[k], out[k + 1] = (replace(m, apart="one end of a way") for m in (out[k], out[k + 1]))
    return out


def _rest(text: str, mentions: Iterable[_Mention]) -> str:
    """What the text says besides the names."""
    letters = list(text)
    for m in mentions:
        letters[m.start : m.end] = [PART] * (m.end - m.start)
    return _FILLERS.sub("", "".join(letters))


def _alike(gazetteer: Gazetteer, said: Letters, mentions: Sequence[_Mention]) -> list[_Mention]:
    """Names that are nearly in what the exact ones leave over: found by shared pairs of letters, measured by
    normalised edit similarity (rapidfuzz)."""
    letters = list(said.text)
    for m in mentions:
        letters[m.start : m.end] = [PART] * (m.end - m.start)
    found: list[_Mention] = []
    start = 0
    for run in "".join(letters).split(PART):
        found += _alike_in(gazetteer, said, start, run)
        start += len(run) + 1
    found.sort(key=lambda m: (-m.places[0][1], m.start, m.end, m.places[0][0].layer, m.places[0][0].id))
    return found[:SHOWN]


def _alike_in(gazetteer: Gazetteer, said: Letters, offset: int, run: str) -> list[_Mention]:
    shared: dict[str, int] = {}
    here = grams_of(run) | {f"{a}*{b}" for a, b in zip(run, run[2:], strict=False)}
    for gram in sorted(here):
        names = gazetteer.grams.get(gram, ())
        if len(names) <= COMMON:
            for key in names:
                shared[key] = shared.get(key, 0) + 1
    best = sorted(shared, key=lambda k: (-shared[k] / len(grams_of(k)), k))[: 4 * SHOWN]
    out = []
    for key in best:
        if len(key) < (3 if is_chinese(key) else 6):
            continue
        where = fuzz.partial_ratio_alignment(key, run)
        if where is None:
            continue
        a, b = where.dest_start, where.dest_end
        window = run[a:b]
        likeness = fuzz.ratio(key, window)
        if likeness < LEAST_ALIKE or window == key or _told_apart(key, run, a, b):
            continue
        most = OTHER_CHARACTER if is_chinese(key) and _other_character(key, window) else ALIKE
        if not said.whole(offset + a, offset + b):
            continue
        score = min(most, ALIKE * likeness / 100.0)
        places = tuple((gazetteer.places[k], score * count) for k, count in gazetteer.index[key])
        out.append(_Mention(offset + a, offset + b, places, f"like {key}, {likeness:.0f} of 100"))
    return out


def _other_character(key: str, window: str) -> bool:
    """Whether a Chinese character of a name is another in the text, or one of its ends is missing: 拉萨第一中学 is
    拉萨市第一中学, but 达瓦小学 is not 达孜小学."""
    return bool(set(window) - set(key)) or (key[0], key[-1]) != (window[0], window[-1])


def _told_apart(key: str, run: str, start: int, end: int) -> bool:
    """Whether a numeral or a word like east or first is another in the name than in the text."""
    while end < len(run) and run[end].isdecimal() and run[end - 1 : end].isdecimal():
        end += 1
    if any(c in TELLING for c in (run[max(0, start - 1) : start], run[end : end + 1]) if c):
        return True
    return [c for c in key if c in TELLING] != [c for c in run[start:end] if c in TELLING]


# ---- what a mention means ---------------------------------------------------------------------------------------


def _candidates(m: _Mention, text: str, weight: float = 1.0) -> list[Candidate]:
    more, words = _reach(m, text)
    why = m.apart or m.why
    why = f"{why}, {words}" if words else why
    return [
        Candidate(place, round(score * weight, 4), math.ceil(place.radius_m + more), text[m.start : m.end], why)
        for place, score in m.places
    ]


def _reach(m: _Mention, text: str) -> tuple[float, str]:
    """How much farther than the place itself the words beside its name reach, and which words: a distance if one is
    said in the same part of the text, else what the usual words for nearness allow."""
    after = text[m.end :].split(PART)[0]
    before = text[: m.start].split(PART)[-1]
    chinese = is_chinese(text[m.start : m.end])
    for part, pattern in ((after, _FAR), (before[-12:], _FAR), (before, _FAR_EN), (after, _FAR_EN)):
        if found := pattern.search(part):
            return _metres_said(found) * ROUNDED, found.group()
    near = after[:8] if chinese else f"{before[-24:]}{PART}{after[:24]}"
    if not chinese and (found := _UP_OR_DOWN_EN.search(near)):
        return NOWHERE_M, found.group()
    for pattern, more in BESIDE:
        if found := pattern.search(near):
            return more, found.group()
    return 0.0, ""


def _metres_said(found: re.Match[str]) -> float:
    groups = found.groups()
    number, unit = groups[0], groups[-1] if len(groups) == 2 else groups[2]
    value = float(number) if number[0].isdigit() else _numeral(number)
    if len(groups) > 2:
        value *= {"十": 10.0, "百": 100.0, "千": 1000.0}.get(groups[1] or "", 1.0)
        value += 0.5 if groups[3] else 0.0
    if unit in ("公里", "千米", "km") or unit.startswith("kilo"):
        return value * 1000.0
    return value * (500.0 if unit == "里" else 1.0)


def _numeral(said: str) -> float:
    """Chinese numerals below ten thousand: 两百五十 → 250, 十五 → 15; 几 is nine at most."""
    total = digit = 0
    for c in said:
        if c in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return float(total + digit)


def _agrees(place: NamedPlace, m: _Mention, gazetteer: Gazetteer) -> bool:
    """Whether a place lies where another name of the text says, or beside it."""
    for other, _ in m.places:
        if other == place:
            return True
        if other.level == "district" and place.district and gazetteer.same_district(place.district, other.id):
            return True
        if math.isinf(AGREES_M[other.level]):
            return True
        if other.away_m(*place.point) <= place.radius_m + AGREES_M[other.level]:
            return True
    return False


def _covering(c: Candidate, beside: Iterable[_Mention]) -> float:
    """A radius that also holds the nearest of the other places of the same level that the text names: between two
    temples means neither."""
    most = c.radius_m
    for m in beside:
        nearest = min((_away(c.place.point, p) for p, _ in m.places), default=0.0)
        most = max(most, nearest)
    return math.ceil(most)


def _away(point: LonLat, place: NamedPlace) -> float:
    return metres(point, place.point) + place.radius_m


def _shown(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """The best of each place, best first."""
    best: dict[tuple[str, str], Candidate] = {}
    for c in candidates:
        key = (c.place.layer, c.place.id)
        if key not in best or c.score > best[key].score:
            best[key] = c
    return tuple(
        sorted(best.values(), key=lambda c: (-c.score, level_order(c.place.level), c.place.layer, c.place.id))[:SHOWN]
    )


def _listed(candidates: Sequence[Candidate]) -> str:
    return "; or ".join(str(c) for c in candidates)
