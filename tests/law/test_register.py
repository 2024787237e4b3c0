"""The register says which provision was law on the day of an act, and never more than was read."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_monitor.errors import FileError, NotFoundError
from geo_monitor.law.register import (
    IN_FORCE,
    NOT_IN_FORCE,
    NOT_VERIFIED,
    read_effective,
    read_register,
)

CODE_DAY = date(2026, 8, 15)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2027, 12, 31))


def test_the_whole_register_is_carried_over() -> None:
    register = read_register()
    assert len(register) == 390
    assert sum(p.verified and p.status == "in_force" for p in register.provisions.values()) == 357
    assert sum(p.status == "repealed" for p in register.provisions.values()) == 16
    assert sum(not p.verified for p in register.provisions.values()) == 17


def test_the_register_is_read_once() -> None:
    assert read_register() is read_register()


def test_an_act_before_the_code_falls_under_the_law_the_code_replaced() -> None:
    register = read_register()
    before = register.on("code-282", CODE_DAY - timedelta(days=1))
    after = register.on("code-282", CODE_DAY)
    assert before is not None
    assert (before.id, before.law.zh, before.status) == ("old-wppcl-37", "水污染防治法", IN_FORCE)
    assert after is not None
    assert after.id == "code-282"


def test_a_new_rule_without_a_predecessor_does_not_reach_back() -> None:
    assert read_register().on("code-275", CODE_DAY - timedelta(days=1)) is None
    assert read_register().on("relic-28", date(2025, 2, 28)) is None
    assert read_register().on("relic-28", date(2025, 3, 1)) is not None


def test_a_repealed_provision_is_not_law_on_the_day_of_its_repeal() -> None:
    register = read_register()
    assert register.on("old-swl-20", CODE_DAY - timedelta(days=1)) is not None
    assert register.on("old-swl-20", CODE_DAY) is None


def test_a_law_of_another_river_basin_never_carries_a_lead() -> None:
    [line] = read_register().basis(["yangtze-28"], [date(2026, 9, 1)])
    assert line.status == NOT_IN_FORCE


def test_acts_on_both_sides_of_a_repeal_name_both_laws_each_with_its_days() -> None:
    days = [date(2026, 9, 3), date(2026, 8, 1), date(2026, 7, 2)]
    lines = read_register().basis(["code-164-p2", "river-24"], days)
    assert [(b.id, b.from_day, b.to_day) for b in lines] == [
        ("old-wppcl-38", date(2026, 7, 2), date(2026, 8, 1)),
        ("code-164-p2", date(2026, 9, 3), date(2026, 9, 3)),
        ("river-24", date(2026, 7, 2), date(2026, 9, 3)),
    ]


def test_two_provisions_with_one_predecessor_name_it_once() -> None:
    register = read_register()
    day = date(2025, 6, 1)
    lines = register.basis(["code-475", "code-475", "code-164-p2"], [day, day])
    assert len({(b.id, b.status) for b in lines}) == len(lines)


def test_what_was_not_law_or_not_read_is_shown_as_such() -> None:
    lines = read_register().basis(["food-35", "lasa-lalu"], [date(2025, 11, 30), date(2025, 12, 1)])
    assert [(b.id, b.status, b.from_day) for b in lines] == [
        ("food-35", NOT_IN_FORCE, date(2025, 11, 30)),
        ("food-35", IN_FORCE, date(2025, 12, 1)),
        ("lasa-lalu", NOT_VERIFIED, date(2025, 11, 30)),
    ]


@given(day=DAYS)
def test_nothing_unverified_is_ever_in_force(day: date) -> None:
    register = read_register()
    for provision_id, provision in register.provisions.items():
        found = register.on(provision_id, day)
        if found is not None:
            assert found.verified
            assert found.status == IN_FORCE
            assert found.from_day == found.to_day == day
            assert provision.verified or found.id != provision_id


@given(days=st.lists(DAYS, max_size=5), data=st.data())
def test_the_order_of_the_days_changes_nothing(days: list[date], data: st.DataObject) -> None:
    register = read_register()
    ids = data.draw(st.lists(st.sampled_from(sorted(register.provisions)), max_size=5))
    lines = register.basis(ids, days)
    assert lines == register.basis(ids, data.draw(st.permutations(days)))
    assert all(b.from_day in days and b.to_day in days and b.from_day <= b.to_day for b in lines)


def test_people_read_law_and_article_not_our_ids() -> None:
    words = read_register()["old-wppcl-37"].obligation
    assert "《生态环境法典》第282条" in words.zh
    assert "code-" not in words.zh
    assert "art. 282 of the Ecological and Environmental Code" in words.en
    assert "code-" not in words.en


@pytest.mark.parametrize(
    ("said", "status", "first", "end"),
    [
        ("2016-07-02", "in_force", date(2016, 7, 2), None),
        ("unverified (2025-12-01 from general knowledge)", "in_force", date(2025, 12, 1), None),
        ("2021-03-01 (general knowledge)", "in_force", date(2021, 3, 1), None),
        ("repealed 2026-08-15", "repealed", None, date(2026, 8, 15)),
        ("2023-06-15, effective 2023-12-01", "text_not_read", date(2023, 12, 1), None),
        ("first reading 2025-10-24; second-reading draft consulted on in 2026", "unknown", None, None),
        ("unknown", "text_not_read", None, None),
        ("2019", "text_not_read", None, None),
    ],
)
def test_odd_dates_are_read_for_what_they_say(said: str, status: str, first: date | None, end: date | None) -> None:
    assert read_effective(said, status)[:2] == (first, end)


def test_an_unknown_provision_is_named() -> None:
    with pytest.raises(NotFoundError, match="no-such-1"):
        read_register().on("no-such-1", date(2026, 1, 1))


def test_a_faulty_register_tells_all_its_faults_at_once(tmp_path: Path) -> None:
    entry = (
        "- {id: a-1, law_zh: 甲, law_en: A, article: 1, effective: '2020-01-01', obligation: o, "
        "obligation_zh: 义务, status: in_force, verified: true, source: s, replaced_by: [b-2]}\n"
    )
    path = tmp_path / "register.yaml"
    path.write_text(f"meta: {{compiled: '2026-01-01'}}\nentries:\n{entry}{entry}- {{id: c-3}}\n", encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_register(path)
    assert {f.reason for f in caught.value.flaws} == {"missing_key", "repeated_id", "unknown_provision"}
    assert all(f.file == str(path) for f in caught.value.flaws)
