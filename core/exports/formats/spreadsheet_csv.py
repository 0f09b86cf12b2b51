"""CSV for spreadsheets: it opens in Excel as it is meant, and nothing in it is computed.

Moments and days are in the reader's zone, which the column's name tells. An apostrophe stands
before each text that Excel would take for something else. Excel splits at the list separator of
its region and at no other, so there is a file for either: with commas, and with semicolons.
"""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from itertools import chain
from zoneinfo import ZoneInfo

import polars as pl
from polars import selectors

from core.exports.formats.raw_csv import END_OF_LINE, unclosed
from core.exports.formats.sheet import Sheet
from core.text import excel_texts
from core.text.excel_texts import Dialect

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it, Excel does not read UTF-8
MOMENT = "%Y-%m-%d %H:%M:%S"


def write(sheet: Sheet, *, dialect: Dialect = excel_texts.COMMA) -> Iterator[bytes]:
    """Yield the file, with its header in the first part."""
    encode = partial(_encode, dialect=dialect)
    header = BYTE_ORDER_MARK + encode(in_zone(sheet.header(), sheet.zone), header=True)
    return unclosed(chain([header], (encode(_localised(f, sheet, dialect)) for f in sheet.frames)))


def in_zone(frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Return the frame with its moments as clocks in a zone show them, named so.

    Days are those of the zone already.
    """
    local = selectors.datetime(time_zone="*").dt.convert_time_zone(zone.key)
    frame = frame.with_columns(local.dt.replace_time_zone(None))
    timed = frame.select(selectors.datetime() | selectors.date()).columns
    return frame.rename({name: f"{name} ({zone.key})" for name in timed})


def _localised(frame: pl.DataFrame, sheet: Sheet, dialect: Dialect) -> pl.DataFrame:
    texts = frame.cast(dict.fromkeys(sheet.identities, pl.String()))
    kept = texts.with_columns(excel_texts.keep(pl.col(pl.String), dialect))
    return in_zone(kept, sheet.zone)


def _encode(frame: pl.DataFrame, *, dialect: Dialect, header: bool = False) -> bytes:
    out = BytesIO()
    frame.write_csv(
        out,
        include_header=header,
        line_terminator=END_OF_LINE,
        quote_style="non_numeric",
        datetime_format=MOMENT,
        separator=dialect.separator,
        decimal_comma=dialect.decimal_comma,
    )
    return out.getvalue()
