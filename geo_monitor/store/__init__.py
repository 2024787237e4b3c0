"""What the house remembers: one set of tables on SQLite or PostgreSQL with PostGIS. SQLAlchemy lives only
here."""
