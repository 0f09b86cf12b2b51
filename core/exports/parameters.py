"""What exports are narrowed by, as it comes in addresses: refused where it makes no sense."""

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
    """What narrows a question."""

    def to_query(self) -> dict[str, str]:
        """Return it as query parameters, those of the page that shows the answer."""


@dataclass(frozen=True)
class Everything:
    """Filters that narrow nothing."""

    def to_query(self) -> dict[str, str]:
        """Return no parameters."""
        return {}


@dataclass(frozen=True)
class Recent:
    """A period that is looked back over."""

    period: Period = Period.ALL

    def to_query(self) -> dict[str, str]:
        """Return it as the pages have it in their addresses."""
        return {} if self.period is Period.ALL else {"period": self.period.value}


@dataclass(frozen=True)
class Days:
    """The time zone that days begin and end in."""

    zone: str = "UTC"

    def to_query(self) -> dict[str, str]:
        """Return the zone."""
        return {"zone": self.zone}


@dataclass(frozen=True)
class OwnersPage:
    """One page of the owners whom a filter leaves, as the screen numbers them."""

    owners: OwnerFilter
    number: int = 1

    def to_query(self) -> dict[str, str]:
        """Return it as the page has it in its address."""
        return {**self.owners.to_query(), "page": str(self.number)}


@dataclass(frozen=True)
class Ranks:
    """The ranks that are looked at, among all owners of items of a period."""

    period: Period
    first: int
    last: int

    def to_query(self) -> dict[str, str]:
        """Return the period and the ranks."""
        return {**Recent(self.period).to_query(), "first": str(self.first), "last": str(self.last)}


def everything(query: Mapping[str, str], _: ZoneInfo) -> Everything:
    """Return filters that narrow nothing; raise `Invalid` when something is asked for."""
    _refuse_others(query, ())
    return Everything()


def items(query: Mapping[str, str], _: ZoneInfo) -> RowFilter:
    """Return which items are asked for."""
    _refuse_others(query, OF_ITEMS)
    notes: list[str] = []
    owner = trend_filter.parse_owner(query, notes)
    found = RowFilter(_search(query), owner=owner, period=_period(query, notes))
    _refuse(notes)
    return found


def users(query: Mapping[str, str], _: ZoneInfo) -> RowFilter:
    """Return which users are asked for."""
    _refuse_others(query, OF_USERS)
    notes: list[str] = []
    active = owner_filter.parse_activity(query.get("active", ""), notes)
    found = RowFilter(_search(query), active=active, period=_period(query, notes))
    _refuse(notes)
    return found


def recent(query: Mapping[str, str], _: ZoneInfo) -> Recent:
    """Return the period."""
    _refuse_others(query, {"period"})
    notes: list[str] = []
    found = Recent(_period(query, notes))
    _refuse(notes)
    return found


def days(query: Mapping[str, str], zone: ZoneInfo) -> Days:
    """Return the zone of the days, which is the reader's."""
    _refuse_others(query, ())
    return Days(zone.key)


def owners(query: Mapping[str, str], zone: ZoneInfo) -> OwnerFilter:
    """Return which owners are asked for; days of joining are those of the reader's zone."""
    _refuse_others(query, OF_OWNERS)
    found, notes = owner_filter.parse(query, zone=zone.key)
    _refuse(notes)
    return found


def owners_page(query: Mapping[str, str], zone: ZoneInfo) -> OwnersPage:
    """Return which owners are asked for, and which page of them."""
    others = {name: value for name, value in query.items() if name != "page"}
    return OwnersPage(owners(others, zone), _number(query, "page"))


def ranks(query: Mapping[str, str], zone: ZoneInfo) -> Ranks:
    """Return the period, and the ranks that are looked at in it."""
    others = {name: value for name, value in query.items() if name not in {"first", "last"}}
    first, last = _number(query, "first"), _number(query, "last")
    return Ranks(recent(others, zone).period, min(first, last), max(first, last))


def trends(query: Mapping[str, str], zone: ZoneInfo) -> TrendFilter:
    """Return which steps are asked for; they are those of the reader's zone."""
    _refuse_others(query, OF_TRENDS)
    found, notes = trend_filter.parse(query, zone=zone.key)
    _refuse(notes)
    return found


def events(query: Mapping[str, str], _: ZoneInfo) -> EventFilter:
    """Return which events are asked for."""
    _refuse_others(query, OF_EVENTS)
    return search.parse(query)


def _search(query: Mapping[str, str]) -> str:
    text = searched(query.get("q", ""))
    if len(text) > SEARCH_LENGTH:
        raise Invalid({"q": f"Search for at most {SEARCH_LENGTH} characters."})
    return text


def _period(query: Mapping[str, str], notes: list[str]) -> Period:
    return owner_filter.parse_period(query.get("period", ""), notes)


def _refuse_others(query: Mapping[str, str], known: Collection[str]) -> None:
    unknown = [name for name in query if name not in known]
    if unknown:
        raise Invalid(dict.fromkeys(unknown, NO_SUCH_FILTER))


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "1").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER and int(text)):
        raise Invalid({name: NO_NUMBER})
    return int(text)


def _refuse(notes: list[str]) -> None:
    # A page shows the nearest that makes sense and says so; a file has nowhere to say it.
    if notes:
        raise Invalid({"filters": " ".join(notes)})
