"""Charts as pure functions: a frame in, an Altair chart out, its text alternative included.

Colours and type come from the theme in `.streamlit/config.toml`.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

import altair as alt
import polars as pl
from altair.utils import schemapi

from core.days import Step

# Each piece of a chart would be checked as it is made, for half of the time that drawing takes;
# tests check the charts whole.
schemapi.disable_debug_mode()

COUNT = ",d"
SHORT = "datum.value < 1e6 ? format(datum.value, ',d') : format(datum.value / 1e6, '~g') + ' M'"
BUCKET = (
    "datum.label === 'more' ? 'more than 1,000' : "
    "datum.label + (datum.label === '1' ? ' item' : ' items')"
)
INK, FAINT = "currentColor", 0.7  # the text colour of wherever the chart stands, light or dark
PADDING = {"left": 0, "top": 4, "right": 4, "bottom": 0}
LABEL_PIXELS = 220
BAR_PIXELS = 26
PANEL_HEIGHT = 220
RANKS_HEIGHT = 170
COURSE_HEIGHT = 34
PALE = 0.45
# Bars from `day` to `end`, with a pixel between two of them.
SPANNING: dict[str, Any] = {"orient": "vertical", "x2Offset": -1}
Drawing: TypeAlias = alt.Chart | alt.LayerChart


def created(steps: pl.DataFrame, *, noun: str, step: Step) -> Drawing:
    """Draw how many came into being in each step; the last one is not over yet, so it is pale.

    `steps` has `day`, the first of each step, and, named by `noun`, how many were created in it.
    """
    rows = steps.select("day", count=noun, whole=pl.col("day") < pl.col("day").max())
    bars = alt.Chart(with_ends(rows, step)).mark_bar(**SPANNING)
    bars = bars.encode(
        x=alt.X("day:T", title=None, axis=_days()),
        x2="end:T",
        y=_counted("count", title=None),
        opacity=alt.condition("datum.whole", alt.value(1), alt.value(PALE)),
        tooltip=_created_tooltip(noun, step),
    )
    counts = steps[noun].to_list()
    most = max(counts)
    text = (
        f"New {noun} by {step}, {steps['day'][0]} to {steps['day'][-1]}: {sum(counts):,} in all, "
        f"at most {most:,}, in the {step} of {steps['day'][counts.index(most)]}; "
        f"{counts[-1]:,} in the last one so far."
    )
    return described(bars, text, height=PANEL_HEIGHT)


def course(days: pl.DataFrame, *, noun: str) -> Drawing:
    """Draw in small how many came into being each day, one bar each, without axes."""
    bars = alt.Chart(days.select("day", count=noun)).mark_bar(opacity=0.6)
    bars = bars.encode(
        x=alt.X("day:O", axis=None, scale=alt.Scale(paddingInner=0.25, paddingOuter=0)),
        y=alt.Y("count:Q", axis=None),
        tooltip=_created_tooltip(noun, Step.DAY),
    )
    listed = ", ".join(f"{count:,}" for count in days[noun])
    text = f"New {noun} each day, {days['day'][0]} to {days['day'][-1]}: {listed}."
    return described(bars, text, height=COURSE_HEIGHT)


def ranking(owners: pl.DataFrame) -> Drawing:
    """Draw one bar an owner, in the order given; of `email` and `item_count`."""
    base = alt.Chart(owners.select("email", "full_name", "item_count")).encode(
        x=alt.X("item_count:Q", axis=None),
        y=alt.Y("email:N", sort=None, title=None, axis=_names()),
        tooltip=_owner_tooltip(),
    )
    listed = ", ".join(f"{r['email']} {r['item_count']:,}" for r in owners.to_dicts())
    text = f"Items owned, most first: {listed}."
    return described(_bars(base, "item_count"), text, height=alt.Step(BAR_PIXELS))


def ranks(page: pl.DataFrame) -> Drawing:
    """Draw the owners of one page of `items_by_user`, one narrow bar each, by rank."""
    ranks, counts = page["rank"].to_list(), page["item_count"].to_list()
    text = (
        f"Items owned, rank {ranks[0]:,} to {ranks[-1]:,}: "
        f"from {max(counts):,} down to {min(counts):,}."
    )
    bars = alt.Chart(page.select("rank", "email", "full_name", "item_count"))
    bars = bars.mark_bar(cornerRadiusEnd=2).encode(
        x=alt.X("rank:O", title="Rank", axis=alt.Axis(labelOverlap=True, labelAngle=0)),
        y=_counted("item_count", title=None),
        tooltip=[alt.Tooltip("rank:Q", title="Rank", format=COUNT), *_owner_tooltip()],
    )
    return described(bars, text, height=RANKS_HEIGHT)


def curve(points: pl.DataFrame, *, first: int, last: int) -> Drawing:
    """Draw how many items each owner has, from rank 1 to the last, and where some ranks stand.

    `points` has `rank` and `item_count` (`series.curve`); `first` and `last` are the ranks shown.
    """
    base = alt.Chart(points).encode(
        x=alt.X("rank:Q", title="Rank", scale=alt.Scale(type="log"), axis=_powers(grid=False)),
        y=alt.Y("item_count:Q", title=None, scale=alt.Scale(type="log"), axis=_powers()),
        tooltip=[
            alt.Tooltip("rank:Q", title="Rank", format=COUNT),
            alt.Tooltip("item_count:Q", title="Items", format=COUNT),
        ],
    )
    here = pl.DataFrame({"first": [first], "last": [max(last, first * 1.02)]})
    place = alt.Chart(here).mark_rect(opacity=0.3).encode(x="first:Q", x2="last:Q")
    line = base.mark_line(interpolate="step-before", strokeWidth=2, point=points.height == 1)
    counts = points["item_count"].to_list()
    text = (
        f"Items owned by rank, of {points['rank'][-1]:,} owners in all: "
        f"from {max(counts):,} down to {min(counts):,}. "
        f"This page shows ranks {first:,} to {last:,}."
    )
    return described(place + line, text, height=RANKS_HEIGHT)


def distribution(spread: pl.DataFrame) -> Drawing:
    """Draw how many users own how many items; of `bucket` and `users`, in the order given."""
    base = alt.Chart(spread).encode(
        x=alt.X("users:Q", axis=None),
        y=alt.Y("bucket:N", sort=None, title=None, axis=_names(BUCKET)),
        tooltip=[
            alt.Tooltip("bucket:N", title="Items owned"),
            alt.Tooltip("users:Q", title="Users", format=COUNT),
        ],
    )
    listed = ", ".join(f"{r['bucket']}: {r['users']:,}" for r in spread.to_dicts())
    text = f"Users by the number of items they own: {listed}."
    return described(_bars(base, "users"), text, height=alt.Step(BAR_PIXELS))


def parts(drawing: Any) -> Iterator[Any]:
    """Yield a chart and all that it is made of."""
    yield drawing
    for part in (*getattr(drawing, "layer", ()), *getattr(drawing, "vconcat", ())):
        yield from parts(part)


def with_ends(steps: pl.DataFrame, step: Step) -> pl.DataFrame:
    """Return steps with `end`, the first day after each, where its bar ends."""
    return steps.with_columns(end=pl.col("day").dt.offset_by(step.length))


def _bars(base: alt.Chart, column: str) -> Drawing:
    numbers = base.mark_text(align="left", dx=5, color=INK)
    text = numbers.encode(text=alt.Text(f"{column}:Q", format=COUNT))
    result: Drawing = base.mark_bar(cornerRadiusEnd=3) + text
    return result


def described(chart: Drawing, text: str, *, height: int | alt.Step) -> Drawing:
    """Return the chart with its text alternative and height."""
    chart = chart.properties(height=height, padding=PADDING, description=text)
    result: Drawing = chart.configure_axis(
        labelColor=INK, labelOpacity=FAINT, titleColor=INK, titleOpacity=FAINT
    )
    return result


def _counted(column: str, *, title: str | None) -> alt.Y:
    axis = alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=4, domain=False, ticks=False)
    return alt.Y(f"{column}:Q", title=title, axis=axis)


def _days() -> alt.Axis:
    return alt.Axis(grid=False, tickCount=5, labelFlush=True, format="%-d %b %Y", labelOverlap=True)


def _powers(*, grid: bool = True) -> alt.Axis:
    shown = [power * 10**zeros for zeros in range(8) for power in (1, 10)]
    return alt.Axis(values=shown, labelExpr=SHORT, domain=False, ticks=False, grid=grid)


def _created_tooltip(noun: str, step: Step) -> list[alt.Tooltip]:
    title = {Step.DAY: "Day", Step.WEEK: "Week of", Step.MONTH: "Month of"}[step]
    return [
        alt.Tooltip("day:T", title=title, format="%-d %B %Y"),
        alt.Tooltip("count:Q", title=noun.capitalize(), format=COUNT),
    ]


def _names(label: str = "datum.label") -> alt.Axis:
    return alt.Axis(
        labelLimit=LABEL_PIXELS, domain=False, ticks=False, labelPadding=6, labelExpr=label
    )


def _owner_tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("email:N", title="User"),
        alt.Tooltip("full_name:N", title="Name"),
        alt.Tooltip("item_count:Q", title="Items", format=COUNT),
    ]
