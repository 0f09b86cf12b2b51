"""Shares, changes and means: few digits, which never say all, nothing or the same falsely."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.charts.rounding import change, mean, percent

COUNTS = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (2116, 2117, "over 99.9%"),
        (2117, 2117, "100.0%"),
        (1, 2117, "under 0.1%"),
        (0, 2117, "0.0%"),
        (1, 1000, "0.1%"),
        (999, 1000, "99.9%"),
        (1, 3, "33.3%"),
    ],
)
def test_a_share_is_not_all_or_nothing_when_it_is_not(part: int, whole: int, said: str) -> None:
    assert percent(part, whole) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (3, 3, "as many"),
        (3, 0, "+3"),
        (1234, 0, "+1,234"),
        (9, 8, "+12.5%"),
        (13, 15, "−13.3%"),
        (6675, 3, "+222,400%"),
        (22, 2, "+1,000%"),
        (100_001, 100_000, "under +0.1%"),
        (99_999, 100_000, "under −0.1%"),
        (1, 100_000, "over −99.9%"),
        (0, 100_000, "−100.0%"),
    ],
)
def test_a_change_has_its_sign_and_thousands(now: int, before: int, said: str) -> None:
    assert change(now, before) == said


@pytest.mark.parametrize(
    ("total", "count", "said"),
    [
        (63_666, 1, "63,666"),
        (636_661, 10, "63,666"),
        (12, 4, "3"),
        (1, 2, "0.5"),
        (299, 100, "3"),
        (1, 1000, "under 0.1"),
        (0, 7, "0"),
    ],
)
def test_a_mean_has_the_decimals_that_say_something(total: int, count: int, said: str) -> None:
    assert mean(total, count) == said


@settings(deadline=None)
@given(part=COUNTS, rest=COUNTS)
def test_no_share_says_all_or_nothing_falsely(part: int, rest: int) -> None:
    whole = part + rest
    if whole:
        assert (percent(part, whole) == "100.0%") == (rest == 0)
        assert (percent(part, whole) == "0.0%") == (part == 0)
        assert (change(part, whole) == "−100.0%") == (part == 0)
