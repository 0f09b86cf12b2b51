"""Quarters of an hour gathered into the days, weeks and months of a time zone.

Polars and Python read the same time zone database; DuckDB's own is older, and differed by an hour
for eleven zones when this was written.
"""

from enum import StrEnum

import polars as pl


class Step(StrEnum):
    """How long a stretch of a calendar is; weeks begin on Monday (ISO 8601)."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def length(self) -> str:
        """The step as Polars writes it."""
        return {Step.DAY: "1d", Step.WEEK: "1w", Step.MONTH: "1mo"}[self]


def by_day(quarters: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Return day (date in `zone`) with the other columns added up; of `quarter`, an instant.

    Days without any are absent. A quarter of an hour belongs to the day in which it begins; zones
    are whole quarters away from UTC since 1972.
    """
    local = pl.col("quarter").dt.convert_time_zone(zone).dt.date().alias("day")
    return quarters.group_by(local).agg(pl.exclude("quarter").sum()).sort("day")


def by_step(days: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Return `day` as the first of each day, week or month, with the other columns added up."""
    first = pl.col("day").dt.truncate(step.length)
    return days.group_by(first).agg(pl.exclude("day").sum()).sort("day")
