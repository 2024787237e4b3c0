"""The numbers of a model: each has a name, a unit and a basis, and the rest of the file speaks of it by its name."""

from __future__ import annotations

import re

from geo_monitor.supervision.grammar import EVER, NUMBER_KEYS, NUMBER_NAME, QUANTITY
from geo_monitor.supervision.model import UNITS, Number
from geo_monitor.supervision.nodes import At, hint

#: Numbers written where they are used, instead of under ``numbers``, get names that begin so; ``lint`` refuses them.
INLINE = "inline:"


def read_numbers(at: At) -> dict[str, Number]:
    numbers: dict[str, Number] = {}
    for name, entry in at.items():
        if not re.fullmatch(NUMBER_NAME, name) or name == EVER:
            taken = f"; `{EVER}` is a word of the grammar" if name == EVER else ""
            entry.flaw("not_a_name", f"small letters, digits and _, like bank_m{taken}", value=name)
            continue
        parts = entry.fields(NUMBER_KEYS, required=("value",))
        value, unit = _quantity(parts["value"]) if "value" in parts else (1.0, "")
        numbers[name] = Number(
            name,
            value,
            unit,
            parts["basis"].text() if "basis" in parts else "",
            parts["note"].text() if "note" in parts else "",
        )
    return numbers


def _quantity(at: At) -> tuple[float, str]:
    """``50 m``, ``30 d``, ``20 %``, ``2``."""
    match = re.fullmatch(QUANTITY, at.text().strip())
    if not match or (match.group(2) or "") not in UNITS:
        at.flaw("not_a_quantity", f"a number with a unit ({', '.join(u for u in UNITS if u)}) or a plain count")
        return 1.0, ""
    return float(match.group(1)), match.group(2) or ""


def named(parts: dict[str, At], key: str, numbers: dict[str, Number], *, ever: bool = False) -> str:
    """The name of the number that stands under ``key``, "" if none does; with ``ever`` it may be ``any``. A number
    written in place is read under a name that ``lint`` knows and refuses."""
    if key not in parts:
        return ""
    at = parts[key]
    said = at.text().strip()
    if not at.is_text or said in numbers or (ever and said == EVER):
        return said
    if re.fullmatch(QUANTITY, said):
        value, unit = _quantity(at)
        name = f"{INLINE}{at.path}"
        numbers[name] = Number(name, value, unit, "")
        return name
    known = [n for n in numbers if not n.startswith(INLINE)]
    also = f" or `{EVER}`" if ever else ""
    there = f"there are: {', '.join(known) or 'none'}"
    at.flaw("unknown_number", f"a name that stands under `numbers:`{also} ({there}){hint(said, known)}")
    return ""
