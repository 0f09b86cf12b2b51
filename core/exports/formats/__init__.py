"""The export formats: each encodes rows as a file, chunk by chunk.

In every format, a file that is cut off between two chunks is visibly incomplete, and a reader of
the format refuses it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from core.exports.formats import json_array, parquet, raw_csv, spreadsheet_csv, xlsx
from core.exports.formats.sheet import Sheet
from core.text import excel_texts

__all__ = ["FORMATS", "Format", "Sheet"]


@dataclass(frozen=True)
class Format:
    """A format; `name` is the file name's extension.

    `localised` files use the reader's time zone, all others UTC. `most_rows` is the format's limit.
    """

    name: str
    label: str
    remark: str
    media_type: str
    write: Callable[[Sheet], Iterator[bytes]]
    localised: bool = False
    most_rows: int | None = None


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format(
            name="csv",
            label="CSV for Excel",
            remark="Commas. Opens cleanly in Excel; formulas can't run",
            media_type="text/csv; charset=utf-8",
            write=spreadsheet_csv.write,
            localised=True,
        ),
        Format(
            name="semicolon.csv",
            label="CSV for Excel, semicolons",
            remark="For Excel in regions with decimal commas",
            media_type="text/csv; charset=utf-8",
            write=partial(spreadsheet_csv.write, dialect=excel_texts.SEMICOLON),
            localised=True,
        ),
        Format(
            name="xlsx",
            label="Excel workbook",
            remark="Real numbers, dates and text",
            media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write=xlsx.write,
            localised=True,
            most_rows=xlsx.MOST_ROWS,
        ),
        Format(
            name="raw.csv",
            label="Raw CSV",
            remark="Exact values, for scripts",
            media_type="text/csv; charset=utf-8",
            write=raw_csv.write,
        ),
        Format(
            name="parquet",
            label="Parquet",
            remark="For DuckDB, Polars and pandas",
            media_type="application/vnd.apache.parquet",
            write=parquet.write,
        ),
        Format(
            name="json",
            label="JSON",
            remark="One array, one row per line",
            media_type="application/json",
            write=json_array.write,
        ),
    )
}
