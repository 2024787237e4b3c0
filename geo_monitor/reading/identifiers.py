"""Identifiers that carry their own check, and what is wrong with one.

Each ``…_flaw`` takes a text as it stands in a file and returns None if it is sound, else a sentence that names the
first character that is wrong: which one it is (counted from 1), what was expected there and what was found. Letters
are compared in upper case, width does not matter and outer blanks do not count.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

#: GB 32100-2015: digits and letters without I, O, S, V, Z; the value of a character is its place here.
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: GB 32100-2015: powers of three modulo 31.
CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
#: GB 11714-1997 (organisation code, characters 9 to 17 of the credit code).
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _said(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()


def _layout_flaw(code: str, layout: Sequence[tuple[str, str]], named: str) -> str | None:
    """``layout``: for each character the class of a regular expression that it must meet, and that class in words.
    ``named`` says the whole of it in a sentence."""
    for place, (c, (allowed, words)) in enumerate(zip(code, layout, strict=False), start=1):
        if not re.fullmatch(allowed, c):
            return f"{named}; character {place} should be {words}, found {c!r}"
    if len(code) != len(layout):
        return f"{named}: {len(layout)} characters, found {len(code)}"
    return None


_DIGIT = ("[0-9]", "a digit")


def _credit_check(first_17: str) -> str:
    total = sum(CREDIT_ALPHABET.index(c) * w for c, w in zip(first_17, CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def _organisation_check(first_8: str) -> str:
    total = sum(ORGANISATION_ALPHABET.index(c) * w for c, w in zip(first_8, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def _mod_11_10(digits: str) -> int:
    """ISO 7064 (GB/T 17710-1999) MOD 11,10: the check digit that follows ``digits``."""
    p = 10
    for d in digits:
        p = ((p + int(d)) % 10 or 10) * 2 % 11
    return (11 - p) % 10


def credit_code_flaw(text: str) -> str | None:
    """Unified social credit code 统一社会信用代码 (GB 32100-2015), 18 characters with two check characters.

    A 15-digit registration number of older sole traders is sound as well: it has no check that we know of.
    """
    code = _said(text)
    if re.fullmatch(r"[0-9]{15}", code):
        return None
    if len(code) != 18:
        return f"18 characters (or an old registration number of 15 digits), found {len(code)}"
    for place, c in enumerate(code, start=1):
        if c not in CREDIT_ALPHABET:
            return f"character {place} should be a digit or a letter other than I, O, S, V, Z, found {c!r}"
    organisation = _organisation_check(code[8:16])
    if code[16] != organisation:
        return f"check character 17 (of the organisation code) should be {organisation}, found {code[16]}"
    check = _credit_check(code[:17])
    if code[17] != check:
        return f"check character 18 should be {check}, found {code[17]}"
    return None


def complete_credit_code(start: str) -> str:
    """``start`` (16 characters: department, category, six of area, eight of organisation; or 17 with the
    organisation's check) with its check characters. Raises ValueError for anything else."""
    code = start.strip().upper()
    if len(code) not in (16, 17) or any(c not in CREDIT_ALPHABET for c in code):
        raise ValueError(f"16 or 17 characters of {CREDIT_ALPHABET}, found {start!r}")
    if len(code) == 16:
        code += _organisation_check(code[8:16])
    return code + _credit_check(code)


def food_licence_flaw(text: str) -> str | None:
    """Food licence number 食品经营许可证 (JY) or 食品生产许可证 (SC): two letters, 13 digits, one check digit."""
    code = _said(text)
    letters = ("J or S", "Y") if code[:1] == "J" else ("J or S", "C") if code[:1] == "S" else ("J or S", "Y or C")
    layout = [("[JS]", letters[0]), (f"[{letters[1].replace(' or ', '')}]", letters[1]), *[_DIGIT] * 14]
    if (flaw := _layout_flaw(code, layout, "JY or SC and 14 digits")) is not None:
        return flaw
    check = _mod_11_10(code[2:15])
    if int(code[15]) != check:
        return f"check digit (character 16) should be {check}, found {code[15]}"
    return None


def complete_food_licence(start: str) -> str:
    """JY or SC and 13 digits, with the check digit. Raises ValueError for anything else."""
    code = start.strip().upper()
    if not re.fullmatch(r"(JY|SC)[0-9]{13}", code):
        raise ValueError(f"JY or SC and 13 digits, found {start!r}")
    return f"{code}{_mod_11_10(code[2:])}"


def drug_licence_flaw(text: str) -> str | None:
    """Drug business licence 药品经营许可证; it has no check digit and older numbers are shaped otherwise, so a
    layer should take this as a remark, not as a refusal."""
    layout = [("[一-龥]", "the character of a province"), ("[A-D]", "A to D"), ("[AB]", "A or B"), *[_DIGIT] * 9]
    named = "a province character, A to D, A or B, and 9 digits, like 琼AA898000001"
    return _layout_flaw(_said(text), layout, named)


def national_heritage_number_flaw(text: str) -> str | None:
    """Number of a national key heritage unit 全国重点文物保护单位: batch-serial-category-serial in category."""
    dash = ("-", "a dash")
    layout = [("[1-8]", "a batch from 1 to 8"), dash, *[_DIGIT] * 4, dash, ("[1-6]", "a category from 1 to 6"), dash]
    return _layout_flaw(_said(text), [*layout, *[_DIGIT] * 3], "batch-serial-category-serial like 1-0107-3-060")


def division_code_flaw(text: str) -> str | None:
    """Administrative division code (GB/T 2260 and its statistical extension): 6, 9 or 12 digits, not all zero."""
    code = _said(text)
    named = "6 digits (county), 9 (township) or 12 (village), the first from 1 to 8"
    layout = [("[1-8]", "a digit from 1 to 8"), *[_DIGIT] * 11]
    length = next((n for n in (6, 9, 12) if len(code) <= n), 12)
    flaw = _layout_flaw(code, layout[:length], named)
    return f"{named}; found {len(code)} characters" if flaw and "should be" not in flaw else flaw


#: Names under which a layer file in YAML asks for a check.
CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "credit_code": credit_code_flaw,
    "food_licence": food_licence_flaw,
    "drug_licence": drug_licence_flaw,
    "national_heritage_number": national_heritage_number_flaw,
    "division_code": division_code_flaw,
}
