"""CSV files as people make them: each record with its line number, each fault with its place."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from core.errors import TallyError
from core.telemetry import escape

SHOWN_PROBLEMS = 20
SHOWN_CHARACTERS = 60
RECORDS_A_REPORT = 1000


@dataclass(frozen=True)
class Problem:
    """One reason why a file cannot be taken; `line` counts as an editor does, from 1."""

    file: str
    line: int
    column: str | None
    reason: str

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}, line {self.line:,}{column}: {self.reason}"


class BadFiles(TallyError):
    """Files with bad lines; the message shows the first of them and how many there are."""

    status = 422

    def __init__(self, problems: Sequence[Problem], *, count: int) -> None:
        more = count - len(problems)
        lines = [*map(str, problems), *([f"... and {more:,} more."] if more else [])]
        noun = "problem" if count == 1 else "problems"
        super().__init__("\n".join([*lines, f"{count:,} {noun}; nothing was imported."]))
        self.problems = tuple(problems)
        self.count = count


@dataclass
class Problems:
    """The faults found so far; only the first few are kept, all are counted."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, file: Path, line: int, column: str | None, reason: str) -> None:
        """Note one fault."""
        self.count += 1
        if len(self.kept) < SHOWN_PROBLEMS:
            self.kept.append(Problem(file.name, line, column, reason))

    def refuse_any(self) -> None:
        """Raise `BadFiles` when there is a fault."""
        if self.count:
            raise BadFiles(self.kept, count=self.count)


@dataclass(frozen=True)
class Record:
    """One record of a file: its values by column, and the line on which it begins."""

    line: int
    values: dict[str, str]


def read_records(
    path: Path, columns: Sequence[str], problems: Problems, at_byte: Callable[[int], None]
) -> Iterator[Record]:
    """Yield the well-formed records of a UTF-8 file that has exactly `columns`, in any order.

    What is wrong with the others goes to `problems`. `at_byte` hears how far reading has come.
    Raises `TallyError` when the file cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise TallyError(f"{path} cannot be read: {error.strerror}.") from error
    # A byte that is not UTF-8 becomes a lone surrogate, so that its line can be named.
    with TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="") as handle:
        header: list[str] | None = None
        for index, (line, cells) in enumerate(_numbered(path, handle, problems)):
            if header is None:
                header = _header(path, line, cells, columns, problems)
                if header is None:
                    return
            elif cells and _is_sound(path, line, header, cells, problems):
                yield Record(line, dict(zip(header, cells, strict=True)))
            if index % RECORDS_A_REPORT == 0:
                at_byte(raw.tell())
        at_byte(raw.tell())
    if header is None and not problems.count:
        problems.add(path, 1, None, f"The file is empty; its first line must be {_list(columns)}.")


def show(text: str) -> str:
    """Return foreign text as it may be shown: on one line, escaped, not too long."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return f"“{escape(short)}”"


def _numbered(path: Path, handle: TextIO, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yield records with the line they begin on; quoted line breaks make them longer than one."""
    reader = csv.reader(handle, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # After a broken quote nothing says where the next record begins.
            problems.add(path, line, None, f"This is not CSV from here on: {error}.")
            return
        yield line, cells


def _header(
    path: Path, line: int, cells: list[str], columns: Sequence[str], problems: Problems
) -> list[str] | None:
    names = [name.strip() for name in cells]
    if sorted(names) == sorted(columns):
        return names
    found = show(",".join(names))
    problems.add(path, line, None, f"The first line must be {_list(columns)}, and is {found}.")
    return None


def _list(columns: Sequence[str]) -> str:
    return f"“{','.join(columns)}”"


def _is_sound(
    path: Path, line: int, header: list[str], cells: list[str], problems: Problems
) -> bool:
    if len(cells) != len(header):
        problems.add(path, line, None, f"{len(cells)} values, where {len(header)} are needed.")
        return False
    sound = True
    for column, cell in zip(header, cells, strict=True):
        wrong = next((c for c in cell if "\udc80" <= c <= "\udcff"), None)
        if wrong is not None:
            byte = ord(wrong) - 0xDC00
            problems.add(path, line, column, f"This is not UTF-8 (byte 0x{byte:02X}).")
            sound = False
    return sound
