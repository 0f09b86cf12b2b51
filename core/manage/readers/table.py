"""A table in a file that somebody brings: its rows as cells, each with the place it stands at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Cell = (
    str | float | bool | date | datetime | time | timedelta | None
)  # a time without a zone is one of the file's
Rows = Iterator[tuple[int, Sequence[Cell]]]


@dataclass(frozen=True)
class Table:
    """Rows with their numbers, the first of which names the columns.

    `unit` is what the numbers count. `restore` returns a text as it was before Tally wrote it into
    this kind of file, where it writes another one.
    """

    rows: Rows
    unit: str = "line"
    restore: Callable[[str], str] | None = None


class Unreadable(Exception):
    """A file, from some line on, that cannot be read; the message says why."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def as_text(cell: Cell) -> str:
    """Return a cell as the text that somebody would have typed."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)
