"""What the words of a report have to compare: the common form of its text, its pairs of characters, and the numbers
and names in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from geo_monitor.domain.incident import Incident
from geo_monitor.engine.matching import same_id, same_name
from geo_monitor.services import likeness_weights as w

Ints = npt.NDArray[np.int64]

_NOT_WORDS = re.compile(r"[\W_]+", re.UNICODE)
_NUMERAL = re.compile(r"[〇零一二两三四五六七八九十百]+(?=(?:号|楼|栋|幢|单元|室|组|排|弄|巷))")
_DIGITS = {c: k for k, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
#: The one-character names of the provinces, a letter, five or six signs (GA 36-2018); dots and spaces are gone.
_VEHICLE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}")
#: A unified social credit code (GB 32100-2015), or a food licence (JY and fourteen digits).
_CODE = re.compile(r"(?<![A-Z0-9])(?:[0-9A-Z]{18}|JY[0-9]{14})(?![A-Z0-9])")
_NUMBER = re.compile(r"(\d{1,4})(号|栋|幢|单元|室|摊)")

_HAN = r"[\u4e00-\u9fff]"
#: A name may begin anywhere, so that 白达河青达泵站 names a river and a station: each end of a name is looked for.
_SITES = {
    sort: re.compile(f"(?=({_HAN}{{2}}(?:{'|'.join(sorted(ends, key=len, reverse=True))})))")
    for sort, (ends, _, _) in w.SITES.items()
}
#: Attributes in which a feed gives the same things apart from its text.
_ATTRIBUTES = {"vehicle": "vehicle", "credit_code": "code", "licence": "code", "order_no": "order"}


@dataclass(frozen=True, slots=True)
class Named:
    """What a report names, by kind of ``likeness_weights.NAMED``; ``name`` is that of a business in its common form,
    "" if its feed gives none."""

    things: Mapping[str, frozenset[str]] = field(default_factory=dict)
    name: str = ""


def common_form(text: str) -> str:
    """Full and half width, capitals, Chinese house numbers as digits; nothing but letters, characters and digits.
    Traditional and simplified characters stay two characters: no library of ours knows which are the same."""
    said = _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text)).upper()
    return _NUMERAL.sub(lambda m: str(_number(m.group())), said)


def named_in(incident: Incident, form: str) -> Named:
    """Plates, codes, orders and house numbers in the text (given in its common form) and the attributes."""
    found: dict[str, set[str]] = {}
    if any(c.isdigit() for c in form):
        for kind, pattern in (("vehicle", _VEHICLE), ("code", _CODE)):
            if got := pattern.findall(form):
                found.setdefault(kind, set()).update(got)
        rest = _VEHICLE.sub(" ", form)
        if numbers := _NUMBER.findall(rest):
            found["number"] = {f"{n}{kind}" for n, kind in numbers}
    for sort, pattern in _SITES.items():
        if sites := pattern.findall(form):
            found[sort] = set(sites)
    said = incident.attributes
    for attribute, kind in _ATTRIBUTES.items():
        if value := same_id(said.get(attribute)):
            found.setdefault(kind, set()).add(value)
    if "number" not in found and said.get("address"):
        numbers = _NUMBER.findall(common_form(str(said["address"])))
        found |= {"number": {f"{n}{kind}" for n, kind in numbers}} if numbers else {}
    if not found and not said.get("name"):
        return _NOTHING
    return Named({kind: frozenset(things) for kind, things in found.items()}, same_name(said.get("name")))


_NOTHING = Named()


def _number(said: str) -> int:
    """Chinese numerals below a thousand: 二十三 → 23, 一二〇 → 120."""
    if not any(c in said for c in "十百"):
        return int("".join(str(_DIGITS[c]) for c in said))
    total, digit = 0, 0
    for c in said:
        if c in "十百":
            total, digit = total + (digit or 1) * (10 if c == "十" else 100), 0
        else:
            digit = _DIGITS[c]
    return total + digit


@dataclass(frozen=True, slots=True)
class Grams:
    """Which pairs of neighbouring characters each text has, once each: a row a text of 0 and 1."""

    table: csr_array
    size: Ints

    @classmethod
    def of(cls, forms: Sequence[str]) -> Grams:
        lengths = np.fromiter(map(len, forms), np.int64, len(forms))
        signs = np.frombuffer("".join(forms).encode("utf-32-le"), np.uint32).astype(np.int64)
        row = np.repeat(np.arange(len(forms)), lengths)
        inside = row[1:] == row[:-1] if len(row) else np.zeros(0, bool)
        pair = ((signs[:-1] << 21) | signs[1:])[inside] if len(signs) else signs
        _, code = np.unique(pair, return_inverse=True)
        columns = int(code.max()) + 1 if len(code) else 1
        ones = np.ones(len(code), np.float32)
        table = csr_array((ones, (row[1:][inside] if len(row) else row, code)), shape=(len(forms), columns))
        table.sum_duplicates()
        table.data[:] = 1.0
        return cls(table, np.diff(table.indptr).astype(np.int64))

    def alike(self, i: Ints, j: Ints) -> npt.NDArray[np.float64]:
        """Twice the pairs in common over all pairs (L. R. Dice, *Ecology* 26, 1945), 0 to 1; NaN where a text is empty
        or of a single character."""
        common = np.asarray(self.table[i].multiply(self.table[j]).sum(axis=1)).reshape(-1).astype(np.float64)
        with np.errstate(invalid="ignore"):
            return 2.0 * common / (self.size[i] + self.size[j]).astype(np.float64)
