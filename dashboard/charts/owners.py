"""Charts of owners and the number of items they own."""

from functools import cache

import altair as alt
import polars as pl

from core.analytics.frames import to_table
from dashboard.charts.chart import COUNT, INK, ROWS, SHORT, Chart, Shape, inked

BUCKET = (
    "datum.label === 'more' ? 'more than 1,000' : "
    "datum.label + (datum.label === '1' ? ' item' : ' items')"
)
LABEL_PIXELS = 220
BAR_PIXELS = 26
RANKS_HEIGHT = 170


def ranking(owners: pl.DataFrame) -> Chart:
    """Draw one bar per owner, in the given order.

    `owners` has `email`, `full_name` and `item_count`.
    """
    listed = ", ".join(f"{r['email']} {r['item_count']:,}" for r in owners.to_dicts())
    rows = owners.select("email", "full_name", "item_count")
    return Chart(_ranking(), to_table(rows), f"Items owned, most first: {listed}.")


def ranks(page: pl.DataFrame) -> Chart:
    """Draw one page of `items_by_user`, with one narrow bar per owner, by rank."""
    ranks, counts = page["rank"].to_list(), page["item_count"].to_list()
    text = (
        f"Items owned, rank {ranks[0]:,} to {ranks[-1]:,}: "
        f"from {max(counts):,} down to {min(counts):,}."
    )
    rows = page.select("rank", "email", "full_name", "item_count")
    return Chart(_ranks(), to_table(rows), text)


def curve(points: pl.DataFrame, *, first: int, last: int) -> Chart:
    """Draw the number of items by rank over the whole ranking, and highlight a range of ranks.

    `points` has `rank` and `item_count` (`series.curve`); `first` and `last` are the range.
    """
    counts = points["item_count"].to_list()
    text = (
        f"Items owned by rank, of {points['rank'][-1]:,} owners in all: "
        f"from {max(counts):,} down to {min(counts):,}. "
        f"This page shows ranks {first:,} to {last:,}."
    )
    here = {"first": first, "last": max(last, first * 1.02)}
    return Chart(_curve(single=points.height == 1), to_table(points), text, here)


def distribution(spread: pl.DataFrame) -> Chart:
    """Draw how many users own how many items: one bar per row of `bucket` and `users`."""
    listed = ", ".join(f"{r['bucket']}: {r['users']:,}" for r in spread.to_dicts())
    text = f"Users by the number of items they own: {listed}."
    return Chart(_distribution(), to_table(spread), text)


@cache
def _ranking() -> Shape:
    base = alt.Chart(ROWS).encode(
        x=alt.X("item_count:Q", axis=None),
        y=alt.Y("email:N", sort=None, title=None, axis=_names()),
        tooltip=_owner_tooltip(),
    )
    return inked(_bars(base, "item_count"), height=alt.Step(BAR_PIXELS))


@cache
def _ranks() -> Shape:
    counts = alt.Axis(labelExpr=SHORT, tickMinStep=1, tickCount=4, domain=False, ticks=False)
    bars = alt.Chart(ROWS).mark_bar(cornerRadiusEnd=2)
    bars = bars.encode(
        x=alt.X("rank:O", title="Rank", axis=alt.Axis(labelOverlap=True, labelAngle=0)),
        y=alt.Y("item_count:Q", title=None, axis=counts),
        tooltip=[alt.Tooltip("rank:Q", title="Rank", format=COUNT), *_owner_tooltip()],
    )
    return inked(bars, height=RANKS_HEIGHT)


@cache
def _curve(*, single: bool) -> Shape:
    """Build the curve's shape; a `single` owner is a point, as one point makes no line."""
    first, last = alt.param(name="first"), alt.param(name="last")
    base = alt.Chart(ROWS).encode(
        x=alt.X("rank:Q", title="Rank", scale=alt.Scale(type="log"), axis=_powers(grid=False)),
        y=alt.Y("item_count:Q", title=None, scale=alt.Scale(type="log"), axis=_powers()),
        tooltip=[
            alt.Tooltip("rank:Q", title="Rank", format=COUNT),
            alt.Tooltip("item_count:Q", title="Items", format=COUNT),
        ],
    )
    line = base.mark_line(interpolate="step-before", strokeWidth=2, point=single)
    place = alt.Chart(ROWS).mark_rect(opacity=0.3)
    place = place.transform_aggregate(points="count()")  # one mark instead of one per row
    place = place.transform_calculate(first="first", last="last").encode(x="first:Q", x2="last:Q")
    return inked((place + line).add_params(first, last), height=RANKS_HEIGHT)


@cache
def _distribution() -> Shape:
    base = alt.Chart(ROWS).encode(
        x=alt.X("users:Q", axis=None),
        y=alt.Y("bucket:N", sort=None, title=None, axis=_names(BUCKET)),
        tooltip=[
            alt.Tooltip("bucket:N", title="Items owned"),
            alt.Tooltip("users:Q", title="Users", format=COUNT),
        ],
    )
    return inked(_bars(base, "users"), height=alt.Step(BAR_PIXELS))


def _bars(base: alt.Chart, column: str) -> alt.LayerChart:
    numbers = base.mark_text(align="left", dx=5, color=INK)
    text = numbers.encode(text=alt.Text(f"{column}:Q", format=COUNT))
    result: alt.LayerChart = base.mark_bar(cornerRadiusEnd=3) + text
    return result


def _powers(*, grid: bool = True) -> alt.Axis:
    ticks = [power * 10**zeros for zeros in range(8) for power in (1, 10)]
    return alt.Axis(values=ticks, labelExpr=SHORT, domain=False, ticks=False, grid=grid)


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
