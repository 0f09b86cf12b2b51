"""Cells of a workbook's sheet as XML, made for whole columns at once (ECMA-376-1, 18.3.1.4)."""

from collections.abc import Collection, Sequence

import polars as pl
from xlsxwriter.utility import xl_col_to_name

EPOCH = 25_569  # 1970-01-01 in days of Excel
MARCH_1900 = 61.0  # Excel knows no days before 1900, and one in February 1900 that never was
DAY = 86_400 * 1_000_000  # microseconds
MOMENT, DATE = "%Y-%m-%d %H:%M:%S%.6f", "%Y-%m-%d"
TEXT = "@"
LONGEST = 32_767  # units of UTF-16 in a cell; Excel calls a file with more in one damaged
# Excel alone reads escapes such as _x000D_ (22.9.2.19), others show them. So nothing is escaped:
# line breaks are those of Excel, and what XML cannot contain is a sign for it.
_BREAKS = {"\r\n": "\n", "\r": "\n"}
_SIGNS = {chr(code): chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"}
_SHOWN = _BREAKS | _SIGNS | dict.fromkeys("\ufffe\uffff", "\ufffd")
_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A text that looks like an escape is divided: Excel looks for them in each run on its own.
_ESCAPE, _ESCAPE_BEGIN = "_x[0-9A-Fa-f]{4}_", "_(x[0-9A-Fa-f]{4})"
_RUN, _RUN_END = '<r><t xml:space="preserve">', "</t></r>"
_DIVIDED = f"_{_RUN_END}{_RUN}${{1}}"


def rows(
    frame: pl.DataFrame, identities: Collection[str], styles: Sequence[str], first: int
) -> str:
    """Return rows, numbered from `first`; what is missing is no cell at all.

    `identities` are numbers to be kept as text; `styles` has one for each column.
    """
    texts = _shortened(frame.cast(dict.fromkeys(identities, pl.String())))
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


def shown(text: str) -> str:
    """Return a text as a cell shows it: breaks are line feeds, control characters are signs."""
    for hidden, sign in _SHOWN.items():
        text = text.replace(hidden, sign)
    return text


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
    changed = _SHOWN | _XML
    text = column.str.replace_many(list(changed), list(changed.values()), leftmost=True)
    before, after = pl.lit(' t="inlineStr"><is>'), pl.lit("</is>")
    plain = pl.concat_str(before, pl.lit('<t xml:space="preserve">'), text, pl.lit("</t>"), after)
    divided = text.str.replace_all(_ESCAPE_BEGIN, _DIVIDED)
    runs = pl.concat_str(before, pl.lit(_RUN), divided, pl.lit(_RUN_END), after)
    return pl.when(text.str.contains(_ESCAPE)).then(runs).otherwise(plain)


def _shortened(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with texts that fit into a cell; an ellipsis stands for what does not."""
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
