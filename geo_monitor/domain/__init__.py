"""Pure values: no file, no clock, no database. Each stage of the data's way has a type of its own."""
