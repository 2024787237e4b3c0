"""The duty roster: read whole, or not at all with every flaw."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from geo_monitor.domain.duty import Posting
from geo_monitor.errors import FileError
from geo_monitor.reading.roster import read_roster

HEADER = "place,role,post,name,office,from,to\n"


def roster(folder: Path, text: str) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_postings_are_read_in_order(tmp_path: Path) -> None:
    path = roster(
        tmp_path,
        HEADER + "rivers/LS-001,river_chief,县级河长,合成河长-01,合成水利局,2024-01-01,2026年3月15日\n"
        "*,chief_procurator,检察长,合成检察长-01,,,长期\n",
    )
    assert read_roster(path) == [
        Posting(
            "rivers/LS-001", "river_chief", "县级河长", "合成河长-01", "合成水利局", date(2024, 1, 1), date(2026, 3, 15)
        ),
        Posting("*", "chief_procurator", "检察长", "合成检察长-01", "", None, None),
    ]


def test_an_office_s_own_headers_and_words_are_known(tmp_path: Path) -> None:
    path = roster(
        tmp_path,
        "责任区域,角色,职务,姓名,单位,任职起,任职止\ndistricts/540102,警长,河湖警长,合成警长-01,合成公安局,2024/1/1,\n",
    )
    (posting,) = read_roster(path)
    assert (posting.role, posting.valid_from, posting.valid_to) == ("police_chief", date(2024, 1, 1), None)


def test_every_flaw_of_every_row_is_told(tmp_path: Path) -> None:
    path = roster(
        tmp_path,
        HEADER + "rivers,river_chief,河长,合成河长-01,,,\n"
        "rivers/LS-001,mayor,河长,,,三月,\n"
        "\n"
        "rivers/LS-001,river_chief,河长,合成河长-01,,2026-03-01,2026-02-01\n"
        "rivers/LS-002,river_chief,河长,合成河长-02,,,\n"
        "rivers/LS-002,river_chief,河长,合成河长-02,,,\n",
    )
    with pytest.raises(FileError) as told:
        read_roster(path)
    assert [(f.row, f.field, f.reason) for f in told.value.flaws] == [
        (2, "place", "bad_place"),
        (3, "name", "missing_value"),
        (3, "role", "unknown_word"),
        (3, "from", "unreadable_date"),
        (5, "to", "validity_reversed"),
        (7, "", "repeated_row"),
    ]
    assert "layer/feature-id like rivers/LS-012" in str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place,role\n*,police_chief\n", "a column post or 职务; there are: place, role"),
        (HEADER, "at least one posting"),
    ],
)
def test_a_file_that_is_no_roster_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileError) as told:
        read_roster(roster(tmp_path, text))
    assert said in str(told.value)
