"""What is wrong with files that people bring: each fault with its place; and what to know."""

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
    """One reason why a file cannot be taken; `line` counts as an editor does, from 1.

    In a workbook it is the number of a row, and `unit` says so.
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
    """Files with bad lines; the message shows the first of them and how many there are."""

    status = 422

    def __init__(self, problems: Sequence[Problem], *, count: int) -> None:
        more = count - len(problems)
        lines = [*map(str, problems), *([f"... and {more:,} more."] if more else [])]
        super().__init__("\n".join([*lines, f"{counted(count, 'problem')}; nothing was imported."]))
        self.problems = tuple(problems)
        self.count = count


@dataclass
class Problems:
    """The faults found so far, of which only the first few are kept, and warnings.

    A warning says what was read in another way than it may have been meant.
    """

    kept: list[Problem] = field(default_factory=list)
    count: int = 0
    warnings: list[str] = field(default_factory=list)
    units: dict[str, str] = field(default_factory=dict)

    def add(self, file: Path, line: int, column: str | None, reason: str) -> None:
        """Note one fault."""
        self.count += 1
        if len(self.kept) < SHOWN_PROBLEMS:
            unit = self.units.get(file.name, "line")
            self.kept.append(Problem(file.name, line, column, reason, unit))

    def warn(self, file: Path, text: str) -> None:
        """Note what people should know although the file is taken."""
        self.warnings.append(f"{file.name}: {text}")

    def refuse_any(self) -> None:
        """Raise `BadFiles` when there is a fault."""
        if self.count:
            raise BadFiles(self.kept, count=self.count)


def show(text: str) -> str:
    """Return foreign text as it may be shown: on one line, escaped, not too long."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"
    return f"“{escape(short)}”"
