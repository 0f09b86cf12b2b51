"""Series over days, weeks and months, cut to what a chart can show."""

from datetime import date

import polars as pl

from core.days import Step
from core.trend_filter import Window
from core.trends import IN_ALL, between

SHOWN = {Step.DAY: 60, Step.WEEK: 52, Step.MONTH: 36}  # steps on an overview
MOST_STEPS = 4_000  # of a chart that can be zoomed; more than ten years of days


def recent(steps: pl.DataFrame, step: Step, *, until: date) -> pl.DataFrame:
    """Return as many of the last steps, up to that of `until`, as an overview shows."""
    return steps.filter(pl.col("day") <= until).tail(SHOWN[step])


def curve(counted: pl.DataFrame) -> pl.DataFrame:
    """Return rank and item_count along the whole ranking: both ends of each level, thinned.

    `counted` is a result of `core.metrics.item_counts`. Levels that a chart with logarithmic axes
    cannot tell apart are one.
    """
    ends = counted.with_columns(last=pl.col("users").cum_sum()).with_columns(
        first=pl.col("last") - pl.col("users") + 1
    )
    both = pl.concat(
        [ends.select("item_count", rank=pl.col(name).cast(pl.Int64)) for name in ("first", "last")]
    )
    pixel = (pl.col("rank").log(10) * 100).round().cast(pl.Int32)
    return (
        both.sort("rank").group_by(pixel.alias("pixel"), maintain_order=True).last().drop("pixel")
    )


def drawn(steps: pl.DataFrame, noun: str, *, total: bool) -> pl.DataFrame:
    """Return `day` and `count` of as many of the last steps as a chart has room for.

    `steps` is a result of `core.trends.steps`; `total` counts all up to then.
    """
    column = IN_ALL.format(noun) if total else noun
    return steps.select("day", count=column).tail(MOST_STEPS)


def clip(steps: pl.DataFrame, window: Window) -> tuple[date, date] | None:
    """Return the part of a window that a series reaches, or None for all of it."""
    first, last = window.first, window.last
    if first is None and last is None:
        return None
    start, end = steps["day"][0], steps["day"][-1]
    return min(max(first or start, start), end), max(min(last or end, end), start)


def facts(steps: pl.DataFrame, noun: str, step: Step, window: Window) -> dict[str, str]:
    """Return the figures of the steps that begin within a window, by what they are called."""
    within = between(steps, window)
    if within.is_empty():
        return {f"New {noun}": "0"}
    counts = [int(count) for count in within[noun]]
    most = within["day"][counts.index(max(counts))]
    before = int(steps.filter(pl.col("day") < within["day"][0])[noun].sum())
    return {
        f"New {noun}": f"{sum(counts):,}",
        "In all at the end": f"{before + sum(counts):,}",
        f"Mean by {step}": f"{sum(counts) / len(counts):,.1f}",
        f"Most, {most}": f"{max(counts):,}",
    }
