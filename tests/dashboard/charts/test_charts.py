"""Charts: pure functions whose drawing says what is drawn, in words too."""

import json
from datetime import date

import polars as pl
import pytest

from core.calendar.steps import Step
from dashboard.charts.created import created, sparkline
from dashboard.charts.owners import curve, distribution, ranking, ranks
from dashboard.charts.trend import still, trend

OWNERS = pl.DataFrame(
    {
        "rank": [51, 52],
        "email": ["ann@example.com", "bo@example.com"],
        "full_name": ["Ann", None],
        "item_count": [1500, 3],
    }
)


STEPS = pl.DataFrame(
    {
        "day": [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)],
        "items": [1200, 30, 4],
        "partial": [False, False, True],
    }
)


def test_new_rows_by_step_are_told_and_the_last_step_is_pale() -> None:
    drawn = created(STEPS, noun="items", step=Step.WEEK)
    assert drawn.text == (
        "New items by week, 2026-02-23 to 2026-03-09: 1,234 in all, at most 1,200, "
        "in the week of 2026-02-23; only part of the last week counts, with 4."
    )
    assert drawn.rows["partial"].to_pylist() == [False, False, True]


def test_the_sparkline_of_a_figure_tells_every_day() -> None:
    text = sparkline(STEPS, noun="items").text
    assert text.endswith("2026-02-23 to 2026-03-09: 1,200, 30, 4.")


def test_the_curve_says_where_the_page_stands() -> None:
    points = pl.DataFrame({"rank": [1, 51, 2000], "item_count": [9000, 40, 1]})
    assert curve(points, first=51, last=100).text == (
        "Items owned by rank, of 2,000 owners in all: from 9,000 down to 1. "
        "This page shows ranks 51 to 100."
    )


@pytest.mark.parametrize(
    ("total", "told"),
    [
        (True, "Items in all by week, 2026-02-23 to 2026-03-09: from 1,200 to 4."),
        (
            False,
            "New items by week, 2026-02-23 to 2026-03-09: 1,234 in all, at most 1,200, "
            "in the week of 2026-02-23; only part of the last week counts, with 4.",
        ),
    ],
)
def test_a_trend_is_told(total: bool, told: str) -> None:
    steps = STEPS.rename({"items": "count"})
    assert trend(steps, noun="items", step=Step.WEEK, total=total).text == told
    assert still(steps, noun="items", step=Step.WEEK, total=total).text == told


def test_steps_that_are_cut_at_both_ends_are_told() -> None:
    both = STEPS.with_columns(partial=pl.Series([True, False, True]))
    assert created(both, noun="items", step=Step.WEEK).text.endswith(
        "; only part of the first week counts, with 1,200 and part of the last week counts, with 4."
    )
    alone = created(both.head(1), noun="items", step=Step.WEEK).text
    assert alone.endswith("; only part of that week counts.")


def test_a_ranking_keeps_the_order_it_is_given() -> None:
    drawn = ranking(OWNERS)
    assert drawn.text == "Items owned, most first: ann@example.com 1,500, bo@example.com 3."
    assert drawn.shape["layer"][0]["encoding"]["y"]["sort"] is None


def test_a_page_of_ranks_names_its_first_and_last() -> None:
    assert ranks(OWNERS).text == "Items owned, rank 51 to 52: from 1,500 down to 3."


def test_a_distribution_tells_every_bucket() -> None:
    spread = pl.DataFrame({"bucket": ["0", "1", "2-5"], "users": [2, 0, 1000]})
    assert distribution(spread).text.endswith("0: 2, 1: 0, 2-5: 1,000.")


def test_charts_name_no_colours_of_their_own() -> None:
    assert "#" not in json.dumps(ranking(OWNERS).shape)
