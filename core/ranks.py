"""Where a row of the ranking stands today: arithmetic on what left it and what joined it.

The ranking was written some snapshots ago; its rows have places. Some left since, others joined
with a rank of today, and all who stayed keep their order. So the k-th who stayed has the place
`k + (those who left before it)` and the rank `k + (those who joined before it)`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ranks:
    """The places that were left and the ranks that were joined, both ascending from 1."""

    left: Integers
    joined: Integers

    def places(self, skip: int, limit: int) -> tuple[int, int]:
        """Return the first and last place of those who stayed and rank within a page.

        The ranks are `skip + 1` to `skip + limit`; first is above last when nobody stayed there.
        """
        first = skip - int(np.searchsorted(self.joined, skip, side="right")) + 1
        upto = skip + limit
        last = upto - int(np.searchsorted(self.joined, upto, side="right"))
        return self._place(first), self._place(last)

    def left_between(self, first: int, last: int) -> list[int]:
        """Return the places within a range that hold no longer."""
        return [int(p) for p in self.left[(self.left >= first) & (self.left <= last)]]

    def ranks(self, places: Integers) -> Integers:
        """Return the ranks of those who stayed at these places."""
        stayed = places - np.searchsorted(self.left, places)
        ahead = self.joined - np.arange(1, len(self.joined) + 1)  # who stayed before each
        return np.asarray(stayed + np.searchsorted(ahead, stayed), dtype=np.int64)

    def _place(self, stayed: int) -> int:
        ahead = self.left - np.arange(1, len(self.left) + 1)
        return stayed + int(np.searchsorted(ahead, stayed))
