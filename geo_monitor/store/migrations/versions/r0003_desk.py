"""The desk's book, and how the datum of each report was known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.tables import Json as JSON
from geo_monitor.store.tables import Number as NUMBER
from geo_monitor.store.tables import Text as TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now a report could only be stored under the datum that its feed, its row or the call declared.
    op.add_column("incidents", sa.Column("datum_known", TEXT, nullable=False, server_default="declared"))
    op.create_table(
        "desk_events",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("row", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="desk_events_pk"),
        sa.UniqueConstraint("previous_hash", name="desk_events_previous_hash_once"),
    )
    op.create_index("desk_events_by_row", "desk_events", ["row", "seq"])


def downgrade() -> None:
    raise NotImplementedError("what people decided at the desk is not thrown away: restore a backup instead")
