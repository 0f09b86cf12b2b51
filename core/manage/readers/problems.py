"""Collects the faults of imported files, each with its place, and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import TallyError
from core.telemetry.setup import escape
from core.text.wording import counted

SHOWN_PROBLEMS = 20
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Problem:
    """A fault that stops an import; `line` counts from 1, as in an editor.

    In a workbook, `line` is the number of a row, and `unit` says so.
    """

    file: str
    line: int
    column: str | None
    reason: str
    unit: str = "line"

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"{self.file}, {self.unit} {self.line:,}{column}: {self.reason}"


class BadFiles(TallyError):
    """The files have bad lines; the message lists the first ones and their total number."""

    status = 422

    def __init__(self, problems: Sequence[Problem], *, count: int) -> None:
        more = count - len(problems)
        lines = [*map(str, problems), *([f"... and {more:,} more."] if more else [])]
        super().__init__("\n".join([*lines, f"{counted(count, 'problem')}; nothing was imported."]))
        self.problems = tuple(problems)
        self.count = count


@dataclass
class Problems:
    """The faults found so far, of which only the first few are kept, and the warnings.

    A warning says what was ignored or may have been misread.
    """

    kept: list[Problem] = field(default_factory=list)
    count: int = 0
    warnings: list[str] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)

    def add(self, file: Path, line: int, column: str | None, reason: str) -> None:
        """Add a fault."""
        self.count += 1
        if len(self.kept) < SHOWN_PROBLEMS:
            unit = self.units.get(file.name, "line")
            self.kept.append(Problem(file.name, line, column, reason, unit))

    def warn(self, file: Path, text: str) -> None:
        """Add a warning; it does not stop the import."""
        self.warnings.append(f"{file.name}: {text}")

    def refuse_any(self) -> None:
        """Raise `BadFiles` if there is any fault."""
        if self.count:
            raise BadFiles(self.kept, count=self.count)


def show(text: str) -> str:
    """Return text from a file so that it is safe to show: quoted, escaped, shortened."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return f"“{escape(short)}”"
