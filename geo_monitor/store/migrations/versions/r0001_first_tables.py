"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.tables import Json as JSON
from geo_monitor.store.tables import Number as NUMBER
from geo_monitor.store.tables import Text as TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Where the role may not do this, the administrator does it once and this line then finds it done.
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "facts",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="facts_pk"),
    )
    op.create_table(
        "feed_readings",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("file_hash", TEXT, nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("already_known", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="feed_readings_pk"),
    )
    op.create_index("feed_readings_by_feed", "feed_readings", ["feed", "at"])
    op.create_index("feed_readings_by_file", "feed_readings", ["feed", "file_hash"])
    op.create_table(
        "hits",
        sa.Column("model", TEXT, nullable=False),
        sa.Column("subject_layer", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("occurred", sa.BigInteger(), nullable=False),
        sa.Column("reporter", TEXT, nullable=True),
        sa.Column("evidence", sa.Integer(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("model", "subject_layer", "subject_id", "record", name="hits_pk"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "incidents",
        sa.Column("seq", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("occurred", sa.BigInteger(), nullable=False),
        sa.Column("reported", sa.BigInteger(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=False),
        sa.Column("datum", TEXT, nullable=False),
        sa.Column("reporter", TEXT, nullable=True),
        sa.Column("evidence", sa.Integer(), nullable=False),
        sa.Column("morton", sa.BigInteger(), nullable=False),
        sa.Column("origin_file", TEXT, nullable=False),
        sa.Column("origin_hash", TEXT, nullable=False),
        sa.Column("origin_row", sa.Integer(), nullable=False),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="incidents_pk"),
        sa.UniqueConstraint("id", name="incidents_id_once"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "incidents_by_place", "incidents", ["morton", "occurred", "seq", "category", "evidence", "lon", "lat"]
    )
    op.create_index("incidents_by_time", "incidents", ["occurred"])
    op.create_table(
        "job_rows",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("slot", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="job_rows_pk"),
    )
    op.create_table(
        "job_runs",
        sa.Column("job", TEXT, nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name="job_runs_pk"),
    )
    op.create_index("job_runs_by_start", "job_runs", ["started"])
    op.create_table(
        "layer_versions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("layer", TEXT, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("file_hash", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("licence", TEXT, nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.Column("datum", TEXT, nullable=False),
        sa.Column("features", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("notes", JSON, nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="layer_versions_pk"),
    )
    op.create_index("layer_versions_by_layer", "layer_versions", ["layer", "loaded_at"])
    op.create_index(
        "layer_versions_one_current",
        "layer_versions",
        ["layer"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "lead_events",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="lead_events_pk"),
        sa.UniqueConstraint("previous_hash", name="lead_events_previous_hash_once"),
    )
    op.create_index("lead_events_by_lead", "lead_events", ["lead", "seq"])
    op.create_table(
        "leads",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("subject_layer", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("domain", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("urgency", TEXT, nullable=False),
        sa.Column("urgency_rank", sa.Integer(), nullable=False),
        sa.Column("minus_last", sa.BigInteger(), nullable=False),
        sa.Column("title_zh", TEXT, nullable=False),
        sa.Column("title_en", TEXT, nullable=False),
        sa.Column("title_bo", TEXT, nullable=True),
        sa.Column("about_zh", TEXT, nullable=False),
        sa.Column("about_en", TEXT, nullable=False),
        sa.Column("about_bo", TEXT, nullable=True),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("district", TEXT, nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("records", JSON, nullable=False),
        sa.Column("grounds", JSON, nullable=False),
        sa.Column("legal_basis", JSON, nullable=False),
        sa.Column("trio", JSON, nullable=False),
        sa.Column("agencies", JSON, nullable=False),
        sa.Column("due", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="leads_pk"),
    )
    op.create_index("leads_by_matter", "leads", ["model", "subject_layer", "subject_id"])
    op.create_index("leads_by_place_of_duty", "leads", ["model", "district", "status"])
    op.create_index("leads_in_order", "leads", ["urgency_rank", "minus_last", "id"])
    op.create_index("leads_in_order_by_status", "leads", ["status", "urgency_rank", "minus_last", "id"])
    op.create_table(
        "letters",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("to", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="letters_pk"),
    )
    op.create_index("letters_by_creation", "letters", ["created"])
    op.create_index("letters_by_status", "letters", ["status", "next_try"])
    op.create_table(
        "postings",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("post", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("office", TEXT, nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=True),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="postings_pk"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("origin_file", TEXT, nullable=False),
        sa.Column("origin_hash", TEXT, nullable=False),
        sa.Column("origin_row", sa.Integer(), nullable=False),
        sa.Column("flaws", JSON, nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="quarantine_pk"),
    )
    op.create_index("quarantine_by_status", "quarantine", ["status", "feed", "reason"])
    op.create_table(
        "reporters",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("phone", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="reporters_pk"),
    )
    op.create_table(
        "users",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("display", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="users_pk"),
    )
    op.create_table(
        "features",
        sa.Column("version", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("title_zh", TEXT, nullable=False),
        sa.Column("title_en", TEXT, nullable=False),
        sa.Column("title_bo", TEXT, nullable=True),
        sa.Column("west", sa.Double(), nullable=True),
        sa.Column("south", sa.Double(), nullable=True),
        sa.Column("east", sa.Double(), nullable=True),
        sa.Column("north", sa.Double(), nullable=True),
        sa.Column("valid_from", sa.Integer(), nullable=True),
        sa.Column("valid_to", sa.Integer(), nullable=True),
        sa.Column("parent", TEXT, nullable=False),
        sa.Column("derived", sa.Boolean(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("wkb", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["version"], ["layer_versions.id"], name="features_version_fk"),
        sa.PrimaryKeyConstraint("version", "id", name="features_pk"),
    )
    op.create_index("features_by_box", "features", ["version", "west", "east", "south", "north", "id"])
    op.create_table(
        "lead_records",
        sa.Column("record", TEXT, nullable=False),
        sa.Column("lead", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name="lead_records_lead_fk"),
        sa.PrimaryKeyConstraint("record", "lead", name="lead_records_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("lead_records_by_lead", "lead_records", ["lead"])
    op.create_table(
        "rejected_features",
        sa.Column("version", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", TEXT, nullable=False),
        sa.Column("file_hash", TEXT, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("flaws", JSON, nullable=False),
        sa.Column("raw", JSON, nullable=False),
        sa.ForeignKeyConstraint(["version"], ["layer_versions.id"], name="rejected_features_version_fk"),
        sa.PrimaryKeyConstraint("version", "number", name="rejected_features_pk"),
    )

    if op.get_bind().dialect.name == "postgresql":
        # Derived columns, so that QGIS and PostGIS see geometry; the program itself reads lon, lat and WKB.
        # Flattened, because a column of plain geometry refuses heights.
        op.execute(
            "ALTER TABLE incidents ADD COLUMN geometry geometry(Point, 4326)"
            " GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon, lat), 4326)) STORED"
        )
        op.execute(
            "ALTER TABLE features ADD COLUMN geometry geometry(Geometry, 4326)"
            " GENERATED ALWAYS AS (ST_Force2D(ST_GeomFromWKB(wkb, 4326))) STORED"
        )
        op.execute("CREATE INDEX incidents_by_geometry ON incidents USING gist (geometry)")
        op.execute("CREATE INDEX features_by_geometry ON features USING gist (geometry)")


def downgrade() -> None:
    raise NotImplementedError("the first tables are not taken away: restore a backup instead")
