"""The chart of trends: the whole time in small, and what is brushed of it in large above."""

from datetime import date, datetime, time
from typing import Any

import altair as alt
import polars as pl

from core.days import Step
from dashboard.charts import COUNT, PADDING, SHORT, SPANNING, Drawing, described, with_ends

DETAIL_HEIGHT, WHOLE_HEIGHT = 280, 56
# The steps that reach into the brush, also the one in which it begins.
BRUSHED = "!isValid(brush.day) || (datum.day <= brush.day[1] && datum.end > brush.day[0])"
STEPS = {Step.DAY: "Day", Step.WEEK: "Week of", Step.MONTH: "Month of"}


def trend(
    steps: pl.DataFrame, *, noun: str, step: Step, total: bool, window: tuple[date, date] | None
) -> alt.VConcatChart:
    """Draw `day` and `count`; `total` says that counts are those of all time up to then.

    What is dragged out of the lower chart is shown in the upper one; `window` is what is at first.
    """
    brush = alt.selection_interval(encodings=["x"], name="brush", **_initial(window))
    base = alt.Chart(with_ends(steps, step))
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
    result: alt.VConcatChart = chart.properties(
        description=describe(steps, noun=noun, step=step, total=total),
        usermeta={"embedOptions": {"renderer": "canvas"}},
    )
    return result


def still(steps: pl.DataFrame, *, noun: str, step: Step, total: bool) -> Drawing:
    """Draw the same `day` and `count` whole, with nothing to drag: for a picture."""
    text = describe(steps, noun=noun, step=step, total=total)
    chart = _large(alt.Chart(with_ends(steps, step)), noun=noun, step=step, total=total)
    return described(chart, text, height=DETAIL_HEIGHT)


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


def _large(base: alt.Chart, *, noun: str, step: Step, total: bool, **x: Any) -> alt.Chart:
    chart: alt.Chart = _mark(base, total=total, opacity=1, axis=_days(), **x).encode(
        y=alt.Y("count:Q", title=None, axis=_counts(), scale=alt.Scale(zero=not total)),
        tooltip=[
            alt.Tooltip("day:T", title=STEPS[step], format="%-d %B %Y"),
            alt.Tooltip("count:Q", title=noun.capitalize(), format=COUNT),
        ],
    )
    return chart


def _mark(base: alt.Chart, *, total: bool, opacity: float, **x: Any) -> alt.Chart:
    days = alt.X("day:T", title=None, **x)
    if total:
        area: alt.Chart = base.mark_area(
            interpolate="step-after", opacity=0.25 * opacity, line=True, clip=True
        ).encode(x=days)
        return area
    bars: alt.Chart = base.mark_bar(opacity=opacity, clip=True, **SPANNING).encode(
        x=days, x2="end:T"
    )
    return bars


def _initial(window: tuple[date, date] | None) -> dict[str, Any]:
    if window is None:
        return {}
    first, last = window
    return {"value": {"x": (first, datetime.combine(last, time.max))}}  # the last day is seen whole


def _days() -> alt.Axis:
    return alt.Axis(grid=False, tickCount=6, labelFlush=True, labelOverlap=True)


def _counts() -> alt.Axis:
    return alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=5, domain=False, ticks=False)
