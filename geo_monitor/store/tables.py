"""The tables, the same on SQLite and on PostgreSQL. The way from one version to the next stands in
``migrations/``; a test holds the two against each other.

Moments are whole microseconds since 1970-01-01 UTC, days are whole days since then: integers compare, sort
and travel through both drivers unchanged, where a text or a native type would need a code path each. Texts
sort by code point everywhere (collation "C" on PostgreSQL), as Python sorts them. JSON is kept as the text
that was written: the hash chain of the leads is computed over it.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

#: The newest revision of ``migrations/versions``: a database that stands here is opened without loading
#: Alembic.
REVISION = "0008"

#: Of our own, so that another program with Alembic may live in the same PostgreSQL database.
VERSION_TABLE = "geo_monitor_version"


class _Json(UserDefinedType[str]):
    """PostgreSQL's ``json`` (not ``jsonb``, which would rewrite numbers and order), written and read as
    text."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Json = _Json().with_variant(sa.Text(), "sqlite")
Moment = sa.BigInteger()
Day = sa.Integer()
Degrees: sa.Double[float] = sa.Double()
Metres: sa.Double[float] = sa.Double()
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts up by itself only on INTEGER

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
    }
)


incidents = sa.Table(
    "incidents",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=True),
    sa.Column("id", Text, nullable=False, unique=True),
    sa.Column("feed", Text, nullable=False),
    sa.Column("source_id", Text, nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("category", Text, nullable=False),
    sa.Column("occurred", Moment, nullable=False),
    sa.Column("reported", Moment, nullable=False),
    sa.Column("lon", Degrees, nullable=False),
    sa.Column("lat", Degrees, nullable=False),
    sa.Column("accuracy_m", Metres, nullable=False),
    sa.Column("datum", Text, nullable=False),
    sa.Column("datum_known", Text, nullable=False, server_default="declared"),
    sa.Column("reporter", Text),
    sa.Column("evidence", sa.Integer, nullable=False),
    sa.Column("morton", sa.BigInteger, nullable=False),
    sa.Column("origin_file", Text, nullable=False),
    sa.Column("origin_hash", Text, nullable=False),
    sa.Column("origin_row", sa.Integer, nullable=False),
    sa.Column("attributes", Json, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("revision", Text, nullable=False, server_default=""),
    # The map's cells are counted from this index alone, without touching the wide rows.
    sa.Index("incidents_by_place", "morton", "occurred", "seq", "category", "evidence", "lon", "lat"),
    sa.Index("incidents_by_time", "occurred"),
    sa.Index("incidents_by_category", "category", "occurred"),
    sqlite_autoincrement=True,  # a number is never given twice, so "stored after number n" means what it says
)

#: Reports that their office has corrected, as they were: `incidents` holds the version that counts.
superseded = sa.Table(
    "superseded",
    metadata,
    *(
        sa.Column(c.name, c.type, nullable=c.nullable, primary_key=c.name == "id")
        for c in incidents.columns
        if c.name not in ("seq", "morton")
    ),
    sa.Column("superseded_by", Text, nullable=False),
    sa.Index("superseded_by_report", "feed", "source_id"),
)

#: The version that counts of each report that has a revision.
revised = sa.Table(
    "revised",
    metadata,
    sa.Column("feed", Text, primary_key=True),
    sa.Column("source_id", Text, primary_key=True),
    sa.Column("id", Text, nullable=False),
    sa.Column("revision", Text, nullable=False),
    sqlite_with_rowid=False,
)

#: Which report names which vehicle, card, licence …: values in the common form of identifiers.
incident_names = sa.Table(
    "incident_names",
    metadata,
    sa.Column("field", Text, primary_key=True),
    sa.Column("value", Text, primary_key=True),
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

reporters = sa.Table(
    "reporters",
    metadata,
    sa.Column("key", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("phone", Text, nullable=False),
)

feed_readings = sa.Table(
    "feed_readings",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("feed", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("file", Text, nullable=False),
    sa.Column("file_hash", Text, nullable=False),
    sa.Column("read", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("already_known", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
    sa.Index("feed_readings_by_feed", "feed", "at"),
    sa.Index("feed_readings_by_file", "feed", "file_hash"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("feed", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("origin_file", Text, nullable=False),
    sa.Column("origin_hash", Text, nullable=False),
    sa.Column("origin_row", sa.Integer, nullable=False),
    sa.Column("flaws", Json, nullable=False),
    sa.Column("raw", Json, nullable=False),
    sa.Index("quarantine_by_status", "status", "feed", "reason"),
)

layer_versions = sa.Table(
    "layer_versions",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("layer", Text, nullable=False),
    sa.Column("current", sa.Boolean, nullable=False),
    sa.Column("file", Text, nullable=False),
    sa.Column("file_hash", Text, nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("licence", Text, nullable=False),
    sa.Column("loaded_at", Moment, nullable=False),
    sa.Column("datum", Text, nullable=False),
    sa.Column("features", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
    sa.Column("notes", Json, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("fingerprint", Text, nullable=False),
    sa.Index("layer_versions_by_layer", "layer", "loaded_at"),
    sa.Index(
        "layer_versions_one_current",
        "layer",
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    ),
)

features = sa.Table(
    "features",
    metadata,
    sa.Column("version", Text, sa.ForeignKey("layer_versions.id"), primary_key=True),
    sa.Column("id", Text, primary_key=True),
    sa.Column("title_zh", Text, nullable=False),
    sa.Column("title_en", Text, nullable=False),
    sa.Column("title_bo", Text),
    sa.Column("west", Degrees),
    sa.Column("south", Degrees),
    sa.Column("east", Degrees),
    sa.Column("north", Degrees),
    sa.Column("valid_from", Day),
    sa.Column("valid_to", Day),
    sa.Column("parent", Text, nullable=False),
    sa.Column("derived", sa.Boolean, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("accuracy_m", Metres, nullable=False),
    sa.Column("properties", Json, nullable=False),
    sa.Column("wkb", sa.LargeBinary),
    # A box is looked up in this index alone; the wide rows are read only for what is found.
    sa.Index("features_by_box", "version", "west", "east", "south", "north", "id"),
)

rejected_features = sa.Table(
    "rejected_features",
    metadata,
    sa.Column("version", Text, sa.ForeignKey("layer_versions.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("file", Text, nullable=False),
    sa.Column("file_hash", Text, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("flaws", Json, nullable=False),
    sa.Column("raw", Json, nullable=False),
)

hits = sa.Table(
    "hits",
    metadata,
    sa.Column("model", Text, primary_key=True),
    sa.Column("subject_layer", Text, primary_key=True),
    sa.Column("subject_id", Text, primary_key=True),
    sa.Column("record", Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("occurred", Moment, nullable=False),
    sa.Column("reporter", Text),
    sa.Column("evidence", sa.Integer, nullable=False),
    sa.Column("lon", Degrees, nullable=False),
    sa.Column("lat", Degrees, nullable=False),
    sa.Column("facts", Json),  # nothing where the hit remembers none: nearly everywhere
    sa.Index("hits_by_record", "model", "record"),
    sqlite_with_rowid=False,  # the rows of one matter lie side by side
)

leads = sa.Table(
    "leads",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("model", Text, nullable=False),
    sa.Column("subject_layer", Text, nullable=False),
    sa.Column("subject_id", Text, nullable=False),
    sa.Column("model_version", sa.Integer, nullable=False),
    sa.Column("domain", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("urgency", Text, nullable=False),
    # The queue's order as numbers that all rise (urgency, minus the last act, id), so that one comparison of
    # rows, answered by one index, finds the next page.
    sa.Column("urgency_rank", sa.Integer, nullable=False),
    sa.Column("minus_last", sa.BigInteger, nullable=False),
    sa.Column("title_zh", Text, nullable=False),
    sa.Column("title_en", Text, nullable=False),
    sa.Column("title_bo", Text),
    sa.Column("about_zh", Text, nullable=False),
    sa.Column("about_en", Text, nullable=False),
    sa.Column("about_bo", Text),
    sa.Column("search", Text, nullable=False),  # id and titles, case folded
    sa.Column("lon", Degrees, nullable=False),
    sa.Column("lat", Degrees, nullable=False),
    sa.Column("district", Text, nullable=False),
    sa.Column("opened", Moment, nullable=False),
    sa.Column("first", Moment, nullable=False),
    sa.Column("last", Moment, nullable=False),
    sa.Column("previous", Text, nullable=False),
    sa.Column("synthetic", sa.Boolean, nullable=False),
    sa.Column("records", Json, nullable=False),
    sa.Column("grounds", Json, nullable=False),
    sa.Column("legal_basis", Json, nullable=False),
    sa.Column("trio", Json, nullable=False),
    sa.Column("agencies", Json, nullable=False),
    sa.Column("due", Json, nullable=False),
    sa.Column("trial", sa.Boolean, nullable=False, server_default=sa.false()),
    # Whoever does not review trials asks for `trial = false` each time, so it leads.
    sa.Index("leads_in_order", "trial", "urgency_rank", "minus_last", "id"),
    sa.Index("leads_in_order_by_status", "trial", "status", "urgency_rank", "minus_last", "id"),
    sa.Index("leads_by_matter", "model", "subject_layer", "subject_id"),
    sa.Index("leads_by_place_of_duty", "trial", "model", "district", "status"),
)

lead_records = sa.Table(
    "lead_records",
    metadata,
    sa.Column("record", Text, primary_key=True),
    sa.Column("lead", Text, sa.ForeignKey("leads.id"), primary_key=True),
    sa.Index("lead_records_by_lead", "lead"),
    sqlite_with_rowid=False,
)

lead_events = sa.Table(
    "lead_events",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("lead", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("previous_hash", Text, nullable=False, unique=True),  # two lines after one line would be a fork
    sa.Column("hash", Text, nullable=False),
    sa.Index("lead_events_by_lead", "lead", "seq"),
)

exceptions = sa.Table(
    "exceptions",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("model", Text, nullable=False),
    sa.Column("author", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("area", sa.LargeBinary, nullable=False),  # WKB, WGS 84
    sa.Column("centre_lon", Degrees),  # of a circle, which `area` only draws
    sa.Column("centre_lat", Degrees),
    sa.Column("radius_m", Metres),
    sa.Column("from_day", Day, nullable=False),
    sa.Column("until_day", Day, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("ended", Moment),
    sa.Column("ended_by", Text, nullable=False),
    sa.Column("ended_reason", Text, nullable=False),
    sa.Index("exceptions_by_model", "model", "created"),
)

model_events = sa.Table(
    "model_events",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("model", Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("previous_hash", Text, nullable=False, unique=True),
    sa.Column("hash", Text, nullable=False),
    sa.Index("model_events_by_model", "model", "seq"),
)

desk_events = sa.Table(
    "desk_events",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("row", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("previous_hash", Text, nullable=False, unique=True),
    sa.Column("hash", Text, nullable=False),
    sa.Index("desk_events_by_row", "row", "seq"),
)

model_texts = sa.Table(
    "model_texts",
    metadata,
    sa.Column("hash", Text, primary_key=True),
    sa.Column("text", Text, nullable=False),
    sa.Column("first_seen", Moment, nullable=False),
)

backtests = sa.Table(
    "backtests",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("model", Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("from_day", Day, nullable=False),
    sa.Column("to_day", Day, nullable=False),
    sa.Column("leads", sa.Integer, nullable=False),
    sa.Column("decided", sa.Integer, nullable=False),
    sa.Column("upheld", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("backtests_by_model", "model", "at"),
)

postings = sa.Table(
    "postings",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
    sa.Column("post", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("office", Text, nullable=False),
    sa.Column("valid_from", Day),
    sa.Column("valid_to", Day),
    sa.Column("file", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("display", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
    sa.Column("password_hash", Text, nullable=False),
    sa.Column("email", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
)

letters = sa.Table(
    "letters",
    metadata,
    sa.Column("key", Text, primary_key=True),
    sa.Column("to", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_try", Moment),
    sa.Column("sent_at", Moment),
    sa.Column("last_error", Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("letters_by_status", "status", "next_try"),
    sa.Index("letters_by_creation", "created"),
)

job_rows = sa.Table(
    "job_rows",
    metadata,
    sa.Column("name", Text, primary_key=True),
    sa.Column("next_at", Moment, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("owner", Text, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("slot", Moment),
)

job_runs = sa.Table(
    "job_runs",
    metadata,
    sa.Column("job", Text, primary_key=True),
    sa.Column("slot", Moment, primary_key=True, autoincrement=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("owner", Text, nullable=False),
    sa.Column("started", Moment, nullable=False),
    sa.Column("finished", Moment),
    sa.Column("outcome", Text, nullable=False),
    sa.Column("counts", Json, nullable=False),
    sa.Column("error", Text, nullable=False),
    sa.Index("job_runs_by_start", "started"),
)

feed_pulls = sa.Table(
    "feed_pulls",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=True),
    sa.Column("feed", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("outcome", Text, nullable=False),
    sa.Column("cursor", Text, nullable=False),
    sa.Column("error", Text, nullable=False),
    sa.Column("pages", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Index("feed_pulls_by_feed", "feed", "number"),
    sa.Index("feed_pulls_by_outcome", "feed", "outcome", "number"),
)

#: How each record of a feed looked when a pull last saw it: what is pulled again unchanged is not read again.
pulled_records = sa.Table(
    "pulled_records",
    metadata,
    sa.Column("feed", Text, primary_key=True),
    sa.Column("record", Text, primary_key=True),
    sa.Column("digest", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("digest", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("revoked", Moment),
)

posted_reports = sa.Table(
    "posted_reports",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("sender", Text, nullable=False),
    sa.Column("file_hash", Text, nullable=False),
    sa.Column("received", Moment, nullable=False),
    sa.Column("service_code", Text, nullable=False),
    sa.Index("posted_reports_by_time", "received"),
)

#: Reports that are taken to tell of one event; the order of the list as numbers that all rise, as with `leads`.
occurrences = sa.Table(
    "occurrences",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("standing", Text, nullable=False),
    sa.Column("joining", sa.Integer, nullable=False),
    sa.Column("first", Moment, nullable=False),
    sa.Column("minus_last", sa.BigInteger, nullable=False),
    sa.Index("occurrences_in_order", "minus_last", "id"),
    sa.Index("occurrences_in_order_by_standing", "standing", "minus_last", "id"),
)

occurrence_reports = sa.Table(
    "occurrence_reports",
    metadata,
    sa.Column("report", Text, primary_key=True),  # a report stands in one at most
    sa.Column("occurrence", Text, sa.ForeignKey("occurrences.id"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("confirmed", sa.Boolean, nullable=False),
    sa.Index("occurrence_reports_by_occurrence", "occurrence"),
    sqlite_with_rowid=False,
)

occurrence_events = sa.Table(
    "occurrence_events",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("occurrence", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("previous_hash", Text, nullable=False, unique=True),
    sa.Column("hash", Text, nullable=False),
    sa.Index("occurrence_events_by_occurrence", "occurrence", "seq"),
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("key", Text, primary_key=True),
    sa.Column("value", Text, nullable=False),
)
