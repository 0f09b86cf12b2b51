"""Which items or users somebody asks for: one filter, for the page, its address and exports."""

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
    """What rows have in common; by default nothing.

    `search` is a text that is looked for. `owner` is the id of a user, of items alone; `active` is
    of users alone. The rows were created in the `period`.
    """

    search: str = ""
    owner: int | None = None
    active: Activity | None = None
    period: Period = Period.ALL

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != RowFilter()

    def bounds(self, taken_at: datetime) -> dict[str, object]:
        """Return what a query of a snapshot of that instant compares with; None is not asked for.

        Rows match that were created after `after`, and not after `until`.
        """
        after = self.period.since(taken_at)
        return {"after": after, "until": after and taken_at}

    @property
    def is_active(self) -> bool | None:
        """Whether those who are active are asked for, or others; None for both."""
        return None if self.active is None else self.active == YES

    def to_query(self) -> dict[str, str]:
        """Return it as query parameters, without what is left at its default."""
        period = self.period.value if self.period.days else None
        given = {"q": self.search, "owner": self.owner, "active": self.active, "period": period}
        return {name: str(value) for name, value in given.items() if value}


def parse(query: Mapping[str, str], *, noun: Noun) -> tuple[RowFilter, list[str]]:
    """Return the filter that query parameters ask for, or the nearest that makes sense.

    With it comes a sentence for people about each thing that was not taken as it is.
    """
    notes: list[str] = []
    return RowFilter(
        search=searched(query.get("q", "")),
        owner=parse_owner(query, notes) if noun == "items" else None,
        active=parse_activity(query.get("active", ""), notes) if noun == "users" else None,
        period=parse_period(query.get("period", ""), notes),
    ), notes
