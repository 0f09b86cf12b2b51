"""Charts as pure functions: a frame in, an Altair chart out, its text alternative included.

Colours and type come from the theme in `.streamlit/config.toml`.
"""

from datetime import date
from typing import TypeAlias

import altair as alt
import polars as pl

from dashboard import series

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
PANEL_HEIGHT = 240
MOST_STEPS = 400
Drawing: TypeAlias = alt.Chart | alt.LayerChart


def growth(per_day: pl.DataFrame, *, noun: str, until: date) -> Drawing:
    """Draw how many there have been in all, day by day up to `until`.

    `per_day` has `day` (date) and, named by `noun`, how many were created that day.
    """
    steps = series.cumulative(per_day, noun=noun, until=until)
    # No more steps than there are pixels to show them: years of days made the page slow to draw.
    base = alt.Chart(series.thinned(steps, MOST_STEPS)).encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(grid=False, tickCount=5, labelFlush=True)),
        y=_counted("total", title=None),
        tooltip=[
            alt.Tooltip("day:T", title="Day (UTC)", format="%Y-%m-%d"),
            alt.Tooltip("total:Q", title=f"{noun.capitalize()} in all", format=COUNT),
        ],
    )
    area = base.mark_area(interpolate="step-after", opacity=0.12)
    line = base.mark_line(interpolate="step-after", strokeWidth=2)
    near = alt.selection_point(nearest=True, on="pointerover", fields=["day"], empty=False)
    dot = base.mark_point(size=60, filled=True).encode(
        opacity=alt.condition(near, alt.value(1), alt.value(0))
    )
    first, last = steps["day"][0], steps["day"][-1]
    text = f"{noun.capitalize()} over time: {steps['total'][-1]:,} in all, {first} to {last}."
    return described(area + line + dot.add_params(near), text, height=PANEL_HEIGHT)


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
    return described(bars, text, height=170)


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
