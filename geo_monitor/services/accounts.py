"""Local accounts: passwords are kept as argon2 hashes and compared in constant time."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo_monitor.errors import RefusedError
from geo_monitor.services.ports import User

SHORTEST_PASSWORD = 10
ROLES = ("procurator", "patrol", "admin")
DECIDING_ROLES = ("procurator", "admin")


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


def password_holds(user: User | None, password: str) -> bool:
    """Whether this person may enter. An unknown or closed account takes as long to refuse as a wrong password."""
    try:
        _hasher().verify(user.password_hash if user is not None else _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None and user.active
