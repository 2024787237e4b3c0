"""What came of each pull of a feed, and how its records looked when they were last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.tables import Number as NUMBER
from geo_monitor.store.tables import Text as TEXT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_pulls",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("cursor", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="feed_pulls_pk"),
    )
    op.create_index("feed_pulls_by_feed", "feed_pulls", ["feed", "number"])
    op.create_index("feed_pulls_by_outcome", "feed_pulls", ["feed", "outcome", "number"])
    op.create_table(
        "pulled_records",
        sa.Column("feed", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "record", name="pulled_records_pk"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    raise NotImplementedError("where each pull of a feed stands is not thrown away: restore a backup instead")
