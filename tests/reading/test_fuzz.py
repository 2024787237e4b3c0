"""Good files of every kind, spoiled in every way: whatever comes, the answer is named rows or one clear refusal."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo_monitor.domain.place import Box
from geo_monitor.errors import FileError
from geo_monitor.reading.csv_rows import is_clean
from geo_monitor.reading.feeds import import_file
from geo_monitor.reading.mappings import FeedMapping, read_feed_mappings
from geo_monitor.reading.tables import hash_file
from tests.fakes import MemoryStore
from tests.reading.office_files import (
    write_csv,
    write_geojson,
    write_kml,
    write_ogr,
    write_xls,
    write_xlsx,
    write_zipped,
)

LHASA = Box(89.5, 29.2, 92.8, 31.1)
AT = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = ["编号", "时间", "类别", "内容", "姓名", "经度", "纬度"]
TABLE, FEATURES = "\n  lon: 经度\n  lat: 纬度", ""
MAPPING = """
feed: hotline
title: {zh: 热线（合成）, en: Hotline (synthetic)}
source: hotline
datum: WGS84
id: [编号]
columns:
  occurred: 时间
  text: [内容]
  category: {column: 类别, map: {采砂: sand_mining, 倾倒: waste_dumping}, otherwise: quarantine}
  reporter: {name: 姓名}"""
TABLES = (".csv", ".tsv", ".xlsx", ".xls")
KINDS = (*TABLES, ".geojson", ".zip", ".gpkg", ".kml", ".kmz")
#: A file that takes longer hangs, on the slowest machine. The largest sensible one has thirty rows.
LONGEST_S = 120.0

Rows = list[list[str]]
Rng = np.random.Generator


def good_rows(rng: Rng) -> Rows:
    rows = [HEAD]
    for k in range(int(rng.integers(1, 30))):
        lon, lat = rng.uniform(90.9, 91.3), rng.uniform(29.6, 29.8)
        kind = ("采砂", "倾倒")[int(rng.integers(2))]
        day = f"2026-0{rng.integers(1, 9)}-1{rng.integers(0, 9)} 10:{rng.integers(10, 59)}"
        rows.append([f"合成-{k:04d}", day, kind, "河边，夜间；“有车”", f"合成{k % 5}", f"{lon:.6f}", f"{lat:.6f}"])
    return rows


def write(folder: Path, kind: str, rows: Rows, rng: Rng) -> Path:
    path = folder / f"input{kind}"
    if kind == ".csv":
        return write_csv(path, rows, str(rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"])))
    if kind == ".tsv":
        return write_csv(path, rows, "gb18030", "\t")
    if kind == ".xlsx":
        return write_xlsx(path, {"工单": rows, "空": []})
    if kind == ".xls":
        return write_xls(path, {"工单": rows})
    at = {n: k for k, n in enumerate(rows[0])}
    x, y = at.get("经度"), at.get("纬度")
    rest = [n for n in rows[0] if n not in ("经度", "纬度")]
    plain = [rest, *([r[at[n]] for n in rest] for r in rows[1:])]
    pairs = [None if x is None or y is None else (r[x], r[y]) for r in rows[1:]]
    if kind in (".kml", ".kmz"):
        return write_kml(path, plain, pairs)
    points = [_point(p) for p in pairs]
    if kind == ".geojson":
        return write_geojson(path, plain, points)
    if kind == ".gpkg":
        return write_ogr(path, plain, points, "EPSG:4326")
    parts = folder / "parts"
    parts.mkdir()
    write_ogr(parts / "input.shp", plain, points, str(rng.choice(["EPSG:4326", ""])) or None, "GBK")
    (parts / "input.cpg").unlink(missing_ok=True)
    return write_zipped(path, sorted(parts.iterdir()))


def _point(pair: tuple[str, str] | None) -> shapely.Point | None:
    try:
        x, y = (float(v) for v in pair or ())
    except ValueError:
        return None
    return shapely.Point(x, y) if np.isfinite([x, y]).all() else None


# ---- what is done to the rows before they are written: the number of rows stays ------------------------------------

# fmt: off
JUNK = (
    "", " ", "NaN", "inf", "1e999", "-1", "91,117", "2026-02-30", "＝", "=1+1", "\U0001f600", "\ufeff", "\u200b", "０",
    "null", "'", "东经", "91°", "91°61'", "9" * 400, "true", "[]", "{}", "POINT (1 2)", "x" * 300, "\u0301",
)
# fmt: on


def _junk(rows: Rows, rng: Rng) -> Rows:
    spoiled = [list(r) for r in rows]
    for _ in range(int(rng.integers(1, 9))):
        row = spoiled[int(rng.integers(1, len(rows)))]
        row[int(rng.integers(len(row)))] = str(rng.choice(JUNK))
    return spoiled


def _huge(rows: Rows, rng: Rng) -> Rows:
    spoiled = [list(r) for r in rows]
    row = spoiled[int(rng.integers(1, len(rows)))]
    row[int(rng.integers(1, 5))] = str(rng.choice(["河", "9", " ", "，"])) * int(rng.choice([32_000, 100_001, 400_000]))
    return spoiled


def _column_dropped(rows: Rows, rng: Rng) -> Rows:
    gone = int(rng.integers(len(HEAD)))
    return [[c for k, c in enumerate(r) if k != gone] for r in rows]


def _columns_shuffled(rows: Rows, rng: Rng) -> Rows:
    order = rng.permutation(len(HEAD))
    return [[r[k] for k in order] for r in rows]


def _header_renamed(rows: Rows, rng: Rng) -> Rows:
    head = list(rows[0])
    head[int(rng.integers(len(head)))] = str(rng.choice(["", "时间", "编号 ", "编\n号", "1", "id", "geometry", "name"]))
    return [head, *rows[1:]] if len(set(head)) == len(head) else [*rows]


def _cells_moved(rows: Rows, rng: Rng) -> Rows:
    """Header and values no longer belong together."""
    return [rows[0], *([*r[-1:], *r[:-1]] for r in rows[1:])]


ON_ROWS = (_junk, _junk, _huge, _column_dropped, _columns_shuffled, _header_renamed, _cells_moved)


# ---- what is done to the bytes ---------------------------------------------------------------------------------


def _flipped(raw: bytes, rng: Rng) -> bytes:
    spoiled = bytearray(raw)
    for _ in range(int(rng.choice([1, 2, 5, 50]))):
        spoiled[int(rng.integers(len(spoiled)))] ^= 1 << int(rng.integers(8))
    return bytes(spoiled)


def _cut(raw: bytes, rng: Rng) -> bytes:
    return raw[: int(rng.integers(len(raw)))]


def _hole(raw: bytes, rng: Rng) -> bytes:
    at = int(rng.integers(len(raw)))
    return raw[:at] + raw[at + int(rng.integers(1, 400)) :]


def _twice(raw: bytes, rng: Rng) -> bytes:
    a, b = sorted(int(v) for v in rng.integers(len(raw), size=2))
    return raw[:b] + raw[a:]


def _noise(raw: bytes, rng: Rng) -> bytes:
    at = int(rng.integers(len(raw)))
    return raw[:at] + rng.bytes(int(rng.integers(1, 400))) + raw[at:]


def _marks(raw: bytes, rng: Rng) -> bytes:
    """Signs that steer readers, put where they do not belong."""
    signs = [
        b'"',
        b"'",
        b"\n",
        b"\r",
        b"\0",
        b",",
        b"\t",
        b"<",
        b"&",
        b"{",
        b"]",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\x1a",
    ]
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(len(raw)))
        raw = raw[:at] + signs[int(rng.integers(len(signs)))] + raw[at:]
    return raw


def _other_encoding(raw: bytes, rng: Rng) -> bytes:
    pairs = [("utf-8", "gb18030"), ("utf-8", "big5"), ("gb18030", "utf-8"), ("utf-8", "utf-16"), ("latin-1", "utf-8"),
             ("utf-8", "utf-32"), ("utf-8", "utf-16-le"), ("utf-8", "shift_jis"), ("utf-8", "utf-7")]  # fmt: skip
    was, now = pairs[int(rng.integers(len(pairs)))]
    return raw.decode(was, "replace").encode(now, "replace")


ON_BYTES = (_flipped, _flipped, _cut, _hole, _twice, _noise, _marks, _other_encoding)


def _inside(change: Callable[[bytes, Rng], bytes]) -> Callable[[bytes, Rng], bytes]:
    """The same to one file of an archive, packed again as it was."""

    def changed(raw: bytes, rng: Rng) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            names = old.namelist()
            chosen = names[int(rng.integers(len(names)))]
            for name in names:
                part = old.read(name)
                new.writestr(name, change(part, rng) if name == chosen and part else part)
        return out.getvalue()

    changed.__name__ = f"inside{change.__name__}"
    return changed


# ---- bombs -------------------------------------------------------------------------------------------------------


def _lol(root: str, body: str) -> str:
    entities = '<!ENTITY a0 "合成">' + "".join(f'<!ENTITY a{k} "{f"&a{k - 1};" * 10}">' for k in range(1, 10))
    return f"<?xml version='1.0' encoding='UTF-8'?><!DOCTYPE x [{entities}]>{root}{body}"


KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'


def _bomb_kml(raw: bytes, rng: Rng) -> bytes:
    return (
        _lol(KML, "<Placemark><name>&a9;</name></Placemark></Document></kml>").encode(),
        (KML + "<Folder>" * 200_000).encode(),
        (KML + "<Placemark><description>" + "x" * 40_000_000).encode(),
        b"<!DOCTYPE kml SYSTEM 'file:///nowhere'>" + raw,
    )[int(rng.integers(4))]


def _bomb_json(raw: bytes, rng: Rng) -> bytes:
    start = '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null, "properties": {"编号": '
    return (
        (start + "[" * 200_000).encode(),
        (start + "9" * 10_000 + "}}]}").encode(),
        (start + '"' + "x" * 40_000_000).encode(),
        (start + '"\\ud800", "时间": "\\u0000", "类别": "采砂", "内容": "", "姓名": ""}}]}').encode(),
        json.dumps(
            {"type": "FeatureCollection", "features": [{"properties": {f"p{k}": 1}} for k in range(5000)]}
        ).encode(),
    )[int(rng.integers(5))]


def _bomb_text(raw: bytes, rng: Rng) -> bytes:
    head = ",".join(HEAD).encode() + b"\n"
    return (
        head + b"x" * 40_000_000,
        head + b'"' * 300_001,
        head + b'1,"\n' * 30_001,
        head + b"," * 3_000_000,
        b"c," * 100_000 + b"\n1\n",
        head + b"\n" * 2_000_000,
    )[int(rng.integers(6))]


def _bomb_zip(raw: bytes, rng: Rng) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        big = next((n for n in names if "sheet1" in n or n.endswith((".kml", ".dbf"))), names[0])
        which = int(rng.integers(5))
        for name in names:
            part = old.read(name)
            if name == big and which == 0:
                part = part[:200] + bytes(30_000_000)
            if name == big and which == 1:
                part = _lol("", part.decode("utf-8", "replace").partition("?>")[2]).encode()
            if which == 2 and name.endswith("sheet1.xml"):
                part = part.replace(b'<row r="2"', b'<row r="2000000000"')
            if which == 3 and name.endswith("sheet1.xml"):
                part = part.replace(b'"A2"', b'"ZZZ2"').replace(b'"B2"', b'"XFD2"')
            new.writestr(name, part)
        if which == 4:
            for k in range(10_001):
                new.writestr(f"{k}", b"")
    return out.getvalue()


def _bomb_dbf(raw: bytes, rng: Rng) -> bytes:
    """A header that promises four thousand million rows of no length."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = bytearray(old.read(name))
            if name.endswith(".dbf"):
                part[4:8] = b"\xff\xff\xff\xff"
                part[10:12] = (b"\0\0", b"\1\0", part[10:12])[int(rng.integers(3))]
            new.writestr(name, bytes(part))
    return out.getvalue()


BOMBS: dict[str, tuple[Callable[[bytes, Rng], bytes], ...]] = {
    ".kml": (_bomb_kml,),
    ".kmz": (_bomb_zip,),
    ".geojson": (_bomb_json,),
    ".csv": (_bomb_text,),
    ".tsv": (_bomb_text,),
    ".xlsx": (_bomb_zip,),
    ".zip": (_bomb_zip, _bomb_dbf),
}
#: One in so many files is a bomb: they are large, and each is as bad as the next.
BOMB_IN = 25


@dataclass(frozen=True, slots=True)
class Mutant:
    """``rows`` is how many the file must give account of, unless it is refused; None where the change itself may have
    made or unmade rows."""

    path: Path
    kind: str
    change: str
    rows: int | None


def mutant(folder: Path, seed: int) -> Mutant:
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(KINDS))
    rows = good_rows(rng)
    count: int | None = len(rows) - 1
    if rng.random() < 0.4:
        spoil = ON_ROWS[int(rng.integers(len(ON_ROWS)))]
        if kind in (".xls", ".zip", ".gpkg", ".xlsx") and spoil is _huge:
            spoil = _junk  # a text of this length does not go into the cells of these
        path = write(folder, kind, spoil(rows, rng), rng)
        return Mutant(path, kind, spoil.__name__, count)
    path = write(folder, kind, rows, rng)
    if rng.random() < 0.06:
        other = str(rng.choice([k for k in KINDS if k != kind]))
        return Mutant(path.rename(path.with_suffix(other)), other, f"_really{kind}", None)
    changes: tuple[Callable[[bytes, Rng], bytes], ...] = ON_BYTES
    if kind in (".xlsx", ".kmz", ".zip") and rng.random() < 0.6:
        changes = tuple(_inside(c) for c in ON_BYTES)
    if kind in BOMBS and rng.integers(BOMB_IN) == 0:
        changes = BOMBS[kind]
    change = changes[int(rng.integers(len(changes)))]
    path.write_bytes(change(path.read_bytes(), rng))
    return Mutant(path, kind, change.__name__, None)


def mapping_of(folder: Path, kind: str) -> FeedMapping:
    feeds = folder / "feeds"
    feeds.mkdir()
    (feeds / "f.yaml").write_text(MAPPING + (TABLE if kind in TABLES else FEATURES), encoding="utf-8")
    (mapping,) = read_feed_mappings(feeds).values()
    return mapping


@dataclass(frozen=True, slots=True)
class Outcome:
    mutant: Mutant
    refused: str
    stored: int
    quarantined: int
    seconds: float


def outcome(folder: Path, seed: int) -> Outcome:
    """Imports a spoiled file and checks what must be true whatever it was. Raises if anything but a FileError comes
    out of it."""
    made = mutant(folder, seed)
    mapping, store = mapping_of(folder, made.kind), MemoryStore()
    begun = time.perf_counter()
    try:
        report = import_file(store, made.path, mapping, box=LHASA, key=b"only for tests", at=AT)
    except FileError as e:
        seconds = time.perf_counter() - begun
        for flaw in e.flaws:
            assert flaw.reason and flaw.expected and Path(flaw.file).name.startswith("input"), flaw
            str(e).encode()
        with store.reading() as records:
            assert not records.quarantine_counts()
            assert not records.file_was_read("hotline", hash_file(made.path))
            assert records.incident_count() == 0
        return Outcome(made, e.flaws[0].reason, 0, 0, seconds)
    seconds = time.perf_counter() - begun
    assert report.read == report.stored + report.already_known + report.quarantined
    if made.rows is not None:
        assert report.read == made.rows, (made, report)
    with store.reading() as records:
        kept = records.quarantined(limit=report.quarantined + 1)
        assert len(kept) == report.new_quarantined <= report.quarantined
        for q in kept:
            said = json.dumps([dict(q.row.raw), [str(f) for f in q.row.flaws]], ensure_ascii=False)
            said.encode()
            assert is_clean("".join(q.row.raw.values())) and is_clean("".join(map(str, q.row.flaws)))
            assert len(said) < 1_000_000
            assert q.row.flaws
            for flaw in q.row.flaws:
                assert flaw.file.startswith("input") and flaw.row == q.row.origin.row and flaw.expected
        assert records.incident_count() == report.stored
        stored = records.incident_columns()
        assert all(LHASA.holds(x, y) for x, y in zip(stored.lon, stored.lat, strict=True)), made
    return Outcome(made, "", report.stored, report.quarantined, seconds)


def outcomes(folder: Path, seeds: range) -> Iterator[Outcome]:
    import shutil

    for seed in seeds:
        place = folder / str(seed)
        place.mkdir()
        try:
            yield outcome(place, seed)
        except Exception as e:
            raise AssertionError(f"seed {seed}: {e!r}") from e
        finally:
            shutil.rmtree(place)


def figures(found: list[Outcome]) -> list[str]:
    """A line for each kind of file."""
    lines = [f"{'kind':<9}{'files':>7}{'refused':>9}{'stored':>9}{'quarantined':>13}{'slowest':>10}"]
    for kind in sorted({o.mutant.kind for o in found}):
        mine = [o for o in found if o.mutant.kind == kind]
        lines.append(
            f"{kind:<9}{len(mine):>7,}{sum(bool(o.refused) for o in mine):>9,}{sum(o.stored for o in mine):>9,}"
            f"{sum(o.quarantined for o in mine):>13,}{max(o.seconds for o in mine):>8.2f} s"
        )
    reasons = Counter(o.refused for o in found if o.refused)
    lines.append("refused for: " + ", ".join(f"{r} {n:,}" for r, n in reasons.most_common()))
    return lines


def check(found: list[Outcome]) -> None:
    slowest = max(found, key=lambda o: o.seconds)
    assert slowest.seconds < LONGEST_S, slowest
    # A reader that refuses everything would pass all the rest.
    assert sum(o.stored for o in found) > len(found)
    assert sum(o.quarantined for o in found) > len(found) // 2


@pytest.mark.filterwarnings("ignore")
def test_no_spoiled_file_breaks_the_import(tmp_path: Path) -> None:
    check(list(outcomes(tmp_path, range(200))))


@pytest.mark.prove
@pytest.mark.filterwarnings("ignore")
def test_ten_thousand_spoiled_files(tmp_path: Path) -> None:
    found = list(outcomes(tmp_path, range(1_000_000, 1_010_000)))
    print("\n10,000 spoiled files")
    print("\n".join(figures(found)))
    check(found)
