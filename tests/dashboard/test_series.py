"""Series over days, weeks and months: without gaps, and cut to what is shown."""

from datetime import date

import polars as pl
import pytest

from core.days import Step
from dashboard import series

SCHEMA = {"day": pl.Date, "users": pl.Int64, "items": pl.Int64}
EMPTY = pl.DataFrame(schema=SCHEMA)
WEEKS = pl.DataFrame(
    {"day": [date(2026, 1, 5), date(2026, 1, 26)], "users": [1, 2], "items": [0, 7]}, schema=SCHEMA
)


def test_steps_without_anything_are_there_as_nothing() -> None:
    steps = series.filled(WEEKS, Step.WEEK, until=date(2026, 2, 4))
    assert steps["day"].to_list() == [date(2026, 1, d) for d in (5, 12, 19, 26)] + [
        date(2026, 2, 2)
    ]
    assert steps["users"].to_list() == [1, 0, 0, 2, 0]
    assert series.cumulative(steps, "users")["count"].to_list() == [1, 1, 1, 3, 3]


@pytest.mark.parametrize("step", Step)
def test_nothing_at_all_is_one_step_of_nothing(step: Step) -> None:
    steps = series.filled(EMPTY, step, until=date(2026, 1, 1))
    assert steps.select("users", "items").rows() == [(0, 0)]


def test_what_is_dated_after_the_snapshot_is_in_the_series_and_not_recent() -> None:
    steps = series.filled(WEEKS, Step.WEEK, until=date(2026, 1, 20))
    assert steps["day"][-1] == date(2026, 1, 26)
    assert series.recent(WEEKS, Step.WEEK, until=date(2026, 1, 20))["day"][-1] == date(2026, 1, 19)


def test_an_overview_shows_the_last_steps() -> None:
    shown = series.recent(WEEKS, Step.DAY, until=date(2026, 4, 30))
    assert len(shown) == series.SHOWN[Step.DAY]
    assert shown["day"][-1] == date(2026, 4, 30)


def test_facts_are_those_of_the_window() -> None:
    steps = series.filled(WEEKS, Step.WEEK, until=date(2026, 2, 4))
    assert series.facts(steps, "users", Step.WEEK, date(2026, 1, 6), None) == {
        "New users": "2",
        "In all at the end": "3",
        "Mean by week": "0.5",
        "Most, 2026-01-26": "2",
    }
    nowhere = series.facts(steps, "users", Step.WEEK, date(2027, 1, 1), None)
    assert nowhere == {"New users": "0"}


def test_a_window_reaches_no_farther_than_the_series() -> None:
    steps = series.filled(WEEKS, Step.WEEK, until=date(2026, 2, 4))
    assert series.clip(steps, None, None) is None
    whole = (date(2026, 1, 5), date(2026, 2, 2))
    assert series.clip(steps, date(1999, 1, 1), date(2999, 1, 1)) == whole
    assert series.clip(steps, date(2026, 1, 12), None) == (date(2026, 1, 12), whole[1])


def test_the_curve_has_both_ends_of_each_level() -> None:
    counted = pl.DataFrame({"item_count": [900, 5, 1], "users": [1, 40, 1000]})
    points = series.curve(counted)
    assert points.rows() == [(900, 1), (5, 2), (5, 41), (1, 42), (1, 1041)]


def test_a_long_curve_is_thinned_and_ends_where_it_did() -> None:
    counted = pl.DataFrame({"item_count": range(5000, 0, -1), "users": [3] * 5000})
    points = series.curve(counted)
    assert len(points) < 450
    assert points.row(-1) == (1, 15_000)
