"""Series over days, made of how many rows came into being on each."""

from datetime import date, timedelta

import polars as pl

RECENT_DAYS = 30


def cumulative(per_day: pl.DataFrame, *, noun: str, until: date) -> pl.DataFrame:
    """Return day, created and total, from the day before the first up to `until`."""
    known = per_day.select("day", created=pl.col(noun)).filter(pl.col("created") > 0).sort("day")
    first = (known["day"][0] if len(known) else until) - timedelta(days=1)
    last = max(until, known["day"][-1]) if len(known) else until
    edges = pl.DataFrame({"day": [first, last], "created": [0, 0]}, schema=known.schema)
    return (
        pl.concat([known, edges])
        .group_by("day")
        .agg(pl.col("created").sum())
        .sort("day")
        .with_columns(total=pl.col("created").cum_sum())
    )


def thinned(steps: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return evenly chosen rows, about `most` of them, the last one included."""
    every = max(1, -(-len(steps) // most))
    return steps.reverse().gather_every(every).reverse()


def recent(per_day: pl.DataFrame, *, noun: str, until: date) -> int:
    """Return how many were created in the 30 days that end with `until`."""
    window = pl.col("day").is_between(until - timedelta(days=RECENT_DAYS - 1), until)
    return int(per_day.filter(window)[noun].sum())
