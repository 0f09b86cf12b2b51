"""The chart of trends: the whole time in small, and what is brushed of it in large above."""

from datetime import date
from functools import cache
from typing import Any

import altair as alt
import polars as pl

from core.days import Step
from core.frames import to_table
from dashboard.created_charts import spanning, tooltip, with_ends
from dashboard.drawing import PADDING, ROWS, SHORT, Drawing, Shape, inked, shape

DETAIL_HEIGHT, WHOLE_HEIGHT = 280, 56
# The steps that reach into the brush, also the one in which it begins.
BRUSHED = "!isValid(brush.day) || (datum.day <= brush.day[1] && datum.end > brush.day[0])"
LAST_MOMENT = {"hours": 23, "minutes": 59, "seconds": 59, "milliseconds": 999}  # a day seen whole


def trend(
    steps: pl.DataFrame, *, noun: str, step: Step, total: bool, window: tuple[date, date] | None
) -> Drawing:
    """Draw `day` and `count`; `total` says that counts are those of all time up to then.

    What is dragged out of the lower chart is shown in the upper one; `window` is what is at first.
    """
    text = describe(steps, noun=noun, step=step, total=total)
    brushed = {} if window is None else {"brush": {"x": _whole_days(*window)}}
    rows = to_table(with_ends(steps, step))
    return Drawing(_trend(noun, step, total=total), rows, text, brushed)


def still(steps: pl.DataFrame, *, noun: str, step: Step, total: bool) -> Drawing:
    """Draw the same `day` and `count` whole, with nothing to drag: for a picture."""
    text = describe(steps, noun=noun, step=step, total=total)
    return Drawing(_still(noun, step, total=total), to_table(with_ends(steps, step)), text)


def describe(steps: pl.DataFrame, *, noun: str, step: Step, total: bool) -> str:
    """Return in words what the chart shows."""
    days, counts = steps["day"], steps["count"].to_list()
    span = f"{days[0]} to {days[-1]}"
    if total:
        return (
            f"{noun.capitalize()} in all by {step}, {span}: from {counts[0]:,} to {counts[-1]:,}."
        )
    most = max(counts)
    return (
        f"New {noun} by {step}, {span}: {sum(counts):,} in all, "
        f"at most {most:,}, in the {step} of {days[counts.index(most)]}."
    )


@cache
def _trend(noun: str, step: Step, *, total: bool) -> Shape:
    brush = alt.selection_interval(encodings=["x"], name="brush")
    base = alt.Chart(ROWS)
    axis = alt.Axis(grid=False, tickCount=6, labelFlush=True)
    small = (
        _mark(base, total=total, opacity=0.5, axis=axis)
        .encode(y=alt.Y("count:Q", title=None, axis=None))
        .add_params(brush)
        .properties(height=WHOLE_HEIGHT)
    )
    brushed = alt.Scale(domain=brush)
    large = _large(base, noun=noun, step=step, total=total, scale=brushed)
    large = large.transform_filter(BRUSHED).properties(height=DETAIL_HEIGHT)
    chart = alt.vconcat(large, small, spacing=12, padding=PADDING)
    # As SVG the brush has a role and no name; on a canvas all has one name, the description. The
    # colours of its text are the theme's, as a canvas does not know that of where it stands.
    return shape(chart.properties(usermeta={"embedOptions": {"renderer": "canvas"}}))


@cache
def _still(noun: str, step: Step, *, total: bool) -> Shape:
    chart = _large(alt.Chart(ROWS), noun=noun, step=step, total=total)
    return inked(chart, height=DETAIL_HEIGHT)


def _large(base: alt.Chart, *, noun: str, step: Step, total: bool, **x: Any) -> alt.Chart:
    chart: alt.Chart = _mark(base, total=total, opacity=1, axis=_days(), **x).encode(
        y=alt.Y("count:Q", title=None, axis=_counts(), scale=alt.Scale(zero=not total)),
        tooltip=tooltip(noun, step),
    )
    return chart


def _mark(base: alt.Chart, *, total: bool, opacity: float, **x: Any) -> alt.Chart:
    if total:
        marks = base.mark_area(
            interpolate="step-after", opacity=0.25 * opacity, line=True, clip=True
        )
    else:
        marks = spanning(base, opacity=opacity, clip=True)
    days = alt.X("day:T", title=None, **x)
    chart: alt.Chart = marks.encode(x=days)
    return chart


def _whole_days(first: date, last: date) -> list[dict[str, int]]:
    """Return from when to when some days are, as Vega-Lite writes moments of the reader's clock."""
    start, end = ({"year": day.year, "month": day.month, "date": day.day} for day in (first, last))
    return [start, end | LAST_MOMENT]


def _days() -> alt.Axis:
    return alt.Axis(grid=False, tickCount=6, labelFlush=True, labelOverlap=True)


def _counts() -> alt.Axis:
    return alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=5, domain=False, ticks=False)
