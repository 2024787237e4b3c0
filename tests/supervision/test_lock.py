"""The lock: the same version of a model means the same words for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo_monitor.errors import ModelError
from geo_monitor.supervision.load import load_models
from geo_monitor.supervision.lock import LOCK_NAME, check_lock, read_lock, write_lock

BASE = Path(__file__).parents[1] / "data" / "models" / "base.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "a.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def reasons(folder: Path) -> list[str]:
    return [f.reason for f in check_lock(load_models([folder]).values())]


def test_a_model_is_locked_once_and_then_agrees(folder: Path) -> None:
    assert reasons(folder) == ["not_locked"]
    assert write_lock(load_models([folder]).values()) == [folder / LOCK_NAME]
    assert reasons(folder) == []
    before = (folder / LOCK_NAME).read_bytes()
    write_lock(load_models([folder]).values())
    assert (folder / LOCK_NAME).read_bytes() == before


def test_a_changed_file_with_the_same_version_fails_and_cannot_be_locked(folder: Path) -> None:
    write_lock(load_models([folder]).values())
    before = (folder / LOCK_NAME).read_bytes()
    change(folder, "value: 50 m", "value: 60 m")
    [flaw] = check_lock(load_models([folder]).values())
    assert (flaw.reason, flaw.row, flaw.value) == ("same_version", 2, "1")
    assert "version 2" in flaw.expected
    with pytest.raises(ModelError, match="same_version"):
        write_lock(load_models([folder]).values())
    assert (folder / LOCK_NAME).read_bytes() == before


def test_even_a_comment_is_a_change(folder: Path) -> None:
    write_lock(load_models([folder]).values())
    change(folder, "version: 1", "version: 1   # the first")
    assert reasons(folder) == ["same_version"]


def test_a_new_version_asks_for_a_new_lock(folder: Path) -> None:
    write_lock(load_models([folder]).values())
    change(folder, "value: 50 m", "value: 60 m")
    change(folder, "version: 1", "version: 2")
    assert reasons(folder) == ["not_locked"]
    write_lock(load_models([folder]).values())
    assert reasons(folder) == []
    assert read_lock(folder / LOCK_NAME)["TST-001"].version == 2


def test_a_version_does_not_go_back(folder: Path) -> None:
    change(folder, "version: 1", "version: 2")
    write_lock(load_models([folder]).values())
    change(folder, "version: 2", "version: 1")
    assert reasons(folder) == ["same_version"]


def test_a_locked_model_does_not_vanish(folder: Path) -> None:
    text = (folder / "a.yaml").read_text(encoding="utf-8")
    (folder / "b.yaml").write_text(text.replace("TST-001", "TST-002"), encoding="utf-8")
    write_lock(load_models([folder]).values())
    (folder / "b.yaml").unlink()
    assert [(f.reason, f.value) for f in check_lock(load_models([folder]).values())] == [("model_gone", "TST-002")]


def test_models_in_folders_below_share_the_lock_above(folder: Path) -> None:
    write_lock(load_models([folder]).values())
    (folder / "river").mkdir()
    (folder / "river" / "b.yaml").write_text(
        (folder / "a.yaml").read_text(encoding="utf-8").replace("TST-001", "TST-002"), encoding="utf-8"
    )
    write_lock(load_models([folder]).values())
    assert sorted(read_lock(folder / LOCK_NAME)) == ["TST-001", "TST-002"]


def test_a_lock_that_is_none_names_its_line(folder: Path) -> None:
    (folder / LOCK_NAME).write_text("# a comment\nTST-001 one abc\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"models\.lock, row 2"):
        read_lock(folder / LOCK_NAME)


def test_a_folder_whose_only_model_vanished_is_told_of_too(folder: Path) -> None:
    write_lock(load_models([folder]).values())
    (folder / "a.yaml").unlink()
    assert [(f.reason, f.value) for f in check_lock([], [folder])] == [("model_gone", "TST-001")]
    assert check_lock([]) == []
