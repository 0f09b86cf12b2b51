"""Series over days, weeks and months: without gaps, and cut to what is shown."""

from datetime import date

import polars as pl

from core.analytics.trend_filter import TrendFilter, Window
from core.analytics.trends import filled, steps
from core.calendar.steps import Step
from dashboard.charts import series

SCHEMA = {"day": pl.Date, "users": pl.Int64, "items": pl.Int64}
WEEKS = pl.DataFrame(
    {"day": [date(2026, 1, 5), date(2026, 1, 26)], "users": [1, 2], "items": [0, 7]}, schema=SCHEMA
)


def test_an_overview_shows_the_last_steps() -> None:
    until = date(2026, 4, 30)
    days = filled(WEEKS, Step.DAY, first=date(2026, 1, 5), last=until)
    shown = series.recent(days, Step.DAY)
    assert len(shown) == series.RECENT_STEPS[Step.DAY]
    assert shown["day"][-1] == date(2026, 4, 30)


def facts(window: Window) -> dict[str, str]:
    """The figures of users by week in a window."""
    found = steps(WEEKS, TrendFilter(window=window), until=date(2026, 2, 4))
    return series.facts(found, "users", Step.WEEK)


def test_facts_are_those_of_the_window() -> None:
    assert facts(Window(date(2026, 1, 6))) == {
        "New users": "2",
        "In all at the end": "3",
        "Mean by week": "0.7",  # the weeks of 12, 19 and 26 January are whole
        "Most, 2026-01-26": "2",
    }
    assert facts(Window(date(2026, 1, 27), date(2026, 1, 28))) == {
        "New users": "0",
        "In all at the end": "3",
        "Mean by week": "0",
        "Most, 2026-01-26": "0",
    }


def test_a_chart_is_of_what_it_has_room_for() -> None:
    found = steps(WEEKS, TrendFilter(), until=date(2026, 2, 4))
    assert series.cut(Window(date(2026, 1, 7)), found) == Window(date(2026, 1, 7))
    late = Window(last=date(2026, 1, 20))
    assert series.cut(late, found.tail(2)) == Window(date(2026, 1, 26), date(2026, 1, 20))


def test_the_curve_has_both_ends_of_each_level() -> None:
    counted = pl.DataFrame({"item_count": [900, 5, 1], "users": [1, 40, 1000]})
    points = series.curve(counted)
    assert points.rows() == [(900, 1), (5, 2), (5, 41), (1, 42), (1, 1041)]


def test_a_long_curve_is_thinned_and_ends_where_it_did() -> None:
    counted = pl.DataFrame({"item_count": range(5000, 0, -1), "users": [3] * 5000})
    points = series.curve(counted)
    assert len(points) < 450
    assert points.row(-1) == (1, 15_000)
