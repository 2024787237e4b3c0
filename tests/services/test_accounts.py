"""Who may do what."""

from __future__ import annotations

import pytest

from geo_monitor.errors import NotFoundError, RefusedError
from geo_monitor.services.accounts import RIGHTS, ROLES, acting, make_user, password_holds
from geo_monitor.services.ports import Store, User
from tests.fakes import MemoryStore


@pytest.fixture
def store() -> Store:
    store = MemoryStore()
    with store.writing() as records:
        for role in ROLES:
            records.put_user(User(f"a {role}", role, role, "x"))
        records.put_user(User("left", "离职", "reviewer", "x", active=False))
        records.put_user(User("odd", "旧角色", "clerk", "x"))
    return store


def test_a_reviewer_may_do_what_a_procurator_may_and_sees_trials() -> None:
    assert RIGHTS["reviewer"] > RIGHTS["procurator"]
    assert {role for role, rights in RIGHTS.items() if "trials" in rights} == {"reviewer"}
    assert RIGHTS["patrol"] == frozenset()


@pytest.mark.parametrize("right", ["decide", "house", "trials", "models"])
def test_a_command_acts_in_the_name_of_somebody_who_may(store: Store, right: str) -> None:
    for role, rights in RIGHTS.items():
        if right in rights:
            assert acting(store, f"a {role}", right).role == role
        else:
            with pytest.raises(RefusedError, match=f"a {role} is a {role}; this is for a "):
                acting(store, f"a {role}", right)


def test_nobody_acts_in_the_name_of_a_closed_an_unknown_or_an_odd_account(store: Store) -> None:
    with pytest.raises(RefusedError, match="account left is closed"):
        acting(store, "left", "decide")
    with pytest.raises(NotFoundError, match="no user named 'nobody'; there are: a admin, "):
        acting(store, "nobody", "decide")
    with pytest.raises(RefusedError, match="odd is a clerk"):
        acting(store, "odd", "decide")


def test_an_account_is_made_for_each_role_and_no_other() -> None:
    for role in ROLES:
        user = make_user("amy", role=role, display="Amy", password="long-enough-1")
        assert user.role == role and password_holds(user, "long-enough-1") and not password_holds(user, "long-enough-2")
    with pytest.raises(RefusedError, match="reviewer"):
        make_user("amy", role="judge", display="Amy", password="long-enough-1")
