"""Which owners of items somebody asks for: one filter, for the page, its address and exports."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from core.calendar import zones
from core.calendar.periods import Period
from core.text.characters import searched

MOST_ITEMS = 10**12  # more than anybody owns
LONGEST_SEARCH = 320  # an address of 64 + 1 + 255 characters
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
YES, NO = "yes", "no"

Activity = Literal["yes", "no"]


@dataclass(frozen=True)
class OwnerFilter:
    """What the owners have in common; by default that they own at least one item.

    `search` is a piece of address or name, whatever its case. `least` and `most` bound the number
    of items, of those created in the `period`. `joined_from` and `joined_until` are days in `zone`,
    both included.
    """

    search: str = ""
    period: Period = Period.ALL
    least: int | None = None
    most: int | None = None
    active: Activity | None = None
    joined_from: date | None = None
    joined_until: date | None = None
    zone: str = "UTC"

    @property
    def narrows(self) -> bool:
        """Whether it leaves anybody out of a period's owners."""
        asked = (self.least, self.most, self.active, self.joined_from, self.joined_until)
        return bool(self.search) or any(value is not None for value in asked)

    def bounds(self) -> dict[str, object]:
        """Return what a query compares with: item counts, activity, and UTC instants of joining.

        An owner matches who joined at or after `since` and before `until`; None is not asked for.
        """
        since, until = self.joined_from, self.joined_until
        return {
            "least": self.least,
            "most": self.most,
            "active": None if self.active is None else self.active == YES,
            "since": None if since is None else _start(since, self.zone),
            "until": None if until is None else _start(until + timedelta(days=1), self.zone),
        }

    def to_query(self) -> dict[str, str]:
        """Return it as query parameters, without what is left at its default."""
        default = OwnerFilter()
        given = {
            NAMES[field.name]: str(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(default, field.name)
        }
        if self.joined_from is None and self.joined_until is None:
            given.pop("zone", None)  # nothing else depends on it
        return given


EVERYBODY = OwnerFilter()
NAMES = {
    "search": "q",
    "period": "period",
    "least": "least",
    "most": "most",
    "active": "active",
    "joined_from": "joined_from",
    "joined_until": "joined_until",
    "zone": "zone",
}


def parse(query: Mapping[str, str], *, zone: str = "UTC") -> tuple[OwnerFilter, list[str]]:
    """Return the filter that query parameters ask for, or the nearest that makes sense.

    With it comes a sentence for people about each thing that was not taken as it is. `zone` is that
    of the days when the query names none.
    """
    notes: list[str] = []
    text = searched(query.get("q", ""))
    if len(text) > LONGEST_SEARCH:
        text = text[:LONGEST_SEARCH]
        notes.append(f"The search was cut to {LONGEST_SEARCH} characters.")
    found = OwnerFilter(
        search=text,
        period=parse_period(query.get("period", ""), notes),
        least=_number(query.get("least", ""), "least", notes),
        most=_number(query.get("most", ""), "most", notes),
        active=parse_activity(query.get("active", ""), notes),
        joined_from=parse_day(query.get("joined_from", ""), notes),
        joined_until=parse_day(query.get("joined_until", ""), notes),
        zone=_zone(query.get("zone", ""), zone, notes),
    )
    return _in_order(found, notes), notes


def parse_period(text: str, notes: list[str]) -> Period:
    """Return the period of this name, or the one nearest in length and a note."""
    text = text.strip().lower()
    if text in {"", *Period}:
        return Period(text or Period.ALL)
    digits = text.removesuffix("d")
    found = Period.ALL
    if digits.isascii() and digits.isdigit():
        days = int(digits[:9])
        found = min((p for p in Period if p.days), key=lambda p: abs((p.days or 0) - days))
    notes.append(f"There is no period “{text[:20]}”, so this shows {name_period(found)}.")
    return found


def name_period(period: Period) -> str:
    """Return a period in words: `the last 7 days`."""
    return f"the last {period.days} days" if period.days else "all time"


def parse_day(text: str, notes: list[str]) -> date | None:
    """Return the day written as 2026-03-01, or the nearest there is; add a note when it is another.

    The 31st of June becomes the 30th; what is no day at all becomes None.
    """
    text = text.strip()
    if not text:
        return None
    found = _nearest_day(text)
    if found is None or found.isoformat() != text:
        instead = f"{found} was taken" if found else "it was left out"
        notes.append(f"There is no day “{text[:20]}”, so {instead}.")
    return found


def _nearest_day(text: str) -> date | None:
    try:
        year, month, day = (int(piece) for piece in text.split("-"))
    except ValueError:
        return None
    year, month = min(max(year, FIRST_DAY.year), LAST_DAY.year), min(max(month, 1), 12)
    return date(year, month, min(max(day, 1), monthrange(year, month)[1]))


def _number(text: str, name: str, notes: list[str]) -> int | None:
    text = text.strip()
    if not text:
        return None
    try:
        filters = int(text)
    except ValueError:
        notes.append(f"“{text[:20]}” is no number of items, so it was left out.")
        return None
    found = min(max(filters, 1), MOST_ITEMS)
    if found != filters:
        notes.append(f"Owners have 1 item or more, so {found:,} was taken as the {name}.")
    return found


def parse_activity(text: str, notes: list[str]) -> Activity | None:
    """Return whether those who are active are asked for, or others, or None and a note."""
    text = text.strip().lower()
    if text == YES:
        return "yes"
    if text == NO:
        return "no"
    if text:
        notes.append(f"Active is yes or no, not “{text[:20]}”, so both are shown.")
    return None


def _zone(text: str, default: str, notes: list[str]) -> str:
    if text and zones.find_zone(text) is None:
        notes.append(f"There is no time zone “{text[:40]}”, so days are those of {default}.")
        return default
    return text or default


def _in_order(found: OwnerFilter, notes: list[str]) -> OwnerFilter:
    if found.least is not None and found.most is not None and found.least > found.most:
        notes.append("The least number of items was above the most, so they were swapped.")
        found = replace(found, least=found.most, most=found.least)
    since, until = found.joined_from, found.joined_until
    if since is not None and until is not None and since > until:
        notes.append("The first day was after the last, so they were swapped.")
        found = replace(found, joined_from=until, joined_until=since)
    dated = since is not None or until is not None
    return found if dated else replace(found, zone="UTC")  # it would make equal filters differ


def _start(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
