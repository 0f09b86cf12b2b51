"""CSV for programs: every value comes back as it was (RFC 4180, UTF-8, moments in UTC).

Texts are in quotes and what is missing is not, so an empty text is not a missing one.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain

import polars as pl

from core.exports.formats.sheet import Sheet

END_OF_LINE = "\r\n"
MOMENT = "%Y-%m-%dT%H:%M:%S%.6fZ"
NOTHING = "\x00"  # no text in PostgreSQL can contain it


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file, its header in the first part."""
    header = encode(sheet.header(), header=True)
    return unclosed(chain([header], map(encode, sheet.frames)))


def encode(frame: pl.DataFrame, *, header: bool = False) -> bytes:
    """Return rows as CSV."""
    out = BytesIO()  # a text would have to be copied into bytes again
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
    """Yield the same bytes, divided so that all parts but the last end inside of quotes.

    Nothing in CSV marks its end, and a file that ends between two lines looks whole. One that ends
    inside of quotes is refused by every strict reader. Each part has to contain quotes.
    """
    held = b""
    for part in parts:
        whole = held + part
        end = whole.rfind(b'"')
        held = whole[end:]
        yield whole[:end]
    yield held
