"""Who matches a filter, as bits."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking import MatchBitmap

FLAGS = st.integers(0, 60).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n))


@settings(deadline=None)
@given(flags=FLAGS)
def test_a_page_of_matches_has_the_ranks_that_are_flagged(flags: list[bool]) -> None:
    expected = [rank for rank, matches in enumerate(flags, start=1) if matches]
    found = MatchBitmap.of(OwnerFilter("x"), np.array(flags, dtype=np.bool_))
    assert found.count == len(expected)
    for skip in range(70):
        for limit in (0, 1, 9, 50):
            assert found.ranks(skip, limit).tolist() == expected[skip : skip + limit]


def test_without_bits_everybody_matches() -> None:
    everybody = MatchBitmap(OwnerFilter(), count=5)
    assert everybody.ranks(3, 50).tolist() == [4, 5]
    assert everybody.ranks(9, 50).tolist() == []


def test_a_million_owners_take_an_eighth_of_a_megabyte() -> None:
    bits = MatchBitmap.of(OwnerFilter("x"), np.ones(1_000_000, dtype=np.bool_)).bits
    assert bits is not None
    assert bits.nbytes == 125_000
