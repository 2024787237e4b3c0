"""Tables of text as offices save them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from geo_monitor.errors import FileError
from geo_monitor.reading.tables import read_table

TEXT = "编号,名称\n0012,合成商户\n0013,合成学校\n"


def written(folder: Path, raw: bytes | str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(FileError) as told:
        list(read_table(path))
    return [str(f) for f in told.value.flaws]


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 with byte order mark"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")],
)
def test_the_encoding_is_found_and_stated(tmp_path: Path, encoding: str, stated: str) -> None:
    table = read_table(written(tmp_path, TEXT.encode(encoding)))
    assert [r.values["名称"] for r in table] == ["合成商户", "合成学校"]
    assert table.encoding == stated
    assert stated in table.note


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_the_header_uses(tmp_path: Path, delimiter: str) -> None:
    table = read_table(written(tmp_path, f'a{delimiter}"b,;x"{delimiter}c\n1{delimiter}2{delimiter}3\n'))
    assert table.delimiter == delimiter
    assert table.columns == ("a", "b,;x", "c")


def test_an_id_with_leading_zeros_stays_as_it_is(tmp_path: Path) -> None:
    assert [r.values["编号"] for r in read_table(written(tmp_path, TEXT))] == ["0012", "0013"]


def test_rows_are_counted_as_a_person_counts_them(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'a,b\n1,"two\nlines"\n\n,\n5,x\n'))
    assert [(r.number, r.values["a"]) for r in table] == [(2, "1"), (5, "5")]


def test_a_table_can_be_read_twice(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, TEXT))
    assert list(table) == list(table)


def test_a_short_row_has_empty_cells_and_a_long_one_is_told(tmp_path: Path) -> None:
    short, blank, long = read_table(written(tmp_path, "a,b\n1\n1,2,,\n1,2,3\n"))
    assert short.values == {"a": "1", "b": ""}
    assert not short.flaws
    assert not blank.flaws
    (flaw,) = long.flaws
    assert str(flaw) == "t.csv, row 4: found '3': 2 cells as in the header, found 3 [too_many_cells]"


def test_empty_columns_on_the_right_do_not_count(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "a,b,,\n1,2,,\n")).columns == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "t.csv: a table with a header in row 1 [empty_file]"),
        (",,\n1,2,3\n", "row 1: column names in row 1, the row is empty [no_header]"),
        ("1,2.5,2026-01-01\n1,2,3\n", "found only numbers and dates [no_header]"),
        ("a,,c\n1,2,3\n", "a name for column 2 [unnamed_column]"),
        ("a,b,a\n1,2,3\n", "row 1, a: each column name once; it names columns 1 and 3 [repeated_column]"),
        ('a,b\n1,"x\n', "row 2: found '1,\"x': cells with closed quotes"),
        ("a,b\n1,\0\n", "it contains NUL bytes (if it is UTF-16 without its mark: save it as UTF-8) [not_text]"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in "\n".join(refused(written(tmp_path, text)))


def test_every_fault_of_a_header_is_told_at_once(tmp_path: Path) -> None:
    assert len(refused(written(tmp_path, "a,,a,b,b\n1,2,3,4,5\n"))) == 3


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    assert "text in UTF-8 or GB18030" in refused(written(tmp_path, b"a,b\n\xff\xff\xff,1\n"))[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "[no_such_file]" in refused(tmp_path / "none.csv")[0]
    assert "[unknown_format]" in refused(written(tmp_path, "x", "t.pdf"))[0]
    assert "[not_a_workbook]" in refused(written(tmp_path, "x", "t.xlsx"))[0]
    assert "[not_a_workbook]" in refused(written(tmp_path, "x", "t.xls"))[0]


def test_a_column_that_is_asked_for_and_missing_is_told_with_those_there_are(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, TEXT))
    with pytest.raises(FileError) as told:
        table.require(["编号", "经度", "纬度"])
    assert [f.field for f in told.value.flaws] == ["经度", "纬度"]
    assert "there are: 编号, 名称" in str(told.value)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    page.title = "企业"
    page.append(["编号", "数", "日", "时", "真"])
    page.append(["0012", 7, date(2026, 3, 1), datetime(2026, 3, 1, 17, 5), True])
    page.append([13, 2.5, None, None, None])
    page["A3"].number_format = "0000"
    page.append([])
    page.append(["x", 1e3, None, None, None])
    other = book.create_sheet("附表")
    other.append(["甲"])
    other.append(["乙"])
    path = tmp_path / "t.xlsx"
    book.save(path)
    return path


def test_cells_of_a_workbook_read_as_a_person_sees_them(workbook: Path) -> None:
    table = read_table(workbook)
    first, second, last = table
    assert first.values == {"编号": "0012", "数": "7", "日": "2026-03-01", "时": "2026-03-01 17:05:00", "真": "true"}
    assert second.values["编号"] == "0013"
    assert second.values["数"] == "2.5"
    assert (last.number, last.values["数"]) == (5, "1000")
    assert table.sheet == "企业"


def test_a_sheet_is_chosen_by_name(workbook: Path) -> None:
    assert [r.values for r in read_table(workbook, "附表")] == [{"甲": "乙"}]
    with pytest.raises(FileError, match="one of the sheets 企业, 附表"):
        read_table(workbook, "无")
