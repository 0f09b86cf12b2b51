"""JSON: one array with an object a row and a row a line; moments in UTC."""

from collections.abc import Generator, Iterable, Iterator
from io import BytesIO

import polars as pl
from polars import selectors

from core.exports.formats.raw_csv import MOMENT
from core.exports.formats.sheet import Sheet


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file."""
    return array(sheet.frames)


def array(frames: Iterable[pl.DataFrame]) -> Generator[bytes, None, None]:
    """Yield the array in parts; only the last one closes it."""
    before = b"[\n"
    for frame in frames:
        if not frame.is_empty():
            yield before + _objects(frame)
            before = b",\n"
    yield b"\n]\n" if before == b",\n" else b"[]\n"


def _objects(frame: pl.DataFrame) -> bytes:
    moments = selectors.datetime(time_zone="*").dt.strftime(MOMENT)
    out = BytesIO()
    frame.with_columns(moments, selectors.date().dt.to_string()).write_ndjson(out)
    # Inside of texts, line breaks are escaped.
    return out.getvalue().removesuffix(b"\n").replace(b"\n", b",\n")
