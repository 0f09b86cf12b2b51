"""Which part of the growth somebody asks for: one filter, for the page, its address and exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.analytics.owner_filter import parse_day
from core.calendar.steps import Step

NO_STEP = "There is no step “{asked}”, so this shows weeks."
NO_OWNER = "“{asked}” is no user id, so this is about all users."
SWAPPED = "The first day was after the last, so they were swapped."


@dataclass(frozen=True)
class Window:
    """The days that are looked at, both included; None is as far as there is anything."""

    first: date | None = None
    last: date | None = None

    def cut(self, first: date, end: date) -> tuple[date, date]:
        """Return which days of some are looked at: the first, and the one after the last."""
        after = end if self.last is None else self.last + timedelta(days=1)
        return max(first, self.first or first), min(end, after)


@dataclass(frozen=True)
class TrendFilter:
    """How long a step is, whose items are counted, and which days are looked at.

    Without an `owner`, a user id, everybody's are, and users with them. Days are those of `zone`.
    """

    step: Step = Step.WEEK
    owner: int | None = None
    window: Window = Window()
    zone: str = "UTC"

    def to_query(self) -> dict[str, str]:
        """Return it as query parameters, those of the page Trends and the zone."""
        given = {
            "step": self.step,
            "owner": self.owner,
            "from": self.window.first,
            "until": self.window.last,
            "zone": self.zone,
        }
        return {name: str(value) for name, value in given.items() if value is not None}


def parse(query: Mapping[str, str], *, zone: str) -> tuple[TrendFilter, list[str]]:
    """Return the filter that query parameters ask for, or the nearest that makes sense.

    With it comes a sentence for people about each thing that was not taken as it is.
    """
    notes: list[str] = []
    found = TrendFilter(
        parse_step(query, notes), parse_owner(query, notes), parse_window(query, notes), zone
    )
    return found, notes


def parse_step(query: Mapping[str, str], notes: list[str]) -> Step:
    """Return the step that query parameters ask for, or weeks with a note."""
    asked = query.get("step", Step.WEEK).strip()
    if asked not in set(Step):
        notes.append(NO_STEP.format(asked=asked[:20]))
        return Step.WEEK
    return Step(asked)


def parse_window(query: Mapping[str, str], notes: list[str]) -> Window:
    """Return the days that query parameters ask for, or the nearest, with a note."""
    first, last = (parse_day(query.get(name, ""), notes) for name in ("from", "until"))
    if first is not None and last is not None and first > last:
        notes.append(SWAPPED)
        first, last = last, first
    return Window(first, last)


def parse_owner(query: Mapping[str, str], notes: list[str]) -> int | None:
    """Return the id of the owner that query parameters ask for, or None with a note."""
    asked = query.get("owner", "").strip()
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 19 and int(asked)):
        notes.append(NO_OWNER.format(asked=asked[:20]))
        return None
    return int(asked) if asked else None
