"""Reads the filters of exports from query parameters; it refuses invalid ones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from core.analytics import owner_filter, trend_filter
from core.analytics.owner_filter import OwnerFilter
from core.analytics.row_filter import RowFilter
from core.analytics.trend_filter import TrendFilter
from core.audit import search
from core.audit.search import EventFilter
from core.calendar.periods import Period
from core.db.fields import SEARCH_LENGTH
from core.errors import Invalid
from core.text.characters import searched

NO_SUCH_FILTER = "There is no such filter."
NO_NUMBER = "This is a whole number, 1 or more."
LONGEST_NUMBER = 12  # digits
OF_OWNERS = frozenset(owner_filter.NAMES.values()) - {"zone"}
OF_TRENDS = frozenset({"step", "owner", "from", "until"})
OF_ITEMS = frozenset({"q", "owner", "period"})
OF_USERS = frozenset({"q", "active", "period"})
OF_EVENTS = frozenset({"q", "who", "action", "outcome", "period"})


class Filters(Protocol):
    """The filters of a dataset."""

    def to_query(self) -> dict[str, str]:
        """Return the query parameters; the page that shows the dataset has the same."""


@dataclass(frozen=True)
class Everything:
    """No filters: the whole dataset."""

    def to_query(self) -> dict[str, str]:
        """Return an empty mapping, as there are no parameters."""
        return {}


@dataclass(frozen=True)
class Recent:
    """A filter by period."""

    period: Period = Period.ALL

    def to_query(self) -> dict[str, str]:
        """Return the period, unless it is all time."""
        return {} if self.period is Period.ALL else {"period": self.period.value}


@dataclass(frozen=True)
class Days:
    """The time zone in which days are counted."""

    zone: str = "UTC"

    def to_query(self) -> dict[str, str]:
        """Return the zone as the only parameter."""
        return {"zone": self.zone}


@dataclass(frozen=True)
class OwnersPage:
    """One page of the matching owners; pages are numbered from 1, as on screen."""

    owners: OwnerFilter
    number: int = 1

    def to_query(self) -> dict[str, str]:
        """Return the owner filters and the page number."""
        return {**self.owners.to_query(), "page": str(self.number)}


@dataclass(frozen=True)
class Ranks:
    """A range of ranks among the owners of a period."""

    period: Period
    first: int
    last: int

    def to_query(self) -> dict[str, str]:
        """Return the period and the ranks."""
        return {**Recent(self.period).to_query(), "first": str(self.first), "last": str(self.last)}


def everything(query: Mapping[str, str], _: ZoneInfo) -> Everything:
    """Return no filters; raise `Invalid` if there is any parameter."""
    _refuse_others(query, ())
    return Everything()


def items(query: Mapping[str, str], _: ZoneInfo) -> RowFilter:
    """Return the filters of items; raise `Invalid`."""
    _refuse_others(query, OF_ITEMS)
    warnings: list[str] = []
    owner = trend_filter.parse_owner(query, warnings)
    filters = RowFilter(_search(query), owner=owner, period=_period(query, warnings))
    _refuse(warnings)
    return filters


def users(query: Mapping[str, str], _: ZoneInfo) -> RowFilter:
    """Return the filters of users; raise `Invalid`."""
    _refuse_others(query, OF_USERS)
    warnings: list[str] = []
    active = owner_filter.parse_activity(query.get("active", ""), warnings)
    filters = RowFilter(_search(query), active=active, period=_period(query, warnings))
    _refuse(warnings)
    return filters


def recent(query: Mapping[str, str], _: ZoneInfo) -> Recent:
    """Return the period; raise `Invalid`."""
    _refuse_others(query, {"period"})
    warnings: list[str] = []
    filters = Recent(_period(query, warnings))
    _refuse(warnings)
    return filters


def days(query: Mapping[str, str], zone: ZoneInfo) -> Days:
    """Return the reader's zone; raise `Invalid` if there is any parameter."""
    _refuse_others(query, ())
    return Days(zone.key)


def owners(query: Mapping[str, str], zone: ZoneInfo) -> OwnerFilter:
    """Return the filters of owners; dates are days in the reader's zone. Raises `Invalid`."""
    _refuse_others(query, OF_OWNERS)
    filters, warnings = owner_filter.parse(query, zone=zone.key)
    _refuse(warnings)
    return filters


def owners_page(query: Mapping[str, str], zone: ZoneInfo) -> OwnersPage:
    """Return the filters of owners and the page number; raise `Invalid`."""
    others = {name: value for name, value in query.items() if name != "page"}
    return OwnersPage(owners(others, zone), _number(query, "page"))


def ranks(query: Mapping[str, str], zone: ZoneInfo) -> Ranks:
    """Return the period and the range of ranks; raise `Invalid`."""
    others = {name: value for name, value in query.items() if name not in {"first", "last"}}
    first, last = _number(query, "first"), _number(query, "last")
    return Ranks(recent(others, zone).period, min(first, last), max(first, last))


def trends(query: Mapping[str, str], zone: ZoneInfo) -> TrendFilter:
    """Return the filters of trends; steps are those of the reader's zone. Raises `Invalid`."""
    _refuse_others(query, OF_TRENDS)
    filters, warnings = trend_filter.parse(query, zone=zone.key)
    _refuse(warnings)
    return filters


def events(query: Mapping[str, str], _: ZoneInfo) -> EventFilter:
    """Return the filters of audit events; raise `Invalid` for an unknown parameter."""
    _refuse_others(query, OF_EVENTS)
    return search.parse(query)


def _search(query: Mapping[str, str]) -> str:
    text = searched(query.get("q", ""))
    if len(text) > SEARCH_LENGTH:
        raise Invalid({"q": f"Search for at most {SEARCH_LENGTH} characters."})
    return text


def _period(query: Mapping[str, str], warnings: list[str]) -> Period:
    return owner_filter.parse_period(query.get("period", ""), warnings)


def _refuse_others(query: Mapping[str, str], known: Collection[str]) -> None:
    unknown = [name for name in query if name not in known]
    if unknown:
        raise Invalid(dict.fromkeys(unknown, NO_SUCH_FILTER))


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "1").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER and int(text)):
        raise Invalid({name: NO_NUMBER})
    return int(text)


def _refuse(warnings: list[str]) -> None:
    # A page corrects invalid filters and shows a warning; a file has no place for a warning.
    if warnings:
        raise Invalid({"filters": " ".join(warnings)})
