"""JSON: one array of objects, one row per line, times in UTC."""

from collections.abc import Generator, Iterable, Iterator
from io import BytesIO

import polars as pl
from polars import selectors

from core.exports.formats.raw_csv import MOMENT
from core.exports.formats.sheet import Sheet


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file in chunks."""
    return array(sheet.frames)


def array(frames: Iterable[pl.DataFrame]) -> Generator[bytes, None, None]:
    """Yield the array in chunks; only the last one closes it, so a truncated file is invalid."""
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
    # Line breaks inside texts are escaped, so each raw one ends a row.
    return out.getvalue().removesuffix(b"\n").replace(b"\n", b",\n")
