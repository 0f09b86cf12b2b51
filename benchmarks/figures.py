"""The figures that Tally promises, each with what was measured and how far it has to reach."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One promise: `value` has to be at most `reach`, or at least `reach` where `at_least` says so.

    `unit` is that of both numbers, empty for a ratio; `detail` tells what the value is made of.
    With any `errors` meanwhile the promise is not kept, whatever the value.
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
        """Whether the promise is kept."""
        if self.errors:
            return False
        return self.value >= self.reach if self.at_least else self.value <= self.reach

    @property
    def bound(self) -> str:
        """The reach in words."""
        return f"at {'least' if self.at_least else 'most'} {number(self.reach)} {self.unit}".strip()


@dataclass(frozen=True)
class Beside:
    """Something measured in the same run that promises nothing, for the reader to compare with."""

    name: str
    value: str
    detail: str = ""


@dataclass
class Results:
    """All that a run measured, in the order of the tables."""

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
    """Return two Markdown tables: the figures, and what was measured beside them."""
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
    """Return a number with as many digits as say something: three, and all before the point."""
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
