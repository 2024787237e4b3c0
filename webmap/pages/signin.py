"""Signing in and out: local accounts, argon2."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from geo_monitor.services.accounts import password_holds
from webmap._security import count_failure, open_to_all, safe_next, start_session, too_many_failures
from webmap._shared import house

page = Blueprint("signin", __name__)

#: argon2 takes as long as the password is long: nobody types more than this.
LONGEST_PASSWORD = 1024


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
    if not password_holds(user, request.form.get("password", "")[:LONGEST_PASSWORD]):
        count_failure(name)
        return _page("wrong"), 401
    assert user is not None  # nobody's password holds
    start_session(user)
    return redirect(safe_next(request.form.get("next", "")), 303)


@page.post("/signout")
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("signin.form"), 303)


def _page(problem: str) -> str:
    target = request.form.get("next") or request.args.get("next", "")
    return render_template("signin.html", problem=problem, name=request.form.get("name", ""), next=safe_next(target))
