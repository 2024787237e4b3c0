"""Reports that tell of one event: which stand together, and the book of what people decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.tables import Json as JSON
from geo_monitor.store.tables import Number as NUMBER
from geo_monitor.store.tables import Text as TEXT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "occurrences",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("standing", TEXT, nullable=False),
        sa.Column("joining", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("minus_last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="occurrences_pk"),
    )
    op.create_index("occurrences_in_order", "occurrences", ["minus_last", "id"])
    op.create_index("occurrences_in_order_by_standing", "occurrences", ["standing", "minus_last", "id"])
    op.create_table(
        "occurrence_reports",
        sa.Column("report", TEXT, nullable=False),
        sa.Column("occurrence", TEXT, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("report", name="occurrence_reports_pk"),
        sa.ForeignKeyConstraint(["occurrence"], ["occurrences.id"], name="occurrence_reports_occurrence_fk"),
        sqlite_with_rowid=False,
    )
    op.create_index("occurrence_reports_by_occurrence", "occurrence_reports", ["occurrence"])
    op.create_table(
        "occurrence_events",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("occurrence", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="occurrence_events_pk"),
        sa.UniqueConstraint("previous_hash", name="occurrence_events_previous_hash_once"),
    )
    op.create_index("occurrence_events_by_occurrence", "occurrence_events", ["occurrence", "seq"])


def downgrade() -> None:
    raise NotImplementedError("what people decided is not thrown away: restore a backup instead")
