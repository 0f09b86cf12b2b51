"""The chart of trends: a small overview below, and the brushed range of it enlarged above."""

from functools import cache
from typing import Any

import altair as alt
import polars as pl
import pyarrow as pa

from core.analytics.frames import to_table
from core.analytics.trends import PARTIAL
from core.calendar.steps import Step
from dashboard.charts.chart import PADDING, ROWS, SHORT, Chart, Shape, inked, shape
from dashboard.charts.created import describe, paler, spanning, tooltip, with_ends

DETAIL_HEIGHT, WHOLE_HEIGHT = 280, 56
# Selects the steps that overlap the brush, including the one in which it begins.
BRUSHED = "!isValid(brush.{x}) || (datum.day <= brush.{x}[1] && datum.end > brush.{x}[0])"
ENDS = "[time(datum.day), time(datum.end)]"


def trend(steps: pl.DataFrame, *, noun: str, step: Step, total: bool) -> Chart:
    """Draw `day` and `count`, with partial steps pale; with `total`, counts are cumulative.

    Dragging across the lower chart selects the range of the upper one.
    """
    shape = _trend(noun, step, total=total)
    return Chart(shape, _rows(steps, step), _describe(steps, noun, step, total=total))


def still(steps: pl.DataFrame, *, noun: str, step: Step, total: bool) -> Chart:
    """Draw the same without interaction, for a picture."""
    shape = _still(noun, step, total=total)
    return Chart(shape, _rows(steps, step), _describe(steps, noun, step, total=total))


def _rows(steps: pl.DataFrame, step: Step) -> pa.Table:
    # An area has one opacity, so each run of partial or whole steps is an area of its own.
    return to_table(with_ends(steps, step).with_columns(run=pl.col(PARTIAL).rle_id()))


def _describe(steps: pl.DataFrame, noun: str, step: Step, *, total: bool) -> str:
    if not total:
        return describe(steps, noun=noun, step=step)
    days, counts = steps["day"], steps["count"]
    return (
        f"{noun.capitalize()} in all by {step}, {days[0]} to {days[-1]}: "
        f"from {counts[0]:,} to {counts[-1]:,}."
    )


@cache
def _trend(noun: str, step: Step, *, total: bool) -> Shape:
    brush = alt.selection_interval(encodings=["x"], name="brush")
    base = alt.Chart(ROWS)
    axis = alt.Axis(grid=False, tickCount=6, labelFlush=True)
    small = (
        _mark(base, total=total, opacity=0.5, axis=axis)
        .encode(y=alt.Y("count:Q", title=None, axis=None, stack=None))
        .add_params(brush)
        .properties(height=WHOLE_HEIGHT)
    )
    brushed = alt.Scale(domain=brush)
    large = _large(base, noun=noun, step=step, total=total, scale=brushed)
    reaching = BRUSHED.format(x="at" if total else "day")
    large = large.transform_filter(reaching).properties(height=DETAIL_HEIGHT)
    chart = alt.vconcat(large, small, spacing=12, padding=PADDING)
    # Rendered on a canvas, as in SVG the brush would be an element with a role but no accessible
    # name. A canvas cannot inherit the page's text colour, so the theme sets it.
    return shape(chart.properties(usermeta={"embedOptions": {"renderer": "canvas"}}))


@cache
def _still(noun: str, step: Step, *, total: bool) -> Shape:
    chart = _large(alt.Chart(ROWS), noun=noun, step=step, total=total)
    return inked(chart, height=DETAIL_HEIGHT)


def _large(base: alt.Chart, *, noun: str, step: Step, total: bool, **x: Any) -> alt.Chart:
    chart: alt.Chart = _mark(base, total=total, opacity=1, axis=_days(), **x).encode(
        y=alt.Y("count:Q", title=None, axis=_counts(), scale=alt.Scale(zero=not total), stack=None),
        tooltip=tooltip(noun, step),
    )
    return chart


def _mark(base: alt.Chart, *, total: bool, opacity: float, **x: Any) -> alt.Chart:
    if not total:
        days = alt.X("day:T", title=None, **x)
        bars: alt.Chart = spanning(base, clip=True).encode(x=days, opacity=paler(opacity))
        return bars
    # Each step is a horizontal line from its start to its end, including the last one.
    both = base.transform_calculate(ends=ENDS).transform_flatten(["ends"], ["at"])
    area: alt.Chart = both.mark_area(line=True, clip=True).encode(
        x=alt.X("at:T", title=None, **x),
        detail="run:N",
        fillOpacity=paler(0.25 * opacity),
        strokeOpacity=paler(1),
    )
    return area


def _days() -> alt.Axis:
    return alt.Axis(grid=False, tickCount=6, labelFlush=True, labelOverlap=True)


def _counts() -> alt.Axis:
    return alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=5, domain=False, ticks=False)
