"""What exports are narrowed by, as it comes in addresses: refused where it makes no sense."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from core import audit_log, owner_filter
from core.audit_log import Wanted
from core.errors import Invalid
from core.fields import SEARCH_LENGTH
from core.owner_filter import OwnerFilter
from core.periods import Period

NO_SUCH_FILTER = "There is no such filter."
OF_OWNERS = frozenset(owner_filter.NAMES.values()) - {"zone"}
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
class Search:
    """A text that is looked for."""

    text: str = ""

    def to_query(self) -> dict[str, str]:
        """Return it as the pages have it in their addresses."""
        return {"q": self.text} if self.text else {}


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


def everything(query: Mapping[str, str], _: ZoneInfo) -> Everything:
    """Return filters that narrow nothing; raise `Invalid` when something is asked for."""
    _refuse_others(query, ())
    return Everything()


def search(query: Mapping[str, str], _: ZoneInfo) -> Search:
    """Return the text that is looked for, without outer blanks."""
    _refuse_others(query, {"q"})
    text = query.get("q", "").strip()
    if len(text) > SEARCH_LENGTH:
        raise Invalid({"q": f"Search for at most {SEARCH_LENGTH} characters."})
    return Search(text)


def recent(query: Mapping[str, str], _: ZoneInfo) -> Recent:
    """Return the period."""
    _refuse_others(query, {"period"})
    notes: list[str] = []
    period = owner_filter.parse_period(query.get("period", ""), notes)
    _refuse(notes)
    return Recent(period)


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


def events(query: Mapping[str, str], _: ZoneInfo) -> Wanted:
    """Return which events are asked for."""
    _refuse_others(query, OF_EVENTS)
    return audit_log.parse(query)


def _refuse_others(query: Mapping[str, str], known: Collection[str]) -> None:
    unknown = [name for name in query if name not in known]
    if unknown:
        raise Invalid(dict.fromkeys(unknown, NO_SUCH_FILTER))


def _refuse(notes: list[str]) -> None:
    # A page shows the nearest that makes sense and says so; a file has nowhere to say it.
    if notes:
        raise Invalid({"filters": " ".join(notes)})
