"""Reads CSV with commas, semicolons, tabs or bars."""

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
SAMPLE = 1 << 16  # characters; must include the whole first line
RECORDS_A_REPORT = 1000
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?[ ,;\t]*(?:\r\n|\r|\n)', re.IGNORECASE)
_KEPT = re.compile("[,;\t\r\n][\\s\"]*'")


def open_table(
    path: Path, encoding: str, fields: Sequence[Field], at_byte: Callable[[int], None]
) -> Table:
    """Return the table of a text file; `at_byte` is called with the number of bytes read.

    An undecodable byte becomes a lone surrogate, so that its line can be reported.
    """
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = file.read(SAMPLE)
    stated = _SEPARATOR_LINE.match(sample)
    separator = stated[1] if stated else _find_separator(sample, fields)
    rows = _read(path, encoding, separator, skip=bool(stated), at_byte=at_byte)
    dialect = excel_texts.SEMICOLON if separator == ";" else excel_texts.COMMA
    return Table(rows, restore=partial(_restore, dialect=dialect))


def _find_separator(sample: str, fields: Sequence[Field]) -> str:
    """Return the separator with which the first line names the most fields."""

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
    """Yield records with the line on which they begin; quoted line breaks make them span lines."""
    reader = csv.reader(file, strict=True, delimiter=separator)
    while True:
        line = reader.line_num + first
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After an unbalanced quote, the start of the next record is unknown.
            raise Unreadable(f"This is not CSV from here on: {error}.", line) from error
        except UnicodeError as error:
            raise Unreadable("This is not UTF-16 from here on.", line) from error
        yield line, cells


def _restore(text: str, *, dialect: Dialect) -> str:
    # A quick check first, as few texts have an apostrophe and a Polars call for each is slow.
    if not text.startswith("'") and not _KEPT.search(text):
        return text
    frame = pl.DataFrame({"text": [text]})
    return str(frame.select(excel_texts.restore(pl.col("text"), dialect)).item())
