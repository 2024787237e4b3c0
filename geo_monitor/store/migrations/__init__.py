"""The way from one version of the tables to the next, one file a step in ``versions/``, run when a store is
opened.

A new step: the next number as a file, ``down_revision`` the one before, the change written for both
databases (what only PostgreSQL has goes under a question for the dialect), and ``tables.py`` with its
``REVISION`` changed alike.
"""
