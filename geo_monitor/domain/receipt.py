"""Receipt numbers 回执号: what a person is given for a report, and reads out on the telephone to ask how it stands.

A number is fifteen digits and a check character (0 to 9, or X, as on an identity card): ISO 7064 MOD 11-2, GB/T 17710.
It notices every wrong character and every two that stand the wrong way round. The digits are the first 48 bits of the
report's id, so that a number leads back to the reports whose ids begin so, in any store, without a table of numbers.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from geo_monitor.errors import CallError

#: Hexadecimal digits of an id that its number tells, and decimal digits that they take. Among a million reports the
#: chance that any two have one number is about 1 in 560; whoever looks a number up must be ready for two.
_HEX = 12
_DIGITS = 15
_GROUP = 4

_SPACING = re.compile(r"[\s\-‐-―.]+")


def incident_id(feed: str, source_id: str) -> str:
    """``Incident.id`` of a report that is no incident yet, and may wait in quarantine to become one."""
    digest = hashlib.sha256(f"{feed}\x1f{source_id}".encode()).hexdigest()
    return f"i{digest[:20]}"


def receipt_number(incident: str) -> str:
    """The number of a report by its id (``i`` and 20 hexadecimal digits): sixteen characters without spaces."""
    digits = f"{int(incident[1 : 1 + _HEX], 16):0{_DIGITS}d}"
    return digits + _check(digits)


def ids_begin(number: str) -> str:
    """With what the ids of the reports of this number begin. The number as it was heard or typed: spaces, dashes and
    full-width digits do no harm. Raises CallError that says what is wrong with it."""
    said = _SPACING.sub("", unicodedata.normalize("NFKC", number)).upper()
    if not re.fullmatch(rf"[0-9]{{{_DIGITS}}}[0-9X]", said):
        raise CallError(
            f"a receipt number has {_DIGITS} digits and one more character, a digit or X; found {said!r:.40}"
        )
    if _check(said[:-1]) != said[-1]:
        raise CallError(f"the receipt number {spoken(said)} does not agree with its last character: one is wrong")
    told = f"{int(said[:-1]):x}"
    if len(told) > _HEX:
        raise CallError(f"no report can have the receipt number {spoken(said)}")
    return "i" + told.zfill(_HEX)


def spoken(number: str) -> str:
    """In groups of four, as it is read out and printed."""
    return " ".join(number[k : k + _GROUP] for k in range(0, len(number), _GROUP))


def _check(digits: str) -> str:
    rest = 0
    for digit in digits:
        rest = (rest + int(digit)) * 2 % 11
    return "0123456789X"[(1 - rest) % 11]
