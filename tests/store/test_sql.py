"""How a database is opened, shared between processes, and kept from harm; what PostGIS sees of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import alembic.command
import numpy as np
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pyproj import Geod

import geo_monitor.store
from geo_monitor.domain.lead import LeadEvent
from geo_monitor.domain.place import Box
from geo_monitor.errors import ConfigError, StoreError
from geo_monitor.services.audit import verify
from geo_monitor.services.ports import JobRow, LeadQuery, Records, Wanted
from geo_monitor.store import incidents as incidents_of_the_store
from geo_monitor.store import search, session, tables
from geo_monitor.store.sql import open_store
from geo_monitor.store.tables import REVISION, VERSION_TABLE, metadata
from tests.store import made
from tests.store.made import LHASA, T0, ids

HERE = Path(__file__).resolve()


@contextmanager
def plainly(url: str) -> Iterator[sa.Connection]:
    """A connection past the store, as a stranger or an administrator has it."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
        connection.commit()
    engine.dispose()


def at_once(code: str, *arguments: str, times: int) -> list[str]:
    """Runs a program several times side by side; its outputs. Fails if one of them does."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *arguments, str(n)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
        for n in range(times)
    ]
    said = [program.communicate(timeout=120) for program in running]
    assert [p.returncode for p in running] == [0] * times, "\n".join(errors for _, errors in said)
    return [out for out, _ in said]


# ---- opening
# ---------------------------------------------------------------------------------------------------


def test_opening_again_finds_what_was_written(sql_url: str) -> None:
    with closing(open_store(sql_url)) as store, store.writing() as records:
        records.put_fact("a", "1")
    with closing(open_store(sql_url)) as store, store.reading() as records:
        assert records.fact("a") == "1"


def test_processes_that_open_an_empty_database_at_once_all_succeed(sql_url: str) -> None:
    code = """
import sys
from geo_monitor.store.sql import open_store
store = open_store(sys.argv[1])
with store.writing() as records:
    records.put_fact(sys.argv[2], "was here")
store.close()
"""
    at_once(code, sql_url, times=5)
    with closing(open_store(sql_url)) as store, store.reading() as records:
        assert [records.fact(str(n)) for n in range(5)] == ["was here"] * 5


@pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
def test_the_migrations_lead_to_exactly_the_tables(sql_url: str) -> None:
    open_store(sql_url).close()
    script = ScriptDirectory(str(Path(geo_monitor.store.__file__).parent / "migrations"))
    assert script.get_heads() == [REVISION]

    def ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
        # PostGIS brings tables of its own, and the derived columns are there for it alone.
        return not (
            reflected
            and compared is None
            and (name == "geometry" or str(name).endswith("_by_geometry") or name == "spatial_ref_sys")
        )

    options = {"version_table": VERSION_TABLE, "include_object": ours, "compare_type": True}
    with plainly(sql_url) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        collations = (
            connection.execute(
                sa.text(
                    "SELECT DISTINCT collation_name FROM information_schema.columns WHERE table_schema = 'public'"
                    " AND data_type = 'text' AND table_name IN ('leads', 'incidents', 'hits')"
                )
            )
            .scalars()
            .all()
            if connection.dialect.name == "postgresql"
            else ["C"]
        )
        assert collations == ["C"]


def test_a_database_of_the_first_tables_keeps_its_hits_and_leads_and_learns_who_named_what(
    sql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade = alembic.command.upgrade
    with monkeypatch.context() as patch:
        patch.setattr("alembic.command.upgrade", lambda config, _: upgrade(config, "0001"))
        open_store(sql_url).close()
    newest = f"sqlite:///{tmp_path / 'newest.db'}"
    with closing(open_store(newest)) as store, store.writing() as records:
        records.add_hits([made.hit("i1")])
        records.put_lead(made.lead())
        records.add_incidents([made.incident("a", attributes={"vehicle": "a-1"}), made.incident("b")])
    for table, new in (
        (tables.hits, ("facts",)),
        (tables.leads, ("trial",)),
        (tables.incidents, ("datum_known", "revision")),
    ):
        with plainly(newest) as connection:
            rows = connection.execute(sa.select(table)).mappings().all()
        with plainly(sql_url) as connection:
            for row in rows:
                kept = {name: value for name, value in row.items() if name not in new}
                if table is tables.incidents:
                    kept["content"] = "a hash"  # what the first tables kept beside
                connection.execute(sa.insert(sa.table(table.name, *map(sa.column, kept))), kept)
    with closing(open_store(sql_url)) as store, store.reading() as records:
        assert records.hits_of([made.key()]) == [made.hit("i1")]
        assert records.leads(LeadQuery()).leads == (made.lead(),)
        assert records.lead_counts() == {("RIV-001", "540102", "open"): 1}
        named = records.incident_columns(wanted=[Wanted(named=("vehicle", ("A1",)))])
        assert named.ids.tolist() == [made.incident("a").id]
        assert [i.datum_known for i in records.incidents(named.ids.tolist())] == ["declared"]


def test_a_database_of_a_newer_program_is_left_alone_with_a_clear_word(sql_url: str) -> None:
    open_store(sql_url).close()
    with plainly(sql_url) as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"'9999'.*newer geo-monitor"):
        open_store(sql_url)
    with plainly(sql_url) as connection:
        assert connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == "9999"


def test_a_database_of_another_program_is_not_touched(sql_url: str) -> None:
    with plainly(sql_url) as connection:
        connection.execute(sa.text("CREATE TABLE leads (name TEXT)"))
    with pytest.raises(StoreError, match="not made by geo-monitor"):
        open_store(sql_url)
    with plainly(sql_url) as connection:
        assert "incidents" not in sa.inspect(connection).get_table_names()


def test_a_migration_that_fails_leaves_nothing_behind(sql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    create = Operations.create_table

    def fail(self: Any, name: str, *args: Any, **kw: Any) -> Any:
        if name == "leads":
            raise RuntimeError("the power went")
        return create(self, name, *args, **kw)

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", fail)
        with pytest.raises(RuntimeError, match="the power went"):
            open_store(sql_url)
    with plainly(sql_url) as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"spatial_ref_sys"}
    open_store(sql_url).close()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://u:secret@h/d"],
)
def test_an_address_of_another_kind_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:///FILE or postgresql") as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_database_that_cannot_be_opened_says_which_and_why(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no folder .*nowhere"):
        open_store(f"sqlite:///{tmp_path}/nowhere/a.db")
    (tmp_path / "text.db").write_text("this is a letter, not a database, and long enough to be one" * 50)
    with pytest.raises(StoreError, match=r"text\.db: file is not a database"):
        open_store(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1.*refused") as caught:
        open_store("postgresql+psycopg://u:secret@127.0.0.1:1/d")
    assert "secret" not in str(caught.value)


def test_a_text_that_the_database_cannot_keep_is_a_fault_with_its_name(sql_url: str) -> None:
    with closing(open_store(sql_url)) as store:
        if sql_url.startswith("sqlite"):
            with pytest.raises((StoreError, UnicodeEncodeError)), store.writing() as records:
                records.put_fact("a", "\ud800")
        else:
            with pytest.raises(StoreError, match="NUL"), store.writing() as records:
                records.put_fact("a", "\0")
        with store.reading() as records:
            assert records.fact("a") is None


# ---- several processes
# -------------------------------------------------------------------------------------------


def test_writing_processes_neither_fork_the_book_nor_take_a_job_twice(sql_url: str) -> None:
    with closing(open_store(sql_url)) as store, store.writing() as records:
        records.add_job_row(JobRow("overlay", T0))
    code = """
import sys
from dataclasses import replace
from datetime import UTC, datetime
from geo_monitor.store.sql import open_store
store, me = open_store(sys.argv[1]), sys.argv[2]
at = datetime(2026, 3, 1, tzinfo=UTC)
taken = 0
for n in range(25):
    with store.reading() as records:
        row = records.job_row("overlay")
    with store.writing() as records:
        taken += records.take_job(row, replace(row, fence=row.fence + 1, owner=me))
    with store.writing() as records:
        records.put_fact("count", str(int(records.fact("count") or 0) + 1))
        for k in range(2):
            records.add_event(f"L{me}", at, me, "joined", data={"n": n, "k": k})
print(taken)
"""
    taken = [int(out) for out in at_once(code, sql_url, times=4)]
    with closing(open_store(sql_url)) as store, store.reading() as records:
        book, row, count = records.events(), records.job_row("overlay"), records.fact("count")
    assert count == "100"
    assert row is not None
    assert row.fence == sum(taken) > 0
    assert len(book) == 200
    assert verify(book) == []


def test_a_writer_that_waits_too_long_says_that_another_one_writes(
    sql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(sql_url)) as first:
        monkeypatch.setattr("geo_monitor.store.sql.PATIENCE_S", 0.3)
        with closing(open_store(sql_url)) as second, first.writing() as records:
            records.put_fact("a", "1")
            with pytest.raises(StoreError, match="another writer"), second.writing():
                pass
            with second.reading() as view:  # a reader does not wait
                assert view.fact("a") is None


# ---- the book
# --------------------------------------------------------------------------------------------------------


def book_of(sql_url: str, spoil: str) -> list[LeadEvent]:
    with closing(open_store(sql_url)) as store:
        with store.writing() as records:
            for n in range(6):
                records.add_event(f"L{n % 2}", T0, "安", "dismissed", f"理由 {n}", {"n": n})
        if spoil:
            with plainly(sql_url) as connection:
                connection.execute(sa.text(spoil))
        with store.reading() as records:
            return records.events()


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        ("UPDATE lead_events SET reason = '理由 x' WHERE seq = 3", "line 3 "),
        ("UPDATE lead_events SET data = '{}' WHERE seq = 6", "line 6 "),
        ("UPDATE lead_events SET at = at + 1 WHERE seq = 1", "line 1 "),
        ("UPDATE lead_events SET actor = 'x' WHERE seq = 2", "line 2 "),
        ("DELETE FROM lead_events WHERE seq = 4", "line 5 "),
        ("DELETE FROM lead_events WHERE seq = 1", "line 2 "),
    ],
)
def test_a_book_that_was_tampered_with_tells_the_line(sql_url: str, spoil: str, line: str) -> None:
    assert verify(book_of(sql_url, "")) == []
    with plainly(sql_url) as connection:
        connection.execute(sa.text("DELETE FROM lead_events"))
    found = verify(book_of(sql_url, spoil))
    assert found
    assert all(sentence.startswith(line) for sentence in found)


def test_a_second_line_after_the_same_line_cannot_be_stored(sql_url: str) -> None:
    book_of(sql_url, "")
    with pytest.raises(sa.exc.IntegrityError), plainly(sql_url) as connection:
        connection.execute(
            sa.text(
                "INSERT INTO lead_events SELECT 7, lead, at, actor, kind, reason, data, previous_hash, hash"
                " FROM lead_events WHERE seq = 6"
            )
        )


# ---- many rows
# ---------------------------------------------------------------------------------------------------------


def test_rows_beyond_one_chunk_are_all_stored(sql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CHUNK", 100)
    monkeypatch.setattr(session, "FEW", 30)
    rows = made.many_incidents(450, seed=6)
    hits = [made.hit(i.id, occurred=i.occurred) for i in rows]
    leads = [made.lead(n, records=(rows[n].id, "x")) for n in range(250)]
    with closing(open_store(sql_url)) as store:
        with store.writing() as records:
            records.add_incidents(rows)
            assert records.add_hits(hits[:150]) == 150
            assert records.add_hits(hits) == 300
            for _ in range(2):
                for lead in leads:
                    records.put_lead(replace(lead, district="1"))
                assert len(records.leads_of_record("x")) == 250
        with store.reading() as records:
            assert records.incidents([i.id for i in rows]) == sorted(rows, key=lambda i: (i.occurred, i.id))
            assert records.hit_counts() == {"RIV-001": 450}
            assert len(records.incident_columns()) == 450
            assert records.leads_of()[7].district == "1"


def test_layer_columns_are_read_once_and_cannot_be_changed_by_a_caller(sql_url: str) -> None:
    with closing(open_store(sql_url)) as store:
        with store.writing() as records:
            records.add_layer(made.version(), made.features())
        with store.reading() as records:
            first = records.layer_columns("rivers")
        with store.reading() as records:
            assert records.layer_columns("rivers") is first
        assert first is not None
        with pytest.raises(ValueError, match="read-only"):
            first.ids[0] = "R-0"


# ---- what PostGIS sees
# ---------------------------------------------------------------------------------------------------


@pytest.mark.postgis
def test_postgis_measures_the_same_neighbours_as_the_ellipsoid(postgis_url: str) -> None:
    rows = made.many_incidents(400, seed=7)
    with closing(open_store(postgis_url)) as store, store.writing() as records:
        records.add_incidents(rows)
        records.add_layer(made.version(), made.features())
    metres = np.array(
        Geod(ellps="WGS84").inv(
            [LHASA[0]] * len(rows), [LHASA[1]] * len(rows), [i.lon for i in rows], [i.lat for i in rows]
        )[2]
    )
    with plainly(postgis_url) as connection:
        for reach in (500.0, 5_000.0, 20_000.0):
            near = connection.execute(
                sa.text(
                    "SELECT count(*) FROM incidents"
                    " WHERE ST_DWithin(geometry::geography, ST_MakePoint(:x, :y)::geography, :reach)"
                ),
                {"x": LHASA[0], "y": LHASA[1], "reach": reach},
            ).scalar()
            assert near == int((metres <= reach).sum()) > 0
        kinds = connection.execute(
            sa.text("SELECT id, GeometryType(geometry), ST_SRID(geometry) FROM features ORDER BY id")
        ).all()
        assert [tuple(k) for k in kinds] == [
            ("R-1", "POLYGON", 4326),
            ("R-10", None, None),
            ("R-2", "POINT", 4326),
            ("R-3", "LINESTRING", 4326),
        ]
        indexes = connection.execute(sa.text("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%gist%'")).all()
        assert len(indexes) == 2
        registered = connection.execute(
            sa.text("SELECT f_table_name, type FROM geometry_columns WHERE f_table_schema = 'public' ORDER BY 1")
        ).all()
        assert [tuple(r) for r in registered] == [("features", "GEOMETRY"), ("incidents", "POINT")]


@pytest.mark.postgis
def test_a_table_that_was_just_filled_is_searched_by_place(postgis_url: str) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "unnest" in statement:
            asked.append((statement, parameters))

    boxes = [Box(LHASA[0] + n / 50, LHASA[1], LHASA[0] + n / 50 + 0.001, LHASA[1] + 0.001) for n in range(9)]
    with closing(open_store(postgis_url)) as store:
        with store.writing() as records:
            records.add_incidents(made.many_incidents(session.MANY, seed=11))
        sa.event.listen(sa.Engine, "before_cursor_execute", listen)
        try:
            with store.reading() as records:
                records.incident_columns(wanted=[Wanted(("sewage",), T0, boxes=tuple(boxes))])
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    [(statement, parameters)] = [a for a in asked if "morton" in a[0]]
    with plainly(postgis_url) as connection:
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
    assert "incidents_by_place" in plan
    assert "Seq Scan" not in plan


# ---- SQLite
# ----------------------------------------------------------------------------------------------------------------


def test_the_sqlite_file_is_in_wal_mode_and_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(open_store(f"sqlite:///{path}")) as store:
        with store.writing() as records:
            records.add_incidents(made.many_incidents(50, seed=8))
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def plans_of(path: Path, ask: Callable[[Records], Any]) -> list[str]:
    """How SQLite would find the rows of each statement that is sent, as it stands, with its values."""
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith(("SELECT", "DELETE")) and VERSION_TABLE not in statement:
            asked.append((statement, parameters))

    with closing(open_store(f"sqlite:///{path}")) as store:
        sa.event.listen(sa.Engine, "before_cursor_execute", listen)
        try:
            with store.writing() as records:
                ask(records)
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    with closing(sqlite3.connect(path)) as connection:
        return [
            "; ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in asked
        ]


def test_the_cells_of_the_map_are_counted_from_the_index_alone(tmp_path: Path) -> None:
    box = Box(91.0, 29.0, 92.0, 30.0)
    plans = plans_of(tmp_path / "a.db", lambda r: r.incident_cells(box, 9, T0, None, ("sewage",), points_up_to=-1))
    counting, cells = plans
    for plan in (counting, cells):
        assert plan.count("SEARCH incidents USING COVERING INDEX incidents_by_place") > 1
        assert "incidents_by_category" not in plan


def test_what_lies_around_a_few_places_is_found_by_place_and_else_by_name_or_by_category_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = tuple(Box(91.0 + n, 29.0, 91.001 + n, 29.001) for n in range(5))
    plan = lambda *w: plans_of(tmp_path / "a.db", lambda r: r.incident_columns(wanted=w))  # noqa: E731
    monkeypatch.setattr(search, "FEW_IN_TIME", -1)
    few, by_place, wide = plan(Wanted(("sewage",), T0, T0, boxes))
    assert "COVERING INDEX incidents_by_category (category=? AND occurred>? AND occurred<?)" in few
    assert "SEARCH incidents USING COVERING INDEX incidents_by_place (morton>? AND morton<?)" in by_place
    assert "SEARCH incidents USING INTEGER PRIMARY KEY (rowid=?)" in wide
    by_category, _ = plan(Wanted(("sewage",), T0, T0))
    assert "COVERING INDEX incidents_by_category (category=? AND occurred>? AND occurred<?)" in by_category
    by_name, _ = plan(Wanted(("sewage",), T0, T0, boxes, ("vehicle", ("A1",))))
    assert "SEARCH incident_names USING PRIMARY KEY (field=? AND value=?)" in by_name
    assert "SEARCH incidents USING INTEGER PRIMARY KEY (rowid=?)" in by_name


def test_the_queue_is_read_in_the_order_of_its_index(tmp_path: Path) -> None:
    for query in (LeadQuery(), LeadQuery(statuses=("open",)), LeadQuery(trial=True)):
        for plan in plans_of(tmp_path / "a.db", lambda r, q=query: r.leads(q)):
            assert "USING" in plan
            assert "TEMP B-TREE" not in plan
    [counts] = plans_of(tmp_path / "a.db", lambda r: r.lead_counts())
    assert "COVERING INDEX leads_by_place_of_duty (trial=?)" in counts
    assert "TEMP B-TREE" not in counts


def test_hits_on_a_record_are_found_through_their_index(tmp_path: Path) -> None:
    def twice(records: Records) -> None:
        records.add_hits([made.hit("i1")])
        records.forget_hits("RIV-001", ["i1"])

    for plan in plans_of(tmp_path / "a.db", twice):
        assert "hits_by_record (model=? AND record=?)" in plan


def test_a_matter_is_found_through_its_index(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT record FROM hits WHERE (model, subject_layer, subject_id) IN"
            " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')"
            "  FROM json_each('[]'))"
        ).fetchall()
    assert "SEARCH hits USING PRIMARY KEY (model=? AND subject_layer=? AND subject_id=?)" in plan[0][3]


def test_a_moment_far_from_today_survives(sql_url: str) -> None:
    from datetime import UTC

    moments = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]
    with closing(open_store(sql_url)) as store:
        with store.writing() as records:
            records.add_incidents([made.incident(n, occurred=m) for n, m in enumerate(moments)])
        with store.reading() as records:
            found = records.incidents([made.incident(0).id, made.incident(1).id])
    assert [i.occurred for i in found] == moments


def test_after_very_many_reports_at_once_the_store_is_as_after_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents_of_the_store, "REINDEXED_FROM", 100)
    rows = made.many_incidents(1000, seed=5)

    def built(path: Path, at_once: int) -> list[str]:
        store = open_store(f"sqlite:///{path}")
        for start in range(0, len(rows), at_once):
            with store.writing() as records:
                for k in range(start, start + at_once, 50):
                    records.add_incidents(rows[k : k + 50])
        with store.reading() as records:
            assert records.incidents(ids(rows)) == sorted(rows, key=lambda i: (i.occurred, i.id))
        store.close()
        with closing(sqlite3.connect(path)) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return [sql for (sql,) in raw.execute("select sql from sqlite_master where type='index' order by name")]

    assert built(tmp_path / "once.db", 1000) == built(tmp_path / "often.db", 50)
