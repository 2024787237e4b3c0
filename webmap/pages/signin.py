"""Signing in and out: local accounts, argon2."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from webmap._security import count_failure, open_to_all, safe_next, start_session, too_many_failures
from webmap._shared import house

page = Blueprint("signin", __name__)

#: argon2 takes as long as the password is long: nobody types more than this.
LONGEST_PASSWORD = 1024


@cache
def _nobodys_hash() -> str:
    return PasswordHasher().hash("a password that opens nothing")


def password_matches(stored: str | None, typed: str) -> bool:
    """Whether the typed password is the stored one. An unknown account costs the same time as a known one, so that
    the answer does not tell which names exist."""
    try:
        matches = PasswordHasher().verify(stored or _nobodys_hash(), typed[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


@page.get("/signin")
@open_to_all
def form() -> ResponseReturnValue:
    if g.user is not None:
        return redirect(safe_next(request.args.get("next", "")))
    return _page("")


@page.post("/signin")
@open_to_all
def sign_in() -> ResponseReturnValue:
    name = request.form.get("name", "").strip()
    if too_many_failures(name):
        return _page("too_many"), 429
    with house().store.reading() as records:
        user = records.user(name)
    known = user is not None and user.active
    if not password_matches(user.password_hash if user and known else None, request.form.get("password", "")):
        count_failure(name)
        return _page("wrong"), 401
    assert user is not None
    start_session(user)
    return redirect(safe_next(request.form.get("next", "")), 303)


@page.post("/signout")
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("signin.form"), 303)


def _page(problem: str) -> str:
    target = request.form.get("next") or request.args.get("next", "")
    return render_template("signin.html", problem=problem, name=request.form.get("name", ""),
                           next=safe_next(target))
