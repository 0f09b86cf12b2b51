"""Series over days, weeks and months: without gaps, and cut to what is shown."""

from datetime import date

import polars as pl

from core.days import Step
from core.trend_filter import Window
from core.trends import filled
from dashboard import series

SCHEMA = {"day": pl.Date, "users": pl.Int64, "items": pl.Int64}
WEEKS = pl.DataFrame(
    {"day": [date(2026, 1, 5), date(2026, 1, 26)], "users": [1, 2], "items": [0, 7]}, schema=SCHEMA
)


def test_what_is_dated_after_the_snapshot_is_in_the_series_and_not_recent() -> None:
    steps = filled(WEEKS, Step.WEEK, until=date(2026, 1, 20))
    assert steps["day"][-1] == date(2026, 1, 26)
    assert series.recent(steps, Step.WEEK, until=date(2026, 1, 20))["day"][-1] == date(2026, 1, 19)


def test_an_overview_shows_the_last_steps() -> None:
    until = date(2026, 4, 30)
    shown = series.recent(filled(WEEKS, Step.DAY, until=until), Step.DAY, until=until)
    assert len(shown) == series.SHOWN[Step.DAY]
    assert shown["day"][-1] == date(2026, 4, 30)


def test_facts_are_those_of_the_window() -> None:
    steps = filled(WEEKS, Step.WEEK, until=date(2026, 2, 4))
    assert series.facts(steps, "users", Step.WEEK, Window(date(2026, 1, 6))) == {
        "New users": "2",
        "In all at the end": "3",
        "Mean by week": "0.5",
        "Most, 2026-01-26": "2",
    }
    nowhere = series.facts(steps, "users", Step.WEEK, Window(date(2027, 1, 1)))
    assert nowhere == {"New users": "0"}


def test_a_window_reaches_no_farther_than_the_series() -> None:
    steps = filled(WEEKS, Step.WEEK, until=date(2026, 2, 4))
    assert series.clip(steps, Window()) is None
    whole = (date(2026, 1, 5), date(2026, 2, 2))
    assert series.clip(steps, Window(date(1999, 1, 1), date(2999, 1, 1))) == whole
    assert series.clip(steps, Window(date(2026, 1, 12))) == (date(2026, 1, 12), whole[1])


def test_the_curve_has_both_ends_of_each_level() -> None:
    counted = pl.DataFrame({"item_count": [900, 5, 1], "users": [1, 40, 1000]})
    points = series.curve(counted)
    assert points.rows() == [(900, 1), (5, 2), (5, 41), (1, 42), (1, 1041)]


def test_a_long_curve_is_thinned_and_ends_where_it_did() -> None:
    counted = pl.DataFrame({"item_count": range(5000, 0, -1), "users": [3] * 5000})
    points = series.curve(counted)
    assert len(points) < 450
    assert points.row(-1) == (1, 15_000)
