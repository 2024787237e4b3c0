"""The family of errors, printed once.

::

    GeoMonitorError
    ├── CallError            the person who called must change something       exit code 2
    │   ├── ConfigError      a setting of the workspace or the environment
    │   ├── FileError        a file cannot be read as what it was said to be
    │   ├── ModelError       one or more supervision models are faulty
    │   ├── NotFoundError    no such layer, model, lead, exception, job, feed or user
    │   └── RefusedError     a decision that the state of the lead or the right of the person does not allow
    │       └── MovedOnError     the lead is not any more what the person was looking at
    └── FaultError           the machine, not the call                         exit code 3
        ├── StoreError       the database cannot be opened, or is of another version
        └── DeliveryError    a letter was not accepted by the mail server

A *finding* (a hit, a quarantined row, a lint remark) is a value, never an exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong in a file, told to the person who can mend it.

    ``row`` is the row as a person counts it in that file (the header of a table is row 1, of a YAML
    file the first line is 1); ``reason`` is a short stable code, ``expected`` is a sentence.
    """

    reason: str
    expected: str
    file: str = ""
    row: int | None = None
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        where = self.file or "(input)"
        if self.row is not None:
            where += f", row {self.row}"
        if self.field:
            where += f", {self.field}"
        found = f": found {self.value!r}" if self.value != "" else ""
        return f"{where}{found}: {self.expected} [{self.reason}]"


#: More names than this are no help to who mistyped one.
LISTED = 12


class GeoMonitorError(Exception):
    """Root of everything this project raises on purpose."""

    exit_code = 3


class CallError(GeoMonitorError):
    exit_code = 2


class ConfigError(CallError):
    """A setting is missing, unknown or of the wrong kind. ``flaws`` holds all that was found at once."""

    def __init__(self, flaws: Sequence[Flaw] | Flaw) -> None:
        self.flaws = (flaws,) if isinstance(flaws, Flaw) else tuple(flaws)
        super().__init__("\n".join(str(f) for f in self.flaws))

    def __reduce__(self) -> tuple[Any, ...]:
        """An error that is raised in another process is made anew in this one, out of its flaws."""
        return type(self), (self.flaws,), self.__dict__


class FileError(ConfigError):
    """A file cannot be read as what it was said to be; nothing of it was stored."""


class ModelError(ConfigError):
    """One or more supervision models are faulty; all faults are shown together."""


class NotFoundError(CallError):
    """``kind`` (layer, model, lead, job, feed, user), ``name``, and what there is instead: of many only the names that
    look like it."""

    def __init__(self, kind: str, name: str, known: Sequence[str] = ()) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        near = known if len(known) <= LISTED else get_close_matches(name, known, n=LISTED, cutoff=0.5)
        names = ", ".join(near)
        hint = f"; there are: {names}" if near and len(near) == len(known) else f"; near to it: {names}" if near else ""
        super().__init__(f"no {kind} named {name!r}{hint}")


class RefusedError(CallError):
    """The state of the thing, or the right of the person, does not allow this."""


class MovedOnError(RefusedError):
    """The thing changed after the person had looked at it; looking again and deciding again is all it takes."""


class FaultError(GeoMonitorError):
    exit_code = 3


class StoreError(FaultError):
    pass


class DeliveryError(FaultError):
    """The mail server did not accept a letter. ``permanent`` tells a refusal (5xx) from a passing trouble."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        self.permanent = permanent
        super().__init__(message)
