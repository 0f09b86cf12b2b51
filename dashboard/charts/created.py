"""Charts of what was created per day, week or month."""

from functools import cache
from typing import Any

import altair as alt
import polars as pl

from core.analytics.frames import to_table
from core.analytics.trends import PARTIAL
from core.calendar.steps import Step
from dashboard.charts.chart import COUNT, PANEL_HEIGHT, ROWS, SHORT, Chart, Shape, inked

COURSE_HEIGHT = 34
PALE = 0.45
# The gap between bars is a tenth of a step; a fixed pixel would be most of a narrow bar.
EDGE = "time(datum.day) + 0.9 * (time(datum.end) - time(datum.day))"
STEPS = {Step.DAY: "Day", Step.WEEK: "Week of", Step.MONTH: "Month of"}


def created(steps: pl.DataFrame, *, noun: str, step: Step) -> Chart:
    """Draw the number created per step; partial steps are pale.

    `steps` has `day` (the first day of each step), `partial`, and the count in the column `noun`.
    """
    rows = steps.select("day", PARTIAL, count=noun)
    text = describe(rows, noun=noun, step=step)
    return Chart(_created(noun, step), to_table(with_ends(rows, step)), text)


def describe(steps: pl.DataFrame, *, noun: str, step: Step) -> str:
    """Return the text alternative for steps with `day`, `partial` and `count`."""
    days, counts = steps["day"], steps["count"].to_list()
    most = max(counts)
    return (
        f"New {noun} by {step}, {days[0]} to {days[-1]}: {sum(counts):,} in all, "
        f"at most {most:,}, in the {step} of {days[counts.index(most)]}{_partial(steps, step)}."
    )


def _partial(steps: pl.DataFrame, step: Step) -> str:
    """Return the end of the sentence, if the first or last step is partial."""
    ends = {"first": steps.row(0, named=True), "last": steps.row(-1, named=True)}
    partial = {which: row["count"] for which, row in ends.items() if row[PARTIAL]}
    if len(steps) == 1 and partial:
        return f"; only part of that {step} counts"
    phrases = [
        f"part of the {which} {step} counts, with {count:,}" for which, count in partial.items()
    ]
    return f"; only {' and '.join(phrases)}" if phrases else ""


def sparkline(days: pl.DataFrame, *, noun: str) -> Chart:
    """Draw a sparkline of the number created per day: one bar per day, no axes."""
    listed = ", ".join(f"{count:,}" for count in days[noun])
    text = f"New {noun} each day, {days['day'][0]} to {days['day'][-1]}: {listed}."
    return Chart(_sparkline_shape(noun), to_table(days.select("day", PARTIAL, count=noun)), text)


def with_ends(steps: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Add the column `end`, the first day after each step."""
    return steps.with_columns(end=pl.col("day").dt.offset_by(step.length))


def spanning(base: alt.Chart, **look: Any) -> alt.Chart:
    """Return bars from the `day` of each step almost to its `end`."""
    bars: alt.Chart = base.mark_bar(orient="vertical", **look).encode(x2="edge:T")
    return bars.transform_calculate(edge=EDGE)


def paler(opacity: float) -> Any:
    """Return an opacity that is lower for partial steps, by the same factor in all charts."""
    partial = f"datum.{PARTIAL}"
    return alt.condition(partial, alt.value(PALE * opacity), alt.value(opacity))


def tooltip(noun: str, step: Step) -> list[alt.Tooltip]:
    """Return the tooltip of a bar, for the columns `day`, `count` and `partial`."""
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
def _sparkline_shape(noun: str) -> Shape:
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
