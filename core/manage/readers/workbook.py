"""Reads the sheet of an Excel or OpenDocument workbook that has the most known columns."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from core.manage.readers.header import Field, count_matches
from core.manage.readers.table import Rows, Table, Unreadable, as_text

LARGEST = 2 << 30  # bytes of the unpacked workbook; twice what a million rows of Tally need
ROWS_A_REPORT = 1000
TOO_LARGE = "This workbook holds more than 2 GB. Save its sheet as CSV UTF-8."
PROTECTED = "This workbook is protected by a password. Save it without one."
DAMAGED = "This workbook cannot be read: {}. Save its sheet as CSV UTF-8."


def open_table(path: Path, fields: Sequence[Field], at_byte: Callable[[int], None]) -> Table:
    """Return the first visible sheet that names the most fields; raise `Unreadable`.

    The sheet is read into memory as a whole: 80 MB for 200,000 rows of a few short texts.
    """
    _refuse_bombs(path)
    try:
        workbook = load_workbook(path)
        sheets = [workbook.get_sheet_by_name(name) for name in _visible(workbook)]
    except PasswordError as error:
        raise Unreadable(PROTECTED) from error
    except CalamineError as error:
        raise Unreadable(DAMAGED.format(error)) from error
    if not sheets:
        raise Unreadable("This workbook has no sheet that can be seen.")
    best = max(sheets, key=lambda sheet: count_matches(_names(sheet), fields))
    return Table(_rows(best, path.stat().st_size, at_byte), unit="row")


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if (sheet.typ, sheet.visible) == (SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible)
    ]


def _names(sheet: CalamineSheet) -> list[str]:
    return [as_text(cell) for cell in next(sheet.iter_rows(), [])]


def _rows(sheet: CalamineSheet, size: int, at_byte: Callable[[int], None]) -> Rows:
    first = 1 + (sheet.start[0] if sheet.start else 0)
    total = max(1, sheet.height)
    for count, cells in enumerate(sheet.iter_rows()):
        yield first + count, cells
        if count % ROWS_A_REPORT == 0:
            at_byte(size * count // total)
    at_byte(size)


def _refuse_bombs(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
            raise Unreadable(TOO_LARGE)
