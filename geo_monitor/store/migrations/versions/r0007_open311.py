"""Keys of programs that report over Open311, and what they posted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.tables import Text as TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name="api_keys_pk"),
    )
    op.create_table(
        "posted_reports",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("sender", TEXT, nullable=False),
        sa.Column("file_hash", TEXT, nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("service_code", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="posted_reports_pk"),
    )
    op.create_index("posted_reports_by_time", "posted_reports", ["received"])


def downgrade() -> None:
    raise NotImplementedError("who reported with which key is not thrown away: restore a backup instead")
