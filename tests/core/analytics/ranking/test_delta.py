"""What was removed from the ranking and added to it, against a ranking that is written anew."""

import doctest

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analytics import ranking
from core.analytics.ranking.delta import RankingDelta, integers

PLACES = st.sets(st.integers(1, 30))


def test_the_example_of_ten_owners_says_what_happens() -> None:
    result = doctest.testmod(ranking)
    assert result.attempted > 0
    assert result.failed == 0


@settings(deadline=None)
@given(removed=PLACES, added=PLACES, matching=PLACES)
def test_places_become_ranks_and_ranks_become_places(
    removed: set[int], added: set[int], matching: set[int]
) -> None:
    kept = [place for place in range(1, 31) if place not in removed]
    new = sorted(rank for rank in added if rank <= len(kept) + len(added))
    new = [rank for nth, rank in enumerate(new) if rank <= len(kept) + nth + 1]
    ranked: list[int] = list(kept)
    for rank in new:
        ranked.insert(rank - 1, -rank)  # the slot of a row that was added
    delta = RankingDelta(30, integers(*sorted(removed)), integers(*new))

    slots = [*matching, *(-rank for rank in new if rank in matching)]
    flags = delta.flag_ranks(integers(*slots))
    assert flags.tolist() == [slot in slots for slot in ranked]

    ranks = np.flatnonzero(flags) + 1
    places, found = delta.locate(ranks)
    assert places.tolist() == [slot for slot in ranked if slot in slots and slot > 0]
    assert found.tolist() == [-slot for slot in ranked if slot in slots and slot < 0]
    assert delta.ranks_at(places).tolist() == [ranked.index(place) + 1 for place in places]

    for skip in range(0, 30, 7):
        first, last = delta.places_within(skip, limit=7)
        page = [slot for slot in ranked[skip : skip + 7] if slot > 0]
        within = set(range(first, min(last, 30) + 1))  # a page beyond the end has no rows
        assert sorted(within - set(delta.removed_between(first, last))) == page
