"""Administrative divisions: the codes of the city, and what older codes and names stand for now.

The shipped table is the one of Lhasa; a city keeps its own in ``gazetteer/divisions.csv`` (same columns), because codes
change yearly and only the city knows from which day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.identifiers import division_code_flaw
from geo_monitor.reading.tables import read_table
from geo_monitor.services.dates import read_day

SHIPPED = Path(__file__).with_name("divisions.csv")
COLUMNS = ("code", "name_zh", "name_en", "kind", "successor", "valid_from", "valid_to", "source")
#: A statistical code (工业园区) is none of GB/T 2260: the land belongs to a county all the same.
KINDS = ("city", "district", "township", "village", "former", "statistical")


@dataclass(frozen=True, slots=True)
class Division:
    """One code. ``valid_from`` and ``valid_to`` are inclusive days; None is not on record. ``successor`` is the code
    that took its place."""

    code: str
    name_zh: str
    name_en: str = ""
    kind: str = "district"
    successor: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(n for n in (self.name_zh, self.name_en) if n)


@dataclass(frozen=True, slots=True)
class DivisionFound:
    """``division`` is the one in force on the day that was asked for; ``note`` says what was unusual, or ""."""

    division: Division
    note: str = ""


def read_divisions(path: Path = SHIPPED) -> tuple[Division, ...]:
    """By code. Raises FileError with every flaw of every row."""
    table = read_table(path)
    missing = [c for c in ("code", "name_zh") if c not in table.columns]
    if missing:
        raise FileError([Flaw("missing_column", f"a column {c}", path.name, 1, c) for c in missing])
    flaws: list[Flaw] = []
    found: dict[str, Division] = {}
    for row in table:
        said = {c: row.values.get(c, "").strip() for c in COLUMNS}
        wrong = list(row.flaws)

        def flaw(reason: str, expected: str, key: str, said=said, row=row, wrong=wrong) -> None:  # type: ignore[no-untyped-def]
            wrong.append(Flaw(reason, expected, table.file, row.number, key, said[key]))

        for key in ("code", "successor"):
            bad = division_code_flaw(said[key]) if said[key] else "a code" if key == "code" else None
            if bad:
                flaw("bad_code", bad, key)
        if not said["name_zh"]:
            flaw("missing_value", "a name", "name_zh")
        if said["kind"] and said["kind"] not in KINDS:
            flaw("unknown_word", f"one of {', '.join(KINDS)}", "kind")
        days: dict[str, date | None] = {"valid_from": None, "valid_to": None}
        for key in days:
            try:
                days[key] = read_day(said[key]) if said[key] else None
            except ValueError as e:
                flaw("unreadable_date", str(e), key)
        if days["valid_from"] and days["valid_to"] and days["valid_to"] < days["valid_from"]:
            flaw("validity_reversed", f"a day not before {days['valid_from']}", "valid_to")
        if said["code"] in found:
            flaw("repeated_row", "each code once", "code")
        flaws += wrong
        if not wrong:
            said["kind"] = said["kind"] or "district"
            found[said["code"]] = Division(**{**said, **days})  # type: ignore[arg-type]
    flaws += [
        Flaw("unknown_code", "a code of this table", path.name, field="successor", value=d.successor)
        for d in found.values()
        if d.successor and d.successor not in found
    ]
    if flaws:
        raise FileError(flaws)
    return tuple(found[c] for c in sorted(found))


def find_division(said: str, divisions: Sequence[Division], on: date | None = None) -> DivisionFound | str:
    """The division that a code or a name means on a day (None: today's table), or a sentence why there is none. A code
    that was replaced leads to the one that took its place, with a note; on a day within its own time it stands for
    itself. A longer code falls back on the county that holds it."""
    text = said.strip()
    is_code = bool(re.fullmatch(r"[0-9]+", text))
    if is_code and (flaw := division_code_flaw(text)) is not None:
        return flaw
    known = {d.code: d for d in divisions}
    if is_code:
        exact = known.get(text) or known.get(text.removesuffix("000000")) or known.get(text.removesuffix("000"))
        if exact is None and text[:6] in known and len(text) > 6:
            county = _in_force(known[text[:6]], known, on)
            note = f"{text} is not in the table; {county.division.code} {county.division.name_zh} holds it"
            return DivisionFound(county.division, "; ".join(n for n in (note, county.note) if n))
        if exact is None:
            return f"a code of this city; {text} is none of {len(known)}"
        return _in_force(exact, known, on)
    named = [d for d in divisions if text and text in d.names]
    if len(named) != 1:
        return f"the name of one division; {text!r} is that of {len(named) or 'none'}"
    return _in_force(named[0], known, on)


def _in_force(d: Division, known: dict[str, Division], on: date | None) -> DivisionFound:
    if d.kind == "statistical":
        where = f": {d.successor} {known[d.successor].name_zh} holds the land" if d.successor else ""
        note = f"{d.code} {d.name_zh} is a code for statistics, none of GB/T 2260{where}"
        return DivisionFound(known[d.successor] if d.successor else d, note)
    if not d.successor:
        return DivisionFound(d)
    if on is not None and d.valid_to is not None and on <= d.valid_to:
        return DivisionFound(d)
    until = f"until {d.valid_to}" if d.valid_to else "formerly (the day of the change is not on record)"
    after = known[d.successor]
    return DivisionFound(after, f"{d.code} {d.name_zh} {until}; now {after.code} {after.name_zh}")
