"""Check digits: published numbers are sound, and no single slip of the pen goes unnoticed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geo_monitor.reading.identifiers import (
    CHECKS,
    CREDIT_ALPHABET,
    complete_credit_code,
    complete_food_licence,
    credit_code_flaw,
    division_code_flaw,
    drug_licence_flaw,
    food_licence_flaw,
    national_heritage_number_flaw,
)

PUBLISHED_CREDIT = [
    "914403003429409755", "914403006990676707", "91440300L83341734R", "911101083303521997", "91320200MA1MGN8MXH",
]  # fmt: skip
PUBLISHED_LICENCES = [
    "JY11108071215650", "JY13202020009651", "SC10341147101351", "SC10432062101169", "SC11334160230808",
    "SC10644512106525", "SC10634160212611", "SC10435058302205",
]  # fmt: skip
SYNTHETIC_LICENCES = ["JY15401020000018", "JY25401020000012", "JY35401020000010", "SC10654010200013"]

credit_starts = st.text(CREDIT_ALPHABET, min_size=16, max_size=16)
licence_starts = st.tuples(st.sampled_from(["JY", "SC"]), st.text("0123456789", min_size=13, max_size=13)).map("".join)


@pytest.mark.parametrize("code", PUBLISHED_CREDIT)
def test_published_credit_codes_are_sound(code: str) -> None:
    assert credit_code_flaw(code) is None
    assert credit_code_flaw(f" {code.lower()} ") is None


@pytest.mark.parametrize("code", PUBLISHED_LICENCES + SYNTHETIC_LICENCES)
def test_published_licences_are_sound(code: str) -> None:
    assert food_licence_flaw(code) is None


def test_an_old_registration_number_is_accepted() -> None:
    assert credit_code_flaw("540102000000001") is None


@given(credit_starts)
def test_a_completed_credit_code_is_sound(start: str) -> None:
    assert credit_code_flaw(complete_credit_code(start)) is None


@given(credit_starts, st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_one_wrong_character_of_a_credit_code_never_goes_unnoticed(start: str, at: int, instead: str) -> None:
    code = complete_credit_code(start)
    assume(code[at] != instead)
    assert credit_code_flaw(code[:at] + instead + code[at + 1 :]) is not None


@given(licence_starts, st.integers(2, 15), st.sampled_from("0123456789"))
def test_one_wrong_digit_of_a_licence_never_goes_unnoticed(start: str, at: int, instead: str) -> None:
    code = complete_food_licence(start)
    assert food_licence_flaw(code) is None
    assume(code[at] != instead)
    assert food_licence_flaw(code[:at] + instead + code[at + 1 :]) is not None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("91350100M000100Y4Z", "character 18 should be a digit or a letter other than I, O, S, V, Z, found 'Z'"),
        ("91440300342940975", "18 characters (or an old registration number of 15 digits), found 17"),
        ("914403003429409756", "check character 18 should be 5, found 6"),
        ("914403003429409705", "check character 17 (of the organisation code) should be 5, found 0"),
    ],
)
def test_the_message_says_which_character_was_expected(code: str, said: str) -> None:
    assert said in str(credit_code_flaw(code))


def test_the_message_says_which_check_digit_was_expected() -> None:
    assert food_licence_flaw("JY15401020000019") == "check digit (character 16) should be 8, found 9"


@pytest.mark.parametrize(
    ("check", "code", "said"),
    [
        (food_licence_flaw, "12345", "character 1 should be J or S, found '1'"),
        (food_licence_flaw, "JC15401020000018", "character 2 should be Y, found 'C'"),
        (food_licence_flaw, "JY1540102O000018", "character 10 should be a digit, found 'O'"),
        (food_licence_flaw, "JY1540102000001", "16 characters, found 15"),
        (drug_licence_flaw, "琼EA898000001", "character 2 should be A to D, found 'E'"),
        (drug_licence_flaw, "琼AA89800000", "12 characters, found 11"),
        (national_heritage_number_flaw, "1-0107-7-060", "character 8 should be a category from 1 to 6, found '7'"),
        (national_heritage_number_flaw, "1-0107.3-060", "character 7 should be a dash, found '.'"),
        (division_code_flaw, "54o102", "character 3 should be a digit, found 'O'"),
        (division_code_flaw, "940102", "character 1 should be a digit from 1 to 8, found '9'"),
        (division_code_flaw, "5401020", "found 7 characters"),
        (division_code_flaw, "5401020020010", "found 13 characters"),
    ],
)
def test_the_message_says_which_character_is_wrong(check, code: str, said: str) -> None:  # type: ignore[no-untyped-def]
    assert said in str(check(code))


@pytest.mark.parametrize("code", [PUBLISHED_LICENCES[0], PUBLISHED_CREDIT[2]])
def test_full_width_characters_are_the_same_characters(code: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    check = food_licence_flaw if code.startswith("JY") else credit_code_flaw
    assert check(wide) is None


@pytest.mark.parametrize(
    ("check", "sound", "unsound"),
    [
        (drug_licence_flaw, "琼AA898000001", "AA898000001"),
        (national_heritage_number_flaw, "1-0107-3-060", "9-0107-3-060"),
        (division_code_flaw, "540102", "54010"),
        (division_code_flaw, "540102002", "5401020021"),
    ],
)
def test_other_identifiers_are_held_to_their_layout(check, sound: str, unsound: str) -> None:  # type: ignore[no-untyped-def]
    assert check(sound) is None
    assert check(unsound)


@pytest.mark.parametrize("start", ["", "9254010", "92540102MA90000O"])
def test_a_number_that_cannot_be_completed_is_refused(start: str) -> None:
    with pytest.raises(ValueError):
        complete_credit_code(start)
    with pytest.raises(ValueError):
        complete_food_licence(start)


def test_every_check_of_the_layer_files_answers_to_its_name() -> None:
    assert all(check("?") for check in CHECKS.values())
