"""Cells of a workbook's sheet as XML, made for whole columns at once (ECMA-376-1, 18.3.1.4)."""

from collections.abc import Collection, Sequence

import polars as pl
from xlsxwriter.utility import xl_col_to_name

EPOCH = 25_569  # 1970-01-01 in days of Excel
MARCH_1900 = 61.0  # Excel knows no days before 1900, and one in February 1900 that never was
DAY = 86_400 * 1_000_000  # microseconds
MOMENT, DATE = "%Y-%m-%d %H:%M:%S%.6f", "%Y-%m-%d"
TEXT = "@"
# What XML cannot contain or would change, and the sign that begins the escapes of it (22.9.2.19).
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "_x": "_x005F_x"} | {
    chr(code): f"_x{code:04X}_" for code in (*range(9), 11, 12, 13, *range(14, 32), 0xFFFE, 0xFFFF)
}


def rows(
    frame: pl.DataFrame, identities: Collection[str], styles: Sequence[str], first: int
) -> str:
    """Return rows, numbered from `first`; what is missing is no cell at all.

    `identities` are numbers to be kept as text; `styles` has one for each column.
    """
    texts = frame.cast(dict.fromkeys(identities, pl.String()))
    place = pl.int_range(first, first + frame.height).cast(pl.String)
    made = [
        pl.concat_str(
            pl.lit(f'<c r="{xl_col_to_name(number)}'),
            place,
            pl.lit(f'" s="{style}"'),
            _content(pl.col(name), texts.schema[name]),
            pl.lit("</c>"),
        ).fill_null("")
        for number, (name, style) in enumerate(zip(frame.columns, styles, strict=True))
    ]
    row = pl.concat_str(pl.lit('<row r="'), place, pl.lit('">'), *made, pl.lit("</row>"))
    return str(texts.select(row.str.join("")).item())


def look(kind: pl.DataType, *, identity: bool) -> str:
    """Return the number format of a column."""
    if kind == pl.String or identity:
        return TEXT
    if isinstance(kind, pl.Datetime):
        return "yyyy-mm-dd hh:mm:ss"
    return "yyyy-mm-dd" if kind == pl.Date else "#,##0" if kind.is_integer() else "General"


def width(kind: pl.DataType) -> int:
    """Return how wide a column is, in characters."""
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
    escaped = column.str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    before = pl.lit(' t="inlineStr"><is><t xml:space="preserve">')
    return pl.concat_str(before, escaped, pl.lit("</t></is>"))
