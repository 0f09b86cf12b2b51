"""The filter of trends, shared by the page, its address, the API and exports."""

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
    """The first and last day to show, both inclusive; None means without limit."""

    first: date | None = None
    last: date | None = None

    def cut(self, first: date, end: date) -> tuple[date, date]:
        """Limit the days from `first` to before `end` to the window; `end` stays exclusive."""
        after = end if self.last is None else self.last + timedelta(days=1)
        return max(first, self.first or first), min(end, after)


@dataclass(frozen=True)
class TrendFilter:
    """The length of a step, the owner whose items count, and the days to show.

    With an `owner`, a user id, only that user's items count; without, all users and items do. Days
    are in `zone`.
    """

    step: Step = Step.WEEK
    owner: int | None = None
    window: Window = Window()
    zone: str = "UTC"

    def to_query(self) -> dict[str, str]:
        """Return it as URL parameters: those of the Trends page, and the zone."""
        values = {
            "step": self.step,
            "owner": self.owner,
            "from": self.window.first,
            "until": self.window.last,
            "zone": self.zone,
        }
        return {name: str(value) for name, value in values.items() if value is not None}


def parse(query: Mapping[str, str], *, zone: str) -> tuple[TrendFilter, list[str]]:
    """Return the filter in URL parameters, correcting invalid values to the nearest valid ones.

    Also returns a warning for people about each correction.
    """
    warnings: list[str] = []
    filters = TrendFilter(
        parse_step(query, warnings),
        parse_owner(query, warnings),
        parse_window(query, warnings),
        zone,
    )
    return filters, warnings


def parse_step(query: Mapping[str, str], warnings: list[str]) -> Step:
    """Return the step in URL parameters; weeks, with a warning, if it is invalid."""
    asked = query.get("step", Step.WEEK).strip()
    if asked not in set(Step):
        warnings.append(NO_STEP.format(asked=asked[:20]))
        return Step.WEEK
    return Step(asked)


def parse_window(query: Mapping[str, str], warnings: list[str]) -> Window:
    """Return the days in URL parameters, or the nearest valid ones with a warning."""
    first, last = (parse_day(query.get(name, ""), warnings) for name in ("from", "until"))
    if first is not None and last is not None and first > last:
        warnings.append(SWAPPED)
        first, last = last, first
    return Window(first, last)


def parse_owner(query: Mapping[str, str], warnings: list[str]) -> int | None:
    """Return the owner's id in URL parameters; None, with a warning, if it is invalid."""
    asked = query.get("owner", "").strip()
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 19 and int(asked)):
        warnings.append(NO_OWNER.format(asked=asked[:20]))
        return None
    return int(asked) if asked else None
