"""Counts and lists in words."""

import pytest

from core.text.wording import first_few


@pytest.mark.parametrize(
    ("values", "words"),
    [([], ""), ([1], "1"), ([1, 2, 3], "1, 2, 3"), (["a", "b", "c", "d"], "a, b, c, ...")],
)
def test_a_long_list_says_that_there_is_more(values: list[object], words: str) -> None:
    assert first_few(values, 3) == words
