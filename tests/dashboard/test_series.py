"""Series over days: days without anything do not break them."""

from datetime import date

import polars as pl
import pytest

from dashboard import series

SCHEMA = {"day": pl.Date, "users": pl.Int64, "items": pl.Int64}


def test_cumulative_begins_at_nothing_and_ends_today() -> None:
    days = pl.DataFrame(
        {"day": [date(2026, 1, 5), date(2026, 1, 2)], "users": [1, 2], "items": [0, 7]}
    )
    steps = series.cumulative(days, noun="users", until=date(2026, 1, 9))
    assert steps["day"].to_list() == [date(2026, 1, d) for d in (1, 2, 5, 9)]
    assert steps["total"].to_list() == [0, 2, 3, 3]
    assert series.cumulative(days, noun="items", until=date(2026, 1, 9))["total"][-1] == 7


def test_nothing_at_all_is_a_flat_line() -> None:
    steps = series.cumulative(pl.DataFrame(schema=SCHEMA), noun="items", until=date(2026, 1, 9))
    assert steps["total"].to_list() == [0, 0]


@pytest.mark.parametrize(("day", "count"), [(date(2026, 1, 31), 3), (date(2026, 1, 1), 0)])
def test_recent_counts_thirty_days(day: date, count: int) -> None:
    days = pl.DataFrame({"day": [day], "users": [3], "items": [0]})
    assert series.recent(days, noun="users", until=date(2026, 1, 31)) == count


def test_recent_of_nothing_is_none() -> None:
    assert series.recent(pl.DataFrame(schema=SCHEMA), noun="users", until=date(2026, 1, 31)) == 0


def test_long_series_are_thinned_and_end_where_they_did() -> None:
    steps = pl.DataFrame({"day": range(1461)})
    thinned = series.thinned(steps, 400)
    assert thinned["day"].to_list() == list(range(0, 1461, 4))
    assert series.thinned(steps.head(399), 400).equals(steps.head(399))
    assert series.thinned(steps.head(1460), 400)["day"][-1] == 1459
