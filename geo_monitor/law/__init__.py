"""The provisions that leads rest on, each with the days on which it was law."""
