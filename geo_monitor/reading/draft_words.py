"""Words of offices and ours: which of our categories, kinds of evidence, sources and attributes an office's word
means, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from geo_monitor.domain.incident import EVIDENCE, SOURCES
from geo_monitor.supervision.vocabulary import CATEGORIES, SOURCE_WORDS

#: What offices also call them, where nothing else can be meant.
ALSO: Mapping[str, tuple[str, ...]] = {
    "sand_mining": ("采砂", "采沙", "挖砂", "挖沙", "河道采砂", "盗采砂石"),
    "dumping": ("倾倒垃圾", "倾倒渣土", "乱倒垃圾", "乱倒渣土", "偷倒垃圾", "偷倒渣土", "fly tipping"),
    "litter": ("垃圾堆积", "littering"),
    "floating_rubbish": ("漂浮物", "漂浮垃圾"),
    "discharge": ("排污", "偷排污水", "污水排放"),
    "illegal_fishing": ("电鱼", "毒鱼", "炸鱼"),
    "noise": ("噪音", "噪声污染", "噪音扰民", "噪声扰民"),
    "odour": ("异味", "恶臭", "臭味", "odor"),
    "dust": ("扬尘污染",),
    "fumes": ("油烟", "油烟扰民"),
    "open_burning": ("焚烧垃圾", "秸秆焚烧"),
    "illegal_parking": ("违停", "违章停车", "乱停车", "illegal parking"),
    "street_stall": ("流动摊点", "流动商贩"),
    "other": ("其它",),
}
EVIDENCE_ALSO: Mapping[str, tuple[str, ...]] = {
    "photo": ("照片", "图片", "相片", "picture", "image"),
    "video": ("视频", "录像"),
    "document": ("书面材料", "文件", "文档"),
    "sample": ("样品", "样本"),
    "measurement": ("监测数据", "检测数据", "测量数据"),
    "inspection": ("检查记录", "检查笔录", "现场检查"),
}
#: Phone maps, and the system in which they give coordinates; only ever proposed.
PHONE_MAPS: Mapping[str, str] = {"高德": "GCJ02", "腾讯": "GCJ02", "百度地图": "BD09", "amap": "GCJ02", "baidu": "BD09"}

#: Which source a feed's, a file's or a sheet's name speaks of.
SOURCE_NAMES = (
    ("market_hotline", r"12315|market.?hotline"),
    ("hotline", r"12345|热线|hotline|311"),
    ("volunteer", r"志愿|volunteer"),
    ("patrol", r"巡查|巡河|巡护|patrol"),
    ("police", r"警情|公安|110接|police"),
    ("remote_sensing", r"遥感|图斑|卫星|影像|remote.?sensing|satellite"),
    ("sensor", r"传感|在线监测|sensor"),
    ("platform", r"平台|platform"),
    ("register", r"登记簿|台账|register"),
)

#: A word is another's with a slip of the pen if so many hundredths are the same, and no other comes near.
ALIKE, MARGIN = 85.0, 10.0
#: From here on a word is worth naming as one that may be meant.
NEAR = 70.0
_AROUND = re.compile(r"^(?:涉嫌|疑似|违法|非法|违规|擅自|私自)+|(?:问题|行为|现象|情况|类)$")
_LEVELS = re.compile(r"\s*(?:/|\\|>+|→|->|—+|--|\|)\s*")


@dataclass(frozen=True, slots=True)
class Meaning:
    """``ours`` is "" where it is not sure; ``exact``: the word is one of ours, in either language; ``near`` are those
    that may be meant, the likeliest first."""

    ours: str
    exact: bool = False
    near: tuple[str, ...] = ()


def category_of(word: str) -> Meaning:
    """Of our categories the one that an office's word means."""
    said = _plain(word)
    known = _known()
    if said in known:
        return Meaning(known[said], exact=True)
    levels = [part for part in _LEVELS.split(said) if part]
    for part in (_core(said), *(levels[-1:] if len(levels) > 1 else ()), *map(_core, levels[-1:])):
        if part in known:
            return Meaning(known[part])
    scores: dict[str, float] = {}
    for name, ours in known.items():
        score = fuzz.ratio(said, name)
        if len(said) > 1 and len(name) > 1 and (said in name or name in said):
            score = max(score, NEAR)
        scores[ours] = max(scores.get(ours, 0.0), score)
    ranked = sorted(scores, key=lambda c: (-scores[c], list(CATEGORIES).index(c)))
    best, second = ranked[0], ranked[1]
    if scores[best] >= ALIKE and scores[best] - scores[second] >= MARGIN:
        return Meaning(best)
    return Meaning("", near=tuple(c for c in ranked[:3] if scores[c] >= NEAR))


def evidence_of(word: str) -> str:
    """Of our kinds of evidence the one that is meant, or ""."""
    said = _plain(word)
    return next((k for k in EVIDENCE if said == k or said in EVIDENCE_ALSO[k]), "")


def source_of(word: str) -> str:
    """Of our sources the one that a cell names, or ""."""
    said = _plain(word)
    return next((k for k in SOURCES if said in (k, _plain(SOURCE_WORDS[k].zh), _plain(SOURCE_WORDS[k].en))), "")


def source_of_name(*names: str) -> str:
    """The source that the first of these names (of the feed, the file, a sheet) speaks of, or ""."""
    for name in names:
        for source, pattern in SOURCE_NAMES:
            if re.search(pattern, name, re.IGNORECASE):
                return source
    return ""


@lru_cache(maxsize=1)
def _known() -> dict[str, str]:
    """Plain word → our category: its code, its words in both languages, and what it is also called."""
    found: dict[str, str] = {}
    for code, words in CATEGORIES.items():
        for name in (code, code.replace("_", " "), words.zh, words.en, *ALSO.get(code, ())):
            found.setdefault(_plain(name), code)
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip().lower())


def _core(text: str) -> str:
    return _AROUND.sub("", _AROUND.sub("", text))
