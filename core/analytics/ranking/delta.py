"""Where a row of the ranking stands today: arithmetic on what was removed from it and added to it.

The k-th row that was kept has the place `k + (places removed before it)` and the rank
`k + (rows added before it)`; the package's docstring has an example.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Slots = Integers  # rows by place, or below zero by minus the rank if they were added; any order
Flags = npt.NDArray[np.bool_]


def integers(*numbers: int) -> Integers:
    """Return places, ranks or slots as an array."""
    return np.array(numbers, dtype=np.int64)


@dataclass(frozen=True)
class RankingDelta:
    """The places that were removed and the ranks that were added, both ascending from 1.

    `size` is how many places there are, with those that were removed.
    """

    size: int
    removed: Integers
    added: Integers

    def places_within(self, skip: int, limit: int) -> tuple[int, int]:
        """Return the first and last place of the kept rows that rank within a page.

        The ranks are `skip + 1` to `skip + limit`; first is above last when no kept row has one.
        """
        ends = integers(skip, skip + limit)
        kept = ends - np.searchsorted(self.added, ends, side="right")
        first, last = self._places(kept + integers(1, 0))
        return int(first), int(last)

    def removed_between(self, first: int, last: int) -> list[int]:
        """Return the places within a range that were removed."""
        return [int(p) for p in self.removed[(self.removed >= first) & (self.removed <= last)]]

    def ranks_at(self, places: Integers) -> Integers:
        """Return the ranks of the kept rows at these places."""
        kept = places - np.searchsorted(self.removed, places)
        added_before = np.searchsorted(_kept_before(self.added), kept)
        return np.asarray(kept + added_before, dtype=np.int64)

    def locate(self, ranks: Integers) -> tuple[Integers, Integers]:
        """Return the places of the kept rows with these ranks, and the ranks of the added ones."""
        are_added = np.isin(ranks, self.added)
        kept = ranks[~are_added]
        return self._places(kept - np.searchsorted(self.added, kept)), ranks[are_added]

    def flag_ranks(self, slots: Slots) -> Flags:
        """Return for each rank whether its row has one of the slots; some of these were removed."""
        has_slot = np.zeros(1 + self.size + self.added.max(initial=0), dtype=np.bool_)
        has_slot[slots] = True  # slots below zero count from the end, which is behind the places
        kept = np.delete(has_slot[1 : 1 + self.size], self.removed - 1)
        return np.insert(kept, _kept_before(self.added), has_slot[-self.added])

    def _places(self, kept: Integers) -> Integers:
        """Return the places of the kept rows, which are counted from 1."""
        removed_before = np.searchsorted(_kept_before(self.removed), kept)
        return np.asarray(kept + removed_before, dtype=np.int64)


def _kept_before(positions: Integers) -> Integers:
    """Return how many kept rows are before each of these positions, which are ascending from 1."""
    return positions - np.arange(1, len(positions) + 1)
