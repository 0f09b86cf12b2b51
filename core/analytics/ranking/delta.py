"""Where a row of the ranking stands today: arithmetic on what left it and what joined it.

The ranking was written some snapshots ago; its rows have places. Some left since, others joined
with a rank of today, and all who stayed keep their order. So the k-th who stayed has the place
`k + (those who left before it)` and the rank `k + (those who joined before it)`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ranks:
    """The places that were left and the ranks that were joined, both ascending from 1.

    `size` is how many places there are, those that were left among them.
    """

    size: int
    left: Integers
    joined: Integers

    def places(self, skip: int, limit: int) -> tuple[int, int]:
        """Return the first and last place of those who stayed and rank within a page.

        The ranks are `skip + 1` to `skip + limit`; first is above last when nobody stayed there.
        """
        ends = np.array([skip, skip + limit])
        stayed = ends - np.searchsorted(self.joined, ends, side="right")
        first, last = self._places(stayed + np.array([1, 0]))
        return int(first), int(last)

    def flags(self, numbers: Integers) -> Flags:
        """Return for each rank whether it is that of somebody at one of some places, or joined.

        `numbers` are places, of which some may have been left, and below zero ranks that were
        joined; in any order.
        """
        held = np.zeros(1 + self.size + self.joined.max(initial=0), dtype=np.bool_)
        held[numbers] = True  # below zero they count from the end, behind the places
        stayed = np.delete(held[1 : 1 + self.size], self.left - 1)
        ahead = self.joined - np.arange(1, len(self.joined) + 1)  # who stayed before each
        return np.insert(stayed, ahead, held[-self.joined])

    def split(self, ranks: Integers) -> tuple[Integers, Integers]:
        """Return the places of those with these ranks who stayed, and the ranks of who joined."""
        are_new = np.isin(ranks, self.joined)
        stayed = ranks[~are_new]
        return self._places(stayed - np.searchsorted(self.joined, stayed)), ranks[are_new]

    def left_between(self, first: int, last: int) -> list[int]:
        """Return the places within a range that hold no longer."""
        return [int(p) for p in self.left[(self.left >= first) & (self.left <= last)]]

    def ranks(self, places: Integers) -> Integers:
        """Return the ranks of those who stayed at these places."""
        stayed = places - np.searchsorted(self.left, places)
        ahead = self.joined - np.arange(1, len(self.joined) + 1)  # who stayed before each
        return np.asarray(stayed + np.searchsorted(ahead, stayed), dtype=np.int64)

    def _places(self, stayed: Integers) -> Integers:
        ahead = self.left - np.arange(1, len(self.left) + 1)
        return np.asarray(stayed + np.searchsorted(ahead, stayed), dtype=np.int64)
