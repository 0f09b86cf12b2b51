"""The filter of owners, shared by the page, its address, the API and exports."""

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
    """Conditions for owners; by default, everybody with at least one item matches.

    `search` is part of the address or name, in any case. `least` and `most` limit the number of
    items, counting only those created in the `period`. `joined_from` and `joined_until` are days in
    `zone`, both inclusive.
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
        """Whether it excludes any owner of items created in the period."""
        asked = (self.least, self.most, self.active, self.joined_from, self.joined_until)
        return bool(self.search) or any(value is not None for value in asked)

    def bounds(self) -> dict[str, object]:
        """Return the query's parameters: item counts, activity, and UTC instants of joining.

        `since` is inclusive, `until` is exclusive; None does not filter.
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
        """Return it as URL parameters, without those that have their default."""
        default = OwnerFilter()
        parameters = {
            NAMES[field.name]: str(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != getattr(default, field.name)
        }
        if self.joined_from is None and self.joined_until is None:
            parameters.pop("zone", None)  # the zone matters only for these days
        return parameters


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
    """Return the filter in URL parameters, correcting invalid values to the nearest valid ones.

    Also returns a warning for people about each correction. `zone` is the default time zone.
    """
    warnings: list[str] = []
    text = searched(query.get("q", ""))
    if len(text) > LONGEST_SEARCH:
        text = text[:LONGEST_SEARCH]
        warnings.append(f"The search was cut to {LONGEST_SEARCH} characters.")
    filters = OwnerFilter(
        search=text,
        period=parse_period(query.get("period", ""), warnings),
        least=_number(query.get("least", ""), "least", warnings),
        most=_number(query.get("most", ""), "most", warnings),
        active=parse_activity(query.get("active", ""), warnings),
        joined_from=parse_day(query.get("joined_from", ""), warnings),
        joined_until=parse_day(query.get("joined_until", ""), warnings),
        zone=_zone(query.get("zone", ""), zone, warnings),
    )
    return _in_order(filters, warnings), warnings


def parse_period(text: str, warnings: list[str]) -> Period:
    """Return the period with this name, or the nearest in length with a warning."""
    text = text.strip().lower()
    if text in {"", *Period}:
        return Period(text or Period.ALL)
    digits = text.removesuffix("d")
    nearest = Period.ALL
    if digits.isascii() and digits.isdigit():
        days = int(digits[:9])
        nearest = min((p for p in Period if p.days), key=lambda p: abs((p.days or 0) - days))
    warnings.append(f"There is no period “{text[:20]}”, so this shows {name_period(nearest)}.")
    return nearest


def name_period(period: Period) -> str:
    """Return the description of a period, such as `the last 7 days`."""
    return f"the last {period.days} days" if period.days else "all time"


def parse_day(text: str, warnings: list[str]) -> date | None:
    """Return the day written as 2026-03-01, or the nearest valid day with a warning.

    The 31st of June becomes the 30th; text that is no date becomes None.
    """
    text = text.strip()
    if not text:
        return None
    day = _nearest_day(text)
    if day is None or day.isoformat() != text:
        instead = f"{day} was taken" if day else "it was left out"
        warnings.append(f"There is no day “{text[:20]}”, so {instead}.")
    return day


def _nearest_day(text: str) -> date | None:
    try:
        year, month, day = (int(piece) for piece in text.split("-"))
    except ValueError:
        return None
    year, month = min(max(year, FIRST_DAY.year), LAST_DAY.year), min(max(month, 1), 12)
    return date(year, month, min(max(day, 1), monthrange(year, month)[1]))


def _number(text: str, name: str, warnings: list[str]) -> int | None:
    text = text.strip()
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        warnings.append(f"“{text[:20]}” is no number of items, so it was left out.")
        return None
    valid = min(max(number, 1), MOST_ITEMS)
    if valid != number:
        warnings.append(f"Owners have 1 item or more, so {valid:,} was taken as the {name}.")
    return valid


def parse_activity(text: str, warnings: list[str]) -> Activity | None:
    """Return the filter by activity; None, with a warning, if the text is invalid."""
    text = text.strip().lower()
    if text == YES:
        return "yes"
    if text == NO:
        return "no"
    if text:
        warnings.append(f"Active is yes or no, not “{text[:20]}”, so both are shown.")
    return None


def _zone(text: str, default: str, warnings: list[str]) -> str:
    if text and zones.find_zone(text) is None:
        warnings.append(f"There is no time zone “{text[:40]}”, so days are those of {default}.")
        return default
    return text or default


def _in_order(filters: OwnerFilter, warnings: list[str]) -> OwnerFilter:
    if filters.least is not None and filters.most is not None and filters.least > filters.most:
        warnings.append("The least number of items was above the most, so they were swapped.")
        filters = replace(filters, least=filters.most, most=filters.least)
    since, until = filters.joined_from, filters.joined_until
    if since is not None and until is not None and since > until:
        warnings.append("The first day was after the last, so they were swapped.")
        filters = replace(filters, joined_from=until, joined_until=since)
    dated = since is not None or until is not None
    return filters if dated else replace(filters, zone="UTC")  # so that equal filters are equal


def _start(day: date, zone: str) -> datetime:
    """Return the instant at which a day begins in a zone."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
