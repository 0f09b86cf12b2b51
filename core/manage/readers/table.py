"""The table in a file: its rows of cells, each with its line number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Cell = (
    str | float | bool | date | datetime | time | timedelta | None
)  # a time without a zone is one of the file's
Rows = Iterator[tuple[int, Sequence[Cell]]]


@dataclass(frozen=True)
class Table:
    """Numbered rows; the first one names the columns.

    `unit` is what the numbers count. `restore` undoes what Tally changes in texts when it writes
    this kind of file, if it changes anything.
    """

    rows: Rows
    unit: str = "line"
    restore: Callable[[str], str] | None = None


class Unreadable(Exception):
    """The file cannot be read from a line on; the message says why."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def as_text(cell: Cell) -> str:
    """Return a cell as text, as somebody would have typed it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)
