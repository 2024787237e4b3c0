"""One blueprint a file: ``page = Blueprint(...)``. A page knows no other page; what two of them need stands in
``webmap/_*.py``."""
