"""CSV for spreadsheets: Excel opens it without converting texts or running formulas.

Times and days are in the reader's time zone, which is part of the column's name. Texts that Excel
would convert get an apostrophe in front. Excel splits only at its region's list separator, so
there are two variants: one with commas, one with semicolons.
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
    """Yield the file in chunks."""
    encode = partial(_encode, dialect=dialect)
    header = BYTE_ORDER_MARK + encode(in_zone(sheet.header(), sheet.zone), header=True)
    return unclosed(chain([header], (encode(_localised(f, sheet, dialect)) for f in sheet.frames)))


def in_zone(frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Convert times to a zone's local time and add the zone to the column names.

    Dates are expected to be in the zone already.
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
