"""Charts of what came into being in each day, week or month."""

from functools import cache
from typing import Any

import altair as alt
import polars as pl

from core.days import Step
from core.frames import to_table
from dashboard.drawing import COUNT, PANEL_HEIGHT, ROWS, SHORT, Drawing, Shape, inked

COURSE_HEIGHT = 34
PALE = 0.45
# A tenth of a step is left free between two bars: one pixel would be most of what a narrow one has.
EDGE = "time(datum.day) + 0.9 * (time(datum.end) - time(datum.day))"
STEPS = {Step.DAY: "Day", Step.WEEK: "Week of", Step.MONTH: "Month of"}


def created(steps: pl.DataFrame, *, noun: str, step: Step) -> Drawing:
    """Draw how many came into being in each step; the last one is not over yet, so it is pale.

    `steps` has `day`, the first of each step, and, named by `noun`, how many were created in it.
    """
    rows = steps.select("day", count=noun, whole=pl.col("day") < pl.col("day").max())
    counts = steps[noun].to_list()
    most = max(counts)
    text = (
        f"New {noun} by {step}, {steps['day'][0]} to {steps['day'][-1]}: {sum(counts):,} in all, "
        f"at most {most:,}, in the {step} of {steps['day'][counts.index(most)]}; "
        f"{counts[-1]:,} in the last one so far."
    )
    return Drawing(_created(noun, step), to_table(with_ends(rows, step)), text)


def course(days: pl.DataFrame, *, noun: str) -> Drawing:
    """Draw in small how many came into being each day, one bar each, without axes."""
    listed = ", ".join(f"{count:,}" for count in days[noun])
    text = f"New {noun} each day, {days['day'][0]} to {days['day'][-1]}: {listed}."
    return Drawing(_course(noun), to_table(days.select("day", count=noun)), text)


def with_ends(steps: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Return steps with `end`, the first day after each."""
    return steps.with_columns(end=pl.col("day").dt.offset_by(step.length))


def spanning(base: alt.Chart, **look: Any) -> alt.Chart:
    """Return bars that reach from the `day` of each step nearly to its `end`."""
    bars: alt.Chart = base.mark_bar(orient="vertical", **look).encode(x2="edge:T")
    return bars.transform_calculate(edge=EDGE)


def tooltip(noun: str, step: Step) -> list[alt.Tooltip]:
    """Return what a bar says of its `day` and `count`."""
    return [
        alt.Tooltip("day:T", title=STEPS[step], format="%-d %B %Y"),
        alt.Tooltip("count:Q", title=noun.capitalize(), format=COUNT),
    ]


@cache
def _created(noun: str, step: Step) -> Shape:
    days = alt.Axis(grid=False, tickCount=5, labelFlush=True, format="%-d %b %Y", labelOverlap=True)
    counts = alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=4, domain=False, ticks=False)
    bars = spanning(alt.Chart(ROWS)).encode(
        x=alt.X("day:T", title=None, axis=days),
        y=alt.Y("count:Q", title=None, axis=counts),
        opacity=alt.condition("datum.whole", alt.value(1), alt.value(PALE)),
        tooltip=tooltip(noun, step),
    )
    return inked(bars, height=PANEL_HEIGHT)


@cache
def _course(noun: str) -> Shape:
    bars = alt.Chart(ROWS).mark_bar(opacity=0.6)
    bars = bars.encode(
        x=alt.X("day:O", axis=None, scale=alt.Scale(paddingInner=0.25, paddingOuter=0)),
        y=alt.Y("count:Q", axis=None),
        tooltip=tooltip(noun, Step.DAY),
    )
    return inked(bars, height=COURSE_HEIGHT)
