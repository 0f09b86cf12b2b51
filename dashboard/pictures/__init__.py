"""Charts as PNG and SVG files; other rooms use only `read_order` and `FORMATS`.

An order names a picture of the catalog. Its rows become a chart, the frame adds the title and the
time of the data, a child process renders it, and a check makes sure that it contains no scripts.
"""

from dashboard.pictures.formats import FORMATS
from dashboard.pictures.order import read_order

__all__ = ["FORMATS", "read_order"]
