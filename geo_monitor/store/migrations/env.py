"""Run by Alembic: the steps are taken on the connection that ``sql.py`` has locked, within its
transaction."""

from __future__ import annotations

from alembic import context

from geo_monitor.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
