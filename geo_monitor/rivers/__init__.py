"""The rivers of a city as one network: built from lines, with its doubts; how far along the water; what lies up- and
downstream of what. Values in, values out: no database, no page, no clock here."""
