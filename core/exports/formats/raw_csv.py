"""CSV for programs: every value can be read back exactly (RFC 4180, UTF-8, times in UTC).

Texts are quoted and nulls are not, so an empty text differs from a null.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain

import polars as pl

from core.exports.formats.sheet import Sheet

END_OF_LINE = "\r\n"
MOMENT = "%Y-%m-%dT%H:%M:%S%.6fZ"
NOTHING = "\x00"  # stands for null; no text in PostgreSQL can contain it


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file in chunks."""
    header = encode(sheet.header(), header=True)
    return unclosed(chain([header], map(encode, sheet.frames)))


def encode(frame: pl.DataFrame, *, header: bool = False) -> bytes:
    """Encode rows as CSV."""
    out = BytesIO()  # bytes, as write_csv() to a str would need one more copy
    frame.write_csv(
        out,
        include_header=header,
        line_terminator=END_OF_LINE,
        quote_style="non_numeric",
        datetime_format=MOMENT,
        null_value=NOTHING,
    )
    return out.getvalue().replace(b'"\x00"', b"").replace(b"\x00", b"")


def unclosed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes, split so that every chunk but the last ends inside quotes.

    CSV has no end marker, so a file that ends between two lines looks complete. One that ends
    inside quotes is refused by every strict reader. Each chunk must contain a quote.
    """
    held = b""
    for part in parts:
        whole = held + part
        end = whole.rfind(b'"')
        held = whole[end:]
        yield whole[:end]
    yield held
