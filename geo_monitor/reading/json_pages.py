"""The records of a page of JSON: objects in objects laid flat, one column a path (``place.lon``).

Numbers keep the digits that they were sent with. A list of plain values is one cell (``照片;视频``); objects in a list
stand under their number (``photos.0.url``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geo_monitor.errors import FileError, Flaw
from geo_monitor.reading.csv_rows import cleaned, excerpt
from geo_monitor.reading.limits import MAX_COLUMNS, refuse_large
from geo_monitor.reading.report_files import Sheet
from geo_monitor.reading.tables import TableRow, open_bytes

#: Bytes of a page: a thousand long reports are a hundredth of it.
MAX_PAGE = 32 * 2**20
BETWEEN = ";"
#: How deep objects may lie in each other.
DEEPEST = 20


class PageError(FileError):
    """A page is not what it should be: half of it, an error message, another shape."""


def parse(content: bytes, file: str) -> Any:
    """The JSON of a page. Raises PageError."""
    try:
        return json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except UnicodeDecodeError as e:
        raise PageError(Flaw("not_text", f"JSON in UTF-8; byte {e.start} does not fit", file=file)) from None
    except (ValueError, RecursionError) as e:
        began = excerpt(content.decode("utf-8", "replace")[:20])  # enough to know a sign-in page; no name of a person
        raise PageError(Flaw("not_json", f"JSON ({e})", file=file, value=began)) from None


def at_path(value: Any, path: str) -> tuple[Any, bool]:
    """What stands under a dotted path, and whether anything does; "" is the value itself."""
    for step in path.split(".") if path else ():
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None, False
    return value, True


def records_of(value: Any, path: str, file: str) -> list[Any]:
    """The list of records of a parsed page; null, as some servers say "none", is an empty list. Raises PageError."""
    found, there = at_path(value, path)
    if there and found is None:
        return []
    if not there or not isinstance(found, list):
        where = f"under {path!r}" if path else "(the answer itself)"
        raise PageError(Flaw("no_records", f"a list of records {where}", file=file, field=path, value=_about(value)))
    return found


def _about(value: Any) -> str:
    """What an answer says of itself, without what it may say of people: its keys, and the usual words of an error."""
    if not isinstance(value, dict):
        return type(value).__name__
    told = {k: v for k, v in value.items() if k in ("code", "status", "message", "msg", "error") and isinstance(v, str)}
    return excerpt(", ".join((told.get(k) and f"{k}: {told[k]}") or k for k in value))


def flat(record: Any) -> dict[str, str]:
    """Dotted column → text. What is no object has no columns."""
    out: dict[str, str] = {}
    if isinstance(record, dict):
        _lay(record, "", out, 0)
    return out


def _lay(value: Any, path: str, out: dict[str, str], depth: int) -> None:
    if depth > DEEPEST or len(out) > MAX_COLUMNS:
        out[path] = _text(json.dumps(value, ensure_ascii=False))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _lay(inner, f"{path}.{cleaned(key)}".strip("."), out, depth + 1)
    elif isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        for n, inner in enumerate(value):
            _lay(inner, f"{path}.{n}", out, depth + 1)
    elif isinstance(value, list):
        out[path] = BETWEEN.join(_text(v) for v in value)
    else:
        out[path] = _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


@dataclass(frozen=True, slots=True)
class PageRecord:
    """``number`` counts from 1 in its page; ``key`` is the office's own id, or the digest where it has none; ``digest``
    changes when anything in the record does."""

    number: int
    values: dict[str, str]
    key: str
    digest: str
    is_object: bool


def page_records(records: Sequence[Any], id_columns: Sequence[str]) -> list[PageRecord]:
    found = []
    for number, record in enumerate(records, start=1):
        said = json.dumps(record, ensure_ascii=True, sort_keys=True)
        digest = hashlib.sha256(said.encode()).hexdigest()[:32]
        values = flat(record)
        parts = [values.get(c, "") for c in id_columns]
        key = cleaned("/".join(parts)) if parts and all(parts) else f"#{digest}"
        found.append(PageRecord(number, values, key, digest, isinstance(record, dict)))
    return found


def page_sheet(
    path: Path, records: str, mapped: Sequence[str] = (), passed_over: Collection[int] = frozenset()
) -> Sheet:
    """A kept page as a sheet. ``mapped`` are the columns of the mapping: a page may lack any of them, since servers
    leave out what is empty; a row that needs it says so. ``passed_over`` are numbers of records that are not read."""
    refuse_large(path, MAX_PAGE)
    with open_bytes(path) as stream:
        found = page_records(records_of(parse(stream.read(), path.name), records, path.name), ())
    columns = dict.fromkeys(c for r in found for c in r.values)
    lacking = [c for c in mapped if c not in columns] if found else []

    def rows() -> Iterator[TableRow]:
        for record in found:
            if record.number in passed_over:
                continue
            flaws: tuple[Flaw, ...] = ()
            if not record.is_object:
                flaws = (Flaw("broken_row", "an object {…} for a record", file=path.name, row=record.number),)
            yield TableRow(record.number, dict(record.values), flaws)

    note = "read as a page of JSON" + (f"; not in it: {', '.join(lacking)}" if lacking else "")
    return Sheet(path.name, "", (*columns, *lacking), rows, note, is_empty=not found)
