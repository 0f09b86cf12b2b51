"""Charts: pure functions whose drawing says what is drawn, in words too."""

import json
from datetime import date

import polars as pl
import pytest

from core.days import Step
from dashboard.created_charts import course, created
from dashboard.owner_charts import curve, distribution, ranking, ranks
from dashboard.trend_chart import trend

OWNERS = pl.DataFrame(
    {
        "rank": [51, 52],
        "email": ["ann@example.com", "bo@example.com"],
        "full_name": ["Ann", None],
        "item_count": [1500, 3],
    }
)


STEPS = pl.DataFrame(
    {"day": [date(2026, 2, 23), date(2026, 3, 2), date(2026, 3, 9)], "items": [1200, 30, 4]}
)


def test_new_rows_by_step_are_told_and_the_last_step_is_pale() -> None:
    drawn = created(STEPS, noun="items", step=Step.WEEK)
    assert drawn.text == (
        "New items by week, 2026-02-23 to 2026-03-09: 1,234 in all, at most 1,200, "
        "in the week of 2026-02-23; 4 in the last one so far."
    )
    assert drawn.rows["whole"].to_pylist() == [True, True, False]


def test_the_course_of_a_figure_tells_every_day() -> None:
    text = course(STEPS, noun="items").text
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
            "in the week of 2026-02-23.",
        ),
    ],
)
def test_a_trend_is_told_and_begins_with_its_window(total: bool, told: str) -> None:
    steps = STEPS.rename({"items": "count"})
    window = (date(2026, 3, 2), date(2026, 3, 9))
    drawn = trend(steps, noun="items", step=Step.WEEK, total=total, window=window)
    assert drawn.text == told
    spec = drawn.specification({"name": "rows"})
    (brush,) = spec["params"]
    assert brush["value"]["x"] == [
        {"year": 2026, "month": 3, "date": 2},
        {
            "year": 2026,
            "month": 3,
            "date": 9,
            "hours": 23,
            "minutes": 59,
            "seconds": 59,
            "milliseconds": 999,
        },
    ]
    assert spec["vconcat"][0]["encoding"]["x"]["scale"]["domain"]["param"] == brush["name"]


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
