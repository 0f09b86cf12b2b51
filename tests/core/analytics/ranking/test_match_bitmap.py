"""Who matches a filter, as bits, and what moved in the ranking meanwhile."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking.delta import Ranks
from core.analytics.ranking.match_bitmap import Matches

FLAGS = st.integers(0, 60).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n))
PLACES = st.sets(st.integers(1, 30))


@settings(deadline=None)
@given(flags=FLAGS)
def test_a_page_of_matches_has_the_ranks_that_are_flagged(flags: list[bool]) -> None:
    expected = [rank for rank, matches in enumerate(flags, start=1) if matches]
    found = Matches.of(OwnerFilter("x"), np.array(flags, dtype=np.bool_))
    assert found.count == len(expected)
    for skip in range(70):
        for limit in (0, 1, 9, 50):
            assert found.ranks(skip, limit).tolist() == expected[skip : skip + limit]


def test_without_bits_everybody_matches() -> None:
    everybody = Matches(OwnerFilter(), count=5)
    assert everybody.ranks(3, 50).tolist() == [4, 5]
    assert everybody.ranks(9, 50).tolist() == []


def test_a_million_owners_take_an_eighth_of_a_megabyte() -> None:
    bits = Matches.of(OwnerFilter("x"), np.ones(1_000_000, dtype=np.bool_)).bits
    assert bits is not None
    assert bits.nbytes == 125_000


@settings(deadline=None)
@given(left=PLACES, joined=PLACES, matching=PLACES)
def test_places_become_ranks_and_ranks_become_places(
    left: set[int], joined: set[int], matching: set[int]
) -> None:
    stayed = [place for place in range(1, 31) if place not in left]
    new = sorted(rank for rank in joined if rank <= len(stayed) + len(joined))
    new = [rank for nth, rank in enumerate(new) if rank <= len(stayed) + nth + 1]
    ranked: list[int] = list(stayed)
    for rank in new:
        ranked.insert(rank - 1, -rank)  # below zero, as who joined has no place
    moved = Ranks(30, *(np.array(sorted(part), dtype=np.int64) for part in (left, new)))

    numbers = [*matching, *(-rank for rank in new if rank in matching)]
    flags = moved.flags(np.array(numbers, dtype=np.int64))
    assert flags.tolist() == [number in numbers for number in ranked]

    ranks = np.flatnonzero(flags) + 1
    places, joining = moved.split(ranks)
    assert places.tolist() == [n for n in ranked if n in numbers and n > 0]
    assert joining.tolist() == [-n for n in ranked if n in numbers and n < 0]
