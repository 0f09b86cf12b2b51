"""The benchmark figures: measured values and the limits that Tally promises."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """A promise: `value` must be at most `reach`, or at least `reach` if `at_least` is true.

    `unit` is the unit of both numbers, empty for a ratio; `detail` explains the value. With any
    `errors` during the measurement, the promise is not met.
    """

    name: str
    value: float
    reach: float
    unit: str = ""
    at_least: bool = False
    detail: str = ""
    errors: int = 0

    @property
    def met(self) -> bool:
        """Whether the promise is met."""
        if self.errors:
            return False
        return self.value >= self.reach if self.at_least else self.value <= self.reach

    @property
    def bound(self) -> str:
        """The limit as text."""
        return f"at {'least' if self.at_least else 'most'} {number(self.reach)} {self.unit}".strip()


@dataclass(frozen=True)
class Beside:
    """A value from the same run without a promise, for comparison."""

    name: str
    value: str
    detail: str = ""


@dataclass
class Results:
    """All results of a run, in the order of the tables."""

    figures: list[Figure] = field(default_factory=list)
    beside: list[Beside] = field(default_factory=list)


def to_json(figures: Iterable[Figure]) -> str:
    """Return the figures as a JSON list of `figure`, `value`, `reach` and `met`."""
    rows = [
        {
            "figure": f"{figure.name}, {figure.unit}" if figure.unit else figure.name,
            "value": round(figure.value, 4),
            "reach": figure.reach,
            "met": figure.met,
        }
        for figure in figures
    ]
    return json.dumps(rows, indent=1) + "\n"


def to_tables(results: Results) -> str:
    """Return two Markdown tables: the figures, and the values for comparison."""
    figures = [
        (f.name, f"{number(f.value)} {f.unit}".strip(), f.bound, "yes" if f.met else "no", f.detail)
        for f in results.figures
    ]
    beside = [(b.name, b.value, b.detail) for b in results.beside]
    return "\n\n".join(
        (
            _table(("figure", "measured", "reach", "met", "made of"), figures),
            _table(("beside it, in the same run", "measured", "what it is"), beside),
        )
    )


def number(value: float) -> str:
    """Return a number with three significant digits, or all digits before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"
        for line in lines
    )
