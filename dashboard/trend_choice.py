"""What the page Trends shows, as its address says: of what, how, of whom, and from when to when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.owner_filter import parse_day

NOUNS = {"items": "Items", "users": "Users"}
WAYS = {"new": "Per period", "total": "Cumulative"}
NO_OWNER = "“{asked}” is no user id, so this is about all users."
OF_ITEMS = "Users have no owner, so this is about all of them."
CUT = (
    "The chart has room for the last {most:,} steps, so it begins at {first}; "
    "choose a longer step to see all since {earliest}."
)
SWAPPED = "The first day was after the last, so they were swapped."


@dataclass(frozen=True)
class Window:
    """The days that are looked at; None is as far as there is anything."""

    first: date | None
    last: date | None


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
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        notes.append(NO_OWNER.format(asked=asked[:20]))
        return None
    return int(asked) if asked else None
