"""Charts of what came into being in each day, week or month."""

from functools import cache
from typing import Any

import altair as alt
import polars as pl

from core.analytics.frames import to_table
from core.analytics.trends import PARTIAL
from core.calendar.steps import Step
from dashboard.charts.chart import COUNT, PANEL_HEIGHT, ROWS, SHORT, Drawing, Shape, inked

COURSE_HEIGHT = 34
PALE = 0.45
# A tenth of a step is left free between two bars: one pixel would be most of what a narrow one has.
EDGE = "time(datum.day) + 0.9 * (time(datum.end) - time(datum.day))"
STEPS = {Step.DAY: "Day", Step.WEEK: "Week of", Step.MONTH: "Month of"}


def created(steps: pl.DataFrame, *, noun: str, step: Step) -> Drawing:
    """Draw how many came into being in each step; one that is cut or not over yet is pale.

    `steps` has `day`, the first of each step, `partial`, and how many were created by `noun`.
    """
    rows = steps.select("day", PARTIAL, count=noun)
    text = describe(rows, noun=noun, step=step)
    return Drawing(_created(noun, step), to_table(with_ends(rows, step)), text)


def describe(steps: pl.DataFrame, *, noun: str, step: Step) -> str:
    """Return in words how many came into being; of `day`, `partial` and `count`."""
    days, counts = steps["day"], steps["count"].to_list()
    most = max(counts)
    return (
        f"New {noun} by {step}, {days[0]} to {days[-1]}: {sum(counts):,} in all, "
        f"at most {most:,}, in the {step} of {days[counts.index(most)]}{_partial(steps, step)}."
    )


def _partial(steps: pl.DataFrame, step: Step) -> str:
    """Return in words which of the first and the last step are partial."""
    ends = {"first": steps.row(0, named=True), "last": steps.row(-1, named=True)}
    found = {which: row["count"] for which, row in ends.items() if row[PARTIAL]}
    if len(steps) == 1 and found:
        return f"; only part of that {step} counts"
    told = [f"part of the {which} {step} counts, with {count:,}" for which, count in found.items()]
    return f"; only {' and '.join(told)}" if told else ""


def course(days: pl.DataFrame, *, noun: str) -> Drawing:
    """Draw in small how many came into being each day, one bar each, without axes."""
    listed = ", ".join(f"{count:,}" for count in days[noun])
    text = f"New {noun} each day, {days['day'][0]} to {days['day'][-1]}: {listed}."
    return Drawing(_course(noun), to_table(days.select("day", PARTIAL, count=noun)), text)


def with_ends(steps: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Return steps with `end`, the first day after each."""
    return steps.with_columns(end=pl.col("day").dt.offset_by(step.length))


def spanning(base: alt.Chart, **look: Any) -> alt.Chart:
    """Return bars that reach from the `day` of each step nearly to its `end`."""
    bars: alt.Chart = base.mark_bar(orient="vertical", **look).encode(x2="edge:T")
    return bars.transform_calculate(edge=EDGE)


def paler(opacity: float) -> Any:
    """Return an opacity that is less for what is partial, in all charts alike."""
    partial = f"datum.{PARTIAL}"
    return alt.condition(partial, alt.value(PALE * opacity), alt.value(opacity))


def tooltip(noun: str, step: Step) -> list[alt.Tooltip]:
    """Return what a bar says of its `day`, `count` and `partial`."""
    return [
        alt.Tooltip("day:T", title=STEPS[step], format="%-d %B %Y"),
        alt.Tooltip("count:Q", title=noun.capitalize(), format=COUNT),
        alt.Tooltip(f"{PARTIAL}:N", title=f"Part of the {step}"),
    ]


@cache
def _created(noun: str, step: Step) -> Shape:
    days = alt.Axis(grid=False, tickCount=5, labelFlush=True, format="%-d %b %Y", labelOverlap=True)
    counts = alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=4, domain=False, ticks=False)
    bars = spanning(alt.Chart(ROWS)).encode(
        x=alt.X("day:T", title=None, axis=days),
        y=alt.Y("count:Q", title=None, axis=counts),
        opacity=paler(1),
        tooltip=tooltip(noun, step),
    )
    return inked(bars, height=PANEL_HEIGHT)


@cache
def _course(noun: str) -> Shape:
    bars = (
        alt.Chart(ROWS)
        .mark_bar()
        .encode(
            opacity=paler(0.6),
            x=alt.X("day:O", axis=None, scale=alt.Scale(paddingInner=0.25, paddingOuter=0)),
            y=alt.Y("count:Q", axis=None),
            tooltip=tooltip(noun, Step.DAY),
        )
    )
    return inked(bars, height=COURSE_HEIGHT)
