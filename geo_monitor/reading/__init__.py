"""The door for files: tables, vectors, coordinate systems, feeds, layers, the duty roster."""
