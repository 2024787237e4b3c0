"""The files from which reports came: kept byte for byte, once, under their hash, and nobody changes them unseen."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_monitor.errors import FileError, StoreError
from geo_monitor.reading import originals
from geo_monitor.reading.originals import (
    ORIGINALS,
    Kept,
    find_originals,
    keep_bytes,
    keep_original,
    original_flaw,
    verify_originals,
)
from geo_monitor.reading.report_files import open_sheets
from geo_monitor.reading.tables import hash_file
from tests.reading.office_files import write_ogr

POINTS = [shapely.Point(91.1, 29.6), shapely.Point(91.2, 29.7)]


def changed(path: Path, change: Callable[[bytes], bytes]) -> None:
    """As somebody with the right to everything would."""
    path.chmod(0o600)
    path.write_bytes(change(path.read_bytes()))


def files(workspace: Path) -> list[str]:
    return sorted(p.name for p in (workspace / ORIGINALS).rglob("*") if p.is_file())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=5000))
def test_every_byte_is_kept_under_the_hash_that_incidents_name(raw: bytes, tmp_path: Path) -> None:
    file = tmp_path / "热线 一月.CSV"
    file.write_bytes(raw)
    kept = keep_original(tmp_path, "hotline", file)
    assert kept.path == tmp_path / "files" / "originals" / "hotline" / f"{hashlib.sha256(raw).hexdigest()}.csv"
    assert kept.path.read_bytes() == raw
    assert kept.hash == hash_file(file)
    assert keep_bytes(tmp_path, "hotline", raw, ".csv") == kept
    assert original_flaw(kept) is None


def test_what_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    kept = keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    before = kept.path.stat()
    assert keep_bytes(tmp_path, "hotline", b"synthetic", ".csv") == kept
    after = kept.path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len(files(tmp_path)) == 1


def test_only_the_owner_may_read_an_original_and_nobody_write_it(tmp_path: Path) -> None:
    kept = keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    assert kept.path.stat().st_mode & 0o777 == 0o400
    assert kept.path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_crash_leaves_no_half_original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    if at == "fsync":
        monkeypatch.setattr(originals.os, "fsync", crash)
    else:
        monkeypatch.setattr(Path, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        keep_bytes(tmp_path, "hotline", b"synthetic" * 1000, ".csv")
    assert files(tmp_path) == []
    monkeypatch.undo()
    assert original_flaw(keep_bytes(tmp_path, "hotline", b"synthetic" * 1000, ".csv")) is None


def test_a_copy_that_was_cut_off_by_the_power_is_no_original(tmp_path: Path) -> None:
    kept = keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    (kept.path.parent / ".incoming-x1").write_bytes(b"synth")
    found = verify_originals(tmp_path, [])
    assert (found.kept, found.broken) == (1, ())


def test_a_file_that_changes_while_it_is_copied_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "calls.csv"
    file.write_bytes(b"first")
    honest = originals._copied

    def grows(content: Path | bytes, to: object) -> str:
        file.write_bytes(b"first and more")
        return honest(content, to)  # type: ignore[arg-type]

    monkeypatch.setattr(originals, "_copied", grows)
    with pytest.raises(FileError, match="file_changing"):
        keep_original(tmp_path, "hotline", file)
    assert files(tmp_path) == []


def test_all_parts_of_a_shapefile_are_kept_and_open_together(tmp_path: Path) -> None:
    source = tmp_path / "从单位来"
    source.mkdir()
    shape = write_ogr(source / "巡查[1].shp", [["编号"], ["A"], ["B"]], POINTS, "EPSG:4490", "gb18030")
    (source / "巡查[1].txt").write_text("no part of it")
    (source / "巡查1.dbf").write_text("of another one")
    kept = keep_original(tmp_path, "patrol", shape)
    assert {p.suffix for p in kept.parts} >= {".shp", ".shx", ".dbf", ".prj"} and ".txt" not in files(tmp_path)
    assert len({p.stem for p in kept.parts}) == 1
    (sheet,) = open_sheets(kept.path)
    assert [r.values["编号"] for r in sheet.rows()] == ["A", "B"]
    assert find_originals(tmp_path, hash_file(shape)) == [kept]
    assert keep_original(tmp_path, "patrol", shape) == kept


def test_a_shapefile_of_the_same_points_with_other_attributes_is_another_original(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder, word in zip(folders, "AB", strict=True):
        folder.mkdir()
        keep_original(tmp_path, "patrol", write_ogr(folder / "p.shp", [["id"], [word], [word]], POINTS, "EPSG:4490"))
    found = find_originals(tmp_path, hash_file(folders[0] / "p.shp"))
    assert len(found) == 2 and all(original_flaw(k) is None for k in found)
    assert {open_sheets(k.path)[0].rows().__next__().values["id"] for k in found} == {"A", "B"}


@pytest.mark.parametrize("suffix", [".shp", ".dbf", ".prj"])
@pytest.mark.parametrize("what", ["changed", "removed"])
def test_whoever_changes_or_removes_a_part_is_found_out(tmp_path: Path, suffix: str, what: str) -> None:
    shape = write_ogr(tmp_path / "p.shp", [["id"], ["A"], ["B"]], POINTS, "EPSG:4490")
    kept = keep_original(tmp_path, "patrol", shape)
    part = kept.path.with_suffix(suffix)
    if what == "changed":
        changed(part, lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    else:
        part.unlink()
    found = verify_originals(tmp_path, [("patrol", "p.shp", kept.hash)])
    assert len(found.broken) == 1, found


def test_a_changed_original_is_told_and_not_written_over(tmp_path: Path) -> None:
    kept = keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    changed(kept.path, lambda raw: raw + b"!")
    (told,) = verify_originals(tmp_path, []).broken
    assert kept.hash[:12] in told and "not those that came in" in told
    with pytest.raises(StoreError, match="not those that came in"):
        keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    assert kept.path.read_bytes() == b"synthetic!"


def test_files_that_were_read_and_lie_nowhere_are_named(tmp_path: Path) -> None:
    kept = keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    read = [("hotline", "a.csv", kept.hash), ("patrol", "b.csv", kept.hash), ("hotline", "c.csv", "0" * 64)]
    found = verify_originals(tmp_path, [*read, read[2]])
    assert found.broken == ()
    assert [m.split(" ")[0] for m in found.missing] == ["b.csv", "c.csv"], "a feed keeps its own; each is named once"
    shutil.rmtree(tmp_path / ORIGINALS)
    assert len(verify_originals(tmp_path, read).missing) == 3


def test_an_original_is_found_by_the_beginning_of_its_hash(tmp_path: Path) -> None:
    kept = keep_bytes(tmp_path, "hotline", b"synthetic", ".csv")
    assert find_originals(tmp_path, kept.hash[:8]) == [kept]
    assert find_originals(tmp_path, kept.hash[:7]) == []
    assert find_originals(tmp_path, "../../etc") == []


@pytest.mark.parametrize("feed", ["../x", "", "a/b", ".."])
def test_no_name_of_a_feed_leads_out_of_the_folder(tmp_path: Path, feed: str) -> None:
    with pytest.raises(ValueError, match="no name of a feed"):
        keep_bytes(tmp_path, feed, b"synthetic", ".csv")


def test_an_odd_suffix_is_left_out_of_the_name(tmp_path: Path) -> None:
    kept: Kept = keep_bytes(tmp_path, "hotline", b"synthetic", "./../x")
    assert kept.path.name == kept.hash
    assert [p.name for p in kept.path.parent.iterdir()] == [kept.hash]
