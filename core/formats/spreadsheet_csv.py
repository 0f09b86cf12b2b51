"""CSV for spreadsheets: it opens in Excel as it is meant, and nothing in it is computed.

Moments and days are in the reader's zone, which the column's name tells. An apostrophe stands
before each text that a spreadsheet would take for something else.
"""

from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from zoneinfo import ZoneInfo

import polars as pl
from polars import selectors

from core.formats.raw_csv import END_OF_LINE, unclosed
from core.formats.sheet import Sheet

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it, Excel does not read UTF-8
MOMENT = "%Y-%m-%d %H:%M:%S"
# A cell that begins so may be taken for a formula, also with the wide signs of East Asian input.
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = "^[=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
# What Excel turns into another text: codes with leading zeros, long numbers of which it keeps 15
# digits, and what looks like a decimal, a share, an amount, a power, a date, a time or a truth.
MANGLED = "|".join(
    f"^\\s*(?:{look})\\s*$"
    for look in (
        "0[0-9]+",
        "[0-9]{12,}",
        "[0-9]*(?:[.,:/\\-][0-9]+)+(?:[ T][0-9]{1,2}:[0-9:.]+)?(?: ?[ap]m)?",
        "[0-9.,]+e[+\\-]?[0-9]+",
        "[0-9.,]+ ?%",
        "[$€£¥] ?[0-9.,]+|[0-9.,]+ ?[$€£¥]",
        f"[0-9]{{1,4}}[ ./,\\-]*{_MONTH}[ ./,\\-]*[0-9]{{0,4}}",
        f"{_MONTH}[ ./,\\-]*[0-9]{{1,4}}",
        "true|false",
    )
)
TAKEN_FOR_ELSE = f"(?i){FORMULA}|{MANGLED}"


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file, with its header in the first part."""
    header = BYTE_ORDER_MARK + _encode(_localised(sheet.header(), sheet), header=True)
    return unclosed(chain([header], (_encode(_localised(f, sheet)) for f in sheet.frames)))


def neutralised(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with an apostrophe before each text that would not stay as it is."""
    text = pl.col(pl.String)
    return frame.with_columns(
        pl.when(text.str.contains(TAKEN_FOR_ELSE)).then("'" + text).otherwise(text).name.keep()
    )


def in_zone(frame: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """Return the frame with its moments as clocks in a zone show them, named so.

    Days are those of the zone already.
    """
    local = selectors.datetime(time_zone="*").dt.convert_time_zone(zone.key)
    frame = frame.with_columns(local.dt.replace_time_zone(None))
    timed = frame.select(selectors.datetime() | selectors.date()).columns
    return frame.rename({name: f"{name} ({zone.key})" for name in timed})


def _localised(frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    texts = frame.cast(dict.fromkeys(sheet.identities, pl.String()))
    return in_zone(neutralised(texts), sheet.zone)


def _encode(frame: pl.DataFrame, *, header: bool = False) -> bytes:
    out = BytesIO()
    frame.write_csv(
        out,
        include_header=header,
        line_terminator=END_OF_LINE,
        quote_style="non_numeric",
        datetime_format=MOMENT,
    )
    return out.getvalue()
