"""Reads the files that people import, of any kind, as records of the requested fields."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from core.errors import TallyError
from core.manage.readers import delimited, encodings, kinds, typed, workbook
from core.manage.readers.header import Field, Header, NoHeader, match
from core.manage.readers.kinds import Kind
from core.manage.readers.problems import BadFiles, Problem, Problems, show
from core.manage.readers.table import Cell, Table, Unreadable, as_text
from core.text.wording import counted

__all__ = ["BadFiles", "Field", "Problem", "Problems", "Record", "as_text", "read", "show"]

IGNORED = "{} {}: not imported."
WINDOWS = (
    "This is not UTF-8 and was read as Windows-1252. If letters look wrong, save it as CSV UTF-8."
)
NO_TEXT = "This holds texts that cannot be decoded. Save it as CSV UTF-8."
NOT_UTF8 = "This is not UTF-8 (byte 0x{:02X}). Save the file as CSV UTF-8."
_NO_LETTER = re.compile("[\udc80-\udcff]")  # the lone surrogates that stand for undecodable bytes


@dataclass(frozen=True)
class Record:
    """A record of a file: its cells by field name, and the line on which it begins.

    `zone` applies to times without one, if the file names a zone.
    """

    line: int
    cells: dict[str, Cell]
    zone: ZoneInfo | None = None


def read(
    path: Path, fields: Sequence[Field], problems: Problems, at_byte: Callable[[int], None]
) -> Iterator[Record]:
    """Yield the well-formed records of a file; its columns may be in any order.

    Malformed records are added to `problems`. `at_byte` is called with the number of bytes read.
    Memory holds some thousand records, except for workbooks. Raises `TallyError` if the file cannot
    be opened.
    """
    try:
        table = _open(path, fields, problems, at_byte)
        problems.units[path.name] = table.unit
        yield from _records(path, table, fields, problems)
    except Unreadable as error:
        problems.add(path, error.line, None, str(error))
    except UnicodeError:
        problems.add(path, 1, None, NO_TEXT)
    except OSError as error:
        raise TallyError(f"{path} cannot be read: {error.strerror}.") from error


def _open(
    path: Path, fields: Sequence[Field], problems: Problems, at_byte: Callable[[int], None]
) -> Table:
    match kinds.find_kind(path):
        case Kind.WORKBOOK:
            return workbook.open_table(path, fields, at_byte)
        case Kind.PARQUET:
            return typed.open_parquet(path, at_byte)
        case Kind.JSON:
            return typed.open_json(path, at_byte)
    encoding = encodings.find_encoding(path)
    if encoding == encodings.WINDOWS:
        problems.warn(path, WINDOWS)
    return delimited.open_table(path, encoding, fields, at_byte)


def _records(
    path: Path, table: Table, fields: Sequence[Field], problems: Problems
) -> Iterator[Record]:
    header: Header | None = None
    for line, cells in table.rows:
        if not any(c.strip() if isinstance(c, str) else c is not None for c in cells):
            continue
        if header is None:
            header = _header((path, line), [as_text(cell) for cell in cells], fields, problems)
            if header is None:
                return
            continue
        if fault := _fault(header, cells):
            problems.add(path, line, *fault)
            continue
        yield _record(table, header, line, cells)
    if header is None:
        problems.add(path, 1, None, f"The file is empty; it needs the {_needed(fields)}.")


def _header(
    place: tuple[Path, int], names: list[str], fields: Sequence[Field], problems: Problems
) -> Header | None:
    try:
        header = match(names, fields)
    except NoHeader as error:
        found = show(", ".join(name for name in names if name.strip()))
        problems.add(*place, None, f"{error} This must name the {_needed(fields)}; it is {found}.")
        return None
    if header.ignored:
        noun = counted(len(header.ignored), "other column").removeprefix("1 ")
        problems.warn(place[0], IGNORED.format(noun.capitalize(), show(", ".join(header.ignored))))
    return header


def _record(table: Table, header: Header, line: int, cells: Sequence[Cell]) -> Record:
    named = {name: cell for name, cell in zip(header.fields, cells, strict=False) if name}
    if table.restore and header.zone:  # only Tally's own CSV for Excel names a zone in its header
        named = {n: table.restore(c) if isinstance(c, str) else c for n, c in named.items()}
    return Record(line, named, header.zone)


def _fault(header: Header, cells: Sequence[Cell]) -> tuple[str | None, str] | None:
    """Return the column and the reason if a record is malformed, else None."""
    width = len(header.fields)
    if len(cells) != width:
        filled = max((n for n, cell in enumerate(cells, 1) if as_text(cell).strip()), default=0)
        if len(cells) < width or filled > width:
            count = min(len(cells), max(filled, width))
            return None, f"{counted(count, 'value')}, where {width} are needed."
    for name, cell in zip(header.fields, cells, strict=False):
        if isinstance(cell, str) and (wrong := _NO_LETTER.search(cell)):
            return name, NOT_UTF8.format(ord(wrong[0]) - 0xDC00)
    return None


def _needed(fields: Sequence[Field]) -> str:
    needed = ", ".join(field.name for field in fields if field.required)
    others = ", ".join(field.name for field in fields if not field.required)
    return f"columns {needed}" + (f" and may have {others}" if others else "")
