"""Hits remember what thresholds count; leads on trial; exceptions, and what became of the models."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from geo_monitor.store.search import names_in
from geo_monitor.store.session import CHUNK
from geo_monitor.store.tables import Json as JSON
from geo_monitor.store.tables import Number as NUMBER
from geo_monitor.store.tables import Text as TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hits", sa.Column("facts", JSON, nullable=True))
    op.create_index("hits_by_record", "hits", ["model", "record"])
    op.create_index("incidents_by_category", "incidents", ["category", "occurred"])
    names = op.create_table(
        "incident_names",
        sa.Column("field", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("field", "value", "seq", name="incident_names_pk"),
        sqlite_with_rowid=False,
    )
    _name_what_is_stored(names)
    op.add_column("leads", sa.Column("trial", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("leads_in_order", "leads_in_order_by_status", "leads_by_place_of_duty"):
        op.drop_index(name, "leads")
    op.create_index("leads_in_order", "leads", ["trial", "urgency_rank", "minus_last", "id"])
    op.create_index("leads_in_order_by_status", "leads", ["trial", "status", "urgency_rank", "minus_last", "id"])
    op.create_index("leads_by_place_of_duty", "leads", ["trial", "model", "district", "status"])
    op.create_table(
        "exceptions",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("area", sa.LargeBinary(), nullable=False),
        sa.Column("centre_lon", sa.Double(), nullable=True),
        sa.Column("centre_lat", sa.Double(), nullable=True),
        sa.Column("radius_m", sa.Double(), nullable=True),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", TEXT, nullable=False),
        sa.Column("ended_reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="exceptions_pk"),
    )
    op.create_index("exceptions_by_model", "exceptions", ["model", "created"])
    op.create_table(
        "model_events",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("previous_hash", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="model_events_pk"),
        sa.UniqueConstraint("previous_hash", name="model_events_previous_hash_once"),
    )
    op.create_index("model_events_by_model", "model_events", ["model", "seq"])
    op.create_table(
        "model_texts",
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="model_texts_pk"),
    )
    op.create_table(
        "backtests",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("to_day", sa.Integer(), nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("upheld", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="backtests_pk"),
    )
    op.create_index("backtests_by_model", "backtests", ["model", "at"])


def _name_what_is_stored(names: sa.Table) -> None:
    connection = op.get_bind()
    i = sa.table("incidents", sa.column("seq", NUMBER), sa.column("attributes", JSON))
    told = connection.execute(
        sa.select(i.c.seq, sa.cast(i.c.attributes, sa.Text)).where(sa.cast(i.c.attributes, sa.Text) != "{}")
    )
    rows = [
        {"field": field, "value": value, "seq": seq}
        for seq, said in told
        for field, value in names_in(json.loads(said))
    ]
    for start in range(0, len(rows), CHUNK):
        connection.execute(sa.insert(names), rows[start : start + CHUNK])


def downgrade() -> None:
    raise NotImplementedError("what people decided about models is not thrown away: restore a backup instead")
