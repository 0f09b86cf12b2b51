"""Who matches a filter, small enough to be kept: turning pages then looks through no texts."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core.analytics.owner_filter import OwnerFilter
from core.analytics.ranking.delta import Flags, Integers


@dataclass(frozen=True, eq=False)
class MatchBitmap:
    """How many owners match a filter, and who: one bit for each rank from 1 on.

    Of a million owners the bits take 125 kB, however many match. Without bits everybody does.
    """

    filters: OwnerFilter
    count: int
    bits: npt.NDArray[np.uint8] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, filters: OwnerFilter, flags: Flags) -> "MatchBitmap":
        """Return those whose ranks are flagged; the first is that of rank 1."""
        bits = np.packbits(flags)
        bits.setflags(write=False)  # as threads share it
        return cls(filters, int(np.count_nonzero(flags)), bits)

    def ranks(self, skip: int, limit: int) -> Integers:
        """Return some of the ranks, ascending."""
        if self.bits is None:
            return np.arange(skip, min(skip + limit, self.count), dtype=np.int64) + 1
        counted = np.cumsum(np.bitwise_count(self.bits), dtype=np.int64)  # down to each byte
        first, last = np.searchsorted(counted, [skip + 1, skip + limit])
        skip -= int(counted[first - 1]) if first else 0
        found = 8 * first + np.flatnonzero(np.unpackbits(self.bits[first : last + 1]))
        return np.asarray(found[skip : skip + limit] + 1, dtype=np.int64)
