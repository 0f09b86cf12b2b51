"""The periods that analytics look back over, counted from the time of a snapshot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class Span:
    """A span of time: `after` is excluded, `until` is included."""

    after: datetime
    until: datetime


class Period(StrEnum):
    """All time, or the last 7, 30 or 90 days; a day is 24 hours, whatever the time zone."""

    ALL = "all"
    DAYS_7 = "7d"
    DAYS_30 = "30d"
    DAYS_90 = "90d"

    @property
    def days(self) -> int | None:
        """Length in days; None for all time."""
        return None if self is Period.ALL else int(self.removesuffix("d"))

    def since(self, taken_at: datetime) -> datetime | None:
        """Return the exclusive start of the period, or None for all time."""
        return None if self.days is None else taken_at - timedelta(days=self.days)

    def span(self, taken_at: datetime) -> Span | None:
        """Return the span that ends at `taken_at`; None for all time."""
        after = self.since(taken_at)
        return None if after is None else Span(after, taken_at)


LIMITED = (Period.DAYS_7, Period.DAYS_30, Period.DAYS_90)
COMPARED = (Period.DAYS_7, Period.DAYS_30)  # each is compared with the same span before it
