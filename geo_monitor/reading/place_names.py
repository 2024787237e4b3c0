"""How names and running text are brought to one form, so that a name is found wherever it is written.

Width, case, blanks, dashes, the marks of Latin letters (ê → e) and the Tibetan tsheg between syllables are taken away;
any other punctuation, the Tibetan shad among it, parts the text: no name is read across it. What is Unicode's own
choice of writing (NFKC) makes no difference. Where a word may begin is kept beside the letters: a name in Latin or
Tibetan letters is only found as whole words, because འདམ is no part of another word; Chinese has no such marks.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: Between words or syllables; a name may be written with it or without.
_BETWEEN = re.compile(
    "[\\s\\-\u2010-\u2015_\u30fb\u00b7\u2022'\u2018\u2019\"\u201c\u201d\u0f0b\u0f0c\u200b\u200c\u200d\ufeff]"
)
_MARKS = re.compile("[\u0300-\u036f]")
_TIBETAN = ("\u0f00", "\u0fff")
#: Parts a text.
PART = "|"
#: A genitive is written onto the last syllable (ལྷ་སའི་): the name ends before it.
_GENITIVE = "འ"


@dataclass(frozen=True, slots=True)
class Letters:
    """``text``: the letters alone, ``PART`` between parts. ``edges[k]``: whether a word may begin or end before the
    k-th of them; one more than there are letters."""

    text: str
    edges: tuple[bool, ...]

    def whole(self, start: int, end: int) -> bool:
        """Whether the letters from ``start`` to ``end`` are whole words, as far as their script has words; a number
        is never cut in two."""
        first, last = self.text[start], self.text[end - 1]
        if _is_digit(first) and start and _is_digit(self.text[start - 1]):
            return False
        if _is_digit(last) and end < len(self.text) and _is_digit(self.text[end]):
            return False
        if _spaced(first) and not self.edges[start]:
            return False
        suffixed = _is_tibetan(last) and self.text[end : end + 1] == _GENITIVE
        return not _spaced(last) or self.edges[end] or suffixed


def letters_of(text: str) -> Letters:
    """The common form of a text."""
    said = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    said = unicodedata.normalize("NFKC", _MARKS.sub("", said))
    kept: list[str] = []
    edges: list[bool] = []
    edge = True
    for k, c in enumerate(said):
        if _BETWEEN.match(c):
            edge = True
        elif _is_letter(c) or (c == "." and said[k - 1 : k].isdecimal() and said[k + 1 : k + 2].isdecimal()):
            changes = bool(kept) and _script(kept[-1]) != _script(c)
            kept.append(c)
            edges.append(edge or changes)
            edge = False
        else:
            if kept and kept[-1] != PART:
                kept.append(PART)
                edges.append(True)
            edge = True
    if kept and kept[-1] == PART:
        kept.pop()
        edges.pop()
    return Letters("".join(kept), (*edges, True))


def is_name(key: str) -> bool:
    """Whether a common form is long enough to be looked for in running text: two Chinese characters, three Tibetan
    letters, four Latin ones."""
    n = len(key.replace(PART, ""))
    return n >= (4 if key.isascii() else 3 if _is_tibetan(key[0]) else 2)


def is_chinese(key: str) -> bool:
    return any("\u3400" <= c <= "\u9fff" for c in key)


def _is_letter(c: str) -> bool:
    return unicodedata.category(c)[0] in "LMN"


def _is_digit(c: str) -> bool:
    return c.isdecimal()


def _is_tibetan(c: str) -> bool:
    return _TIBETAN[0] <= c <= _TIBETAN[1]


def _script(c: str) -> str:
    if _is_tibetan(c):
        return "tibetan"
    if _is_digit(c) or c == ".":
        return "number"
    return "latin" if c < "\u02b0" else "other"


def _spaced(c: str) -> bool:
    """Whether its script shows where words end."""
    return _script(c) in ("latin", "tibetan")
