"""Local accounts: passwords are kept as argon2 hashes and compared in constant time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo_monitor.errors import NotFoundError, RefusedError
from geo_monitor.services.ports import Store, User

SHORTEST_PASSWORD = 10
#: What each role may do beyond looking at leads. ``decide``: take up and dismiss leads, make exceptions; ``house``: see
#: how the system runs; ``trials``: see and decide the leads of models on trial; ``models``: put models into force, back
#: on trial, out of use.
RIGHTS: Mapping[str, frozenset[str]] = {
    "procurator": frozenset({"decide", "house"}),
    "reviewer": frozenset({"decide", "house", "trials", "models"}),
    "patrol": frozenset(),
    "admin": frozenset({"decide", "house", "models"}),
}
ROLES = tuple(RIGHTS)


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash to compare with when the account does not exist, so that the answer takes as long."""
    return _hasher().hash("no such account")


def make_user(name: str, *, role: str, display: str, password: str, email: str = "", language: str = "zh") -> User:
    """Raises RefusedError for a short password or an unknown role."""
    if len(password) < SHORTEST_PASSWORD:
        raise RefusedError(f"a password has at least {SHORTEST_PASSWORD} characters")
    if role not in ROLES:
        raise RefusedError(f"a role is one of {', '.join(ROLES)}, not {role!r}")
    return User(
        name=name, display=display, role=role, password_hash=_hasher().hash(password), email=email, language=language
    )


def acting(store: Store, name: str, right: str) -> User:
    """The person in whose name a command acts. Raises NotFoundError for an unknown account, RefusedError for a closed
    one or one whose role has not this right."""
    with store.reading() as records:
        user = records.user(name)
        known = [u.name for u in records.users() if u.active]
    if user is None:
        raise NotFoundError("user", name, known)
    if not user.active:
        raise RefusedError(f"account {name} is closed")
    if right not in RIGHTS.get(user.role, frozenset()):
        able = [role for role, rights in RIGHTS.items() if right in rights]
        raise RefusedError(f"{name} is a {user.role}; this is for a {' or '.join(able)}")
    return user


def password_holds(user: User | None, password: str) -> bool:
    """Whether this person may enter. An unknown or closed account takes as long to refuse as a wrong password."""
    try:
        _hasher().verify(user.password_hash if user is not None else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None and user.active
