"""Identifiers, names and addresses that mean the same, with a score that is stated.

Identifiers are equal once width, case, spaces, dashes and the marks _ . / · • are taken away. Names and addresses are
brought to a common form (width and case; brackets and punctuation away; the legal form at the end of a company's name
away; Chinese numerals before 号, 楼, 栋, 单元, 室 and the like as digits) and compared by the normalised edit
similarity (one minus edits over length, insertions and deletions only). The score of a pair is the least over the
fields that both have; a pair that has no field in common scores 0.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.fuzz import ratio

Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[Any]

_NOT_ID = re.compile(r"[\s\-‐-―_./·•・]+")
#: The same for text in ASCII, which most identifiers are: several times as quick.
_NOT_ASCII_ID = {k: None for k in range(128) if _NOT_ID.match(chr(k))}
#: Stands in no identifier and is kept by its common form.
_BETWEEN = "\0"
_PUNCTUATION = re.compile(r"[\W_]+", re.UNICODE)
_BRACKETED = re.compile(r"[(\[【〔].*?[)\]】〕]")
_LEGAL_FORM = re.compile(
    r"(股份有限公司|有限责任公司|有限公司|股份公司|责任公司|个体工商户|个人独资企业|合伙企业|公司)$"
)
_NUMERAL = re.compile(r"[〇零一二两三四五六七八九十百]+(?=(?:号|楼|栋|幢|单元|室|层|组|排|弄|巷))")
_DIGIT = {c: k for k, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def same_id(value: Any) -> str:
    """The common form of an identifier; "" for none."""
    if value is None:
        return ""
    said = _said(value)
    if said.isascii():
        return said.translate(_NOT_ASCII_ID).upper()
    return _NOT_ID.sub("", unicodedata.normalize("NFKC", said)).upper()


def _said(value: Any) -> str:
    """A whole number is the same identifier whether a file wrote it 1 or 1.0."""
    said = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
    return said[:-2] if said.endswith(".0") and said[:-2].isdecimal() else said


def same_ids(values: Sequence[Any]) -> list[str]:
    """The common form of each. Those in ASCII are brought to it in one go, as one long text."""
    said = ["" if v is None else _said(v) for v in values]
    plain = [t for t in said if t.isascii() and _BETWEEN not in t]
    formed = iter(_BETWEEN.join(plain).translate(_NOT_ASCII_ID).upper().split(_BETWEEN))
    return [next(formed) if t.isascii() and _BETWEEN not in t else same_id(t) for t in said]


def same_name(value: Any) -> str:
    """The common form of a name or an address; "" for none."""
    if value is None:
        return ""
    said = unicodedata.normalize("NFKC", str(value)).casefold()
    said = _BRACKETED.sub("", said) or said
    said = _PUNCTUATION.sub("", said)
    said = _LEGAL_FORM.sub("", said) or said
    return _NUMERAL.sub(lambda m: str(_number(m.group())), said)


def _number(said: str) -> int:
    """Chinese numerals below a thousand: 二十三 → 23, 一二〇 → 120."""
    if not any(c in said for c in "十百"):
        return int("".join(str(_DIGIT[c]) for c in said))
    total, digit = 0, 0
    for c in said:
        if c in "十百":
            total, digit = total + (digit or 1) * (10 if c == "十" else 100), 0
        else:
            digit = _DIGIT[c]
    return total + digit


def score(a: str, b: str) -> float:
    """Of two common forms, 0 to 1."""
    return ratio(a, b) / 100.0 if a and b else 0.0


def scores(left: Mapping[str, Objects], right: Mapping[str, Objects], fields: Mapping[str, str]) -> npt.NDArray[Any]:
    """The score of each row of ``left`` with the same row of ``right`` (common forms, of one length)."""
    n = len(next(iter(left.values()))) if left else 0
    least = np.full(n, np.inf)
    for mine, theirs in fields.items():
        a, b = left[mine], right[theirs]
        both = (a != "") & (b != "")
        if both.any():
            got = process.cpdist(a[both].tolist(), b[both].tolist(), scorer=ratio) / 100.0
            least[both] = np.minimum(least[both], got)
    return np.round(np.where(np.isinf(least), 0.0, least), 4)


class Equals:
    """Common forms by which their rows are found; what is empty is found by nothing."""

    def __init__(self, values: Objects) -> None:
        self.codes: dict[str, int] = {}
        code = np.array([self.codes.setdefault(v, len(self.codes)) for v in values.tolist()], dtype=np.int64)
        self.codes.pop("", None)
        self.order = np.argsort(code, kind="stable")
        self.start = np.searchsorted(code[self.order], np.arange(len(self.codes) + 2))

    def pairs(self, left: Objects) -> tuple[Ints, Ints]:
        """(row of left, row of these) wherever two are equal; sorted by both."""
        code = np.fromiter(map(self.codes.get, left.tolist(), repeat(-1)), np.int64, len(left))
        found = np.flatnonzero(code >= 0)
        lo, size = self.start[code[found]], self.start[code[found] + 1] - self.start[code[found]]
        offset = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        return np.repeat(found, size), self.order[np.repeat(lo, size) + offset]


def alike_pairs(left: Objects, right: Objects, at_least: float, block: int = 2_000_000) -> tuple[Ints, Ints]:
    """(row of left, row of right) whose common forms score at least that; equal names are compared once. The work
    grows with the product of the different names: use it beside a distance where there are many."""
    mine, back = np.unique(left.astype(str), return_inverse=True) if len(left) else (left, np.zeros(0, np.int64))
    theirs, home = np.unique(right.astype(str), return_inverse=True) if len(right) else (right, np.zeros(0, np.int64))
    found: list[tuple[Ints, Ints]] = []
    step = max(1, block // max(1, len(theirs)))
    for at in range(0, len(mine) if len(theirs) else 0, step):
        grid = process.cdist(
            mine[at : at + step].tolist(),
            theirs.tolist(),
            scorer=ratio,
            score_cutoff=at_least * 100.0 - 1e-6,
            workers=2,
        )
        i, j = np.nonzero(grid)
        i = i + at
        keep = (mine[i] != "") & (theirs[j] != "")
        found.append((i[keep].astype(np.int64), j[keep].astype(np.int64)))
    none = np.zeros(0, np.int64)
    i, j = (np.concatenate(p) for p in zip(*found, strict=True)) if found else (none, none)
    name_pairs = {(int(a), int(b)) for a, b in zip(i, j, strict=True)}
    by_name: dict[int, list[int]] = {}
    for a, b in name_pairs:
        by_name.setdefault(a, []).append(b)
    rows_of: dict[int, Ints] = {b: np.flatnonzero(home == b) for b in {b for _, b in name_pairs}}
    out = [(r, int(f)) for r, a in enumerate(back.tolist()) for b in by_name.get(a, ()) for f in rows_of[b]]
    pairs = np.array(sorted(out), dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
