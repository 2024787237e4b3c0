"""The duty roster of the city: who held which post for which place, from when to when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from geo_monitor.domain.duty import ROLE_WORDS, ROLES, Posting
from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.tables import Table, TableRow, read_table
from geo_monitor.services.dates import read_day
from geo_monitor.services.load_layer import FOREVER

#: Column → the names under which it is known. ``office``, ``from`` and ``to`` may be left out.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "place": ("place", "责任区域", "地点"),
    "role": ("role", "角色"),
    "post": ("post", "职务"),
    "name": ("name", "姓名"),
    "office": ("office", "单位"),
    "from": ("from", "任职起", "任职开始"),
    "to": ("to", "任职止", "任职结束"),
}
REQUIRED = ("place", "role", "post", "name")
_ROLE_NAMES = (
    {words.zh: role for role, words in ROLE_WORDS.items()}
    | {"河长": "river_chief", "湖长": "river_chief"}
    | {role: role for role in ROLES}
)


def read_roster(path: Path) -> list[Posting]:
    """The postings in order of the file (CSV or workbook). Days are inclusive, an empty one is open. Raises
    FileError with every flaw of every row (file, row, field, value, what was expected); nothing half read comes
    back."""
    table = read_table(path)
    columns = {key: next((n for n in names if n in table.columns), "") for key, names in COLUMNS.items()}
    missing = [key for key in REQUIRED if not columns[key]]
    if missing:
        raise FileError(
            [
                Flaw(
                    "missing_column",
                    f"a column {' or '.join(COLUMNS[key])}; there are: {', '.join(table.columns)}",
                    file=path.name,
                    row=1,
                    field=key,
                )
                for key in missing
            ]
        )
    flaws: list[Flaw] = []
    postings: list[Posting] = []
    seen: dict[Posting, int] = {}
    for row in table:
        posting = _posting(row, columns, table, flaws)
        if posting is None:
            continue
        if posting in seen:
            flaws.append(
                Flaw(
                    "repeated_row",
                    f"each posting once; row {seen[posting]} says the same",
                    file=path.name,
                    row=row.number,
                )
            )
        seen.setdefault(posting, row.number)
        postings.append(posting)
    if flaws:
        raise FileError(flaws)
    if not postings:
        raise FileError(Flaw("empty_file", "at least one posting", file=path.name, row=2))
    return postings


def _posting(row: TableRow, columns: Mapping[str, str], table: Table, flaws: list[Flaw]) -> Posting | None:
    said = {key: row.values[column].strip() if column else "" for key, column in columns.items()}
    wrong = list(row.flaws)

    def flaw(reason: str, expected: str, key: str) -> None:
        wrong.append(
            Flaw(reason, expected, file=table.file, row=row.number, field=columns[key] or key, value=said[key])
        )

    for key in REQUIRED:
        if not said[key]:
            flaw("missing_value", "a value", key)
    if said["place"] and said["place"] != "*" and not re.fullmatch(r"[a-z][a-z0-9_]*/\S.*", said["place"]):
        flaw("bad_place", "layer/feature-id like rivers/LS-012 or districts/540102, or * for the whole city", "place")
    role = _ROLE_NAMES.get(said["role"], "")
    if said["role"] and not role:
        flaw("unknown_word", f"one of {', '.join(ROLES)} ({', '.join(w.zh for w in ROLE_WORDS.values())})", "role")
    days: dict[str, date | None] = {"from": None, "to": None}
    for key in days:
        if said[key] and said[key].lower() not in FOREVER:
            try:
                days[key] = read_day(said[key])
            except ValueError as e:
                flaw("unreadable_date", str(e), key)
    start, end = days["from"], days["to"]
    if start and end and end < start:
        flaw("validity_reversed", f"a day not before {start}", "to")
    flaws += wrong
    if wrong:
        return None
    return Posting(
        place=said["place"],
        role=role,
        post=said["post"],
        name=said["name"],
        office=said["office"],
        valid_from=start,
        valid_to=end,
    )
