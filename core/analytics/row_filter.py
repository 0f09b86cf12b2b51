"""The filter of items or users, shared by the page, its address, the API and exports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.analytics.owner_filter import YES, Activity, parse_activity, parse_period
from core.analytics.trend_filter import parse_owner
from core.calendar.periods import Period
from core.text.characters import searched

Noun = Literal["items", "users"]


@dataclass(frozen=True)
class RowFilter:
    """Conditions for rows; by default all rows match.

    Each word of `search` must occur in the row. `owner`, a user id, is only for items, `active`
    only for users. The rows were created in the `period`.
    """

    search: str = ""
    owner: int | None = None
    active: Activity | None = None
    period: Period = Period.ALL

    @property
    def narrows(self) -> bool:
        """Whether it has any condition."""
        return self != RowFilter()

    def bounds(self, taken_at: datetime) -> dict[str, object]:
        """Return a query's parameters for a snapshot taken at that instant.

        `after` is exclusive, `until` is inclusive; None does not filter.
        """
        after = self.period.since(taken_at)
        return {"after": after, "until": after and taken_at}

    @property
    def is_active(self) -> bool | None:
        """The filter by activity as a boolean; None matches both."""
        return None if self.active is None else self.active == YES

    def to_query(self) -> dict[str, str]:
        """Return it as URL parameters, without those that have their default."""
        period = self.period.value if self.period.days else None
        values = {"q": self.search, "owner": self.owner, "active": self.active, "period": period}
        return {name: str(value) for name, value in values.items() if value}


def parse(query: Mapping[str, str], *, noun: Noun) -> tuple[RowFilter, list[str]]:
    """Return the filter in URL parameters, correcting invalid values to the nearest valid ones.

    Also returns a warning for people about each correction.
    """
    warnings: list[str] = []
    return RowFilter(
        search=searched(query.get("q", "")),
        owner=parse_owner(query, warnings) if noun == "items" else None,
        active=parse_activity(query.get("active", ""), warnings) if noun == "users" else None,
        period=parse_period(query.get("period", ""), warnings),
    ), warnings
