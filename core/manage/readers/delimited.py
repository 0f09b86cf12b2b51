"""CSV as people make it: with commas, semicolons, tabs or bars, in the encodings there are."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import StringIO, TextIOWrapper
from pathlib import Path
from typing import TextIO

import polars as pl

from core.manage.readers.header import Field, count_matches
from core.manage.readers.table import Rows, Table, Unreadable
from core.text import excel_texts
from core.text.excel_texts import Dialect

SEPARATORS = ",;\t|"
SAMPLE = 1 << 16  # characters in which the first line ends
RECORDS_A_REPORT = 1000
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ ,;\t]*(?:\r\n|\r|\n)', re.IGNORECASE)
_KEPT = re.compile("[,;\t\r\n][\\s\"]*'")


def open_table(
    path: Path, encoding: str, fields: Sequence[Field], at_byte: Callable[[int], None]
) -> Table:
    """Return the table of a text file; `at_byte` hears how far reading has come.

    A byte that its encoding does not have becomes a lone surrogate, so that its line can be named.
    """
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(SAMPLE)
    stated = _SEPARATOR_LINE.match(sample)
    separator = stated[1] if stated else _find_separator(sample, fields)
    rows = _read(path, encoding, separator, skip=bool(stated), at_byte=at_byte)
    dialect = excel_texts.SEMICOLON if separator == ";" else excel_texts.COMMA
    return Table(rows, restore=partial(_restore, dialect=dialect))


def _find_separator(sample: str, fields: Sequence[Field]) -> str:
    """Return the separator by which the first line names most of the fields."""

    def matches(separator: str) -> int:
        try:
            return count_matches(next(csv.reader(StringIO(sample), delimiter=separator)), fields)
        except (csv.Error, StopIteration):
            return 0

    return max(SEPARATORS, key=matches)


def _read(
    path: Path, encoding: str, separator: str, *, skip: bool, at_byte: Callable[[int], None]
) -> Rows:
    with (
        path.open("rb") as raw,
        TextIOWrapper(raw, encoding, errors="surrogateescape", newline="") as file,
    ):
        if skip:
            file.readline()
        for count, row in enumerate(_numbered(file, separator, first=1 + skip)):
            yield row
            if count % RECORDS_A_REPORT == 0:
                at_byte(raw.tell())
        at_byte(raw.tell())


def _numbered(file: TextIO, separator: str, *, first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield records with the line they begin on; quoted line breaks make them longer than one."""
    reader = csv.reader(file, strict=True, delimiter=separator)
    while True:
        line = reader.line_num + first
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After a broken quote nothing says where the next record begins.
            raise Unreadable(f"This is not CSV from here on: {error}.", line) from error
        except UnicodeError as error:
            raise Unreadable("This is not UTF-16 from here on.", line) from error
        yield line, cells


def _restore(text: str, *, dialect: Dialect) -> str:
    # Few texts have the sign, and to ask Polars of each alone takes a while.
    if not text.startswith("'") and not _KEPT.search(text):
        return text
    frame = pl.DataFrame({"text": [text]})
    return str(frame.select(excel_texts.restore(pl.col("text"), dialect)).item())
