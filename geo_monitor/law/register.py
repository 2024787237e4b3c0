"""Reads ``register.yaml``: which provision says what, and on which days it was law.

Three things a reader must know:

* ``verified`` means that somebody read the article in the source named. What is not verified never counts as
  in force, whatever its date: it is shown as *not verified*.
* Some dates of entry into force are known only from general knowledge, not from the text (the Food Safety Law
  as amended in 2025, the Criminal Law of 2021). Such a provision counts as in force **from that day on**,
  because its words were read, and as not in force before, because the wording of the version before was not
  read. The register's own words about the date stay in ``effective_note``, so that a page can show the doubt.
* A repealed provision has no known first day. It counts as in force on every day before its repeal: all laws
  that the Ecological and Environmental Code replaced are older than any act that this system looks at (art.
  1057 of the Code keeps them in force for those acts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from geo_monitor.domain.lead import BasisOnDay
from geo_monitor.domain.words import Words
from geo_monitor.errors import FileError, Flaw, NotFoundError

REGISTER_FILE = Path(__file__).parent / "register.yaml"

IN_FORCE, NOT_IN_FORCE, NOT_VERIFIED = "in_force", "not_in_force", "not_verified"
STANDINGS = (IN_FORCE, NOT_IN_FORCE, NOT_VERIFIED)
STANDING_WORDS = {
    IN_FORCE: Words("当日有效", "in force on the day"),
    NOT_IN_FORCE: Words("当日未施行或已废止", "not in force on the day"),
    NOT_VERIFIED: Words("条文未核实", "text not verified"),
}

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Provision:
    """One article. ``effective`` is its first day, None where unknown; ``repealed`` the first day on which it
    is no longer law; ``replaced_by`` the ids that took its place; ``status`` is the register's own word
    (in_force, repealed, text_not_read, unknown, not_applicable_in_lhasa); ``effective_note`` holds the words
    of the register where the date is not a plain one."""

    id: str
    law: Words
    article: str
    obligation: Words
    effective: date | None
    repealed: date | None
    replaced_by: tuple[str, ...]
    verified: bool
    status: str
    agencies: tuple[str, ...]
    source: str
    domain: str = ""
    version: str = ""
    effective_note: str = ""
    note: str = ""

    def standing(self, day: date) -> str:
        """``in_force``, ``not_in_force`` or ``not_verified`` on that day."""
        if self.status == "not_applicable_in_lhasa":
            return NOT_IN_FORCE  # read, and law elsewhere: it must never carry a lead here
        if not self.verified:
            return NOT_VERIFIED
        if self.repealed is not None:
            begun = self.effective is None or self.effective <= day
            return IN_FORCE if begun and day < self.repealed else NOT_IN_FORCE
        return IN_FORCE if self.effective is not None and self.effective <= day else NOT_IN_FORCE

    def changes(self) -> tuple[date, ...]:
        """The days on which its standing may change."""
        return tuple(d for d in (self.effective, self.repealed) if d is not None)


@dataclass(frozen=True)
class Register:
    """``compiled`` is the day up to which the register speaks."""

    provisions: Mapping[str, Provision]
    compiled: date

    def __getitem__(self, provision_id: str) -> Provision:
        """Raises NotFoundError for an id that the register does not have."""
        try:
            return self.provisions[provision_id]
        except KeyError:
            raise NotFoundError("provision", provision_id) from None

    def __contains__(self, provision_id: object) -> bool:
        return provision_id in self.provisions

    def __len__(self) -> int:
        return len(self.provisions)

    @cached_property
    def _predecessors(self) -> Mapping[str, tuple[Provision, ...]]:
        found: dict[str, list[Provision]] = {}
        for provision in self.provisions.values():
            for successor in provision.replaced_by:
                found.setdefault(successor, []).append(provision)
        return {k: tuple(v) for k, v in found.items()}

    def predecessors(self, provision_id: str) -> tuple[Provision, ...]:
        return self._predecessors.get(provision_id, ())

    def at(self, provision_id: str, day: date) -> tuple[Provision, str]:
        """The provision to be named for an act of that day, with its standing: the one asked for, or, where
        it was not yet law, the predecessor that was. Raises NotFoundError for an unknown id."""
        asked = self[provision_id]
        standing = asked.standing(day)
        if standing == NOT_IN_FORCE:
            for older in self.predecessors(provision_id):
                if older.standing(day) == IN_FORCE:
                    return older, IN_FORCE
        return asked, standing

    def on(self, provision_id: str, day: date) -> BasisOnDay | None:
        """What was law on that day under this id (perhaps its predecessor), or None if nothing that was
        verified was."""
        provision, standing = self.at(provision_id, day)
        return _basis(provision, standing, day, day) if standing == IN_FORCE else None

    def basis(self, ids: Sequence[str], days: Sequence[date]) -> tuple[BasisOnDay, ...]:
        """For acts of these days: which provisions applied, on which of the days (``from_day`` to ``to_day``
        are the first and last such day among ``days``).

        In the order of ``ids``; a provision replaced in between gives two lines, the older first. Two ids
        that share a predecessor name it once. What was not law on some of the days, or was never verified,
        has a line of its own with that status, so that a page can say so.
        """
        spans: dict[tuple[str, str], tuple[Provision, str, date, date]] = {}
        every = sorted(set(days))
        for provision_id in dict.fromkeys(ids):
            for day in every:
                provision, standing = self.at(provision_id, day)
                key = (provision.id, standing)
                first, last = spans[key][2:] if key in spans else (day, day)
                spans[key] = (provision, standing, min(first, day), max(last, day))
        return tuple(_basis(*span) for span in spans.values())


def _basis(provision: Provision, standing: str, first: date, last: date) -> BasisOnDay:
    return BasisOnDay(
        id=provision.id,
        law=provision.law,
        article=provision.article,
        obligation=provision.obligation,
        from_day=first,
        to_day=last,
        status=standing,
        verified=provision.verified,
    )


@lru_cache(maxsize=4)
def read_register(path: Path = REGISTER_FILE) -> Register:
    """The register of the file, read once a process. Raises FileError with every faulty entry."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C loader is ten times faster, where there is one
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise FileError(Flaw("not_yaml", f"a YAML file in UTF-8 ({e})", file=str(path))) from e
    if not isinstance(data, Mapping) or not isinstance(data.get("entries"), list):
        raise FileError(Flaw("not_a_register", "a register has `meta` and a list `entries`", file=str(path)))
    flaws: list[Flaw] = []
    provisions: dict[str, Provision] = {}
    for number, entry in enumerate(data["entries"], start=1):
        missing = [
            k
            for k in (
                "id",
                "law_zh",
                "law_en",
                "article",
                "effective",
                "obligation",
                "obligation_zh",
                "status",
                "verified",
                "source",
            )
            if k not in entry
        ]
        if missing:
            flaws.append(
                Flaw(
                    "missing_key",
                    f"entry {number} needs {', '.join(missing)}",
                    file=str(path),
                    field="entries",
                    value=str(entry.get("id", "")),
                )
            )
        elif entry["id"] in provisions:
            flaws.append(
                Flaw(
                    "repeated_id",
                    "each provision has an id of its own",
                    file=str(path),
                    field="id",
                    value=entry["id"],
                )
            )
        else:
            provisions[entry["id"]] = _provision(entry)
    for provision in provisions.values():
        flaws += [
            Flaw(
                "unknown_provision",
                f"{provision.id} is replaced by an id of the register",
                file=str(path),
                field="replaced_by",
                value=s,
            )
            for s in provision.replaced_by
            if s not in provisions
        ]
    if flaws:
        raise FileError(flaws)
    named = {k: replace(p, obligation=_without_ids(p, provisions)) for k, p in provisions.items()}
    return Register(named, date.fromisoformat(str(data["meta"]["compiled"])))


def _without_ids(provision: Provision, provisions: Mapping[str, Provision]) -> Words:
    """The paraphrase of a predecessor names its successor by our id; people read law and article instead."""
    zh, en = provision.obligation.zh, provision.obligation.en
    for successor in (provisions[s] for s in provision.replaced_by):
        zh = re.sub(
            rf"{re.escape(successor.id)}(?![\w-])",
            f"《{successor.law.zh}》第{successor.article}条",
            zh,
            flags=re.ASCII,
        )
        en = re.sub(rf"{re.escape(successor.id)}(?![\w-])", f"art. {successor.article} of the {successor.law.en}", en)
    return Words(zh, en)


def _provision(entry: Mapping[str, Any]) -> Provision:
    effective, repealed, note = read_effective(str(entry["effective"]), str(entry["status"]))
    paragraph = entry.get("paragraph")
    return Provision(
        id=entry["id"],
        law=Words(entry["law_zh"], entry["law_en"]),
        article=f"{entry['article']}({paragraph})" if paragraph else str(entry["article"]),
        obligation=Words(entry["obligation_zh"], entry["obligation"]),
        effective=effective,
        repealed=repealed,
        replaced_by=tuple(entry.get("replaced_by") or ()),
        verified=bool(entry["verified"]),
        status=str(entry["status"]),
        agencies=tuple(entry.get("responsible_authority") or ()),
        source=str(entry["source"]),
        domain=str(entry.get("domain") or ""),
        version=str(entry.get("version") or ""),
        effective_note=note,
        note=str(entry.get("note") or ""),
    )


def read_effective(said: str, status: str) -> tuple[date | None, date | None, str]:
    """(first day, first day after repeal, the words where they say more than a day).

    ``2016-07-02`` is a day. ``repealed 2026-08-15`` gives the end, not the beginning. In
    ``2023-06-15, effective 2023-12-01`` the day after "effective" counts (the other is the adoption); in
    ``2021-03-01 (general knowledge)`` and ``unverified (2025-12-01 from general knowledge)`` the only day
    does. Words without such a day (``unknown``, ``2019``, the readings of a draft) give no day at all.
    """
    if _DAY.fullmatch(said):
        return date.fromisoformat(said), None, ""
    days = [date.fromisoformat(d) for d in _DAY.findall(said)]
    if status == "repealed":
        return None, (days[0] if said.startswith("repealed") and days else None), said
    named = re.search(r"effective (\d{4}-\d{2}-\d{2})", said)
    if named:
        return date.fromisoformat(named.group(1)), None, said
    return (days[0] if len(days) == 1 and "reading" not in said else None), None, said
