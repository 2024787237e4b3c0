"""The hash of a report's content is made when a report comes again, and not kept for all."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("incidents", "content")


def downgrade() -> None:
    raise NotImplementedError("an older version would ask for what is not kept any more: restore a backup instead")
