"""Groups counts by quarter of an hour into the days, weeks and months of a time zone.

This happens in Polars because Polars and Python share one time zone database. DuckDB's own is
older: it differed by an hour for eleven zones when this was written.
"""

from enum import StrEnum

import polars as pl


class Step(StrEnum):
    """The calendar unit to group by; weeks begin on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def length(self) -> str:
        """The step as a Polars duration string."""
        return {Step.DAY: "1d", Step.WEEK: "1w", Step.MONTH: "1mo"}[self]


def by_day(quarters: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Sum all columns by day: takes `quarter` (a UTC time), returns `day` (a date in `zone`).

    Days without rows are absent. A quarter of an hour belongs to the day in which it begins.
    Since 1972 every zone's offset from UTC is a whole number of quarters.
    """
    local = pl.col("quarter").dt.convert_time_zone(zone).dt.date().alias("day")
    return quarters.group_by(local).agg(pl.exclude("quarter").sum()).sort("day")


def by_step(days: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Sum all columns by step; `day` becomes the first day of each day, week or month."""
    first = pl.col("day").dt.truncate(step.length)
    return days.group_by(first).agg(pl.exclude("day").sum()).sort("day")
