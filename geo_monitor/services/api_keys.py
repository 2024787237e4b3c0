"""Keys by which programs of others report to this one. A key is shown once, when it is made; kept is its hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from geo_monitor.errors import NotFoundError, RefusedError
from geo_monitor.services.ports import ApiKey, Records, Store

#: A name stands in the ids of what came with the key, so it is short and has no separator of theirs.
_NAME = re.compile(r"[\w.\-]{1,60}")


def add_key(store: Store, name: str, at: datetime) -> str:
    """A new key for this name, in plain. Raises RefusedError for a name that has one, or is none."""
    if not _NAME.fullmatch(name):
        raise RefusedError(f"the name of a key is 1 to 60 letters, digits, '.', '_' or '-', not {name!r}")
    plain = secrets.token_hex(20)
    with store.writing() as records:
        if any(k.name == name and k.revoked is None for k in records.api_keys()):
            raise RefusedError(f"{name} has a key; revoke it first")
        records.add_api_key(ApiKey(_digest(plain), name, at))
    return plain


def revoke_key(store: Store, name: str, at: datetime) -> None:
    """The key of this name counts no more. What came with it stays. Raises NotFoundError if there is none."""
    with store.writing() as records:
        if not records.revoke_api_key(name, at):
            raise NotFoundError("key", name, [k.name for k in records.api_keys() if k.revoked is None])


def holder(records: Records, plain: str) -> str:
    """Whose key this is, or "" if it counts for nobody."""
    # A key has 160 random bits: nobody comes nearer to one by the time that the look-up takes, and a slow hash as for
    # passwords would only slow down who has one.
    found = records.api_key(_digest(plain)) if plain else None
    return found.name if found is not None and found.revoked is None else ""


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
