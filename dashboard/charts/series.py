"""Prepares series of days, weeks and months for charts, cut to what a chart can show."""

import polars as pl

from core.analytics.owner_filter import FIRST_DAY
from core.analytics.trend_filter import Window
from core.analytics.trends import IN_ALL, PARTIAL
from core.calendar.steps import Step
from dashboard.charts import rounding

RECENT_STEPS = {Step.DAY: 60, Step.WEEK: 52, Step.MONTH: 36}  # steps on an overview
MOST_STEPS = 4_000  # in a chart that can be zoomed; more than ten years of days
PALE = "A pale {step} is partial: it is cut by the range, or not over yet."


def recent(steps: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Return the last steps, as many as the overview shows."""
    return steps.tail(RECENT_STEPS[step])


def curve(counted: pl.DataFrame) -> pl.DataFrame:
    """Return points of `rank` and `item_count` along the whole ranking, for `owners.curve`.

    `counted` comes from `metrics.item_counts`. Each count contributes its first and last rank.
    Points that fall on the same pixel of a logarithmic axis become one.
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
    """Return `day`, `count` and `partial` of the last steps, as many as a chart can show.

    `steps` comes from `core.analytics.trends.steps`; with `total`, counts are cumulative.
    """
    column = IN_ALL.format(noun) if total else noun
    return steps.select("day", PARTIAL, count=column).tail(MOST_STEPS)


def cut(window: Window, drawn: pl.DataFrame) -> Window:
    """Return the part of a window that the drawn steps cover."""
    return Window(max(window.first or FIRST_DAY, drawn["day"][0]), window.last)


def is_nothing(steps: pl.DataFrame, noun: str) -> bool:
    """Tell whether there is nothing to draw: no steps, or nothing created by their end."""
    return steps.is_empty() or not steps[IN_ALL.format(noun)][-1]


def remarks(steps: pl.DataFrame, step: Step) -> list[str]:
    """Return a sentence about partial steps, if there are any."""
    return [PALE.format(step=step)] if steps[PARTIAL].any() else []


def facts(steps: pl.DataFrame, noun: str, step: Step) -> dict[str, str]:
    """Return the figures about the steps of a window, by label.

    The mean is taken over whole steps, if there are any, as partial ones would distort it.
    """
    counts = steps[noun].to_list()
    whole = steps.filter(~pl.col(PARTIAL))[noun].to_list() or counts
    most = steps["day"][counts.index(max(counts))]
    return {
        f"New {noun}": f"{sum(counts):,}",
        "In all at the end": f"{steps[IN_ALL.format(noun)][-1]:,}",
        f"Mean by {step}": rounding.mean(sum(whole), len(whole)),
        f"Most, {most}": f"{max(counts):,}",
    }
