"""Encodes rows as the XML of a workbook's sheet, column by column (ECMA-376-1, 18.3.1.4)."""

from collections.abc import Collection, Sequence

import polars as pl
from xlsxwriter.utility import xl_col_to_name

EPOCH = 25_569  # 1970-01-01 as Excel's serial number
MARCH_1900 = 61.0  # Excel has no dates before 1900, and treats 1900 as a leap year
DAY = 86_400 * 1_000_000  # microseconds
MOMENT, DATE = "%Y-%m-%d %H:%M:%S%.6f", "%Y-%m-%d"
TEXT = "@"
LONGEST = 32_767  # UTF-16 units per cell; Excel reports a file with a longer text as damaged
# Only Excel decodes escapes such as _x000D_ (22.9.2.19); other programs show them. So nothing is
# escaped: line breaks become LF, and characters that XML cannot contain become visible symbols.
_BREAKS = {"\r\n": "\n", "\r": "\n"}
_SIGNS = {chr(code): chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"}
_SHOWN = _BREAKS | _SIGNS | dict.fromkeys("\ufffe\uffff", "\ufffd")
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A text that looks like an escape is split into two runs, as Excel decodes each run separately.
_ESCAPE, _ESCAPE_BEGIN = "_x[0-9A-Fa-f]{4}_", "_(x[0-9A-Fa-f]{4})"
_RUN, _RUN_END = '<r><t xml:space="preserve">', "</t></r>"
_DIVIDED = f"_{_RUN_END}{_RUN}${{1}}"


def rows(
    frame: pl.DataFrame, identities: Collection[str], styles: Sequence[str], first: int
) -> str:
    """Return the XML of rows, numbered from `first`; a null has no cell.

    `identities` are columns of numbers to write as text; `styles` has a style id per column.
    """
    texts = _shortened(frame.cast(dict.fromkeys(identities, pl.String())))
    row_number = pl.int_range(first, first + frame.height).cast(pl.String)
    cells = [
        pl.concat_str(
            pl.lit(f'<c r="{xl_col_to_name(number)}'),
            row_number,
            pl.lit(f'" s="{style}"'),
            _content(pl.col(name), texts.schema[name]),
            pl.lit("</c>"),
        ).fill_null("")
        for number, (name, style) in enumerate(zip(frame.columns, styles, strict=True))
    ]
    row = pl.concat_str(pl.lit('<row r="'), row_number, pl.lit('">'), *cells, pl.lit("</row>"))
    return str(texts.select(row.str.join("")).item())


def shown(text: str) -> str:
    """Return a text as a cell shows it: LF as line break, symbols for control characters."""
    for hidden, sign in _SHOWN.items():
        text = text.replace(hidden, sign)
    return text


def look(kind: pl.DataType, *, identity: bool) -> str:
    """Return a column's Excel number format; an `identity` is formatted as text."""
    if kind == pl.String or identity:
        return TEXT
    if isinstance(kind, pl.Datetime):
        return "yyyy-mm-dd hh:mm:ss"
    return "yyyy-mm-dd" if kind == pl.Date else "#,##0" if kind.is_integer() else "General"


def width(kind: pl.DataType) -> int:
    """Return a column's width in characters."""
    return 32 if kind == pl.String else 20 if isinstance(kind, pl.Datetime) else 12


def _content(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == pl.String:
        return _text(column)
    if kind == pl.Boolean:
        return pl.concat_str(pl.lit(' t="b"><v>'), column.cast(pl.Int8).cast(pl.String), _VALUE_END)
    if isinstance(kind, pl.Datetime):
        return _day(column.dt.epoch("us") / DAY, column.dt.strftime(MOMENT))
    if kind == pl.Date:
        return _day(column.cast(pl.Int32).cast(pl.Float64), column.dt.strftime(DATE))
    return _number(column)


_VALUE, _VALUE_END = pl.lit("><v>"), pl.lit("</v>")


def _number(column: pl.Expr) -> pl.Expr:
    return pl.concat_str(_VALUE, column.cast(pl.String), _VALUE_END)


def _day(days: pl.Expr, text: pl.Expr) -> pl.Expr:
    serial = days + EPOCH
    return pl.when(serial < MARCH_1900).then(_text(text)).otherwise(_number(serial))


def _text(column: pl.Expr) -> pl.Expr:
    changed = _SHOWN | _XML
    text = column.str.replace_many(list(changed), list(changed.values()), leftmost=True)
    before, after = pl.lit(' t="inlineStr"><is>'), pl.lit("</is>")
    plain = pl.concat_str(before, pl.lit('<t xml:space="preserve">'), text, pl.lit("</t>"), after)
    divided = text.str.replace_all(_ESCAPE_BEGIN, _DIVIDED)
    runs = pl.concat_str(before, pl.lit(_RUN), divided, pl.lit(_RUN_END), after)
    return pl.when(text.str.contains(_ESCAPE)).then(runs).otherwise(plain)


def _shortened(frame: pl.DataFrame) -> pl.DataFrame:
    """Truncate texts that do not fit into a cell; they end with an ellipsis."""
    texts = pl.col(pl.String)
    longest = frame.select(texts.str.len_bytes().max())
    wide = [name for name in longest.columns if (longest[name][0] or 0) > LONGEST]
    return frame.with_columns(
        frame[name].map_elements(_shorten, return_dtype=pl.String) for name in wide
    )


def _shorten(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    return units[: 2 * (LONGEST - 1)].decode("utf-16-le", errors="ignore") + "…"
