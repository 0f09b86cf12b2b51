"""The ten owners of the ranking's docstring."""

import doctest

from etl.views import ranking


def test_the_example_of_ten_owners_says_what_happens() -> None:
    result = doctest.testmod(ranking)
    assert result.attempted > 0
    assert result.failed == 0
