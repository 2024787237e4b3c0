"""One stage of the data's way a file: decide with pure values, then act through the ports."""
