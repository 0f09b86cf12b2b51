"""Charts: pure functions whose specification says what is drawn, in words too."""

from datetime import date

import polars as pl

from dashboard import charts

OWNERS = pl.DataFrame(
    {
        "rank": [51, 52],
        "email": ["ann@example.com", "bo@example.com"],
        "full_name": ["Ann", None],
        "item_count": [1500, 3],
    }
)


def test_growth_is_cumulative_and_says_so() -> None:
    days = pl.DataFrame({"day": [date(2026, 3, 1)], "users": [2], "items": [1200]})
    spec = charts.growth(days, noun="items", until=date(2026, 3, 4)).to_dict()
    assert spec["description"] == "Items over time: 1,200 in all, 2026-02-28 to 2026-03-04."
    rows = next(iter(spec["datasets"].values()))
    assert [row["total"] for row in rows] == [0, 1200, 1200]


def test_a_ranking_keeps_the_order_it_is_given() -> None:
    spec = charts.ranking(OWNERS).to_dict()
    assert spec["description"] == (
        "Items owned, most first: ann@example.com 1,500, bo@example.com 3."
    )
    assert spec["layer"][0]["encoding"]["y"]["sort"] is None


def test_a_page_of_ranks_names_its_first_and_last() -> None:
    spec = charts.ranks(OWNERS).to_dict()
    assert spec["description"] == "Items owned, rank 51 to 52: from 1,500 down to 3."


def test_a_distribution_tells_every_bucket() -> None:
    spread = pl.DataFrame({"bucket": ["0", "1", "2-5"], "users": [2, 0, 1000]})
    spec = charts.distribution(spread).to_dict()
    assert spec["description"].endswith("0: 2, 1: 0, 2-5: 1,000.")


def test_charts_name_no_colours_of_their_own() -> None:
    assert "#" not in charts.ranking(OWNERS).to_json().replace("#/", "")
