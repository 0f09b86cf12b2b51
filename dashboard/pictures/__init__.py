"""Charts as PNG and SVG files: the one function is `read_order`, which takes one of `FORMATS`.

An order names a picture of the catalog; its rows become a chart, the frame says what it shows and
as of when, a process of its own renders it, and nothing leaves that could run in a browser.
"""

from dashboard.pictures.formats import FORMATS
from dashboard.pictures.order import read_order

__all__ = ["FORMATS", "read_order"]
