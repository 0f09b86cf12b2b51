"""Excel workbooks: XlsxWriter makes an empty workbook, and the rows stream into its first sheet.

XlsxWriter would process every cell in Python and collect all rows on disk before the first byte.
So it writes the workbook without rows, and this module writes the rows column by column
(ECMA-376-1, 18.3.1). The zip's directory comes last: without it the file is unreadable.
"""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO

import polars as pl
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from core.exports.formats import cells
from core.exports.formats.parts import Parts
from core.exports.formats.sheet import Sheet
from core.exports.formats.spreadsheet_csv import in_zone

MOST_ROWS = 1_048_575  # Excel's limit of rows per sheet, less the header
ROWS = "xl/worksheets/sheet1.xml"
FASTEST = 1  # higher levels shrink such text little more and take several times as long
_SAMPLE = re.compile(r'<row r="2".*?</row>', re.DOTALL)
_STYLE = re.compile(r' s="(\d+)"')
_EXTENT = re.compile(r'<dimension ref="[^"]*"/>')
_END = "</sheetData>"


def write(sheet: Sheet) -> Iterator[bytes]:
    """Yield the file in chunks; the sheet with the rows comes last."""
    out = Parts()
    columns = in_zone(sheet.header(), sheet.zone)
    skeleton = zipfile.ZipFile(BytesIO(_skeleton(sheet, columns.schema)))
    before, styles, after = _divided(skeleton.read(ROWS).decode(), sheet)
    with zipfile.ZipFile(out, "w") as archive:
        for name in skeleton.namelist():
            if name != ROWS:
                archive.writestr(_entry(name), skeleton.read(name))
        with archive.open(_entry(ROWS), "w") as rows:
            rows.write(before.encode())
            number = 2
            for frame in sheet.frames:
                local = in_zone(frame, sheet.zone)
                rows.write(cells.rows(local, sheet.identities, styles, number).encode())
                number += frame.height
                yield out.take()
            rows.write(after.encode())
    yield out.take()


def _entry(name: str) -> zipfile.ZipInfo:
    # ZipInfo's default date is fixed, so that the same rows make the same file.
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry._compresslevel = FASTEST  # type: ignore[attr-defined]  # public from Python 3.13 on
    return entry


def _divided(text: str, sheet: Sheet) -> tuple[str, list[str], str]:
    """Split a sheet's XML; return the text before the rows, a style id per column, and the rest."""
    sample = _SAMPLE.search(text)
    assert sample  # noqa: S101 - the skeleton has it
    extent = f'<dimension ref="A1:{xl_col_to_name(len(sheet.schema) - 1)}{sheet.rows + 1}"/>'
    before, _, after = _EXTENT.sub(extent, text.replace(sample[0], "")).partition(_END)
    return before, _STYLE.findall(sample[0]), _END + after


def _skeleton(sheet: Sheet, columns: pl.Schema) -> bytes:
    """Return a workbook with the header, one blank row for the styles, and an About sheet."""
    file = BytesIO()
    workbook = Workbook(file, {"in_memory": True})
    workbook.set_properties({"created": sheet.as_of.replace(tzinfo=None), "title": sheet.title})
    rows = workbook.add_worksheet(sheet.title)
    bold = workbook.add_format({"bold": True})
    for number, (name, kind) in enumerate(columns.items()):
        style = workbook.add_format(
            {"num_format": cells.look(kind, identity=name in sheet.identities)}
        )
        rows.set_column(number, number, cells.width(kind))
        rows.write_string(0, number, name, bold)
        rows.write_blank(1, number, None, style)
    rows.freeze_panes(1, 0)
    rows.autofilter(0, 0, sheet.rows, len(columns) - 1)
    rows.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS + 1}"})
    about = workbook.add_worksheet("About")
    about.set_column(0, 1, 30)
    for number, (name, value) in enumerate(sheet.about.items()):
        about.write_string(number, 0, name, bold)
        about.write_string(number, 1, cells.shown(value))
    workbook.close()
    return file.getvalue()
