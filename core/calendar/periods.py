"""The stretches of time that figures look back over, from the instant of a snapshot."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class Span:
    """A stretch of time, which begins after one instant and ends with another."""

    after: datetime
    until: datetime


class Period(StrEnum):
    """All time, or the last so many days: that many times 24 hours, whatever the time zone."""

    ALL = "all"
    DAYS_7 = "7d"
    DAYS_30 = "30d"
    DAYS_90 = "90d"

    @property
    def days(self) -> int | None:
        """How many days it looks back; None for all time."""
        return None if self is Period.ALL else int(self.removesuffix("d"))

    def since(self, taken_at: datetime) -> datetime | None:
        """Return the instant it begins after; what happened at that instant is not in it."""
        return None if self.days is None else taken_at - timedelta(days=self.days)

    def span(self, taken_at: datetime) -> Span | None:
        """Return from when to when it is; None for all time."""
        after = self.since(taken_at)
        return None if after is None else Span(after, taken_at)


LIMITED = (Period.DAYS_7, Period.DAYS_30, Period.DAYS_90)
COMPARED = (Period.DAYS_7, Period.DAYS_30)  # each with the stretch as long before it
