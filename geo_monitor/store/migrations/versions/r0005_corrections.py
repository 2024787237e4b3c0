"""Reports that an office has corrected: the version that counts, and those before it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.tables import Degrees as DEGREES
from geo_monitor.store.tables import Json as JSON
from geo_monitor.store.tables import Metres as METRES
from geo_monitor.store.tables import Moment as MOMENT
from geo_monitor.store.tables import Text as TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("revision", TEXT, nullable=False, server_default=""))
    op.create_table(
        "superseded",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=False),
        sa.Column("occurred", MOMENT, nullable=False),
        sa.Column("reported", MOMENT, nullable=False),
        sa.Column("lon", DEGREES, nullable=False),
        sa.Column("lat", DEGREES, nullable=False),
        sa.Column("accuracy_m", METRES, nullable=False),
        sa.Column("datum", TEXT, nullable=False),
        sa.Column("datum_known", TEXT, nullable=False),
        sa.Column("reporter", TEXT),
        sa.Column("evidence", sa.Integer(), nullable=False),
        sa.Column("origin_file", TEXT, nullable=False),
        sa.Column("origin_hash", TEXT, nullable=False),
        sa.Column("origin_row", sa.Integer(), nullable=False),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.Column("superseded_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="superseded_pk"),
    )
    op.create_index("superseded_by_report", "superseded", ["feed", "source_id"])
    op.create_table(
        "revised",
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("revision", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("feed", "source_id", name="revised_pk"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("what reports once said is not thrown away: restore a backup instead")
